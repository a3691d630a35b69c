"""The command line of the reference systems."""

import asyncio
import signal
import sys

import pytest
from typer.testing import CliRunner

from testbay_reference.cli import app
from testbay_reference.csms import FAULTS as CSMS_FAULTS
from testbay_reference.station import FAULTS as STATION_FAULTS

COMMAND = (sys.executable, "-m", "testbay_reference")


@pytest.mark.parametrize(("name", "faults"), [("station", STATION_FAULTS), ("csms", CSMS_FAULTS)])
def test_faults_are_listed(name, faults):
    result = CliRunner().invoke(app, [name, "--list-faults"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()] == list(faults)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["station"], "ws://"),
        (["station", "--url", "ws://a", "--fault", "never-stop"], "never-stops"),
        (["station", "--url", "ws://a", "--key", "Nonsense=1"], "Nonsense"),
        (["station", "--url", "ws://a", "--key", "Nonsense"], "NAME=VALUE"),
        (["station", "--url", "ws://a", "--without", "Core"], "Reservation"),
        (["station", "--url", "ws://a", "--lacks", "ResetRetries"], "cannot be without it"),
        (["station", "--url", "ws://a", "--ocpp", "3"], "1.6"),
        (["csms", "--fault", "sings"], "sings"),
        (["csms", "--blocked", "B" * 21], "20 characters are the most"),
        (["csms", "--expired", "E" * 21], "20 characters are the most"),
    ],
)
def test_wrong_options_are_explained(arguments, text):
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert text in result.output


@pytest.mark.real_clock
async def test_station_and_csms_as_processes(tmp_path):
    pipe = asyncio.subprocess.PIPE
    csms = await asyncio.create_subprocess_exec(
        *COMMAND, "csms", "--port", "0", "--accept-all", stdout=pipe, stderr=pipe
    )
    station = None
    try:
        line = (await asyncio.wait_for(csms.stdout.readline(), 20)).decode()
        url = line.split("listening at ")[1].strip()
        options = ("--url", url, "--identity", "CP 1", "--state", str(tmp_path))
        station = await asyncio.create_subprocess_exec(
            *COMMAND, "station", *options, stdout=pipe, stderr=pipe
        )
        seen = ""
        while "registration: Accepted" not in seen:
            seen += (await asyncio.wait_for(station.stdout.readline(), 20)).decode()
    finally:
        for process in (station, csms):
            if process is not None and process.returncode is None:
                process.send_signal(signal.SIGTERM)
                _, errors = await asyncio.wait_for(process.communicate(), 20)
                assert (process.returncode, errors) == (0, b"")
    assert "connected to" in seen
    assert (tmp_path / "state.json").exists()
