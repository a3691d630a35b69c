"""A station may look at the certificate of the CSMS only once the TLS handshake is over."""

from __future__ import annotations

import asyncio

from testbay.protocol.versions import OCPP16
from testbay.roles.csms import CsmsEnd
from testbay.roles.gate import Gate
from transport import pki

from .peers import Inbox, dial, turns


async def test_a_connection_that_ends_before_it_asks_for_anything_was_refused() -> None:
    gate = Gate(lambda name, _: pki.server("" if name == "server" else name), profile=2)
    end, inbox = CsmsEnd(OCPP16, "CP1", timeout=5), Inbox()
    end.attach(inbox)
    await end.start("csms.test", 0, gate)
    port = gate.listener.port
    _, writer = await asyncio.open_connection("csms.test", port, ssl=pki.client())
    writer.close()
    await turns()
    [refused] = inbox.all("@tls_refused")
    assert refused["by"] == "peer"
    assert "after the handshake" in refused["reason"]
    assert inbox.all("@upgrade") == inbox.all("@connect") == []
    async with dial(end, ssl=pki.client()):
        await turns()
    assert len(inbox.all("@tls_refused")) == 1
    await end.close()
