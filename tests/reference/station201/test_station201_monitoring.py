"""Monitoring at a station whose variables support none: each question has its answer."""

from typing import Any

from station201_lab import lab201


def _monitor(component: str, variable: str) -> dict[str, Any]:
    named = {"component": {"name": component}, "variable": {"name": variable}}
    return {**named, "type": "Delta", "severity": 5, "value": 1.0}


async def test_no_variable_takes_a_monitor():
    async with lab201() as bench:
        asked = [
            _monitor("TxCtrlr", "EVConnectionTimeOut"),
            _monitor("TxCtrlr", "Other"),
            _monitor("Other", "EVConnectionTimeOut"),
        ]
        answer = await bench.peer.call("SetVariableMonitoring", {"setMonitoringData": asked})
        told = [result["status"] for result in answer["setMonitoringResult"]]
        assert told == ["UnsupportedMonitorType", "UnknownVariable", "UnknownComponent"]


async def test_there_is_nothing_to_report_or_to_clear():
    async with lab201() as bench:
        report = await bench.peer.call("GetMonitoringReport", {"requestId": 1})
        assert report == {"status": "EmptyResultSet"}
        cleared = await bench.peer.call("ClearVariableMonitoring", {"id": [1]})
        assert cleared == {"clearMonitoringResult": [{"id": 1, "status": "NotFound"}]}


async def test_a_base_and_a_level_are_taken():
    async with lab201() as bench:
        base = {"monitoringBase": "All"}
        assert await bench.peer.call("SetMonitoringBase", base) == {"status": "Accepted"}
        for severity, status in ((0, "Accepted"), (9, "Accepted"), (10, "Rejected")):
            level = await bench.peer.call("SetMonitoringLevel", {"severity": severity})
            assert level == {"status": status}


async def test_without_monitoring_it_is_not_supported():
    async with lab201(lacks=("MonitoringCtrlr.Available",)) as bench:
        kind, code, *_ = await bench.peer.ask("SetMonitoringLevel", {"severity": 3})
        assert (kind, code) == (4, "NotSupported")
