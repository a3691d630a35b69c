"""Provisioning, a station under test: reports of its device model (B07, B08)."""

from __future__ import annotations

from functools import partial
from typing import Any

from testbay.scenario.checks import AnyOf, any_of, eq, omitted, one_of
from testbay.scenario.features import Not
from testbay.scenario.many import Each, Every
from testbay.suites.ocpp201.checks import NO_REASON
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import (
    custom_report,
    report_summary,
    unsupported_criterion,
)
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.reports import (
    ALLOWED,
    CHARACTERISTICS,
    ENABLED,
    FILLED,
    NOTHING_SECRET,
    VALUES_OF_LISTS,
    WRITABLE,
    enabled,
    instances,
    named,
    of_each,
    of_known_evse,
    required,
    same_variables,
    secret,
    state_of_evse,
    state_of_first,
    states_of_all,
    states_of_evses,
)
from testbay.suites.ocpp201.settings import Variable
from testbay.suites.ocpp201.station_test import StationTest

case = partial(station, group="B. Provisioning")
custom = partial(case, requires=custom_report)

ACCEPTED = eq("status", "Accepted")
EVSE_1 = Variable("EVSE", "AvailabilityState", evse=1)
EVSES = Variable("EVSE", "AvailabilityState")
ITEMS = Variable("DeviceDataCtrlr", "ItemsPerMessage")
ITEMS_OF_REPORTS = Variable("DeviceDataCtrlr", "ItemsPerMessage", "GetReport")
BASE = ("B07.FR.01", "B07.FR.03", "B07.FR.04")
NUMBERED = ("B07.FR.10", "B07.FR.12")
CHOSEN = ("B08.FR.01", "B08.FR.03", "B08.FR.04")
NAMED = (*CHOSEN, "B08.FR.11", "B08.FR.12", "B08.FR.14")
BLOCKS = (
    "A functional block counts as implemented unless its controller says that it is not available; "
    "an optional one only where the report names its controller."
)
OWN_TIME = "generatedAt is the time of the station, which the tool does not know: it must be there."
READ_STATES = "Names and values are compared without case, lists without regard to their order."


def no_reason(*codes: str) -> AnyOf:
    """Return the check that nothing is said about a status, or one of these reasons."""
    return any_of(omitted("statusInfo"), one_of("statusInfo.reasonCode", *codes))


def base(number: int, kind: str) -> dict[str, Any]:
    """Return a request for an inventory."""
    return {"requestId": number, "reportBase": kind}


def chosen(number: int, *variables: Variable, criteria: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a request for a report of variables, of the components that meet criteria."""
    asked: dict[str, Any] = {"requestId": number}
    if criteria:
        asked["componentCriteria"] = list(criteria)
    if variables:
        asked["componentVariable"] = [v.to_json() for v in variables]
    return asked


# -- inventories ---------------------------------------------------------------------------------


@case(
    "TC_B_12_CS",
    "Report of everything that can be set",
    requirements=(*BASE, "B07.FR.07", *NUMBERED),
    readings=(
        OWN_TIME,
        BLOCKS,
        "A variable can be set if one of its attributes can; whether one may be read only is up to "
        "the station for some of the required ones, and these need not be in the report.",
    ),
)
async def tc_b_12_cs(t: StationTest) -> None:
    number = t.fresh()
    await t.call(1, "GetBaseReport", base(number, "ConfigurationInventory"), ACCEPTED, NO_REASON)
    parts = await t.report(3, number, VALUES_OF_LISTS)
    told = (Every(CHARACTERISTICS), Every(of_each(WRITABLE)))
    t.review("post", parts, *told, required("every required variable", writable=True))


@case(
    "TC_B_13_CS",
    "Report of everything",
    requirements=(*BASE, "B07.FR.08", *NUMBERED),
    readings=(OWN_TIME, BLOCKS),
)
async def tc_b_13_cs(t: StationTest) -> None:
    number = t.fresh()
    await t.call(1, "GetBaseReport", base(number, "FullInventory"), ACCEPTED, NO_REASON)
    parts = await t.report(3, number, VALUES_OF_LISTS)
    t.review("post", parts, Every(CHARACTERISTICS), required("every required variable"))


@case(
    "TC_B_14_CS",
    "Report of availability and problems",
    requirements=(*BASE, "B07.FR.09", *NUMBERED),
    requires=report_summary,
    readings=(
        OWN_TIME,
        "The station is idle, so its connectors are in the state of their EVSE and nothing is in "
        "an abnormal state: the report must have the states of the station and of its EVSEs.",
    ),
)
async def tc_b_14_cs(t: StationTest) -> None:
    number = t.fresh()
    await t.call(1, "GetBaseReport", base(number, "SummaryInventory"), ACCEPTED, NO_REASON)
    parts = await t.report(3, number)
    t.review("post", parts, Every(CHARACTERISTICS), Every(VALUES_OF_LISTS), states_of_all())


@case(
    "TC_B_15_CS",
    "Report that the station does not support",
    requirements=("B07.FR.02",),
    requires=Not(report_summary),
)
async def tc_b_15_cs(t: StationTest) -> None:
    asked = base(t.fresh(), "SummaryInventory")
    refused = (eq("status", "NotSupported"), no_reason("UnsupportedParam"))
    await t.call(1, "GetBaseReport", asked, *refused)
    await t.nothing(3, "NotifyReport", during=cfg.silence_time)


@case(
    "TC_B_53_CS",
    "Report of everything, with all required variables and their values",
    readings=(
        OWN_TIME,
        BLOCKS,
        "AvailabilityState of a connector is required since erratum 2.66.",
        "As changed by erratum 6.2.19. Standard variables are those that the appendices name with "
        "their component; an attribute other than Actual may be without a value (B07.FR.11).",
        "An empty value of a list has no members, and so none that the list of values lacks.",
    ),
)
async def tc_b_53_cs(t: StationTest) -> None:
    number = t.fresh()
    await t.call(1, "GetBaseReport", base(number, "FullInventory"), ACCEPTED, NO_REASON)
    parts = await t.report(3, number)
    values = [Every(of_each(check)) for check in (ALLOWED, NOTHING_SECRET, FILLED)]
    complete = required("every required variable")
    t.review("post", parts, complete, Every(VALUES_OF_LISTS), *values)


# -- what is chosen ------------------------------------------------------------------------------


@custom(
    "TC_B_16_CS",
    "Report of the components that are enabled",
    requirements=(
        *("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.07", "B08.FR.09", "B08.FR.10"),
        *("B08.FR.12", "B08.FR.13", "B08.FR.14", "B06.FR.09"),
    ),
    readings=(
        OWN_TIME,
        "As changed by erratum 6.2.12; in step 3, too, what can only be written has no value.",
        "Of a component without a variable Enabled nothing is reported: the text wants this "
        "variable alone in the report.",
        "The variables are read in step 5 in as many messages as ItemsPerMessage of the station "
        "demands.",
        "The full report is asked for at the end, as it may be of another day otherwise.",
    ),
)
async def tc_b_16_cs(t: StationTest) -> None:
    number = t.fresh()
    asked = chosen(number, criteria=("Enabled",))
    await t.call(1, "GetReport", asked, ACCEPTED, NO_REASON)
    only = named("", "Enabled")
    parts = await t.report(3, number, CHARACTERISTICS, *only, ENABLED)
    most = int(await t.read(Variable("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables")) or 1)
    found = [variable for _, variable in enabled(parts)]
    for some in reading([v for v in found if not secret(v)], most):
        with t.round(word_of(some)):
            is_true = Each("getVariableResult", eq("attributeValue", "true"))
            fine = Each("getVariableResult", eq("attributeStatus", "Accepted"))
            await t.call(5, "GetVariables", {"getVariableData": some}, fine, is_true)
    for some in reading([v for v in found if secret(v)], most):
        with t.round(word_of(some)):
            no_value = Each("getVariableResult", omitted("attributeValue"))
            refused = Each("getVariableResult", eq("attributeStatus", "Rejected"))
            await t.call(5, "GetVariables", {"getVariableData": some}, refused, no_value)
    with t.round("post"):
        full = t.fresh()
        await t.call("full", "GetBaseReport", base(full, "FullInventory"), ACCEPTED)
        everything = await t.report(3, full)
    wanted = [name for name, variable in enabled(everything) if not secret(variable)]
    t.review("post", parts, same_variables("every variable Enabled that is true", wanted))


def reading(variables: list[Any], most: int) -> list[list[dict[str, Any]]]:
    """Return reported variables as requests name them, so many at most in each."""
    data = [{"component": v["component"], "variable": v["variable"]} for v in variables]
    return [data[i : i + most] for i in range(0, len(data), most)]


def word_of(asked: list[dict[str, Any]]) -> str:
    """Return a word for a request: the first component that it names."""
    return f"{asked[0]['component']['name']} ..."


@custom(
    "TC_B_17_CS",
    "Report of one variable",
    requirements=NAMED,
    readings=(OWN_TIME, READ_STATES),
)
async def tc_b_17_cs(t: StationTest) -> None:
    number = t.fresh()
    await t.call(1, "GetReport", chosen(number, EVSE_1), ACCEPTED, NO_REASON)
    parts = await t.report(3, number, *state_of_evse())
    t.review(3, parts, state_of_first())


@custom(
    "TC_B_18_CS",
    "Report of one variable, of components in a condition",
    requirements=(*CHOSEN, "B08.FR.05", "B08.FR.11", "B08.FR.12", "B08.FR.14", "B08.FR.15"),
    readings=(
        OWN_TIME,
        READ_STATES,
        "In step 3 the names of type and mutability have changed places; the type is Actual.",
    ),
)
async def tc_b_18_cs(t: StationTest) -> None:
    number = t.fresh()
    asked = chosen(number, EVSE_1, criteria=("Available",))
    await t.call(1, "GetReport", asked, ACCEPTED, NO_REASON)
    parts = await t.report(3, number, *state_of_evse())
    t.review(3, parts, state_of_first())
    asked = chosen(t.fresh(), EVSE_1, criteria=("Problem",))
    await t.call(5, "GetReport", asked, eq("status", "EmptyResultSet"), no_reason("NotFound"))


@custom(
    "TC_B_19_CS",
    "Report of components by a criterion that the station does not know",
    requirements=("B08.FR.02",),
    requires=custom_report & unsupported_criterion,
    readings=(
        "A criterion that the schema does not know may be refused with a CALLERROR for a wrong "
        "value, too.",
    ),
)
async def tc_b_19_cs(t: StationTest) -> None:
    asked = chosen(t.fresh(), criteria=("Available", t.value(cfg.unsupported_component_criteria)))
    refused = (eq("status", "NotSupported"), no_reason("UnsupportedParam", "InvalidValue"))
    wrong = ("PropertyConstraintViolation", "FormatViolation")
    await t.call(1, "GetReport", asked, *refused, or_error=wrong)


@custom(
    "TC_B_54_CS",
    "Report of a variable with all its instances",
    requirements=NAMED,
    readings=(
        "The instances may come in any order, and in several messages; besides the two that the "
        "text names there may be others.",
    ),
)
async def tc_b_54_cs(t: StationTest) -> None:
    number = t.fresh()
    await t.call(1, "GetReport", chosen(number, ITEMS), ACCEPTED, NO_REASON)
    parts = await t.report(3, number, *named("DeviceDataCtrlr", "ItemsPerMessage"))
    t.review(3, parts, instances("DeviceDataCtrlr", "ItemsPerMessage", "GetReport", "GetVariables"))


@custom("TC_B_55_CS", "Report of one instance of a variable", requirements=NAMED)
async def tc_b_55_cs(t: StationTest) -> None:
    number = t.fresh()
    await t.call(1, "GetReport", chosen(number, ITEMS_OF_REPORTS), ACCEPTED, NO_REASON)
    parts = await t.report(3, number, *named("DeviceDataCtrlr", "ItemsPerMessage", "GetReport"))
    t.review(3, parts, instances("DeviceDataCtrlr", "ItemsPerMessage", "GetReport"))


@custom(
    "TC_B_56_CS",
    "Report of a variable of all EVSEs",
    requirements=NAMED,
)
async def tc_b_56_cs(t: StationTest) -> None:
    number = t.fresh()
    await t.call(1, "GetReport", chosen(number, EVSES), ACCEPTED, NO_REASON)
    parts = await t.report(3, number, *named("EVSE", "AvailabilityState"), of_known_evse())
    t.review(3, parts, states_of_evses())
