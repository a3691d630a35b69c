"""One port for many stations, and certificates that are switched while it listens."""

from __future__ import annotations

import ssl

import pytest
from websockets.exceptions import InvalidStatus

from testbay.protocol.versions import OCPP16
from testbay.roles.csms import CsmsEnd
from testbay.roles.gate import Gate
from testbay.scenario.values import Payload
from testbay.scenario.verdict import CaseError
from transport import pki

from .peers import Inbox, dial, turns


def behind(gate: Gate, identity: str) -> tuple[CsmsEnd, Inbox]:
    end, inbox = CsmsEnd(OCPP16, identity, timeout=5), Inbox()
    end.attach(inbox)
    end.join(gate)
    return end, inbox


async def test_two_stations_at_one_port() -> None:
    gate = Gate()
    one, seen_by_one = behind(gate, "CP1")
    two, seen_by_two = behind(gate, "CP2")
    port = await gate.start("127.0.0.1", 0)
    async with dial(one) as first, dial(two) as second:
        await turns()
        await second.send('[2,"a","Heartbeat",{}]')
        await first.send('[2,"b","Authorize",{"idTag":"T"}]')
        await turns()
        assert [m.action for m in seen_by_one.messages][1:] == ["@connect", "Authorize"]
        assert [m.action for m in seen_by_two.messages][1:] == ["@connect", "Heartbeat"]
        await one.act_refuse()
        with pytest.raises(InvalidStatus) as refused:
            await dial(one)
        assert refused.value.response.status_code == 503
        assert await two.ready(1) == ""
        await one.act_accept()
        async with dial(one):
            assert await one.ready(1) == ""
    assert str(port) in one.url
    await gate.close()


async def test_somebody_else_is_named_to_all() -> None:
    gate = Gate()
    one, seen_by_one = behind(gate, "CP1")
    _, seen_by_two = behind(gate, "CP2")
    await gate.start("127.0.0.1", 0)
    with pytest.raises(InvalidStatus):
        await dial(one, "/CP3")
    why = "a station with the identity 'CP3' was refused; CP1 or CP2 is wanted"
    assert seen_by_one.notices == seen_by_two.notices == [why]
    await gate.close()


def trusting() -> ssl.SSLContext:
    return pki.client()


async def test_certificates_are_switched_for_connections_to_come() -> None:
    gate = Gate(lambda name, _: pki.server("" if name == "server" else name), profile=2)
    end, inbox = CsmsEnd(OCPP16, "CP1", timeout=5), Inbox()
    end.attach(inbox)
    await end.start("csms.test", 0, gate)
    assert end.url.startswith("wss://csms.test:")
    async with dial(end, ssl=trusting()):
        assert await end.ready(1) == ""
        assert await end.link("k1", "serve", {"certificate": "expired"}) == {}
        with pytest.raises(ssl.SSLCertVerificationError):
            await dial(end, ssl=trusting())
        await end.link("k2", "serve", {"certificate": "server"})
        assert await end.ready(1) == "", "the connection that was there stays"
        async with dial(end, ssl=trusting()):
            await turns()
    seen = [m.action for m in inbox.messages if m.action.startswith("@")]
    assert seen.count("@client_hello") == 3
    assert seen.count("@tls_refused") == 1
    [refused] = inbox.all("@tls_refused")
    assert isinstance(refused.payload, Payload)
    assert refused["by"] == "peer"
    await end.close()


async def test_a_certificate_that_there_is_not() -> None:
    end, inbox = CsmsEnd(OCPP16, "CP1"), Inbox()
    end.attach(inbox)
    await end.start("127.0.0.1", 0)
    for act, how in (("serve", {"certificate": "expired"}), ("require", {"profile": 2})):
        with pytest.raises(CaseError, match="no certificates to serve: the tool listens without"):
            await end.link("k1", act, how)
    with pytest.raises(CaseError, match="there is no security profile 4; there are 0 to 3"):
        await end.link("k1", "require", {"profile": 4})
    assert (end.gate.profile, end.gate.certificate) == (0, "server")
    await end.close()
