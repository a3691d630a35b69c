"""Smart charging: profiles are set, cleared and told."""

import pytest
from limit_lab import at, clear, composite, drawn, numbers, profile, put, remote_start
from station_lab import lab

KEYS = {
    "ChargeProfileMaxStackLevel": "9",
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "ChargingScheduleMaxPeriods": "24",
    "ConnectorSwitch3to1PhaseSupported": "true",
    "MaxChargingProfilesInstalled": "20",
}


# What the station says of itself


async def test_the_keys_are_there_and_can_only_be_read():
    async with lab() as bench:
        answer = await bench.peer.call("GetConfiguration", {"key": list(KEYS)})
        assert answer["configurationKey"] == [
            {"key": key, "readonly": True, "value": value} for key, value in KEYS.items()
        ]


async def test_without_the_profile_nothing_of_it_is_there():
    async with lab(without=("SmartCharging",)) as bench:
        answer = await bench.peer.call("GetConfiguration", {"key": list(KEYS)})
        assert answer["unknownKey"] == list(KEYS)
        for action, payload in (
            ("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": profile("Max", 6)}),
            ("ClearChargingProfile", {}),
            ("GetCompositeSchedule", {"connectorId": 1, "duration": 60}),
        ):
            frame = await bench.peer.raw_call(action, payload)
            assert (frame[0], frame[2]) == (4, "NotSupported")
        await bench.do("plug_in")
        assert await remote_start(bench, chargingProfile=profile("Max", 6)) == "Accepted"
        assert drawn(bench) == 11040.0


# Setting


async def test_a_default_limit_is_taken_and_told():
    async with lab() as bench:
        one = profile("Default", 6, phases=3, duration=310, valid=(0, 320))
        assert await put(bench, one) == "Accepted"
        request = {"connectorId": 1, "duration": 300, "chargingRateUnit": "A"}
        assert await bench.peer.call("GetCompositeSchedule", request) == {
            "status": "Accepted",
            "connectorId": 1,
            "scheduleStart": at(5).replace("Z", ".000Z"),
            "chargingSchedule": {
                "duration": 300,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0, "numberPhases": 3}],
            },
        }


@pytest.mark.parametrize(
    ("connector", "payload", "status"),
    [
        (0, profile("Max", 6), "Accepted"),
        (1, profile("Max", 6), "Rejected"),
        (0, profile("Default", 6), "Accepted"),
        (0, profile("Default", 6, unit="W"), "Accepted"),
        (2, profile("Default", 6.3, level=9), "Accepted"),
        (2, profile("Default", 6, level=10), "NotSupported"),
        (1, profile("Default", dict.fromkeys(range(24), 6)), "Accepted"),
        (1, profile("Default", dict.fromkeys(range(25), 6)), "NotSupported"),
        (1, profile("Default", {3: 6}), "Rejected"),
        (1, profile("Default", 6, valid=(None, 4)), "Rejected"),
        (1, profile("Default", 6, transactionId=1), "Rejected"),
        (0, profile("Tx", 6), "Rejected"),
        (2, profile("Tx", 6), "Rejected"),
        (2, profile("Tx", 6, transactionId=1), "Rejected"),
        (1, profile("Tx", 6), "Accepted"),
        (1, profile("Tx", 6, transactionId=1), "Accepted"),
        (1, profile("Tx", 6, transactionId=2), "Rejected"),
        (1, profile("Tx", 6, kind="Relative", valid=(0, 500)), "Accepted"),
    ],
)
async def test_which_profiles_are_taken_while_a_transaction_runs_at_connector_1(
    connector, payload, status
):
    async with lab() as bench:
        await bench.charge()
        assert await put(bench, payload, connector) == status
        assert len(numbers(bench)) == (status == "Accepted")
        said = [line for line in bench.log if "charging profile 1 refused" in line]
        assert len(said) == (status != "Accepted")


@pytest.mark.parametrize("wanted", ["Current", "Power"])
async def test_a_unit_that_is_not_allowed(wanted):
    allowed, other = ("A", "W") if wanted == "Current" else ("W", "A")
    async with lab(keys={"ChargingScheduleAllowedChargingRateUnit": wanted}) as bench:
        assert await put(bench, profile("Default", 6, unit=other)) == "NotSupported"
        assert await put(bench, profile("Default", 6, unit=allowed)) == "Accepted"
        request = {"connectorId": 1, "duration": 60}
        answer = await bench.peer.call("GetCompositeSchedule", request)
        assert answer["chargingSchedule"]["chargingRateUnit"] == allowed
        request["chargingRateUnit"] = other
        assert await bench.peer.call("GetCompositeSchedule", request) == {"status": "Rejected"}


@pytest.mark.parametrize("connector", [3, -1])
async def test_a_connector_that_is_not_there_is_an_error(connector):
    async with lab() as bench:
        request = {"connectorId": connector, "csChargingProfiles": profile("Default", 6)}
        frame = await bench.peer.raw_call("SetChargingProfile", request)
        assert (frame[0], frame[2]) == (4, "PropertyConstraintViolation")


@pytest.mark.parametrize(
    "field", ["chargingProfileKind", "chargingProfilePurpose", "recurrencyKind"]
)
async def test_unknown_words_are_errors(field):
    async with lab() as bench:
        request = {"connectorId": 0, "csChargingProfiles": profile("Default", 6) | {field: "Odd"}}
        frame = await bench.peer.raw_call("SetChargingProfile", request)
        assert (frame[0], frame[2]) == (4, "PropertyConstraintViolation")
        request = {"connectorId": 1, "duration": 60, "chargingRateUnit": "kW"}
        frame = await bench.peer.raw_call("GetCompositeSchedule", request)
        assert (frame[0], frame[2]) == (4, "PropertyConstraintViolation")


async def test_what_replaces_what():
    async with lab() as bench:
        assert await put(bench, profile("Default", 6, number=1)) == "Accepted"
        assert await put(bench, profile("Default", 7, number=2), connector=2) == "Accepted"
        assert await put(bench, profile("Default", 8, number=3), connector=0) == "Accepted"
        assert await put(bench, profile("Max", 50, number=4), connector=0) == "Accepted"
        assert await put(bench, profile("Default", 9, number=5, level=1)) == "Accepted"
        assert numbers(bench) == [1, 2, 3, 4, 5]
        assert await put(bench, profile("Default", 10, number=6)) == "Accepted"
        assert numbers(bench) == [2, 3, 4, 5, 6]
        assert await put(bench, profile("Default", 11, number=2, level=2)) == "Accepted"
        assert numbers(bench) == [3, 4, 5, 6, 2]
        assert await composite(bench, 1) == {0: 11.0}
        assert await composite(bench, 2) == {0: 8.0}


async def test_a_replacement_that_is_valid_later_leaves_a_gap():
    async with lab() as bench:
        await put(bench, profile("Default", 6, number=1))
        await put(bench, profile("Default", 6, number=2, valid=(105, None)))
        assert list((await composite(bench)).values()) == [32.0, 6.0]


async def test_only_so_many_profiles_fit():
    async with lab(keys={"MaxChargingProfilesInstalled": "2"}) as bench:
        assert await put(bench, profile("Default", 6, number=1, valid=(0, 60))) == "Accepted"
        assert await put(bench, profile("Default", 6, number=2, level=1)) == "Accepted"
        assert await put(bench, profile("Default", 6, number=3, level=2)) == "Rejected"
        assert await put(bench, profile("Default", 6, number=3, level=1)) == "Accepted"
        assert numbers(bench) == [1, 3]
        await bench.settle(60)  # the first is over and makes room
        assert await put(bench, profile("Default", 6, number=4, level=2)) == "Accepted"
        assert numbers(bench) == [3, 4]


# Clearing


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        ({}, []),
        ({"id": 2}, [1, 3, 4]),
        ({"id": 2, "connectorId": 1, "stackLevel": 7}, [1, 3, 4]),
        ({"connectorId": 0}, [3, 4]),
        ({"connectorId": 2}, [1, 2, 3]),
        ({"chargingProfilePurpose": "TxDefaultProfile"}, [1]),
        ({"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}, [1, 3]),
        ({"stackLevel": 1}, [1, 2, 4]),
        ({"connectorId": 1, "stackLevel": 0}, None),
        ({"chargingProfilePurpose": "TxProfile"}, None),
        ({"id": 5}, None),
    ],
)
async def test_what_is_cleared(criteria, left):
    async with lab() as bench:
        await put(bench, profile("Max", 50, number=1), connector=0)
        await put(bench, profile("Default", 10, number=2), connector=0)
        await put(bench, profile("Default", 8, number=3, level=1), connector=1)
        await put(bench, profile("Default", 6, number=4), connector=2)
        assert await clear(bench, **criteria) == ("Unknown" if left is None else "Accepted")
        assert numbers(bench) == ([1, 2, 3, 4] if left is None else left)


async def test_there_is_nothing_to_clear():
    async with lab() as bench:
        assert await clear(bench) == "Unknown"


# The composite schedule


async def test_purposes_are_combined():
    async with lab() as bench:
        await bench.charge()
        await put(bench, profile("Max", 10, duration=86_410), connector=0)
        limits = {0: 6, 60: 10, 120: 8, 180: 15, 260: 8}
        await put(bench, profile("Default", limits, number=2, duration=310, valid=(0, 411)))
        limits = {0: 8, 50: 11, 140: 16, 200: 6, 240: 12}
        await put(bench, profile("Tx", limits, number=3, duration=270, transactionId=1))
        x = int(bench.time)
        assert await composite(bench, unit="A") == {
            0: 8.0,
            50 - x: 10.0,
            200 - x: 6.0,
            240 - x: 10.0,
            270 - x: 8.0,
            310 - x: 10.0,
        }


async def test_profiles_are_stacked_and_cleared_one_after_the_other():
    async with lab() as bench:
        await put(bench, profile("Default", {0: 6, 100: 8, 200: 10}, number=1, duration=410))
        limits = {0: 7, 100: 9}
        await put(bench, profile("Default", limits, number=2, level=1, duration=160))
        await put(bench, profile("Max", {0: 11, 200: 12}, number=3), connector=0)
        x = int(bench.time)
        assert await composite(bench, duration=350) == {
            0: 7.0,
            100 - x: 9.0,
            160 - x: 8.0,
            200 - x: 10.0,
        }
        assert await clear(bench, id=2) == "Accepted"
        x = int(bench.time)
        expected = {0: 6.0, 100 - x: 8.0, 200 - x: 10.0}
        assert await composite(bench, duration=350) == expected
        criteria = {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
        assert await clear(bench, **criteria) == "Accepted"
        x = int(bench.time)
        assert await composite(bench, duration=350) == {0: 11.0, 200 - x: 12.0}
        assert await clear(bench) == "Accepted"
        assert await composite(bench, duration=350) == {0: 32.0}
        assert await composite(bench, duration=350, unit="W") == {0: 22080.0}


async def test_limits_in_watts_and_the_unit_that_nobody_asked_for():
    async with lab() as bench:
        await put(bench, profile("Max", 12_000, unit="W", phases=3), connector=0)
        request = {"connectorId": 1, "duration": 60}
        answer = await bench.peer.call("GetCompositeSchedule", request)
        assert answer["chargingSchedule"] == {
            "duration": 60,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 12000.0, "numberPhases": 3}],
        }
        assert await composite(bench, unit="A") == {0: 17.3}
        await put(bench, profile("Default", 8, number=2))
        assert await composite(bench) == {0: 8.0}


async def test_the_whole_station():
    async with lab(grid_current=40.0) as bench:
        assert await composite(bench, 0) == {0: 40.0}
        await put(bench, profile("Default", 6, number=1))
        await put(bench, profile("Default", 10, number=2), connector=2)
        assert await composite(bench, 0) == {0: 16.0}
        await put(bench, profile("Max", 12, number=3), connector=0)
        assert await composite(bench, 0) == {0: 12.0}
        assert await composite(bench, 0, unit="W") == {0: 8280.0}


@pytest.mark.parametrize(
    ("connector", "duration"), [(3, 60), (-1, 60), (1, 0), (1, -60), (0, 0), (1, 10**12)]
)
async def test_schedules_that_cannot_be_told(connector, duration):
    async with lab() as bench:
        request = {"connectorId": connector, "duration": duration}
        assert await bench.peer.call("GetCompositeSchedule", request) == {"status": "Rejected"}


async def test_every_tenth_can_be_told():
    async with lab() as bench:
        for tenths in range(1, 320, 7):
            await put(bench, profile("Default", tenths / 10))
            assert await composite(bench, duration=5) == {0: tenths / 10}
