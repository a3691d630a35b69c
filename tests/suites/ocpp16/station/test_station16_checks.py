"""The checks of OCPP 1.6: what they accept, what they do not, and that their spoils break them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from testbay.scenario.checks import Judges, Spoil, differs, eq, one_of
from testbay.scenario.many import NotBefore
from testbay.scenario.values import OMITTED, Payload, Received
from testbay.suites.ocpp16.checks import (
    HidesKey,
    ListsKey,
    at,
    enabled,
    no_longer,
    other_text,
    same_text,
    value_of,
)
from testbay.suites.ocpp16.keys import CORE, has_member, lists_all, names, only_profiles
from testbay.suites.ocpp16.metering import (
    Aligned,
    Apart,
    Chronological,
    EverySample,
    FromStart,
    Measures,
)
from testbay.suites.ocpp16.settings import equal, written


def passes(check: Judges, payload: Any) -> bool:
    return check.judge(payload, lambda v: v).passed


def metered(*stamps: str, **sample: Any) -> list[Payload]:
    """Return a message for each moment, with one sample."""
    samples = [{"value": "1", **sample}]
    return [Payload.of({"meterValue": [{"timestamp": s, "sampledValue": samples}]}) for s in stamps]


def listing(*entries: tuple[str, bool, str | None]) -> Payload:
    """Return an answer to GetConfiguration."""
    made = [{"key": k, "readonly": r, **({} if v is None else {"value": v})} for k, r, v in entries]
    return Payload.of({"configurationKey": made})


def broken(payload: Any, spoil: Spoil) -> Any:
    """Return what a spoil makes of a message, or of a list of them."""
    made = copy.deepcopy(payload)
    target = made[spoil.index] if isinstance(made, list) else made
    *parents, last = spoil.path.replace("[", ".").replace("]", "").split(".")
    for part in parents:
        target = target[int(part) if part.isdigit() else part]
    if spoil.value is OMITTED:
        del target[int(last) if last.isdigit() else last]
    else:
        target[int(last) if last.isdigit() else last] = spoil.value
    return made


def assert_spoils_break(check: Judges, payload: Any) -> None:
    """Each spoil of a check that passes makes it fail."""
    assert passes(check, payload)
    spoils = list(check.spoils(payload, lambda v: v, lambda _: ()))
    assert spoils
    for spoil in spoils:
        if spoil.act == "set":
            assert not passes(check, broken(payload, spoil)), spoil


# -- texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["TAG", "tag", "Tag"])
def test_same_text_ignores_case(value: str) -> None:
    assert passes(same_text("idTag", "Tag"), {"idTag": value})
    assert not passes(other_text("idTag", "Tag"), {"idTag": value})


@pytest.mark.parametrize("payload", [{}, {"idTag": ""}, {"idTag": "Tag "}, {"idTag": 1}])
def test_same_text_wants_the_text(payload: dict[str, Any]) -> None:
    assert not passes(same_text("idTag", "Tag"), payload)


def test_other_text_must_be_there() -> None:
    assert not passes(other_text("idTag", "Tag"), {})
    assert_spoils_break(other_text("idTag", "Tag"), {"idTag": "other"})


def test_at_selects_connector_and_status() -> None:
    free = at(2, "Available")
    assert passes(free, {"connectorId": 2, "status": "Available"})
    assert not passes(free, {"connectorId": 1, "status": "Available"})
    assert not passes(free, {"connectorId": 2, "status": "Preparing"})


# -- pauses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moments", "fine"),
    [
        ([0, 10], True),
        ([0, 8], True),
        ([0, 7.9], False),
        ([0, 300], True),
        ([0], False),
        ([], False),
    ],
)
def test_not_before(moments: list[float], fine: bool) -> None:
    messages = [Received(f"s{i}", "A", Payload(), at=m) for i, m in enumerate(moments)]
    assert passes(NotBefore(10, 2), messages) is fine


# -- configuration keys ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "access", "fine"),
    [
        (("A", False, "1"), "RW", True),
        (("a", False, "1"), "RW", True),
        (("A", True, "1"), "RW", False),
        (("A", True, None), "R", True),
        (("A", False, "1"), "R or RW", True),
        (("A", True, "1"), "R or RW", True),
        (("B", False, "1"), "RW", False),
    ],
)
def test_lists_key(entry: tuple[str, bool, str | None], access: str, fine: bool) -> None:
    check, answer = ListsKey("A", access), listing(entry)
    assert passes(check, answer) is fine
    if fine:
        assert_spoils_break(check, answer)


def test_core_has_the_twenty_keys() -> None:
    assert len({k.key for k in CORE}) == 20
    assert not passes(CORE[0], Payload())


@pytest.mark.parametrize(
    ("shown", "fine"),
    [
        (None, True),
        ("", True),
        ("********", True),
        ("secret", False),
        ("736563726574", False),
        ("0x736563726574", True),
        (b"secret".hex().upper(), False),
    ],
)
def test_hides_key(shown: str | None, fine: bool) -> None:
    check, answer = (
        HidesKey("AuthorizationKey", "secret"),
        listing(("AuthorizationKey", False, shown)),
    )
    assert passes(check, answer) is fine
    if fine:
        assert_spoils_break(check, answer)


def test_key_that_is_not_listed_is_hidden() -> None:
    assert_spoils_break(HidesKey("AuthorizationKey", "secret"), listing(("A", False, "1")))


def test_values_and_names_of_an_answer() -> None:
    answer = listing(("A", False, "True"), ("B", True, None), ("C", True, "x"))
    assert (value_of(answer, "c"), value_of(answer, "B"), value_of(answer, "D")) == (
        "x",
        None,
        None,
    )
    assert enabled(answer, "A")
    assert not enabled(answer, "B")
    assert names(answer, 2) == ["A", "B"]
    assert names(Payload(), 2) == []
    assert passes(lists_all(["a", "C"]), answer)
    assert not passes(lists_all(["A", "D"]), answer)


@pytest.mark.parametrize(
    ("value", "core", "known"),
    [
        ("Core", True, True),
        ("Core, RemoteTrigger,SmartCharging", True, True),
        ("Reservation", False, True),
        ("Core,Extra", True, False),
        ("CoreExtra", False, False),
    ],
)
def test_feature_profiles(value: str, core: bool, known: bool) -> None:
    assert passes(has_member("value", "Core"), {"value": value}) is core
    assert passes(only_profiles("value"), {"value": value}) is known


def test_profiles_are_not_there() -> None:
    assert not passes(has_member("value", "Core"), {})


@pytest.mark.parametrize(
    ("one", "other", "fine"),
    [("true", "True", True), ("A,B", "a, b", True), ("0", "0", True), (None, "0", False)],
)
def test_equal_values(one: Any, other: Any, fine: bool) -> None:
    assert equal(one, other) is fine


def test_written_values() -> None:
    assert [written(v) for v in (True, 10, 0.5, "x")] == ["true", "10", "0.5", "x"]


# -- meter values ---------------------------------------------------------------------------------

STAMPS = ("2030-01-01T00:00:10Z", "2030-01-01T01:00:20.400+01:00", "2030-01-01T00:00:30z")


@pytest.mark.parametrize(
    ("stamps", "fine"),
    [
        (STAMPS, True),
        (STAMPS[:2], False),
        ((*STAMPS, STAMPS[0]), True),
        ((*STAMPS, "2030-01-01T00:00:35Z"), False),
        ((*STAMPS[:2], "2030-01-01T00:00:30"), False),
    ],
)
def test_apart(stamps: tuple[str, ...], fine: bool) -> None:
    assert passes(Apart(10, 1, least=3), metered(*stamps)) is fine


def test_apart_looks_at_every_element() -> None:
    late = {"timestamp": "2030-01-01T00:00:47Z", "sampledValue": [{"value": "1"}]}
    messages = metered(*STAMPS)
    messages[0]["meterValue"].append(late)
    assert not passes(Apart(10, 1, least=3), messages)
    assert_spoils_break(Apart(10, 1, least=3), metered(*STAMPS))


@pytest.mark.parametrize(
    ("stamp", "fine"),
    [
        ("2030-01-01T00:00:20Z", True),
        ("2030-01-01T00:00:39.5Z", True),
        ("2030-01-01T00:00:41Z", True),
        ("2030-01-01T05:45:00+05:45", True),
        ("2030-01-01T00:00:45Z", False),
        ("soon", False),
    ],
)
def test_aligned(stamp: str, fine: bool) -> None:
    assert passes(Aligned(20, 1), metered(stamp)) is fine


def test_nothing_measured_is_not_a_pass() -> None:
    every = EverySample(eq("a", 1))
    from_start = FromStart("2030-01-01T00:00:00Z", 10, 1)
    several = (Apart(10, 1, least=3), Aligned(20, 1), Measures(""), every, Chronological())
    for check in (*several, from_start):
        assert not passes(check, [])


def test_every_sample_looks_at_all() -> None:
    check = EverySample(one_of("context", "Sample.Periodic", OMITTED))
    messages = metered(*STAMPS, context="Sample.Periodic")
    assert_spoils_break(check, messages)
    messages[1]["meterValue"][0]["sampledValue"].append({"value": "2", "context": "Other"})
    assert not passes(check, messages)


@pytest.mark.parametrize(
    ("listed", "samples", "fine"),
    [
        ("", [{}], True),
        ("Energy.Active.Import.Register", [{}], True),
        ("Voltage", [{"measurand": "Voltage", "phase": "L1-N"}], True),
        ("Voltage.L1", [{"measurand": "Voltage", "phase": "L1-N"}], True),
        ("Voltage.L2", [{"measurand": "Voltage", "phase": "L1-N"}], False),
        ("SoC, Voltage", [{"measurand": "Voltage"}, {"measurand": "SoC"}], True),
        ("SoC,Voltage", [{"measurand": "Voltage"}], False),
        ("", [{"measurand": "Voltage"}], False),
    ],
)
def test_measures(listed: str, samples: list[dict[str, str]], fine: bool) -> None:
    values = [{"value": "1", **s} for s in samples]
    element = {"timestamp": STAMPS[0], "sampledValue": values}
    messages = [Payload.of({"meterValue": [element]})]
    assert passes(Measures(listed), messages) is fine
    if fine:
        assert_spoils_break(Measures(listed), messages)


def test_a_measurand_is_missing_in_one_list_only() -> None:
    messages = metered(*STAMPS, measurand="SoC")
    messages[0]["meterValue"][0]["sampledValue"][0]["measurand"] = "Voltage"
    assert not passes(Measures("SoC"), messages)


def test_facts_name_the_fields() -> None:
    check = EverySample(differs("location", "EV"))
    assert [f.path for f in check.facts] == ["meterValue[*].sampledValue[*].location"]


@pytest.mark.parametrize(
    ("stamps", "fine"),
    [
        (("2030-01-01T00:00:10Z", "2030-01-01T00:00:20Z"), True),
        (("2030-01-01T00:00:11Z",), True),
        (("2030-01-01T00:00:20Z", "2030-01-01T01:00:10+01:00"), True),
        (("2030-01-01T00:00:11.5Z",), False),
        (("2030-01-01T00:00:10Z", "soon"), False),
    ],
)
def test_first_moment_after_the_start(stamps: tuple[str, ...], fine: bool) -> None:
    assert passes(FromStart("2030-01-01T00:00:00Z", 10, 1), metered(*stamps)) is fine
    assert not passes(FromStart(OMITTED, 10, 1), metered(*stamps))


def test_moments_in_the_order_of_arrival() -> None:
    early, late = "2030-01-01T00:00:10Z", "2030-01-01T00:00:20Z"
    assert_spoils_break(Chronological(), metered(early, early, late))
    assert not passes(Chronological(), metered(late, early))
    assert not passes(Chronological(), metered(early, "soon"))
    both = Payload.of({"meterValue": [{"timestamp": late}, {"timestamp": early}]})
    assert not passes(Chronological(), [both])


def test_another_status_of_a_connector() -> None:
    other = no_longer(1, "Available", "Unavailable")
    assert passes(other, {"connectorId": 1, "status": "Charging"})
    assert not passes(other, {"connectorId": 1, "status": "Unavailable"})
    assert not passes(other, {"connectorId": 2, "status": "Charging"})
