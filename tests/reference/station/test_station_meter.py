"""Meter values: when, of what, and in StopTransaction."""

from datetime import UTC, datetime

import pytest
from station_lab import lab

from testbay_reference.timing import moment, next_aligned

ENERGY = "Energy.Active.Import.Register"


def readings(payload):
    """Return the values of the first meterValue by measurand and phase."""
    values = payload["meterValue"][0]["sampledValue"]
    return {(entry["measurand"], entry.get("phase")): entry for entry in values}


def seconds(payloads):
    """Return the time stamps in s since the first day."""
    stamps = [moment(entry["meterValue"][0]["timestamp"]) for entry in payloads]
    return [(stamp - datetime(2030, 1, 1, tzinfo=UTC)).total_seconds() for stamp in stamps]


async def test_sampled_values_come_from_the_start_of_the_transaction():
    async with lab() as bench:
        await bench.set(MeterValueSampleInterval=20)
        await bench.do("plug_in")
        await bench.settle(3)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        begun = bench.time
        await bench.settle(70)
        payloads = bench.peer.payloads("MeterValues")
        stamps = seconds(payloads)
        assert [round(stamp - begun) for stamp in stamps] == [20, 40, 60]
        assert {entry["transactionId"] for entry in payloads} == {1}
        values = [int(readings(entry)[ENERGY, None]["value"]) for entry in payloads]
        assert values == [61, 122, 184]
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.settle(100)
        assert len(bench.peer.sent("MeterValues")) == 3


async def test_units_locations_phases():
    items = f"{ENERGY},Power.Active.Import,Current.Import,Voltage.L2,SoC,Power.Offered"
    async with lab(keys={"MeterValuesSampledData": items}) as bench:
        await bench.charge()
        await bench.settle(65)
        found = readings(bench.peer.payloads("MeterValues")[0])
        shown = {
            key: (entry["value"], entry["unit"], entry["location"]) for key, entry in found.items()
        }
        assert shown == {
            (ENERGY, None): ("184", "Wh", "Outlet"),
            ("Power.Active.Import", None): ("11040", "W", "Outlet"),
            ("Power.Offered", None): ("22080", "W", "Outlet"),
            ("Current.Import", "L1"): ("16.0", "A", "Outlet"),
            ("Current.Import", "L2"): ("16.0", "A", "Outlet"),
            ("Current.Import", "L3"): ("16.0", "A", "Outlet"),
            ("Voltage", "L2-N"): ("230.0", "V", "Outlet"),
            ("SoC", None): ("20", "Percent", "EV"),
        }
        assert {entry["context"] for entry in found.values()} == {"Sample.Periodic"}


async def test_an_empty_list_means_the_energy_register():
    async with lab(keys={"MeterValuesSampledData": ""}) as bench:
        await bench.charge()
        await bench.settle(65)
        assert list(readings(bench.peer.payloads("MeterValues")[0])) == [(ENERGY, None)]


async def test_aligned_values_bear_aligned_times():
    async with lab() as bench:
        await bench.set(MeterValueSampleInterval=0, ClockAlignedDataInterval=25)
        await bench.settle(60)
        assert bench.peer.sent("MeterValues") == []
        await bench.charge()
        await bench.settle(80)
        payloads = bench.peer.payloads("MeterValues")
        assert seconds(payloads) == [75, 100, 125]
        value = readings(payloads[0])[ENERGY, None]
        assert (value["context"], value["value"]) == ("Sample.Clock", "29")
        await bench.do("unplug")
        await bench.settle(80)
        assert len(bench.peer.sent("MeterValues")) == 3


async def test_intervals_can_change_during_a_transaction():
    async with lab(keys={"MeterValueSampleInterval": "0"}) as bench:
        await bench.charge()
        begun = bench.time
        await bench.settle(15)
        await bench.set(MeterValueSampleInterval=10)
        await bench.settle(12)
        await bench.set(MeterValueSampleInterval=0, ClockAlignedDataInterval=60)
        await bench.settle(60)
        stamps = seconds(bench.peer.payloads("MeterValues"))
        assert [round(stamp - begun) for stamp in stamps[:1]] == [20]
        assert stamps[1:] == [60]


@pytest.mark.parametrize(
    ("now", "interval", "point"),
    [
        ("2030-01-01T00:00:00Z", 900, "2030-01-01T00:15:00Z"),
        ("2030-01-01T00:14:59.999Z", 900, "2030-01-01T00:15:00Z"),
        ("2030-01-01T23:59:30Z", 7, "2030-01-01T23:59:33Z"),
        ("2030-01-01T23:59:59Z", 7, "2030-01-02T00:00:00Z"),
        ("2030-01-01T12:00:00Z", 86400, "2030-01-02T00:00:00Z"),
    ],
)
def test_points_of_an_aligned_interval(now, interval, point):
    assert next_aligned(moment(now), interval) == moment(point)


async def test_stop_transaction_tells_begin_samples_and_end():
    keys = {
        "StopTxnSampledData": ENERGY,
        "StopTxnAlignedData": "SoC",
        "MeterValueSampleInterval": "30",
        "ClockAlignedDataInterval": "40",
    }
    async with lab(keys=keys) as bench:
        await bench.charge()
        await bench.settle(50)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        data = bench.peer.payloads("StopTransaction")[0]["transactionData"]
        shown = [
            (entry["sampledValue"][0]["context"], [v["measurand"] for v in entry["sampledValue"]])
            for entry in data
        ]
        assert shown == [
            ("Transaction.Begin", [ENERGY, "SoC"]),
            ("Sample.Periodic", [ENERGY]),
            ("Sample.Clock", ["SoC"]),
            ("Transaction.End", [ENERGY, "SoC"]),
        ]


async def test_empty_lists_put_nothing_into_stop_transaction():
    async with lab(keys={"StopTxnSampledData": ""}) as bench:
        await bench.charge()
        await bench.settle(70)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert "transactionData" not in bench.peer.payloads("StopTransaction")[0]


async def test_too_many_values_lose_intermediate_ones():
    keys = {"StopTransactionMaxMeterValues": "5", "MeterValueSampleInterval": "10"}
    async with lab(keys=keys) as bench:
        await bench.charge()
        await bench.settle(205)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        data = bench.peer.payloads("StopTransaction")[0]["transactionData"]
        contexts = [entry["sampledValue"][0]["context"] for entry in data]
        assert contexts[0] == "Transaction.Begin"
        assert contexts[-1] == "Transaction.End"
        assert len(data) <= 5
        stamps = [entry["timestamp"] for entry in data]
        assert stamps == sorted(stamps)


async def test_no_energy_flows_while_suspended():
    async with lab(keys={"MeterValueSampleInterval": "0"}, power=3600.0) as bench:
        await bench.charge()
        await bench.settle(100)
        await bench.do("ev_not_ready")
        await bench.settle(1000)
        await bench.do("ev_ready")
        await bench.settle(50)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        meter = bench.peer.payloads("StopTransaction")[0]["meterStop"]
        assert meter == pytest.approx(150, abs=2)


async def test_the_resolution_of_the_meter():
    async with lab(meter_resolution=100.0) as bench:
        await bench.charge()
        await bench.settle(65)
        found = readings(bench.peer.payloads("MeterValues")[0])
        assert found[ENERGY, None]["value"] == "100"
