"""Section 2.9: meter values, sampled and clock-aligned."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import When, differs, eq, one_of
from testbay.scenario.values import OMITTED
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.metering import RUNNING, Aligned, Apart, EverySample, Measures
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting
from testbay.suites.ocpp16.states.station import charging, get_configuration
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.9 Meter values")

SAMPLED, ALIGNED = "MeterValuesSampledData", "MeterValuesAlignedData"
NOT_OF_THE_VEHICLE = EverySample(When(differs("measurand", "SoC"), differs("location", "EV")))
RAW = EverySample(one_of("format", "Raw", OMITTED))

READINGS = (
    "The meter values of the connector under test are judged; others may come beside them.",
    "Three moments of measurement are needed: the text lets three intervals pass. A message may "
    "come later than it was measured, by settle_time.",
    "Values of the beginning of the transaction (Transaction.Begin) may come beside them.",
)


@case(
    "TC_070_CS",
    "Sampled meter values",
    before=(
        Setting("MeterValueSampleInterval", cfg.meter_value_interval),
        Setting("ClockAlignedDataInterval", "0"),
        get_configuration(key=SAMPLED),
        charging,
    ),
    readings=(
        *READINGS,
        "The text validates its step 1 as step 3, and what it calls step 2 is the state.",
        "An omitted context is Sample.Periodic, its default (7.43).",
    ),
)
async def tc_070_cs(t: StationTest) -> None:
    interval, slack = t.value(cfg.meter_value_interval), t.value(cfg.max_time_deviation)
    late = slack + t.value(cfg.settle_time)
    [samples] = await t.collect(
        t.expect(1, "MeterValues", where=RUNNING), during=3 * interval + late
    )
    t.review(
        1,
        samples,
        Apart(cfg.meter_value_interval, cfg.max_time_deviation, least=3),
        EverySample(one_of("context", "Sample.Periodic", OMITTED)),
        Measures(t.setting(SAMPLED)),
        NOT_OF_THE_VEHICLE,
        RAW,
    )


@case(
    "TC_071_CS",
    "Clock-aligned meter values",
    before=(
        Setting("MeterValueSampleInterval", "0"),
        Setting("ClockAlignedDataInterval", cfg.clock_aligned_interval),
        get_configuration(key=ALIGNED),
        charging,
    ),
    readings=(
        *READINGS,
        "A moment is aligned by the time of day of its own time stamp, with the configured "
        "deviation.",
    ),
)
async def tc_071_cs(t: StationTest) -> None:
    interval, slack = t.value(cfg.clock_aligned_interval), t.value(cfg.max_time_deviation)
    late = slack + t.value(cfg.settle_time)
    [samples] = await t.collect(
        t.expect(1, "MeterValues", where=RUNNING), during=3 * interval + late
    )
    t.review(
        1,
        samples,
        Apart(cfg.clock_aligned_interval, cfg.max_time_deviation, least=3),
        Aligned(cfg.clock_aligned_interval, cfg.max_time_deviation),
        EverySample(eq("context", "Sample.Clock")),
        Measures(t.setting(ALIGNED)),
        NOT_OF_THE_VEHICLE,
        RAW,
    )
