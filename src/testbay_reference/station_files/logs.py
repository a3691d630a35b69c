"""Diagnostics and logs: uploaded where the CSMS wants them (5.9; whitepaper N01)."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from testbay_reference.files import TransferFailed, inside, send, shown
from testbay_reference.link import Answer, Reply
from testbay_reference.outbox import Sends
from testbay_reference.station_files.diary import Diary
from testbay_reference.station_files.parts import Station
from testbay_reference.station_files.reports import Reports
from testbay_reference.station_files.transfers import attempts, tries, way
from testbay_reference.station_security.security_events import SecurityEvents
from testbay_reference.station_security.trust import Trust
from testbay_reference.surroundings import Payload
from testbay_reference.timing import moment

DIAGNOSTICS = "DiagnosticsStatusNotification"
LOG = "LogStatusNotification"

# Whitepaper 6.19, by the reason for which a transfer failed
_FAILURES = {
    "refused": "PermissionDenied",
    "unsupported": "NotSupportedOperation",
    "protocol": "BadMessage",
}


class _Track:
    """Uploads of one kind: a new one takes the place of the one that is under way.

    Args:
        message: reports how it goes.
        precise: whether that names the reason of a failure.
    """

    def __init__(
        self, context: Station, reports: Reports, trust: Trust, message: str, precise: bool
    ) -> None:
        self._context = context
        self._reports = reports
        self._trust = trust
        self._message = message
        self._precise = precise
        self._task: asyncio.Task[None] | None = None
        self._about: Payload = {}

    @property
    def busy(self) -> bool:
        """Tell whether an upload is under way."""
        return self._task is not None

    def status(self) -> Payload:
        """Return what the message tells when it is asked for."""
        return {"status": "Uploading", **self._about} if self.busy else {"status": "Idle"}

    def begin(
        self,
        location: str,
        name: str,
        content: str,
        retries: int | None,
        interval: float | None,
        about: Payload,
    ) -> None:
        """Upload a file to a folder.

        Args:
            retries, interval: how often and after how many s it is tried again.
            about: what each report tells besides the status.
        """
        if self._task is not None:
            self._task.cancel()
        options = self._context.options
        retries = options.file_retries if retries is None else retries
        interval = options.file_retry_interval if interval is None else interval
        self._about = about
        job = self._run(location, name, content, retries, interval, about)
        self._task = self._context.spawn(job, f"upload of {name}")

    async def _run(
        self,
        location: str,
        name: str,
        content: str,
        retries: int,
        interval: float,
        about: Payload,
    ) -> None:
        self._reports.add(self._message, {"status": "Uploading", **about})
        await asyncio.sleep(self._context.options.upload_seconds)
        status = await self._uploaded(location, name, content.encode(), retries, interval)
        self._task = None
        self._reports.add(self._message, {"status": status, **about})

    async def _uploaded(
        self, location: str, name: str, content: bytes, retries: int, interval: float
    ) -> str:
        """Upload and return the status in which that ends."""
        note, faults = self._context.note, self._context.faults
        if "uploads-nothing" in faults:
            return "Uploaded"
        if "uploads-empty-file" in faults:
            content = b""
        if "uploads-under-other-name" in faults:
            name = f"other-{name}"
        failure = "UploadFailure"
        for pause in attempts(tries(retries, faults), interval):
            await asyncio.sleep(pause)
            try:
                await send(
                    inside(location, name),
                    content,
                    way(self._context.options, self._trust),
                )
            except TransferFailed as failed:
                note(f"{name} was not uploaded: {failed}")
                failure = _FAILURES.get(failed.reason, "UploadFailure")
                if failed.reason == "unsupported":
                    break
            else:
                note(f"{name} was uploaded to {shown(location)}: {len(content)} bytes")
                return "Uploaded"
        if "upload-failure-ignored" in faults:
            return "Uploaded"
        return failure if self._precise else "UploadFailed"


class Logs:
    """Answer GetDiagnostics and GetLog."""

    def __init__(
        self, context: Station, outbox: Sends, trust: Trust, events: SecurityEvents, diary: Diary
    ) -> None:
        self._context = context
        self._diary = diary
        self._events = events
        self._reports = Reports(context, outbox)
        self._diagnostics = _Track(context, self._reports, trust, DIAGNOSTICS, False)
        self._logs = _Track(context, self._reports, trust, LOG, True)

    @property
    def handlers(self) -> dict[str, Any]:
        """Return the handler of the profile FirmwareManagement, by action."""
        return {"GetDiagnostics": self._get_diagnostics}

    @property
    def extended_handlers(self) -> dict[str, Any]:
        """Return the handler of the whitepaper, by action."""
        return {"GetLog": self._get_log}

    def online(self) -> None:
        """Begin ordinary operation over a connection."""
        self._reports.deliver()

    def diagnostics_status(self) -> Payload:
        """Return what DiagnosticsStatusNotification tells when it is asked for (4.4)."""
        return self._diagnostics.status()

    def log_status(self) -> Payload:
        """Return what LogStatusNotification tells when it is asked for (N01.FR.12)."""
        return self._logs.status()

    def _get_diagnostics(self, payload: Payload) -> Answer:
        text = _within(self._diary.text, payload.get("startTime"), payload.get("stopTime"))
        if not text:
            return {}  # 5.9: no file, no name
        name = self._name("diagnostics")

        def begin() -> None:
            retries, interval = payload.get("retries"), payload.get("retryInterval")
            self._diagnostics.begin(payload["location"], name, text, retries, interval, {})

        return Reply({"fileName": name}, begin)

    def _get_log(self, payload: Payload) -> Answer:
        wanted, log = payload["logType"], payload["log"]
        security = wanted == "SecurityLog"
        mixed_up = security and "uploads-diagnostics-as-security-log" in self._context.faults
        source = self._events.text if security and not mixed_up else self._diary.text
        text = _within(source, log.get("oldestTimestamp"), log.get("latestTimestamp"))
        limited = "oldestTimestamp" in log or "latestTimestamp" in log
        if not text and limited:
            return {"status": "Rejected"}  # there is nothing of that time
        name = self._name("security" if security else "diagnostics")
        status = "AcceptedCanceled" if self._logs.busy else "Accepted"
        about = {"requestId": payload["requestId"]}

        def begin() -> None:
            retries, interval = payload.get("retries"), payload.get("retryInterval")
            self._logs.begin(log["remoteLocation"], name, text, retries, interval, about)

        return Reply({"status": status, "filename": name}, begin)

    def _name(self, what: str) -> str:
        """Return a name for a file that nobody else in the world should use at this moment."""
        identity = re.sub(r"[^A-Za-z0-9._-]+", "_", self._context.options.identity)[:100]
        time = self._context.now().strftime("%Y%m%dT%H%M%SZ")
        return f"{identity}-{what}-{time}.log"


def _within(
    text: Callable[[datetime | None, datetime | None], str], oldest: str | None, latest: str | None
) -> str:
    return text(moment(oldest) if oldest else None, moment(latest) if latest else None)
