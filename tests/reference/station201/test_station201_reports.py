"""Reports of the device model: inventories, and what is chosen."""

from typing import Any

from station201_lab import Lab, lab201

STATES = [
    *("ChargingStation", "EVSE 1", "Connector 1", "EVSE 2", "Connector 2"),
]


async def _base(bench: Lab, kind: str) -> tuple[str, list[dict[str, Any]]]:
    return await _report(bench, "GetBaseReport", {"reportBase": kind})


async def _chosen(
    bench: Lab, *named: dict[str, Any], criteria: tuple[str, ...] = ()
) -> tuple[str, list[dict[str, Any]]]:
    asked: dict[str, Any] = {"componentCriteria": list(criteria)} if criteria else {}
    asked |= {"componentVariable": list(named)} if named else {}
    return await _report(bench, "GetReport", asked)


async def _report(
    bench: Lab, action: str, asked: dict[str, Any]
) -> tuple[str, list[dict[str, Any]]]:
    mark = bench.mark
    answer = await bench.peer.call(action, {"requestId": 5, **asked})
    await bench.settle()
    parts = bench.peer.payloads("NotifyReport", mark)
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part["tbc"] for part in parts] == [i < len(parts) - 1 for i in range(len(parts))]
    assert all(part["requestId"] == 5 for part in parts)
    return answer["status"], [entry for part in parts for entry in part["reportData"]]


def _short(entry: dict[str, Any]) -> str:
    evse = entry["component"].get("evse", {}).get("id")
    return entry["component"]["name"] + (f" {evse}" if evse else "")


def _named(component: str, variable: str = "", evse: int = 0, **more: Any) -> dict[str, Any]:
    named: dict[str, Any] = {"component": {"name": component}}
    if evse:
        named["component"]["evse"] = {"id": evse, **more}
    if variable:
        named["variable"] = {"name": variable}
    return named


async def test_the_full_report_has_everything_but_secrets():
    async with lab201() as bench:
        status, found = await _base(bench, "FullInventory")
        assert status == "Accepted"
        assert len(found) > 80
        [secret] = [e for e in found if e["variable"]["name"] == "BasicAuthPassword"]
        assert "value" not in secret["variableAttribute"][0]
        lists = [e for e in found if "List" in e["variableCharacteristics"]["dataType"]]
        assert all(e["variableCharacteristics"]["valuesList"] for e in lists)


async def test_the_report_of_the_configuration_has_what_can_be_set():
    async with lab201(read_only=("AuthCtrlr.AuthorizeRemoteStart",)) as bench:
        _, found = await _base(bench, "ConfigurationInventory")
        assert {e["variableAttribute"][0]["mutability"] for e in found} == {
            *("ReadWrite", "WriteOnly")
        }
        assert "AuthorizeRemoteStart" not in [e["variable"]["name"] for e in found]


async def test_the_summary_tells_the_states_as_they_are():
    async with lab201() as bench:
        await bench.do("plug_in", evse=2)
        _, found = await _base(bench, "SummaryInventory")
        states = {_short(e): e["variableAttribute"][0]["value"] for e in found}
        occupied = ("EVSE 2", "Connector 2")
        assert states == {s: "Occupied" if s in occupied else "Available" for s in STATES}


async def test_a_station_may_make_no_summary():
    async with lab201(summary=False) as bench:
        assert await _base(bench, "SummaryInventory") == ("NotSupported", [])


async def test_what_is_named_is_reported_with_all_that_is_left_open():
    async with lab201() as bench:
        _, one = await _chosen(bench, _named("EVSE", "AvailabilityState", 1))
        assert [_short(e) for e in one] == ["EVSE 1"]
        _, every = await _chosen(bench, _named("evse", "availabilitystate"))
        assert [_short(e) for e in every] == ["EVSE 1", "EVSE 2"]
        _, instances = await _chosen(bench, _named("DeviceDataCtrlr", "ItemsPerMessage"))
        assert [e["variable"]["instance"] for e in instances] == [
            *("GetReport", "GetVariables", "SetVariables")
        ]
        _, whole = await _chosen(bench, _named("Connector", evse=1, connectorId=1))
        assert len(whole) == 4


async def test_criteria_choose_components():
    async with lab201() as bench:
        evse = _named("EVSE", "AvailabilityState", 1)
        assert len((await _chosen(bench, evse, criteria=("Available",)))[1]) == 1
        assert await _chosen(bench, evse, criteria=("Problem",)) == ("EmptyResultSet", [])
        _, enabled = await _chosen(bench, criteria=("Enabled",))
        assert {e["variable"]["name"] for e in enabled} == {"Enabled"}
        assert {e["variableAttribute"][0]["value"] for e in enabled} == {"true"}


async def test_unknown_criteria_and_too_many_variables_are_refused():
    few = {"DeviceDataCtrlr.ItemsPerMessage[GetReport]": "1"}
    async with lab201(criteria=("Available",), variables=few) as bench:
        assert await _chosen(bench, criteria=("Available", "Active")) == ("NotSupported", [])
        two = [_named("EVSE"), _named("Connector")]
        frame = await bench.peer.ask("GetReport", {"requestId": 1, "componentVariable": two})
        assert frame[:2] == [4, "OccurrenceConstraintViolation"]


async def test_a_station_may_make_no_reports_of_chosen_variables():
    async with lab201(custom_reports=False) as bench:
        frame = await bench.peer.ask("GetReport", {"requestId": 1})
        assert frame[:2] == [4, "NotSupported"]
