"""Reads a TLS ClientHello: what a client offers cannot be asked of OpenSSL."""

from __future__ import annotations

from testbay.transport.ciphers import suite_name
from testbay.transport.events import ClientHello

VERSIONS = {
    0x0300: "SSLv3",
    0x0301: "TLSv1",
    0x0302: "TLSv1.1",
    0x0303: "TLSv1.2",
    0x0304: "TLSv1.3",
}

HANDSHAKE_RECORD = 22
_CLIENT_HELLO = 1
_SERVER_NAME, _SUPPORTED_VERSIONS = 0, 43
_LIMIT = 65_536  # bytes; a ClientHello of several kilobytes is already unusual


class HelloReader:
    """Collects the first bytes of a client until its ClientHello is complete."""

    def __init__(self) -> None:
        self._records = bytearray()  # not yet taken apart
        self._message = bytearray()  # a handshake message can span several records
        self.done = False
        """Whether the ClientHello was read, or the bytes turned out not to be one."""

    def feed(self, data: bytes) -> ClientHello | None:
        """Return the ClientHello once, when these bytes complete it."""
        if self.done:
            return None
        self._records += data
        try:
            body = self._body()
            if body is None:
                return None
            self.done = True
            return _parse(_Reader(body))
        except ValueError:
            self.done = True
            return None

    def _body(self) -> bytes | None:
        """Return the body of the handshake message when it is complete.

        Raises:
            ValueError: if the bytes do not begin with a ClientHello.
        """
        records, message = self._records, self._message
        while records:
            if records[0] != HANDSHAKE_RECORD or (len(records) > 1 and records[1] != 3):
                raise ValueError("not a handshake record of TLS")
            end = 5 + int.from_bytes(records[3:5], "big")
            if len(records) < max(end, 5):
                break
            message += records[5:end]
            del records[:end]
            if message and message[0] != _CLIENT_HELLO:
                raise ValueError("not a ClientHello")
            length = int.from_bytes(message[1:4], "big")
            if length > _LIMIT:
                raise ValueError("too long for a ClientHello")
            if len(message) >= 4 + max(length, 1):
                return bytes(message[4 : 4 + length])
        return None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, size: int) -> bytes:
        if len(self.data) < size:
            raise ValueError("the ClientHello ends too early")
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> _Reader:
        """Read a vector whose length is a number of this many bytes."""
        return _Reader(self.take(self.number(size)))

    def numbers(self) -> list[int]:
        """Read everything left as numbers of two bytes, without GREASE (RFC 8701)."""
        found = []
        while self.data:
            number = self.number(2)
            if number & 0x0F0F != 0x0A0A or number >> 8 != number & 0xFF:
                found.append(number)
        return found


def _parse(reader: _Reader) -> ClientHello:
    versions = [reader.number(2)]
    reader.take(32)  # random
    reader.vector(1)  # session id
    suites = reader.vector(2).numbers()
    reader.vector(1)  # compression methods
    server_name = None
    extensions = reader.vector(2) if reader.data else _Reader(b"")
    while extensions.data:
        kind, body = extensions.number(2), extensions.vector(2)
        if kind == _SUPPORTED_VERSIONS:
            versions = body.vector(1).numbers()
        elif kind == _SERVER_NAME:
            names = body.vector(2)
            if names.data and names.number(1) == 0:
                server_name = names.vector(2).data.decode("ascii", "backslashreplace")
    return ClientHello(
        versions=tuple(VERSIONS.get(number, f"0x{number:04X}") for number in versions),
        cipher_suites=tuple(suite_name(number) for number in suites),
        suite_numbers=tuple(suites),
        server_name=server_name,
    )
