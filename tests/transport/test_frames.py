"""The short way for ordinary text messages tells and does what the long way does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from testbay.transport import Accept, frame
from testbay.transport.events import TextMessage, TransportEvent
from testbay.transport.frames import text_frame, text_of
from testbay.transport.websocket import WebSocket, client_end, server_end

MASK = b"\x01\x02\x03\x04"
DATE = "Tue, 01 Jan 2030 00:00:00 GMT"
LIMIT = 300  # bytes of a message
SIZES = st.sampled_from([0, 1, 3, 4, 125, 126, 127, LIMIT, LIMIT + 1])


def both_ends(deflate: bool = False) -> tuple[WebSocket, WebSocket]:
    client = client_end(parse_uri("ws://csms.test/CP1"), max_size=LIMIT, deflate=deflate)
    server = server_end(max_size=LIMIT, deflate=deflate)
    client.begin()
    list(server.receive(client.output()))
    list(server.answer(Accept(None), DATE))
    list(client.receive(server.output()))
    list(server.receive(frame(10, mask=MASK)))  # a pong: from now on it is open at both ends
    assert client.is_open
    assert server.is_open
    return client, server


PAYLOADS = st.sampled_from([b"{}", "ä€😀".encode()]) | SIZES.map(lambda size: b"x" * size)
NO_TEXTS = st.sampled_from([b"\xff\xfe", b"\xed\xa0\x80"])
ODD = ("none", "none", "none", "opcode", "payload", "fin", "rsv", "mask", "length")


@st.composite
def wire_bytes(draw: st.DrawFn, masked: bool) -> bytes:
    """Draw a frame that is an ordinary text, or differs from one in a single thing."""
    odd = draw(st.sampled_from(ODD))
    payload = draw(NO_TEXTS if odd == "payload" else PAYLOADS)
    return frame(
        draw(st.sampled_from([0, 2, 3, 8, 9, 10])) if odd == "opcode" else 1,
        payload,
        fin=odd != "fin",
        rsv=draw(st.sampled_from([2, 4])) if odd == "rsv" else 0,
        mask=MASK if masked is (odd != "mask") else None,
        length=len(payload) + draw(st.sampled_from([-1, 1]))
        if odd == "length" and payload
        else None,
    )


@st.composite
def conversations(draw: st.DrawFn) -> tuple[bool, list[bytes]]:
    """Draw which end receives, and what: mostly a frame at a time, else cut anywhere."""
    at_server = draw(st.booleans())
    chunks = draw(st.lists(wire_bytes(at_server), min_size=1, max_size=6))
    if draw(st.integers(0, 3)) == 0:
        whole = b"".join(chunks)
        cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=5)))
        chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    return at_server, [chunk for chunk in chunks if chunk]


def heard(end: WebSocket, data: bytes, short: bool) -> list[TransportEvent]:
    if short and (text := end.text_alone(data)) is not None:
        return [TextMessage(text)]
    return list(end.receive(data))


@given(conversations(), st.booleans())
@settings(max_examples=400, deadline=None)
def test_both_ways_tell_the_same(talk: tuple[bool, list[bytes]], auto_pong: bool) -> None:
    at_server, chunks = talk
    short, long = both_ends()[at_server], both_ends()[at_server]
    short.set_auto_pong(auto_pong)
    long.set_auto_pong(auto_pong)
    for chunk in chunks:
        assert heard(short, chunk, True) == heard(long, chunk, False)
        assert short.close_frames == long.close_frames
        assert short.mid_message == long.mid_message
        assert (short.is_open, short.closing, short.failure) == (
            long.is_open,
            long.closing,
            long.failure,
        )
        sent, as_sent = short.output(), long.output()
        assert len(sent) == len(as_sent)
        assert at_server is False or sent == as_sent  # a client masks, each time otherwise
    assert heard(short, b"", True) == heard(long, b"", False)


@pytest.mark.parametrize("size", [5, 125, 126, LIMIT])
def test_an_ordinary_text_goes_the_short_way(size: int) -> None:
    """Should websockets change inside, the short way would be gone unseen."""
    client, server = both_ends()
    for text in ("x" * size, "y" * size):
        assert client.send_text(text.encode())
        assert server.text_alone(client.output()) == text
        assert server.send_text(text.encode())
        assert client.text_alone(server.output()) == text


@pytest.mark.parametrize("cut", range(1, 11))
def test_what_belongs_to_a_message_that_began_is_no_message(cut: int) -> None:
    """Bytes within a message may look like a frame; the parser may hold none of them back."""
    inner = frame(1, b"inner", mask=MASK)
    outer = frame(2, inner, mask=MASK)
    _, server = both_ends()
    assert not list(server.receive(outer[:cut]))
    assert server.text_alone(inner) is None


def test_neither_before_the_opening_nor_compressed_nor_after_the_end() -> None:
    text = frame(1, b"hello", mask=MASK)
    assert server_end().text_alone(text) is None
    _, server = both_ends(deflate=True)
    assert server.text_alone(text) is None
    _, server = both_ends()
    server.send_close(1000, "")
    assert server.text_alone(text) is None
    _, server = both_ends()
    list(server.receive_end())
    assert server.text_alone(text) is None


@given(st.binary(max_size=200) | st.binary(min_size=65_530, max_size=65_540), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_text_is_framed_as_websockets_does_it(payload: bytes, masked: bool) -> None:
    mask = MASK if masked else None
    assert text_frame(payload, mask) == frame(1, payload, mask=mask)
    if not masked:
        assert text_frame(payload, mask) == Frame(Opcode.TEXT, payload).serialize(mask=False)


@pytest.mark.parametrize("size", [2**16 - 1, 2**16])
def test_the_longest_that_is_read_at_once(size: int) -> None:
    text = text_frame(b"x" * size, None)
    assert text_of(text, False, 2**20) == ("x" * size if size < 2**16 else None)


@pytest.mark.parametrize("masked", [False, True])
def test_whoever_must_mask_and_does_not_is_read_the_long_way(masked: bool) -> None:
    data = frame(1, b"hello", mask=MASK if masked else None)
    assert text_of(data, masked, 100) == "hello"
    assert text_of(data, not masked, 100) is None
