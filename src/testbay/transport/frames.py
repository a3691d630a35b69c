"""Frames of WebSocket as bytes: any frame, right or wrong, and the one that nearly all are."""

from __future__ import annotations

from websockets.utils import apply_mask

_WHOLE_TEXT = 0x81  # the first byte of a text in one frame that is not compressed
_HEAD = 2  # bytes of the shortest head
_MASK = 4  # bytes


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = None,
    length: int | None = None,
) -> bytes:
    """Build the bytes of one frame, right or wrong.

    Args:
        opcode: 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong; 0 to 15.
        rsv: the three reserved bits as a number, 0 to 7.
        mask: four bytes, which a client must use and a server must not.
        length: the length that the header tells, in bytes, if not the true one.
    """
    told = len(payload) if length is None else length
    mask_bit = 0 if mask is None else 0x80
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if told < 126:
        head += bytes([mask_bit | told])
    elif told < 65_536:
        head += bytes([mask_bit | 126]) + told.to_bytes(2, "big")
    else:
        head += bytes([mask_bit | 127]) + told.to_bytes(8, "big")
    if mask is None:
        return head + payload
    return head + mask + apply_mask(payload, mask)


def text_frame(payload: bytes, mask: bytes | None) -> bytes:
    """Build the frame of an ordinary text message: what ``frame(1, payload)`` is, but faster.

    Args:
        mask: four bytes, or None at the end of a server.
    """
    length = len(payload)
    masked = 0 if mask is None else 0x80
    if length < 126:
        head = bytes((_WHOLE_TEXT, masked | length))
    elif length < 65_536:
        head = bytes((_WHOLE_TEXT, masked | 126, length >> 8, length & 0xFF))
    else:
        return frame(1, payload, mask=mask)
    return head + payload if mask is None else head + mask + apply_mask(payload, mask)


def text_of(data: bytes, masked: bool, max_size: int) -> str | None:
    """Read bytes that are exactly one ordinary text frame; None if they are anything else.

    Args:
        masked: whether the sender has to mask, as a client does.
        max_size: of the text, in bytes.
    """
    if len(data) < _HEAD + _MASK or data[0] != _WHOLE_TEXT or (data[1] > 127) is not masked:
        return None
    length, at = data[1] & 0x7F, _HEAD
    if length == 127:
        return None
    if length == 126:
        length, at = data[2] << 8 | data[3], _HEAD + 2
    start = at + _MASK if masked else at
    if len(data) != start + length or length > max_size:
        return None
    payload = apply_mask(data[start:], data[at:start]) if masked else data[start:]
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return None
