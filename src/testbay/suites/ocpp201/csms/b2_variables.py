"""Provisioning, a CSMS under test: variables, reports, network profiles (B05 to B09)."""

from __future__ import annotations

from testbay.scenario.checks import all_of, any_of, at_least, eq, omitted, one_of, satisfies
from testbay.scenario.many import Every, Some
from testbay.scenario.values import OMITTED
from testbay.suites.ocpp201.actions import (
    CHANGE_VARIABLES,
    READ_VARIABLES,
    REPORT_COMPONENTS,
    REPORT_INVENTORY,
    SET_NETWORK_PROFILE,
)
from testbay.suites.ocpp201.checks import AboutVariable, same_text
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.csms_test import ACCEPTED, CsmsTest
from testbay.suites.ocpp201.features import (
    custom_report,
    report_configuration,
    report_everything,
    report_summary,
    several_gets,
    several_sets,
)
from testbay.suites.ocpp201.registry import csms
from testbay.suites.ocpp201.states import csms as states

GROUP = "B. Provisioning"
COMM, AUTH, DATA = "OCPPCommCtrlr", "AuthCtrlr", "DeviceDataCtrlr"
THRESHOLD, REMOTE = "OfflineThreshold", "AuthorizeRemoteStart"
GOT, CHANGED = "getVariableData", "setVariableData"
ACTUAL = one_of("attributeType", "Actual", OMITTED)
OTHERS = "Messages about other variables, which a CSMS may send at any time, are let pass."
NAMES = "Components and variables are called as in the appendices: OCPPCommCtrlr, AuthCtrlr."
SEEN = "That the CSMS shows the result is for the person at the CSMS to see."
FIVE = (
    AboutVariable(GOT, DATA, "ItemsPerMessage", "GetReport"),
    AboutVariable(GOT, DATA, "ItemsPerMessage", "GetVariables"),
    AboutVariable(GOT, DATA, "BytesPerMessage", "GetReport"),
    AboutVariable(GOT, DATA, "BytesPerMessage", "GetVariables"),
    AboutVariable(GOT, AUTH, REMOTE),
)
AT_ONCE = 4
FEW = satisfies(
    GOT,
    f"has at most {AT_ONCE} elements",
    lambda data, _: isinstance(data, list) and len(data) <= AT_ONCE,
    values=(AT_ONCE,),
)
NUMBERED = at_least("requestId", 0)
OTHER_REPORTS = "Requests for other reports, which a CSMS may send at any time, are let pass."
STORE = SET_NETWORK_PROFILE(
    slot=cfg.configuration_slot,
    url=cfg.ocpp_csms_url,
    interface=cfg.ocpp_interface,
    security_profile=cfg.security_profile,
    message_timeout=cfg.message_timeout,
)
NO_OTHER = omitted("componentCriteria[1]")
OF_EVSE = all_of(
    satisfies(
        "componentVariable[0].component.name",
        "is EVSE",
        lambda name, _: same_text(name, "EVSE"),
        values=("EVSE",),
    ),
    eq("componentVariable[0].component.evse.id", 1),
    satisfies(
        "componentVariable[0].variable.name",
        "is AvailabilityState",
        lambda name, _: same_text(name, "AvailabilityState"),
        values=("AvailabilityState",),
    ),
)


@csms(
    "TC_B_06_CSMS",
    "One variable is read",
    group=GROUP,
    requirements=("B06.FR.01", "B06.FR.02", "B06.FR.03", "B06.FR.04", "B06.FR.10", "B06.FR.11"),
    readings=(OTHERS, NAMES, SEEN),
)
async def tc_b_06_csms(t: CsmsTest) -> None:
    t.manual(READ_VARIABLES(variables=[f"{COMM}.{THRESHOLD}"]))
    actual = AboutVariable(GOT, COMM, THRESHOLD, check=ACTUAL)
    await t.expect(1, "GetVariables", actual, where=AboutVariable(GOT, COMM, THRESHOLD))


@csms(
    "TC_B_07_CSMS",
    "Several variables are read at once",
    group=GROUP,
    requirements=("B06.FR.01", "B06.FR.02", "B06.FR.03"),
    requires=several_gets,
    readings=(OTHERS, NAMES, SEEN),
)
async def tc_b_07_csms(t: CsmsTest) -> None:
    t.manual(READ_VARIABLES(variables=[f"{COMM}.{THRESHOLD}", f"{AUTH}.{REMOTE}"]))
    first = AboutVariable(GOT, COMM, THRESHOLD, check=ACTUAL)
    second = AboutVariable(GOT, AUTH, REMOTE, check=ACTUAL)
    named = AboutVariable(GOT, COMM, THRESHOLD)
    await t.expect(1, "GetVariables", first, second, where=named)


@csms(
    "TC_B_08_CSMS",
    "No more variables are read at once than the station takes",
    group=GROUP,
    requirements=("B06.FR.05",),
    requires=several_gets,
    before=(states.limit_known(most=AT_ONCE),),
    readings=(
        "The CSMS learns how many variables the station takes by reading that variable, which "
        "the operator has it do before.",
        "How it spreads five variables over its messages is its own choice, as long as none has "
        "more than four.",
        OTHERS,
        NAMES,
    ),
)
async def tc_b_08_csms(t: CsmsTest) -> None:
    reports = [f"{DATA}.ItemsPerMessage[GetReport]", f"{DATA}.BytesPerMessage[GetReport]"]
    variables = [f"{DATA}.ItemsPerMessage[GetVariables]", f"{DATA}.BytesPerMessage[GetVariables]"]
    t.manual(READ_VARIABLES(variables=[*reports, *variables, f"{AUTH}.{REMOTE}"]))
    [asked] = await t.collect(t.expect(1, "GetVariables", where=any_of(*FIVE)))
    t.review(1, asked, Every(FEW), *(Some(one) for one in FIVE))


@csms(
    "TC_B_09_CSMS",
    "One variable is changed",
    group=GROUP,
    requirements=("B05.FR.01", "B05.FR.02", "B05.FR.03", "B05.FR.10", "B05.FR.12"),
    readings=(OTHERS, NAMES, SEEN),
)
async def tc_b_09_csms(t: CsmsTest) -> None:
    t.manual(CHANGE_VARIABLES(values={f"{COMM}.{THRESHOLD}": "123"}))
    value = AboutVariable(CHANGED, COMM, THRESHOLD, check=eq("attributeValue", "123"))
    actual = AboutVariable(CHANGED, COMM, THRESHOLD, check=ACTUAL)
    named = AboutVariable(CHANGED, COMM, THRESHOLD)
    await t.expect(1, "SetVariables", value, actual, where=named)


@csms(
    "TC_B_10_CSMS",
    "Several variables are changed at once",
    group=GROUP,
    requirements=("B05.FR.01", "B05.FR.02", "B05.FR.03"),
    requires=several_sets,
    readings=(OTHERS, NAMES, SEEN),
)
async def tc_b_10_csms(t: CsmsTest) -> None:
    values = {f"{COMM}.{THRESHOLD}": "123", f"{AUTH}.{REMOTE}": "false"}
    t.manual(CHANGE_VARIABLES(values=values))
    checks = (
        AboutVariable(CHANGED, COMM, THRESHOLD, check=eq("attributeValue", "123")),
        AboutVariable(CHANGED, COMM, THRESHOLD, check=ACTUAL),
        AboutVariable(CHANGED, AUTH, REMOTE, check=eq("attributeValue", "false")),
        AboutVariable(CHANGED, AUTH, REMOTE, check=ACTUAL),
    )
    named = AboutVariable(CHANGED, COMM, THRESHOLD)
    await t.expect(1, "SetVariables", *checks, where=named)


@csms(
    "TC_B_12_CSMS",
    "A report of everything that can be configured",
    group=GROUP,
    requirements=("B07.FR.07",),
    requires=report_configuration,
    readings=(OTHER_REPORTS, SEEN),
)
async def tc_b_12_csms(t: CsmsTest) -> None:
    t.manual(REPORT_INVENTORY(kind="configuration"))
    kind = eq("reportBase", "ConfigurationInventory")
    asked = await t.expect(1, "GetBaseReport", NUMBERED, where=kind, reply=ACCEPTED)
    await t.report("post", asked.payload)


@csms(
    "TC_B_13_CSMS",
    "A full report",
    group=GROUP,
    requirements=("B07.FR.08",),
    requires=report_everything,
    readings=(OTHER_REPORTS, SEEN),
)
async def tc_b_13_csms(t: CsmsTest) -> None:
    t.manual(REPORT_INVENTORY(kind="full"))
    kind = eq("reportBase", "FullInventory")
    asked = await t.expect(1, "GetBaseReport", NUMBERED, where=kind, reply=ACCEPTED)
    await t.report("post", asked.payload)


@csms(
    "TC_B_14_CSMS",
    "A summary report",
    group=GROUP,
    requirements=("B07.FR.09",),
    requires=report_summary,
    readings=(OTHER_REPORTS, SEEN),
)
async def tc_b_14_csms(t: CsmsTest) -> None:
    t.manual(REPORT_INVENTORY(kind="summary"))
    kind = eq("reportBase", "SummaryInventory")
    asked = await t.expect(1, "GetBaseReport", NUMBERED, where=kind, reply=ACCEPTED)
    await t.report("post", asked.payload)


@csms(
    "TC_B_18_CSMS",
    "A report of one variable, of the components in a certain condition",
    group=GROUP,
    requirements=("B08.FR.01", "B08.FR.03"),
    requires=custom_report,
    readings=(OTHER_REPORTS,),
)
async def tc_b_18_csms(t: CsmsTest) -> None:
    one = {"variable": "EVSE.AvailabilityState", "evse": 1}
    t.manual(REPORT_COMPONENTS(condition="problem", **one))
    problem = (eq("componentCriteria[0]", "Problem"), NO_OTHER)
    nothing = {"status": "EmptyResultSet"}
    await t.expect(1, "GetReport", *problem, where=OF_EVSE, reply=nothing)
    t.manual(REPORT_COMPONENTS(condition="available", **one))
    available = (eq("componentCriteria[0]", "Available"), NO_OTHER)
    asked = await t.expect(3, "GetReport", *available, where=OF_EVSE, reply=ACCEPTED)
    await t.report(5, asked.payload)


@csms(
    "TC_B_42_CSMS",
    "The data of a connection are stored",
    group=GROUP,
    requirements=("B09.FR.01",),
    readings=("OCPP20 stands for this version too (part 2, OCPPVersionEnumType).",),
)
async def tc_b_42_csms(t: CsmsTest) -> None:
    t.manual(STORE)
    wanted = (
        eq("configurationSlot", cfg.configuration_slot),
        eq("connectionData.messageTimeout", cfg.message_timeout),
        eq("connectionData.ocppCsmsUrl", cfg.ocpp_csms_url),
        eq("connectionData.ocppInterface", cfg.ocpp_interface),
        eq("connectionData.ocppTransport", "JSON"),
        eq("connectionData.ocppVersion", "OCPP20"),
        eq("connectionData.securityProfile", cfg.security_profile),
    )
    await t.expect(1, "SetNetworkProfile", *wanted, reply=ACCEPTED)


@csms(
    "TC_B_44_CSMS",
    "The data of a connection cannot be stored",
    group=GROUP,
    requirements=("B09.FR.03",),
)
async def tc_b_44_csms(t: CsmsTest) -> None:
    t.manual(STORE)
    await t.expect(1, "SetNetworkProfile", reply={"status": "Failed"})
