"""Being accepted by the CSMS: boot notifications until it accepts, then heartbeats."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from testbay_reference.link import Rpc, RpcError
from testbay_reference.outbox import Answered, Result
from testbay_reference.surroundings import Payload, Surroundings


@dataclass(frozen=True, slots=True)
class Booting:
    """Say how a station registers.

    Args:
        notify: sends a boot notification for a reason, and returns what the CSMS answers.
        heard: hears each answer.
        pause: gives the pause before the next in s, of the one that the CSMS names; 0: it names
            none.
        persistent: whether it tries again when it is not accepted.
    """

    notify: Callable[[Rpc, str], Awaitable[Result]]
    heard: Callable[[Rpc, Payload], None]
    pause: Callable[[float], float]
    persistent: bool = True


class Registration:
    """Know what the CSMS said to the last boot notification of this life.

    Args:
        ready: called with each connection over which ordinary messages may be sent, and whether
            the registration is new.
        reason: why the station has booted, where its version tells that.
    """

    def __init__(
        self,
        around: Surroundings,
        booting: Booting,
        ready: Callable[[Rpc, bool], None],
        reason: str = "",
    ) -> None:
        self._around = around
        self._booting = booting
        self._ready = ready
        self._reason = reason
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
        return bool(self._around.store.get("accepted", False))

    async def run(self, rpc: Rpc) -> None:
        """Register over a new connection, unless that was done since the boot."""
        if self.accepted:
            self._ready(rpc, False)
            return
        while not rpc.closed:
            pause = self._not_before - self._around.timers.time()
            if pause > 0:
                self._hurried.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._hurried.wait(), pause)
                continue
            answer = await self._booting.notify(rpc, self._reason)
            if rpc.closed:
                return
            if isinstance(answer, RpcError):
                self._around.note(f"BootNotification: {answer.code} {answer.description}")
                self._wait(0)
            elif self._answered(rpc, answer):
                self._ready(rpc, True)
                return
            if not self._booting.persistent:
                return

    def hurry(self, reason: str = "") -> None:
        """Send the next boot notification now: the CSMS asked for it."""
        self._reason = reason or self._reason
        self._not_before = self._around.timers.time()
        self._hurried.set()

    def _answered(self, rpc: Rpc, answer: Payload) -> bool:
        self.status = answer["status"]
        self._around.note(f"registration: {self.status}, interval {answer['interval']} s")
        self._booting.heard(rpc, answer)
        if not self.accepted:
            self._wait(answer["interval"])
            return False
        self._around.store.set("accepted", True)
        return True

    def _wait(self, interval: float) -> None:
        self._not_before = self._around.timers.time() + self._booting.pause(interval)


class Heartbeat:
    """Send a Heartbeat at an interval while the station is online.

    A station may skip those that follow another message closely; this one does not.

    Args:
        send: sends a message.
        interval: gives the interval in s; 0: none is sent.
    """

    def __init__(
        self,
        around: Surroundings,
        send: Callable[[str, Payload, Answered], None],
        interval: Callable[[], float],
    ) -> None:
        self._around = around
        self._send = send
        self._interval = interval
        self._running = self._open = False

    def start(self) -> None:
        """Begin to send; the first Heartbeat comes after one interval."""
        self._running, self._open = True, False
        self.retime()

    def stop(self) -> None:
        """Send no more."""
        self._running = False
        self._around.timers.cancel("heartbeat")

    def send(self) -> None:
        """Send one now, unless one is still unanswered."""
        if not self._open:
            self._open = True
            self._send("Heartbeat", {}, self._answered)

    def retime(self) -> None:
        """Begin a new interval, as long as it is now."""
        interval = self._interval()
        if not self._running or interval == 0:
            self._around.timers.cancel("heartbeat")
        else:
            self._around.timers.after("heartbeat", interval, self._beat)

    def _beat(self) -> None:
        self.send()
        self.retime()

    def _answered(self, result: Result) -> None:
        self._open = False
