"""What is tried on a case: every perturbation at every place of a conforming run."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import orjson

from testbay.campaign.virtual import Recorded
from testbay.proof.setups import PLAIN, Setup
from testbay.proof.tolerance_acts import (
    Add,
    AfterRequest,
    Again,
    Cut,
    Delay,
    Ping,
    Place,
    Rewrite,
    SlowLine,
    Swap,
)
from testbay.proof.tolerance_beats import OwnBeats
from testbay.proof.tolerance_dress import DRESSES
from testbay.proof.tolerance_people import Pace
from testbay.proof.tolerance_said import (
    BEGINNING,
    OF_CSMS,
    OF_STATION,
    PASSING,
    STATUSES,
    Saying,
)
from testbay.proof.tolerance_setups import CSMSS, ONLY, STATIONS
from testbay.proof.tolerance_wire import CALL, PLAIN_DRESS, Act, Dress, NoAct
from testbay.scenario import events
from testbay.scenario.many import NotBefore, Spaced
from testbay.scenario.values import Received
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.heartbeats import BEAT, Beats
from testbay.suites.ocpp16.metering import STAMP

SHORT, LONG, SLOW = (0.3, 0.9, 3.0), (0.5, 5.0), (0.4, 1.5)
OFTEN = (4.0, 7.0, 11.0)  # s
LOST = 5.0  # s, after which a system sends again what was not answered
GAP = 1.0  # s without a frame, in which something may come or go
BEGINS = ("Authorize", "Preparing")
PAIRS = (("StartTransaction", "Charging"), ("StopTransaction", "Finishing"))
CHANGES_A_KEY = ("TC_002_CS", "TC_021_CS", "TC_073_CS")  # the text wants Accepted
BOOTS_ITSELF = ("TC_001_CSMS",)
OF_TRANSACTIONS = ("StartTransaction", "StopTransaction", "MeterValues")


@dataclass(frozen=True, slots=True)
class Trial:
    """One perturbation at one place, or over a whole run.

    Args:
        name: of the perturbation.
        text: the sentence that says why a conforming system may show it.
        where: the place, in words.
        act: makes what is done there.
        setup: how the system is built and the tool configured.
        pace: how the person acts.
        cuts: whether the connection is lost while the person is on the way.
    """

    name: str
    text: str
    where: str = ""
    act: Callable[[], Act] = NoAct
    dress: Dress = PLAIN_DRESS
    setup: Setup = PLAIN
    pace: Pace | None = None
    cuts: bool = False

    def __str__(self) -> str:
        built = self.setup.label if self.setup is not PLAIN and self.setup.label else ""
        parts = (self.name, self.where, "" if built in self.name else built)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Passed:
    """A frame of a run: of the system or of the tool."""

    of_sut: bool
    place: Place
    action: str
    payload: dict[str, Any]
    t: float

    @property
    def words(self) -> str:
        """Name it in a sentence."""
        what = self.action if self.place.kind == CALL else f"the answer to {self.action}"
        status = f"({self.payload['status']})" if "status" in self.payload else ""
        return f"{what}{status} {self.place.uid}"


@dataclass
class Conforming:
    """A conforming run, as its frames."""

    run: Recorded
    sut: str
    frames: list[Passed] = field(default_factory=list)

    def __post_init__(self) -> None:
        actions: dict[str, str] = {}
        for stamped in self.run.journal:
            if not stamped.case or not isinstance(stamped.event, events.Frame):
                continue
            kind, uid, *rest = orjson.loads(stamped.event.text)
            if kind == CALL:
                actions[uid] = rest[0]
            payload = rest[-1] if isinstance(rest[-1], dict) else {}
            of_sut = stamped.event.direction == "in"
            passed = Passed(of_sut, Place(kind, uid), actions.get(uid, ""), payload, stamped.t)
            self.frames.append(passed)

    @property
    def zero(self) -> float:
        """Moment of the loop at which the case began (s)."""
        return self.run.test.recorder.zero

    @property
    def said(self) -> list[Passed]:
        """The frames of the system."""
        return [f for f in self.frames if f.of_sut]

    @property
    def requests(self) -> list[Passed]:
        """The requests of the system."""
        return [f for f in self.said if f.place.kind == CALL]

    @property
    def answers(self) -> list[Passed]:
        """The answers of the system to the tool."""
        return [f for f in self.said if f.place.kind != CALL]

    def reply(self, uid: str) -> dict[str, Any]:
        """Return what the tool answered to a request."""
        told = (f for f in self.frames if not f.of_sut and f.place.uid == uid)
        return next((f.payload for f in told if f.place.kind != CALL), {})

    def gaps(self) -> Iterator[tuple[float, Passed]]:
        """Yield the middle of each pause, and the frame before it."""
        for before, after in itertools.pairwise(self.frames):
            if after.t - before.t > GAP:
                yield self.zero + (before.t + after.t) / 2, before

    def fixed(self, uid: str) -> bool:
        """Return whether the order of a message is for the case to say: not for a preparation."""
        results = self.run.test.recorder.results
        known = {m.wire_uid: m.uid for m in self.run.test.box.log}
        where = [r for r in results if known.get(uid) in r.subjects]
        return any(r.phase == "main" and "Authorized" not in r.label for r in where)

    @property
    def judged(self) -> dict[str, None]:
        """The messages whose moments the case measures: one more of them is against its text.

        4.6 and 4.7 have them come at an interval, and that is what such a case is about.
        """
        texts = [o.text for r in self.run.test.recorder.results for o in r.outcomes]
        beats = any(m.action == "Heartbeat" for m in self._measured())
        samples = any(STAMP in text for text in texts)
        names = ("Heartbeat",) if beats else ()
        return dict.fromkeys((*names, "periodic MeterValues") if samples else names)

    def _measured(self) -> list[Received]:
        return [m for m in self.run.test.box.log if m.wire_uid in self.measured()]

    def measured(self) -> dict[str, None]:
        """Return the ids on the wire of the messages whose moment of arrival is judged."""
        known = {m.uid: m.wire_uid for m in self.run.test.box.log}
        actions = {m.uid: m.action for m in self.run.test.box.log}
        return {
            known[uid]: None
            for result in self.run.test.recorder.results
            for outcome in result.outcomes
            for uid in result.subjects
            if uid in known and _by_arrival(outcome.check, actions[uid])
        }


def _by_arrival(check: Any, action: str) -> bool:
    if isinstance(check, Beats):
        return action == BEAT
    return isinstance(check, NotBefore) or (isinstance(check, Spaced) and check.by == "arrival")


# -- time and order ------------------------------------------------------------------------------


def swapped(base: Conforming) -> Iterator[Trial]:
    """Swap the two pairs of messages that the conventions let come in either order."""
    text = "StartTransaction and Charging, StopTransaction and Finishing may be reversed (1.2)."
    before = "Preparing may come before Authorize, as a usage begins with the token (4.9, A2)."
    for one, two in itertools.pairwise(base.requests):
        both = ((one.action, two.payload.get("status")), (two.action, one.payload.get("status")))
        if BEGINS in both and base.fixed(one.place.uid) and base.fixed(two.place.uid):
            continue  # the case itself has Authorize first, and 1.2 names the other pairs only
        if any(pair in (*PAIRS, BEGINS) for pair in both):
            yield Trial(
                "swapped",
                before if BEGINS in both else text,
                f"{one.words} after {two.words}",
                partial(Swap, one.place.uid, two.place.uid, base.reply(one.place.uid)),
            )


def delayed(base: Conforming) -> Iterator[Trial]:
    """Delay each message; each answer also so that others pass it, a request even."""
    measured, slack = base.measured(), float(base.run.test.value(cfg.max_time_deviation))
    for frame in base.requests:
        for seconds in SHORT:
            if seconds > slack and frame.place.uid in measured:
                continue  # its moment is judged: later than the deviation it is too late
            yield Trial(
                f"{seconds:g} s later",
                "A message may take its time.",
                frame.words,
                partial(Delay, frame.place, seconds),
            )
    for seconds in SLOW:
        yield Trial(
            f"a line that takes {seconds:g} s",
            "A connection may be slow.",
            act=partial(SlowLine, seconds),
        )
    for frame in base.answers:
        for seconds, overtaken in itertools.product(LONG, (False, True)):
            behind = (r.t for r in base.requests if r.place.uid in measured)
            if (
                not overtaken
                and seconds > slack
                and any(0 <= t - frame.t < seconds for t in behind)
            ):
                continue  # what waits behind it would be too late, as above
            passed = ", requests pass it" if overtaken else ""
            yield Trial(
                f"{seconds:g} s later{passed}",
                "An answer may take its time; requests may come before it (OCPP-J 4.1.1).",
                frame.words,
                partial(Delay, frame.place, seconds, overtaken),
            )
        yield Trial(
            "behind the next request",
            "An answer may come after a request that was caused by the same call.",
            frame.words,
            partial(AfterRequest, frame.place, LONG[-1]),
        )


def repeated(base: Conforming) -> Iterator[Trial]:
    """Lose the answer to each request once, so that it is sent again."""
    measured = base.measured()
    for frame in base.requests:
        if frame.place.uid in measured:
            continue  # what was sent twice has no single moment
        for same in (True, False):
            if not same and frame.action not in OF_TRANSACTIONS:
                continue  # with another id it is a second request, which 3.7.1 does not ask for
            which = "the same" if same else "another"
            yield Trial(
                f"sent again with {which} id",
                "A request that was not answered in time may be sent again (3.7.1; errata of "
                "OCPP-J allow the same message id).",
                frame.words,
                partial(Again, frame.place.uid, LOST, same),
            )


def answered(base: Conforming) -> Iterator[Trial]:
    """Answer otherwise where the answer is not what the case is about."""
    case = base.run.test.recorder.case
    if base.sut == "station" and case not in CHANGES_A_KEY:
        for frame in base.answers:
            if frame.action == "ChangeConfiguration" and frame.payload["status"] == "Accepted":
                yield Trial(
                    "RebootRequired",
                    "A setting may take effect after the next boot only (5.3).",
                    frame.words,
                    partial(Rewrite, frame.place, {"status": "RebootRequired"}),
                )
    if base.sut == "csms" and case not in BOOTS_ITSELF:
        first = next(f for f in base.answers if f.action == "BootNotification")
        yield Trial(
            "Pending at first",
            "A CSMS may want to look at a station before it accepts it (4.2).",
            first.words,
            partial(Rewrite, first.place, {"status": "Pending", "interval": 10}),
        )


# -- more than the reference says ----------------------------------------------------------------


def unasked(base: Conforming) -> Iterator[Trial]:
    """Insert what a system may say at any time, around every frame and in every pause."""
    for saying in OF_STATION if base.sut == "station" else OF_CSMS:
        if saying.name not in base.judged:
            yield from _around(base, saying)
            tells = saying.name in STATUSES  # the station is not idle while it reports
            for seconds in OFTEN[1:] if tells else OFTEN:
                yield Trial(
                    f"unasked: {saying.name}",
                    saying.text,
                    f"every {seconds:g} s",
                    partial(Add, saying.says, every=seconds),
                )
    if base.sut == "station":
        for frame in base.requests:
            if frame.action == "StartTransaction" or frame.payload.get("status") == "Charging":
                yield _added(BEGINNING, frame, after=True)


def passing(base: Conforming) -> Iterator[Trial]:
    """Insert the statuses that a connector may pass through."""
    if base.sut != "station":
        return
    wanted = [p for pair in PAIRS for p in pair]
    for saying in PASSING:
        for frame in base.requests:
            if frame.action in wanted or frame.payload.get("status") in wanted:
                yield _added(saying, frame, after=False)


def _around(base: Conforming, saying: Saying) -> Iterator[Trial]:
    for frame in base.said:
        for after in (False, True):
            yield _added(saying, frame, after=after)
    for moment, before in base.gaps():
        yield Trial(
            f"unasked: {saying.name}",
            saying.text,
            f"in the pause after {before.words}",
            partial(Add, saying.says, moment=moment),
        )


def _added(saying: Saying, frame: Passed, *, after: bool) -> Trial:
    side = "after" if after else "before"
    return Trial(
        f"unasked: {saying.name}",
        saying.text,
        f"{side} {frame.words}",
        partial(Add, saying.says, frame.place, after),
    )


# -- the connection ------------------------------------------------------------------------------


def reconnected(base: Conforming) -> Iterator[Trial]:
    """Lose the connection in every pause, and after a boot; ping before every frame."""
    lost = "The connection may be lost and come back while nothing is under way."
    for moment, before in base.gaps():
        yield Trial(
            "connection lost", lost, f"in the pause after {before.words}", partial(Cut, moment)
        )
    for frame in base.requests:
        answered = base.reply(frame.place.uid).get("status")
        if frame.action == "BootNotification" and answered == "Accepted":
            for clean in (False, True):
                yield Trial(
                    "connection closed" if clean else "connection lost",
                    "A station may connect again right after its boot was accepted.",
                    f"after {frame.words}",
                    partial(Cut, answered=frame.place.uid, clean=clean),
                )
    for frame in base.said:
        yield Trial(
            "pings",
            "Either end may send pings and pongs at any time (RFC 6455, 5.5).",
            f"before {frame.words}",
            partial(Ping, frame.place),
        )


# -- over a whole run ----------------------------------------------------------------------------

PACES: tuple[tuple[str, str, Pace, bool], ...] = (
    ("a slow person", "A person needs 40 s for an action.", Pace(before=40.0), False),
    (
        "a person who is late to confirm",
        "An action shows its effect long before a person says that it is done.",
        Pace(after=40.0, closes=False),
        False,
    ),
    (
        "a person who never confirms",
        "A prompt closes by itself once the effect has shown.",
        Pace(before=1.0, after=600.0),
        False,
    ),
    (
        "a slow person, the connection is lost meanwhile",
        "The connection may be lost and come back while a person is on the way.",
        Pace(before=40.0),
        True,
    ),
    (
        "a very slow person",
        "A person needs 90 s for an action, longer than the station waits for the cable.",
        Pace(before=90.0),
        False,
    ),
)


def beating(base: Conforming) -> Iterator[Trial]:
    """Send Heartbeats as stations do that count inactivity, or leave some out."""
    if "Heartbeat" not in base.judged:
        return
    for skips, text in (
        (False, "The interval of Heartbeats counts inactivity, so a message begins it anew (9)."),
        (True, "A Heartbeat may be left out when another message was sent in its interval (4.6)."),
    ):
        for seconds in OFTEN:
            yield Trial(
                "Heartbeats left out" if skips else "Heartbeats after silence",
                text,
                f"something else {seconds:g} s after every second one",
                partial(OwnBeats, skips, seconds),
            )


def paced(base: Conforming) -> Iterator[Trial]:
    """Have people act in their own time."""
    for name, text, pace, cuts in PACES:
        yield Trial(name, text, pace=pace, cuts=cuts)


def built(base: Conforming) -> Iterator[Trial]:
    """Build the system otherwise, as OCPP lets a manufacturer do."""
    own = ONLY.get(base.run.test.recorder.case, ())
    for text, setup in (*own, *(STATIONS if base.sut == "station" else CSMSS)):
        yield Trial(f"built: {setup.label}", text, setup=setup)


def dressed(base: Conforming) -> Iterator[Trial]:
    """Write everything otherwise."""
    for d in DRESSES:
        if d.sut in ("", base.sut) and base.run.test.recorder.case not in d.but:
            yield Trial(f"written: {d.name}", d.text, dress=d.dress)


FAMILIES: tuple[Callable[[Conforming], Iterator[Trial]], ...] = (
    swapped,
    delayed,
    repeated,
    answered,
    unasked,
    passing,
    reconnected,
    beating,
    paced,
    dressed,
)


def trials(base: Conforming, setup: Setup = PLAIN) -> Iterator[Trial]:
    """Yield everything that is tried on the case of a run in this set-up."""
    for family in FAMILIES:
        yield from (replace(trial, setup=setup) for trial in family(base))
    if setup is PLAIN:
        yield from built(base)
