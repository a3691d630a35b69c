"""Runs on the real clock: stopped, killed and resumed, without a SUT, against outside systems."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from .conftest import PATIENCE, Cli, Launch, lines_of

SHORT = "[values]\nsettle_time = 0.2\nconnection_timeout = 20\n"
LONG = "TC_004_2_CSMS"  # waits until the cable is not plugged in
REFERENCE = ("run", "csms", "--reference", "--lanes", "1", "--out", "run")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def waiting(line: dict[str, Any]) -> bool:
    return line["kind"] == "phase" and (line["case"], line["name"]) == (LONG, "main")


@pytest.fixture
def short(tmp_path: Path) -> Path:
    file = tmp_path / "short.toml"
    file.write_text(SHORT)
    return file


# -- ended early -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_still_writes_its_reports(
    launch: Launch, short: Path, tmp_path: Path, number: signal.Signals
) -> None:
    cases = ("--case", LONG, "--case", "TC_021_CSMS")
    run = launch(*REFERENCE, *cases, "--config", short, "--json", "v.json")
    run.until(waiting)
    code, said = run.stop(number)
    assert code == 3
    assert "The run ended early: the run was stopped by the tester" in said
    [case] = json.loads((tmp_path / "v.json").read_text())["cases"]
    assert (case["id"], case["verdict"]) == (LONG, "INCONCLUSIVE")
    assert case["reason"] == "the run was stopped by the tester"
    for name in ("report.html", "verdicts.json", "junit.xml"):
        assert (run.folder / name).stat().st_size
    assert [line["kind"] for line in lines_of(run.folder)][-1] == "run_finished"


def test_a_killed_run_goes_on_and_leaves_no_process_behind(
    launch: Launch, short: Path, tmp_path: Path
) -> None:
    short.write_text(SHORT.replace("20", "1"))
    cases = ("--case", "TC_003_CSMS", "--case", LONG)
    run = launch(*REFERENCE, *cases, "--config", short)
    run.until(waiting)
    assert run.stop(signal.SIGKILL)[0] == -signal.SIGKILL
    again = launch("run", "--resume", "run")
    said, _ = again.process.communicate(timeout=PATIENCE)
    assert again.process.returncode == 0, said
    assert "going on in run: 1 ended before and are not run again" in said
    started = [line for line in lines_of(run.folder) if line["kind"] == "case_started"]
    tried = [(line["case"], line["attempt"]) for line in started]
    assert tried == [("TC_003_CSMS", 1), (LONG, 1), (LONG, 2)]
    assert not processes("testbay.campaign.child", tmp_path)


def processes(arguments: str, folder: Path) -> list[str]:
    """Return the processes with this in their arguments that run in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            here = (entry / "cwd").resolve() == folder
            if here and arguments in (entry / "cmdline").read_text():
                found.append(entry.name)
        except OSError:
            continue
    return found


def test_the_second_ctrl_c_ends_at_once(launch: Launch, short: Path) -> None:
    run = launch(*REFERENCE, "--case", LONG, "--config", short)
    run.until(waiting)
    run.process.send_signal(signal.SIGSTOP)  # so that both have come before it looks
    run.process.send_signal(signal.SIGINT)
    run.process.send_signal(signal.SIGTERM)
    code, said = run.stop(signal.SIGCONT)
    assert code == 130
    assert "ended at once; testbay run --resume goes on with the run" in said
    assert all(json.loads(line) for line in (run.folder / "journal.jsonl").open())


def test_a_run_is_paused_and_goes_on(launch: Launch, short: Path) -> None:
    short.write_text(SHORT.replace("20", "1"))
    cases = ("--case", LONG, "--case", "TC_021_CSMS")
    run = launch(*REFERENCE, *cases, "--config", short)
    run.until(waiting)
    run.process.send_signal(signal.SIGUSR1)
    run.until(lambda line: line["kind"] == "paused")
    run.until(lambda line: line["kind"] == "case_finished")
    run.process.send_signal(signal.SIGUSR1)
    said, _ = run.process.communicate(timeout=PATIENCE)
    assert run.process.returncode == 0, said
    assert "pausing: what is running ends" in said
    assert "going on" in said
    kinds = [line["kind"] for line in lines_of(run.folder)]
    order = [k for k in kinds if k in ("case_started", "case_finished", "paused", "continued")]
    started, finished = "case_started", "case_finished"
    assert order == [started, "paused", finished, "continued", started, finished]


# -- without a system under test -------------------------------------------------------------------


def test_a_station_that_never_connects(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[connect]\nconnect_timeout = 0.2")
    address = f"127.0.0.1:{free_port()}"
    options = ("--config", "c.toml", "--listen", address, "--identity", "CP7", "--out", "run")
    result = cli("run", "station", "--group", "2.2", *options)
    assert result.code == 3
    assert f"the station that connects to ws://{address}/CP7" in result.out
    assert "the station CP7 did not connect in 0.2 s (nobody tried)" in result.out
    assert (tmp_path / "run/report.html").stat().st_size


def test_a_csms_that_cannot_be_reached(cli: Cli, tmp_path: Path) -> None:
    url = f"ws://127.0.0.1:{free_port()}/ocpp"
    result = cli("run", "csms", "--url", url, "--case", "TC_003_CSMS", "--out", "run")
    assert result.code == 3
    assert f"the CSMS at {url}/CS001 cannot be reached: connection refused" in result.out


def test_a_run_that_could_not_begin_its_cases_tries_them_again(cli: Cli, tmp_path: Path) -> None:
    url = f"ws://127.0.0.1:{free_port()}/ocpp"
    cli("run", "csms", "--url", url, "--case", "TC_003_CSMS", "--out", "run")
    assert cli("run", "--resume", "run").code == 3
    started = [line for line in lines_of(tmp_path / "run") if line["kind"] == "case_started"]
    assert [line["attempt"] for line in started] == [1, 2]


def test_a_station_under_another_identity_is_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[connect]\nconnect_timeout = 1.0")
    port, answered = free_port(), []

    def dial() -> None:
        while not answered:
            try:
                connect(f"ws://127.0.0.1:{port}/other", subprotocols=["ocpp1.6"])  # type: ignore[list-item]
            except InvalidStatus as refused:
                answered.append(refused.response.status_code)
            except OSError:
                continue

    thread = threading.Thread(target=dial, daemon=True)
    thread.start()
    options = ("--config", "c.toml", "--listen", f"127.0.0.1:{port}", "--case", "TC_003_CS")
    result = cli("run", "station", *options)
    thread.join(PATIENCE)
    assert (result.code, answered) == (3, [404])
    assert "a station with the identity 'other' was refused; CS001 is wanted" in result.out


# -- against systems outside -----------------------------------------------------------------------

Outside = Callable[..., dict[str, str]]


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    """Return a function that starts a reference system by itself and tells where it listens."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> dict[str, str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "testbay_reference", *arguments, "--control", "0"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        running.append(process)
        assert process.stdout is not None
        said: dict[str, str] = {}
        wanted = 1 if arguments[0] == "station" else 2
        while len(said) < wanted:
            if found := re.search(r"(\w+) at (\w+://[^\s,]+)", process.stdout.readline()):
                said[found[1]] = found[2]
        return said

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_a_station_of_ones_own(cli: Cli, outside: Outside, short: Path) -> None:
    port = free_port()
    said = outside("station", "--url", f"ws://127.0.0.1:{port}/ocpp", "--identity", "CP7")
    options = ("--listen", f"127.0.0.1:{port}", "--identity", "CP7", "--config", short)
    case = ("run", "station", "--case", "TC_003_CS", *options)
    asked = cli(*case)
    assert asked.code == 3
    why = "the action was not done: Plug the cable in, at the vehicle and at the station"
    assert f"{why} (no terminal and no --actions URL)" in asked.out
    done = cli(*case, "--actions", said["actions"].removesuffix("/actions"))
    assert done.code == 0, done.out


def test_a_run_that_is_killed_while_the_password_is_another_one(
    launch: Launch, outside: Outside, tmp_path: Path
) -> None:
    """It goes on with the password that the station has then, and puts the configured one back."""
    port, password = free_port(), "sixteen-or-more!"
    said = outside(
        *("station", "--url", f"ws://127.0.0.1:{port}/ocpp", "--identity", "CP7"),
        *("--security-profile", "1", "--password", password),
    )
    (tmp_path / "c.toml").write_text(
        f'[connect]\nlisten = "127.0.0.1:{port}"\nidentity = "CP7"\nsecurity_profile = 1\n'
        f'password = "{password}"\nactions = "{said["actions"].removesuffix("/actions")}"\n'
        "[values]\nsettle_time = 1.5\n"
    )
    names = ("--case", "TC_073_CS", "--case", "TC_019_CS")
    run = launch("run", "station", "--config", "c.toml", "--out", "run", *names)
    run.until(lambda line: (line["kind"], line.get("label")) == ("judged", "3"))
    run.stop(signal.SIGKILL)
    kept = tmp_path / "run/passwords.txt"
    made_up = kept.read_text().splitlines()[-1]
    assert made_up not in (tmp_path / "run/journal.jsonl").read_text()
    again = launch("run", "--resume", "run")
    told, _ = again.process.communicate(timeout=4 * PATIENCE)
    assert again.process.returncode == 0, told
    assert not kept.exists()
    journal = (tmp_path / "run/journal.jsonl").read_text()
    assert "the station shows a password that an earlier part of this run has given it" in journal
    assert made_up not in journal
    assert password not in journal


def test_a_csms_with_a_fault_of_its_own(cli: Cli, outside: Outside, tmp_path: Path) -> None:
    said = outside("csms", "--port", "0", "--fault", "sends-hard-instead-of-soft-reset")
    options = ("--url", said["listening"], "--actions", said["actions"].removesuffix("/actions"))
    cases = ("--case", "TC_013_CSMS", "--case", "TC_014_CSMS", "--out", "run")
    result = cli("run", "csms", *options, *cases)
    assert result.code == 1, result.out
    assert "1 of 2 cases failed." in result.out
    assert cli("rejudge", "run").code == 1
    assert cli("run", "--resume", "run").code == 1


@pytest.mark.parametrize("case", ["TC_E_04_CS", "TC_E_04_CSMS"])
def test_a_reference_system_of_another_version(cli: Cli, tmp_path: Path, case: str) -> None:
    sut = "csms" if case.endswith("CSMS") else "station"
    chosen = ("--ocpp", "2.0.1", "--case", case, "--out", str(tmp_path / "run"))
    assert cli("run", sut, "--reference", *chosen).code == 0
