"""Being accepted by the CSMS: boot notifications and heartbeats (4.2, 4.6)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from testbay_reference.link import Rpc, RpcError
from testbay_reference.station.context import Context, Payload
from testbay_reference.station.outbox import Outbox
from testbay_reference.station.timing import moment


class Registration:
    """Know what the CSMS said to the last boot notification of this life.

    Args:
        ready: called with each connection over which ordinary messages may be sent, and whether
            the registration is new.
    """

    def __init__(self, context: Context, ready: Callable[[Rpc, bool], None]) -> None:
        self._context = context
        self._ready = ready
        self._not_before = 0.0
        self._hurried = asyncio.Event()
        self.status: str | None = None
        self.clock_offset = timedelta()

    @property
    def accepted(self) -> bool:
        """Tell whether the CSMS has accepted the station since its boot."""
        return self.status == "Accepted"

    @property
    def ever_accepted(self) -> bool:
        """Tell whether the CSMS has ever accepted the station."""
        return bool(self._context.store.get("accepted", False))

    async def run(self, rpc: Rpc) -> None:
        """Register over a new connection, unless that was done since the boot (OCPP-J 5.4)."""
        if self.accepted:
            self._ready(rpc, False)
            return
        faults = self._context.faults
        while not rpc.closed:
            pause = self._not_before - self._context.timers.time()
            if pause > 0:
                self._hurried.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._hurried.wait(), pause)
                continue
            if "boots-without-boot-notification" in faults:
                answer: Payload | RpcError = {"status": "Accepted", "interval": 0}
            else:
                answer = await rpc.call("BootNotification", self._payload())
            if rpc.closed:
                return
            if isinstance(answer, RpcError):
                self._context.note(f"BootNotification: {answer.code} {answer.description}")
                self._wait(0)
            elif self._answered(answer):
                self._ready(rpc, True)
                return
            if "boot-gives-up" in faults:
                return

    def hurry(self) -> None:
        """Send the next boot notification now: the CSMS asked for it (4.2)."""
        self._not_before = self._context.timers.time()
        self._hurried.set()

    def _answered(self, answer: Payload) -> bool:
        self.status = answer["status"]
        self._context.note(f"registration: {self.status}, interval {answer['interval']} s")
        if "currentTime" in answer:
            self.clock_offset = moment(answer["currentTime"]) - self._context.now()
        if not self.accepted:
            self._wait(answer["interval"])
            return False
        if answer["interval"] > 0:
            self._context.config.put("HeartbeatInterval", str(answer["interval"]))
        self._context.store.set("accepted", True)
        return True

    def _wait(self, interval: float) -> None:
        """Send no boot notification for some seconds; 0: for as long as the station thinks."""
        seconds = interval if interval > 0 else self._context.options.boot_retry
        if "boot-retry-ignores-interval" in self._context.faults:
            seconds = 1.0
        self._not_before = self._context.timers.time() + seconds

    def _payload(self) -> Payload:
        options = self._context.options
        payload = {
            "chargePointVendor": options.vendor,
            "chargePointModel": options.model,
            "firmwareVersion": self._context.store.get("firmware_version") or options.firmware,
        }
        if options.serial is not None:
            payload["chargePointSerialNumber"] = options.serial
        return payload


class Heartbeat:
    """Send a Heartbeat every HeartbeatInterval while the station is online.

    A station may skip those that follow another message closely (4.6); this one does not.
    """

    def __init__(self, context: Context, outbox: Outbox) -> None:
        self._context = context
        self._outbox = outbox
        self._running = False
        self._open = False
        context.config.on_change("HeartbeatInterval", self._next)

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
        interval = self._context.config.number("HeartbeatInterval")
        if "heartbeat-ignores-interval" in self._context.faults:
            interval *= 2
        if not self._running or interval == 0 or "no-heartbeat" in self._context.faults:
            self._context.timers.cancel("heartbeat")
        else:
            self._context.timers.after("heartbeat", interval, self._beat)

    def _beat(self) -> None:
        self.send()
        self._next()

    def _answered(self, result: Payload | RpcError) -> None:
        self._open = False
