"""Let the alert of a TLS handshake that failed reach the peer."""

from asyncio import sslproto
from typing import Any

_protocol: Any = sslproto.SSLProtocol
_complete = _protocol._on_handshake_complete


def let_alerts_out() -> None:
    """Send what OpenSSL wrote about a failed handshake before the connection is dropped.

    asyncio leaves that in a buffer: the peer then sees an end without a reason, and cannot tell a
    certificate that was refused from a cable that was pulled. Calling this again changes nothing.
    """
    _protocol._on_handshake_complete = _flush_and_complete


def _flush_and_complete(self: Any, error: BaseException | None) -> None:
    if error is not None:
        self._process_outgoing()
    _complete(self, error)
