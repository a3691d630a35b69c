"""OpenSSL's opinion: chains, the suites that are demanded, and why flawed ones are refused."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from testbay.pki.identity import Identity
from testbay.pki.lab import Lab
from testbay.pki.names import CLIENTS, KINDS, SERVERS, SIGNERS, Kind

HOST = "csms.net.example"
LAB = Lab.seeded(hosts=(HOST, "127.0.0.1"))
SUITES = {
    "ec": ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"),
    "rsa": ("AES128-GCM-SHA256", "AES256-GCM-SHA384"),
}
"""Those that a station must support, one pair or the other (A00.FR.318, A00.FR.422)."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


def server_context(folder: Path, *identities: Identity, clients: str = "") -> ssl.SSLContext:
    """Return settings as those of the tool: everything the test wants to see can be loaded."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    for identity in identities:
        context.load_cert_chain(LAB.write(folder).identity(identity))
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients)
    return context


def client_context(
    folder: Path, suite: str = "", identity: Identity | None = None
) -> ssl.SSLContext:
    """Return settings of a client that does what everyone does: check path, dates and host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=LAB.root("csms_root"))
    if suite:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite)
    if identity is not None:
        context.load_cert_chain(LAB.write(folder).identity(identity))
    return context


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str = HOST) -> str:
    """Return the suite that two ends agree on, and a word from the client to the server.

    Raises:
        ssl.SSLError: one of them refuses.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname=host)
    there = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(6):
        for end in (here, there):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    here.write(b"word")
    assert there.read() == b"word"
    suite = here.cipher()
    assert suite is not None
    return suite[0]


def refusal(server: ssl.SSLContext, client: ssl.SSLContext) -> str:
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        handshake(server, client)
    return caught.value.verify_message


# -- what must work --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_suites_that_are_demanded_are_spoken(folder: Path, kind: Kind) -> None:
    server = server_context(folder, LAB.server("server", "ec"), LAB.server("server", "rsa"))
    for suite in SUITES[kind]:
        assert handshake(server, client_context(folder, suite)) == suite


@pytest.mark.parametrize("kind", KINDS)
def test_tls_1_3_works_by_name_and_by_address(folder: Path, kind: Kind) -> None:
    server = server_context(folder, LAB.server("server", kind))
    for host in (HOST, "127.0.0.1"):
        assert handshake(server, client_context(folder), host).startswith("TLS_")


@pytest.mark.parametrize("kind", KINDS)
def test_a_chain_with_an_intermediate_authority_works(folder: Path, kind: Kind) -> None:
    server = server_context(folder, LAB.server("server_chain", kind))
    assert handshake(server, client_context(folder))


@pytest.mark.parametrize("kind", KINDS)
def test_stations_show_certificates(folder: Path, kind: Kind) -> None:
    server = server_context(folder, LAB.server(), clients=LAB.root("station_root"))
    for flaw in ("", "chain", "wrong_name", "wrong_owner"):  # names are not TLS's business
        identity = LAB.client("SN 1", flaw, kind)
        assert handshake(server, client_context(folder, SUITES["ec"][0], identity))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_signed_for_a_request_can_be_shown(folder: Path, kind: Kind) -> None:
    server = server_context(folder, LAB.server(), clients=LAB.root("station_root"))
    request = LAB.request("SN 1", 1, kind)
    for flaw in ("", "chain"):
        identity = Identity(LAB.sign_csr(request.csr, flaw=flaw), request.key)
        assert handshake(server, client_context(folder, SUITES["ec"][0], identity))


# -- what must be refused --------------------------------------------------------------------------

REASONS = {
    "server_2": "unable to get local issuer certificate",
    "expired": "certificate has expired",
    "not_yet_valid": "certificate is not yet valid",
    "unknown_root": "unable to get local issuer certificate",
    "self_signed": "self-signed certificate",
    "wrong_host": f"Hostname mismatch, certificate is not valid for '{HOST}'.",
    "incomplete_chain": "unable to get local issuer certificate",
    "no_authority": "invalid CA certificate",
    "bad_signature": "certificate signature failure",
    "wrong_use": "unsuitable certificate purpose",
    "weak_key": "EE certificate key too weak",
}


@pytest.mark.parametrize(
    ("server", "kind"),
    # no client offers a curve of 192 bits: see below
    [(s, k) for s in REASONS for k in KINDS if (s, k) != ("weak_key", "ec")],
)
def test_a_flawed_server_is_refused_for_its_flaw(folder: Path, server: str, kind: Kind) -> None:
    flawed = server_context(folder, LAB.server(server, kind))
    assert refusal(flawed, client_context(folder)) == REASONS[server]
    suite = SUITES[kind][0]
    assert refusal(flawed, client_context(folder, suite)) == REASONS[server]


def test_a_weak_key_of_an_elliptic_curve_does_not_even_come_to_be_seen(folder: Path) -> None:
    weak = server_context(folder, LAB.server("weak_key", "ec"))
    with pytest.raises(ssl.SSLError, match=r"NO_SHARED_CIPHER|HANDSHAKE_FAILURE"):
        handshake(weak, client_context(folder, SUITES["ec"][0]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_wildcard_is_what_a_lenient_client_takes_and_a_station_must_not(
    folder: Path, kind: Kind
) -> None:
    """OpenSSL takes it: whether stations do is for the station to decide, and for TC_078."""
    assert handshake(server_context(folder, LAB.server("wildcard", kind)), client_context(folder))
    local = Lab.seeded(hosts=("127.0.0.1", "localhost"))
    context = server_context(folder, local.server("wildcard", kind))
    for host in local.hosts:
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.load_verify_locations(cadata=local.root())
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            handshake(context, client, host)


def test_every_server_is_looked_at() -> None:
    assert {*REASONS, "server", "server_chain", "wildcard"} == set(SERVERS)


CLIENT_REASONS = {
    "expired": "certificate has expired",
    "not_yet_valid": "certificate is not yet valid",
    "unknown_root": "unable to get local issuer certificate",
    "self_signed": "self-signed certificate",
    "no_authority": "invalid CA certificate",
    "bad_signature": "certificate signature failure",
    "wrong_use": "unsuitable certificate purpose",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flaw", CLIENT_REASONS)
def test_a_flawed_station_is_refused_for_its_flaw(folder: Path, flaw: str, kind: Kind) -> None:
    server = server_context(folder, LAB.server(), clients=LAB.root("station_root"))
    identity = LAB.client("SN 1", flaw, kind)
    client = client_context(folder, SUITES["ec"][0], identity)
    assert refusal(server, client) == CLIENT_REASONS[flaw]


def test_every_flaw_of_a_station_is_looked_at() -> None:
    application = {"", "chain", "wrong_name", "wrong_owner"}
    assert {*CLIENT_REASONS, *application, "weak_key"} == set(CLIENTS)


# -- the openssl command ---------------------------------------------------------------------------

openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")


def verified(folder: Path, root: str, chain: str, *options: str) -> str:
    """Return what ``openssl verify`` says, with the strict checks of RFC 5280."""
    (folder / "root.pem").write_text(root)
    (folder / "leaf.pem").write_text(chain)
    line = ["openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile", "root.pem"]
    done = subprocess.run(
        [*line, *options, "-untrusted", "leaf.pem", "leaf.pem"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() + done.stderr.strip()


@openssl
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verifies_the_good_ones(tmp_path: Path, kind: Kind) -> None:
    root = LAB.root()
    host = ("-purpose", "sslserver", "-verify_hostname", HOST, "-auth_level", "2")
    client = ("-purpose", "sslclient", "-auth_level", "2")
    for server in ("server", "server_chain"):
        assert verified(tmp_path, root, LAB.server(server, kind).chain, *host) == "leaf.pem: OK"
    for flaw in ("", "chain"):
        chain = LAB.client("SN 1", flaw, kind).chain
        assert verified(tmp_path, root, chain, *client) == "leaf.pem: OK"
        signed = LAB.sign_csr(LAB.request("SN 1", 1, kind).csr, flaw=flaw)
        assert verified(tmp_path, root, signed, *client) == "leaf.pem: OK"
    signer = LAB.signer("", kind).chain
    assert verified(tmp_path, LAB.root("manufacturer_root"), signer) == "leaf.pem: OK"
    second = LAB.server("server_2", kind).chain
    assert verified(tmp_path, LAB.root("csms_root_2"), second, *host) == "leaf.pem: OK"


@openssl
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_refuses_the_flawed_ones(tmp_path: Path, kind: Kind) -> None:
    host = ("-purpose", "sslserver", "-verify_hostname", HOST, "-auth_level", "2")
    reasons = {server: REASONS[server].partition(",")[0].lower() for server in REASONS}
    reasons["weak_key"] = "ee certificate key too weak"
    for server, reason in reasons.items():
        said = verified(tmp_path, LAB.root(), LAB.server(server, kind).chain, *host)
        assert reason in said.lower(), server
    for flaw in set(SIGNERS) - {"", "wrong_use", "weak_key"}:
        said = verified(tmp_path, LAB.root("manufacturer_root"), LAB.signer(flaw, kind).chain)
        assert "leaf.pem: verification failed" in said, flaw


@openssl
def test_openssl_reads_the_request(tmp_path: Path) -> None:
    for kind in KINDS:
        (tmp_path / "a.csr").write_text(LAB.request("SN 1", 1, kind).csr)
        done = subprocess.run(
            ["openssl", "req", "-in", "a.csr", "-verify", "-noout", "-subject"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert "O = testbay, CN = SN 1" in done.stdout
        assert "verify OK" in done.stdout + done.stderr
