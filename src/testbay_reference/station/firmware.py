"""Firmware updates: fetched, checked, installed, running after a reboot (5.19; whitepaper L01)."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

from testbay_reference.files import TransferFailed, fetch, shown
from testbay_reference.link import Answer, Reply, RpcError
from testbay_reference.station.charging import Charging
from testbay_reference.station.connector import Connector
from testbay_reference.station.context import Context, Payload
from testbay_reference.station.outbox import Outbox
from testbay_reference.station.security import Security
from testbay_reference.station_files.firmware_image import signed_by, signing_flaw, version_of
from testbay_reference.station_files.reports import Reports
from testbay_reference.station_files.transfers import attempts, tries, way
from testbay_reference.timing import moment

PLAIN = "FirmwareStatusNotification"
SIGNED = "SignedFirmwareStatusNotification"
UPDATE, REPORTS, LAST = "firmware_update", "firmware_reports", "firmware_status"
VERSION = "firmware_version"
MADE_UP = "firmware-made-up"

# 7.25: what the statuses of a signed update are called where there is no signature
_PLAINLY = {
    "DownloadScheduled": "Idle",
    "DownloadPaused": "Downloading",
    "SignatureVerified": "Downloaded",
    "InstallScheduled": "Downloaded",
    "InstallRebooting": "Installing",
}


@dataclass(slots=True)
class Update:
    """An update that was asked for.

    Args:
        retrieve_at, install_at: not before these moments; none: at once.
        interval: between attempts to fetch it, in s.
        request: the number of a signed update.
        stage: how far it is; what is planned begins anew after a loss of power.
        status: what was reported last.
    """

    location: str
    retrieve_at: str
    retries: int | None
    interval: float | None
    install_at: str | None = None
    request: int | None = None
    certificate: str = ""
    signature: str = ""
    stage: Literal["planned", "activating"] = "planned"
    status: str = "Idle"
    version: str = ""


class Firmware:
    """Update the firmware when the CSMS asks for that.

    Args:
        reboot: restarts the station.
    """

    def __init__(
        self,
        context: Context,
        outbox: Outbox,
        connectors: Mapping[int, Connector],
        charging: Charging,
        security: Security,
        reboot: Callable[[], None],
    ) -> None:
        self._context = context
        self._connectors = connectors
        self._charging = charging
        self._security = security
        self._reboot = reboot
        self._reports = Reports(context, outbox, REPORTS)
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        charging.refreshed = self._changed.set
        stored = context.store.get(UPDATE)
        self._update = Update(**stored) if stored else None

    @property
    def handlers(self) -> dict[str, Any]:
        """Return the handler of the profile FirmwareManagement, by action."""
        return {"UpdateFirmware": self._plain}

    @property
    def signed_handlers(self) -> dict[str, Any]:
        """Return the handler of the whitepaper, by action."""
        return {"SignedUpdateFirmware": self._signed}

    def booted(self) -> None:
        """Begin an update anew that the end of the life before has interrupted."""
        update = self._update
        if update is not None and update.stage == "planned":
            self._begin(update)

    def online(self) -> None:
        """Begin ordinary operation over a connection: new firmware has shown that it works."""
        update = self._update
        if update is not None and update.stage == "activating":
            self._installed(update)
        self._reports.deliver()

    def status(self) -> Payload:
        """Return what FirmwareStatusNotification tells when it is asked for (4.5)."""
        status = self._update.status if self._update is not None else "Idle"
        return {"status": _PLAINLY.get(status, status)}

    def signed_status(self) -> Payload:
        """Return what SignedFirmwareStatusNotification tells when asked for (L01.FR.28, 29)."""
        last: Payload = self._context.store.get(LAST) or {"status": "Installed"}
        return {"status": "Idle"} if last["status"] == "Installed" else last

    # -- what the CSMS asks for

    def _plain(self, payload: Payload) -> Answer:
        obeys = self._context.options.unsigned_firmware
        if obeys == "never" or (obeys == "unsecured" and self._security.access.profile > 0):
            text = "firmware has to be signed here"  # L01.FR.20
            return RpcError("NotSupported", text)
        update = Update(
            payload["location"],
            payload["retrieveDate"],
            payload.get("retries"),
            payload.get("retryInterval"),
        )
        return Reply({}, lambda: self._begin(update))

    def _signed(self, payload: Payload) -> Answer:
        firmware, faults = payload["firmware"], self._context.faults
        pem = firmware["signingCertificate"]
        flaw = signing_flaw(pem, self._security.trust.manufacturer, self._context.now())
        if flaw and "signing-certificate-ignored" not in faults:
            self._context.note(f"a signing certificate was refused: {flaw}")
            return Reply({"status": "InvalidCertificate"}, lambda: self._tell_certificate(flaw))
        current = self._update
        if current is not None and current.stage == "activating":
            return {"status": "Rejected"}  # L01.FR.27
        update = Update(
            firmware["location"],
            firmware["retrieveDateTime"],
            payload.get("retries"),
            payload.get("retryInterval"),
            firmware.get("installDateTime"),
            payload["requestId"],
            pem,
            firmware["signature"],
        )
        status = "Accepted" if current is None else "AcceptedCanceled"
        return Reply({"status": status}, lambda: self._begin(update))

    def _tell_certificate(self, flaw: str) -> None:
        self._security.events.happened("InvalidFirmwareSigningCertificate", flaw)

    # -- the update

    def _begin(self, update: Update) -> None:
        if self._update is not None and self._update is not update:
            self._context.note("an update of the firmware is replaced by another one")
        if self._task is not None and "firmware-update-not-canceled" not in self._context.faults:
            self._task.cancel()
        self._out_of_service(False)
        self._keep(update)
        self._task = self._context.spawn(self._run(update), "firmware update")

    async def _run(self, update: Update) -> None:
        """Do an update up to the reboot."""
        context, faults = self._context, self._context.faults
        options = context.options
        if self._left(update.retrieve_at) > 0 and "retrieve-date-ignored" not in faults:
            if update.request is not None:
                self._report(update, "DownloadScheduled")
            await asyncio.sleep(self._left(update.retrieve_at))
        if options.closes_for_download:
            self._out_of_service(True)
        self._report(update, "Downloading")
        await asyncio.sleep(options.download_seconds)
        image = await self._fetched(update)
        if image is None:
            self._fail(update, "DownloadFailed")
            return
        self._report(update, "Downloaded")
        if update.request is not None:
            right = signed_by(image, update.signature, update.certificate)
            if not right and not ("firmware-signature-ignored" in faults or MADE_UP in faults):
                self._fail(update, "InvalidSignature")
                why = "the signature does not fit the firmware"
                self._security.events.happened("InvalidFirmwareSignature", why)
                return
            self._report(update, "SignatureVerified")
        install_at = update.install_at
        if install_at and self._left(install_at) > 0 and "install-date-ignored" not in faults:
            self._report(update, "InstallScheduled")
            await asyncio.sleep(self._left(install_at))
        await self._end_of_sessions()
        self._report(update, "Installing")
        await asyncio.sleep(options.install_seconds)
        update.version = version_of(image)
        if not update.version and "invalid-firmware-installed" not in faults:
            context.note("what was fetched is no firmware of this station")
            self._fail(update, "InstallationFailed")
            if options.failed_installation == "reboots":
                self._reboot()
            return
        await self._activate(update)

    async def _fetched(self, update: Update) -> bytes | None:
        """Return what was fetched; None: nothing."""
        context, faults = self._context, self._context.faults
        options = context.options
        if "firmware-not-downloaded" in faults or MADE_UP in faults:
            return b"testbay firmware never fetched\n"
        retries = options.file_retries if update.retries is None else update.retries
        interval = options.file_retry_interval if update.interval is None else update.interval
        for pause in attempts(tries(retries, faults), interval):
            await asyncio.sleep(pause)
            try:
                image = await fetch(update.location, way(options, self._security.trust))
            except TransferFailed as failed:
                context.note(f"firmware was not fetched: {failed}")
                if failed.reason == "unsupported":
                    break
            else:
                context.note(f"firmware was fetched: {shown(update.location)}, {len(image)} bytes")
                return image
        if "download-failure-ignored" in faults:
            return b"testbay firmware never fetched\n"
        return None

    async def _end_of_sessions(self) -> None:
        """Let transactions end; meanwhile nobody begins another one (L01.FR.06, 07, 18, 19)."""
        if "firmware-interrupts-transactions" in self._context.faults:
            return
        self._out_of_service(True)
        while any(one.transaction or one.authorized for one in self._connectors.values()):
            self._changed.clear()
            await self._changed.wait()

    async def _activate(self, update: Update) -> None:
        """Let the new firmware run, from the next boot on if there is one."""
        faults, how = self._context.faults, self._context.options.activation
        update.stage = "activating"
        self._keep(update)
        if "firmware-version-unchanged" not in faults:
            self._context.store.set(VERSION, update.version)
        if how == "at once" or "firmware-update-without-reboot" in faults:
            self._installed(update)
            return
        if how == "reboot":
            if update.request is not None and self._context.options.announces_reboot:
                self._report(update, "InstallRebooting")
            self._reboot()

    def _installed(self, update: Update) -> None:
        self._context.note(f"the firmware is {update.version} now")
        if "installed-not-reported" not in self._context.faults:
            self._report(update, "Installed")
        self._finish(update)
        if self._context.options.security_profiles:
            self._security.events.happened("FirmwareUpdated", f"version {update.version}")

    def _fail(self, update: Update, status: str) -> None:
        self._report(update, status)
        self._finish(update)

    def _finish(self, update: Update) -> None:
        if self._update is update:
            self._keep(None)
            self._task = None
            if "stays-unavailable-after-update" not in self._context.faults:
                self._out_of_service(False)

    def _out_of_service(self, on: bool) -> None:
        """Let no session begin, or let them begin again."""
        for connector in self._connectors.values():
            if connector.updating != on:
                connector.updating = on
                self._charging.refresh(connector)

    def _report(self, update: Update, status: str) -> None:
        update.status = status
        if update is self._update:
            self._keep(update)
        payload: Payload = {"status": status}
        if update.request is None:
            self._reports.add(PLAIN, payload)
            return
        payload["requestId"] = update.request
        self._context.store.set(LAST, payload)
        self._reports.add(SIGNED, payload)

    def _keep(self, update: Update | None) -> None:
        self._update = update
        self._context.store.set(UPDATE, asdict(update) if update is not None else None)

    def _left(self, until: str) -> float:
        """Return how long it is until a moment, in s; never less than 0."""
        return max(0.0, (moment(until) - self._context.now()) / timedelta(seconds=1))
