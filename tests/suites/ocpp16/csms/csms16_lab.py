"""A scripted CSMS with its operator, for cases of OCPP 1.6 that test a CSMS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from testbay.campaign import suites
from testbay.protocol.schemas import check_request
from testbay.protocol.versions import OCPP16
from testbay.roles.station_model16 import StationModel16
from testbay.scenario.execute import Ended, execute
from testbay.scenario.recorder import Recorder
from testbay.scenario.role import Action, Confirmed, Inbox, Performed
from testbay.scenario.values import Answer, Lost, Payload, Received, Reply
from testbay.suites.ocpp16.csms_test import CsmsTest

SUITE = suites.load("1.6")
CONFIG: dict[str, Any] = {v.name: v.default for v in SUITE.part("csms").values.values()}
NOW = STARTED = datetime(2030, 1, 1, tzinfo=UTC)
BOOTED = {"status": "Accepted", "interval": 120, "currentTime": "2030-01-01T00:00:00Z"}
OKAY = {"idTagInfo": {"status": "Accepted"}}

Sends = tuple[str, dict[str, Any]]
Answers = Answer | list[Answer]


def boots(status: str = "Accepted", interval: int = 300) -> dict[str, Any]:
    """Return an answer to a boot."""
    return {"status": status, "interval": interval, "currentTime": "2030-01-01T00:00:00Z"}


@dataclass
class ScriptedCsms:
    """A CSMS and its operator in one.

    Args:
        answers: to messages of the station, by action; a list is used up, its last one stays.
        does: what an action of the operator makes it send.
        greets: what it sends when a station has booted.
        reachable: whether the station can connect again once it has lost the connection.
    """

    answers: dict[str, Answers] = field(default_factory=dict)
    does: dict[str, tuple[Sends, ...]] = field(default_factory=dict)
    greets: tuple[Sends, ...] = ()
    calls: list[tuple[float, str, Mapping[str, Any]]] = field(default_factory=list)
    replies: list[tuple[str, Reply]] = field(default_factory=list)
    connection: int = 0
    reachable: bool = True

    def __post_init__(self) -> None:
        self._inbox: Inbox | None = None
        self._count = 0
        self.connected = True
        normal: dict[str, Answers] = {
            "Authorize": OKAY,
            "BootNotification": boots(),
            "Heartbeat": {"currentTime": "2030-01-01T00:00:00Z"},
            "StartTransaction": {"transactionId": 41, **OKAY},
        }
        self.answers = {**normal, **self.answers}

    # -- the role -------------------------------------------------------------------------------

    def attach(self, inbox: Inbox) -> None:
        self._inbox = inbox
        if not self.connection:
            self._connect()

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        self.calls.append((asyncio.get_running_loop().time(), action, payload))
        await asyncio.sleep(0.01)
        if not self.connected:
            return Lost("the system under test is not connected")
        planned = self.answers.get(action, {})
        if isinstance(planned, list):
            planned = planned.pop(0) if len(planned) > 1 else planned[0]
        if action == "BootNotification":
            for message in self.greets:
                self.send(*message)
        return planned

    def answer(self, message: Received, reply: Reply) -> None:
        self.replies.append((message.action, reply))

    async def link(self, uid: str, what: str, how: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append((asyncio.get_running_loop().time(), f"@{what}", {}))
        if what in ("reconnect", "abort"):
            self.connected = False
            self._event("@closed", by="us", code=1000 if what == "reconnect" else 1006)
        if what in ("reconnect", "dial") and self.reachable:
            self._connect()
        return {"upgraded": self.connected}

    # -- the operator -----------------------------------------------------------------------------

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        for message in self.does.get(action.name, ()):
            self.send(*message)
            await asyncio.sleep(0.01)
        return Performed("done", "script")

    async def confirm(self, uid: str, question: str) -> Confirmed:
        return Confirmed(None, "script")

    # -- what it does by itself -------------------------------------------------------------------

    def send(self, action: str, payload: Mapping[str, Any]) -> None:
        """Send a request to the station."""
        self._count += 1
        self._hand(f"r{self._count}", action, payload)

    def hang_up(self) -> None:
        """End the connection; another one follows."""
        self._event("@closed", by="peer", code=1000)
        self._connect()

    def _connect(self) -> None:
        self.connection += 1
        self.connected = True
        self._event("@connect", identity="CS001")

    def _event(self, action: str, **payload: Any) -> None:
        self._count += 1
        self._hand(f"@{self._count}", action, payload)

    def _hand(self, uid: str, action: str, payload: Mapping[str, Any]) -> None:
        assert self._inbox is not None
        self._inbox.receive(Received(uid, action, Payload.of(payload), self.connection))

    # -- what tests ask ---------------------------------------------------------------------------

    def sent(self, *actions: str) -> list[Mapping[str, Any]]:
        """Return what the station has sent of these actions."""
        return [payload for _, action, payload in self.calls if action in actions]

    def names(self) -> list[str]:
        """Return the actions of all that the station has done, in their order."""
        return [action for _, action, _ in self.calls]


class Wishes(ScriptedCsms):
    """A CSMS that makes something of its own of each wish, one after the other.

    Args:
        wishes: what it sends, wish by wish; a callable makes it at that moment.
    """

    def __init__(self, *wishes: Any, **more: Any) -> None:
        super().__init__(**more)
        self.wishes = list(wishes)
        self.wanted: list[tuple[str, Mapping[str, Any]]] = []

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        self.wanted.append((action.name, parameters))
        if not self.wishes:
            return Performed("there is no such button", "script")
        made = self.wishes.pop(0)
        for message in made() if callable(made) else made:
            self.send(*message)
            await asyncio.sleep(0.01)
        return Performed("done", "script")


async def run(
    case_id: str,
    csms: ScriptedCsms,
    model: StationModel16 | None = None,
    *,
    during: Callable[[CsmsTest], None] | None = None,
    **config: Any,
) -> tuple[Ended, CsmsTest]:
    """Run a case against a scripted CSMS.

    Args:
        during: called when the case begins.
    """
    values = {**CONFIG, **config}
    recorder = Recorder(case_id, 1, lambda _: None, STARTED, values)
    test = CsmsTest(csms, csms, recorder, model or StationModel16(values))
    csms.attach(test)
    if during is not None:
        during(test)
    return await execute(SUITE.cases[case_id], test), test


def failed(test: CsmsTest) -> list[tuple[str, str]]:
    """Return the failed checks of a run: label and sentence."""
    results = test.recorder.results
    return [(r.label, o.text) for r in results for o in r.outcomes if not o.passed]


# -- the simulated station alone ------------------------------------------------------------------


def asks(action: str, **payload: Any) -> Received:
    """Return a request of a CSMS."""
    assert check_request(OCPP16, action, payload) == ()
    return Received("r1", action, Payload.of(payload))


def answered(model: StationModel16, action: str, **payload: Any) -> Any:
    """Return the answer of the model, after it has been given."""
    message = asks(action, **payload)
    before = model.known()
    reply = model.answer(message, NOW)
    assert model.known() == before, "an answer must not change anything"
    model.answered(message, reply)
    return reply


def accepted_station(**more: Any) -> StationModel16:
    """Return a station that the CSMS has accepted."""
    model = StationModel16({**CONFIG, **more})
    model.observe(Received("@1", "@connect", Payload(), 1))
    model.called("BootNotification", {}, BOOTED)
    return model


def starts(model: StationModel16, number: int = 5, connector: int = 1) -> None:
    """Have a transaction started."""
    payload = {
        "connectorId": connector,
        "idTag": "TAG",
        "meterStart": model.meter(connector, NOW),
        "timestamp": NOW.isoformat(),
    }
    model.called("StartTransaction", payload, {"transactionId": number})


def stops(model: StationModel16, number: int, meter: int, reply: Answer | None = None) -> None:
    """Have a transaction stopped."""
    payload = {"transactionId": number, "meterStop": meter}
    model.called("StopTransaction", payload, {} if reply is None else reply)
