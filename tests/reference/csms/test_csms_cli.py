"""The security of the CSMS on the command line."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from csms_lab import Lab
from tls_lab import PKI, authority
from typer.testing import CliRunner

from testbay.pki import inspect
from testbay_reference.cli import app

COMMAND = (sys.executable, "-m", "testbay_reference")
PASSWORD = "00112233445566778899aabbccddeeff"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with PEM files, good ones and others."""
    (tmp_path / "ca.pem").write_text(authority().chain)
    (tmp_path / "ca.key").write_text(authority().key)
    (tmp_path / "other.key").write_text(PKI.client("A").key)
    (tmp_path / "text").write_text("no PEM")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--port", "-1"], "a CSMS needs a port, a secure port, or both"),
        (["--security-profile", "4"], "there is no security profile 4"),
        (["--station-profile", "CP1=x"], "--station-profile: 'x' is not a number"),
        (["--password", "CP1=hex:x"], "pairs of hexadecimal digits"),
        (["--certificate", "ca.pem"], "--certificate and --certificate-key belong together"),
        (["--authority", "ca.pem", "--authority-key", "missing"], "No such file"),
        (["--authority", "ca.pem", "--authority-key", "text"], "is not a private key in PEM"),
        (["--authority", "ca.pem", "--authority-key", "other.key"], "does not belong to its"),
        (["--authority", "ca.key", "--authority-key", "ca.key"], "is not a certificate in PEM"),
        (["--secure-port", "0", "--client-root", "text"], "is not a certificate in PEM"),
        (["--csms-root", "binary"], "binary is not text"),
    ],
)
def test_wrong_options_are_explained(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], text: str
) -> None:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(app, ["csms", *arguments], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert text in " ".join(result.output.split())


async def test_a_port_in_use_leaves_nothing_behind(lab: Lab) -> None:
    await lab.open(port=9001)
    with pytest.raises(OSError, match="9001"):
        await lab.open(port=9002, secure_port=9001)
    await lab.open(port=9002)


@pytest.mark.real_clock
async def test_tls_between_processes(tmp_path: Path) -> None:
    pipe, root = asyncio.subprocess.PIPE, tmp_path / "root.pem"
    options = ("--port", "-1", "--secure-port", "0", "--security-profile", "2")
    files = ("--root", str(root), "--state", str(tmp_path / "csms"))
    csms = await asyncio.create_subprocess_exec(
        *COMMAND, "csms", *options, *files, "--password", f"CP1={PASSWORD}", stdout=pipe
    )
    station = None
    try:
        assert csms.stdout is not None
        line = (await asyncio.wait_for(csms.stdout.readline(), 20)).decode()
        url = line.split("listening at ")[1].strip()
        assert url.startswith("wss://127.0.0.1:")
        assert inspect.certificate(root.read_text()).authority
        options = ("--url", url, "--password", PASSWORD, "--security-profile", "2")
        station = await asyncio.create_subprocess_exec(
            *COMMAND, "station", *options, "--csms-root", str(root), stdout=pipe
        )
        assert station.stdout is not None
        seen = ""
        while "registration: Accepted" not in seen:
            line = (await asyncio.wait_for(station.stdout.readline(), 20)).decode()
            assert line, f"the station ended after: {seen}"
            seen += line
    finally:
        for process in (station, csms):
            if process is not None and process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await asyncio.wait_for(process.communicate(), 20)
                assert process.returncode == 0
