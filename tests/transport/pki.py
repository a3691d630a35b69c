"""Certificates for the tests, whose validity depends on neither clock: 2000 to 2099, or flawed."""

import atexit
import datetime
import functools
import ipaddress
import shutil
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from testbay.transport import tls_client, tls_server

HOST = "csms.test"
YEARS = {"valid": (2000, 2099), "expired": (2000, 2001), "future": (2090, 2099)}

_FOLDER = Path(tempfile.mkdtemp(prefix="testbay-pki-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)


@functools.cache
def _key(label: str, kind: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


@functools.cache
def issue(name: str, years: str = "valid", issuer: str | None = None, kind: str = "ec") -> Path:
    """Return a PEM file with certificate and key; without an issuer it is a root."""
    key = _key(f"{name} {years} {issuer}", kind)
    root_key = key if issuer is None else _key(f"{issuer} valid None", "ec")
    first, last = (datetime.datetime(y, 1, 1, tzinfo=datetime.UTC) for y in YEARS[years])
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
    )
    if issuer is None:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    else:
        names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        if name != HOST:
            names.pop()
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    certificate = builder.sign(root_key, hashes.SHA256())
    path = _FOLDER / f"{name}-{years}-{issuer}-{kind}.pem".replace(" ", "_")
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@functools.cache
def server(flaw: str = "", client_ca: str | None = None) -> ssl.SSLContext:
    """Return settings of a server whose certificate has a flaw, or none."""
    certificate = {
        "": lambda: issue(HOST, issuer="root"),
        "rsa": lambda: issue(HOST, issuer="root", kind="rsa"),
        "expired": lambda: issue(HOST, "expired", "root"),
        "not yet valid": lambda: issue(HOST, "future", "root"),
        "unknown root": lambda: issue(HOST, issuer="other root"),
        "wrong name": lambda: issue("other.test", issuer="root"),
    }[flaw]()
    return tls_server(certificate, client_ca=client_ca and issue(client_ca))


@functools.cache
def client(
    certificate: str = "", maximum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    """Return settings of a client with a certificate that has a flaw, with a good one, or none."""
    own = {
        "": lambda: None,
        "good": lambda: issue("CP1", issuer="root"),
        "expired": lambda: issue("CP1", "expired", "root"),
        "unknown root": lambda: issue("CP1", issuer="other root"),
    }[certificate]()
    return tls_client(issue("root"), own, maximum=maximum)
