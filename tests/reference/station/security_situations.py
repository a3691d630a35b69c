"""Situations in which misbehaviour about security can be seen, each with a CSMS that fits it."""

import ssl

from cryptography.hazmat.primitives import hashes
from secure_lab import (
    NEW,
    PASSWORD,
    PKI,
    events,
    fingerprint,
    password_of,
    secure,
    serve,
    server,
    shown_by,
    sign,
    swap,
)

from testbay.pki.hashes import hash_data
from testbay.transport import Refuse, listen
from testbay.transport.events import ClientHello

CSMS = "CentralSystemRootCertificate"
SIGNS = {"SignCertificate": {"status": "Accepted"}}


async def says_hello(faults):
    """Return versions and cipher suites of the ClientHello."""
    hellos = []

    def handle(wire, event):
        if isinstance(event, ClientHello):
            hellos.append(event)

    listener = await listen(handle, "csms.test", 9000, decide=lambda _: Refuse(403), tls=server())
    async with secure(2, connected=False, faults=faults):
        pass
    await listener.close()
    return hellos[0].versions, hellos[0].cipher_suites


async def meets_other_servers(faults):
    """Return which servers it connects to."""
    async with secure(2, faults=faults, reconnect=(1, 2)) as bench:
        reached = []
        for flaw in ("unknown_root", "expired", "not_yet_valid", "wrong_host", "wildcard"):
            before = len(bench.peer.connections)
            await serve(bench, server(flaw))
            await bench.settle(10)
            reached.append((flaw, len(bench.peer.connections) > before))
        return reached


async def connects(faults):
    """Return with what it connects by security profiles 1 and 3."""
    seen = []
    optional = server(roots=(PKI.root("station_root"),))
    optional.verify_mode = ssl.CERT_OPTIONAL
    for profile, more in ((1, {}), (3, {"password": PASSWORD})):
        tls = optional if profile == 3 else None
        async with secure(profile, tls=tls, faults=faults, **more) as bench:
            shown = shown_by(bench)
            seen.append((password_of(bench), shown is not None))
    return seen


async def gets_a_password(faults):
    async with secure(1, faults=faults) as bench:
        wanted = {"key": "AuthorizationKey", "value": NEW}
        answer = await bench.peer.call("ChangeConfiguration", wanted)
        await bench.settle(10)
        return answer, len(bench.peer.connections), password_of(bench)


async def asks_for_a_certificate(faults):
    async with secure(3, SIGNS, faults=faults) as bench:
        wanted = {"requestedMessage": "SignChargePointCertificate"}
        await bench.peer.call("ExtendedTriggerMessage", wanted)
        await bench.settle()
        return bench.peer.payloads("SignCertificate")


async def gets_a_certificate(faults):
    async with secure(3, SIGNS, faults=faults) as bench:
        first = await sign(bench, "expired")
        await bench.settle(5)
        second = await sign(bench)
        await bench.settle(5)
        changed = shown_by(bench).fingerprint(hashes.SHA256()) != fingerprint(
            PKI.client("CP1").chain
        )
        return first, second, changed, len(bench.peer.connections), events(bench)


async def gets_roots(faults):
    root = PKI.root("csms_root_2")
    async with secure(2, faults=faults) as bench:
        seen = []
        wanted = {"certificateType": CSMS}
        install = wanted | {"certificate": root}
        seen.append(await bench.peer.call("InstallCertificate", install))
        seen.append(await bench.peer.call("GetInstalledCertificateIds", wanted))
        await bench.peer.call("Reset", {"type": "Hard"})
        await bench.settle(10)
        listed = await bench.peer.call("GetInstalledCertificateIds", wanted)
        seen.append(listed)
        data = {"certificateHashData": hash_data(root)}
        seen.append(await bench.peer.call("DeleteCertificate", data))
        seen.append(await bench.peer.call("GetInstalledCertificateIds", wanted))
        return seen


async def goes_up(faults):
    """Return with what it connects after it was put on profile 2, with and without TLS."""
    root = (PKI.root("csms_root"),)
    async with secure(1, csms_roots=root, faults=faults, reconnect=(1, 2)) as bench:
        wanted = {"key": "SecurityProfile", "value": "2"}
        seen = [await bench.peer.call("ChangeConfiguration", wanted)]
        await bench.peer.call("Reset", {"type": "Hard"})
        await swap(bench, server())
        await bench.settle(10)
        seen.append(len(bench.peer.connections))
        await serve(bench, None)
        await bench.settle(10)
        return *seen, len(bench.peer.connections)


async def is_put_down(faults):
    async with secure(2, faults=faults) as bench:
        wanted = {"key": "SecurityProfile", "value": "1"}
        return await bench.peer.call("ChangeConfiguration", wanted)


async def has_its_housing_opened(faults):
    async with secure(1, faults=faults) as bench:
        await bench.do("open_housing")
        return events(bench), bench.station.life.security.events.text()


SEEN_IN = {
    "tls-1.1": says_hello,
    "accepts-old-tls": says_hello,
    "old-cipher-suites": says_hello,
    "half-the-cipher-suites": says_hello,
    "accepts-any-server-certificate": meets_other_servers,
    "ignores-dates-of-server-certificate": meets_other_servers,
    "ignores-name-of-server": meets_other_servers,
    "accepts-wildcards": meets_other_servers,
    "shows-no-certificate": connects,
    "password-with-profile-3": connects,
    "sends-no-password": connects,
    "password-as-digits": connects,
    "authorizes-as-other-station": connects,
    "keeps-old-password": gets_a_password,
    "new-password-garbled": gets_a_password,
    "password-change-without-reconnect": gets_a_password,
    "csr-with-weak-key": asks_for_a_certificate,
    "csr-keeps-key": asks_for_a_certificate,
    "csr-without-operator": asks_for_a_certificate,
    "csr-for-other-station": asks_for_a_certificate,
    "csr-not-pem": asks_for_a_certificate,
    "csr-signature-broken": asks_for_a_certificate,
    "accepts-any-signed-certificate": gets_a_certificate,
    "keeps-old-certificate": gets_a_certificate,
    "new-certificate-without-reconnect": gets_a_certificate,
    "certificate-not-stored": gets_roots,
    "deleted-certificate-stays": gets_roots,
    "forgets-certificates-after-reset": gets_roots,
    "hashes-whole-key-info": gets_roots,
    "hashes-subject-name": gets_roots,
    "serial-number-in-decimal": gets_roots,
    "lowers-security-profile": is_put_down,
    "keeps-old-profile": goes_up,
    "falls-back-to-old-profile": goes_up,
    "no-security-events": has_its_housing_opened,
    "security-log-stays-empty": has_its_housing_opened,
}
