"""Why a TLS handshake failed, in words for whoever sets up the system under test."""

from __future__ import annotations

from testbay.transport.events import TlsEnded, TlsRefused

Refusal = TlsRefused | TlsEnded

_BY_US = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it showed no certificate, but security profile 3 "
    "needs one",
    "UNSUPPORTED_PROTOCOL": "it speaks no version of TLS from 1.2 on",
    "NO_SHARED_CIPHER": "it offers no cipher suite that the tool has",
    "HTTP_REQUEST": "it spoke plain HTTP where TLS is wanted: it must connect to wss://",
}
_OF_THE_CERTIFICATE = (
    "UNKNOWN_CA",
    "BAD_CERTIFICATE",
    "CERTIFICATE_UNKNOWN",
    "CERTIFICATE_EXPIRED",
    "UNSUPPORTED_CERTIFICATE",
)


def in_words(refusal: Refusal, trusted: str) -> str:
    """Return why a station was not let in.

    Args:
        trusted: the path of the root certificate that it must trust; empty: not known.
    """
    hint = f"; see that it trusts the root certificate in {trusted}" if trusted else ""
    if isinstance(refusal, TlsEnded):
        how = "ended" if refusal.how == "end of file" else "reset"
        return f"it {how} the TLS handshake without saying why{hint}"
    if refusal.by == "peer":
        if refusal.reason in _OF_THE_CERTIFICATE:
            return f"it refused the certificate of the tool ({refusal.reason}){hint}"
        return f"it refused the TLS handshake ({refusal.reason})"
    if refusal.reason == "CERTIFICATE_VERIFY_FAILED":
        return f"the certificate that it showed was refused: {refusal.detail}"
    return _BY_US.get(refusal.reason, f"the TLS handshake failed ({refusal.reason})")
