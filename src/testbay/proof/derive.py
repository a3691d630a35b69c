"""Which faults break a check: made from the conforming run, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from testbay.campaign.virtual import Recorded
from testbay.proof.fault import WireFault, put
from testbay.proof.hearing import MISHEARD, OVERHEARD, UNHEARD
from testbay.proof.sample import sample
from testbay.protocol.schemas import enum_members
from testbay.protocol.versions import Version
from testbay.scenario import events
from testbay.scenario.checks import Judges, Outcome
from testbay.scenario.engine import IN_ORDER, IN_TIME
from testbay.scenario.many import Silence
from testbay.scenario.recorder import StepResult
from testbay.scenario.values import Received

MANY = "validation of messages"  # what many of them were judged for together
FEW = 8  # places to try where the right one cannot be known


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """A frame of the conforming run: direction, type, id on the wire, and its time."""

    direction: str
    kind: int
    uid: str
    t: float


class Base:
    """A conforming run, and what is needed of it to make faults."""

    def __init__(self, run: Recorded, version: Version) -> None:
        self.run, self.version = run, version
        self.test = run.test
        self.frames: list[SeenFrame] = []
        self.wire_ids: dict[str, str] = {}
        self._replies: dict[str, dict[str, Any]] = {}
        self._actions: dict[str, str] = {}
        self._judged: dict[tuple[str, str], float] = {}
        self._seen: dict[tuple[str, str], int] = {}  # how many frames there were by then
        self._read(run.journal)

    def _read(self, journal: Sequence[events.Stamped]) -> None:
        called: events.Called | None = None
        for stamped in journal:
            match stamped.event:
                case events.Called() as call:
                    called = call
                    self._actions[call.uid] = call.action
                case events.Frame(direction, text):
                    frame = orjson.loads(text)
                    seen = SeenFrame(direction, frame[0], frame[1], stamped.t)
                    if stamped.case:
                        self.frames.append(seen)
                    if called is not None and direction == "out" and frame[0] == 2:
                        self.wire_ids[called.uid] = frame[1]
                        called = None
                case events.Replied() as replied if isinstance(replied.reply, dict):
                    fine = not any(k.startswith("@") for k in replied.reply)
                    self._replies[replied.uid] = replied.reply if fine else {}
                case events.Judged(label, what):
                    self._judged[label, what] = stamped.t
                    self._seen[label, what] = len(self.frames)
        for message in self.test.box.log:
            self.wire_ids[message.uid] = message.wire_uid
            self._actions[message.uid] = message.action

    def faults(self, result: StepResult, outcome: Outcome) -> Iterator[WireFault]:
        """Yield faults that should make this outcome of this step fail."""
        uids = [u for u in result.subjects if not u.startswith(("@", "k"))]
        if isinstance(outcome.check, Silence):
            yield from self._injected(result, outcome.check)
        elif outcome.check is not None and uids:
            yield from self._spoiled(result, outcome.check, uids)
        elif outcome.text.endswith(IN_TIME) and uids:
            yield self._fault("drop", uids[0])
            yield self._fault("mute", uids[0])  # where the next one of its kind fits as well
        elif " is answered with " in outcome.text and uids:
            for act in ("error", "recode", "drop"):
                yield WireFault(act, self.wire_ids[uids[0]])
        elif outcome.text == IN_ORDER and uids:
            yield from self._misplaced(uids[0])
        elif result.label == "valid":
            yield from self._invalid()
        elif uids and uids[0].startswith("a"):
            yield WireFault("refuse", uids[0])

    def unheard(self, result: StepResult, outcome: Outcome) -> Iterator[WireFault]:
        """Yield faults in what the tool hears of connections; named ones are tried before."""
        if isinstance(outcome.check, Silence):
            at = self.test.recorder.zero + self._judged[result.label, result.what] - 0.02
            for action in (a for a in outcome.check.actions if a.startswith("@")):
                yield WireFault(OVERHEARD, value=at, frame=(action, {}))
        events = {m.uid: m for m in self.test.box.log if m.is_event}
        for uid in [u for u in result.subjects if u in events]:
            event = events[uid]
            frame: tuple[str, dict[str, Any]] = (event.action, {})
            if outcome.text.endswith(IN_TIME):
                yield WireFault(UNHEARD, event.wire_uid, frame=frame)
            elif outcome.check is not None and result.what != MANY and len(result.subjects) == 1:
                resolve, seen = self.test.value, event.payload
                for spoil in outcome.check.spoils(seen, resolve, lambda _: ()):
                    changed = put(dict(seen), spoil.path, spoil.value)
                    if not outcome.check.judge(changed, resolve).passed:
                        yield WireFault(
                            MISHEARD, event.wire_uid, spoil.path, spoil.value, frame=frame
                        )

    def _fault(self, act: str, uid: str, value: Any = None) -> WireFault:
        reply = self._replies.get(uid, {})
        return WireFault(act, self.wire_ids[uid], value=value, reply=reply)

    def _spoiled(
        self, result: StepResult, check: Judges, uids: Sequence[str]
    ) -> Iterator[WireFault]:
        known = {m.uid: m for m in self.test.box.log}
        many = result.what == MANY or len(uids) > 1
        subject: Any = [known[u] for u in uids if u in known] if many else self._payload(uids[0])
        action, response = self._actions[uids[0]], uids[0] not in known

        def members(path: str) -> Sequence[str]:
            return enum_members(self.version, action, path, response)

        for spoil in check.spoils(subject, self.test.value, members):
            uid = uids[spoil.index] if -len(uids) <= spoil.index < len(uids) else uids[-1]
            if spoil.act == "add":
                yield self._added(result, action, put(known[uid].payload, spoil.path, spoil.value))
                continue
            if spoil.act != "set":
                yield self._fault(spoil.act, uid, spoil.value)
                continue
            if not many:
                changed = put(subject, spoil.path, spoil.value)
                if check.judge(changed, self.test.value).passed:
                    continue
            yield WireFault("set", self.wire_ids[uid], spoil.path, spoil.value)

    def _added(self, result: StepResult, action: str, payload: dict[str, Any]) -> WireFault:
        """Send a message of our own right before many are judged."""
        ended = self._judged[result.label, result.what]
        at = self.test.recorder.zero + ended - 0.02
        return WireFault("inject", value=at, frame=(action, dict(payload)))

    def _payload(self, uid: str) -> Any:
        return self.test.payloads[uid]

    def _injected(self, result: StepResult, silence: Silence) -> Iterator[WireFault]:
        """Send what is forbidden, at several moments before the silence was judged."""
        ended = self._judged[result.label, result.what]
        for action in silence.actions:
            if action.startswith("@"):
                continue
            frame = (action, self._like(action, silence))
            for place in self._frames_before(self._seen[result.label, result.what]):
                yield WireFault("inject", frame=frame, before=(place.direction, place.uid))
            for sooner in (0.02, 0.5):
                at = self.test.recorder.zero + ended - sooner
                yield WireFault("inject", value=at, frame=frame)

    def _like(self, action: str, silence: Silence) -> dict[str, Any]:
        alike = self.test.received(action, where=silence.where)
        if alike:
            return dict(alike[-1].payload)
        return sample(self.version, action, silence.where, self.test.value)

    def _frames_before(self, number: int) -> list[SeenFrame]:
        """Return the last of so many frames; what follows may be of the same moment."""
        return self.frames[:number][: -FEW - 1 : -1]

    def _misplaced(self, uid: str) -> Iterator[WireFault]:
        """Let the message come before what should have caused it, or its predecessor after it."""
        claims = self.test.box.claims
        at = next(i for i, m in enumerate(claims) if m.uid == uid)
        message = claims[at]
        if message.is_event:
            return
        places = self._places_for(message)
        tries = [("early", p, after) for p in places for after in (False, True)]
        tries += [("alone", p, True) for p in places]
        for act, place, after in tries:
            yield WireFault(
                act,
                message.wire_uid,
                frame=(message.action, dict(message.payload)),
                before=(place.direction, place.uid),
                after=after,
                reply=self._replies.get(uid, {}),
            )
        before = claims[at - 1] if at else None
        if before is not None and not before.is_event:
            yield self._fault("delay", before.uid, message.at - before.at + 0.05)

    def _places_for(self, message: Received) -> list[SeenFrame]:
        own = next(
            (i for i, f in enumerate(self.frames) if f.uid == message.wire_uid), len(self.frames)
        )
        return [f for f in reversed(self.frames[:own]) if f.direction == "in"][:FEW]

    def _invalid(self) -> Iterator[WireFault]:
        for message in self.test.box.log:
            if not message.is_event:
                yield WireFault("set", message.wire_uid, "unknownField", 1)
        for uid, wire in self.wire_ids.items():
            if uid.startswith("c"):
                yield WireFault("set", wire, "unknownField", 1)
