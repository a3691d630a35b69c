"""What is declared: preparations, rules, conditions, test cases, and the registry of all cases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from testbay.scenario.checks import Judges
from testbay.scenario.features import Condition
from testbay.scenario.test import Preparation, Test
from testbay.scenario.verdict import NotDone

# -- preparations --------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """A reusable or memory state; called with parameters, it is that state with them."""

    title: str
    body: Callable[..., Awaitable[None]]
    held: Callable[..., bool] | None = None
    parameters: tuple[tuple[str, Any], ...] = ()
    readings: tuple[str, ...] = ()

    def __call__(self, **parameters: Any) -> State:
        return replace(self, parameters=tuple(parameters.items()))

    @property
    def name(self) -> str:
        """The title with the parameters that say something."""
        shown = ", ".join(f"{k}={v}" for k, v in self.parameters if v not in (None, ""))
        return f"{self.title}({shown})" if shown else self.title

    def holds(self, t: Any) -> bool:
        """Return whether it holds already."""
        return self.held is not None and self.held(t, **dict(self.parameters))

    async def enter(self, t: Any) -> None:
        """Bring the system under test into it."""
        await self.body(t, **dict(self.parameters))


def state(
    title: str, holds: Callable[..., bool] | None = None, readings: tuple[str, ...] = ()
) -> Callable[[Callable[..., Awaitable[None]]], State]:
    """Make a state of a function. ``holds`` is asked with the same parameters."""
    return lambda body: State(title, body, holds, readings=readings)


@dataclass(frozen=True)
class LeaveOut:
    """A preparation that is left out, with a remark, where the SUT lacks what it needs."""

    inner: Preparation
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the preparation with what it depends on."""
        return f"{self.inner.name} (if {' and '.join(self.reasons)})"

    def holds(self, t: Any) -> bool:
        """Return whether it holds already."""
        return self.inner.holds(t)

    async def enter(self, t: Test) -> None:
        """Do it, or leave it out."""
        try:
            await self.inner.enter(t)
        except NotDone as reason:
            if reason.why.removeprefix("not ") not in self.reasons:
                raise
            t.recorder.remark(f"left out: {self.inner.name}: {reason}")


def if_implemented(inner: Preparation) -> LeaveOut:
    """Leave the preparation out where the SUT does not know what it needs."""
    return LeaveOut(inner, ("implemented",))


def if_writable(inner: Preparation) -> LeaveOut:
    """Leave the preparation out where the SUT does not know or cannot change what it needs."""
    return LeaveOut(inner, ("implemented", "writable"))


@dataclass(frozen=True)
class Rule:
    """A validation over all messages of a case, after its scenario."""

    actions: tuple[str, ...]
    checks: tuple[Judges, ...]
    where: Judges | None = None


@dataclass(frozen=True)
class Need:
    """A prerequisite that only the device can answer; asked before the preparations."""

    text: str
    ask: Callable[[Any], Awaitable[bool]]


# -- cases ---------------------------------------------------------------------------------------

Body = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class TestCase:
    """A test case: what is known of it without a run.

    Args:
        group: heading of the section of the document.
        requires: decided from the product's features, before anything is connected.
        needs: asked of the device.
        readings: what we read into the text, a sentence each.
        last: it leaves something that cannot be put back, so that it is run after all others.
    """

    __test__ = False  # not a test of pytest

    id: str
    title: str
    sut: str
    ocpp: str
    group: str
    body: Body
    requires: Condition | None = None
    needs: tuple[Need, ...] = ()
    before: tuple[Preparation, ...] = ()
    post: tuple[Rule, ...] = ()
    readings: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    also: tuple[Preparation, ...] = field(default=(), repr=False)
    last: bool = False


@dataclass
class Registry:
    """The cases of one suite, by id, in the order of the document."""

    cases: dict[str, TestCase] = field(default_factory=dict)

    def case(
        self, id: str, title: str, *, sut: str, ocpp: str, group: str, **more: Any
    ) -> Callable[[Body], Body]:
        """Register a function as the body of a case; its name must be the id in lower case.

        Raises:
            ValueError: the name differs, or the id is taken.
        """

        def register(body: Body) -> Body:
            name = getattr(body, "__name__", "")
            if name != id.lower():
                raise ValueError(f"{id}: its function must be called {id.lower()}, not {name}")
            if id in self.cases:
                raise ValueError(f"{id} is registered twice")
            self.cases[id] = TestCase(id, title, sut, ocpp, group, body, **more)
            return body

        return register
