"""A scripted CSMS with its operator, for cases of OCPP 2.0.1 that test a CSMS."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from testbay.campaign import suites
from testbay.campaign.embedded import Build
from testbay.campaign.virtual import Recorded, product_for, run_case
from testbay.protocol.schemas import check_request
from testbay.protocol.versions import OCPP201
from testbay.roles.station_model201 import StationModel201
from testbay.scenario.execute import Ended, execute
from testbay.scenario.recorder import Recorder
from testbay.scenario.role import Action, Confirmed, Inbox, Performed
from testbay.scenario.values import Answer, Payload, Received, Reply
from testbay.suites.ocpp201.csms_test import CsmsTest
from testbay.suites.ocpp201.products import CSMSS

SUITE = suites.load("2.0.1")
CONFIG: dict[str, Any] = {v.name: v.default for v in SUITE.part("csms").values.values()}
PRODUCT = CSMSS[0]
MATCH = {n: product_for(c, SUITE)[0] for n, c in SUITE.cases.items() if c.sut == "csms"}
CASES = [name for name, product in MATCH.items() if product == PRODUCT]
SPECIAL = [name for name, product in MATCH.items() if product != PRODUCT]
"""Those that need another product: a security profile, or ISO 15118."""
NOW = datetime(2030, 1, 1, tzinfo=UTC)
STAMP = "2030-01-01T00:00:00Z"
OKAY = {"idTokenInfo": {"status": "Accepted"}}

Sends = tuple[str, dict[str, Any]]
Answers = Answer | list[Answer]


def boots(status: str = "Accepted", interval: int = 300) -> dict[str, Any]:
    """Return an answer to a boot."""
    return {"status": status, "interval": interval, "currentTime": STAMP}


def against(case: str, *faults: str, config: dict[str, Any] | None = None, **o: Any) -> Recorded:
    """Run a case against the reference CSMS."""
    build = Build(config or {}, o, faults)
    product = MATCH[case]
    assert product is not None
    return run_case(SUITE.cases[case], SUITE, product, CONFIG, build=build)


@dataclass
class ScriptedCsms:
    """A CSMS and its operator in one.

    Args:
        answers: to messages of the station, by action; a list is used up, its last one stays.
        does: what an action of the operator makes it send.
        after: what it sends by itself when a message of the station has come.
    """

    answers: dict[str, Answers] = field(default_factory=dict)
    does: dict[str, tuple[Sends, ...]] = field(default_factory=dict)
    after: dict[str, tuple[Sends, ...]] = field(default_factory=dict)
    calls: list[tuple[float, str, Mapping[str, Any]]] = field(default_factory=list)
    replies: list[tuple[str, Reply]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._inbox: Inbox | None = None
        self._count = self.connection = 0
        normal: dict[str, Answers] = {
            "Authorize": OKAY,
            "BootNotification": boots(),
            "Heartbeat": {"currentTime": STAMP},
            "TransactionEvent": OKAY,
        }
        self.answers = {**normal, **self.answers}

    def attach(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._connect()

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        self.calls.append((asyncio.get_running_loop().time(), action, payload))
        await asyncio.sleep(0.01)
        for message in self.after.get(action, ()):
            self.send(*message)
        planned = self.answers.get(action, {})
        if isinstance(planned, list):
            planned = planned.pop(0) if len(planned) > 1 else planned[0]
        return planned

    def answer(self, message: Received, reply: Reply) -> None:
        self.replies.append((message.action, reply))

    async def link(self, uid: str, what: str, how: Mapping[str, Any]) -> dict[str, Any]:
        if what in ("reconnect", "abort", "close"):
            self._event("@closed", by="us", code=1000)
        if what in ("reconnect", "dial"):
            self._connect()
        return {"upgraded": True, "subprotocol": "ocpp2.0.1"}

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        for message in self.does.get(action.name, ()):
            self.send(*message)
            await asyncio.sleep(0.01)
        return Performed("done", "script")

    async def confirm(self, uid: str, question: str) -> Confirmed:
        return Confirmed(None, "script")

    def send(self, action: str, payload: Mapping[str, Any]) -> None:
        """Send a request to the station."""
        self._count += 1
        self._hand(f"r{self._count}", action, payload)

    def _connect(self) -> None:
        self.connection += 1
        self._event("@connect", identity="CS001")
        for message in self.after.get("@connect", ()):
            self.send(*message)

    def _event(self, action: str, **payload: Any) -> None:
        self._count += 1
        self._hand(f"@{self._count}", action, payload)

    def _hand(self, uid: str, action: str, payload: Mapping[str, Any]) -> None:
        assert self._inbox is not None
        self._inbox.receive(Received(uid, action, Payload.of(payload), self.connection))

    def sent(self, *actions: str) -> list[Mapping[str, Any]]:
        """Return what the station has sent of these actions."""
        return [payload for _, action, payload in self.calls if action in actions]

    def answers_to(self, action: str) -> list[Reply]:
        """Return what the station has answered to an action."""
        return [reply for name, reply in self.replies if name == action]


async def run(
    case_id: str,
    csms: ScriptedCsms,
    model: StationModel201 | None = None,
    begins: datetime = NOW,
    **config: Any,
) -> tuple[Ended, CsmsTest]:
    """Run a case against a scripted CSMS."""
    values = {**CONFIG, **config}
    recorder = Recorder(case_id, 1, lambda _: None, begins, values)
    test = CsmsTest(csms, csms, recorder, model or StationModel201(values))
    csms.attach(test)
    return await execute(SUITE.cases[case_id], test), test


def failed(test: CsmsTest) -> list[tuple[str, str]]:
    """Return the failed checks of a run: label and sentence."""
    results = test.recorder.results
    return [(r.label, o.text) for r in results for o in r.outcomes if not o.passed]


# -- the simulated station alone ------------------------------------------------------------------


def answered(model: StationModel201, action: str, **payload: Any) -> Any:
    """Return the answer of the model, after it has been given."""
    assert check_request(OCPP201, action, payload) == ()
    message = Received("r1", action, Payload.of(payload))
    before = model.known()
    reply = model.answer(message, NOW)
    assert model.known() == before, "an answer must not change anything"
    model.answered(message, reply)
    return reply


def accepted_station(**more: Any) -> StationModel201:
    """Return a station that the CSMS has accepted."""
    model = StationModel201({**CONFIG, **more})
    model.observe(Received("@1", "@connect", Payload(), 1))
    model.called("BootNotification", {}, boots())
    return model


def starts(model: StationModel201, evse: int = 1, transaction: str = "TX") -> None:
    """Have a transaction started."""
    happens(model, "Started", 0, transaction, evse={"id": evse, "connectorId": 1})


def happens(
    model: StationModel201, kind: str, number: int, transaction: str = "TX", **more: Any
) -> None:
    """Have an event of a transaction sent."""
    info = {"transactionId": transaction}
    payload = {"eventType": kind, "timestamp": STAMP, "seqNo": number, "transactionInfo": info}
    model.called("TransactionEvent", {**payload, **more}, {})
