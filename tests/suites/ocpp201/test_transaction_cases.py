"""Cases of transactions: every kind of conforming station passes, one that misbehaves does not."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from testbay.campaign import suites
from testbay.campaign.embedded import Build
from testbay.campaign.virtual import Recorded, run_case
from testbay.scenario.case import TestCase
from testbay.scenario.checks import eq
from testbay.scenario.product import Product
from testbay.scenario.values import Payload, Received
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp201 import idle
from testbay.suites.ocpp201.actions import (
    PRESENT_TO_UNLOCK,
    UNPLUG_EV,
    UNPLUG_STATION,
)
from testbay.suites.ocpp201.offline import from_before
from testbay.suites.ocpp201.settings import setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

SUITE = suites.load("2.0.1")
STARTS = [f"TC_E_{n}_CS" for n in ("01", "02", "03", "04", "05", "09", "10", "11", "12", "13")]
STOPS = [f"TC_E_{n}_CS" for n in ("06", "07", "08", "14", "15", "16", "19", "21", "22")]
CABLE = [f"TC_E_{n}_CS" for n in ("17", "20", "24", "25", "26")]
EVERY = [*STARTS, *STOPS, *CABLE]
BAY, SIGNS = {"bay_sensor": True}, {"signing_meter": True}
FIXED = {"cable": "fixed"}
ALL = ("ParkingBayOccupancy", "EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer")
READ_ONLY = ("TxCtrlr.TxStartPoint", "TxCtrlr.TxStopPoint")
ENDS = "TxCtrlr.StopTxOnEVSideDisconnect"
KEEPS = (
    setting("TxCtrlr", "StopTxOnEVSideDisconnect", "true"),
    setting("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "false"),
)

Options = Mapping[str, Any]


def run(
    case: str | TestCase,
    options: Options | None = None,
    features: Mapping[str, bool] | None = None,
    config: Options | None = None,
    faults: tuple[str, ...] = (),
) -> Recorded:
    defaults = {v.name: v.default for v in SUITE.part("station").values.values()}
    product = Product("as the test wants it", options or {}, features or {})
    wanted = SUITE.cases[case] if isinstance(case, str) else case
    return run_case(
        wanted, SUITE, product, defaults | dict(config or {}), build=Build(faults=faults)
    )


def own(body: Any, *before: Any) -> TestCase:
    return TestCase("TC_X_02_CS", "A case", "station", "2.0.1", "X", body, before=before)


STATIONS: dict[str, tuple[Options, Mapping[str, bool]]] = {
    "plain": ({}, {}),
    "events": ({"reports": "NotifyEvent"}, {}),
    "fixed": (FIXED, {"fixed_cable": True}),
    "at once": ({"ends_at_once": True}, {}),
    "samples": ({"variables": {"SampledDataCtrlr.TxUpdatedInterval": "3"}}, {}),
    "all points": ({"tx_start": ALL, "tx_stop": ALL}, {}),
    "energy": ({"tx_start": ("EnergyTransfer",), "tx_stop": ("EnergyTransfer",)}, {}),
}
"""Stations that conform: how each is built, and what that makes of its features."""


def applies(case: str, station: str) -> bool:
    requires = SUITE.cases[case].requires
    return requires is None or not requires.unmet({**BAY, **SIGNS, **STATIONS[station][1]})


@pytest.mark.parametrize(
    ("case", "station"), [(c, s) for s in STATIONS for c in EVERY if applies(c, s)]
)
@pytest.mark.parametrize("by", ["local", "remote"])
def test_a_conforming_station_passes(case: str, station: str, by: str) -> None:
    more, (options, features) = {**BAY, **SIGNS}, STATIONS[station]
    config = {"authorize_by": by, "stop_by": by}
    ended = run(case, {**more, **options}, {**more, **features}, config).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


def test_every_case_applies_to_some_of_these_stations() -> None:
    assert [c for c in EVERY if not any(applies(c, s) for s in STATIONS)] == []


@pytest.mark.parametrize("case", EVERY)
def test_points_that_cannot_be_changed_are_asked_for_first(case: str) -> None:
    fixed = {"tx_start": ("Authorized",), "tx_stop": ("Authorized",), "read_only": READ_ONLY}
    ended = run(case, {**BAY, **SIGNS, **fixed}, {**BAY, **SIGNS}).ended
    numbers = ("01", "02", "09", "11", "12", "07", "08", "14", "19", "20", "22")
    pointed = [f"TC_E_{n}_CS" for n in numbers]
    assert ended.verdict == (Verdict.NOT_APPLICABLE if case in pointed else Verdict.PASS)


@pytest.mark.parametrize("case", ["TC_E_01_CS", "TC_E_02_CS", "TC_E_09_CS", "TC_E_10_CS"])
def test_a_station_that_begins_no_transaction_fails(case: str) -> None:
    assert run(case, faults=("no-transaction",)).ended.verdict == Verdict.FAIL


@pytest.mark.parametrize(
    "case", ["TC_E_06_CS", "TC_E_07_CS", "TC_E_08_CS", "TC_E_15_CS", "TC_E_17_CS", "TC_E_20_CS"]
)
def test_a_station_that_ends_no_transaction_fails(case: str) -> None:
    assert run(case, faults=("keeps-transaction-after-stop",)).ended.verdict == Verdict.FAIL


def test_without_a_token_nobody_is_asked_and_events_name_none() -> None:
    config = {"valid_idtoken_type": "NoAuthorization", "valid_idtoken_idtoken": ""}
    done = run("TC_E_04_CS", {"start_button": True}, {"start_button": True}, config)
    assert done.ended.verdict == Verdict.PASS
    assert not done.test.received("Authorize")
    shown = done.test.received("TransactionEvent", where=eq("triggerReason", "Authorized"))
    assert [m["idToken"]["idToken"] for m in shown] == [""]


@pytest.mark.parametrize("case", ["TC_E_03_CS", "TC_E_05_CS", "TC_E_06_CS", "TC_E_10_CS"])
def test_a_button_names_nobody_whatever_token_is_configured(case: str) -> None:
    done = run(case, {"start_button": True}, {"start_button": True})
    assert done.ended.verdict == Verdict.PASS
    [first, *_] = done.test.received("TransactionEvent", where=eq("triggerReason", "Authorized"))
    assert first["idToken"] == {"idToken": "", "type": "NoAuthorization"}


def test_a_station_that_never_asks_is_not_expected_to() -> None:
    off = {"variables": {"AuthCtrlr.Enabled": "false"}, "read_only": ("AuthCtrlr.Enabled",)}
    assert run("TC_E_04_CS", off).ended.verdict == Verdict.PASS


async def cut(t: StationTest) -> None:
    t.manual(UNPLUG_EV)
    t.deauthorized()
    await t.tx_event(1, "EVCommunicationLost", kind="Ended")


async def cut_and_left(t: StationTest) -> None:
    await cut(t)
    await idle.prepare(t)


async def cut_and_pulled(t: StationTest) -> None:
    await cut(t)
    t.manual(UNPLUG_STATION)
    await t.connector_is(3, "Available")


async def cut_and_asked_for_by_another(t: StationTest) -> None:
    await cut(t)
    t.manual(PRESENT_TO_UNLOCK(id_token="05060708"))
    t.manual(UNPLUG_STATION)
    await t.connector_is(3, "Available")


def test_a_cable_that_is_still_locked_is_freed_before_the_next_case() -> None:
    done = run(own(cut_and_left, *KEEPS, states.energy_transfer_started))
    assert (done.ended.verdict, done.ended.reason) == (Verdict.PASS, "")
    assert done.test.model.status(1, 1) == "Available"  # type: ignore[attr-defined]


async def left_authorized(t: StationTest) -> None:
    """Let somebody charge who does not come, and begin anew."""
    await t.run(1, states.authorized(by="remote"))
    assert "EVSE 1 may still wait for a cable" in t.left_behind()
    t.sessions.clear()
    await idle.prepare(t)
    t.check(2, eq("waiting", []), {"waiting": t.model.facts.awaited})  # type: ignore[attr-defined]
    await t.run(3, states.authorized(by="local"))


def test_a_station_that_still_waits_for_a_cable_is_not_at_rest() -> None:
    fixed = {"tx_start": ("PowerPathClosed",), "read_only": READ_ONLY}
    ended = run(own(left_authorized), fixed).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


@pytest.mark.parametrize("body", [cut_and_pulled, cut_and_asked_for_by_another])
def test_a_locked_cable_is_given_to_nobody_else(body: Any) -> None:
    ended = run(own(body, *KEEPS, states.energy_transfer_started)).ended
    assert ended.verdict == Verdict.INCONCLUSIVE
    assert "the cable is locked" in ended.reason


def test_a_fixed_cable_may_be_out_for_as_long_as_the_station_waits_for_one() -> None:
    stays = {"variables": {ENDS: "false"}, "tx_stop": ("Authorized",)}

    async def body(t: StationTest) -> None:
        t.manual(UNPLUG_EV)
        await t.tx_event(1, "EVCommunicationLost", kind="Updated")
        t.session().set(authorized=False)
        why = eq("transactionInfo.stoppedReason", "Timeout")
        await t.tx_event(3, "EVConnectTimeout", why, kind="Ended", within=90)

    case = own(body, states.energy_transfer_started)
    done = run(case, {**FIXED, **stays}, {"fixed_cable": True})
    assert (done.ended.verdict, done.ended.reason) == (Verdict.PASS, "")


WAITING = {
    "TC_E_05_CS": ({}, {}),
    "TC_E_27_CS": ({**FIXED, "tx_stop": ("Authorized",)}, {"fixed_cable": True}),
    "TC_E_39_CS": ({}, {}),
    "TC_F_04_CS": ({}, {}),
}
NOT_BEGUN = {"tx_start": ("PowerPathClosed",), "read_only": READ_ONLY}


@pytest.mark.parametrize("case", WAITING)
@pytest.mark.parametrize("patience", [-3, 3])
def test_a_station_may_wait_for_a_cable_a_little_less_or_more(case: str, patience: float) -> None:
    options, features = WAITING[case]
    ended = run(case, {**options, "patience": patience}, features).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


@pytest.mark.parametrize("case", ["TC_E_05_CS", "TC_E_39_CS", "TC_F_04_CS"])
def test_a_station_without_a_transaction_may_wait_a_little_more(case: str) -> None:
    ended = run(case, {**NOT_BEGUN, "patience": 3}).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


@pytest.mark.parametrize("case", WAITING)
@pytest.mark.parametrize("patience", [-20, 20])
def test_a_station_may_not_wait_much_less_or_more(case: str, patience: float) -> None:
    options, features = WAITING[case]
    ended = run(case, {**options, "patience": patience}, features).ended
    step = "5" if case == "TC_E_27_CS" else "1"
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, step)
    assert "the time that it has waited" in ended.reason


def test_a_time_out_that_cannot_be_set_is_waited_for() -> None:
    options, features = WAITING["TC_E_27_CS"]
    waits = "TxCtrlr.EVConnectionTimeOut"
    long = {"variables": {waits: "120"}, "read_only": (waits,)}
    ended = run("TC_E_27_CS", {**options, **long}, features).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


@pytest.mark.parametrize("case", ["TC_E_39_CS", "TC_E_52_CS"])
def test_a_station_that_charges_though_nobody_may_fails(case: str) -> None:
    assert run(case).ended.verdict == Verdict.PASS
    assert run(case, faults=("charges-anyway",)).ended.verdict == Verdict.FAIL


@pytest.mark.parametrize("case", ["TC_E_05_CS", "TC_E_38_CS", "TC_E_41_CS"])
@pytest.mark.parametrize("before", [(), ("ParkingBayOccupancy",)])
@pytest.mark.parametrize("after", [(), ("PowerPathClosed",), ("EnergyTransfer",)])
def test_signed_values_may_begin_the_transaction(
    case: str, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    start = (*before, "DataSigned", *after)
    signs = {"variables": {"SampledDataCtrlr.SignReadings": "true"}, "tx_start": start}
    ended = run(case, {**BAY, **SIGNS, **signs}, {**BAY, **SIGNS}).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


@pytest.mark.parametrize("point", ["TxStartPoint", "TxStopPoint"])
@pytest.mark.parametrize("by", ["local", "remote"])
@pytest.mark.parametrize("case", ["TC_E_03_CS", "TC_E_04_CS", "TC_F_03_CS", "TC_G_01_CS"])
def test_nothing_is_said_where_it_is_not_known_when_transactions_are_due(
    case: str, by: str, point: str
) -> None:
    config = {"authorize_by": by}
    unknown = {"variables": {f"TxCtrlr.{point}": "Sometimes"}}
    for options in ({"lacks": (f"TxCtrlr.{point}",)}, unknown):
        ended = run(case, options, {}, config).ended
        assert (ended.verdict, f"(TxCtrlr.{point})" in ended.reason) == (Verdict.INCONCLUSIVE, True)


@pytest.mark.parametrize("point", ["EVConnected", "PowerPathClosed", "EnergyTransfer"])
@pytest.mark.parametrize("ramp", [3, 8])
def test_energy_may_take_a_moment_to_flow_while_offline(point: str, ramp: float) -> None:
    ended = run("TC_E_16_CS", {"tx_start": (point,), "ramp": ramp}).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


def test_a_station_is_let_trust_what_it_knows_while_offline() -> None:
    lacking = {"lacks": ("AuthCtrlr.OfflineTxForUnknownIdEnabled",)}
    distrusts = {"variables": {"AuthCtrlr.LocalAuthorizeOffline": "false"}}
    assert run("TC_E_16_CS", {**lacking, **distrusts}).ended.verdict == Verdict.PASS


def test_what_happened_after_the_station_was_back_is_not_from_the_queue() -> None:
    test = run("TC_E_16_CS").test
    assert isinstance(test, StationTest)
    [*_, connected] = test.received("@connect")
    events = []
    for seconds in (-20, -5, -3, 1):
        at = test.recorder.started + timedelta(seconds=connected.at + seconds)
        payload = Payload.of({"timestamp": at.isoformat()})
        events.append(Received("u", "TransactionEvent", payload))
    assert from_before(test, events) == events[:2]


@pytest.mark.parametrize("case", ["TC_E_01_CS", "TC_E_02_CS", "TC_E_38_CS"])
@pytest.mark.parametrize("by", ["local", "remote"])
def test_one_event_may_tell_that_the_power_path_closes_and_what_comes_of_it(
    case: str, by: str
) -> None:
    options = {"begins_at_once": True, "tx_start": ("PowerPathClosed",)}
    ended = run(case, options, {}, {"authorize_by": by}).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


@pytest.mark.parametrize("case", ["TC_E_01_CS", "TC_E_03_CS", "TC_E_13_CS"])
def test_energy_has_an_event_of_its_own(case: str) -> None:
    ended = run(case, faults=("charging-not-reported",)).ended
    assert (ended.verdict, ended.failed[-2:]) == (Verdict.FAIL, "/9")


@pytest.mark.parametrize("case", ["TC_E_44_CS", "TC_E_45_CS"])
@pytest.mark.parametrize("stop", ["EVConnected", "Authorized", "EnergyTransfer"])
@pytest.mark.parametrize("cable", ["detachable", "fixed"])
def test_the_cable_does_not_stand_for_the_token(case: str, stop: str, cable: str) -> None:
    options, features = {"tx_stop": (stop,), "cable": cable}, {"fixed_cable": cable == "fixed"}
    ended = run(case, options, features).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")
    ended = run(case, options, features, faults=("ignores-tokens-offline",)).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "3")


async def grouped_and_begun_anew(t: StationTest) -> None:
    await t.reach(states.tokens_grouped)
    await idle.prepare(t)
    t.check(1, eq("groups", {}), {"groups": t.model.facts.tokens})  # type: ignore[attr-defined]


def test_what_a_case_lays_down_about_tokens_is_not_for_the_next_one() -> None:
    ended = run(own(grouped_and_begun_anew)).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


@pytest.mark.parametrize("stop", [("Authorized",), ("PowerPathClosed",)])
@pytest.mark.parametrize("fixed", [(), READ_ONLY])
def test_either_stop_point_will_do_to_end_what_is_deauthorized(
    stop: tuple[str, ...], fixed: tuple[str, ...]
) -> None:
    stops = {"tx_stops": (*stop, "EVConnected"), "tx_stop": stop, "read_only": fixed}
    ended = run("TC_E_16_CS", stops).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


def test_without_either_nothing_ends_by_that() -> None:
    stops = {"tx_stops": ("EVConnected",), "tx_stop": ("EVConnected",)}
    assert run("TC_E_16_CS", stops).ended.verdict == Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "case",
    ["TC_E_03_CS", "TC_E_04_CS", "TC_E_09_CS", "TC_E_10_CS", "TC_E_13_CS", "TC_F_01_CS"],
)
def test_a_station_asks_before_it_lets_a_token_charge(case: str) -> None:
    options = {"variables": {"AuthCtrlr.AuthorizeRemoteStart": "true"}}
    assert run(case, options).ended.verdict == Verdict.PASS
    assert run(case, options, faults=("asks-afterwards",)).ended.verdict == Verdict.FAIL


def test_a_vehicle_ends_a_session_that_a_button_began() -> None:
    config = {"valid_idtoken_type": "NoAuthorization", "valid_idtoken_idtoken": ""}
    built = {"start_button": True, "iso_15118": True}
    ended = run("TC_E_46_CS", built, built, config).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")
