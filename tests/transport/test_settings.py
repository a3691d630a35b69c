"""TLS settings from PEM texts: made once, and no key is left behind."""

import ssl
import tempfile
from pathlib import Path

import pytest

from testbay.pki.lab import Lab
from testbay.transport import client_settings, server_settings
from testbay.transport.settings import Identity, pem

LAB = Lab.seeded()


def pair(kind: str = "ec", name: str = "server") -> Identity:
    made = LAB.server(name, "rsa" if kind == "rsa" else "ec")
    return made.chain, made.key


def test_the_same_settings_are_made_once() -> None:
    assert server_settings((pair(),)) is server_settings((pair(),))
    assert server_settings((pair(),)) is not server_settings((pair(), pair("rsa")))
    assert client_settings(LAB.root()) is client_settings(LAB.root())


def test_keys_are_not_left_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server_settings((pair(name="server_2"),))
    assert list(tmp_path.iterdir()) == []


def test_who_must_show_a_certificate() -> None:
    assert server_settings((pair(),)).verify_mode == ssl.CERT_NONE
    assert server_settings((pair(),), LAB.root()).verify_mode == ssl.CERT_REQUIRED
    assert client_settings(None).verify_mode == ssl.CERT_NONE
    for roots in (LAB.root(), ""):
        settings = client_settings(roots)
        assert settings.verify_mode == ssl.CERT_REQUIRED
        assert settings.check_hostname


def test_versions() -> None:
    of = client_settings
    assert of(None).minimum_version == ssl.TLSVersion.TLSv1_2
    assert of(None).maximum_version == ssl.TLSVersion.TLSv1_3
    old = of(None, maximum="TLSv1.1")
    assert old.minimum_version == old.maximum_version == ssl.TLSVersion.TLSv1_1
    assert of(None, minimum="TLSv1.3").minimum_version == ssl.TLSVersion.TLSv1_3
    with pytest.raises(ValueError, match=r"there is no version 'TLS9' of TLS; use TLSv1, TLSv1\.1"):
        of(None, maximum="TLS9")
    with pytest.raises(ValueError, match="has no cipher suite TLS_ODD"):
        of(None, ciphers=("TLS_ODD",))


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        ((pair()[0], pair("rsa")[1]), "the private key does not fit the certificate"),
        ((pair()[0], pair(name="expired")[1]), "the private key does not fit the certificate"),
        (("", pair()[1]), "certificate or private key is damaged, or one of them is missing"),
        ((pair()[0], ""), "certificate or private key is damaged, or one of them is missing"),
        ((pair()[0][:200], pair()[1]), "damaged"),
    ],
)
def test_what_cannot_be_used(identity: Identity, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        server_settings((identity,))
    with pytest.raises(ValueError, match=told):
        client_settings(LAB.root(), identity)


def test_roots_that_are_none() -> None:
    with pytest.raises(ValueError, match="there is no certificate in PEM"):
        client_settings("no root")


def test_der_becomes_pem() -> None:
    der = ssl.PEM_cert_to_DER_cert(LAB.root())
    assert pem(der) == LAB.root()
    assert pem(None) == ""
