"""Addresses as they are written in options and files."""

from __future__ import annotations

from urllib.parse import urlsplit

from testbay.campaign.wrong import Wrong


class Unusable(Wrong):
    """The run cannot begin: an address is in use, a process does not start. The text says what."""


def host_and_port(address: str) -> tuple[str, int]:
    """Split ``ADDR:PORT``.

    Raises:
        Unusable: it is not of that form.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise Unusable(f"{address!r} is no address; write ADDR:PORT, such as 127.0.0.1:9000")
    return host.strip("[]"), int(port)


def check_url(url: str) -> None:
    """See that this is a URL that can be dialled.

    Raises:
        Unusable: it is not.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("ws", "wss") and parts.hostname and parts.port != 0
    except ValueError:  # its port is no number, or too large
        usable = False
    if not usable:
        raise Unusable(
            f"{url!r} is no URL of a CSMS; it begins with ws:// or wss://, such as "
            "ws://127.0.0.1:9000/ocpp"
        )
    if parts.query or parts.fragment:
        raise Unusable(f"{url!r} cannot be used: the identity comes last, so leave out ? and #")
