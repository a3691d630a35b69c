"""One port for plain and encrypted connections: the first byte decides."""

import asyncio
import ssl

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from testbay.transport import Accept, Refuse, Upgrade
from testbay.transport.events import (
    ClientHello,
    Closed,
    Opened,
    TlsEstablished,
    TlsRefused,
    UpgradeRequest,
)

from . import pki
from .peers import QUIET, Record, listening, raw_client, turns, upgrade_request


def secure_only(request: UpgradeRequest) -> Upgrade:
    """Refuse what is not encrypted."""
    if request.tls is None:
        return Refuse(403, "come back with TLS")
    return Accept()


async def test_both_kinds_come_over_one_port() -> None:
    record = Record()
    async with listening(record, tls=pki.server(), decide=secure_only) as listener:
        listener.mixed = True
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://csms.test:{listener.port}/CP1", **QUIET)
        assert refused.value.response.status_code == 403
        url = f"wss://csms.test:{listener.port}/CP1"
        async with connect(url, ssl=pki.client(), **QUIET):
            await turns()
    plain, secure = record.all(UpgradeRequest)
    assert plain.tls is None
    assert secure.tls == record.one(TlsEstablished)
    assert len(record.all(ClientHello)) == len(record.all(Opened)) == 1
    assert [wire.established is not None for wire in record.wires.values()] == [False, True]
    assert all(wire.heard for wire in record.wires.values())


async def test_a_listener_with_tls_takes_nothing_else_unless_it_is_told() -> None:
    record = Record()
    async with listening(record, tls=pki.server()) as listener:
        peer = await raw_client(listener.port)
        peer.send(upgrade_request())
        await turns()
    assert record.all(UpgradeRequest) == []
    assert "HTTP_REQUEST" in record.one(Closed).reason


@pytest.mark.parametrize("first", [b"G", b"\x16"])
async def test_the_first_byte_may_come_alone(first: bytes) -> None:
    record = Record()
    async with listening(record, tls=pki.server()) as listener:
        listener.mixed = True
        peer = await raw_client(listener.port)
        peer.send(first)
        await turns()
        peer.send(upgrade_request()[1:])
        await turns()
    if first == b"G":
        assert record.one(UpgradeRequest).tls is None
    else:
        assert record.all(UpgradeRequest) == []
        assert record.one(TlsRefused).by == "us"


async def test_who_says_nothing_at_all() -> None:
    record = Record()
    async with listening(record, tls=pki.server()) as listener:
        listener.mixed = True
        await raw_client(listener.port)
        await asyncio.sleep(40)
        assert record.one(Closed).reason == "no complete TLS handshake within 30 s"
        assert not record.wire.heard


async def test_settings_change_for_connections_to_come() -> None:
    record = Record()
    async with listening(record, tls=pki.server()) as listener:
        url = f"wss://csms.test:{listener.port}/CP1"
        async with connect(url, ssl=pki.client(), **QUIET):
            listener.tls, listener.mixed = pki.server("expired"), True
            with pytest.raises(ssl.SSLCertVerificationError):
                await connect(url, ssl=pki.client(), **QUIET)
            await turns()
            assert record.over == [2], "the connection that was there stays"
