"""What answers the system under test while no case runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from testbay.campaign.lane import Lane
from testbay.clock.wall import now
from testbay.scenario import events
from testbay.scenario.recorder import plain
from testbay.scenario.role import Model, Role
from testbay.scenario.values import NO_ANSWER, Received, reply_to_json

KEPT = 5  # of the latest notices


@dataclass
class Between:
    """Answers by the model and tells the readers; nothing is judged between cases."""

    role: Role
    model: Model
    now: Callable[[], datetime]
    emit: Callable[[events.Event], None]
    notices: list[str] = field(default_factory=list)

    def receive(self, message: Received) -> None:
        """Answer at once."""
        if message.servable:
            self.model.observe(message)
            if self.model.alarm:
                self.notice(self.model.alarm)
        if message.is_event or not message.servable:
            return
        reply = self.model.answer(message, self.now())
        told = plain(reply_to_json(reply))
        self.emit(events.Replied(message.uid, message.action, told, "default"))
        if reply is not NO_ANSWER:
            self.role.answer(message, reply)
        self.model.answered(message, reply)

    def violated(self, uid: str, where: str, sentences: tuple[str, ...]) -> None:
        """Tell of a breach; it is not judged, as no case runs."""
        self.emit(events.Violated(uid, where, list(sentences)))

    def notice(self, text: str) -> None:
        """Tell of something worth a remark."""
        self.notices = [*self.notices[1 - KEPT :], text]
        self.emit(events.Noticed(text))

    def frame(self, direction: str, text: str, connection: int) -> None:
        """Tell of a raw text."""
        self.emit(events.Frame(direction, text, connection))


def attend(lane: Lane) -> None:
    """Answer the SUT from now on, although no run has begun; what happens is told when one does."""
    lane.end.attach(Between(lane.end, lane.model, now, lane.early.append))
