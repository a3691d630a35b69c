"""Hash data as OCPP defines them, firmware images, and signatures over images."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from testbay.pki import firmware
from testbay.pki.errors import NotPem
from testbay.pki.hashes import ALGORITHMS, hash_data, same
from testbay.pki.lab import Lab
from testbay.pki.names import KINDS, Kind

LAB = Lab.seeded()
openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")


def by_hand(pem: str, issuer_pem: str, algorithm: str) -> dict[str, str]:
    """Return the hash data as RFC 6960 section 4.1.1 describes them."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    key = x509.load_pem_x509_certificate(issuer_pem.encode()).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        bits = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        bits = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": hashlib.new(algorithm, certificate.issuer.public_bytes()).hexdigest(),
        "issuerKeyHash": hashlib.new(algorithm, bits).hexdigest(),
        "serialNumber": hex(certificate.serial_number)[2:],
    }


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_hash_data_name_a_root(algorithm: str) -> None:
    for root in ("csms_root", "csms_root_2", "manufacturer_root"):
        pem = LAB.root(root)
        assert hash_data(pem, algorithm=algorithm) == by_hand(pem, pem, algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_hash_data_name_a_certificate_under_an_issuer(algorithm: str) -> None:
    leaf, root = LAB.server().chain, LAB.root()
    assert hash_data(leaf, root, algorithm) == by_hand(leaf, root, algorithm)
    own = LAB.server("self_signed", "rsa").chain
    assert hash_data(own, algorithm=algorithm) == by_hand(own, own, algorithm)


@openssl
def test_openssl_has_the_same_hash_data(tmp_path: Path) -> None:
    root, leaf = tmp_path / "root.pem", tmp_path / "leaf.pem"
    for name in ("csms_root", "csms_root_2", "manufacturer_root"):
        root.write_text(LAB.root(name))
        leaf.write_text(LAB.root(name))
        asked = ["-sha256", "-issuer", str(root), "-cert", str(leaf), "-req_text", "-no_nonce"]
        done = subprocess.run(
            ["openssl", "ocsp", *asked], capture_output=True, text=True, check=True
        )
        ours = hash_data(LAB.root(name))
        for field, title in (("issuerNameHash", "Name Hash"), ("issuerKeyHash", "Key Hash")):
            found = re.search(rf"Issuer {title}: (\w+)", done.stdout)
            assert found is not None
            assert found[1].lower() == ours[field]
        number = re.search(r"Serial Number: (\w+)", done.stdout)
        assert number is not None
        assert number[1].lower().lstrip("0") == ours["serialNumber"]


def test_the_serial_number_has_no_leading_zeros() -> None:
    """csms_root_2's first byte begins with one, manufacturer_root's DER has a byte of zeros."""
    assert len(hash_data(LAB.root("csms_root_2"))["serialNumber"]) == 31
    assert hash_data(LAB.root("manufacturer_root"))["serialNumber"][0] in "89abcdef"


def test_hash_data_are_compared_without_regard_to_case() -> None:
    ours = hash_data(LAB.root())
    loud = {field: value.upper() for field, value in ours.items()}
    assert same(ours, loud)
    assert not same(ours, {**ours, "serialNumber": "0" + ours["serialNumber"]})
    assert not same(ours, {k: v for k, v in ours.items() if k != "issuerKeyHash"})
    assert not same({}, {})
    assert not same(ours, None)


def test_other_algorithms_and_other_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="no hash algorithm 'SHA1', only SHA256, SHA384, SHA512"):
        hash_data(LAB.root(), algorithm="SHA1")
    with pytest.raises(NotPem):
        hash_data("no certificate")


# -- firmware --------------------------------------------------------------------------------------


def test_an_image_names_its_version_and_depends_on_nothing_else() -> None:
    content = firmware.image("2.0.1", 1000, seed=3)
    assert len(content) == 1000
    assert firmware.version_of(content) == "2.0.1"
    assert content == firmware.image("2.0.1", 1000, seed=3)
    assert len({content, firmware.image("2.0.1", 1000, 4), firmware.image("2.0.2", 1000, 3)}) == 3
    assert len(firmware.image("2.0.1", 0)) > 10
    assert firmware.version_of(b"\x7fELF something else\n") == ""
    assert firmware.sha256(b"abc").startswith("ba7816bf")


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_fits_its_image_and_its_certificate(kind: Kind) -> None:
    signer, content = LAB.signer("", kind), firmware.image("1", 5000)
    signed = firmware.signature(content, signer.key)
    assert len(signed) <= 800  # what SignedUpdateFirmware has room for
    assert firmware.verifies(content, signed, signer.chain)
    assert not firmware.verifies(content + b"x", signed, signer.chain)
    assert not firmware.verifies(content, firmware.spoiled(signed), signer.chain)
    assert not firmware.verifies(content, signed, LAB.signer("wrong_root", "ec").chain)
    assert not firmware.verifies(content, signed, LAB.signer("weak_key", "rsa").chain)


@pytest.mark.parametrize("junk", ["", "hello", "####", "AAAA", "ü"])
def test_what_is_no_signature_does_not_fit(junk: str) -> None:
    for kind in KINDS:
        assert not firmware.verifies(b"x", junk, LAB.signer("", kind).chain)


def test_what_is_no_signature_can_be_spoiled_too() -> None:
    assert firmware.spoiled("no Base64") == "no Base64"
    assert firmware.spoiled("") != ""
    assert firmware.spoiled(firmware.spoiled("AAAA")) == "AAAA"


def test_ecdsa_signs_the_same_each_time() -> None:
    key = LAB.signer().key
    assert firmware.signature(b"x", key) == firmware.signature(b"x", key)


@openssl
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verifies_the_signature(kind: Kind, tmp_path: Path) -> None:
    """With a salt as long as the hash, as stations are likely to want it."""
    signer, content = LAB.signer("", kind), firmware.image("1", 5000)
    (tmp_path / "image").write_bytes(content)
    raw = base64.b64decode(firmware.signature(content, signer.key))
    (tmp_path / "signature").write_bytes(raw)
    certificate = x509.load_pem_x509_certificate(signer.chain.encode())
    public = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key").write_bytes(public)
    pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]
    line = ["openssl", "dgst", "-sha256", *(pss if kind == "rsa" else [])]
    done = subprocess.run(
        [*line, "-verify", "key", "-signature", "signature", "image"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "Verified OK"
