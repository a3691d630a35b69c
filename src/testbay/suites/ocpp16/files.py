"""How files travel from and to a station, and what an update leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testbay.scenario.checks import eq
from testbay.scenario.many import Every
from testbay.scenario.values import Payload
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp16.actions import FIRMWARE, PLACE
from testbay.suites.ocpp16.settings import Told
from testbay.suites.ocpp16.standard_keys import members

if TYPE_CHECKING:
    from testbay.suites.ocpp16.station_test import StationTest

PROTOCOLS = "SupportedFileTransferProtocols"
UNSIGNED = "NotSupported"  # the code by which an update without signature is refused
KNOWN = ("http", "https", "ftp", "ftps")


HOW_FILES_TRAVEL = Told(PROTOCOLS)
WHETHER_SECURED = Told("SecurityProfile")


def protocols(t: StationTest) -> list[str]:
    """Return how the station can transfer files; nothing where it does not say (9.1)."""
    named = (name.lower() for name in members(t.setting(PROTOCOLS)))
    return [name for name in named if name in KNOWN]


async def firmware(t: StationTest, flaw: str = "") -> Payload:
    """Offer firmware by a protocol by which the station can fetch it."""
    image = FIRMWARE(among=t.protocols)
    if flaw:
        image = FIRMWARE(among=t.protocols, flaw=flaw)
    return await t.link("firmware", image)


async def place(t: StationTest, kind: str, flaw: str = "") -> Payload:
    """Make a folder to which the station can upload."""
    folder = PLACE(kind=kind, among=t.protocols)
    if flaw:
        folder = PLACE(kind=kind, among=t.protocols, flaw=flaw)
    return await t.link("folder", folder)


def signed_update(t: StationTest, image: Payload, number: int) -> dict[str, Any]:
    """Return the request to install firmware that has been offered, with its signature.

    Raises:
        StopCase: there is no signature.
    """
    if not image["signature"]:
        why = "the firmware has no signature: make a lab with `testbay lab new DIR`"
        raise StopCase(Verdict.INCONCLUSIVE, f"{why}, or configure one")
    firmware = {
        "location": image["location"],
        "retrieveDateTime": t.stamp(),
        "signingCertificate": image["signingCertificate"],
        "signature": image["signature"],
    }
    return {"requestId": number, "firmware": firmware}


async def update_firmware(t: StationTest, step: int, wanted: dict[str, Any]) -> None:
    """Have firmware installed that has no signature.

    Raises:
        StopCase: the station takes firmware with a signature only (white paper L01.FR.20).
    """
    answer = await t.call(step, "UpdateFirmware", wanted, or_error=UNSIGNED)
    if all(answer is not known for known in t.payloads.values()):
        why = "the station does not update its firmware by UpdateFirmware"
        if t.model.facts.keys.get("SecurityProfile") is None:
            raise StopCase(t.recorder.bad, why)
        why = f"{why}, as it takes signed firmware only (white paper L01.FR.20)"
        raise StopCase(Verdict.INCONCLUSIVE, f"{why}: set firmware_management to false")


async def available_again(t: StationTest, since: int) -> None:
    """See that no connector stays Unavailable that was for the sake of an update.

    Args:
        since: the end of the log when it began.
    """
    facts = t.model.facts
    async with t.acting() as acting:
        while "Unavailable" in facts.statuses.values():
            if not await t.next_arrival(acting.left(t.timeout)):
                break
    told = t.received("StatusNotification", since=since)
    last = {m.get("connectorId"): m for m in told}
    t.review("post", list(last.values()), Every(eq("status", "Available"), may_be_none=True))
