"""A station with a security profile, and a scripted CSMS with TLS and passwords."""

import ssl
import warnings
from base64 import b64decode
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from station_lab import lab

from testbay.pki.lab import Lab

URL = "ws://csms.lab.test:9000/ocpp"
PKI = Lab.seeded(hosts=("csms.lab.test",))
PASSWORD = "4F43415F4F4354545F61646D696E5F74657374"
NEW = "00112233445566778899AABBCCDDEEFF00112233"
OPERATOR = "testbay"


def server(name="server", *, roots=(), kind="ec", newest=None, ciphers=None):
    """Return the TLS of a CSMS with a certificate of the laboratory."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers or "ECDHE+AESGCM:AES128-GCM-SHA256:AES256-GCM-SHA384:@SECLEVEL=0")
    if newest is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = newest
    identity = PKI.server(name, kind)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "identity.pem"
        file.write_text(identity.chain + identity.key)
        context.load_cert_chain(file)
    if roots:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata="".join(roots))
    return context


def options(profile, **more):
    """Return the options of a station that uses a security profile."""
    found = {"security_profile": profile, "seed": 1, "keys": {"CpoName": OPERATOR}}
    if profile != 3:
        found["password"] = PASSWORD
    if profile >= 2:
        found["csms_roots"] = (PKI.root("csms_root"),)
    if profile == 3:
        own = PKI.client("CP1")
        found |= {"certificate": own.chain, "key": own.key}
    return found | more


@asynccontextmanager
async def secure(profile, script=None, *, tls=None, wait=5.0, connected=True, gate=None, **more):
    """Run a station with a security profile against a CSMS that has what fits it."""
    if tls is None and profile >= 2:
        tls = server(roots=(PKI.root("station_root"),) if profile == 3 else ())
    given = options(profile, **more)
    async with lab(
        script, wait=wait, connected=connected, tls=tls, gate=gate, url=URL, **given
    ) as bench:
        yield bench


async def serve(bench, tls):
    """Serve with other TLS from now on; what is connected is cut."""
    await bench.offline()
    bench.tls = tls
    await bench.online()


async def swap(bench, tls):
    """Serve with other TLS the connections to come."""
    bench.server.close(close_connections=False)
    await bench.settle(0.01)
    bench.tls = tls
    await bench.online()


def password_of(bench, connection=-1):
    """Return the user and the password of a connection."""
    header = bench.peer.connections[connection].request.headers.get("Authorization")
    if header is None:
        return None
    user, _, password = b64decode(header.removeprefix("Basic ")).partition(b":")
    return user.decode(), password


def shown_by(bench, connection=-1):
    """Return the certificate that the station has shown."""
    found = bench.peer.connections[connection].transport.get_extra_info("ssl_object")
    der = found.getpeercert(True) if found is not None else None
    return x509.load_der_x509_certificate(der) if der else None


def fingerprint(pem):
    """Return the fingerprint of the first certificate of a PEM text."""
    return x509.load_pem_x509_certificates(pem.encode())[0].fingerprint(hashes.SHA256())


def events(bench, since=0):
    """Return the types of the security events that were told."""
    return [event["type"] for event in bench.peer.payloads("SecurityEventNotification", since)]


def wants(password):
    """Return a gate that lets stations in with this password only."""

    def gate(connection, request):
        header = request.headers.get("Authorization", "")
        if b64decode(header.removeprefix("Basic ")).partition(b":")[2] != password:
            return connection.respond(HTTPStatus.UNAUTHORIZED, "no\n")
        return None

    return gate


async def sign(bench, flaw="", **how):
    """Let the station renew its certificate; return what it answers to the signed one."""
    mark = bench.mark
    wanted = {"requestedMessage": "SignChargePointCertificate"}
    answer = await bench.peer.call("ExtendedTriggerMessage", wanted)
    assert answer == {"status": "Accepted"}
    await bench.settle(0.1)
    (request,) = bench.peer.payloads("SignCertificate", mark)
    chain = PKI.sign_csr(request["csr"], flaw=flaw, **how)
    return await bench.peer.call("CertificateSigned", {"certificateChain": chain})
