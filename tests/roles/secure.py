"""What the tests of security have in common: both ends of the tool, at one gate of a laboratory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from testbay.pki.lab import Lab
from testbay.protocol.versions import OCPP16
from testbay.roles.csms import CsmsEnd
from testbay.roles.desk import Desk
from testbay.roles.gate import Gate
from testbay.roles.keyring import Keyring
from testbay.roles.station import StationEnd

from .peers import TIMEOUT, Inbox, turns

PASSWORD = "sixteen-or-more!"


class Ends:
    """A station and a CSMS that are both the tool; each has an inbox."""

    def __init__(self, profile: int, **station: Any) -> None:
        self.ring, self.of_csms, self.of_station = Keyring(Lab.seeded(), "CP1"), Inbox(), Inbox()
        self.csms = CsmsEnd(OCPP16, "CP1", password=PASSWORD, timeout=TIMEOUT)
        self.csms.helpers = (Desk(self.ring),)
        self.csms.attach(self.of_csms)
        self.gate = Gate(self.ring.server, profile=profile)
        self._options: dict[str, Any] = {"password": PASSWORD, "profile": profile, **station}

    async def start(self) -> None:
        """Listen, and make a station that has not dialled yet."""
        port = await self.csms.start("127.0.0.1", 0, self.gate)
        scheme = "wss" if self.gate.secure else "ws"
        self.station = StationEnd(
            OCPP16,
            f"{scheme}://127.0.0.1:{port}",
            "CP1",
            keyring=Keyring(Lab.seeded(), "CP1"),
            timeout=TIMEOUT,
            **self._options,
        )
        self.station.attach(self.of_station)

    async def dial(self, **how: Any) -> dict[str, Any]:
        """Dial and close again."""
        seen = await self.station.link("k", "dial", how)
        await self.station.act_close()
        await turns()
        return seen

    async def require(self, profile: int) -> None:
        """Have the CSMS demand another security profile."""
        assert await self.csms.link("k", "require", {"profile": profile}) == {}


@asynccontextmanager
async def ends(profile: int, **station: Any) -> AsyncIterator[Ends]:
    """Have both ends."""
    made = Ends(profile, **station)
    await made.start()
    try:
        yield made
    finally:
        await made.station.close()
        await made.csms.close()
