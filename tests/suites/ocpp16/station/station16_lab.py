"""A scripted station with its driver, for cases of OCPP 1.6 that test a station."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from testbay.campaign import suites
from testbay.campaign.embedded import LOCAL, Build, station_lane
from testbay.campaign.runner import Run
from testbay.campaign.virtual import Recorded, product_for, run_case
from testbay.clock import VirtualLoop
from testbay.roles.csms_model16 import CsmsModel16
from testbay.scenario.case import TestCase
from testbay.scenario.execute import Ended, execute
from testbay.scenario.recorder import Recorder
from testbay.scenario.role import Action, Confirmed, Inbox, Performed
from testbay.scenario.values import Answer, Payload, Received, Reply
from testbay.suites.ocpp16.products import STATIONS
from testbay.suites.ocpp16.station_test import StationTest

SUITE = suites.load("1.6")
PART = SUITE.part("station")
CASES: dict[str, TestCase] = {i: c for i, c in SUITE.cases.items() if c.sut == "station"}
CONFIG: dict[str, Any] = {v.name: v.default for v in PART.values.values()} | {
    f.name: f.default for f in PART.features.values()
}
AT_REST: dict[str, Any] = {
    "settled": True,
    "accepted": True,
    "cached": False,
    "local_list": False,
    "keys": {"MinimumStatusDuration": None},
}
"""What the tool knows of a station that needs no preparation."""

TAG, OTHER_TAG = CONFIG["valid_id_tag"], CONFIG["valid_id_tag_2"]
Says = tuple[str, dict[str, Any]] | float


def case(name: str) -> TestCase:
    """Return a case by its id."""
    return CASES[name]


def against_reference(name: str, *faults: str, product: str = "", **more: Any) -> Recorded:
    """Run a case against the reference station, on the virtual clock.

    Args:
        more: configured values and features; ``options`` are those of the station, and ``host`` is
            what it calls the tool.
    """
    options, host = more.pop("options", {}), more.pop("host", LOCAL)
    found, why = product_for(CASES[name], SUITE, product)
    assert found is not None, why
    values = {v.name: v.default for v in PART.values.values()}
    return run_case(CASES[name], SUITE, found, values, build=Build(more, options, faults, host))


def unmet(name: str, features: Mapping[str, bool]) -> str:
    """Return why a case does not apply to a product, or nothing."""
    requires = CASES[name].requires
    return requires.unmet(features) if requires is not None else ""


def applicable(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of case and product that belong together."""
    return [
        (name, product.name)
        for product in STATIONS
        for name in names
        if not unmet(name, {**CONFIG, **product.features})
    ]


def campaign(names: Iterable[str], seed: int, *faults: str, product: str = "") -> dict[str, Ended]:
    """Run the cases that apply to a product on one station of it, in an order of the seed."""
    [built] = [p for p in STATIONS if p.name == (product or products()[0])]
    chosen = [n for n in names if not unmet(n, {**CONFIG, **built.features})]
    random.Random(seed).shuffle(chosen)
    chosen.sort(key=lambda n: CASES[n].last)

    async def main() -> dict[str, Ended]:
        run = Run([CASES[n] for n in chosen], lambda _: None)
        values = {v.name: v.default for v in PART.values.values()}
        lane = await station_lane(SUITE, built, values, Build(faults=faults))
        await run.on([lane])
        await lane.end.close()
        assert lane.stop is not None
        await lane.stop()
        return dict(run.done)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


def products() -> list[str]:
    """Return the names of the reference stations."""
    return [p.name for p in STATIONS]


def failed(run: Recorded) -> list[str]:
    """Return the labels of the steps that failed."""
    return [r.label for r in run.test.recorder.results if any(not o.passed for o in r.outcomes)]


# -- what a station says --------------------------------------------------------------------------


def status(value: str, connector: int = 1, **more: Any) -> Says:
    """Return a StatusNotification."""
    fields = {"connectorId": connector, "errorCode": "NoError", "status": value, **more}
    return "StatusNotification", fields


def reports(value: str = "Available", here: str = "") -> tuple[Says, ...]:
    """Return the statuses of connectors 0 to 2 after a boot."""
    return tuple(status(here if n == 1 and here else value, n) for n in range(3))


def boot() -> Says:
    """Return a BootNotification."""
    return "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}


def authorize(tag: str = TAG) -> Says:
    """Return an Authorize."""
    return "Authorize", {"idTag": tag}


def started(tag: str = TAG, connector: int = 1) -> Says:
    """Return a StartTransaction."""
    fields = {"connectorId": connector, "idTag": tag, "meterStart": 0}
    return "StartTransaction", {**fields, "timestamp": "2030-01-01T00:00:00Z"}


def stopped(reason: str, **more: Any) -> Says:
    """Return the StopTransaction of the first transaction."""
    fields = {"transactionId": 1, "meterStop": 5, "timestamp": "2030-01-01T00:01:00Z"}
    return "StopTransaction", {**fields, "reason": reason, **more}


def metered(stamp: str, **sample: Any) -> Says:
    """Return a MeterValues with one sample."""
    value = {"timestamp": stamp, "sampledValue": [{"value": "1", **sample}]}
    return "MeterValues", {"connectorId": 1, "meterValue": [value]}


CHARGES: dict[str, Any] = {
    "RemoteStartTransaction": [(authorize(), status("Preparing"))],
    "plug_in": [(started(), status("Charging"))],
}
"""How a station comes into the state Charging."""


@dataclass
class ScriptedStation:
    """A station and its driver in one.

    Args:
        on: what it says after an action or a call, by name; each time the next of the list.
        answers: to calls of the tool; a list is used up, its last one stays.
        keys: its configuration: value and whether it is read-only.
    """

    on: dict[str, list[tuple[Says, ...]]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, tuple[str, bool]] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    replies: list[tuple[str, Reply]] = field(default_factory=list)
    actions: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.on = {name: list(scripts) for name, scripts in self.on.items()}
        self.keys = {"AuthorizeRemoteTxRequests": ("true", False), **self.keys}
        self._inbox: Inbox | None = None
        self._count, self._connection = 0, 1
        self._open: dict[str, asyncio.Event] = {}
        self._busy = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    # -- the role -------------------------------------------------------------------------------

    def attach(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        self.calls.append((action, payload))
        await asyncio.sleep(0.01)
        self._react(action)
        planned = self.answers.get(action)
        if isinstance(planned, list):
            planned = planned.pop(0) if len(planned) > 1 else planned[0]
        if planned is not None:
            return Payload.of(planned) if isinstance(planned, dict) else planned
        if action == "GetConfiguration":
            return Payload.of(self._configuration(payload.get("key") or list(self.keys)))
        if action == "ChangeConfiguration":
            self.keys[payload["key"]] = (payload["value"], False)
        return Payload.of({"status": "Accepted"})

    def _configuration(self, asked: Iterable[str]) -> dict[str, Any]:
        known = [
            {"key": k, "value": self.keys[k][0], "readonly": self.keys[k][1]}
            for k in asked
            if k in self.keys
        ]
        return {"configurationKey": known, "unknownKey": [k for k in asked if k not in self.keys]}

    def answer(self, message: Received, reply: Reply) -> None:
        self.replies.append((message.action, reply))
        self._open[message.uid].set()

    async def link(self, uid: str, what: str, how: Mapping[str, Any]) -> dict[str, Any]:
        self._event("@closed" if what == "refuse" else "@connect")
        self._react(what)
        return {}

    # -- the driver -------------------------------------------------------------------------------

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        self.actions.append((action.name, parameters))
        self._react(action.name)
        return Performed("done", "script")

    async def confirm(self, uid: str, question: str) -> Confirmed:
        return Confirmed(None, "script")

    # -- what it does by itself -------------------------------------------------------------------

    def _react(self, name: str) -> None:
        if self.on.get(name):
            loop = asyncio.get_running_loop()
            self._tasks.append(loop.create_task(self._say(self.on[name].pop(0))))

    async def _say(self, script: tuple[Says, ...]) -> None:
        async with self._busy:
            for line in script:
                await asyncio.sleep(line if isinstance(line, float) else 0.02)
                if isinstance(line, tuple) and line[0].startswith("@"):
                    self._event(line[0])
                elif isinstance(line, tuple):
                    await self._send(*line)

    async def _send(self, action: str, payload: dict[str, Any]) -> None:
        assert self._inbox is not None
        self._count += 1
        uid, answered = f"s{self._count}", asyncio.Event()
        self._open[uid] = answered
        self._inbox.receive(Received(uid, action, Payload.of(payload), self._connection))
        await answered.wait()

    def _event(self, action: str) -> None:
        assert self._inbox is not None
        self._count += 1
        self._connection += action == "@connect"
        uid = f"@{self._count}"
        self._inbox.receive(Received(uid, action, Payload.of({}), self._connection))

    def close(self) -> None:
        """End what is still being said."""
        for task in self._tasks:
            task.cancel()


@dataclass
class Scripted:
    """A run against a scripted station."""

    ended: Ended
    test: StationTest
    station: ScriptedStation

    @property
    def verdict(self) -> str:
        return self.ended.verdict.text


async def against(
    station: ScriptedStation, name: str, known: Mapping[str, Any] = AT_REST, **config: Any
) -> Scripted:
    """Run a case against a scripted station.

    Args:
        known: what the tool knows of the station.
        config: configured values and features that differ.
    """
    values = {**CONFIG, **config}
    recorder = Recorder(name, 1, lambda _: None, datetime(2030, 1, 1, tzinfo=UTC), values)
    test = StationTest(station, station, recorder, CsmsModel16(values, known))
    station.attach(test)
    ended = await execute(CASES[name], test)
    station.close()
    return Scripted(ended, test, station)
