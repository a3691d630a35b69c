"""Wrong usage and wrong configuration: exit code 2 and one sentence that says what to do."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from testbay import __version__
from testbay.interfaces.cli import app

from .conftest import Cli


def refused(cli: Cli, *arguments: str | Path) -> str:
    result = cli(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert result.err.count("\n") == 1
    assert result.err.startswith("testbay: ")
    return result.err


def test_version(cli: Cli) -> None:
    result = cli("--version")
    assert (result.code, result.out) == (0, f"testbay {__version__}\n")


def test_without_a_command_the_help_is_shown(cli: Cli) -> None:
    result = cli()
    assert result.code == 2
    assert "Commands:" in result.out


def test_help_and_list_import_nothing_that_costs_time() -> None:
    code = (
        "import sys; from testbay.interfaces.cli import app; app.run(['--help']); "
        "a = {'asyncio', 'rich', 'orjson', 'testbay.scenario'} & set(sys.modules); "
        "app.run(['list']); b = {'rich', 'fastapi', 'ssl', 'websockets', 'jsonschema_rs'};"
        "print(sorted(a | (b - {'ssl'}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("fly", "no such command 'fly'"),
        ("list --sut bus", "'bus' is not one of 'station', 'csms'"),
        ("list --ocpp 3", "there is no OCPP 3 here; there is 1.6, 2.0.1"),
        ("list --group Flying", "there is no group 'Flying'; there are: "),
        ("show", "say which case to show"),
        ("show TC_003_CX", "there is no case TC_003_CX; the nearest: TC_003_CS"),
        ("run", "say what is tested: testbay run station, or testbay run csms"),
        ("run station --case TC_0003_CS", "TC_003_CS"),
        (
            "run station --case TC_E_05_CS --ocpp 1.6",
            "TC_E_05_CS is a case of OCPP 2.0.1, and OCPP 1.6 is meant here",
        ),
        ("show tc_003_cs --ocpp 2.0.1", "is a case of OCPP 1.6, and OCPP 2.0.1 is meant here"),
        (
            "run station --case TC_003_CS --case TC_E_05_CS",
            "these are cases of OCPP 1.6 and 2.0.1, and a run is of one version",
        ),
        ("run csms --case TC_E_05_CS", "TC_E_05_CS tests a station: say testbay run station"),
        ("run station --ocpp 2.0.1 --group 2.21", "there is no group '2.21'; there are: A. Sec"),
        ("run station --ocpp 2.0.1 --config no.toml", "no.toml: there is no such file"),
        ("run station --case TC_003_CSMS", "say testbay run csms --case TC_003_CSMS"),
        ("run station --group Flying", "there is no group 'Flying'"),
        ("run station --virtual", "--virtual runs in this process and needs --reference"),
        ("run csms --listen 127.0.0.1:1", "for a CSMS say --url"),
        ("run station --url ws://127.0.0.1", "for a station say --listen"),
        ("run station --reference --listen 127.0.0.1:1", "leave out --listen or --reference"),
        ("run csms --reference --url ws://127.0.0.1", "leave out --url or --reference"),
        ("run station --reference --actions http://x", "leave out --actions or --reference"),
        ("run station --lanes 2", "--lanes needs --reference"),
        ("run station --reference --virtual --lanes 2", "--lanes needs the real clock"),
        ("run csms", "say where the CSMS is: --url"),
        ("run csms --url http://127.0.0.1", "it begins with ws:// or wss://"),
        ("run station --listen 9000", "write ADDR:PORT"),
        ("run station --seed many", "--seed"),
        ("run --resume nowhere", "nowhere: there is no journal.jsonl"),
        ("run --resume nowhere --seed 7 --virtual", "leave out --virtual, --seed"),
        ("report nowhere", "nowhere is no folder of a run"),
        ("rejudge nowhere", "nowhere is no folder of a run"),
        ("prove --case TC_003_CSMS --sut station", "leave out --sut station"),
        ("prove --jobs -1", "--jobs"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(cli: Cli, arguments: str, says: str) -> None:
    assert says in refused(cli, *arguments.split())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[values]\nheartbeat_intervall = 3", "the key values.heartbeat_intervall is unknown; did"),
        (
            "[values]\nheartbeat_interval = 'x'",
            "values.heartbeat_interval is 'x', expected a whole",
        ),
        ("[connect]\nconnect_timeout = true", "connect.connect_timeout is True, expected a number"),
        ("[product]\nfixed_cable = 1", "product.fixed_cable is 1, expected true or false"),
        ("connect = 1", "connect must be a table"),
        ("[connect", "is not TOML"),
        ("[connect]\nidentity = 'A'\n[values]\nstation_id = 'B'", "leave one of them out"),
        ("[elsewhere]", "the key elsewhere is unknown"),
    ],
)
def test_a_wrong_configuration_names_file_key_and_what_fits(
    cli: Cli, tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    said = refused(cli, "run", "station", "--config", file)
    assert str(file) in said
    assert says in said


def test_a_configuration_that_is_not_there(cli: Cli) -> None:
    assert "nowhere.toml: there is no such file" in refused(
        cli, "run", "station", "--config", "nowhere.toml"
    )


def test_a_port_in_use_is_named_and_no_folder_is_made(cli: Cli, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = refused(cli, "run", "station", "--listen", address)
    assert f"cannot listen at {address}: address already in use; stop what uses it" in said
    assert not (tmp_path / "runs").exists()


def test_files_that_cannot_be_written_are_found_before_the_run(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for option in ("--json", "--junit"):
        said = refused(cli, "run", "station", "--reference", "--virtual", option, "file/verdicts")
        assert "file/verdicts cannot be written" in said


def test_a_folder_that_cannot_be_made(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = cli("run", "csms", "--reference", "--virtual", "--out", "file/run")
    assert result.code == 2
    assert "file/run/journal.jsonl cannot be written" in result.err


def test_a_bug_is_an_error_and_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError("oh")

    monkeypatch.setattr("testbay.interfaces.cli.listing.list_cases", broken)
    result = cli("list")
    assert result.code == 4
    assert "this is a bug of testbay: RuntimeError: oh" in result.err


def test_every_command_explains_its_options(cli: Cli) -> None:
    commands = [c.name for c in app.app.registered_commands if c.name]
    for command in [*commands, "show", "demo", "report", "rejudge", "prove", "config new"]:
        shown = cli(*command.split(), "--help")
        assert shown.code == 0
        undescribed = [x for x in shown.out.splitlines() if re.fullmatch(r"  --[\w-]+( \S+)?", x)]
        assert not undescribed
