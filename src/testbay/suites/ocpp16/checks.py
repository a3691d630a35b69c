"""Checks that OCPP 1.6 needs beside the general ones: texts without case, pauses, listed keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from testbay.scenario.checks import (
    Fact,
    Members,
    Outcome,
    Resolve,
    Satisfies,
    Spoil,
    eq,
    satisfies,
    show,
)
from testbay.scenario.many import moment
from testbay.scenario.values import OMITTED, pick
from testbay.suites.ocpp16.configured import cfg

HERE = eq("connectorId", cfg.connector_id)
"""The message is about the connector that the cases use."""

ACCEPTED = {"idTagInfo": {"status": "Accepted"}}
"""As ``reply=``: the token may charge."""

INVALID = {"idTagInfo": {"status": "Invalid"}}
"""As ``reply=``: the token may not charge."""


def same(one: Any, other: Any) -> bool:
    """Compare texts as CiString does, without case (7.15 to 7.19)."""
    both = isinstance(one, str) and isinstance(other, str)
    return both and one.casefold() == other.casefold()


def same_text(path: str, wanted: Any) -> Satisfies:
    """The field is this text, in upper or lower case: a CiString, such as an idTag or a key."""
    return satisfies(path, f"is {show(wanted)}", lambda a, r: same(a, r(wanted)), values=(wanted,))


def other_text(path: str, unwanted: Any) -> Satisfies:
    """The field is there and not this text, in whatever case."""
    return satisfies(
        path,
        f"is not {show(unwanted)}",
        lambda a, r: a is not OMITTED and not same(a, r(unwanted)),
        Spoil("set", path, unwanted),
    )


def at(connector: Any, status: str) -> Satisfies:
    """The message reports this status of this connector; to select it."""
    return satisfies(
        "",
        f"connector {show(connector)} is {status}",
        lambda p, r: pick(p, "connectorId") == r(connector) and pick(p, "status") == status,
    )


def no_longer(connector: Any, *statuses: str) -> Satisfies:
    """The message reports another status of this connector than these; to select it."""
    return satisfies(
        "",
        f"connector {show(connector)} is not {' or '.join(statuses)}",
        lambda p, r: pick(p, "connectorId") == r(connector) and pick(p, "status") not in statuses,
    )


@dataclass(frozen=True, slots=True)
class NotSooner:
    """Messages arrive when a time is over that began when the tool asked for something.

    Args:
        seconds: how long the time is (s); a configured value is resolved.
        asked: when it began, in seconds since the case did; no part of the sentence.
        slack: how much earlier is not yet too early (s).
    """

    seconds: Any
    asked: float
    slack: Any

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return (
            f"it comes {show(self.seconds)} s (- {show(self.slack)} s) after the request, or later"
        )

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(None, "interval", (self.seconds,)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare when the messages have arrived."""
        least = float(resolve(self.seconds)) - float(resolve(self.slack))
        passed = [round(m.at - self.asked, 3) for m in payload]
        fine = bool(passed) and all(seconds >= least for seconds in passed)
        return Outcome(self.text, fine, f"after {passed} s", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield nothing: only a system can do something too early."""
        return iter(())


@dataclass(frozen=True, slots=True)
class After:
    """A time stamp lies so long after the moment at which somebody wanted it.

    Args:
        seconds: how long (s); a configured value is resolved.
        asked: when somebody was asked to want it; no part of the sentence.
        came: when the message came; he acted in between.
    """

    path: str
    seconds: Any
    asked: datetime
    came: datetime

    @property
    def text(self) -> str:
        """The sentence that states it."""
        slack = show(cfg.max_time_deviation)
        return f"{self.path} is the current time plus {show(self.seconds)} s (+- {slack} s)"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(self.path, "near", (self.seconds,)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare the time stamp."""
        try:
            named = moment(pick(payload, self.path))
        except ValueError:
            return Outcome(self.text, False, "the time stamp is omitted or malformed", self)
        slack, wanted = float(resolve(cfg.max_time_deviation)), float(resolve(self.seconds))
        least, most = ((named - m).total_seconds() for m in (self.came, self.asked))
        fine = least - slack <= wanted <= most + slack
        return Outcome(self.text, fine, f"the current time plus {round(least, 3):g} s", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield a time stamp far off."""
        yield Spoil("set", self.path, "2000-01-01T00:00:00.000Z")


@dataclass(frozen=True, slots=True)
class ListsKey:
    """An answer to GetConfiguration lists a key with its accessibility (9).

    Args:
        access: ``R``, ``RW``, or ``R or RW``.
    """

    key: str
    access: str

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"configurationKey lists {self.key} ({self.access})"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact("configurationKey", "satisfies", (self.key,)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Look for the key, and at its accessibility."""
        place = place_of(payload, self.key)
        if place is None:
            return Outcome(self.text, False, "it is not listed", self)
        readonly = pick(payload, f"configurationKey[{place}].readonly")
        shown = {True: "R", False: "RW"}.get(readonly, f"readonly is {show(readonly)}")
        return Outcome(self.text, shown in self.access.split(" or "), shown, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the other accessibility where it matters, then the list without the key."""
        place = place_of(payload, self.key)
        if place is None:
            return
        entries = pick(payload, "configurationKey")
        if " or " not in self.access:
            other = not entries[place].get("readonly")
            yield Spoil("set", f"configurationKey[{place}].readonly", other)
        yield Spoil("set", "configurationKey", [*entries[:place], *entries[place + 1 :]])


@dataclass(frozen=True, slots=True)
class HidesKey:
    """An answer to GetConfiguration does not show a secret, neither as text nor in hexadecimal."""

    key: str
    secret: Any

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"configurationKey does not show the value of {self.key}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact("configurationKey[*].value", "satisfies", (self.secret,)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare what is shown with the secret."""
        place = place_of(payload, self.key)
        if place is None:
            return Outcome(self.text, True, "it is not listed", self)
        value, secret = pick(payload, f"configurationKey[{place}].value"), str(resolve(self.secret))
        bare = value.strip() if isinstance(value, str) else ""
        shown = bool(bare) and (bare == secret or same(bare, secret.encode().hex()))
        return Outcome(self.text, not shown, "it is shown" if shown else "it is hidden", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the list with the secret in it."""
        secret, entries = str(resolve(self.secret)), pick(payload, "configurationKey")
        others = [e for e in entries if not same(e.get("key"), self.key)]
        shown = {"key": self.key, "readonly": False, "value": secret}
        yield Spoil("set", "configurationKey", [*others, shown])


def place_of(answer: Any, key: str) -> int | None:
    """Return where in ``configurationKey`` of an answer a key stands."""
    entries = pick(answer, "configurationKey")
    if not isinstance(entries, list):
        return None
    found = (i for i, e in enumerate(entries) if same(pick(e, "key"), key))
    return next(found, None)


def value_of(answer: Any, key: str) -> str | None:
    """Return the value of a key in an answer to GetConfiguration; None where it shows none."""
    place = place_of(answer, key)
    value = None if place is None else pick(answer, f"configurationKey[{place}].value")
    return value if isinstance(value, str) else None


def enabled(answer: Any, key: str) -> bool:
    """Return whether an answer to GetConfiguration says that a key is true."""
    return same(value_of(answer, key), "true")
