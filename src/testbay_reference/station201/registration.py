"""Being accepted by the CSMS: boot notifications and heartbeats (B01 to B04, G02)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from testbay_reference.link import Rpc, RpcError
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.outbox import Outbox


class Registration:
    """Know what the CSMS said to the last boot notification of this life.

    Args:
        reason: why the station has booted.
        ready: called with each connection over which ordinary messages may be sent, and whether
            the registration is new.
    """

    def __init__(self, context: Context, reason: str, ready: Callable[[Rpc, bool], None]) -> None:
        self._context = context
        self._reason = reason
        self._ready = ready
        self._not_before = 0.0
        self._hurried = asyncio.Event()
        self.status: str | None = None

    @property
    def accepted(self) -> bool:
        """Tell whether the CSMS has accepted the station since its boot."""
        return self.status == "Accepted"

    @property
    def ever_accepted(self) -> bool:
        """Tell whether the CSMS has ever accepted the station."""
        return bool(self._context.store.get("accepted", False))

    async def run(self, rpc: Rpc) -> None:
        """Register over a new connection, unless that was done since the boot."""
        if self.accepted:
            self._ready(rpc, False)
            return
        while not rpc.closed:
            pause = self._not_before - self._context.timers.time()
            if pause > 0:
                self._hurried.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._hurried.wait(), pause)
                continue
            if "no-boot-notification" in self._context.faults:
                answer: Payload | RpcError = {"status": "Accepted", "interval": 0}
            else:
                answer = await rpc.call("BootNotification", self.payload())
            if rpc.closed:
                return
            if isinstance(answer, RpcError):
                self._context.note(f"BootNotification: {answer.code} {answer.description}")
                self._wait(0)
            elif self._answered(answer, rpc):
                self._ready(rpc, True)
                return

    def hurry(self, reason: str = "") -> None:
        """Send the next boot notification now: the CSMS asked for it (B02)."""
        self._reason = reason or self._reason
        self._not_before = self._context.timers.time()
        self._hurried.set()

    def payload(self) -> Payload:
        """Return what a boot notification says."""
        options = self._context.options
        station = {
            "vendorName": options.vendor,
            "model": options.model,
            "firmwareVersion": options.firmware,
        }
        if options.serial is not None:
            station["serialNumber"] = options.serial
        return {"reason": self._reason, "chargingStation": station}

    def _answered(self, answer: Payload, rpc: Rpc) -> bool:
        self.status = answer["status"]
        self._context.note(f"registration: {self.status}, interval {answer['interval']} s")
        if not self.accepted:
            self._wait(answer["interval"])
            if self.status == "Rejected" and self._context.options.waits_offline:
                self._context.spawn(rpc.close(), "rejected")
            return False
        if answer["interval"] > 0:
            self._context.variables.put("OCPPCommCtrlr.HeartbeatInterval", str(answer["interval"]))
        self._context.store.set("accepted", True)
        return True

    def _wait(self, interval: float) -> None:
        """Send no boot notification for some seconds; 0: for as long as the station thinks."""
        seconds = interval if interval > 0 else self._context.options.boot_retry
        self._not_before = self._context.timers.time() + seconds


class Heartbeat:
    """Send a Heartbeat every HeartbeatInterval while the station is online (G02)."""

    def __init__(self, context: Context, outbox: Outbox) -> None:
        self._context = context
        self._outbox = outbox
        self._running = self._open = False
        context.variables.on_change("OCPPCommCtrlr.HeartbeatInterval", self._next)

    def start(self) -> None:
        """Begin to send; the first Heartbeat comes after one interval."""
        self._running, self._open = True, False
        self._next()

    def stop(self) -> None:
        """Send no more."""
        self._running = False
        self._context.timers.cancel("heartbeat")

    def send(self) -> None:
        """Send one now, unless one is still unanswered."""
        if not self._open:
            self._open = True
            self._outbox.send("Heartbeat", {}, self._answered)

    def _next(self) -> None:
        interval = self._context.variables.number("OCPPCommCtrlr.HeartbeatInterval")
        if not self._running or interval == 0:
            self._context.timers.cancel("heartbeat")
        else:
            self._context.timers.after("heartbeat", interval, self._beat)

    def _beat(self) -> None:
        self.send()
        self._next()

    def _answered(self, result: Payload | RpcError) -> None:
        self._open = False
