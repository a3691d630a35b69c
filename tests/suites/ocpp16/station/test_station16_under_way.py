"""A case begins when no file is transferred and no firmware installed any more (1.3)."""

from __future__ import annotations

import pytest
from station16_lab import AT_REST, ScriptedStation, against, boot, reports

from testbay.roles.csms_model16 import UNDER_WAY, CsmsModel16
from testbay.scenario.values import Payload, Received
from testbay.suites.ocpp16.leftovers import left

DIAGNOSTICS, FIRMWARE = "DiagnosticsStatusNotification", "FirmwareStatusNotification"


def knows(action: str, status: str) -> CsmsModel16:
    model = CsmsModel16({"heartbeat_interval": 30}, {})
    model.observe(Received("m", action, Payload(status=status), 1))
    return model


@pytest.mark.parametrize("action", UNDER_WAY)
def test_what_is_under_way(action: str) -> None:
    for status in UNDER_WAY[action]:
        model = knows(action, status)
        assert model.facts.under_way == {action: status}
        assert left(model.facts)[0] == (f"a transfer or an update is under way ({action} {status})")
        again = CsmsModel16(model.config, model.known())
        assert again.facts.under_way == {action: status}
        again.observe(Received("m", action, Payload(status="Idle"), 1))
        assert (again.facts.under_way, model.facts.under_way) == ({}, {action: status})


@pytest.mark.parametrize("status", ["Idle", "Uploaded", "UploadFailed"])
def test_what_has_ended(status: str) -> None:
    assert knows(DIAGNOSTICS, status).facts.under_way == {}


async def test_its_end_is_waited_for() -> None:
    station = ScriptedStation(keys={"MeterValueSampleInterval": ("60", False)})
    station.on["begins"] = [(50.0, (DIAGNOSTICS, {"status": "Uploaded"}))]
    station._react("begins")
    run = await against(station, "TC_021_CS", {**AT_REST, "under_way": {DIAGNOSTICS: "Uploading"}})
    assert (run.verdict, run.test.recorder.remarks) == ("PASS", [])
    assert run.ended.seconds > 50


async def test_a_station_that_tells_no_end_is_restarted() -> None:
    station = ScriptedStation(keys={"MeterValueSampleInterval": ("60", False)})
    station.on["Reset"] = [(boot(), *reports())]
    run = await against(station, "TC_021_CS", {**AT_REST, "under_way": {FIRMWARE: "Installing"}})
    told = f"a transfer or an update does not end: {FIRMWARE} Installing"
    assert (run.verdict, run.test.recorder.remarks) == ("PASS", [f"restarted, because {told}"])
