"""What is tried on a case: every perturbation at every place of a conforming run."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from testbay.proof.setups import PLAIN, Setup
from testbay.proof.tolerance_acts import (
    Add,
    AfterRequest,
    Again,
    Cut,
    Delay,
    Ping,
    Rewrite,
    SlowLine,
    Swap,
)
from testbay.proof.tolerance_people import Pace
from testbay.proof.tolerance_run import Conforming, Passed
from testbay.proof.tolerance_speech import Saying
from testbay.proof.tolerance_wire import PLAIN_DRESS, Act, Dress, NoAct

SHORT, LONG, SLOW = (0.3, 0.9, 3.0), (0.5, 5.0), (0.4, 1.5)
OFTEN = (4.0, 7.0, 11.0)  # s
NEAR = 1.0  # s, between requests that may change places
LOST = 5.0  # s, after which a system sends again what was not answered


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


# -- time and order ------------------------------------------------------------------------------


def swapped(base: Conforming) -> Iterator[Trial]:
    """Swap requests that may come in either order, unless a person was asked in between."""
    for one, two in itertools.pairwise(base.requests):
        near = two.t - one.t < NEAR and one.asked == two.asked
        if near and (text := base.speech.reversible(base, one, two)):
            yield Trial(
                "swapped",
                text,
                f"{one.words} after {two.words}",
                partial(Swap, one.place.uid, two.place.uid, base.reply(one.place.uid)),
            )


def delayed(base: Conforming) -> Iterator[Trial]:
    """Delay each message; each answer also so that others pass it, a request even."""
    measured, slack = base.measured(), float(base.configured("max_time_deviation"))
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
        first = frame.action in base.speech.answered_first
        for seconds, overtaken in itertools.product(LONG, (False,) if first else (False, True)):
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
        if first:
            continue
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
            if not same and frame.action not in base.speech.numbered:
                continue  # with another id it is a second request
            which = "the same" if same else "another"
            yield Trial(
                f"sent again with {which} id",
                "A request that was not answered in time may be sent again, with the same id or, "
                "where it tells of a transaction, with another one.",
                frame.words,
                partial(Again, frame.place.uid, LOST, same),
            )


def answered(base: Conforming) -> Iterator[Trial]:
    """Answer the boot otherwise where it is not what the case is about."""
    boots = [f for f in base.answers if f.action == "BootNotification"]
    if base.sut == "csms" and base.case not in base.speech.boots_itself and boots:
        yield Trial(
            "Pending at first",
            "A CSMS may want to look at a station before it accepts it.",
            boots[0].words,
            partial(Rewrite, boots[0].place, {"status": "Pending", "interval": 10}),
        )


def special(base: Conforming) -> Iterator[Trial]:
    """Do otherwise what only this version has."""
    for one in base.speech.special(base):
        yield Trial(one.name, one.text, one.where, one.act)


# -- more than the reference says ----------------------------------------------------------------


def unasked(base: Conforming) -> Iterator[Trial]:
    """Insert what a system may say at any time, around every frame and in every pause."""
    judged = base.speech.judged(base)
    for saying in base.speech.station if base.sut == "station" else base.speech.csms:
        if saying.name not in judged:
            yield from _around(base, saying)
            for seconds in OFTEN[1:] if saying.rare else OFTEN:
                yield Trial(
                    f"unasked: {saying.name}",
                    saying.text,
                    f"every {seconds:g} s",
                    partial(Add, saying.says, every=seconds),
                )


def passing(base: Conforming) -> Iterator[Trial]:
    """Insert what comes at certain moments only."""
    if base.sut == "station":
        for saying, fits, after in base.speech.passing:
            for frame in base.requests:
                if fits(frame):
                    yield _added(saying, frame, after=after)


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


def paced(base: Conforming) -> Iterator[Trial]:
    """Have people act in their own time."""
    for name, text, pace, cuts in PACES:
        yield Trial(name, text, pace=pace, cuts=cuts)


def built(base: Conforming) -> Iterator[Trial]:
    """Build the system otherwise, as OCPP lets a manufacturer do."""
    own, speech = base.speech.only.get(base.case, ()), base.speech
    for text, setup in (*own, *(speech.stations if base.sut == "station" else speech.csmss)):
        yield Trial(f"built: {setup.label}", text, setup=setup)


def dressed(base: Conforming) -> Iterator[Trial]:
    """Write everything otherwise."""
    for d in base.speech.written:
        if d.sut in ("", base.sut) and d.name not in base.speech.judged(base):
            yield Trial(f"written: {d.name}", d.text, dress=d.dress)


FAMILIES: tuple[Callable[[Conforming], Iterator[Trial]], ...] = (
    swapped,
    delayed,
    repeated,
    answered,
    unasked,
    passing,
    reconnected,
    special,
    paced,
    dressed,
)


def trials(base: Conforming, setup: Setup = PLAIN) -> Iterator[Trial]:
    """Yield everything that is tried on the case of a run in this set-up."""
    left_out = tuple(base.speech.excepted.get(base.case, {}))
    for family in (*FAMILIES, built) if setup is PLAIN else FAMILIES:
        for trial in family(base):
            if not str(trial).startswith(left_out):
                yield trial if family is built else replace(trial, setup=setup)
