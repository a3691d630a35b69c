"""The system under test before its cases: what it says of itself, and what cannot be so."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from testbay.campaign.lane import Lane
from testbay.campaign.pics import Pics
from testbay.campaign.suites import Part
from testbay.scenario import events
from testbay.scenario.survey import Finding, Reading, Stated, Survey
from testbay.scenario.values import Answer, Received

MOST_WAITS = 12  # for a station that has not been accepted yet
NOT_YET = "there are no questions for this version of OCPP yet"
WRONG = {
    "documents": "the documents",
    "pics": "the PICS",
    "configuration": "the configuration",
    "product": "the configuration",
}
"""What a finding disagrees with, in words."""


@dataclass(frozen=True)
class Surveyor:
    """Surveys the systems of a run.

    Args:
        survey: how it is done; None: not at all.
        pause: how long the system may have something to say after it has connected (s).
        at_start: whether it is surveyed when a run begins, and looked at after every case.
    """

    survey: Survey | None
    stated: Stated
    pause: float
    at_start: bool

    async def ask(self, lane: Lane) -> tuple[Reading, list[Finding]]:
        """Ask a system that is connected everything; return it with what cannot be so."""
        if self.survey is None:
            return Reading(why=NOT_YET), []
        for _ in range(MOST_WAITS):
            await asyncio.sleep(self.pause)
            if self.survey.may_ask(lane.model):
                break
        else:
            return Reading(why="it is not accepted yet, so it cannot be asked"), []
        stated = self._of(lane)
        with _asking(lane) as ask:
            reading = await self.survey.read(ask, stated)
        return reading, self.survey.findings(reading, stated)

    def _of(self, lane: Lane) -> Stated:
        stated = self.stated
        product = stated.product if stated.answers else {**stated.product, **lane.product}
        return Stated(stated.answers, stated.asked, lane.config, product, lane.model.about())

    async def told(self, lane: Lane) -> events.Surveyed:
        """Ask, and return what the readers of the run are told; the lane keeps the settings."""
        reading, findings = await self.ask(lane)
        lane.settings = list(reading.entries)
        return events.Surveyed(
            lane=lane.number,
            entries=list(reading.entries),
            findings=[[f.about, f.says] for f in findings],
            why=reading.why,
            product=lane.built,
            absent=list(reading.absent),
        )

    async def put_back(self, lane: Lane) -> list[str]:
        """Put settings back that a case has left otherwise; return what they were, and are."""
        if self.survey is None or not lane.settings:
            return []
        if await lane.end.ready(0.0) or not self.survey.may_ask(lane.model):
            return []
        with _asking(lane) as ask:
            reading = await self.survey.look(ask, self._of(lane))
            if reading.why:
                lane.settings = []  # a system that does not answer is not asked after every case
                return [f"the settings cannot be compared: {reading.why}"]
            said = []
            for action, payload, sentence in self.survey.put_back(lane.settings, reading.entries):
                answer = await ask(action, payload)
                lane.model.called(action, payload, answer)
                status = self.survey.status_of(answer)
                back = "it is set back" if status == "Accepted" else f"setting it back: {status}"
                said.append(f"{sentence}; {back}")
        return said


class _Ask:
    """Asks over a lane; who has answered the system before answers it on, and this hears it too."""

    def __init__(self, lane: Lane) -> None:
        self._lane, self._inbox = lane, lane.end.inbox
        self._numbers = itertools.count(1)
        self._heard: list[Received] = []
        self._arrived = asyncio.Event()

    async def __call__(self, action: str, payload: dict[str, Any]) -> Answer:
        return await self._lane.end.call(f"s{next(self._numbers)}", action, payload)

    async def hear(self, action: str, within: float) -> Received | None:
        """Return the next request with this action; None where none comes in time (s)."""
        ends = asyncio.get_running_loop().time() + within
        while True:
            found = next((m for m in self._heard if m.action == action), None)
            if found is not None:
                self._heard.remove(found)
                return found
            left = ends - asyncio.get_running_loop().time()
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), max(0.0, left))
            except TimeoutError:
                return None

    def receive(self, message: Received) -> None:
        """Hand a message on, and keep a request."""
        self._inbox.receive(message)
        if not message.is_event:
            self._heard.append(message)
            self._arrived.set()

    def violated(self, uid: str, where: str, sentences: tuple[str, ...]) -> None:
        """Hand a breach on."""
        self._inbox.violated(uid, where, sentences)

    def notice(self, text: str) -> None:
        """Hand a remark on."""
        self._inbox.notice(text)

    def frame(self, direction: str, text: str, connection: int) -> None:
        """Hand a raw text on."""
        self._inbox.frame(direction, text, connection)


@contextmanager
def _asking(lane: Lane) -> Iterator[_Ask]:
    """Let somebody ask over a lane."""
    before, ask = lane.end.inbox, _Ask(lane)
    lane.end.attach(ask)
    try:
        yield ask
    finally:
        lane.end.attach(before)


def surveyor(
    part: Part, sut: str, values: Mapping[str, Any], product: Mapping[str, bool], pics: Pics | None
) -> Surveyor:
    """Return who surveys the systems of a run.

    Args:
        values: the configured values.
        product: what the configuration says of the product.
    """
    answers: Mapping[str, Any] = pics.answers if pics is not None else {}
    asked = {q.id: q.ask for q in pics.form.questions.values()} if pics is not None else {}
    stated = Stated(answers, asked, values, product)
    at_start = sut == "station" and part.survey is not None
    return Surveyor(part.survey, stated, float(values["settle_time"]), at_start)
