"""Runs over TLS as a tester has them: reference systems, systems of their own, what goes wrong."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbay.interfaces.cli import app

from .conftest import PATIENCE, Cli, lines_of

PASSWORD = "sixteen-or-more!"
SHORT = "[values]\nsettle_time = 0.3\nsilence_time = 0.3\n"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("made") / "lab"
    assert app.run(["lab", "new", str(folder), "--host", "127.0.0.1", "--station", "CS001"]) == 0
    return folder


@pytest.fixture
def lab(made: Path, tmp_path: Path) -> Path:
    """Return a laboratory as a tester makes one, for this test alone."""
    shutil.copytree(made, tmp_path / "lab")
    return tmp_path / "lab"


Reference = Callable[..., None]


@pytest.fixture
def reference() -> Iterator[Reference]:
    """Return a function that starts a reference system as if it were the tester's."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path) -> None:
        command = [sys.executable, "-m", "testbay_reference", *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        while "actions at" not in (line := process.stdout.readline()):
            assert line, "it did not start"

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def verdicts(folder: Path) -> dict[str, str]:
    cases = json.loads((folder / "verdicts.json").read_text())["cases"]
    return {case["id"]: case["verdict"] for case in cases}


# -- reference systems -----------------------------------------------------------------------------


def test_reference_stations_over_real_tls(cli: Cli, tmp_path: Path) -> None:
    """Three lanes with three security profiles; files travel by HTTP, HTTPS and FTP."""
    (tmp_path / "c.toml").write_text(SHORT)
    names = ("TC_084_CS", "TC_085_CS", "TC_087_CS", "TC_079_CS", "TC_045_1_CS", "TC_074_CS")
    wanted = [part for name in names for part in ("--case", name)]
    done = cli(
        *("run", "station", "--reference", "--lanes", "4", "--config", "c.toml"),
        *("--out", "run", *wanted),
    )
    assert done.code == 0, done.out
    assert verdicts(tmp_path / "run") == dict.fromkeys(names, "PASS")
    uploaded = [p for p in (tmp_path / "run/uploads").rglob("*") if p.is_file()]
    assert len(uploaded) == 2
    journal = (tmp_path / "run/journal.jsonl").read_text()
    assert "PRIVATE KEY" not in journal
    assert "testbay-password" not in journal
    assert cli("rejudge", "run").code == 0


def test_reference_csmss_over_real_tls(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(SHORT)
    names = ("TC_073_CSMS", "TC_083_CSMS", "TC_086_CSMS", "TC_087_CSMS")
    wanted = [part for name in names for part in ("--case", name)]
    done = cli(
        *("run", "csms", "--reference", "--lanes", "4", "--config", "c.toml"),
        *("--out", "run", *wanted),
    )
    assert done.code == 0, done.out
    assert verdicts(tmp_path / "run") == dict.fromkeys(names, "PASS")
    assert cli("rejudge", "run").code == 0


@pytest.mark.parametrize("sut", ["station", "csms"])
@pytest.mark.parametrize("profile", ["1", "2", "3"])
def test_every_reference_system_can_be_connected_like_this(
    cli: Cli, tmp_path: Path, sut: str, profile: str
) -> None:
    mine, other = ("TC_003_CS", "TC_087_CS") if sut == "station" else ("TC_003_CSMS", "TC_087_CSMS")
    done = cli(
        *("run", sut, "--reference", "--virtual", "--security-profile", profile, "--out", "run"),
        *("--case", mine, "--case", other),
    )
    assert done.code == 0, done.out
    expected = "PASS" if profile == "3" else "NOT APPLICABLE"
    assert verdicts(tmp_path / "run") == {mine: "PASS", other: expected}
    [started] = [x for x in lines_of(tmp_path / "run") if x["kind"] == "run_started"]
    assert started["config"]["security_profile"] == int(profile)


# -- systems of the tester's -----------------------------------------------------------------------


def configured(folder: Path, profile: int, control: int, *more: str) -> None:
    lines = (
        *("[connect]", f"security_profile = {profile}", f'password = "{PASSWORD}"'),
        *(f'actions = "http://127.0.0.1:{control}"', "connect_timeout = 4.0"),
        *("[lab]", 'folder = "lab"', SHORT, *more),
    )
    (folder / "c.toml").write_text("\n".join(lines))


def test_a_station_of_the_testers(
    cli: Cli, tmp_path: Path, lab: Path, reference: Reference
) -> None:
    listen, control, files = free_port(), free_port(), free_port()
    configured(tmp_path, 3, control, "[files]", f'https = "127.0.0.1:{files}"')
    reference(
        *("station", "--url", f"ws://127.0.0.1:{listen}", "--identity", "CS001"),
        *("--security-profile", "3", "--csms-root", lab / "roots/csms_root.pem"),
        *("--certificate", lab / "stations/CS001-ec.pem"),
        *("--private-key", lab / "stations/CS001-ec.key"),
        *("--manufacturer-root", lab / "roots/manufacturer_root.pem", "--control", str(control)),
    )
    names = ("TC_074_CS", "TC_079_CS", "TC_087_CS")
    done = cli(
        *("run", "station", "--listen", f"127.0.0.1:{listen}", "--config", "c.toml"),
        *("--out", "run", *(part for name in names for part in ("--case", name))),
    )
    assert done.code == 0, done.out
    assert f"the station that connects to wss://127.0.0.1:{listen}/CS001" in done.out
    assert "Security profile 3: with TLS and the certificate of the station" in done.out
    assert f"must trust the root certificate in {tmp_path / 'lab/roots/csms_root.pem'}" in done.out
    assert f"Files travel by https at 127.0.0.1:{files}" in done.out
    assert verdicts(tmp_path / "run") == dict.fromkeys(names, "PASS")
    [upload] = [p for p in (tmp_path / "run/uploads").rglob("*") if p.is_file()]
    assert upload.stat().st_size


PLAIN, SECURE = ("--security-profile", "1"), ("--security-profile", "2")


@pytest.mark.parametrize(
    ("station", "demanded", "told"),
    [
        (PLAIN, "2", "it connects without TLS, but security profile 2 needs wss://"),
        (SECURE, "1", "TLS came where plain HTTP is spoken: the client wants wss://"),
        (SECURE, "3", "it showed no certificate, but security profile 3 needs one"),
        (
            (*SECURE, "--csms-root", "lab/roots/stranger_root.pem"),
            "2",
            "it refused the certificate of the tool (UNKNOWN_CA); see that it trusts the root "
            "certificate in ",
        ),
    ],
)
def test_a_station_that_connects_otherwise(
    cli: Cli,
    tmp_path: Path,
    lab: Path,
    reference: Reference,
    station: tuple[str, ...],
    demanded: str,
    told: str,
) -> None:
    listen, control = free_port(), free_port()
    configured(tmp_path, int(demanded), control)
    root = () if "--csms-root" in station else ("--csms-root", lab / "roots/csms_root.pem")
    reference(
        *("station", "--url", f"ws://127.0.0.1:{listen}", "--identity", "CS001", *station, *root),
        *("--password", PASSWORD, "--control", str(control)),
    )
    done = cli(
        *("run", "station", "--listen", f"127.0.0.1:{listen}", "--config", "c.toml"),
        *("--out", "run", "--case", "TC_003_CS"),
    )
    assert done.code == 3
    [case] = json.loads((tmp_path / "run/verdicts.json").read_text())["cases"]
    assert case["verdict"] == "INCONCLUSIVE"
    assert told in case["reason"]
    assert "it must connect to ws" in case["reason"]


def test_a_csms_of_the_testers(cli: Cli, tmp_path: Path, lab: Path, reference: Reference) -> None:
    secure, control = free_port(), free_port()
    configured(tmp_path, 3, control)
    shown = (
        part
        for kind in ("ec", "rsa")
        for part in (
            *("--certificate", lab / f"servers/server-{kind}.pem"),
            *("--certificate-key", lab / f"servers/server-{kind}.key"),
        )
    )
    reference(
        *("csms", "--port", "-1", "--secure-port", str(secure), "--security-profile", "3", *shown),
        *("--client-root", lab / "roots/csms_root.pem", "--control", str(control)),
    )
    done = cli(
        *("run", "csms", "--url", f"wss://127.0.0.1:{secure}/ocpp", "--config", "c.toml"),
        *("--out", "run", "--case", "TC_087_CSMS"),
    )
    assert done.code == 0, done.out
    assert "The CSMS must trust the root certificate in " in done.out


# -- what goes wrong before a run begins -----------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text", "told"),
    [
        (("--security-profile", "2"), "", "needs the password of the station"),
        (("--security-profile", "3"), "", "needs certificates, but there are no certificates"),
        (("--security-profile", "7"), "", "there is no security profile 7; there are 0 to 3"),
        (("--lab", "nowhere"), "", "does not exist; make one with: testbay lab new"),
        ((), '[files]\nhttp = "nowhere"', "'nowhere' is no address; write ADDR:PORT"),
        ((), "[files]\nhtp = 1", "the key files.htp is unknown; did you mean http?"),
    ],
)
def test_what_goes_wrong_at_the_beginning(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], text: str, told: str
) -> None:
    (tmp_path / "c.toml").write_text(text)
    listen = f"127.0.0.1:{free_port()}"
    done = cli(
        *("run", "station", "--listen", listen, "--config", "c.toml", "--out", "run", *arguments)
    )
    assert done.code == 2
    assert told in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "run/journal.jsonl").exists()


def test_a_port_of_a_file_server_that_is_in_use(cli: Cli, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (tmp_path / "c.toml").write_text(f'[files]\nhttp = "127.0.0.1:{port}"\n')
        listen = f"127.0.0.1:{free_port()}"
        done = cli("run", "station", "--listen", listen, "--config", "c.toml", "--out", "run")
    assert done.code == 2
    assert f"the http server cannot listen at port {port} of 127.0.0.1: it is in use" in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_what_was_there_stays_where_a_file_server_cannot_begin(cli: Cli, tmp_path: Path) -> None:
    kept = tmp_path / "run/uploads/log/1/kept.bin"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"kept")
    with socket.create_server(("127.0.0.1", 0)) as server:
        (tmp_path / "c.toml").write_text(f'[files]\nhttp = "127.0.0.1:{server.getsockname()[1]}"\n')
        listen = f"127.0.0.1:{free_port()}"
        done = cli("run", "station", "--listen", listen, "--config", "c.toml", "--out", "run")
    assert done.code == 2
    assert kept.read_bytes() == b"kept"


def test_a_missing_image_is_told_before_the_file_servers_begin(cli: Cli, tmp_path: Path) -> None:
    text = '[files]\nhttp = "127.0.0.1:0"\nfirmware = "nowhere.bin"\n'
    (tmp_path / "c.toml").write_text(text)
    listen = f"127.0.0.1:{free_port()}"
    done = cli("run", "station", "--listen", listen, "--config", "c.toml", "--out", "run")
    assert done.code == 2
    assert "nowhere.bin" in done.err
    assert not (tmp_path / "run").exists()


def test_a_key_that_does_not_fit(cli: Cli, tmp_path: Path, lab: Path) -> None:
    key = lab / "servers/server-ec.key"
    key.write_text((lab / "servers/expired-ec.key").read_text())
    done = cli("run", "station", "--lab", "lab", "--out", "run")
    assert done.code == 2
    assert f"the private key in {key} is not that of" in done.err
    assert "testbay lab renew" in done.err


def test_an_expired_certificate(cli: Cli, tmp_path: Path, lab: Path) -> None:
    folder = lab / "servers"
    (tmp_path / "c.toml").write_text(
        f'[lab]\nserver_certificate = "{folder / "expired-ec.pem"}"\n'
        f'server_key = "{folder / "expired-ec.key"}"\n'
    )
    done = cli("run", "station", "--config", "c.toml", "--out", "run")
    assert done.code == 2
    assert "expired-ec.pem expired on " in done.err


def test_a_case_that_needs_a_file_server(
    cli: Cli, tmp_path: Path, lab: Path, reference: Reference
) -> None:
    listen, control = free_port(), free_port()
    (tmp_path / "c.toml").write_text(
        f'[connect]\nactions = "http://127.0.0.1:{control}"\nconnect_timeout = 10.0\n{SHORT}'
    )
    reference(
        *("station", "--url", f"ws://127.0.0.1:{listen}", "--identity", "CS001"),
        *("--control", str(control)),
    )
    done = cli(
        *("run", "station", "--listen", f"127.0.0.1:{listen}", "--config", "c.toml"),
        *("--out", "run", "--case", "TC_045_1_CS", "--case", "TC_076_CS"),
    )
    assert done.code == 3
    cases = json.loads((tmp_path / "run/verdicts.json").read_text())["cases"]
    reasons = {case["id"]: case["reason"] for case in cases}
    assert reasons["TC_045_1_CS"].startswith("there is no file server: name an address for one")
    assert reasons["TC_076_CS"].startswith("there are no certificates: make a lab with")
    assert cli("rejudge", "run").code == 3


def test_security_profiles_go_on_with_the_run(cli: Cli, tmp_path: Path) -> None:
    """What is given once is known when a run goes on."""
    arguments = ("run", "csms", "--reference", "--virtual", "--out", "run")
    cases = ("--case", "TC_087_CSMS", "--case", "TC_003_CSMS")
    assert cli(*arguments, "--security-profile", "3", *cases).code == 0
    journal = tmp_path / "run/journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    ends = [i for i, line in enumerate(lines) if '"kind":"case_finished"' in line]
    journal.write_text("".join(lines[: ends[0] + 1]))
    assert cli("run", "--resume", "run").code == 0
    assert verdicts(tmp_path / "run") == {"TC_003_CSMS": "PASS", "TC_087_CSMS": "PASS"}
    done = cli("run", "--resume", "run", "--lab", "x", "--security-profile", "1")
    assert done.code == 2
    assert "leave out --security-profile, --lab" in done.err


def test_an_upload_that_the_limit_of_the_tool_refuses(
    cli: Cli, tmp_path: Path, reference: Reference
) -> None:
    """Whoever sends more than that is not to blame: nothing was found out."""
    listen, control, files = free_port(), free_port(), free_port()
    (tmp_path / "c.toml").write_text(
        f'[connect]\nactions = "http://127.0.0.1:{control}"\n[files]\nmax_size = 0.0001\n'
        f'http = "127.0.0.1:{files}"\n{SHORT}file_transfer_time = 3.0\n'
    )
    reference(
        *("station", "--url", f"ws://127.0.0.1:{listen}", "--identity", "CS001"),
        *("--control", str(control)),
    )
    done = cli(
        *("run", "station", "--listen", f"127.0.0.1:{listen}", "--config", "c.toml"),
        *("--out", "run", "--case", "TC_045_1_CS"),
    )
    assert done.code == 3
    [case] = json.loads((tmp_path / "run/verdicts.json").read_text())["cases"]
    assert case["verdict"] == "INCONCLUSIVE"
    assert "was refused: it is larger than the 104 bytes that one upload may have" in case["reason"]
    assert cli("rejudge", "run").code == 3
