"""A journal as the engine itself writes it becomes a report that tells the case."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from testbay.report.html import html
from testbay.report.journal_reader import read_journal
from testbay.report.summary import summarise
from testbay.scenario import events
from testbay.scenario.case import TestCase
from testbay.scenario.checks import eq
from testbay.scenario.configured import Configured
from testbay.scenario.execute import execute
from testbay.scenario.recorder import Recorder
from testbay.scenario.role import Action, Confirmed, Inbox, Performed
from testbay.scenario.test import Test
from testbay.scenario.values import Answer, Payload, Received, Reply
from testbay.scenario.verdict import Verdict

TOKEN = Configured("token", str, "TAG1", "A token that is known")
PRESENT = Action("present_token", "Present the token")


class Peer:
    """A system under test with its end of the tool, and whoever acts on it."""

    def __init__(self) -> None:
        self.inbox: Inbox | None = None
        self.count = 0

    def attach(self, inbox: Inbox) -> None:
        self.inbox = inbox

    def frame(self, direction: str, message: list[Any]) -> None:
        assert self.inbox is not None
        self.inbox.frame(direction, orjson.dumps(message).decode(), 1)

    def send(self, action: str, payload: dict[str, Any]) -> None:
        assert self.inbox is not None
        self.count += 1
        uid = f"s{self.count}"
        self.frame("in", [2, uid, action, payload])
        self.inbox.receive(Received(uid, action, Payload.of(payload), 1))

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        self.frame("out", [2, f"wire-{uid}", action, payload])
        await asyncio.sleep(0.2)
        self.frame("in", [3, f"wire-{uid}", {"status": "Rejected"}])
        return {"status": "Rejected"}

    def answer(self, message: Received, reply: Reply) -> None:
        self.frame("out", [3, message.wire_uid, reply])

    async def link(self, uid: str, what: str, how: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        await asyncio.sleep(1.5)
        self.send("Heartbeat", {})
        self.send("Authorize", {"idTag": "TAG1"})
        return Performed("done", "the test")

    async def confirm(self, uid: str, question: str) -> Confirmed:
        return Confirmed(True, "the test")


class Knows:
    """A model that answers everything the same."""

    alarm = ""

    def about(self) -> dict[str, Any]:
        return {}

    def observe(self, message: Received) -> None: ...
    def answered(self, message: Received, reply: Reply) -> None: ...
    def called(self, action: str, payload: Mapping[str, Any], reply: Answer) -> None: ...
    def acted(self, action: Action, parameters: Mapping[str, Any]) -> None: ...

    def answer(self, message: Received, now: datetime) -> Reply:
        return {"status": "Accepted"}

    def known(self) -> dict[str, Any]:
        return {}


async def scenario(t: Test) -> None:
    t.manual(PRESENT)
    await t.expect(1, "Authorize", eq("idTag", TOKEN))
    await t.call(3, "Reset", {"type": "Soft"}, eq("status", "Accepted"))


async def test_the_report_of_a_real_case(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with path.open("wb") as file:

        def sink(stamped: events.Stamped) -> None:
            file.write(orjson.dumps(stamped.to_json()) + b"\n")

        peer, config = Peer(), {"token": "TAG1"}
        recorder = Recorder("TC_1", 1, sink, datetime(2026, 11, 21, tzinfo=UTC), config)
        recorder.emit(
            events.CaseStarted("Reset", "1.6", "station", "Core", 1, 1, "", config, {}, [])
        )
        test = Test(peer, peer, recorder, Knows())
        peer.attach(test)
        case = TestCase("TC_1", "Reset", "station", "1.6", "Core", scenario)
        ended = await execute(case, test)
    assert ended.verdict is Verdict.FAIL
    journal = read_journal(tmp_path)
    assert journal.damaged == 0
    [summary] = summarise(journal).cases
    assert (summary.verdict, summary.reason) == (ended.verdict, ended.reason)
    assert (summary.last.checks, summary.last.seconds) == (ended.checks, ended.seconds)
    page = "".join(html(journal))
    assert "Present the token" in page
    assert "done by the test in 1.50 s" in page
    assert "it was <code>Rejected</code>" in page
    assert 'id="TC_1-failed"' in page
    assert 'href="#TC_1-f6" title="frame 6"' in page  # the answer that failed, by its wire id
    assert "Messages that no step claimed" in page
