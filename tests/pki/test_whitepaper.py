"""Every good certificate is as section 2.6 of the security whitepaper wants it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from testbay.pki import inspect
from testbay.pki.identity import Identity
from testbay.pki.lab import Lab
from testbay.pki.names import CLIENTS, KINDS, ROOTS, SERVERS, SIGNERS, Kind

HOSTS = ("csms.example", "10.1.2.3", "localhost")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
LAB = Lab.seeded(hosts=HOSTS, owner="Operator & Söhne")


def leaf(identity: Identity) -> inspect.Certificate:
    return inspect.certificates(identity.chain)[0]


def everything() -> dict[str, inspect.Certificate]:
    """Return every certificate that a laboratory has, and what it is called."""
    held = {root: inspect.certificate(LAB.root(root)) for root in ROOTS}
    for kind in KINDS:
        held |= {f"server {n} {kind}": leaf(LAB.server(n, kind)) for n in SERVERS}
        held |= {f"client {f} {kind}": leaf(LAB.client("SN 1", f, kind)) for f in CLIENTS}
        held |= {f"signer {f} {kind}": leaf(LAB.signer(f, kind)) for f in SIGNERS}
    return held


def test_keys_are_long_enough_but_for_those_that_must_not_be() -> None:  # A00.FR.501 to 503
    weak = [name for name, held in everything().items() if not held.strong]
    assert weak == [f"{w} weak_key {k}" for k in KINDS for w in ("server", "client", "signer")]
    assert {held.bits for held in everything().values() if held.strong} == {256, 2048}


def test_signatures_are_made_with_ecdsa_and_sha256() -> None:  # A00.FR.505, A00.FR.506
    own = {name for name in everything() if "self_signed" in name and name.endswith("rsa")}
    for name, held in everything().items():
        wanted = "sha256WithRSAEncryption" if name in own else "ecdsa-with-SHA256"
        assert held.signature_algorithm == wanted, name


def test_serial_numbers_are_positive_unique_and_short() -> None:  # A00.FR.508
    held = everything()
    del held["station_root"]  # the same as csms_root
    numbers = [certificate.serial_number for certificate in held.values()]
    assert len(set(numbers)) == len(numbers)
    assert all(31 <= len(number) <= 32 and number[0] != "0" for number in numbers)


def test_serial_numbers_of_roots_have_the_forms_that_are_easily_written_wrongly() -> None:
    numbers = {root: inspect.certificate(LAB.root(root)).serial_number for root in ROOTS}
    assert len(numbers["csms_root_2"]) == 31
    assert int(numbers["manufacturer_root"][0], 16) >= 8
    others = [n for root, n in numbers.items() if root not in ("csms_root_2", "manufacturer_root")]
    assert all(len(n) == 32 and int(n[0], 16) < 8 for n in others)


def test_subjects_name_their_owner() -> None:  # A00.FR.509
    organizations = {name: held.organization for name, held in everything().items()}
    assert organizations["csms_root"] == organizations["csms_root_2"] == "Operator & Söhne"
    assert organizations["server server ec"] == organizations["client  rsa"] == "Operator & Söhne"
    assert organizations["signer  ec"] == organizations["manufacturer_root"]
    assert organizations["manufacturer_root"] not in ("", "Operator & Söhne")
    assert organizations["client wrong_owner ec"] not in ("", "Operator & Söhne")
    assert all(organizations.values())


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_is_named_by_its_host(kind: Kind) -> None:  # A00.FR.510
    for server in ("server", "server_2", "server_chain", "expired", "unknown_root"):
        held = leaf(LAB.server(server, kind))
        assert held.common_name == "csms.example"
        assert held.hosts == HOSTS
    assert leaf(LAB.server("wrong_host", kind)).hosts == ("another-host.invalid",)
    assert leaf(LAB.server("wildcard", kind)).common_name == "*.example"


@pytest.mark.parametrize("kind", KINDS)
def test_a_station_is_named_by_its_serial_number_alone(kind: Kind) -> None:  # A00.FR.511
    held = leaf(LAB.client("SN 1", "", kind))
    assert (held.common_name, held.hosts) == ("SN 1", ())
    assert leaf(LAB.client("SN 1", "wrong_name", kind)).common_name == "ANOTHER-STATION"


@pytest.mark.parametrize(
    ("what", "usage", "uses"),
    [
        ("csms_root", ("keyCertSign", "cRLSign"), ()),
        ("server server ec", ("digitalSignature",), ("server",)),
        ("server server rsa", ("digitalSignature", "keyEncipherment"), ("server",)),
        ("client  ec", ("digitalSignature",), ("client",)),
        ("client  rsa", ("digitalSignature",), ("client",)),
        ("signer  rsa", ("digitalSignature",), ("signing",)),
        ("server wrong_use ec", ("digitalSignature",), ("client",)),
        ("client wrong_use rsa", ("digitalSignature", "keyEncipherment"), ("server",)),
    ],
)
def test_the_usage_of_keys_is_restricted(  # A00.FR.512
    what: str, usage: tuple[str, ...], uses: tuple[str, ...]
) -> None:
    held = everything()[what]
    assert (held.key_usage, held.uses) == (usage, uses)
    key_usage = _parsed(held).extensions.get_extension_for_class(x509.KeyUsage)
    assert key_usage.critical


def test_operator_and_manufacturer_have_hierarchies_of_their_own() -> None:  # 2.6.2
    operator, manufacturer = LAB.root("csms_root"), LAB.root("manufacturer_root")
    assert LAB.root("station_root") == operator
    for kind in KINDS:
        assert inspect.verifies(LAB.server("server", kind).chain, "", operator, NOW) == ""
        assert inspect.verifies(LAB.client("SN 1", "", kind).chain, "", operator, NOW) == ""
        assert inspect.verifies(LAB.signer("", kind).chain, "", manufacturer, NOW) == ""
        assert inspect.verifies(LAB.signer("", kind).chain, "", operator, NOW) != ""
        assert inspect.verifies(LAB.signer("wrong_root", kind).chain, "", operator, NOW) == ""


def test_roots_are_authorities_and_others_are_not() -> None:
    for name, held in everything().items():
        assert held.authority == (name in ROOTS), name
        assert held.self_signed == (name in ROOTS or "self_signed" in name), name
    between = inspect.certificates(LAB.server("server_chain").chain)[1]
    assert (between.authority, between.path_length) == (True, 0)


def test_identifiers_of_keys_lead_from_a_certificate_to_its_issuer() -> None:
    """Path builders of small devices go by them."""
    root = x509.load_pem_x509_certificate(LAB.root().encode())
    chain = x509.load_pem_x509_certificates(LAB.server("server_chain").chain.encode())
    assert len(chain) == 2
    for below, above in itertools.pairwise([*chain, root, root]):
        own = above.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        of_issuer = below.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
        assert of_issuer.value.key_identifier == own.value.digest
        assert below.issuer == above.subject


def test_certificates_are_version_3_and_their_constraints_critical() -> None:
    for name, held in everything().items():
        parsed = _parsed(held)
        assert parsed.version == x509.Version.v3
        constraints = parsed.extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS)
        assert constraints.critical, name


def test_what_ocpp_sends_fits_into_its_messages() -> None:
    """InstallCertificate and signingCertificate have 5500 characters, certificateSigned 10000."""
    assert all(len(held.pem) < 5500 for held in everything().values())
    assert all(len(LAB.signer(f, "rsa").chain) < 5500 for f in SIGNERS)
    assert len(LAB.client("SN 1", "chain", "rsa").chain) < 5500


def _parsed(held: inspect.Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(held.pem.encode())
