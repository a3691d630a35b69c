"""What stands in PEM texts, paths to roots, and one sentence for what cannot be read."""

from __future__ import annotations

import base64
import contextlib
import textwrap
import warnings
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from testbay.pki import inspect
from testbay.pki.errors import LabError, NotPem
from testbay.pki.hashes import hash_data
from testbay.pki.issue import Draft, Issuer, Purpose, issue, name
from testbay.pki.lab import Lab
from testbay.pki.names import KINDS
from testbay.pki.pem import parse_certificate, parse_key, parse_request, pem_of

LAB = Lab.seeded(hosts=("csms.example", "10.0.0.1"), owner="Operator")
ROOT = LAB.root()
NOW = datetime(2030, 1, 1, tzinfo=UTC)
CSR = LAB.request("SN").csr


def armour(der: bytes, label: str) -> str:
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def test_a_certificate_is_read() -> None:
    held = inspect.certificate(LAB.server("server", "rsa").chain)
    assert (held.key, held.bits, held.strong) == ("RSA", 2048, True)
    assert (held.common_name, held.organization) == ("csms.example", "Operator")
    assert held.issuer == "testbay operator root"
    assert held.hosts == ("csms.example", "10.0.0.1")
    assert (held.not_before.year, held.not_after.year) == (2000, 2099)
    assert held.not_before.tzinfo is UTC
    assert held.key_usage == ("digitalSignature", "keyEncipherment")
    assert held.pem == LAB.server("server", "rsa").chain
    parsed = x509.load_pem_x509_certificate(held.pem.encode())
    assert held.fingerprint == parsed.fingerprint(hashes.SHA256()).hex()
    assert int(held.serial_number, 16) == parsed.serial_number


def test_a_request_is_read() -> None:
    asked = inspect.csr(LAB.request("SN", kind="rsa", owner="O").csr)
    assert (asked.key, asked.bits, asked.common_name) == ("RSA", 2048, "SN")
    assert (asked.organization, asked.signed) == ("O", True)
    assert asked.signature_algorithm == "sha256WithRSAEncryption"


def test_a_request_that_somebody_else_signed_is_seen() -> None:
    body = parse_request(CSR)
    der = bytearray(body.public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    text = armour(bytes(der), "CERTIFICATE REQUEST")
    assert not inspect.csr(text).signed
    with pytest.raises(LabError, match="not signed with the key that it asks to be certified"):
        LAB.sign_csr(text, at=NOW)


def test_keys_of_other_kinds_are_named() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    subject = x509.Name([])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    asked = inspect.csr(pem(builder.sign(key, None)))
    assert (asked.key, asked.bits, asked.common_name, asked.organization) == ("Ed25519", 0, "", "")
    other = dsa.generate_private_key(2048)
    asked = inspect.csr(pem(builder.sign(other, hashes.SHA256())))
    assert (asked.key, asked.bits) == ("DSA", 2048)


@pytest.mark.parametrize(
    ("key", "bits", "strong"),
    [("EC", 224, True), ("EC", 192, False), ("RSA", 2048, True), ("RSA", 1024, False)],
)
def test_keys_must_be_as_long_as_the_whitepaper_says(key: str, bits: int, strong: bool) -> None:
    assert inspect.strong(key, bits) is strong


def test_text_around_pem_and_other_line_ends_do_no_harm() -> None:
    wordy = "subject=CN = x\n" + ROOT.replace("\n", "\r\n") + "\r\nmore words\r\n"
    assert inspect.certificate(wordy) == inspect.certificate(ROOT)
    assert inspect.certificate(ROOT.rstrip("\n")) == inspect.certificate(ROOT)
    assert inspect.csr(CSR.replace("CERTIFICATE REQ", "NEW CERTIFICATE REQ")) == inspect.csr(CSR)


TWO_KEYS = LAB.server().key + LAB.server("server", "rsa").key


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the text is empty where a certificate in PEM is expected"),
        (" \n", "the text is empty"),
        ("hello", 'this is not PEM: a certificate begins with "-----BEGIN CERTIFICATE-----"'),
        ("MIIBxDCCAWqgAwIBAgIQ", "this is not PEM: a certificate begins with"),
        (ROOT.replace("\n", "\\n"), "its line breaks are the two characters \\ and n"),
        (ROOT.replace("\n", " "), "and its END must stand on lines of their own"),
        (ROOT.partition("-----END")[0], "and its END must stand on lines of their own"),
        (CSR, "a certificate in PEM is expected, but the text holds: certificate request"),
        (TWO_KEYS, "a certificate in PEM is expected, but the text holds: private key"),
        (ROOT.replace("M", "*", 1), "the certificate is not PEM: its Base64 is damaged"),
        (ROOT + ROOT, "one certificate is expected, but the PEM text holds 2"),
    ],
)
def test_what_is_no_certificate_is_named(text: str, says: str) -> None:
    with pytest.raises(NotPem) as caught:
        inspect.certificate(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the text is empty where a certificate signing request in PEM is expected"),
        ("not a CSR", "this is not PEM: a certificate signing request begins with"),
        (ROOT, "is expected, but the text holds: certificate"),
        (CSR + CSR, "one certificate signing request is expected, but there are 2"),
        (CSR.replace("CERTIFICATE REQUEST", "CERTIFICATE"), "but the text holds: certificate"),
        (
            ROOT.replace("CERTIFICATE", "CERTIFICATE REQUEST"),
            "the certificate signing request cannot be read: it is damaged",
        ),
    ],
)
def test_what_is_no_request_is_named(text: str, says: str) -> None:
    with pytest.raises(NotPem) as caught:
        inspect.csr(text)
    assert says in str(caught.value)
    with pytest.raises(NotPem):
        LAB.sign_csr(text, at=NOW)


def test_damaged_certificates_in_a_chain_are_counted() -> None:
    damaged = armour(b"\x30\x03\x02\x01\x01", "CERTIFICATE")
    with pytest.raises(NotPem, match="the certificate 2 of 2 cannot be read: it is damaged"):
        inspect.certificates(ROOT + damaged)


def test_keys_that_cannot_be_used_are_named() -> None:
    key = parse_key(LAB.server().key)
    secret = serialization.BestAvailableEncryption(b"x")
    formats = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
    for form in formats:
        text = key.private_bytes(serialization.Encoding.PEM, form, secret).decode()
        with pytest.raises(NotPem, match="encrypted; write it without a passphrase"):
            parse_key(text)
    other = ed25519.Ed25519PrivateKey.generate()
    with pytest.raises(NotPem, match="neither an RSA key nor one of an elliptic curve"):
        parse_key(pem_of_key(other))
    with pytest.raises(NotPem, match="the private key cannot be read: "):
        parse_key(armour(b"\x30\x03\x02\x01\x01", "PRIVATE KEY"))
    with pytest.raises(NotPem, match="a private key in PEM is expected, but the text holds"):
        parse_key(ROOT)


def test_older_forms_of_keys_are_read() -> None:
    for kind in ("ec", "rsa"):
        key = parse_key(LAB.server("server", kind).key)  # type: ignore[arg-type]
        form = serialization.PrivateFormat.TraditionalOpenSSL
        old = key.private_bytes(
            serialization.Encoding.PEM, form, serialization.NoEncryption()
        ).decode()
        parameters = (
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        )
        assert parse_key(parameters + old).public_key() == key.public_key()


DERS = {
    "CERTIFICATE": [
        parse_certificate(LAB.server("server", kind).chain).public_bytes(serialization.Encoding.DER)
        for kind in KINDS
    ],
    "CERTIFICATE REQUEST": [
        parse_request(LAB.request("SN", 1, kind).csr).public_bytes(serialization.Encoding.DER)
        for kind in KINDS
    ],
}


@given(
    st.sampled_from([(label, der) for label, ders in DERS.items() for der in ders]),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_whatever_is_damaged_is_read_or_named(
    sound: tuple[str, bytes], changes: list[tuple[int, int]]
) -> None:
    label, der = sound[0], bytearray(sound[1])
    for place, value in changes:
        der[place % len(der)] = value
    text = armour(bytes(der), label)
    with warnings.catch_warnings(), contextlib.suppress(LabError):
        warnings.simplefilter("ignore")  # of cryptography, on what is lax
        if label == "CERTIFICATE":
            inspect.certificate(text)
            inspect.verifies(text, "", ROOT, NOW)
            hash_data(text, ROOT)
        else:
            inspect.csr(text)
            LAB.sign_csr(text, at=NOW)


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    for read in (inspect.certificates, inspect.csr, parse_key):
        with pytest.raises(NotPem):
            read(text)  # type: ignore[operator]


# -- paths -----------------------------------------------------------------------------------------


def authority(
    common: str,
    above: Issuer | None,
    purpose: Purpose = "authority",
    length: int | None = None,
    days: int = 1,
) -> Issuer:
    """Make a certificate that may sign (or not)."""
    key = ec.derive_private_key(sum(common.encode()), ec.SECP256R1())
    draft = Draft(
        purpose=purpose,
        subject=name("O", common),
        key=key.public_key(),
        serial=sum(common.encode()),
        not_before=NOW - timedelta(days=1),
        not_after=NOW + timedelta(days=days),
        path_length=length,
    )
    return Issuer(issue(draft, above or key), key)


def why(*path: Issuer, roots: tuple[Issuer, ...], at: datetime = NOW) -> str:
    leaf, *between = [pem_of(i.certificate) for i in path]
    return inspect.verifies(leaf, "".join(between), [pem_of(r.certificate) for r in roots], at)


def test_paths_are_followed_to_a_root() -> None:
    root = authority("root", None)
    one = authority("one", root, length=1)
    two = authority("two", one, length=0)
    leaf = authority("leaf", two, "client")
    other = authority("other root", None)
    assert why(leaf, one, two, roots=(other, root)) == ""
    assert why(leaf, two, one, root, roots=(root,)) == ""
    assert why(leaf, two, one, roots=(two,)) == ""
    assert why(root, roots=(root,)) == ""
    assert "one, which signed the certificate 'two'" in why(leaf, two, roots=(root,))
    assert "root, which signed the certificate 'one', is neither" in why(
        leaf, two, one, roots=(other,)
    )
    assert why(leaf, two, one, root, roots=(other,)) == (
        "the certificate 'root' is signed by itself and is none of the roots that are trusted"
    )
    assert why(leaf, two, one, roots=()) != ""


def test_authorities_may_be_limited() -> None:
    root = authority("root", None, length=0)
    one = authority("one", root)
    leaf = authority("leaf", one, "server")
    assert why(leaf, one, roots=(root,)) == (
        "more authorities follow the certificate 'root' than its path length of 0 allows"
    )
    assert why(authority("near", root, "server"), roots=(root,)) == ""
    below = authority("below", leaf, "client")
    assert why(below, leaf, one, roots=(authority("root", None),)) == (
        "the certificate 'leaf' signed a certificate and is no certificate authority"
    )


def test_dates_of_the_whole_path_count() -> None:
    root = authority("root", None)
    leaf = authority("leaf", root, "client")
    late, early = NOW + timedelta(days=2), NOW - timedelta(days=2)
    assert why(leaf, roots=(root,), at=late) == "the certificate 'leaf' expired on 2030-01-02"
    assert "'leaf' is not valid before 2029-12-31" in why(leaf, roots=(root,), at=early)
    assert "'root' expired" in why(root, roots=(root,), at=late)


def test_the_root_must_be_valid_as_long_as_what_is_under_it_is_used() -> None:
    root = authority("root", None)
    leaf = authority("leaf", root, "client", days=9)
    late = NOW + timedelta(days=2)
    assert why(leaf, roots=(root,), at=late) == "the certificate 'root' expired on 2030-01-02"


def test_an_authority_needs_the_right_key_usage() -> None:
    key = ec.derive_private_key(5, ec.SECP256R1())
    usage = dict.fromkeys(
        (
            *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
            *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    subject = name("O", "root")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    free = Issuer(builder.sign(key, hashes.SHA256()), key)
    assert why(authority("leaf", free, "client"), roots=(free,)) == ""
    builder = builder.add_extension(x509.KeyUsage(**{**usage, "crl_sign": True}), critical=True)
    bound = Issuer(builder.sign(key, hashes.SHA256()), key)
    assert why(authority("leaf", bound, "client"), roots=(bound,)) == (
        "the key usage of the certificate 'root' does not let it sign certificates"
    )


def test_a_path_that_leads_in_a_circle_ends() -> None:
    one, two = authority("one", None), authority("two", None)
    first = authority("one", two)
    second = authority("two", one)
    assert "has more than 8 certificates" in why(first, second, first, roots=())


def test_of_two_roots_with_one_name_the_right_one_is_found() -> None:
    root = authority("root", None)
    key = ec.derive_private_key(77, ec.SECP256R1())
    false = Issuer(
        issue(
            Draft(
                purpose="authority",
                subject=root.certificate.subject,
                key=key.public_key(),
                serial=9,
                not_before=NOW,
                not_after=NOW,
            ),
            key,
        ),
        key,
    )
    leaf = authority("leaf", root, "client")
    assert why(leaf, roots=(false, root)) == ""
    assert "was not made with the key of root" in why(leaf, roots=(false,))


def pem(made: x509.CertificateSigningRequest) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()


def pem_of_key(key: ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def test_one_certificate_is_parsed() -> None:
    assert pem_of(parse_certificate(ROOT)) == ROOT
