"""Certificates: requests, what is signed, roots, hash data (whitepaper A02, A03, M03 to M05)."""

import ssl
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from secure_lab import OPERATOR, PKI, events, secure, serve, server, shown_by, sign

from testbay.pki.hashes import hash_data
from testbay.pki.inspect import csr
from testbay_reference.certificates import certificates_of, key_text, load_identity, pem_of
from testbay_reference.keys import Keys
from testbay_reference.store import Store

CSMS = "CentralSystemRootCertificate"
MANUFACTURER = "ManufacturerRootCertificate"
SIGNS = {"SignCertificate": {"status": "Accepted"}}


async def install(bench, use, pem):
    wanted = {"certificateType": use, "certificate": pem}
    return (await bench.peer.call("InstallCertificate", wanted))["status"]


async def listed(bench, use):
    answer = await bench.peer.call("GetInstalledCertificateIds", {"certificateType": use})
    return answer.get("certificateHashData", []) if answer["status"] == "Accepted" else []


async def delete(bench, data):
    return (await bench.peer.call("DeleteCertificate", {"certificateHashData": data}))["status"]


def small(data):
    return {name: value.lower() for name, value in data.items()}


def named(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def made(subject, key, issuer, signer, *, authority=True, first=None, last=None):
    """Make a certificate with the number 4095."""
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), 4095)
        .not_valid_before(first or datetime(2000, 1, 1))
        .not_valid_after(last or datetime(2099, 1, 1))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
    )
    return builder.sign(signer, hashes.SHA256())


def root(key, **how):
    """Make a root of somebody."""
    return pem_of(made(named("root"), key, named("root"), key, **how))


def curve_key(number):
    return ec.derive_private_key(1000 + number, ec.SECP256R1())


# -- requests and signed certificates ----------------------------------------------------------


async def request(bench):
    mark = bench.mark
    answer = await bench.peer.call(
        "ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}
    )
    await bench.settle(0.1)
    return answer["status"], [each["csr"] for each in bench.peer.payloads("SignCertificate", mark)]


@pytest.mark.parametrize(("kind", "name", "bits"), [("ec", "EC", 256), ("rsa", "RSA", 2048)])
async def test_what_is_in_a_request(kind, name, bits):
    async with secure(3, SIGNS, csr_key=kind, serial="SN-17") as bench:
        status, (text,) = await request(bench)
        assert status == "Accepted"
        found = csr(text)
        assert (found.key, found.bits) == (name, bits)
        assert (found.common_name, found.organization) == ("SN-17", OPERATOR)
        assert found.signed


async def test_each_request_has_a_key_of_its_own_and_a_seed_repeats_them():
    seen = []
    for seed in (1, 1, 2, None, None):
        async with secure(1, SIGNS, seed=seed) as bench:
            seen.append([(await request(bench))[1][0] for _ in range(2)])
    assert seen[0] == seen[1]
    assert len({text for pair in seen for text in pair}) == 8


async def test_no_request_without_the_name_of_the_operator():
    async with secure(1, keys={}) as bench:
        assert await request(bench) == ("Rejected", [])
        await bench.set(CpoName=OPERATOR)
        bench.peer.script |= SIGNS
        assert (await request(bench))[0] == "Accepted"


async def test_a_request_while_the_registration_is_pending():
    pending = {"BootNotification": {"status": "Pending", "interval": 1000}}
    async with secure(3, SIGNS | pending) as bench:
        assert await sign(bench) == {"status": "Accepted"}
        await bench.settle(5)
        assert len(bench.peer.connections) == 2


@pytest.mark.parametrize(
    "flaw",
    [
        *("expired", "not_yet_valid", "unknown_root", "wrong_key", "wrong_name", "wrong_owner"),
        *("bad_signature", "wrong_use", "broken"),
    ],
)
async def test_a_signed_certificate_that_is_not_in_order(flaw):
    async with secure(3, SIGNS) as bench:
        mark, own = bench.mark, shown_by(bench)
        assert await sign(bench, flaw) == {"status": "Rejected"}
        await bench.settle(5)
        assert bench.peer.short(mark) == ["SignCertificate", "SecurityEventNotification"]
        assert events(bench, mark) == ["InvalidChargePointCertificate"]
        assert len(bench.peer.connections) == 1
        assert await sign(bench) == {"status": "Accepted"}
        await bench.settle(5)
        assert shown_by(bench) != own


async def test_a_certificate_under_an_intermediate_authority():
    async with secure(3, SIGNS) as bench:
        assert await sign(bench, "chain") == {"status": "Accepted"}
        await bench.settle(5)
        assert len(bench.peer.connections) == 2


async def test_a_certificate_that_nobody_asked_for():
    async with secure(3) as bench:
        chain = {"certificateChain": PKI.client("CP1").chain}
        assert await bench.peer.call("CertificateSigned", chain) == {"status": "Rejected"}
        await bench.settle()
        assert events(bench)[-1] == "InvalidChargePointCertificate"


async def test_a_chain_that_is_too_long():
    keys = {"CpoName": OPERATOR, "CertificateSignedMaxChainSize": "100"}
    async with secure(3, SIGNS, keys=keys) as bench:
        assert await sign(bench) == {"status": "Rejected"}


async def test_a_key_survives_a_reboot_until_its_certificate_comes():
    async with secure(3, SIGNS) as bench:
        _, (text,) = await request(bench)
        await bench.peer.call("Reset", {"type": "Hard"})
        await bench.settle(10)
        chain = {"certificateChain": PKI.sign_csr(text)}
        assert await bench.peer.call("CertificateSigned", chain) == {"status": "Accepted"}


async def test_a_csms_that_does_not_have_it_signed():
    async with secure(3, {"SignCertificate": {"status": "Rejected"}}) as bench:
        _, (text,) = await request(bench)
        chain = {"certificateChain": PKI.sign_csr(text)}
        assert await bench.peer.call("CertificateSigned", chain) == {"status": "Rejected"}


async def test_a_certificate_that_ends_soon_is_renewed_by_the_station():
    key, above = curve_key(1), curve_key(2)
    last = datetime(2030, 2, 1)  # in 31 days
    own = made(named("CP1"), key, named("root"), above, authority=False, last=last)
    more = {"certificate": pem_of(own), "key": key_text(key)}
    async with secure(2, SIGNS, csms_roots=(PKI.root(), root(above)), **more) as bench:
        assert bench.peer.payloads("SignCertificate") == []
        await bench.settle(3 * 24 * 3600)
        assert len(bench.peer.payloads("SignCertificate")) == 1


async def test_a_person_renews_the_certificate():
    async with secure(3, SIGNS) as bench:
        await bench.do("renew_certificate")
        assert len(bench.peer.payloads("SignCertificate")) == 1


# -- roots -------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize(
    ("use", "root"), [(CSMS, "csms_root_2"), (MANUFACTURER, "manufacturer_root")]
)
async def test_a_root_is_installed_listed_and_deleted(algorithm, use, root):
    pem = PKI.root(root)
    async with secure(2, hash_algorithm=algorithm) as bench:
        before = await listed(bench, use)
        assert await install(bench, use, pem) == "Accepted"
        found = await listed(bench, use)
        assert len(found) == len(before) + 1
        assert small(found[-1]) == small(hash_data(pem, algorithm=algorithm))
        assert await delete(bench, hash_data(pem, algorithm="SHA512")) == "Accepted"
        assert await listed(bench, use) == before
        assert await delete(bench, found[-1]) == "NotFound"


async def test_serial_numbers_have_no_zeros_in_front():
    async with secure(1) as bench:
        assert await install(bench, MANUFACTURER, root(curve_key(1))) == "Accepted"
        assert (await listed(bench, MANUFACTURER))[0]["serialNumber"] == "FFF"


async def test_a_list_of_none():
    async with secure(1) as bench:
        wanted = {"certificateType": MANUFACTURER}
        answer = await bench.peer.call("GetInstalledCertificateIds", wanted)
        assert answer == {"status": "NotFound"}


async def test_the_same_root_twice_is_one_root():
    async with secure(1) as bench:
        for _ in range(2):
            assert await install(bench, CSMS, PKI.root()) == "Accepted"
        assert len(await listed(bench, CSMS)) == 1


async def test_roots_are_kept_over_reboots_and_restarts():
    store = Store()
    async with secure(1, store=store, manufacturer_roots=(PKI.root("manufacturer_root"),)) as bench:
        await install(bench, CSMS, PKI.root("csms_root_2"))
        await delete(bench, hash_data(PKI.root("manufacturer_root")))
        await bench.peer.call("Reset", {"type": "Hard"})
        await bench.settle(10)
        assert len(await listed(bench, CSMS)) == 1
    async with secure(1, store=store, manufacturer_roots=(PKI.root("manufacturer_root"),)) as bench:
        assert len(await listed(bench, CSMS)) == 1
        assert await listed(bench, MANUFACTURER) == []


@pytest.mark.parametrize(
    "pem",
    [
        "nonsense",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        PKI.root() + PKI.root("csms_root_2"),
        PKI.client("CP1").chain,
        root(curve_key(3), last=datetime(2029, 1, 1)),
        root(curve_key(3), first=datetime(2031, 1, 1)),
        root(ec.derive_private_key(99, ec.SECP192R1())),
        root(curve_key(3), authority=False),
    ],
)
async def test_roots_that_are_refused(pem):
    async with secure(1) as bench:
        for use in (CSMS, MANUFACTURER):
            assert await install(bench, use, pem) == "Rejected"
            assert await listed(bench, use) == []


async def test_no_more_roots_than_there_is_room_for():
    async with secure(1, keys={"CertificateStoreMaxLength": "2"}) as bench:
        assert await install(bench, CSMS, PKI.root()) == "Accepted"
        assert await install(bench, MANUFACTURER, PKI.root("manufacturer_root")) == "Accepted"
        assert await install(bench, CSMS, PKI.root("csms_root_2")) == "Rejected"
        assert await delete(bench, hash_data(PKI.root())) == "Accepted"
        assert await install(bench, CSMS, PKI.root("csms_root_2")) == "Accepted"


async def test_a_broken_memory_is_a_failure():
    async with secure(1) as bench:
        await install(bench, CSMS, PKI.root())
        await bench.do("break_memory")
        assert await install(bench, CSMS, PKI.root("csms_root_2")) == "Failed"
        assert await delete(bench, hash_data(PKI.root())) == "Failed"


async def test_the_root_of_the_connection_cannot_be_deleted():
    async with secure(2) as bench:
        await install(bench, CSMS, PKI.root("csms_root_2"))
        assert await delete(bench, hash_data(PKI.root())) == "Failed"
        await serve(bench, server("server_2"))
        await bench.settle(10)
        assert await delete(bench, hash_data(PKI.root())) == "Accepted"
        assert await delete(bench, hash_data(PKI.root("csms_root_2"))) == "Failed"


async def test_an_installed_root_is_trusted():
    async with secure(2) as bench:
        await install(bench, CSMS, PKI.root("csms_root_2"))
        await serve(bench, server("server_2"))
        await bench.settle(10)
        assert len(bench.peer.connections) == 2


# -- AdditionalRootCertificateCheck ------------------------------------------------------------


OLD, NEW = curve_key(6), curve_key(7)
OLD_ROOT = root(OLD)
NEW_ROOT = pem_of(made(named("new root"), NEW, named("root"), OLD))


def under(pem, key):
    """Return the TLS of a CSMS whose certificate is under a root."""
    own = curve_key(8)
    issuer = certificates_of(pem, "root")[0].subject
    certificate = made(named("csms.lab.test"), own, issuer, key, authority=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_identity(context, pem_of(certificate), key_text(own))
    return context


def checked():
    """Return the options of a station that lets the root of the CSMS be replaced only."""
    keys = {"CpoName": OPERATOR, "AdditionalRootCertificateCheck": "true"}
    more = {"keys": keys, "csms_roots": (OLD_ROOT,), "reconnect": (1, 5)}
    return more | {"tls": under(OLD_ROOT, OLD)}


async def test_another_root_must_be_signed_by_the_old_one():
    async with secure(2, **checked()) as bench:
        assert await install(bench, CSMS, PKI.root("csms_root_2")) == "Rejected"
        assert await install(bench, MANUFACTURER, PKI.root("manufacturer_root")) == "Accepted"
        assert await install(bench, CSMS, NEW_ROOT) == "Accepted"
        found = await listed(bench, CSMS)
        assert small(found[0]) == small(hash_data(NEW_ROOT, OLD_ROOT))
        assert small(found[1]) == small(hash_data(OLD_ROOT))


async def test_the_old_root_helps_until_the_new_one_works():
    async with secure(2, **checked()) as bench:
        assert await install(bench, CSMS, NEW_ROOT) == "Accepted"
        await serve(bench, under(OLD_ROOT, OLD))
        await bench.settle(20)
        assert len(bench.peer.connections) == 2
        assert len(await listed(bench, CSMS)) == 2
        assert "InvalidCentralSystemCertificate" in events(bench)


async def test_the_old_root_goes_when_the_new_one_works():
    async with secure(2, **checked()) as bench:
        assert await install(bench, CSMS, NEW_ROOT) == "Accepted"
        await serve(bench, under(NEW_ROOT, NEW))
        await bench.settle(20)
        assert len(bench.peer.connections) == 2
        assert len(await listed(bench, CSMS)) == 1


def test_rsa_keys_from_a_seed_are_keys():
    key = Keys(1).rsa("x")
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
