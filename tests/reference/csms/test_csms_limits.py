"""Limits that an operator sets, reads and removes again: which profiles a station gets."""

from typing import Any

import pytest
from csms_lab import OK, Lab

from testbay_reference.control import Refused

NOW, TOMORROW = "2030-01-01T00:00:00.000Z", "2030-01-02T00:00:00.000Z"


@pytest.mark.parametrize("unit", ["A", "W"])
@pytest.mark.parametrize("phases", [None, 1, 3])
async def test_a_default_limit_is_written_for_a_time(lab: Lab, unit: str, phases: Any) -> None:
    await lab.open()
    station = await lab.station()
    wanted = {"limit": 6 if unit == "A" else 6000, "unit": unit, "connector": 1}
    order = lab.begin("set_default_limit", seconds=300, stack_level=4, phases=phases, **wanted)
    sent = await station.obey("SetChargingProfile")
    profile, schedule = sent["csChargingProfiles"], sent["csChargingProfiles"]["chargingSchedule"]
    assert (sent["connectorId"], profile["stackLevel"]) == (1, 4)
    assert (profile["validFrom"], schedule["startSchedule"]) == (NOW, NOW)
    assert (profile["validTo"], schedule["duration"]) == ("2030-01-01T00:05:00.000Z", 300)
    assert schedule["chargingRateUnit"] == unit
    period = {"startPeriod": 0, "limit": wanted["limit"]}
    period |= {} if phases is None else {"numberPhases": phases}
    assert schedule["chargingSchedulePeriod"] == [period]
    assert not {"transactionId", "recurrencyKind"} & profile.keys()
    assert (await order)["answer"] == OK


async def test_a_default_limit_may_begin_later(lab: Lab) -> None:
    await lab.open()
    station = await lab.station()
    order = lab.begin("set_default_limit", limit=6, connector=1, seconds=300, start=60)
    sent = await station.obey("SetChargingProfile")
    schedule = sent["csChargingProfiles"]["chargingSchedule"]
    assert (schedule["startSchedule"], schedule["duration"]) == (NOW, 300)
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 60, "limit": 6.0}]
    await order


@pytest.mark.parametrize("kind", ["Absolute", "Relative"])
async def test_a_remote_start_bears_a_limit_without_a_transaction(lab: Lab, kind: str) -> None:
    await lab.open(session_kind=kind)
    station = await lab.station()
    order = lab.begin("remote_start", id_tag="TAG", connector=1, limit=6.5)
    sent = await station.obey("RemoteStartTransaction")
    profile = sent["chargingProfile"]
    assert (sent["connectorId"], sent["idTag"]) == (1, "TAG")
    assert profile["chargingProfilePurpose"] == "TxProfile"
    assert profile["chargingProfileKind"] == kind
    period = {"startPeriod": 0, "limit": 6.5}
    assert profile["chargingSchedule"]["chargingSchedulePeriod"] == [period]
    assert not {"transactionId", "recurrencyKind"} & profile.keys()
    await order


@pytest.mark.parametrize("kind", ["Absolute", "Relative"])
async def test_the_limit_of_a_session_names_its_transaction(lab: Lab, kind: str) -> None:
    await lab.open(session_kind=kind)
    station = await lab.station()
    number = (await station.start("TAG", connector=2))["transactionId"]
    order = lab.begin("set_session_limit", limit=6000, unit="W", stack_level=3)
    sent = await station.obey("SetChargingProfile")
    profile = sent["csChargingProfiles"]
    assert (sent["connectorId"], profile["transactionId"]) == (2, number)
    assert (profile["stackLevel"], profile["chargingProfileKind"]) == (3, kind)
    schedule = profile["chargingSchedule"]
    dated = {
        "validFrom": profile.get("validFrom"),
        "validTo": profile.get("validTo"),
        "startSchedule": schedule.get("startSchedule"),
        "duration": schedule.get("duration"),
    }
    lasting = {"validFrom": NOW, "validTo": TOMORROW, "startSchedule": NOW, "duration": 86400}
    assert dated == (lasting if kind == "Absolute" else dict.fromkeys(lasting))
    await order


async def test_three_profiles_are_set_and_cleared_in_three_ways(lab: Lab) -> None:
    await lab.open()
    station = await lab.station()
    await station.start("TAG", connector=1)
    sent = []
    for name, more in (
        ("set_station_limit", {}),
        ("set_default_limit", {"connector": 1}),
        ("set_session_limit", {"connector": 1}),
    ):
        order = lab.begin(name, limit=6, stack_level=2, **more)
        sent.append(await station.obey("SetChargingProfile"))
        await order
    profiles = [one["csChargingProfiles"] for one in sent]
    assert [one["connectorId"] for one in sent] == [0, 1, 1]
    assert [one["chargingProfileId"] for one in profiles] == [1, 2, 3]
    assert [one["chargingProfilePurpose"] for one in profiles] == [
        "ChargePointMaxProfile",
        "TxDefaultProfile",
        "TxProfile",
    ]
    assert [one.get("transactionId") for one in profiles] == [None, None, 1]
    for name, wanted, payload in (
        ("remove_station_limit", {}, {"id": 1}),
        (
            "clear_profiles",
            {"connector": 1, "purpose": "TxDefaultProfile", "stack_level": 2},
            {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 2},
        ),
        ("clear_profiles", {}, {}),
    ):
        order = lab.begin(name, **wanted)
        assert await station.obey("ClearChargingProfile") == payload
        assert (await order)["answer"] == OK


async def test_a_limit_of_the_station_that_was_not_accepted_cannot_be_removed(lab: Lab) -> None:
    await lab.open()
    station = await lab.station()
    order = lab.begin("set_station_limit", limit=6)
    await station.obey("SetChargingProfile", {"status": "Rejected"})
    await order
    with pytest.raises(Refused, match="no limit of the whole station 'CP1' is known"):
        await lab.act("remove_station_limit")
