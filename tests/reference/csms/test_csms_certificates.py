"""Certificates for stations: which requests are signed, and what the station gets."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from csms_lab import OK, Lab, ScriptedStation
from tls_lab import PKI, authority, station_context
from websockets.exceptions import InvalidStatus

from testbay.clock import now
from testbay.pki import inspect
from testbay.pki.identity import Identity
from testbay.protocol.schemas import check_request
from testbay.protocol.versions import OCPP16
from testbay_reference.certificates import certificates_of
from testbay_reference.csms import Identity as CsmsIdentity
from testbay_reference.store import Store

ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}


def request(
    common_name: str | None = "CP1",
    owner: str = "testbay",
    key: Any = None,
) -> str:
    """Make a certificate signing request."""
    given = [(x509.NameOID.ORGANIZATION_NAME, owner), (x509.NameOID.COMMON_NAME, common_name)]
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in given if value])
    key = key or ec.generate_private_key(ec.SECP256R1())
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, digest)
    return made.public_bytes(serialization.Encoding.PEM).decode()


def altered(csr: str) -> str:
    """Change the signature of a request."""
    der = bytearray(x509.load_pem_x509_csr(csr.encode()).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    made = x509.load_der_x509_csr(bytes(der))
    return made.public_bytes(serialization.Encoding.PEM).decode()


async def opened(lab: Lab, **options: Any) -> ScriptedStation:
    options = {"seed": 1, "authorities": (authority(),)} | options
    await lab.open(**options)
    return await lab.station()


async def signed(station: ScriptedStation, csr: str, answer: dict[str, Any] | None = None) -> str:
    """Have a request signed; return the chain."""
    assert await station.call("SignCertificate", {"csr": csr}) == ACCEPTED
    return str((await station.obey("CertificateSigned", answer))["certificateChain"])


async def test_the_whole_renewal(lab: Lab) -> None:
    options: dict[str, Any] = {"security_profile": 3, "serials": {"CP1": "A-1"}, "secure_port": 0}
    await lab.open(seed=1, authorities=(authority(),), **options)
    station = await lab.station(ssl=station_context(PKI.client("A-1")))
    order = lab.begin("renew_certificate")
    asked = await station.obey("ExtendedTriggerMessage")
    assert asked == {"requestedMessage": "SignChargePointCertificate"}
    assert (await order)["answer"] == OK
    made = PKI.request("A-1", 7)
    chain = await signed(station, made.csr)
    certificate = inspect.certificate(chain)
    assert certificate.common_name == "A-1"
    assert certificate.organization == "testbay"
    assert certificate.public_key == inspect.csr(made.csr).public_key
    assert inspect.verifies(chain, "", [PKI.root("csms_root")], now()) == ""
    await station.ws.close()
    await lab.connect(ssl=station_context(Identity(chain, made.key)))
    shown = lab.record()
    assert shown["issued"] == [shown["shown"]["serial_number"]]


async def test_what_is_signed_leads_to_its_own_root(lab: Lab) -> None:
    store = Store()
    await lab.open(store, secure_port=0)
    station = await lab.station()
    chain = await signed(station, request())
    roots = lab.csms.roots
    assert inspect.verifies(chain, "", roots, now()) == ""
    await lab.open(store, secure_port=0)
    assert lab.csms.roots == roots  # it survives


async def test_certificates_repeat_with_a_seed(lab: Lab) -> None:
    csr = PKI.request("CP1").csr
    station = await opened(lab)
    first = await signed(station, csr)
    second = await signed(station, csr)
    station = await opened(lab)
    assert await signed(station, csr) == first
    assert second != first


async def test_each_begins_later_than_the_one_before(lab: Lab) -> None:
    station = await opened(lab)
    first = inspect.certificate(await signed(station, request()))
    await station.silence(10)
    second = inspect.certificate(await signed(station, request()))
    assert first.not_before < second.not_before < now()
    assert first.not_before > inspect.certificate(PKI.client("CP1").chain).not_before


async def test_an_rsa_request_gets_the_signature_of_the_first_authority(lab: Lab) -> None:
    key = rsa.generate_private_key(65537, 2048)
    station = await opened(lab)
    (certificate,) = certificates_of(await signed(station, request(key=key)), "it")
    assert certificate.public_key() == key.public_key()
    assert certificate.signature_algorithm_oid == x509.SignatureAlgorithmOID.ECDSA_WITH_SHA256


async def test_an_authority_for_each_kind_of_key(lab: Lab) -> None:
    strange = PKI.server("self_signed", "rsa")
    both = (authority(), CsmsIdentity(strange.chain, strange.key))
    station = await opened(lab, authorities=both)
    for key, oid in (
        (rsa.generate_private_key(65537, 2048), x509.SignatureAlgorithmOID.RSA_WITH_SHA256),
        (ec.generate_private_key(ec.SECP384R1()), x509.SignatureAlgorithmOID.ECDSA_WITH_SHA256),
    ):
        (certificate,) = certificates_of(await signed(station, request(key=key)), "it")
        assert certificate.signature_algorithm_oid == oid


@pytest.mark.parametrize(
    ("csr", "why"),
    [
        ("nothing", "this is not a certificate signing request in PEM"),
        (PKI.root(), "this is not a certificate signing request in PEM"),
        (request(key=rsa.generate_private_key(65537, 1024)), "its RSA key has 1024 bits; 2048"),
        (request(key=ec.generate_private_key(ec.SECP192R1())), "its EC key has 192 bits; 224"),
        (request(key=ed25519.Ed25519PrivateKey.generate()), "neither an RSA nor an EC key"),
        (altered(request()), "it is not signed by the key that is in it"),
        (request("CP2"), "its commonName is 'CP2', not the serial number 'CP1'"),
        (request(None), "its commonName is nothing, not the serial number 'CP1'"),
        (request(owner="other"), "its organizationName is 'other', not 'testbay'"),
        (request(owner=""), "its organizationName is missing, not 'testbay'"),
    ],
)
async def test_what_is_not_signed(lab: Lab, csr: str, why: str) -> None:
    station = await opened(lab, cpo_name="testbay")
    assert await station.call("SignCertificate", {"csr": csr}) == REJECTED
    (remark,) = lab.record()["remarks"]
    assert remark.startswith("SignCertificate was rejected: ")
    assert why in remark
    await station.silence(60)


async def test_a_certificate_that_the_station_rejects(lab: Lab) -> None:
    station = await opened(lab)
    await signed(station, request(), REJECTED)
    await station.call("Heartbeat")
    record = lab.record()
    assert record["issued"] == []
    assert "was rejected" in record["remarks"][0]


async def test_a_chain_that_is_too_long_is_not_sent(lab: Lab) -> None:
    held = authority()
    long = CsmsIdentity(held.chain + PKI.server("server", "rsa").chain * 10, held.key)
    station = await opened(lab, authorities=(long,))
    assert await station.call("SignCertificate", {"csr": request()}) == ACCEPTED
    await station.silence(60)
    assert "CertificateSigned cannot be sent like this" in lab.record()["remarks"][0]


async def test_a_pending_station_may_renew_when_asked(lab: Lab) -> None:
    await lab.open(registration="Pending", seed=1)
    station = await lab.connect()
    await station.boot()
    assert await station.call("SignCertificate", {"csr": request()}) == "SecurityError"
    order = lab.begin("renew_certificate")
    await station.obey("ExtendedTriggerMessage")
    await order
    await signed(station, request())


@pytest.mark.parametrize(
    ("fault", "key", "flaw"),
    [
        ("certificate-expired", "P-256", "has expired"),
        ("certificate-of-unknown-authority", "P-256", "not one of the roots"),
        ("certificate-for-another-key", "P-256", ""),
        ("certificate-for-another-key", "RSA", ""),
        ("certificate-with-short-key", "P-256", ""),
        ("certificate-with-short-key", "RSA", ""),
        ("certificate-for-another-name", "P-256", ""),
        ("certificate-signed-by-other-algorithm", "P-256", "not one of the roots"),
    ],
)
async def test_flawed_certificates(lab: Lab, fault: str, key: str, flaw: str) -> None:
    made = PKI.request("CP1", kind="rsa" if key == "RSA" else "ec")
    station = await opened(lab, faults=(fault,))
    chain = await signed(station, made.csr)
    (certificate,) = certificates_of(chain, "it")
    asked = x509.load_pem_x509_csr(made.csr.encode())
    other_key = fault in ("certificate-for-another-key", "certificate-with-short-key")
    assert (certificate.public_key() != asked.public_key()) is other_key
    assert type(certificate.public_key()) is type(asked.public_key())
    short = fault == "certificate-with-short-key"
    assert (certificate.public_key().key_size < (2048 if key == "RSA" else 224)) is short
    assert (certificate.subject != asked.subject) is (fault == "certificate-for-another-name")
    oid = x509.SignatureAlgorithmOID
    other = fault == "certificate-signed-by-other-algorithm"
    wanted = oid.RSA_WITH_SHA256 if other else oid.ECDSA_WITH_SHA256
    assert certificate.signature_algorithm_oid == wanted
    why = inspect.verifies(chain, "", [PKI.root("csms_root")], now())
    assert bool(why) is bool(flaw)


async def test_a_certificate_without_pem(lab: Lab) -> None:
    station = await opened(lab, faults=("certificate-not-pem",))
    chain = await signed(station, request())
    assert "-----" not in chain
    assert check_request(OCPP16, "CertificateSigned", {"certificateChain": chain}) == ()


async def test_no_certificate_follows(lab: Lab) -> None:
    station = await opened(lab, faults=("never-sends-certificate",))
    assert await station.call("SignCertificate", {"csr": request()}) == ACCEPTED
    await station.silence(100)


async def test_requests_are_rejected(lab: Lab) -> None:
    station = await opened(lab, faults=("rejects-certificate-requests",))
    assert await station.call("SignCertificate", {"csr": request()}) == REJECTED


async def test_a_renewed_certificate_is_refused(lab: Lab) -> None:
    faults = ("refuses-renewed-certificate",)
    options: dict[str, Any] = {"security_profile": 3, "secure_port": 0, "seed": 1}
    await lab.open(authorities=(authority(),), faults=faults, **options)
    station = await lab.station(ssl=station_context(PKI.client("CP1")))
    made = PKI.request("CP1")
    chain = await signed(station, made.csr)
    with pytest.raises(InvalidStatus, match="403"):
        await lab.connect(ssl=station_context(Identity(chain, made.key)))
