"""The verbs of a case whose system under test is a station; the tool is its CSMS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from testbay.roles.csms_model16 import CsmsModel16
from testbay.scenario.checks import Judges, eq
from testbay.scenario.expectation import Expectation
from testbay.scenario.features import Feature
from testbay.scenario.test import Test
from testbay.scenario.values import Received
from testbay.scenario.verdict import StopCase
from testbay.suites.ocpp16 import idle
from testbay.suites.ocpp16.checks import HERE, place_of, value_of
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.settings import CHANGED, written

CHOSEN = ("Authorize", "StartTransaction", "StopTransaction", "BootNotification", "SignCertificate")
AMBIENT = ("Heartbeat", "MeterValues", "@connect", "@closed", "@client_hello", "@tls")
BEGINS = ("Authorize", "Preparing")
EITHER_ORDER = (("StartTransaction", "Charging"), ("StopTransaction", "Finishing"))


@dataclass
class StationTest(Test):
    """A case against a station."""

    model: CsmsModel16
    either_order: list[tuple[str, str]] = field(default_factory=lambda: [*EITHER_ORDER])

    # -- what the engine asks of the suite --------------------------------------------------------

    def answer_matters(self, message: Received) -> bool:
        """Return whether steps choose between answers to this message."""
        return message.action in CHOSEN

    def ambient(self, message: Received) -> bool:
        """Return whether it may come at any time and needs no remark."""
        return message.action in AMBIENT

    def reversible(self, one: Received, other: Received) -> bool:
        """Return whether these may come in either order (generic conventions, 1.2).

        A preparation is about where it leads to: there, a remote start may be Preparing at once.
        """
        seen = ((one.action, other.get("status")), (other.action, one.get("status")))
        preparing = self.recorder.phase == "before" and BEGINS in seen
        return preparing or any(pair in seen for pair in self.either_order)

    async def prepare(self) -> None:
        """Bring the station to where every case begins (1.3)."""
        await idle.prepare(self)

    # -- what cases ask ---------------------------------------------------------------------------

    def has(self, feature: Feature) -> bool:
        """Return whether the product has a feature; the configuration says so."""
        return bool(self.config.get(feature.name, feature.default))

    @property
    def charging(self) -> bool:
        """Whether a transaction runs on the connector of the cases, and energy flows."""
        here = self.value(cfg.connector_id)
        return self.model.transaction(here) is not None and self.model.status(here) == "Charging"

    @property
    def transaction(self) -> int:
        """The id of the transaction that was started last."""
        if not self.model.facts.transactions:
            raise StopCase(self.recorder.bad, "no transaction is running, but the case needs one")
        return list(self.model.facts.transactions)[-1]

    def last_status(self) -> Received | None:
        """Return the last StatusNotification of the connector of the cases."""
        seen = self.received("StatusNotification", where=HERE)
        return seen[-1] if seen else None

    def since(self, earlier: Received, messages: Sequence[Received]) -> list[Received]:
        """Return those of the messages that came after an earlier one."""
        return [m for m in messages if m.position > earlier.position]

    def text(self, value: Any) -> str:
        """Return a configured value as a configuration key carries it."""
        return written(self.value(value))

    def setting(self, key: str) -> str:
        """Return the value that the station has told of a key; empty where it has told none."""
        entry = self.model.facts.keys.get(key)
        return str(entry.get("value") or "") if entry is not None else ""

    def number(self, step: int | str, answer: Any, key: str) -> int:
        """Return the value of a key in an answer as a number; without one the case ends."""
        value = value_of(answer, key)
        if value is None or not value.strip().isdigit():
            shown = "missing" if value is None else repr(value)
            raise StopCase(self.recorder.bad, f"{key} must be a number, it is {shown} ({step})")
        return int(value)

    def also_in_either_order(self, action: str, status: str) -> None:
        """Let a message and a status come in either order in this case, where its text says so."""
        self.either_order.append((action, status))

    # -- verbs ------------------------------------------------------------------------------------

    def reports(self, step: int, others: Judges, here: Judges | None = None) -> list[Expectation]:
        """Expect a StatusNotification of connector 0 and of each connector.

        Args:
            here: what is checked at the connector of the cases instead.
        """
        own = self.value(cfg.connector_id)
        return [
            self.expect(
                step,
                "StatusNotification",
                here if here is not None and number == own else others,
                where=eq("connectorId", number),
            )
            for number in range(int(self.value(cfg.number_of_connectors)) + 1)
        ]

    async def connectors_report(
        self, step: int, others: Judges, here: Judges | None = None
    ) -> None:
        """Wait for a StatusNotification of connector 0 and of each connector, in any order."""
        await self.any_order(*self.reports(step, others, here))

    # -- configuration ----------------------------------------------------------------------------

    async def read_key(self, key: str) -> dict[str, Any] | None:
        """Read one configuration key; None where the station does not know it."""
        answer = await self.call("read", "GetConfiguration", {"key": [key]})
        place = place_of(answer, key)
        return None if place is None else answer["configurationKey"][place]

    def put_back(self, key: str) -> None:
        """Give a key its present value again when the case is over, if the station has told it."""
        entry = self.model.facts.keys.get(key)
        if entry is None or not isinstance(entry.get("value"), str):
            return
        old = {"key": key, "value": entry["value"]}

        async def undo() -> None:
            if self.setting(key) != old["value"]:
                await self.call(f"put {key} back", "ChangeConfiguration", old, CHANGED)

        self.undo(undo)

    async def online(self) -> None:
        """Wait until the station is connected and all has come that this brings about."""
        await idle.online(self)

    async def restart(self) -> None:
        """Restart the station, so that a setting takes effect or to get it out of a state."""
        await idle.restart(self)
