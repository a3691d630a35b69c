"""A scripted station of OCPP 2.0.1 with its driver: it says what a test wants, call by call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from testbay.campaign import suites
from testbay.roles.csms_model201 import CsmsModel201
from testbay.scenario.case import Body, TestCase
from testbay.scenario.execute import Ended, execute
from testbay.scenario.recorder import Recorder
from testbay.scenario.role import Action, Confirmed, Inbox, Performed
from testbay.scenario.values import NO_ANSWER, Answer, Payload, Received, Reply
from testbay.suites.ocpp201.station_test import StationTest

PART = suites.load("2.0.1").part("station")
CONFIG: dict[str, Any] = {v.name: v.default for v in PART.values.values()} | {
    f.name: f.default for f in PART.features.values()
}
AT_REST: dict[str, Any] = {"settled": True, "accepted": True, "cached": False}
"""What the tool knows of a station that needs no preparation."""

Says = tuple[str, dict[str, Any]] | float
"""A request of the station, or a pause (s) before the next one."""


@dataclass
class ScriptedStation:
    """The station and whoever acts on it.

    Args:
        does: what the station says after an action, by the name of the action, time after time.
        has: values of variables by ``Component.Name``; all others are unknown.
        remote_start: told of the number of a remote start before it is answered.
    """

    does: dict[str, list[tuple[Says, ...]]]
    has: dict[str, str] = field(default_factory=dict)
    replies: list[tuple[str, Reply]] = field(default_factory=list)
    remote_start: Callable[[int], None] | None = None

    def attach(self, inbox: Inbox) -> None:
        """Hand everything to this test."""
        self._inbox, self._count = inbox, 0
        self._busy, self._answered = asyncio.Lock(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        """Answer a call of the tool."""
        await asyncio.sleep(0.01)
        if action == "GetVariables":
            return {"getVariableResult": [self._got(d) for d in payload["getVariableData"]]}
        if action == "SetVariables":
            named = [
                {k: d[k] for k in ("component", "variable")} for d in payload["setVariableData"]
            ]
            return {"setVariableResult": [{"attributeStatus": "Accepted", **n} for n in named]}
        if action == "RequestStartTransaction" and self.remote_start is not None:
            self.remote_start(payload["remoteStartId"])
        return {"status": "Accepted"}

    def _got(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = f"{asked['component']['name']}.{asked['variable']['name']}"
        found = {"attributeStatus": "UnknownVariable"}
        if name in self.has:
            found = {"attributeStatus": "Accepted", "attributeValue": self.has[name]}
        return {**found, "component": asked["component"], "variable": asked["variable"]}

    def answer(self, message: Received, reply: Reply) -> None:
        """Take an answer: the next request may go."""
        self.replies.append((message.action, reply))
        if reply is not NO_ANSWER:
            self._answered.set()

    async def link(self, uid: str, what: str, how: Mapping[str, Any]) -> dict[str, Any]:
        """Act on the connection: the station is back as soon as it may be."""
        told = {
            "accept": ("@connect", {"url": "ws://tool/ocpp"}),
            "refuse": ("@closed", {"by": "us"}),
        }
        if what in told:
            name, payload = told[what]
            self._inbox.receive(Received(f"@{name}", name, Payload.of(payload), 1))
        return {}

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        """Do something at the station, which then says what stands in its script."""
        if self.does.get(action.name):
            told = self._say(self.does[action.name].pop(0))
            self._tasks.append(asyncio.get_running_loop().create_task(told))
        return Performed("done", "script")

    async def confirm(self, uid: str, question: str) -> Confirmed:
        """Answer no question."""
        return Confirmed(None, "script")

    async def _say(self, script: tuple[Says, ...]) -> None:
        async with self._busy:
            for line in script:
                await asyncio.sleep(line if isinstance(line, float) else 0.01)
                if isinstance(line, tuple):
                    self._count += 1
                    self._answered.clear()
                    payload = Payload.of(line[1])
                    self._inbox.receive(Received(f"s{self._count}", line[0], payload, 1))
                    await self._answered.wait()

    def close(self) -> None:
        """End what is still being said."""
        for task in self._tasks:
            task.cancel()


async def against(
    station: ScriptedStation, case: str | Body, known: Mapping[str, Any] = AT_REST, **config: Any
) -> Ended:
    """Run a case, or a body of one, against a scripted station.

    Args:
        known: what the tool knows of the station.
        config: configured values and features that differ.
    """
    wanted = case
    if isinstance(wanted, str):
        wanted = suites.load("2.0.1").cases[wanted]
    else:
        wanted = TestCase("TC_X_01_CS", "A case", "station", "2.0.1", "X", wanted)
    values = {**CONFIG, "settle_time": 0.5, **config}
    recorder = Recorder(wanted.id, 1, lambda _: None, datetime(2030, 1, 1, tzinfo=UTC), values)
    test = StationTest(station, station, recorder, CsmsModel201(values, known))
    station.attach(test)
    ended = await execute(wanted, test)
    station.close()
    return ended


def status(state: str, evse: int = 1, connector: int = 1) -> Says:
    """Return a StatusNotification."""
    place = {"evseId": evse, "connectorId": connector}
    return ("StatusNotification", {"timestamp": STAMP, "connectorStatus": state, **place})


def event(state: str, evse: int = 1, connector: int = 1) -> Says:
    """Return a NotifyEvent that tells the same."""
    data = {
        "eventId": 1,
        "timestamp": STAMP,
        "trigger": "Delta",
        "actualValue": state,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "Connector", "evse": {"id": evse, "connectorId": connector}},
        "variable": {"name": "AvailabilityState"},
    }
    return ("NotifyEvent", {"generatedAt": STAMP, "seqNo": 0, "eventData": [data]})


def transaction(number: int, kind: str, trigger: str, state: str, **more: Any) -> Says:
    """Return an event of the one transaction."""
    told = {"eventType": kind, "timestamp": STAMP, "triggerReason": trigger, "seqNo": number}
    info = {"transactionId": "T1", "chargingState": state}
    return ("TransactionEvent", {**told, "transactionInfo": info, **more})


STAMP = "2030-01-01T00:00:00Z"
