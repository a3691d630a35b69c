"""What vehicles may draw: limits of sessions, connectors and the station, now and over restarts."""

import pytest
from limit_lab import clear, composite, drawn, numbers, profile, put, remote_start
from station_lab import lab

from testbay_reference.store import Store

POWER = "Power.Active.Import"


# What vehicles draw


async def test_a_running_session_follows_its_limits():
    items = f"{POWER},Current.Import,Power.Offered,Current.Offered"
    async with lab(keys={"MeterValuesSampledData": items}) as bench:
        await bench.charge()
        assert drawn(bench) == 11040.0
        limits = {0: 6, 60: 10, 120: 20}
        await put(bench, profile("Default", limits, duration=180))
        assert drawn(bench) == 4140.0
        await bench.settle(60 - bench.time)
        assert drawn(bench) == 6900.0
        await bench.settle(8)
        values = bench.peer.payloads("MeterValues")[0]["meterValue"][0]["sampledValue"]
        assert [value["value"] for value in values] == ["6900", *["10.0"] * 3, "6900", "10.0"]
        await bench.settle(121 - bench.time)
        assert drawn(bench) == 11040.0
        assert bench.station.outlets[1].offered == 13800.0
        await bench.settle(181 - bench.time)
        assert bench.station.outlets[1].offered == 22080.0
        assert bench.peer.statuses()[-1] == "Charging"


async def test_the_register_counts_what_was_let_through():
    async with lab() as bench:
        await put(bench, profile("Default", {0: 0, 100: 5, 3_700: 10}))
        await bench.charge()
        await bench.settle(100 - bench.time)
        assert bench.station.outlets[1].meter.read(bench.time) == 0
        await bench.settle(3_700 - bench.time)
        assert bench.station.outlets[1].meter.exact(bench.time) == pytest.approx(3450)


async def test_a_limit_of_zero_suspends_and_a_greater_one_resumes():
    async with lab() as bench:
        await put(bench, profile("Default", {0: 16, 30: 0, 60: 8}))
        await bench.charge()
        await bench.settle(31 - bench.time)
        assert bench.peer.statuses()[-1] == "SuspendedEVSE"
        assert drawn(bench) == 0.0
        await bench.do("ev_not_ready")
        assert bench.peer.statuses()[-1] == "SuspendedEVSE"
        await bench.settle(61 - bench.time)
        assert bench.peer.statuses()[-1] == "SuspendedEV"
        await bench.do("ev_ready")
        assert (bench.peer.statuses()[-1], drawn(bench)) == ("Charging", 5520.0)
        assert await clear(bench) == "Accepted"
        assert drawn(bench) == 11040.0
        moments = [call.time for call in bench.peer.sent("StatusNotification")][-3:-1]
        assert moments == pytest.approx([30, 60], abs=0.1)


async def test_a_session_can_begin_suspended():
    async with lab() as bench:
        await put(bench, profile("Max", 0), connector=0)
        await bench.charge()
        assert bench.peer.statuses() == ["Available", "Preparing", "SuspendedEVSE"]
        await clear(bench)
        assert bench.peer.statuses()[-1] == "Charging"


async def test_a_new_default_limit_counts_for_the_running_session():
    async with lab() as bench:
        await bench.charge()
        assert await put(bench, profile("Default", 6)) == "Accepted"
        assert (drawn(bench), await composite(bench)) == (4140.0, {0: 6.0})
        assert await put(bench, profile("Default", 8, number=2), connector=0) == "Accepted"
        assert drawn(bench) == 4140.0
        await clear(bench, id=1)
        assert drawn(bench) == 5520.0
        await clear(bench)
        assert (drawn(bench), await composite(bench)) == (11040.0, {0: 32.0})


async def test_the_limit_of_the_station_is_shared():
    async with lab() as bench:
        await put(bench, profile("Max", 20), connector=0)
        await bench.charge("TAG1", 1)
        assert drawn(bench, 1) == 11040.0
        await bench.charge("TAG2", 2)
        assert (drawn(bench, 1), drawn(bench, 2)) == (6900.0, 6900.0)
        await put(bench, profile("Tx", 4, number=2), connector=1)
        assert (drawn(bench, 1), drawn(bench, 2)) == (2760.0, 11040.0)
        await bench.do("ev_not_ready", connector=2)
        assert drawn(bench, 1) == 2760.0
        await clear(bench, id=2)
        assert drawn(bench, 1) == 11040.0
        await bench.do("ev_ready", connector=2)
        assert (drawn(bench, 1), drawn(bench, 2)) == (6900.0, 6900.0)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert (drawn(bench, 1), drawn(bench, 2)) == (0.0, 11040.0)
        assert bench.peer.statuses(2).count("Charging") == 2  # only its own pause was told


async def test_who_charges_inefficiently_below_a_rate_waits():
    async with lab() as bench:
        await put(bench, profile("Max", 10), connector=0)
        await put(bench, profile("Default", 16, number=2, least=6), connector=0)
        await bench.charge("TAG1", 1)
        await bench.charge("TAG2", 2)
        assert (drawn(bench, 1), drawn(bench, 2)) == (6900.0, 0.0)
        assert bench.peer.statuses(2)[-1] == "SuspendedEVSE"
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert (drawn(bench, 2), bench.peer.statuses(2)[-1]) == (6900.0, "Charging")


async def test_the_grid_connection_is_shared_without_any_profile():
    async with lab(grid_current=16.0, without=("SmartCharging",)) as bench:
        await bench.charge("TAG1", 1)
        await bench.charge("TAG2", 2)
        assert (drawn(bench, 1), drawn(bench, 2)) == (5520.0, 5520.0)


async def test_phases_are_switched_during_a_session():
    items = {"MeterValuesSampledData": "Current.Import"}
    async with lab(keys=items) as bench:
        await bench.charge()
        await put(bench, profile("Default", 10, phases=1))
        assert drawn(bench) == 2300.0
        await bench.settle(65)
        values = bench.peer.payloads("MeterValues")[0]["meterValue"][0]["sampledValue"]
        assert [value["value"] for value in values] == ["10.0", "0.0", "0.0"]


async def test_phases_are_kept_where_they_cannot_be_switched():
    async with lab(keys={"ConnectorSwitch3to1PhaseSupported": "false"}) as bench:
        await bench.charge("TAG1", 1)
        await put(bench, profile("Default", 12, phases=1), connector=0)
        assert (drawn(bench, 1), bench.station.outlets[1].phases) == (2760.0, 3)
        assert await composite(bench, 1) == {0: 4.0}
        await bench.charge("TAG2", 2)
        await clear(bench)
        assert (drawn(bench, 2), bench.station.outlets[2].phases) == (3680.0, 1)


async def test_a_station_with_one_phase():
    async with lab(phases=1, power=3680.0) as bench:
        await bench.charge()
        assert drawn(bench) == 3680.0
        await put(bench, profile("Default", 10, phases=3))
        assert drawn(bench) == 2300.0
        assert await composite(bench, unit="W") == {0: 2300.0}


async def test_an_invalid_token_gets_its_energy_at_the_limited_rate():
    script = {"StartTransaction": {"idTagInfo": {"status": "Invalid"}}}
    async with lab(script) as bench:
        await bench.set(MaxEnergyOnInvalidId=69, StopTransactionOnInvalidId=False)
        await put(bench, profile("Default", 2))  # 1380 W: 69 Wh take 180 s
        await bench.charge()
        await bench.settle(178)
        assert bench.peer.statuses()[-1] == "Charging"
        await bench.settle(3)
        assert bench.peer.statuses()[-1] == "SuspendedEVSE"


# Sessions


async def test_a_session_limit_ends_with_its_transaction():
    async with lab() as bench:
        await put(bench, profile("Default", 10, number=1))
        await bench.charge()
        await put(bench, profile("Tx", 6, number=2, transactionId=1))
        assert (drawn(bench), await composite(bench)) == (4140.0, {0: 6.0})
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert numbers(bench) == [1]
        assert await clear(bench, id=2) == "Unknown"
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert (drawn(bench), await composite(bench)) == (6900.0, {0: 10.0})


async def test_a_remote_start_with_a_limit():
    async with lab() as bench:
        await bench.do("plug_in")
        session = profile("Tx", {0: 6, 100: 10}, number=5, kind="Relative")
        assert await remote_start(bench, chargingProfile=session) == "Accepted"
        assert (drawn(bench), numbers(bench)) == (4140.0, [5])
        assert await composite(bench) == {0: 6.0, 101: 10.0}  # begun between two seconds
        await put(bench, profile("Tx", 8, number=6, transactionId=1))
        assert numbers(bench) == [6]  # the same stack level
        await put(bench, profile("Tx", 9, number=7, level=1, transactionId=1, duration=50))
        assert numbers(bench) == [6, 7]
        await bench.peer.call("RemoteStopTransaction", {"transactionId": 1})
        await bench.settle()
        assert numbers(bench) == []


async def test_a_limit_waits_with_its_remote_start_for_the_cable():
    async with lab() as bench:
        await bench.set(ConnectionTimeOut=30)
        session = profile("Tx", 6, kind="Relative")
        assert await remote_start(bench, chargingProfile=session) == "Accepted"
        assert numbers(bench) == []
        await bench.settle(40)  # nobody came
        await bench.charge("TAG2")
        assert (drawn(bench), numbers(bench)) == (11040.0, [])
        assert await remote_start(bench, 2, chargingProfile=session) == "Accepted"
        await bench.do("plug_in", connector=2)
        assert (drawn(bench, 2), numbers(bench)) == (4140.0, [1])


@pytest.mark.parametrize(
    "wrong",
    [
        profile("Default", 6),
        profile("Max", 6),
        profile("Tx", 6, transactionId=1),
        profile("Tx", {9: 6}),
        profile("Tx", 6, level=10),
        profile("Tx", 6, valid=(None, 2)),
    ],
)
async def test_remote_starts_with_profiles_that_are_not_possible(wrong):
    async with lab() as bench:
        await bench.do("plug_in")
        assert await remote_start(bench, chargingProfile=wrong) == "Rejected"
        assert bench.peer.statuses()[-1] == "Preparing"
        assert await remote_start(bench) == "Accepted"


async def test_a_remote_start_whose_profile_does_not_fit():
    async with lab(keys={"MaxChargingProfilesInstalled": "1"}) as bench:
        await put(bench, profile("Default", 10))
        session = profile("Tx", 6, number=2)
        assert await remote_start(bench, chargingProfile=session) == "Rejected"
        await clear(bench)
        assert await remote_start(bench, chargingProfile=session) == "Accepted"
        await put(bench, profile("Default", 10))  # came in between
        await bench.do("plug_in")
        assert (drawn(bench), numbers(bench)) == (6900.0, [1])


async def test_changes_that_are_ages_away_do_no_harm():
    async with lab() as bench:
        await put(bench, profile("Default", {0: 6, 10**18: 8}))
        await bench.charge()
        await bench.settle(200_000)
        assert drawn(bench) == 4140.0


async def test_limits_hold_offline():
    async with lab() as bench:
        await bench.set(AllowOfflineTxForUnknownId=True)
        await bench.charge("TAG1", 1)
        await put(bench, profile("Tx", {0: 6, 60: 8}, number=1))
        await put(bench, profile("Default", 10, number=2), connector=0)
        await bench.offline()
        await bench.charge("TAG2", 2)
        await bench.settle(61 - bench.time)
        assert (drawn(bench, 1), drawn(bench, 2)) == (5520.0, 6900.0)


# Restarts


@pytest.mark.parametrize("kind", ["Soft", "Hard"])
async def test_profiles_survive_a_reset_and_those_of_sessions_do_not(kind):
    async with lab() as bench:
        await put(bench, profile("Max", {0: 20, 90: 16}, kind="Relative", number=1), connector=0)
        await put(bench, profile("Default", 10, number=2))
        await bench.charge()
        await put(bench, profile("Tx", 6, number=3))
        expected = await composite(bench, 2)
        await bench.peer.call("Reset", {"type": kind})
        await bench.settle(10)
        assert numbers(bench) == [1, 2]
        later = await composite(bench, 2)
        assert list(later.values()) == list(expected.values()) == [20.0, 16.0]
        assert abs(max(expected) - max(later) - 10) < 2


async def test_profiles_survive_the_program():
    store = Store()
    async with lab(store=store) as bench:
        await put(bench, profile("Default", 10, number=2))
        await bench.charge()
        await put(bench, profile("Tx", 6, number=3))
    async with lab(store=store) as bench:
        assert numbers(bench) == [2]
        await bench.charge()
        assert drawn(bench) == 6900.0


async def test_a_session_that_goes_on_after_a_loss_of_power_keeps_its_limit():
    async with lab(power_loss="resume") as bench:
        await bench.charge()
        session = profile("Tx", {0: 6, 600: 8}, number=3, kind="Relative")
        await put(bench, session)
        before = await composite(bench, duration=900)
        await bench.do("power_cycle")
        await bench.settle(20)
        assert (drawn(bench), numbers(bench)) == (4140.0, [3])
        after = await composite(bench, duration=900)
        assert list(after.values()) == [6.0, 8.0]
        assert 19 < max(before) - max(after) < 23
