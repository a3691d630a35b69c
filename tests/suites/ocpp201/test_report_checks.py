"""What reports of the device model must tell: each check judged both ways."""

from typing import Any

import pytest

from testbay.scenario.checks import Judges, spoiled
from testbay.scenario.configured import resolve
from testbay.scenario.many import Every
from testbay.scenario.values import OMITTED, Payload, Received
from testbay.suites.ocpp201.reports import (
    ALLOWED,
    CHARACTERISTICS,
    FILLED,
    NOTHING_SECRET,
    VALUES_OF_LISTS,
    WRITABLE,
    Parts,
    enabled,
    instances,
    named,
    of_each,
    required,
    same_variables,
    state_of_evse,
    state_of_first,
    states_of_all,
    states_of_evses,
)

CONFIG = {"evse_count": 2, "connectors_per_evse": 1}
STATES = "Available, Occupied, Reserved, Unavailable, Faulted"


def resolved(value: Any) -> Any:
    return resolve(value, CONFIG)


def entry(
    component: str,
    name: str,
    value: Any = "true",
    *,
    instance: str = "",
    evse: tuple[int, ...] = (),
    mutability: Any = "ReadOnly",
    kind: Any = "boolean",
    values: Any = OMITTED,
    attributes: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return an element of a report; what is OMITTED is left out."""
    about: dict[str, Any] = {"name": component}
    if evse:
        about["evse"] = dict(zip(("id", "connectorId"), evse, strict=False))
    attribute = {"value": value, "mutability": mutability}
    return {
        "component": about,
        "variable": {"name": name} | ({"instance": instance} if instance else {}),
        "variableAttribute": attributes or [_only(attribute)],
        "variableCharacteristics": _only(
            {"dataType": kind, "supportsMonitoring": False, "valuesList": values}
        ),
    }


def _only(fields: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in fields.items() if v is not OMITTED}


def parts(*contents: list[dict[str, Any]]) -> list[Received]:
    """Return the messages of a report."""
    return [
        Received(
            f"m{i}",
            "NotifyReport",
            Payload.of({"seqNo": i, "tbc": i < len(contents) - 1, "reportData": content}),
        )
        for i, content in enumerate(contents)
    ]


def passes(check: Judges, judged: Any) -> bool:
    return check.judge(judged, resolved).passed


STATE = {"kind": "OptionList", "values": STATES}
LIST = {"kind": "MemberList", "values": "A,W"}


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (
            CHARACTERISTICS,
            [entry("C", "V")],
            [{k: v for k, v in entry("C", "V").items() if k != "variableCharacteristics"}],
        ),
        (
            VALUES_OF_LISTS,
            [entry("C", "V"), entry("C", "V", "A", **LIST)],
            [
                entry("C", "V", "A", kind="OptionList"),
                entry("C", "V", "", kind="MemberList", values=""),
            ],
        ),
        (
            of_each(WRITABLE),
            [
                entry("C", "V", mutability="ReadWrite"),
                entry("C", "V", mutability=OMITTED),
                entry("C", "V", mutability="WriteOnly"),
                entry("C", "V", attributes=[{"mutability": "ReadOnly"}, {"type": "MaxSet"}]),
            ],
            [entry("C", "V")],
        ),
        (
            of_each(ALLOWED),
            [
                entry("C", "V", "anything"),
                entry("C", "V", "a, W", **LIST),
                entry("C", "V", "", **LIST),
                entry("C", "V", "Occupied", **STATE),
            ],
            [
                entry("C", "V", "A,V", **LIST),
                entry("C", "V", "Free", **STATE),
                entry("C", "V", "Available,Occupied", **STATE),
            ],
        ),
        (
            of_each(NOTHING_SECRET),
            [entry("C", "V"), entry("C", "V", OMITTED, mutability="WriteOnly")],
            [entry("C", "V", "", mutability="WriteOnly")],
        ),
        (
            of_each(FILLED),
            [
                entry("TxCtrlr", "StopTxOnInvalidId", ""),
                entry("SecurityCtrlr", "BasicAuthPassword", OMITTED, mutability="WriteOnly"),
                entry("evse", "power", OMITTED, evse=(1,)),
                entry("Vendor", "Thing", OMITTED),
                entry("EVSE", "ACCurrent", OMITTED, evse=(1,)),
                entry("TxCtrlr", "StopTxOnInvalidId", attributes=[{"type": "Target"}]),
            ],
            [entry("TxCtrlr", "StopTxOnInvalidId", OMITTED, mutability="ReadWrite")],
        ),
        (named("EVSE", "Power")[1], [entry("EVSE", "power")], [entry("EVSE", "Available")]),
    ],
)
def test_checks_of_one_message(check: Judges, right: list[Any], wrong: list[Any]) -> None:
    for element in right:
        assert passes(check, {"reportData": [element]}), element
    for element in wrong:
        assert not passes(check, {"reportData": [*right, element]}), element


def test_the_state_of_an_evse() -> None:
    good = entry("EVSE", "AvailabilityState", "Available", evse=(1,), **STATE)
    shuffled = "Faulted,Unavailable,Available,Occupied,Reserved"
    other = entry("EVSE", "AvailabilityState", evse=(1,), kind="OptionList", values=shuffled)
    for element in (good, other):
        assert all(passes(check, {"reportData": [element]}) for check in state_of_evse())
    for wrong in (
        entry("EVSE", "AvailabilityState", evse=(2,), **STATE),
        entry("EVSE", "AvailabilityState", evse=(1,), kind="OptionList", values="Available"),
        entry("EVSE", "AvailabilityState", evse=(1,), mutability="ReadWrite", **STATE),
        {**good, "variableAttribute": [*good["variableAttribute"], {"type": "Target"}]},
    ):
        assert [c for c in state_of_evse() if not passes(c, {"reportData": [wrong]})]


def test_parts_are_numbered_and_the_last_one_ends() -> None:
    assert passes(Parts(), parts([], []))
    assert passes(Parts(), [Received("m", "NotifyReport", Payload.of({"seqNo": 0}))])
    assert not passes(Parts(), [])
    assert not passes(Parts(), [*parts([], []), *parts([])])
    assert not passes(Parts(), parts([], [])[1:])


FULL = [
    *(entry("ChargingStation", n) for n in ("Available", "AvailabilityState", "SupplyPhases")),
    *(
        entry("EVSE", n, evse=(e,))
        for e in (1, 2)
        for n in ("Available", "AvailabilityState", "SupplyPhases", "Power")
    ),
    *(
        entry("Connector", n, evse=(e, 1))
        for e in (1, 2)
        for n in ("Available", "AvailabilityState", "SupplyPhases", "ConnectorType")
    ),
]


def lacking(content: list[dict[str, Any]], *, writable: bool = False) -> set[str]:
    """Return the components of which something that is required is not reported."""
    actual = required("all", writable=writable).judge(parts(content), resolved).actual
    return {n.split(".")[0] for n in actual.removeprefix("not there: ").split(", ")}


def test_what_is_required_is_asked_of_every_place() -> None:
    places = {"ChargingStation", "EVSE@1", "EVSE@2", "Connector@1", "Connector@2"}
    assert not places & lacking(FULL)
    assert "EVSE@2" in lacking([e for e in FULL if e["component"].get("evse") != {"id": 2}])
    assert places <= lacking([])
    assert not places & lacking([], writable=True)


@pytest.mark.parametrize(
    ("content", "there"),
    [
        ([], False),
        ([entry("LocalAuthListCtrlr", "Available", "true")], True),
        ([entry("LocalAuthListCtrlr", "Available", "false")], False),
        ([entry("LocalAuthListCtrlr", "Enabled", "true")], True),
        ([entry("LocalAuthListCtrlr", "Enabled", "false")], False),
        ([entry("LocalAuthListCtrlr", "Storage", "17")], True),
    ],
)
def test_an_optional_block_is_there_if_its_controller_says_so(
    content: list[dict[str, Any]], there: bool
) -> None:
    assert ("LocalAuthListCtrlr" in lacking(content)) is there


def test_tariff_and_cost_are_two_blocks_of_one_controller() -> None:
    cost = entry("TariffCostCtrlr", "Available", "true", instance="Cost")
    tariff = entry("TariffCostCtrlr", "Available", "false", instance="Tariff")
    actual = required("all").judge(parts([cost, tariff]), resolved).actual
    assert "TotalCostFallbackMessage" in actual
    assert "TariffFallbackMessage" not in actual


def test_a_block_that_is_not_available_has_nothing_to_report() -> None:
    assert "AlignedDataCtrlr" in lacking([])
    assert "AlignedDataCtrlr" not in lacking([entry("AlignedDataCtrlr", "Available", "false")])


def test_variables_are_found_in_any_part_and_without_case() -> None:
    items = [
        entry("devicedatactrlr", "itemspermessage", instance=i)
        for i in ("GetReport", "GetVariables")
    ]
    check = instances("DeviceDataCtrlr", "ItemsPerMessage", "GetReport", "GetVariables")
    assert passes(check, parts(items[:1], items[1:]))
    assert not passes(check, parts(items[:1]))
    spoils = list(check.spoils(parts(items[:1], items[1:]), resolved, lambda _: ()))
    assert [spoil.index for spoil in spoils] == [0, 1]


def test_states_of_all_places() -> None:
    assert passes(states_of_all(), parts(FULL))
    assert passes(states_of_evses(), parts(FULL))
    assert passes(state_of_first(), parts(FULL))
    first = [e for e in FULL if e["component"].get("evse", {}).get("id") != 2]
    assert not passes(states_of_all(), parts(first))
    assert not passes(states_of_evses(), parts(first))
    assert passes(state_of_first(), parts(first))


def test_what_is_enabled_is_true_or_secret() -> None:
    content = [
        entry("A", "Enabled"),
        entry("B", "Enabled", "false"),
        entry("C", "Enabled", OMITTED, mutability="WriteOnly"),
        entry("D", "Available"),
    ]
    assert [name for name, _ in enabled(parts(content))] == ["a.enabled", "c.enabled"]


def test_each_instance_of_a_component_is_a_component_of_its_own() -> None:
    both = [entry("Reader", "Enabled"), entry("Reader", "Enabled")]
    for variable, instance in zip(both, ("left", "right"), strict=True):
        variable["component"]["instance"] = instance
    names = [name for name, _ in enabled(parts(both))]
    assert names == ["reader(left).enabled", "reader(right).enabled"]
    check = same_variables("them all", names)
    assert passes(check, parts(both))
    assert not passes(check, parts(both[:1]))


@pytest.mark.parametrize(
    "check", [CHARACTERISTICS, of_each(WRITABLE), of_each(FILLED), of_each(NOTHING_SECRET)]
)
def test_what_is_said_to_break_a_check_does(check: Judges) -> None:
    good = [entry("TxCtrlr", "StopTxOnInvalidId", mutability="ReadWrite")]
    messages = parts(good)
    spoils = list(Every(check).spoils(messages, resolved, lambda _: ()))
    assert spoils
    assert [s for s in spoils if passes(Every(check), spoiled(messages, s))] == []
