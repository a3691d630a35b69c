"""The verbs of a case whose system under test is a station; the tool is its CSMS."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from testbay.clock.wall import stamp
from testbay.roles.csms_model16 import CsmsModel16
from testbay.roles.limits import limited
from testbay.scenario.checks import Judges, eq
from testbay.scenario.engine import Seconds
from testbay.scenario.expectation import Expectation
from testbay.scenario.features import Feature
from testbay.scenario.role import Action
from testbay.scenario.test import Test
from testbay.scenario.values import Received
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp16 import files, idle, leftovers, reserving, secure
from testbay.suites.ocpp16.actions import (
    ACCEPT,
    PLUG_IN,
    POWER_OFF,
    POWER_ON,
    PRESENT_TOKEN,
    REFUSE,
)
from testbay.suites.ocpp16.checks import HERE, After, at, place_of, value_of
from testbay.suites.ocpp16.composite import START, Follows, Limit
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import cable_lock, mode_1_2_only
from testbay.suites.ocpp16.heartbeats import Beats, alive
from testbay.suites.ocpp16.rules import rules
from testbay.suites.ocpp16.settings import written

CHOSEN = ("Authorize", "StartTransaction", "StopTransaction", "BootNotification", "SignCertificate")
AMBIENT = (
    *("Heartbeat", "MeterValues", "SecurityEventNotification", "@connect", "@closed"),
    *("@client_hello", "@tls", "@tls_refused", "@upgrade"),
)
BEGINS = ("Authorize", "Preparing")
EITHER_ORDER = (("StartTransaction", "Charging"), ("StopTransaction", "Finishing"))
SUSPENDED = ("SuspendedEV", "SuspendedEVSE")
GIVEN_UP = ("Available", "Reserved")  # what a connector is again after waiting for a cable
FEWEST_BEATS = 2  # that show an interval


@dataclass
class StationTest(Test):
    """A case against a station."""

    model: CsmsModel16
    either_order: list[tuple[str, str]] = field(default_factory=lambda: [*EITHER_ORDER])
    limits: list[dict[str, Any]] = field(default_factory=list)
    passed_over: tuple[str, ...] = ()
    shows_other: bool = False
    issuers: dict[str, str] = field(default_factory=dict)
    known_before: dict[Any, str] = field(init=False)
    running_before: tuple[Any, ...] = field(init=False)
    reserved_at: float = 0.0
    prepared: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.known_before = dict(self.model.facts.statuses)
        self.running_before = tuple(self.model.facts.transactions)
        self.model.boots.begin()

    # -- what the engine asks of the suite --------------------------------------------------------

    def answer_matters(self, message: Received) -> bool:
        """Return whether steps choose between answers to this message."""
        return message.action in CHOSEN

    def beside(self, message: Received, checks: Sequence[Judges]) -> bool:
        """Return whether a status is another than wanted, but one that may come as well.

        A status may be told again, and between Preparing, Charging and Finishing a connector may
        be suspended for a moment (4.9); such messages are for the tester to look at (1.3).
        """
        if message.action != "StatusNotification":
            return False
        about = (c for c in checks if any(f.path == "status" for f in c.facts))
        wanted = all(c.judge(message.payload, self.value).passed for c in about)
        status = message.get("status")
        if wanted or not isinstance(status, str):
            return False
        passing = (*SUSPENDED, *self.passed_over)
        return status in passing or status == self._told_before(message)

    def _told_before(self, message: Received) -> str:
        """Return the status of the connector that the station told before this message."""
        connector, told = message.get("connectorId"), self.box.of("StatusNotification")
        at = bisect_left(told, message.position, key=lambda m: m.position)
        for m in (told[i] for i in reversed(range(at))):
            if m.get("connectorId") == connector:
                return str(m.get("status"))
        return self.known_before.get(connector, "Available")  # idle, as every case begins

    def ambient(self, message: Received) -> bool:
        """Return whether it may come at any time and needs no remark."""
        if message.get("errorCode") == "LocalListConflict":  # 3.5.2
            return True
        return message.action in AMBIENT or message.get("status") in self.passed_over

    def reversible(self, one: Received, other: Received) -> bool:
        """Return whether these may come in either order (generic conventions, 1.2).

        A preparation is about where it leads to: there, a remote start may be Preparing at once.
        """
        seen = ((one.action, other.get("status")), (other.action, one.get("status")))
        preparing = self.recorder.phase == "before" and BEGINS in seen
        return preparing or any(pair in seen for pair in self.either_order)

    rules = rules

    def excuse(self) -> str:
        """Return what people or the tool's own limits have kept the station from."""
        for action, asked, done in self.performed[-1:]:
            free = (m for m in self.box.log[asked:done] if HERE.judge(m.payload, self.value).passed)
            if action.name == "plug_in" and any(m.get("status") in GIVEN_UP for m in free):
                return "the station had stopped waiting for the cable when it was plugged in"
        return limited(self.recorder.remarks)

    async def prepare(self) -> None:
        """Bring the station to where every case begins (1.3)."""
        await idle.prepare(self)
        self.model.boots.rest()

    def begin(self) -> None:
        """Keep how many messages the preparations have taken."""
        self.prepared = len(self.box.claims)

    def returns_within(self) -> Seconds:
        """Return how long the station may take to connect again by itself."""
        return cfg.reconnect_time

    def left_behind(self) -> list[str]:
        """Return what the case has left at the station."""
        return leftovers.left(self.model.facts)

    def manual(self, action: Action) -> None:
        """Ask for an action; one that is no driver's may switch the station off and on."""
        self.model.boots.acting(action.name)
        if action.name == POWER_OFF.name:
            self.undo(self._switch_on)
        super().manual(action)

    async def _switch_on(self) -> None:
        """Switch the station on where the case has not come to that."""
        if not self.model.facts.powered:
            self.manual(POWER_ON)

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

    @property
    def unknown_transaction(self) -> int:
        """A transaction id that the station has never been given."""
        return self.model.facts.next_transaction + 1000

    @property
    def reservation(self) -> int:
        """The id of the reservation that was made last."""
        if not self.model.facts.reservations:
            raise StopCase(self.recorder.bad, "nothing is reserved, but the case needs it")
        return self.model.facts.reservations[-1]

    @property
    def unknown_reservation(self) -> int:
        """A reservation id that the station has never been given."""
        return self.reservation ^ 1

    @property
    def unused_connectors(self) -> list[int]:
        """The connectors of the station that the cases do not use."""
        last, own = int(self.value(cfg.number_of_connectors)), self.value(cfg.connector_id)
        return [number for number in range(1, last + 1) if number != own]

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

    def next_version(self, answer: Any) -> int:
        """Return a version for a local authorization list after the one in an answer."""
        version = answer.get("listVersion")
        return max(version, 0) + 1 if type(version) is int else 1

    def token_is(self, id_tag: Any, answer: dict[str, Any]) -> None:
        """Answer about a token like this from now on, where no step chooses another answer."""
        name = str(self.value(id_tag)).casefold()
        self.model.facts.tokens[name] = self.value(answer["idTagInfo"])

    def pass_over(self, *statuses: str) -> None:
        """Let a connector have one of these statuses for a while, where the text says it may."""
        self.passed_over = statuses

    def starts_session(self, id_tag: Any) -> None:
        """Have the driver begin: cable first, unless a lock keeps it out before the token."""
        if self.has(cable_lock):
            self.manual(PRESENT_TOKEN(id_tag=id_tag))
            self.manual(PLUG_IN)
        else:
            self.manual(PLUG_IN)
            self.manual(PRESENT_TOKEN(id_tag=id_tag))

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

    def reports_of_others(self, step: int, checks: Judges) -> list[Expectation]:
        """Expect a StatusNotification of each connector, 0 too, but not of that of the cases."""
        own = self.value(cfg.connector_id)
        return [
            self.expect(step, "StatusNotification", checks, where=eq("connectorId", number))
            for number in range(int(self.value(cfg.number_of_connectors)) + 1)
            if number != own
        ]

    async def connectors_report(
        self, step: int, others: Judges, here: Judges | None = None
    ) -> None:
        """Wait for a StatusNotification of connector 0 and of each connector, in any order."""
        await self.any_order(*self.reports(step, others, here))

    async def beats(self, step: int, boot: Received) -> None:
        """Watch for some intervals that the station shows that it is alive (4.6, 9.1.10).

        Raises:
            StopCase: it says other things all the time, so that too few Heartbeats are due.
        """
        interval = self.value(cfg.heartbeat_interval)
        [beats] = await self.collect(self.expect(step, "Heartbeat"), during=4.5 * interval)
        watched = Beats(cfg.heartbeat_interval, cfg.max_time_deviation, self.recorder.elapsed())
        others = [m for m in self.since(boot, self.box.log) if alive(m)]
        judged = [*beats, boot, *others]
        self.review(step, judged, watched)
        if len(beats) < FEWEST_BEATS and watched.judge(judged, self.value).passed:
            said = ", ".join(dict.fromkeys(m.action for m in others))
            why = f"the station sent {said} so often that no Heartbeat was due"
            raise StopCase(Verdict.INCONCLUSIVE, f"{why}; stop that and run the case again")

    def remark(self, text: str) -> None:
        """Say in the report what is no failure but should be known."""
        self.recorder.remark(text)

    reserve = reserving.reserve

    def profile(self, limit: Limit) -> dict[str, Any]:
        """Return a limit as a charging profile that begins now, or rather the deviation earlier."""
        off = timedelta(seconds=float(self.value(cfg.max_time_deviation)))
        scale = 1000.0 if self.value(cfg.charging_rate_unit) == "W" else 1.0
        last = self.value(limit.lasts) + off.total_seconds()
        until = self.now() + off + timedelta(seconds=limit.valid or 0)
        valid = {"validFrom": stamp(self.now() - off), "validTo": stamp(until)}
        return {
            "chargingProfileId": self.fresh(),
            "stackLevel": limit.level,
            "chargingProfilePurpose": limit.purpose,
            "chargingProfileKind": "Absolute",
            **(valid if limit.valid is not None else {}),
            "chargingSchedule": {
                "duration": math.ceil(last),
                "startSchedule": stamp(self.now() - off),
                "chargingRateUnit": cfg.charging_rate_unit,
                "chargingSchedulePeriod": [
                    {
                        "startPeriod": start,
                        "limit": amperes * scale,
                        "numberPhases": cfg.number_phases,
                    }
                    for start, amperes in limit.steps
                ],
            },
        }

    async def set_limit(
        self,
        step: int,
        limit: Limit,
        checks: Judges,
        transaction: int | None = None,
        or_error: str | None = None,
    ) -> None:
        """Set a limit, and keep its profile in ``limits``.

        Args:
            transaction: the one that a TxProfile is for.
            or_error: the code of a CALLERROR that will do as well.
        """
        own = {"transactionId": transaction} if limit.purpose == "TxProfile" else {}
        profile = {**self.profile(limit), **own}
        self.limits.append(self.value(profile))
        wanted = {"connectorId": limit.connector, "csChargingProfiles": profile}
        await self.call(step, "SetChargingProfile", wanted, checks, or_error=or_error)

    async def schedule(
        self, step: int, seconds: Any, limits: list[dict[str, Any]], *periods: tuple[int, Any]
    ) -> None:
        """Ask what the connector may draw from now on; the limits that were set say what.

        Args:
            seconds: how far the schedule reaches (s).
            periods: what the text expects, see ``Follows``.
        """
        await self.finish_actions()
        asked = self.now()
        wanted = {
            "connectorId": cfg.connector_id,
            "duration": seconds,
            "chargingRateUnit": cfg.charging_rate_unit,
        }
        answer = await self.call(
            step,
            "GetCompositeSchedule",
            wanted,
            eq("status", "Accepted"),
            HERE,
            eq("chargingSchedule.duration", seconds),
            eq("chargingSchedule.chargingRateUnit", cfg.charging_rate_unit),
            Follows(tuple(limits), seconds, periods),
        )
        self.check(step + 1, After(START, 0, asked, self.now()), answer)

    # -- connection -------------------------------------------------------------------------------

    async def lose_connection(self) -> None:
        """Close the connection and let the station in no more, until it is restored."""
        self.undo(self._let_in)
        await self.link("offline", REFUSE)

    async def restore_connection(self) -> None:
        """Let the station in again, once all that was asked for is done, and wait for it."""
        await self.link("online", ACCEPT)
        with self.round("online"):
            await self.expect(1, "@connect", within=cfg.reconnect_time)

    async def _let_in(self) -> None:
        """Restore the connection where the case has not come to that."""
        if not self.model.facts.connected:
            await self.restore_connection()

    async def power_flow(self, step: int) -> None:
        """See a short flow of power end that began when the cable went in (document 2, D).

        A station for modes 1 and 2 only may report Preparing as long as it lasts, then Available;
        the next Preparing tells of the authorization, before or after the transaction begins.
        """
        if self.has(mode_1_2_only):
            over = at(self.value(cfg.connector_id), "Available")
            if await self.maybe(step, "StatusNotification", where=over, within=cfg.power_flow_time):
                self.pass_over("Preparing")

    # -- files ------------------------------------------------------------------------------------

    def tells(
        self, step: int, action: str, status: str, *checks: Judges, within: Seconds | None = None
    ) -> Expectation:
        """Expect this status of a transfer or an update; others may be told before it."""
        return self.expect(step, action, *checks, where=eq("status", status), within=within)

    @property
    def protocols(self) -> list[str]:
        """How the station can transfer files; none where it does not say."""
        return files.protocols(self)

    firmware = files.firmware
    place = files.place
    update_firmware = files.update_firmware
    signed_update = files.signed_update
    available_again = files.available_again

    # -- security ---------------------------------------------------------------------------------

    @property
    def security_profile(self) -> int:
        """The security profile that the station is connected with."""
        known = self.model.facts.security_profile
        return int(self.value(cfg.security_profile) if known is None else known)

    @property
    def serial_numbers(self) -> tuple[str, ...]:
        """The serial numbers that the station may have; none where nobody has told any."""
        return secure.serial_numbers(self)

    def issuer(self, pem: str) -> str:
        """Return the certificate of the issuer of one that was asked for; nothing for a root."""
        return self.issuers.get(pem, "")

    made_up_password = secure.made_up_password
    change_password = secure.change_password
    needs_no_password = secure.needs_no_password
    certificate = secure.certificate
    hash_data = secure.hash_data
    signed = secure.signed
    serve = secure.serve
    reconnected_after = secure.reconnected_after
    raise_profile = secure.raise_profile

    # -- configuration ----------------------------------------------------------------------------

    async def read_key(self, key: str) -> dict[str, Any] | None:
        """Read one configuration key; None where the station does not know it."""
        answer = await self.call("read", "GetConfiguration", {"key": [key]})
        place = place_of(answer, key)
        return None if place is None else answer["configurationKey"][place]

    put_back = leftovers.put_back

    async def online(self) -> None:
        """Wait until the station is connected and all has come that this brings about."""
        await idle.online(self)

    async def restart(self) -> None:
        """Restart the station, so that a setting takes effect or to get it out of a state."""
        await idle.restart(self)
