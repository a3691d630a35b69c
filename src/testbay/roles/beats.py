"""The heartbeats of the simulated station, where it has nothing else to say (4.6, G02)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from testbay.scenario.values import Answer

SETTING = "heartbeatinterval"  # of OCPP 1.6, and of OCPPCommCtrlr
SLACK = 1.0  # s after the interval: a case that sends heartbeats itself is never doubled


class Beats:
    """Sends a heartbeat when nothing was sent for as long as the CSMS wants one.

    It takes no part in a case: whoever waits for a person, or for time to pass, stays connected.

    Args:
        send: sends one; its answer is of no interest.
    """

    def __init__(self, send: Callable[[int], Awaitable[object]]) -> None:
        self._send = send
        self._interval = 0.0
        self._number = self._open = 0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def around(self, action: str, call: Awaitable[Answer]) -> Answer:
        """Send something else meanwhile; a boot says how often heartbeats are wanted, if ever."""
        self.pause()
        if action == "BootNotification":
            self._interval = 0.0
        self._open += 1
        try:
            answer = await call
        finally:
            self._open -= 1
        if action == "BootNotification":
            self._interval = _interval(answer)
        self.go_on()
        return answer

    def answered(self, action: str, payload: Mapping[str, Any], reply: Any) -> None:
        """See what was answered to the CSMS, which may have set another interval."""
        if self._interval and isinstance(reply, dict):
            for name, value, status in _settings(action, payload, reply):
                fine = value.isascii() and value.isdigit()
                if name.casefold() == SETTING and status == "Accepted" and fine:
                    self._interval = float(value)
                    self.go_on()

    def go_on(self) -> None:
        """Count the time anew."""
        self.pause()
        if self._interval:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._interval + SLACK, self._due)

    def pause(self) -> None:
        """Send none until something else has been sent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        task = asyncio.get_running_loop().create_task(self._beat())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _beat(self) -> None:
        if not self._open:
            self._number += 1
            await self._send(self._number)
            self.go_on()


def _settings(
    action: str, payload: Mapping[str, Any], reply: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Yield what a request sets: name, value, and what the station says to it."""
    if action == "ChangeConfiguration":
        yield str(payload["key"]), str(payload["value"]), str(reply.get("status"))
    elif action == "SetVariables":
        results = reply.get("setVariableResult", [])
        for data, result in zip(payload["setVariableData"], results, strict=False):
            name, value = data["variable"]["name"], data["attributeValue"]
            yield str(name), str(value), str(result["attributeStatus"])


def _interval(answer: Any) -> float:
    """Return how often an answer to a boot wants heartbeats (s); 0: never, or not said."""
    accepted = isinstance(answer, dict) and answer.get("status") == "Accepted"
    given = answer.get("interval") if accepted else None
    return float(given) if isinstance(given, int) and given > 0 else 0.0
