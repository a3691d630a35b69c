"""TLS as the security white paper wants it: versions, suites, certificates of both ends."""

import asyncio
import ssl
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from csms_lab import Lab
from tls_lab import ALL, PKI, authority, basic, handshake, station_context
from websockets.exceptions import InvalidMessage, InvalidStatus

from testbay_reference.certificates import common_names
from testbay_reference.csms import Csms, Identity

SUITES = {
    "ECDHE-ECDSA-AES128-GCM-SHA256": ("lacks-ecdhe-ecdsa-aes128", ec.EllipticCurvePublicKey),
    "ECDHE-ECDSA-AES256-GCM-SHA384": ("lacks-ecdhe-ecdsa-aes256", ec.EllipticCurvePublicKey),
    "AES128-GCM-SHA256": ("lacks-rsa-aes128", rsa.RSAPublicKey),
    "AES256-GCM-SHA384": ("lacks-rsa-aes256", rsa.RSAPublicKey),
}
TLS_1_2 = ssl.TLSVersion.TLSv1_2
PASSWORD = basic("CP1", b"sesame")


async def secured(lab: Lab, **options: Any) -> Csms:
    """Start a CSMS with TLS whose server certificates are those of the laboratory."""
    options.setdefault("certificates", _servers("server"))
    options.setdefault("authorities", (authority(),))
    return await lab.open(secure_port=0, seed=1, **options)


def _servers(name: str) -> tuple[Identity, ...]:
    found = (PKI.server(name, "ec"), PKI.server(name, "rsa"))
    return tuple(Identity(one.chain, one.key) for one in found)


def reason(error: BaseException) -> str:
    """Return what OpenSSL says about the end of a handshake."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, ssl.SSLError):
        seen = seen.__cause__ or seen.__context__
    assert isinstance(seen, ssl.SSLError), f"{error!r} was not caused by TLS"
    return seen.reason


async def refusal(lab: Lab, context: ssl.SSLContext) -> str:
    """Return why a handshake fails."""
    with pytest.raises(OSError) as caught:  # noqa: PT011  ssl.SSLError is one, its reason counts
        await handshake(lab.csms.secure_port, context)
    return reason(caught.value)


async def test_both_ports_serve_the_same_stations(lab: Lab) -> None:
    csms = await secured(lab)
    assert csms.secure_port not in (None, csms.port)
    await (await lab.station()).ws.close()
    trusting = station_context(roots=PKI.root("csms_root"))
    station = await lab.connect(ssl=trusting)
    assert await station.call("Heartbeat")
    shown = lab.record()["shown"]
    assert (shown["version"], "AES" in shown["cipher"]) == ("TLSv1.3", True)


async def test_tls_alone(lab: Lab) -> None:
    csms = await secured(lab, port=None)
    assert csms.port is None
    assert lab.port == csms.secure_port
    await lab.station(ssl=station_context())


@pytest.mark.parametrize("suite", SUITES)
async def test_every_demanded_suite_is_there(lab: Lab, suite: str) -> None:
    await secured(lab)
    told, certificate = await handshake(
        lab.csms.secure_port, station_context(ciphers=suite, version=TLS_1_2)
    )
    assert told.cipher()[0] == suite
    assert isinstance(certificate.public_key(), SUITES[suite][1])
    assert told.compression() is None


@pytest.mark.parametrize("suite", SUITES)
async def test_each_of_them_can_be_lacking(lab: Lab, suite: str) -> None:
    await secured(lab, faults=(SUITES[suite][0],))
    for other in SUITES:
        context = station_context(ciphers=other, version=TLS_1_2)
        if other == suite:
            assert "ALERT_HANDSHAKE_FAILURE" in await refusal(lab, context)
        else:
            await handshake(lab.csms.secure_port, context)


@pytest.mark.parametrize(
    ("fault", "lacks"),
    [("rsa-certificate-only", "ECDSA"), ("ec-certificate-only", "AES128-GCM-SHA256")],
)
async def test_one_kind_of_certificate(lab: Lab, fault: str, lacks: str) -> None:
    await secured(lab, faults=(fault,))
    for suite in SUITES:
        context = station_context(ciphers=suite, version=TLS_1_2)
        if ("ECDSA" in suite) is ("ECDSA" in lacks):
            assert "ALERT" in await refusal(lab, context)
        else:
            await handshake(lab.csms.secure_port, context)


@pytest.mark.parametrize(
    ("fault", "version", "ciphers"),
    [
        ("tls-1.1", ssl.TLSVersion.TLSv1_1, ALL),
        ("weak-ciphers", TLS_1_2, "AES128-SHA:@SECLEVEL=0"),
        ("weak-ciphers", TLS_1_2, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
    ],
)
async def test_what_is_too_weak_is_refused(
    lab: Lab, fault: str, version: ssl.TLSVersion, ciphers: str
) -> None:
    await secured(lab)
    context = station_context(ciphers=ciphers, version=version)
    assert "ALERT" in await refusal(lab, context)
    await secured(lab, faults=(fault,))
    told, _ = await handshake(lab.csms.secure_port, context)
    assert told.version() == {TLS_1_2: "TLSv1.2"}.get(version, "TLSv1.1")


async def test_own_certificates_name_the_host_first(lab: Lab) -> None:
    await secured(lab, certificates=(), names=("csms.test", "127.0.0.1"))
    assert lab.csms.roots == (PKI.root("csms_root"),)
    trusting = station_context(roots=PKI.root("csms_root"))
    _, certificate = await handshake(lab.csms.secure_port, trusting)
    assert common_names(certificate) == ("csms.test",)
    _, again = await handshake(lab.csms.secure_port, trusting)
    assert again == certificate


async def test_an_authority_of_its_own(lab: Lab) -> None:
    await lab.open(secure_port=0)
    (root,) = lab.csms.control.state()["roots"]
    # Without a seed it is dated by the clock of the run, which is ahead of that of OpenSSL.
    told, certificate = await handshake(lab.csms.secure_port, station_context())
    assert told.version() == "TLSv1.3"
    assert "Testbay reference" in certificate.issuer.rfc4514_string()
    assert root.startswith("-----BEGIN CERTIFICATE-----")


async def test_plain_on_the_secure_port(lab: Lab) -> None:
    await secured(lab, faults=("plain-on-secure-port",))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await handshake(lab.csms.secure_port, station_context())
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.csms.secure_port)
    writer.write(b"GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 426")
    writer.close()


async def test_one_handshake_only(lab: Lab) -> None:
    await secured(lab, faults=("one-tls-handshake",))
    await handshake(lab.csms.secure_port, station_context())
    assert "ALERT_HANDSHAKE_FAILURE" in await refusal(lab, station_context())


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("server-certificate-expired", "certificate has expired"),
        ("server-certificate-for-another-name", "IP address mismatch"),
        ("server-certificate-self-signed", "self-signed certificate"),
    ],
)
async def test_flawed_server_certificates(lab: Lab, fault: str, text: str) -> None:
    await secured(lab, faults=(fault,))
    for kind in ("ECDHE-ECDSA-AES128-GCM-SHA256", "AES128-GCM-SHA256"):
        trusting = station_context(roots=PKI.root("csms_root"), ciphers=kind, version=TLS_1_2)
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            await handshake(lab.csms.secure_port, trusting)
        assert text in caught.value.verify_message


async def test_a_short_server_key_is_shown_first(lab: Lab) -> None:
    await secured(lab, faults=("short-server-key",))
    context = station_context(ciphers=ALL)
    _, certificate = await handshake(lab.csms.secure_port, context)
    assert certificate.public_key().key_size == 1024
    for suite in SUITES:  # and nothing else is wrong
        context = station_context(ciphers=f"{suite}:@SECLEVEL=0", version=TLS_1_2)
        await handshake(lab.csms.secure_port, context)


async def test_client_certificates_are_verified_in_the_handshake(lab: Lab) -> None:
    await secured(lab)
    await handshake(lab.csms.secure_port, station_context())
    await handshake(lab.csms.secure_port, station_context(PKI.client("CP1")))
    await handshake(lab.csms.secure_port, station_context(PKI.client("CP1", kind="rsa")))
    for flaw, alert in (("unknown_root", "UNKNOWN_CA"), ("expired", "CERTIFICATE_EXPIRED")):
        context = station_context(PKI.client("CP1", flaw))
        assert alert in await refusal(lab, context)


async def test_client_certificates_can_be_required(lab: Lab) -> None:
    await secured(lab, security_profile=3)
    assert "CERTIFICATE_REQUIRED" in await refusal(lab, station_context())
    await lab.station(ssl=station_context(PKI.client("CP1")))
    await secured(lab, security_profile=2, client_certificates="none")
    stranger = PKI.client("CP1", "unknown_root")
    await handshake(lab.csms.secure_port, station_context(stranger))


async def test_roots_of_client_certificates(lab: Lab) -> None:
    await secured(lab, authorities=(), client_roots=(PKI.root("csms_root"),), security_profile=3)
    await lab.station(ssl=station_context(PKI.client("CP1")))


# The security profiles


def knocks() -> dict[str, dict[str, Any]]:
    """Return every way in which a station can come."""
    shows = station_context(PKI.client("CP1"))
    return {
        "bare": {},
        "1": PASSWORD,
        "wrong password": basic("CP1", b"open"),
        "tls": {"ssl": station_context()},
        "2": PASSWORD | {"ssl": station_context()},
        "2, wrong password": basic("CP1", b"open") | {"ssl": station_context()},
        "3": {"ssl": shows},
        "3, password too": PASSWORD | {"ssl": shows},
        "3 of another": {"ssl": station_context(PKI.client("CP2"))},
    }


@pytest.mark.parametrize(
    ("profile", "let_in", "unauthorized"),
    [
        (0, ["1", "2", "3, password too"], ["bare", "wrong password", "tls", "3", "3 of another"]),
        (1, ["1"], ["bare", "wrong password"]),
        (2, ["2", "3, password too"], ["tls", "2, wrong password", "3", "3 of another"]),
        (3, ["3", "3, password too"], []),
    ],
)
async def test_only_the_right_profile_gets_in(
    lab: Lab, profile: int, let_in: list[str], unauthorized: list[str]
) -> None:
    options: dict[str, Any] = {"passwords": {"CP1": "sesame"}, "client_certificates": "optional"}
    await secured(lab, security_profile=profile, **options)
    found: dict[int, list[str]] = {101: [], 401: [], 403: []}
    for name, how in knocks().items():
        try:
            await lab.connect(**how)
            found[101].append(name)
        except InvalidStatus as refused:
            found[refused.response.status_code].append(name)
    assert found[101] == let_in
    if profile == 0:
        unauthorized.insert(3, "2, wrong password")
    assert found[401] == unauthorized
    assert len(lab.csms.control.state()["refused"]) == len(found[401]) + len(found[403])


async def test_a_profile_for_each_station(lab: Lab) -> None:
    await secured(lab, security_profiles={"CP1": 3}, serials={"CP1": "A-1"})
    await lab.station("CP2")
    with pytest.raises(InvalidStatus):
        await lab.station("CP1")
    with pytest.raises(InvalidStatus):
        await lab.station("CP1", ssl=station_context(PKI.client("B-1")))
    await lab.station("CP1", ssl=station_context(PKI.client("A-1")))
    assert lab.record("CP1")["last_profile"] == 3
    texts = [one["why"] for one in lab.csms.control.state()["refused"]]
    assert texts[0] == "This station has to connect with TLS (profile 3)."
    assert "its commonName is 'B-1', not the serial number 'A-1'" in texts[1]


async def test_without_a_password_nobody_gets_in_by_profile_2(lab: Lab) -> None:
    await secured(lab, security_profile=2)
    with pytest.raises(InvalidStatus, match="401"):
        await lab.connect(ssl=station_context(), **PASSWORD)


async def test_the_operator_is_looked_at(lab: Lab) -> None:
    await secured(lab, security_profile=3, cpo_name="Somebody else")
    with pytest.raises(InvalidStatus, match="403"):
        await lab.connect(ssl=station_context(PKI.client("CP1")))
    (refused,) = lab.csms.control.state()["refused"]
    assert "its organizationName is 'testbay', not 'Somebody else'" in refused["why"]


async def test_a_serial_number_may_come_from_the_boot(lab: Lab) -> None:
    await secured(lab, client_certificates="optional")
    station = await lab.connect()
    boot = {"chargePointVendor": "V", "chargePointModel": "M", "chargePointSerialNumber": "S-7"}
    await station.call("BootNotification", boot)
    await lab.act("set_security_profile", profile=3)
    await lab.connect(ssl=station_context(PKI.client("S-7")))
    await lab.act("set_security_profile", profile=3, serial="S-8")
    await lab.connect(ssl=station_context(PKI.client("S-8")))


@pytest.mark.parametrize(
    ("fault", "profile", "way"),
    [
        ("accepts-any-password", 2, "2, wrong password"),
        ("accepts-missing-password", 2, "tls"),
        ("asks-no-client-certificate", 3, "tls"),
        ("accepts-any-client-certificate", 3, "3 of another"),
    ],
)
async def test_who_should_not_get_in(lab: Lab, fault: str, profile: int, way: str) -> None:
    options: dict[str, Any] = {"passwords": {"CP1": "sesame"}, "security_profile": profile}
    await secured(lab, **options)
    with pytest.raises((InvalidStatus, InvalidMessage, OSError)):
        await lab.connect(**knocks()[way])
    await secured(lab, faults=(fault,), **options)
    await lab.connect(**knocks()[way])


async def test_an_expired_client_certificate(lab: Lab) -> None:
    await secured(lab, faults=("accepts-any-client-certificate",), security_profile=3)
    await lab.connect(ssl=station_context(PKI.client("CP1", "expired")))


async def test_who_should_get_in(lab: Lab) -> None:
    options: dict[str, Any] = {"passwords": {"CP1": "sesame"}, "security_profile": 2}
    await secured(lab, faults=("refuses-every-password",), **options)
    with pytest.raises(InvalidStatus, match="401"):
        await lab.connect(**knocks()["2"])
    await secured(lab, faults=("compares-passwords-as-digits",), **options)
    with pytest.raises(InvalidStatus, match="401"):
        await lab.connect(**knocks()["2"])
    digits = basic("CP1", b"sesame".hex().encode())
    await lab.connect(ssl=station_context(), **digits)
    await secured(lab, faults=("locks-out-after-refusal",), **options)
    await lab.connect(**knocks()["2"])
    with pytest.raises(InvalidStatus, match="401"):
        await lab.connect(**knocks()["tls"])
    with pytest.raises(InvalidStatus, match="403"):
        await lab.connect(**knocks()["2"])


# Bad input


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"port": None}, "a CSMS needs a port, a secure port, or both"),
        ({"security_profile": 4}, "there is no security profile 4"),
        ({"secure_port": 0, "certificates": (Identity("x", "y"),)}, "not a private key in PEM"),
        (
            {"secure_port": 0, "certificates": (Identity(PKI.root(), authority().key[:-80]),)},
            "not a private key in PEM",
        ),
        (
            {"secure_port": 0, "certificates": (Identity(PKI.root(), PKI.client("A").key),)},
            "the key of the certificate of the TLS server does not belong to its certificate",
        ),
        ({"authorities": (Identity("x", authority().key),)}, "is not a certificate in PEM"),
        ({"secure_port": 0, "client_roots": ("x",)}, "a root of client certificates cannot be"),
        (
            {"secure_port": 0, "certificates": _servers("weak_key")},
            "the certificate of the TLS server cannot be used: .*KEY_TOO_SMALL",
        ),
    ],
)
async def test_bad_input_is_named(lab: Lab, options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        await lab.open(**options)


def test_keys_are_not_shown() -> None:
    assert "PRIVATE" not in repr(authority())
