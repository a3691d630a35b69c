"""How files travel from and to a station: firmware, and logs (blocks L and N)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from testbay.scenario.checks import all_of, eq, one_of
from testbay.scenario.values import Payload, Received
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp201.actions import FIRMWARE, LET_GO, PLACE
from testbay.suites.ocpp201.settings import Variable, members

if TYPE_CHECKING:
    from testbay.suites.ocpp201.station_test import StationTest

PROTOCOLS = Variable("OCPPCommCtrlr", "FileTransferProtocols")
KNOWN = ("http", "https", "ftp", "ftps")
HOW = (
    "The file travels by a protocol that FileTransferProtocols names; where the station does not "
    "say, by the first that the tool has a server for."
)
OVER = "the transfer was over before its status could be asked for: it needs a larger file"


def stamp_later(t: StationTest, seconds: float) -> str:
    """Return a moment so much later than now, as a message carries it; less than 0: earlier."""
    at = t.now() + timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def protocols(t: StationTest) -> list[str]:
    """Return how the station can transfer files; nothing where it does not say."""
    named = members(await t.known(PROTOCOLS) or "")
    return [name.lower() for name in named if name.lower() in KNOWN]


async def firmware(t: StationTest, flaw: str, *, held: bool = False) -> Payload:
    """Offer firmware with a flaw by a protocol by which the station can fetch it.

    Args:
        held: its transfer ends only when it is let go, see ``still``.

    Raises:
        StopCase: there is no signature.
    """
    how = {"among": await protocols(t), "flaw": flaw}
    image = await t.link("firmware", FIRMWARE(**how, **_held(t, held)))
    if not image["signature"]:
        why = "the firmware has no signature: make a lab with `testbay lab new DIR`"
        raise StopCase(Verdict.INCONCLUSIVE, f"{why}, or configure one")
    return image


async def place(t: StationTest, *, held: bool = False) -> str:
    """Make a folder to which the station can upload logs; return where it is.

    Args:
        held: uploads end only when they are let go, see ``still``.
    """
    how = {"kind": "logs", "among": await protocols(t)}
    seen = await t.link("folder", PLACE(**how, **_held(t, held)))
    return str(seen["location"])


def _held(t: StationTest, held: bool) -> dict[str, bool]:
    """Return how to ask for it, and let go where the case does not come to that."""
    if held:
        t.undo(lambda: t.link("let go", LET_GO))
    return {"held": True} if held else {}


async def still(
    t: StationTest, step: int, action: str, status: str, request: int, *ends: str
) -> Received:
    """Expect that a transfer that was asked about is still under way; then let it end.

    Args:
        request: its number.
        ends: the statuses that say that it is over.

    Raises:
        StopCase: it has ended meanwhile.
    """
    own = all_of(eq("requestId", request), one_of("status", *ends))
    over = t.maybe(step, action, where=own)
    again = t.expect(step, action, eq("status", status))
    if t.received(action, where=own) or await t.which(over, again) == 0:
        raise StopCase(Verdict.INCONCLUSIVE, OVER)
    found: Received = await again
    await t.link("let go", LET_GO)
    return found
