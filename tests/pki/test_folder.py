"""A laboratory in a folder: made once, loaded, made anew; and what can be wrong with it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from testbay.pki import folder, inspect
from testbay.pki.disk import read_identity, read_request, read_root
from testbay.pki.errors import LabError, NoRoot
from testbay.pki.identity import Identity
from testbay.pki.issue import Draft, issue, name
from testbay.pki.lab import Lab, Place
from testbay.pki.names import KINDS, SERVERS, SIGNERS
from testbay.pki.pem import parse_key, pem_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTS = ("csms.example", "10.0.0.1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a laboratory; nobody changes it."""
    path = tmp_path_factory.mktemp("pki") / "lab"
    folder.create(path, HOSTS, "Operator", stations=["SN 1"], now=NOW)
    return path


@pytest.fixture
def lab(made: Path, tmp_path: Path) -> Path:
    """Return the folder of a laboratory that may be damaged."""
    return Path(shutil.copytree(made, tmp_path / "lab"))


def refusal(act: Callable[[], object]) -> str:
    """Return the sentence with which something is refused."""
    with pytest.raises(LabError) as caught:
        act()
    text = str(caught.value)
    assert "\n" not in text
    assert "PRIVATE" not in text.replace("BEGIN PRIVATE KEY", "")
    return text


# -- making ----------------------------------------------------------------------------------------


def test_everything_is_in_the_folder_and_its_path_leads_to_its_root(made: Path) -> None:
    lab = folder.load(made, NOW)
    assert (lab.hosts, lab.owner, lab.root_kind) == (HOSTS, "Operator", "ec")
    held = lab.held
    for kind in KINDS:
        assert all(Place("server", s, "", kind) in held for s in SERVERS)
        assert all(Place("signer", "", f, kind) in held for f in SIGNERS)
        assert Place("client", "SN 1", "", kind) in held
        assert inspect.verifies(lab.server("server", kind).chain, "", lab.root(), NOW) == ""
    assert inspect.certificate(lab.server().chain).hosts == HOSTS
    assert lab.client("SN 1") == held[Place("client", "SN 1", "", "ec")]


def test_flaws_stay_what_they_are_for_as_long_as_the_laboratory_is_used(made: Path) -> None:
    lab = folder.load(made, NOW)
    for days in (0, 365, 729):
        at = NOW + timedelta(days=days)
        assert inspect.verifies(lab.server().chain, "", lab.root(), at) == ""
        assert "expired" in inspect.verifies(lab.server("expired").chain, "", lab.root(), at)
        future = inspect.verifies(lab.server("not_yet_valid").chain, "", lab.root(), at)
        assert "is not valid before 2031-02" in future


def test_only_their_owner_can_read_the_files(made: Path) -> None:
    assert {p.stat().st_mode & 0o777 for p in made.rglob("*") if p.is_file()} == {0o600}
    assert made.stat().st_mode & 0o777 == 0o700


def test_keys_are_random(made: Path, tmp_path: Path) -> None:
    other = folder.create(tmp_path / "other", HOSTS, now=NOW)
    one = folder.load(made, NOW)
    assert one.root() != other.root()
    assert one.server().key != other.server().key
    for kind in KINDS:
        keys = [one.server(s, kind).key for s in SERVERS]
        assert len(set(keys)) == len(SERVERS)


def test_a_folder_that_is_there_and_empty_is_used(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    assert folder.create(tmp_path / "lab", HOSTS, now=NOW).hosts == HOSTS
    assert [p.name for p in tmp_path.iterdir()] == ["lab"]


def test_lab_knows_how_to_create_and_load(tmp_path: Path) -> None:
    created = Lab.create(tmp_path / "a" / "lab", ("localhost",))
    assert Lab.load(str(tmp_path / "a" / "lab")).server() == created.server()


def test_what_is_made_on_demand_lies_under_the_same_roots(made: Path) -> None:
    lab = folder.load(made, NOW)
    identity = lab.client("SN 9", "wrong_owner")
    assert inspect.verifies(identity.chain, "", lab.root("station_root"), NOW) == ""
    csr = lab.request("SN 9").csr
    signed = inspect.certificate(lab.sign_csr(csr, at=NOW))
    assert signed.not_before == NOW - timedelta(minutes=5)
    assert signed.not_before > inspect.certificate(lab.client("SN 1").chain).not_before
    assert inspect.verifies(lab.sign_csr(csr, flaw="chain", at=NOW), "", lab.root(), NOW) == ""
    assert lab.request("SN 9").key != lab.request("SN 9").key


def test_a_root_that_another_one_has_signed_is_the_same_when_asked_for_again(made: Path) -> None:
    lab = folder.load(made, NOW)
    assert (lab.successor(), lab.predecessor()) == (lab.successor(), lab.predecessor())
    assert lab.successor() != lab.predecessor()


def test_roots_may_have_rsa_keys(tmp_path: Path) -> None:
    lab = folder.create(tmp_path / "lab", HOSTS, root_kind="rsa", now=NOW)
    root = inspect.certificate(lab.root())
    assert (root.key, root.bits) == ("RSA", 2048)
    server = inspect.certificate(lab.server("server", "rsa").chain)
    assert server.signature_algorithm == "sha256WithRSAEncryption"
    chain = lab.server("server_chain", "rsa").chain
    assert {c.key for c in inspect.certificates(chain)} == {"RSA"}


# -- an own root -----------------------------------------------------------------------------------


def own_root(source: Lab) -> Identity:
    return source.held[Place("root", "csms_root", "", "ec")]


def test_an_own_root_signs_in_the_place_of_a_new_one(made: Path, tmp_path: Path) -> None:
    root = own_root(folder.load(made, NOW))
    lab = folder.create(tmp_path / "lab", HOSTS, own_root=root, now=NOW)
    assert lab.root() == root.chain
    assert inspect.verifies(lab.server("server_chain").chain, "", root.chain, NOW) == ""
    late = NOW + timedelta(days=9 * 365)
    other = folder.create(tmp_path / "other", HOSTS, own_root=root, now=late)
    span = inspect.certificate(other.server().chain)
    assert span.not_after == inspect.certificate(root.chain).not_after


def test_not_everything_can_be_a_root(made: Path, tmp_path: Path) -> None:
    source = folder.load(made, NOW)
    root = own_root(source)

    def new(identity: Identity, now: datetime = NOW) -> str:
        return refusal(lambda: folder.create(tmp_path / "lab", HOSTS, own_root=identity, now=now))

    assert "'csms.example' is not that of a root" in new(source.server())
    assert "valid from 2025-03-01 to 2036-02-27" in new(root, datetime(2040, 1, 1, tzinfo=UTC))
    assert "one certificate is expected" in new(Identity(root.chain * 2, root.key))
    between = Lab(source._keys, source._calendar)
    narrow = between.identity(Place("intermediate", "csms_root", "", "ec"))
    assert "is not that of a root" in new(narrow)
    key = parse_key(root.key)
    draft = Draft(
        purpose="authority",
        subject=name("O", "Own root"),
        key=key.public_key(),
        serial=1,
        not_before=NOW,
        not_after=NOW,
        path_length=0,
    )
    assert "'Own root' cannot be the root: its path length allows no intermediate" in new(
        Identity(pem_of(issue(draft, key)), root.key)
    )
    assert not (tmp_path / "lab").exists()


# -- stations --------------------------------------------------------------------------------------


def test_stations_get_certificates_later(lab: Path) -> None:
    path = folder.add_station(lab, "SN/2", "", "rsa")
    assert path == lab / "stations/SN%2F2-rsa.pem"
    assert read_identity(path, path.with_suffix(".key")).chain == path.read_text()
    request = Lab.seeded().request("SN-3")
    signed = folder.add_station(lab, "SN-3", request.csr)
    assert not signed.with_suffix(".key").exists()
    made = inspect.certificate(signed.read_text())
    assert (made.common_name, made.public_key) == ("SN-3", inspect.csr(request.csr).public_key)
    found = {serial: has_key for serial, _, has_key in folder.stations(lab)}
    assert found == {"SN 1": True, "SN-3": False, "SN/2": True}
    assert folder.load(lab).client("SN/2", "", "rsa").chain == path.read_text()
    assert "there is a certificate for SN/2 already" in refusal(
        lambda: folder.add_station(lab, "SN/2", "", "rsa")
    )
    assert "is not PEM" in refusal(lambda: folder.add_station(lab, "SN-4", "hello"))


# -- making anew -----------------------------------------------------------------------------------


def test_certificates_are_made_anew_under_the_same_roots(lab: Path) -> None:
    request = Lab.seeded().request("SN-3")
    folder.add_station(lab, "SN-3", request.csr)
    before = folder.load(lab, NOW)
    late = NOW + timedelta(days=1000)
    after = folder.renew(lab, ("new.example",), now=late)
    assert after.root() == before.root()
    assert after.hosts == folder.load(lab, late).hosts == ("new.example",)
    assert after.server().key != before.server().key
    assert inspect.verifies(after.server().chain, "", before.root(), late) == ""
    assert after.client("SN 1").key == before.client("SN 1").key, "stations keep their keys"
    station = inspect.certificate((lab / "stations/SN-3-ec.pem").read_text())
    assert station.public_key == inspect.csr(request.csr).public_key
    assert inspect.verifies(station.pem, "", before.root(), late) == ""
    assert folder.renew(lab, now=late).hosts == ("new.example",)


def test_a_damaged_laboratory_is_mended_by_making_it_anew(lab: Path) -> None:
    shutil.rmtree(lab / "servers")
    (lab / "signers/valid-ec.key").write_text("junk")
    assert "testbay lab renew" in refusal(lambda: folder.load(lab, NOW))
    folder.renew(lab, now=NOW)
    assert folder.load(lab, NOW).server().chain


def test_a_root_that_an_earlier_testbay_did_not_make_is_added_when_all_is_made_anew(
    lab: Path,
) -> None:
    for file in (lab / "roots").glob("v2g_root.*"):
        file.unlink()
    before = folder.load(lab, NOW)
    csr = before.request("SN 1").csr
    assert before.server().chain
    assert before.replaced({"csms_root": before.root("csms_root_2")}).lacks == {"v2g_root"}
    for ask in (lambda: before.root("v2g_root"), lambda: before.sign_csr(csr, use="v2g", at=NOW)):
        with pytest.raises(NoRoot, match="the laboratory has no v2g_root: testbay lab renew"):
            ask()
    made = folder.renew(lab, now=NOW)
    assert made.root() == before.root()
    root = folder.load(lab, NOW).root("v2g_root")
    assert root == made.root("v2g_root") == (lab / "roots/v2g_root.pem").read_text()
    (lab / "roots/v2g_root.key").unlink()
    assert "v2g_root.key" in refusal(lambda: folder.load(lab, NOW)), "half of it is damage"


# -- bad input -------------------------------------------------------------------------------------


def test_a_laboratory_is_not_overwritten(lab: Path, tmp_path: Path) -> None:
    before = (lab / "roots/csms_root.pem").read_text()
    text = refusal(lambda: folder.create(lab, HOSTS, now=NOW))
    assert text.startswith(f"there is a laboratory in {lab} already")
    assert text.endswith(f"testbay lab renew {lab}")
    assert (lab / "roots/csms_root.pem").read_text() == before
    file = tmp_path / "file"
    file.write_text("mine")
    assert refusal(lambda: folder.create(file, HOSTS)) == (
        f"{file} is a file; choose the name of a folder"
    )
    assert refusal(lambda: folder.create(tmp_path, HOSTS)) == (
        f"{tmp_path} is not empty; choose another folder"
    )
    assert file.read_text() == "mine"


def test_nothing_is_left_of_a_laboratory_that_cannot_be_made(tmp_path: Path) -> None:
    assert "without scheme" in refusal(lambda: folder.create(tmp_path / "lab", ("a:1",), now=NOW))
    assert "serial number" in refusal(
        lambda: folder.create(tmp_path / "lab", HOSTS, stations=[""], now=NOW)
    )
    assert "needs the name or the address" in refusal(
        lambda: folder.create(tmp_path / "lab", (), now=NOW)
    )
    assert "name of the operator" in refusal(
        lambda: folder.create(tmp_path / "lab", HOSTS, "", now=NOW)
    )
    (tmp_path / "file").touch()
    text = refusal(lambda: folder.create(tmp_path / "file/lab", HOSTS, now=NOW))
    assert text.startswith(f"{tmp_path}/file/lab cannot be made: ")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_what_is_no_laboratory_is_named(tmp_path: Path) -> None:
    none = tmp_path / "none"
    assert refusal(lambda: folder.load(none)) == (
        f"{none} does not exist; make one with: testbay lab new {none}"
    )
    assert refusal(lambda: folder.load(tmp_path)) == (
        f"{tmp_path} is no laboratory; make one with: testbay lab new {tmp_path}"
    )
    manifest = tmp_path / "lab.json"
    for text in ("{", "[]", "{}", '{"form": 1, "hosts": [], "owner": "x"}'):
        manifest.write_text(text)
        assert "lab.json is damaged" in refusal(lambda: folder.load(tmp_path))
    data = {"form": 99, "hosts": ["a"], "owner": "x", "root_kind": "ec"}
    manifest.write_text(json.dumps(data))
    assert "another version of testbay" in refusal(lambda: folder.load(tmp_path))


SERVER = Path("servers/server-ec.pem")
KEY = Path("servers/server-ec.key")
RENEW = "; make it anew with: testbay lab renew "


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda lab: (lab / SERVER).unlink(), "there is no file {}/servers/server-ec.pem, which"),
        (lambda lab: (lab / KEY).unlink(), "there is no file {}/servers/server-ec.key, which"),
        (lambda lab: (lab / KEY).write_text(""), "{}/servers/server-ec.key: the text is empty"),
        (lambda lab: (lab / SERVER).write_text("x"), "{}/servers/server-ec.pem: this is not PEM"),
        (
            lambda lab: (lab / SERVER).write_bytes(b"0\x82\x01\xff\x30"),
            "{}/servers/server-ec.pem is not PEM; if it is DER, openssl",
        ),
        (
            lambda lab: shutil.copy(lab / "servers/expired-ec.key", lab / KEY),
            "the private key in {}/servers/server-ec.key is not that of {}/servers/server-ec.pem",
        ),
        (
            lambda lab: [
                shutil.copy(
                    lab / f"servers/unknown_root-ec.{end}", lab / f"servers/server-ec.{end}"
                )
                for end in ("pem", "key")
            ],
            "{}/servers/server-ec.pem does not belong to csms_root: testbay stranger root, which",
        ),
        (
            lambda lab: (lab / "signers/valid-rsa.pem").unlink(),
            "there is no file {}/signers/valid-rsa.pem",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_to_do(
    lab: Path, damage: Callable[[Path], object], says: str
) -> None:
    damage(lab)
    text = refusal(lambda: folder.load(lab, NOW))
    assert text.startswith(says.replace("{}", str(lab)))
    assert text.endswith(RENEW + str(lab))
    folder.renew(lab, now=NOW)


def test_the_certificate_of_a_station_that_cannot_be_used_is_named(lab: Path) -> None:
    path = lab / "stations/SN 1-rsa.pem"
    path.write_text("x")
    for act in (folder.load, folder.renew):
        text = refusal(lambda act=act: act(lab, now=NOW))  # type: ignore[misc]
        assert text.startswith(f"{path}: this is not PEM")
        assert text.endswith(f"gets another one from: testbay lab station {lab} SERIAL")
    path.unlink()
    folder.load(lab, NOW)
    shutil.copy(lab / "servers/expired-ec.pem", lab / "stations/SN 1-ec.pem")
    shutil.copy(lab / "servers/expired-ec.key", lab / "stations/SN 1-ec.key")
    text = refusal(lambda: folder.load(lab, NOW))
    assert text.startswith(f"the certificate in {lab}/stations/SN 1-ec.pem expired on 2026-01-30")
    assert text.endswith(RENEW + str(lab))


@pytest.mark.parametrize("end", ["pem", "key"])
def test_without_its_roots_a_laboratory_is_lost(lab: Path, end: str) -> None:
    (lab / f"roots/csms_root.{end}").unlink()
    for act in (folder.load, folder.renew):
        text = refusal(lambda act=act: act(lab, now=NOW))  # type: ignore[misc]
        assert text.startswith(f"there is no file {lab}/roots/csms_root.{end}")
        assert text.endswith("make a new laboratory with testbay lab new, and install its roots")


def test_a_root_that_is_no_root_is_named(lab: Path) -> None:
    shutil.copy(lab / SERVER, lab / "roots/csms_root.pem")
    text = refusal(lambda: folder.load(lab, NOW))
    assert "roots/csms_root.pem is no root: 'csms.example' is no certificate authority" in text


def test_an_expired_laboratory_is_named_with_its_file_and_what_to_do(lab: Path) -> None:
    late = NOW + timedelta(days=731)
    assert refusal(lambda: folder.load(lab, late)) == (
        f"the certificate in {lab}/servers/server-ec.pem expired on 2028-02-29{RENEW}{lab}"
    )
    folder.renew(lab, now=late)
    assert folder.load(lab, late).server()
    too_late = NOW + timedelta(days=11 * 365)
    for act in (folder.load, folder.renew):
        assert refusal(lambda act=act: act(lab, now=too_late)) == (  # type: ignore[misc]
            f"the certificate in {lab}/roots/csms_root.pem expired on 2036-02-27"
            "; make a new laboratory with testbay lab new, and install its roots"
        )


def test_a_laboratory_of_the_future_is_named(lab: Path) -> None:
    text = refusal(lambda: folder.load(lab, NOW - timedelta(days=30)))
    assert "server-ec.pem is not valid before 2026-02-28" in text


# -- own files -------------------------------------------------------------------------------------


def test_own_files_are_read(tmp_path: Path) -> None:
    lab = Lab.seeded()
    both, root = tmp_path / "both.pem", tmp_path / "root.pem"
    identity = lab.server("server_chain", "rsa")
    both.write_text(identity.key + identity.chain)
    assert read_identity(both, at=NOW) == identity
    root.write_text("Our root\n" + lab.root() + lab.root("csms_root_2"))
    assert read_root(root, NOW) == lab.root() + lab.root("csms_root_2")
    csr = tmp_path / "a.csr"
    csr.write_text(lab.request("SN").csr)
    assert read_request(csr) == lab.request("SN").csr


def test_own_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    lab = Lab.seeded()
    cert, key, file = tmp_path / "c.pem", tmp_path / "k.pem", tmp_path / "f.pem"
    cert.write_text(lab.server().chain)
    key.write_text(lab.server().key)

    def wrong(text: str, act: Callable[[Path], object]) -> str:
        file.write_text(text)
        return refusal(lambda: act(file)).replace(str(tmp_path), "")

    assert wrong(lab.server("expired").chain + lab.server("expired").key, expect_valid) == (
        "the certificate in /f.pem expired on 2001-01-01"
    )
    assert wrong(cert.read_text(), read_identity) == (
        "/f.pem: a private key in PEM is expected, but the text holds: certificate"
    )
    assert wrong(lab.server("server", "rsa").key, lambda f: read_identity(cert, f)) == (
        "the private key in /f.pem is not that of /c.pem"
    )
    assert wrong(cert.read_text(), read_root).startswith("/f.pem is no root: '127.0.0.1' is no")
    assert wrong("junk", read_root).startswith("/f.pem: this is not PEM")
    assert wrong("junk", read_request).startswith("/f.pem: this is not PEM")
    assert wrong("x" * 1_000_001, read_root) == "/f.pem is too large for a root certificate"
    assert refusal(lambda: read_root(tmp_path)).endswith(
        " is a folder, not the file of a root certificate"
    )
    assert "there is no file" in refusal(lambda: read_identity(tmp_path / "none", key))


def expect_valid(path: Path) -> Identity:
    return read_identity(path, at=NOW)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.touch(mode=0)
    assert refusal(lambda: read_root(file)) == f"{file} cannot be read: Permission denied"
