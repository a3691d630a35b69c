"""One system under test with the tool's end that tests it: where cases are run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from testbay.campaign.profiles import PROFILE
from testbay.scenario.events import Event
from testbay.scenario.product import connected
from testbay.scenario.recorder import Recorder
from testbay.scenario.role import Inbox, Model, Operator, Role
from testbay.scenario.test import Test


class End(Role, Protocol):
    """The tool's end, as the runner needs it."""

    @property
    def profile(self) -> int:
        """The security profile of connections to come."""

    @property
    def inbox(self) -> Inbox:
        """The inbox that is attached."""

    async def ready(self, timeout: float) -> str:
        """Wait until the SUT is connected; return why it is not, or nothing."""

    def attach(self, inbox: Inbox) -> None:
        """Hand everything that arrives from now on to this inbox."""

    async def close(self) -> None:
        """End the connection and stop listening."""


class MakeTest(Protocol):
    """Makes the test object of a suite."""

    def __call__(
        self, role: Role, operator: Operator, recorder: Recorder, model: Model, *, seed: int
    ) -> Test: ...


MESSAGE_TIMEOUT = "connect.message_timeout"  # s; no configured value can be called like this


def new_test(
    make: MakeTest, role: Role, operator: Operator, recorder: Recorder, model: Model, seed: int
) -> Test:
    """Make a test object that waits for messages as long as is configured."""
    test = make(role, operator, recorder, model, seed=seed)
    test.timeout = float(recorder.config.get(MESSAGE_TIMEOUT, test.timeout))
    return test


@dataclass
class Lane:
    """A system under test, the tool's end, whoever acts on the SUT, and what is known of it.

    Args:
        product: the features of the product, by name.
        connect_timeout: how long the SUT may take to connect before a case (s).
        stop: ends what was started for this lane (a reference process).
        given_up: why no other case can begin here.
        early: what happened before a run began; it is told when one does.
        settings: all settings of the SUT as they were when the run began; empty: not known.
        built: of a reference system, which product it stands for.
    """

    number: int
    end: End
    operator: Operator
    model: Model
    make_test: MakeTest
    config: dict[str, Any]
    product: Mapping[str, bool]
    connect_timeout: float = 60.0
    stop: Callable[[], Any] | None = None
    given_up: str = ""
    early: list[Event] = field(default_factory=list)
    settings: list[dict[str, Any]] = field(default_factory=list)
    built: str = ""

    def follow(self) -> None:
        """Take over with which security profile the SUT is connected: a case may have raised it."""
        profile = self.end.profile
        if self.config.get(PROFILE, profile) != profile:
            features = {n: v for n, v in connected(profile).items() if n in self.product}
            self.product = {**self.product, **features}
            self.config = {**self.config, **features, PROFILE: profile}
