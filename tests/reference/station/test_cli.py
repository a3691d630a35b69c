"""The command line of the reference systems."""

import asyncio
import signal
import sys

import httpx
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
        (["station", "--url", "ws://a", "--security-profile", "1"], "password"),
        (["station", "--url", "ws://a", "--csms-root", "missing.pem"], "missing.pem"),
        (["station", "--url", "ws://a", "--csms-root", __file__], "not a certificate in PEM"),
        (["station", "--url", "ws://a", "--supports", "0", "--key", "CpoName=A"], "CpoName"),
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


@pytest.mark.real_clock
async def test_a_station_goes_from_profile_2_to_3_over_real_tls(tmp_path):
    pipe, root = asyncio.subprocess.PIPE, tmp_path / "root.pem"
    password = "00112233445566778899AABBCCDDEEFF"
    served = ("--secure-port", "0", "--name", "localhost", "--root", str(root), "--control", "0")
    csms = await asyncio.create_subprocess_exec(
        *COMMAND, "csms", *served, "--port", "0", "--password", f"CP1=hex:{password}", stdout=pipe
    )
    station = None

    async def until(process, text):
        while text not in (
            line := (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        ):
            assert line
        return line

    try:
        actions = (await until(csms, "actions at ")).split("actions at ")[1].split(",")[0]
        url = (await until(csms, "at wss://")).split("listening at ")[1].strip()
        options = ("--security-profile", "2", "--password", password, "--csms-root", str(root))
        more = (
            "--profile-change",
            "reconnect",
            "--key",
            "CpoName=testbay",
            "--state",
            str(tmp_path),
        )
        address = ("--url", url.replace("127.0.0.1", "localhost"))
        station = await asyncio.create_subprocess_exec(
            *COMMAND, "station", *address, *options, *more, stdout=pipe
        )
        await until(station, "registration: Accepted")
        async with httpx.AsyncClient() as client:
            for action, seen in (
                ("renew_certificate", "a new certificate"),
                ("raise_security_profile", "connected to wss:"),
            ):
                assert (await client.post(f"{actions}/{action}")).status_code == 200
                await until(station, seen)
    finally:
        for process in (station, csms):
            if process is not None and process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await asyncio.wait_for(process.communicate(), 20)
    state = tmp_path / "state.json"
    assert state.stat().st_mode & 0o077 == 0
    assert b"BEGIN PRIVATE KEY" in state.read_bytes()
