"""What a run is given for security and files: what is wrong with it is said in one sentence."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testbay.campaign import suites
from testbay.campaign.config import Configuration, load
from testbay.campaign.credentials import (
    file_servers,
    firmware_of,
    keyring,
    log_location,
    needs,
    root_path,
    secured,
)
from testbay.campaign.wrong import Wrong
from testbay.clock.wall import now
from testbay.pki import firmware, inspect
from testbay.pki.dates import Calendar
from testbay.pki.folder import create
from testbay.pki.keys import Random
from testbay.pki.lab import Lab

PASSWORD = "sixteen-or-more!"
SUITE = suites.load("1.6")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("lab") / "lab"
    create(folder, ("lab.test", "127.0.0.1"), stations=("CS001",))
    return folder


@functools.cache
def another() -> Lab:
    return Lab(Random(), Calendar.at(now()))


def write(folder: Path, text: str) -> Path:
    path = folder / "c.toml"
    path.write_text(text)
    return path


def given(folder: Path, text: str = "", sut: str = "station", **options: Any) -> Configuration:
    part, path = SUITE.part(sut), write(folder, text)
    found = load(path, part.values, part.features)
    found = replace(found, connect=replace(found.connect, identity="CS001"))
    how: dict[str, Any] = {"profile": None, "lab": "", "reference": False, **options}
    return secured(found, path, sut, **how)


# -- profile and password --------------------------------------------------------------------------


def test_without_a_security_profile_nothing_is_demanded(tmp_path: Path) -> None:
    found = given(tmp_path)
    assert (found.connect.security_profile, found.connect.password) == (0, "")
    assert found.product["on_profile_0"]
    assert keyring(found, "station") is None
    assert file_servers(found, None, None) is None
    assert needs(found, "station") == []


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        (f'[connect]\nsecurity_profile = 2\npassword = "{PASSWORD}"', None),
        (f'[values]\nsecurity_profile = 2\nauthorization_key = "{PASSWORD}"', None),
        (f'[connect]\nsecurity_profile = 1\npassword = "{PASSWORD}"', 2),
        (
            f'[connect]\nsecurity_profile = 2\npassword = "{PASSWORD}"\n'
            f'[values]\nsecurity_profile = 2\nauthorization_key = "{PASSWORD}"',
            None,
        ),
    ],
)
def test_profile_and_password_are_said_once(tmp_path: Path, text: str, profile: int | None) -> None:
    found = given(tmp_path, text, profile=profile)
    assert (found.connect.security_profile, found.values["security_profile"]) == (2, 2)
    assert found.connect.password == found.values["authorization_key"] == PASSWORD
    assert [n for n in range(4) if found.product[f"on_profile_{n}"]] == [2]
    assert PASSWORD not in repr(found.connect)


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("[connect]\nsecurity_profile = 4", {}, "there is no security profile 4; there are 0 to 3"),
        ("", {"profile": -1}, "there is no security profile -1"),
        ("[connect]\nsecurity_profile = 1", {}, "security profile 1 needs the password"),
        ("", {"profile": 2}, '[connect] password = "..." in the configuration'),
        (
            "[connect]\nsecurity_profile = 1\n[values]\nsecurity_profile = 2",
            {},
            "connect.security_profile and values.security_profile are the same thing, but differ "
            "(1 and 2)",
        ),
        (
            '[connect]\npassword = "one"\n[values]\nauthorization_key = "two"',
            {},
            "are the same thing, but differ; leave one of them out",
        ),
        ("[product]\non_profile_2 = true", {}, "on_profile_2 is no property of the product"),
        (
            '[connect]\nurl = "ws://x"',
            {"sut": "csms", "profile": 3},
            "must begin with wss://, but it is ws://x",
        ),
        (
            '[connect]\nurl = "wss://x"\npassword = "p"',
            {"sut": "csms", "profile": 1},
            "security profile 1 is not encrypted",
        ),
    ],
)
def test_what_does_not_go_together(
    tmp_path: Path, text: str, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(Wrong) as wrong:
        given(tmp_path, text, **options)
    assert told in str(wrong.value)


def test_the_reference_brings_its_password_along(tmp_path: Path) -> None:
    assert given(tmp_path, reference=True, profile=1).connect.password == "testbay-password"
    assert given(tmp_path, reference=True, profile=3).connect.password == ""


# -- certificates ----------------------------------------------------------------------------------


def test_a_laboratory(tmp_path: Path, lab: Path) -> None:
    found = given(tmp_path, profile=3, lab=str(lab))
    ring = keyring(found, "station")
    assert ring is not None
    assert ring.serial == "CS001"
    root = (lab / "roots/csms_root.pem").read_text()
    assert ring.root("csms_root") == root
    assert Path(root_path(found)).read_text() == root
    told = needs(found, "station")
    assert told == [
        "Security profile 3: with TLS and the certificate of the station",
        f"The station must trust the root certificate in {root_path(found)}; the tool shows a "
        "certificate for lab.test and 127.0.0.1",
    ]
    shown, _ = ring.certificate()
    assert shown == (lab / "stations/CS001-ec.pem").read_text()


def test_the_folder_may_be_beside_the_configuration(tmp_path: Path, lab: Path) -> None:
    (tmp_path / "here").symlink_to(lab)
    found = given(tmp_path, '[lab]\nfolder = "here"\n', profile=3)
    assert keyring(found, "station") is not None


def files_of(folder: Path, **texts: str) -> str:
    for name, text in texts.items():
        (folder / f"{name}.pem").write_text(text)
    return "[lab]\n" + "".join(f'{name} = "{name}.pem"\n' for name in texts)


@pytest.mark.parametrize("with_lab", [True, False])
def test_own_certificates_stand_in_for_those_of_the_laboratory(
    tmp_path: Path, lab: Path, with_lab: bool
) -> None:
    own = another()
    server, client, signer = own.server(kind="rsa"), own.client("CS001"), own.root("station_root")
    text = files_of(
        tmp_path,
        server_certificate=server.chain,
        server_key=server.key,
        client_certificate=client.chain + client.key,
        csms_root=own.root("csms_root_2"),
        station_root=signer,
        manufacturer_root=own.root("manufacturer_root"),
    )
    text += f'folder = "{lab}"\n' if with_lab else ""
    found = given(tmp_path, text, profile=3)
    ring = keyring(found, "station")
    assert ring is not None
    assert ring.lab.server("server", "ec") == ring.lab.server("server", "rsa") == server
    assert ring.certificate() == (client.chain, client.key)
    assert ring.root("csms_root") == own.root("csms_root_2")
    assert ring.root("station_root") == signer
    assert ring.root("stranger_root") != own.root("stranger_root")
    roots = [dict(r[0] for r in c["subject"]) for c in ring.server("server", True).get_ca_certs()]
    assert len(roots) == (3 if with_lab else 2), "its own, the given one, that for ISO 15118"
    assert root_path(found) == str(tmp_path / "csms_root.pem")


@pytest.mark.parametrize(
    ("sut", "profile", "needed"), [("station", 2, True), ("csms", 2, False), ("csms", 3, True)]
)
def test_no_laboratory(tmp_path: Path, sut: str, profile: int, needed: bool) -> None:
    text = f'[connect]\nurl = "wss://x"\npassword = "{PASSWORD}"'
    found = given(tmp_path, text, sut=sut, profile=profile)
    if not needed:
        assert keyring(found, sut) is None, "it trusts what this machine trusts"
        return
    with pytest.raises(Wrong, match=rf"security profile {profile} needs certificates, .*--lab DIR"):
        keyring(found, sut)


def test_certificates_that_cannot_be_used(tmp_path: Path, lab: Path) -> None:
    own = another()
    expired = own.server("expired")
    cases = {
        "does not exist; make one with: testbay lab new": f'[lab]\nfolder = "{tmp_path / "no"}"',
        "is no laboratory; make one with": f'[lab]\nfolder = "{tmp_path}"',
        "there is no file": '[lab]\nserver_certificate = "none.pem"',
        "server_key, but no server_certificate": '[lab]\nserver_key = "k.pem"',
        "is not that of": files_of(
            tmp_path, server_certificate=own.server().chain, server_key=expired.key
        ),
        "expired on": files_of(tmp_path, client_certificate=expired.chain, client_key=expired.key),
        "is no root": files_of(tmp_path, csms_root=own.server().chain),
    }
    for told, text in cases.items():
        if "server_key" in text and "server_certificate" in text:
            files_of(tmp_path, server_certificate=own.server().chain, server_key=expired.key)
        with pytest.raises(Wrong) as wrong:
            keyring(given(tmp_path, text, profile=3), "station")
        assert told in str(wrong.value)
        assert "\n" not in str(wrong.value)
        assert "PRIVATE" not in str(wrong.value)


def test_a_serial_number_that_no_certificate_can_hold(tmp_path: Path, lab: Path) -> None:
    found = given(tmp_path, f'[values]\nserial_number = "{65 * "x"}"\n', lab=str(lab))
    with pytest.raises(Wrong, match="must have 1 to 64 characters"):
        keyring(found, "station")


def test_a_csms_may_be_trusted_as_this_machine_does(tmp_path: Path) -> None:
    own = another().client("CS001")
    text = files_of(tmp_path, client_certificate=own.chain, client_key=own.key)
    text += '[connect]\nurl = "wss://x"\n'
    ring = keyring(given(tmp_path, text, sut="csms", profile=3), "csms")
    assert ring is not None
    assert not ring.verifies
    assert ring.dialling() is not ring.server("server", False)


@pytest.mark.parametrize(
    ("named", "above"),
    [
        ((), ()),
        (("csms_root",), ("csms_root",)),
        (("station_root",), ("station_root",)),
        (("csms_root", "station_root"), ("csms_root", "station_root")),
    ],
)
def test_what_a_csms_signs_certificates_of_stations_with(
    tmp_path: Path, named: tuple[str, ...], above: tuple[str, ...]
) -> None:
    own = another()
    roots = {"csms_root": own.root("csms_root_2"), "station_root": own.root("stranger_root")}
    text = files_of(tmp_path, **{name: roots[name] for name in named})
    text += '[connect]\nurl = "wss://x"\n'
    client = own.client("CS001", "chain")
    text = text.replace(
        "[lab]\n", files_of(tmp_path, client_certificate=client.chain, client_key=client.key)
    )
    ring = keyring(given(tmp_path, text, sut="csms", profile=3), "csms")
    assert ring is not None
    [_, between] = inspect.certificates(client.chain)
    signers = [*(roots[name] for name in above), *([between.pem] if above else [])]
    assert ring.above_stations() == "".join(signers)


def test_what_a_csms_must_trust(tmp_path: Path, lab: Path) -> None:
    text = '[connect]\nurl = "wss://x"\n'
    found = given(tmp_path, text, sut="csms", profile=3, lab=str(lab))
    assert needs(found, "csms")[1].startswith("The CSMS must trust the root certificate in ")


# -- files -----------------------------------------------------------------------------------------


def test_file_servers(tmp_path: Path, lab: Path) -> None:
    text = (
        '[files]\nhttp = "0.0.0.0:8080"\nftps = "[::1]:2121"\nhost = "10.0.0.1"\nuser = "u"\n'
        'password = "secret-of-ftp"\npassive_ports = "5000-5003"\nmax_size = 1\nidle = 5\n'
    )
    found = given(tmp_path, text, lab=str(lab))
    files = file_servers(found, keyring(found, "station"), tmp_path)
    assert files is not None
    assert files.addresses == {"http": ("0.0.0.0", 8080), "ftps": ("::1", 2121)}
    assert (files.public_host, files.folder) == ("10.0.0.1", tmp_path)
    assert files.limits is not None
    assert (files.limits.upload, files.limits.idle) == (2**20, 5)
    assert files.ftp is not None
    assert files.ftp.account == ("u", "secret-of-ftp")
    assert list(files.ftp.passive_ports) == [5000, 5001, 5002, 5003]
    assert "secret-of-ftp" not in repr(found.files)
    assert needs(found, "station") == ["Files travel by http at 0.0.0.0:8080, ftps at [::1]:2121"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('http = "8080"', "'8080' is no address; write ADDR:PORT"),
        ('https = "127.0.0.1:8080"', "[files] https and ftps need a certificate"),
        ('http = "127.0.0.1:8080"\npassive_ports = "many"', "write FIRST-LAST, such as"),
    ],
)
def test_file_servers_that_cannot_be(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Wrong) as wrong:
        file_servers(given(tmp_path, f"[files]\n{text}\n"), None, None)
    assert told in str(wrong.value)


def test_a_firmware_image_of_the_testers(tmp_path: Path) -> None:
    image, signer = b"the image", another().signer()
    (tmp_path / "i.bin").write_bytes(image)
    (tmp_path / "s.txt").write_text(firmware.signature(image, signer.key) + "\n")
    (tmp_path / "c.pem").write_text(signer.chain)
    text = '[files]\nfirmware = "i.bin"\nsignature = "s.txt"\nsigning_certificate = "c.pem"\n'
    found = firmware_of(given(tmp_path, text))
    assert found.image == image
    assert firmware.verifies(image, found.signature, found.certificate)
    assert found.location == ""
    assert inspect.certificate(found.certificate).pem in found.certificate


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('firmware = "none.bin"', "none.bin cannot be read: no such file or directory"),
        ('signature = "c.toml"', "names signature, but no signing_certificate"),
        ('signature = "c.toml"\nsigning_certificate = "c.toml"', "c.toml: "),
        ('signature = "c.toml"\nsigning_certificate = "no.pem"', "there is no file"),
    ],
)
def test_a_firmware_image_that_cannot_be_used(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Wrong) as wrong:
        firmware_of(given(tmp_path, f"[files]\n{text}\n"))
    assert told in str(wrong.value)


def test_files_on_servers_of_the_testers(tmp_path: Path) -> None:
    assert firmware_of(given(tmp_path)).location == log_location(given(tmp_path)) == ""
    text = '[values]\nfirmware_location = "ftp://f/i"\nlog_location = "ftp://f/up/"\n'
    found = given(tmp_path, text)
    assert (firmware_of(found).location, log_location(found)) == ("ftp://f/i", "ftp://f/up/")
