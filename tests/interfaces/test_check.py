"""``testbay check``: what cannot be so is named before a run, with an exit code."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cli

DOCS = Path(__file__).parents[2] / "docs/pics"
STATION = ("check", "station", "--reference")


def changed(tmp_path: Path, name: str = "station.toml", **answers: Any) -> Path:
    """Return a PICS with other answers; underscores stand for hyphens."""
    text = (DOCS / name).read_text("utf-8")
    for id, answer in answers.items():
        id = id.replace("_", "-") if "-" in text and f"\n{id.replace('_', '-')} = " in text else id
        written = json.dumps(answer)
        text, count = re.subn(rf"^{id} = .*$", f"{id} = {written}", text, flags=re.M)
        assert count == 1, id
    file = tmp_path / name
    file.write_text(text)
    return file


def test_a_station_that_is_as_stated(cli: Cli) -> None:
    result = cli(*STATION, "--pics", DOCS / "station.toml")
    assert result.code == 0, result.out
    assert "chargePointModel: Reference station" in result.out
    assert re.search(r"HeartbeatInterval +RW  ", result.out)
    assert re.search(r"connector_id +1 \(default\): The connector that the cases use", result.out)
    assert result.out.endswith("No contradiction, nothing missing.\n")


EXAMPLES = [file.relative_to(DOCS) for file in sorted(DOCS.rglob("*.toml"))]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_reference_systems_are_as_the_examples_state(cli: Cli, example: Path) -> None:
    sut = "csms" if example.name.startswith("csms") else "station"
    ocpp = tomllib.loads((DOCS / example).read_text("utf-8"))["ocpp"]
    result = cli("check", sut, "--reference", "--ocpp", ocpp, "--pics", DOCS / example)
    assert (result.code, result.err) == (0, ""), result.out
    assert result.out.endswith("No contradiction, nothing missing.\n")


def test_a_csms_that_is_as_configured(cli: Cli) -> None:
    result = cli("check", "csms", "--reference", "--pics", DOCS / "csms.toml")
    assert result.code == 0, result.out
    assert "Authorize with blocked_id_tag: Blocked" in result.out


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"C_05": "no"}, "C-05, against the PICS: the PICS says no"),
        ({"C_03": "no"}, "but the station lists MaxEnergyOnInvalidId"),
        ({"LocalAuthListMaxLength": 3}, "but LocalAuthListMaxLength is"),
        ({"connectors": "single"}, "but NumberOfConnectors is 2"),
        ({"software_version": "9.9"}, "its firmwareVersion is '1.0.0'"),
    ],
)
def test_a_pics_that_contradicts_the_station(
    cli: Cli, tmp_path: Path, answers: dict[str, Any], told: str
) -> None:
    result = cli(*STATION, "--pics", changed(tmp_path, **answers))
    assert result.code == 1
    assert told in " ".join(result.out.split())
    assert "1 contradiction, nothing missing." in result.out


def test_a_run_with_such_a_pics_tells_of_it_and_goes_on(cli: Cli, tmp_path: Path) -> None:
    file = changed(tmp_path, C_05="no")
    result = cli(
        "run", "station", "--reference", "--virtual", "--case", "TC_021_CS", "--pics", file
    )
    assert result.code == 0
    assert result.out.count("contradiction: C-05: the PICS says no (") == 1


def test_a_pics_that_contradicts_itself_ends_it(cli: Cli, tmp_path: Path) -> None:
    result = cli(*STATION, "--pics", changed(tmp_path, LA_0="no"))
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert "contradicts itself: LA-0 has no local authorization list, but limits" in result.err


def test_a_configuration_that_contradicts_the_station(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[values]\nstack_level = 99\n")
    case = ("--case", "TC_056_CS")
    result = cli(*STATION, "--config", "c.toml", *case)
    assert result.code == 1
    assert "values.stack_level, against the configuration: it is 99" in result.out
    unused = cli(*STATION, "--config", "c.toml", "--case", "TC_021_CS")
    assert unused.code == 0, "what the chosen cases do not use does not matter"


def test_tokens_that_a_csms_sees_otherwise(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[values]\nblocked_id_tag = "testbay-valid-1"\n')
    result = cli("check", "csms", "--reference", "--config", "c.toml", "--case", "TC_023_3_CSMS")
    assert result.code == 1
    said = " ".join(result.out.split())
    assert "values.blocked_id_tag" in said
    assert "No contradiction" not in said


def test_what_is_missing_is_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[values]\nvalid_id_tag = ""\n')
    result = cli(*STATION, "--config", "c.toml", "--case", "TC_003_CS")
    assert result.code == 1
    assert "Missing: values.valid_id_tag: it is empty, but cases use it" in result.out


def test_as_json(cli: Cli, tmp_path: Path) -> None:
    file = changed(tmp_path, C_05="no")
    result = cli(*STATION, "--pics", file, "--json", "--case", "TC_021_CS")
    assert result.code == 1
    said = json.loads(result.out)
    [system] = said["systems"]
    assert system["about"]["firmwareVersion"] == "1.0.0"
    assert {e["key"] for e in system["settings"]} > {"HeartbeatInterval", "ResetRetries"}
    [finding] = system["findings"]
    assert (finding["sort"], finding["about"]) == ("pics", "C-05")
    names = [value["name"] for value in said["values"]]
    assert "settle_time" in names
    assert "valid_id_tag" not in names
    assert said["missing"] == {}


def test_a_secret_is_masked(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[values]\nauthorization_key = 'a-secret-of-mine'\n")
    for more in ((), ("--json",)):
        result = cli(*STATION, "--config", "c.toml", "--case", "TC_019_CS", *more)
        assert result.code == 0, result.out
        assert "(secret)" in result.out
        assert "a-secret-of-mine" not in result.out


# -- OCPP 2.0.1 ------------------------------------------------------------------------------------

V201 = ("--ocpp", "2.0.1", "--case")


def test_a_201_station_that_is_as_configured(cli: Cli) -> None:
    result = cli(*STATION, *V201, "TC_B_06_CS")
    assert result.code == 0, result.out
    assert "vendorName: Testbay" in result.out
    assert re.search(r"GetBaseReport FullInventory: \d+ variables in \d parts", result.out)
    assert re.search(r"OCPPCommCtrlr.OfflineThreshold +RW  300 s\n", result.out)
    assert re.search(r"SecurityCtrlr.BasicAuthPassword +W   \(not shown\)\n", result.out)
    assert re.search(r"Connector@2.1.ConnectorType +R   sType2\n", result.out)
    assert re.search(r"evse_count +2 \(default\): How many EVSEs the station has", result.out)
    assert result.out.endswith("No contradiction, nothing missing.\n")


def test_no_201_reference_station_contradicts_itself(cli: Cli) -> None:
    result = cli(*STATION, "--ocpp", "2.0.1")
    assert result.code == 0, result.out
    assert result.out.count("The station, the reference system ") > 5


def test_a_201_csms_that_is_as_configured(cli: Cli) -> None:
    result = cli("check", "csms", "--reference", *V201, "TC_B_01_CSMS")
    assert result.code == 0, result.out
    assert "Authorize with valid_idtoken_idtoken: Accepted" in result.out


def test_a_configuration_that_contradicts_a_201_station(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[values]\nconfiguration_slot = 9\n")
    result = cli(*STATION, *V201, "TC_B_45_CS", "--config", "c.toml", "--json")
    assert result.code == 1
    [system] = json.loads(result.out)["systems"]
    [finding] = system["findings"]
    assert (finding["sort"], finding["about"]) == ("configuration", "values.configuration_slot")
    assert system["settings"][0]["component"] == {"name": "ChargingStation"}
    unused = cli(*STATION, *V201, "TC_B_06_CS", "--config", "c.toml")
    assert unused.code == 0, "what the chosen cases do not use does not matter"


def test_a_secret_in_a_device_model_is_masked(cli: Cli, tmp_path: Path) -> None:
    secret = "Reference station"  # which a variable shows
    (tmp_path / "c.toml").write_text(f"[connect]\npassword = '{secret}'\n")
    for more in ((), ("--json",)):
        result = cli(*STATION, *V201, "TC_B_06_CS", "--config", "c.toml", *more)
        rows = [line for line in result.out.splitlines() if "Model" in line or "settings" in line]
        assert rows
        assert secret not in " ".join(rows), rows


# -- a system of one's own -------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Return a function that starts a reference system by itself, and says where it listens."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> str:
        process = subprocess.Popen(
            [sys.executable, "-m", "testbay_reference", *arguments, "--control", "0"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        running.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"listening at (\w+://[^\s,]+)", line):
                return found[1]
            if arguments[0] == "station":
                return ""
        raise AssertionError("it said nothing")

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_a_station_that_connects(cli: Cli, outside: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[values]\nsettle_time = 0.2\n")
    port = free_port()
    outside("station", "--url", f"ws://127.0.0.1:{port}/ocpp", "--identity", "CP7")
    options = ("--listen", f"127.0.0.1:{port}", "--identity", "CP7", "--config", "c.toml")
    result = cli("check", "station", "--pics", DOCS / "station.toml", *options)
    assert f"Waiting for the station at ws://127.0.0.1:{port}/CP7" in result.out
    assert "settings:" in result.out, result.out
    assert "Missing: [lab]:" in result.out
    assert "Missing: [files]:" in result.out
    assert result.code == 1


def test_a_csms_that_is_dialled(cli: Cli, outside: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[values]\nsettle_time = 0.2\n")
    url = outside("csms", "--port", "0", "--token", "TESTBAY-VALID-1")
    case = ("--case", "TC_003_CSMS", "--config", "c.toml")
    assert cli("check", "csms", "--url", url, *case).code == 0
    other = cli("check", "csms", "--url", url, "--case", "TC_023_3_CSMS", "--config", "c.toml")
    assert other.code == 1
    assert "the CSMS says Invalid to it, but the cases need Blocked" in " ".join(other.out.split())


def test_nobody_is_there(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[connect]\nconnect_timeout = 0.2\n")
    address = f"127.0.0.1:{free_port()}"
    case = ("--case", "TC_021_CS", "--config", "c.toml")
    result = cli("check", "station", "--listen", address, *case)
    assert result.code == 3
    assert "not asked: the station CS001 did not connect in 0.2 s" in result.out


def test_an_address_that_is_in_use(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        result = cli("check", "station", "--listen", address, "--json")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "cannot listen" in result.err
