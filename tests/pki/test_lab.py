"""The seeded laboratory, and what is made on demand."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from testbay.pki import inspect
from testbay.pki.errors import LabError
from testbay.pki.keys import OFFSETS, Seeded, rsa_of
from testbay.pki.lab import Lab
from testbay.pki.names import CLIENTS, KINDS, REQUESTS, ROOTS, SERVERS, SIGNERS, Kind
from testbay.pki.pem import belong, parse_certificates, parse_key

NOW = datetime(2030, 1, 1, tzinfo=UTC)

DIGEST = """
import datetime, hashlib
from testbay.pki.lab import Lab
from testbay.pki import firmware, names
now = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
for seed in (1, 2):
    lab = Lab.seeded(seed)
    parts = [lab.root(r) for r in names.ROOTS]
    for kind in names.KINDS:
        held = [lab.server(n, kind) for n in names.SERVERS]
        held += [lab.client("SN", f, kind) for f in names.CLIENTS]
        held += [lab.signer(f, kind) for f in names.SIGNERS]
        parts += [i.chain + i.key for i in held]
        request = lab.request("SN", 7, kind)
        parts += [request.csr, request.key]
        parts += [lab.sign_csr(request.csr, flaw=f, at=now) for f in names.REQUESTS]
    parts += [firmware.signature(firmware.image("1.0", 100), lab.signer().key)]
    print(hashlib.sha256("".join(parts).encode()).hexdigest())
"""


def test_two_processes_make_the_same_laboratory_and_the_same_signatures() -> None:
    def digests(seed_of_hashes: str) -> list[str]:
        environment = {**os.environ, "PYTHONHASHSEED": seed_of_hashes}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    first, second = digests("1"), digests("2")
    assert first == second
    assert len(set(first)) == 2, "each seed has a laboratory of its own"


def test_what_is_asked_for_first_makes_no_difference() -> None:
    one, other = Lab.seeded(5), Lab.seeded(5, hosts=("127.0.0.1", "localhost"))
    assert one is other
    fresh = Lab(Seeded(5), one._calendar)
    backwards = [fresh.server(n).chain for n in reversed(list(SERVERS))]
    assert backwards[::-1] == [one.server(n).chain for n in SERVERS]


def test_every_identity_has_the_key_of_its_certificate() -> None:
    lab = Lab.seeded()
    for kind in KINDS:
        held = [lab.server(n, kind) for n in SERVERS]
        held += [lab.client("SN", f, kind) for f in CLIENTS]
        held += [lab.signer(f, kind) for f in SIGNERS]
        for identity in held:
            certificate = parse_certificates(identity.chain)[0]
            assert belong(parse_key(identity.key), certificate)
            assert inspect.describe(certificate).key == kind.upper()


@pytest.mark.parametrize(("role", "bits"), list(OFFSETS))
def test_the_rsa_keys_of_seeded_laboratories_are_keys(role: str, bits: int) -> None:
    """Reading them checks that their numbers are primes."""
    numbers = rsa_of(role, bits).private_numbers()
    assert numbers.private_key().key_size == bits


def test_rsa_keys_differ() -> None:
    assert len({rsa_of(*key).public_key().public_numbers().n for key in OFFSETS}) == len(OFFSETS)


def test_seeded_certificates_are_valid_by_the_real_time_and_by_the_virtual_one() -> None:
    lab = Lab.seeded()
    for year in (2001, 2026, 2030, 2060):
        moment = datetime(year, 6, 1, tzinfo=UTC)
        assert inspect.verifies(lab.server().chain, "", lab.root(), moment) == ""
        for flaw, why in (("expired", "expired on"), ("not_yet_valid", "is not valid before")):
            assert why in inspect.verifies(lab.server(flaw).chain, "", lab.root(), moment)


def test_keys_are_not_shown() -> None:
    lab = Lab.seeded()
    for shown in (repr(lab.server()), repr(lab.request("SN"))):
        assert "PRIVATE KEY" not in shown


# -- requests --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_is_signed_for_its_key_and_its_subject(kind: Kind) -> None:
    lab = Lab.seeded(owner="Operator")
    request = lab.request("SN 1", 1, kind, owner="As the station says")
    asked = inspect.csr(request.csr)
    assert (asked.key, asked.signed, asked.common_name) == (kind.upper(), True, "SN 1")
    [made] = inspect.certificates(lab.sign_csr(request.csr, at=NOW))
    assert made.public_key == asked.public_key
    assert (made.common_name, made.organization) == ("SN 1", "As the station says")
    assert (made.uses, made.key_usage) == (("client",), ("digitalSignature",))
    assert inspect.verifies(made.pem, "", lab.root("station_root"), NOW) == ""


def test_each_number_is_another_key() -> None:
    lab = Lab.seeded()
    assert lab.request("SN", 1) == lab.request("SN", 1)
    keys = [lab.request("SN", n).key for n in (1, 2, 3)] + [lab.request("SN 2").key]
    assert len(set(keys)) == 4


def test_what_is_signed_later_begins_later() -> None:
    """Of several certificates that are valid, a station uses the newest (A02.FR.09)."""
    lab = Lab.seeded()
    first = parse_certificates(lab.client("SN").chain)[0]
    csr = lab.request("SN").csr
    second = parse_certificates(lab.sign_csr(csr, at=NOW))[0]
    third = parse_certificates(lab.sign_csr(csr, at=NOW.replace(second=1)))[0]
    begins = [c.not_valid_before_utc for c in (first, second, third)]
    assert begins == sorted(set(begins))
    assert len({c.serial_number for c in (first, second, third)}) == 3
    real = datetime(2024, 1, 1, tzinfo=UTC)
    assert parse_certificates(lab.sign_csr(csr, at=real))[0].not_valid_before_utc < real


def test_the_common_name_can_be_another_one() -> None:
    lab = Lab.seeded()
    [made] = inspect.certificates(lab.sign_csr(lab.request("SN").csr, "SN 2", at=NOW))
    assert made.common_name == "SN 2"


@pytest.mark.parametrize(
    ("flaw", "why"),
    [
        ("", ""),
        ("chain", ""),
        ("expired", "the certificate 'SN' expired on 2001-01-01"),
        ("not_yet_valid", "the certificate 'SN' is not valid before 2090-01-01"),
        (
            "unknown_root",
            "testbay stranger root, which signed the certificate 'SN', is neither a trusted root "
            "nor in the chain",
        ),
        (
            "bad_signature",
            "the signature of the certificate 'SN' was not made with the key of testbay operator "
            "root",
        ),
    ],
)
def test_a_flaw_of_the_path_is_as_named(flaw: str, why: str) -> None:
    lab = Lab.seeded()
    chain = lab.sign_csr(lab.request("SN").csr, flaw=flaw, at=NOW)
    assert inspect.verifies(chain, "", [lab.root("csms_root")], NOW) == why
    assert len(inspect.certificates(chain)) == (2 if flaw == "chain" else 1)


def test_other_flaws_are_as_named() -> None:
    lab = Lab.seeded()
    request = lab.request("SN")
    asked = inspect.csr(request.csr)

    def made(flaw: str) -> inspect.Certificate:
        return inspect.certificates(lab.sign_csr(request.csr, flaw=flaw, at=NOW))[0]

    assert made("wrong_key").public_key != asked.public_key
    assert made("wrong_key").key == "EC"
    assert made("wrong_name").common_name == "ANOTHER-STATION"
    assert made("wrong_owner").organization not in ("", asked.organization)
    assert made("wrong_use").uses == ("server",)
    with pytest.raises(LabError, match="the certificate cannot be read: it is damaged"):
        made("broken")
    assert lab.sign_csr(request.csr, flaw="broken", at=NOW).count("-----") == 4
    of_rsa = lab.request("SN", 1, "rsa")
    [other] = inspect.certificates(lab.sign_csr(of_rsa.csr, flaw="wrong_key", at=NOW))
    assert (other.key, other.bits) == ("RSA", 2048)
    assert other.public_key != inspect.csr(of_rsa.csr).public_key


def test_every_flaw_of_a_request_is_one_of_a_certificate_or_its_own() -> None:
    assert set(REQUESTS) - set(CLIENTS) == {"wrong_key", "broken"}


# -- wrong use -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda lab: lab.root("root"), "no root is called 'root'; there are 'csms_root'"),
        (lambda lab: lab.server("good"), "no server certificate 'good'; there are 'server'"),
        (lambda lab: lab.client("SN", "bad"), "no client certificate 'bad'; there are ''"),
        (lambda lab: lab.signer("bad"), "no signer certificate 'bad'; there are ''"),
        (lambda lab: lab.server("server", "dsa"), "no kind of key is called 'dsa'"),
        (lambda lab: lab.sign_csr(lab.request("SN").csr, flaw="bad"), "no flaw is called 'bad'"),
    ],
)
def test_wrong_names_are_bugs_of_the_caller(wrong: Callable[[Lab], object], says: str) -> None:
    with pytest.raises(KeyError, match=says):
        wrong(Lab.seeded())


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("wss://csms.example", "without scheme, port and path"),
        ("csms.example:443", "without scheme, port and path"),
        ("csms.example/ocpp", "without scheme, port and path"),
        ("", "without scheme, port and path"),
        ("*.example", "without scheme, port and path"),
        ("x" * 65, "must have 1 to 64 characters"),
    ],
)
def test_a_host_must_be_a_host(host: str, says: str) -> None:
    with pytest.raises(LabError, match=says):
        Lab.seeded(hosts=(host,))


def test_hosts_are_written_as_certificates_have_them() -> None:
    lab = Lab.seeded(hosts=("ladesäule.example.", "[::1]", "2001:db8::1"))
    assert lab.hosts == ("xn--ladesule-4za.example", "::1", "2001:db8::1")
    assert inspect.certificate(lab.server().chain).hosts == lab.hosts


@pytest.mark.parametrize("serial", ["", "  ", "a\n", "x" * 65])
def test_a_serial_number_must_fit_into_a_certificate(serial: str) -> None:
    with pytest.raises(LabError, match="serial number of the station"):
        Lab.seeded().client(serial)


# -- as files, and replaced ------------------------------------------------------------------------


def test_files_are_written_on_demand_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    lab = Lab.seeded()
    files = lab.write(tmp_path / "tls")
    assert list(tmp_path.iterdir()) == []
    paths = [files.path("csms_root"), files.path("expired", "rsa"), files.client("SN/../1")]
    paths.append(files.identity(lab.signer()))
    assert [p.parent for p in paths] == [tmp_path / "tls"] * 4
    assert {p.stat().st_mode & 0o777 for p in paths} == {0o600}
    assert paths[0].read_text() == lab.root()
    assert (
        paths[1].read_text()
        == lab.server("expired", "rsa").chain + lab.server("expired", "rsa").key
    )
    assert files.path("csms_root") == paths[0]


def test_own_certificates_take_the_place_of_the_laboratory_s() -> None:
    lab, other = Lab.seeded(), Lab.seeded(2)
    mixed = lab.replaced(
        roots={"csms_root": other.root()},
        servers={("server", "ec"): other.server()},
        clients={("SN", "ec"): other.client("SN")},
        signers={("", "rsa"): other.signer("", "rsa")},
    )
    assert mixed.client("SN") == other.client("SN")
    assert mixed.client("SN", "expired") == lab.client("SN", "expired")
    apart = lab.replaced(roots={"station_root": other.root()})
    assert (apart.root(), apart.root("station_root")) == (lab.root(), other.root())
    assert mixed.root() == mixed.root("station_root") == other.root()
    assert mixed.server() == other.server()
    assert mixed.signer("", "rsa") == other.signer("", "rsa")
    assert mixed.server("server", "rsa") == lab.server("server", "rsa")
    signed = mixed.sign_csr(lab.request("SN").csr, at=NOW)
    assert inspect.verifies(signed, "", lab.root(), NOW) == ""
    assert lab.server() != other.server()


def test_roots_are_what_their_names_say() -> None:
    lab = Lab.seeded()
    prints = [hashlib.sha256(lab.root(r).encode()).hexdigest() for r in ROOTS]
    assert len(set(prints)) == len(ROOTS) - 1


def test_a_certificate_for_iso_15118_has_an_authority_between_it_and_its_root() -> None:
    lab = Lab.seeded()
    request = lab.request("DE-TBY-S-1")
    now = datetime(2030, 1, 1, tzinfo=UTC)
    chain = lab.sign_csr(request.csr, use="v2g", at=now)
    leaf, between = inspect.certificates(chain)
    assert (leaf.common_name, leaf.uses) == ("DE-TBY-S-1", ("server", "client"))
    assert leaf.key_usage == ("digitalSignature", "keyAgreement")
    assert between.authority
    assert inspect.verifies(chain, "", lab.root("v2g_root"), now) == ""
    assert inspect.verifies(chain, "", lab.root("csms_root"), now) != ""
    for wrong in ({"use": "odd"}, {"use": "v2g", "flaw": "expired"}):
        with pytest.raises(KeyError, match="for the use"):
            lab.sign_csr(request.csr, **wrong)
