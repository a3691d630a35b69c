"""``testbay lab``: making, showing and renewing the certificates of runs over TLS."""

from __future__ import annotations

import json
from pathlib import Path

from testbay.pki import inspect
from testbay.pki.lab import Lab

from .conftest import Cli


def refused(cli: Cli, *arguments: str | Path) -> str:
    result = cli(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    return result.err.removeprefix("testbay: ").rstrip("\n")


def test_a_laboratory_is_made_and_shown(cli: Cli, tmp_path: Path) -> None:
    made = cli("lab", "new", "lab", "--host", "csms.example", "--host", "10.0.0.1", "--owner", "O")
    assert made.code == 0
    assert "Laboratory lab, of the operator 'O', for csms.example, 10.0.0.1" in made.out
    assert "lab/roots/csms_root.pem" in made.out
    assert "lab/roots/manufacturer_root.pem" in made.out
    added = cli("lab", "station", "lab", "SN 7")
    assert added.out.splitlines() == ["lab/stations/SN 7-ec.pem", "lab/stations/SN 7-ec.key"]
    shown = cli("lab", "show", "lab")
    assert shown.code == 0
    assert len([line for line in shown.out.splitlines() if len(line) > 120]) == 0
    for words in ("not_yet_valid", "manufacturer_root_2", "for another host", "SN 7-ec.pem, with"):
        assert words in shown.out
    held = inspect.certificate((tmp_path / "lab/servers/server-ec.pem").read_text())
    assert f"valid until {held.not_after:%Y-%m-%d}." in shown.out
    assert "PRIVATE" not in made.out + shown.out


def test_a_laboratory_as_json(cli: Cli, tmp_path: Path) -> None:
    cli("lab", "new", "lab", "--station", "SN")
    told = json.loads(cli("lab", "show", "lab", "--json").out)
    assert told["hosts"] == ["127.0.0.1", "localhost"]
    assert {c["what"] for c in told["certificates"]} == {"root", "server", "signer", "client"}
    for each in told["certificates"]:
        held = inspect.certificates((tmp_path / each["file"]).read_text())[0]
        assert held.fingerprint == each["fingerprint"]
        assert held.key.lower() == each["key"]


def test_certificates_are_renewed_for_other_hosts(cli: Cli, tmp_path: Path) -> None:
    cli("lab", "new", "lab")
    root = (tmp_path / "lab/roots/csms_root.pem").read_text()
    renewed = cli("lab", "renew", "lab", "--host", "new.example")
    assert renewed.out.startswith("The certificates in lab are new, for new.example.\n")
    assert (tmp_path / "lab/roots/csms_root.pem").read_text() == root
    assert Lab.load(tmp_path / "lab").server().chain


def test_a_station_can_keep_its_key(cli: Cli, tmp_path: Path) -> None:
    cli("lab", "new", "lab", "--root-keys", "rsa")
    (tmp_path / "a.csr").write_text(Lab.seeded().request("SN").csr)
    added = cli("lab", "station", "lab", "SN", "--csr", "a.csr")
    assert added.out.splitlines() == ["lab/stations/SN-ec.pem"]
    assert "the station has the key" in cli("lab", "show", "lab").out


def test_an_own_root_signs(cli: Cli, tmp_path: Path) -> None:
    cli("lab", "new", "one")
    root, key = "one/roots/csms_root.pem", "one/roots/csms_root.key"
    assert cli("lab", "new", "two", "--root", root, "--root-key", key).code == 0
    assert (tmp_path / "two/roots/csms_root.pem").read_text() == (tmp_path / root).read_text()
    assert "give both, --root FILE and --root-key FILE" in refused(
        cli, "lab", "new", "three", "--root", root
    )
    assert "is not that of a root" in refused(
        cli,
        *("lab", "new", "three", "--root", "one/servers/server-ec.pem"),
        *("--root-key", "one/servers/server-ec.key"),
    )


def test_bad_input_is_one_sentence(cli: Cli) -> None:
    assert refused(cli, "lab", "show", "lab") == (
        "lab does not exist; make one with: testbay lab new lab"
    )
    assert "without scheme, port and path" in refused(cli, "lab", "new", "lab", "--host", "a:1")
    cli("lab", "new", "lab")
    assert "there is a laboratory in lab already" in refused(cli, "lab", "new", "lab")
    assert refused(cli, "lab", "station", "lab", "SN", "--csr", "none.csr") == (
        "there is no file none.csr, which should hold a certificate signing request"
    )
