"""Firmware updates: fetched, checked and running, with a signature or without (L01, L02)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from testbay_reference.files import TransferFailed, fetch, shown
from testbay_reference.link import Answer, Reply
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.evse import Evse
from testbay_reference.station201.outbox import Outbox
from testbay_reference.station201.registration import VERSION
from testbay_reference.station201.security import Security
from testbay_reference.station_files.firmware_image import signed_by, signing_flaw, version_of
from testbay_reference.station_files.reports import Reports
from testbay_reference.station_files.transfers import attempts, tries, way
from testbay_reference.timing import moment

STATUS = "FirmwareStatusNotification"
LAST = "firmware_status"


@dataclass(frozen=True, slots=True)
class Update:
    """An update that was asked for: the request, as far as it is needed."""

    request: int
    firmware: Mapping[str, Any]
    retries: int
    interval: float


class Firmware:
    """Update the firmware when the CSMS asks for that; it runs at once, without a reboot."""

    def __init__(
        self, context: Context, outbox: Outbox, evses: Mapping[int, Evse], security: Security
    ) -> None:
        self._context = context
        self._evses = evses
        self._security = security
        self._reports = Reports(context, outbox)
        self._task: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()

    def online(self) -> None:
        """Begin ordinary operation over a connection."""
        self._reports.deliver()

    def idle(self) -> None:
        """See an EVSE become free: an installation may have waited for that (L01.FR.06)."""
        self._idle.set()

    def status(self) -> Payload:
        """Return what is told when it is asked for (L01.FR.25 and 26)."""
        last: Payload = self._context.store.get(LAST) or {"status": "Idle"}
        return {"status": "Idle"} if last["status"] == "Installed" else last

    def update(self, payload: Payload) -> Answer:
        """Answer UpdateFirmware."""
        options, firmware = self._context.options, payload["firmware"]
        pem = firmware.get("signingCertificate", "")
        roots = self._security.trust.manufacturer
        flaw = signing_flaw(pem, roots, self._context.now()) if pem else ""
        if flaw:
            event = "InvalidFirmwareSigningCertificate"
            return Reply(
                {"status": "InvalidCertificate"},
                lambda: self._security.events.happened(event, flaw),
            )
        update = Update(
            payload["requestId"],
            firmware,
            int(payload.get("retries", options.file_retries)),
            float(payload.get("retryInterval", options.file_retry_interval)),
        )
        status = "Accepted" if self._task is None else "AcceptedCanceled"
        return Reply({"status": status}, lambda: self._begin(update))

    def _begin(self, update: Update) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._context.spawn(self._run(update), "firmware update")

    async def _run(self, update: Update) -> None:
        status = await self._installed(update)
        self._task = None
        self._report(update, status)
        if status == "InvalidSignature":
            why = "the signature does not fit the firmware"
            self._security.events.happened("InvalidFirmwareSignature", why)
        elif status == "Installed":
            self._security.events.happened("FirmwareUpdated")

    async def _installed(self, update: Update) -> str:
        """Do an update; return the status in which it ends."""
        firmware, options = update.firmware, self._context.options
        await self._wait(update, firmware["retrieveDateTime"], "DownloadScheduled")
        self._report(update, "Downloading")
        await asyncio.sleep(options.download_seconds)
        image = await self._fetched(update)
        if image is None:
            return "DownloadFailed"
        self._report(update, "Downloaded")
        if "signingCertificate" in firmware:
            right = signed_by(image, firmware.get("signature", ""), firmware["signingCertificate"])
            if not right and "firmware-signature-ignored" not in self._context.faults:
                return "InvalidSignature"
            self._report(update, "SignatureVerified")
        await self._wait(update, firmware.get("installDateTime"), "InstallScheduled")
        while any(evse.transaction for evse in self._evses.values()):
            self._idle.clear()
            await self._idle.wait()
        self._report(update, "Installing")
        await asyncio.sleep(options.install_seconds)
        version = version_of(image)
        if not version:
            return "InstallationFailed"
        self._context.store.set(VERSION, version)
        return "Installed"

    async def _wait(self, update: Update, until: str | None, status: str) -> None:
        left = (moment(until) - self._context.now()) / timedelta(seconds=1) if until else 0.0
        if left > 0:
            self._report(update, status)
            await asyncio.sleep(left)

    async def _fetched(self, update: Update) -> bytes | None:
        """Return what was fetched; None: nothing."""
        note, faults = self._context.note, self._context.faults
        how = way(self._context.options, self._security.trust)
        for pause in attempts(tries(update.retries, faults), update.interval):
            await asyncio.sleep(pause)
            try:
                image = await fetch(update.firmware["location"], how)
            except TransferFailed as failed:
                note(f"firmware was not fetched: {failed}")
                if failed.reason == "unsupported":
                    break
            else:
                note(f"firmware was fetched: {shown(update.firmware['location'])}")
                return image
        return None

    def _report(self, update: Update, status: str) -> None:
        payload: Payload = {"status": status, "requestId": update.request}
        self._context.store.set(LAST, payload)
        self._reports.add(STATUS, payload)
