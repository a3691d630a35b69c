"""Security profiles at both ends of the tool: who is let in, what is told of it."""

from __future__ import annotations

import asyncio

import pytest

from testbay.clock.wall import now
from testbay.pki import inspect
from testbay.pki.dates import Calendar
from testbay.pki.keys import Random
from testbay.pki.lab import Lab
from testbay.pki.names import CLIENTS, SERVERS
from testbay.protocol.versions import OCPP16
from testbay.roles.csms import CsmsEnd
from testbay.roles.end import NO_LAB
from testbay.roles.station import StationEnd
from testbay.scenario.verdict import CaseError
from testbay.transport.ciphers import MODERN

from .peers import Inbox, turns
from .secure import PASSWORD, ends

HEXED = PASSWORD.encode().hex()

# -- who is let in ---------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [1, 2, 3])
async def test_a_station_of_the_right_profile(profile: int) -> None:
    async with ends(profile) as both:
        seen = await both.dial()
        assert (seen["upgraded"], seen["stage"], seen["reached"]) == (True, "open", True)
        [connect] = both.of_csms.all("@connect")
        assert (connect["profile"], connect["secure"]) == (profile, profile > 1)
        assert both.of_csms.notices == []
        [asked] = both.of_csms.all("@upgrade")
        shown = {"scheme": "Basic", "name": "CP1", "password": "right", "bytes": 16, "hex": False}
        nothing = {"scheme": "", "name": "", "password": "none", "bytes": 0, "hex": False}
        assert asked["authorization"] == (nothing if profile == 3 else shown)
        assert PASSWORD not in str(asked.payload)


async def test_a_plain_connection_where_tls_is_wanted_is_told_why() -> None:
    async with ends(2) as both:
        seen = await both.dial(security=1)
        assert (seen["http_status"], seen["stage"]) == (403, "upgrade")
        assert "tls" not in seen
        why = "CP1 was refused, as it connects without TLS, but security profile 2 needs wss://"
        assert both.of_csms.notices == [why]
        [asked] = both.of_csms.all("@upgrade")
        assert asked["secure"] is False
        told = await both.csms.ready(1)
        assert why in told
        assert told.endswith(f"it must connect to {both.csms.url} with its password")


async def test_tls_where_it_is_not_spoken() -> None:
    async with ends(1) as both:
        seen = await both.dial(security=2)
        assert (seen["stage"], seen["tls"], seen["server_certificate"]) == ("tls", {}, "")
        [notice] = both.of_csms.notices
        assert "TLS came where plain HTTP is spoken" in notice
        assert notice.endswith("the tool speaks TLS with security profile 2 or 3 only")
        assert both.of_csms.all("@client_hello")


@pytest.mark.parametrize(
    ("password", "told"),
    [("another-password", "wrong"), ("", "none"), (HEXED, "right"), (HEXED.upper(), "right")],
)
async def test_a_password(password: str, told: str) -> None:
    async with ends(2) as both:
        seen = await both.dial(password=password)
        assert seen["upgraded"] is (told == "right")
        assert both.of_csms.all("@upgrade")[0]["authorization"]["password"] == told
        assert seen.get("http_status") == (None if told == "right" else 401)
        assert (await both.dial())["upgraded"], "what one dial shows is forgotten"


async def test_the_password_changes() -> None:
    new = "4f" * 20
    async with ends(1) as both:
        assert await both.csms.link("k1", "password", {"value": new}) == {}
        assert (await both.dial())["http_status"] == 401
        assert (await both.dial(password=new))["upgraded"]
        assert await both.station.link("k2", "password", {"value": new}) == {}
        assert (await both.dial())["upgraded"]


async def test_a_profile_is_demanded_from_now_on() -> None:
    async with ends(1) as both:
        assert (await both.dial())["upgraded"]
        await both.require(2)
        assert (await both.dial())["http_status"] == 403
        assert (await both.dial(security=2))["upgraded"]
        assert await both.station.link("k1", "require", {"profile": 2}) == {}
        assert (await both.dial())["upgraded"]
        assert both.csms.profile == both.station.profile == 2
        await both.require(1)
        assert not (await both.dial())["upgraded"]
        with pytest.raises(CaseError, match="there is no security profile 4"):
            await both.station.link("k2", "require", {"profile": 4})
        with pytest.raises(CaseError, match="there is no security profile -1"):
            await both.station.link("k3", "dial", {"security": -1})


async def test_a_station_without_a_certificate() -> None:
    async with ends(3) as both:
        seen = await both.dial(certificate="")
        assert (seen["by"], seen["stage"]) == ("peer", "tls")
        assert seen["tls"]["version"] == "TLSv1.3"
        assert both.of_csms.notices == [
            "127.0.0.1 was not let in: it showed no certificate, but security profile 3 needs one"
        ]


LET_IN = ("", "chain", "wrong_name", "wrong_owner", "weak_key")


@pytest.mark.parametrize("flaw", [name for name in CLIENTS if name])
async def test_certificates_of_stations(flaw: str) -> None:
    """Those that TLS has nothing against are let in: the case that asks for them judges."""
    async with ends(3) as both:
        seen = await both.dial(certificate=flaw)
        assert seen["upgraded"] is (flaw in LET_IN), seen["reason"]
        if flaw in LET_IN:
            shown = both.of_csms.all("@tls")[0]["certificate"]
            assert inspect.certificate(shown).key == ("RSA" if flaw == "weak_key" else "EC")
        else:
            assert "the certificate that it showed was refused: " in both.of_csms.notices[0]


@pytest.mark.parametrize("flaw", ["unknown_root", "expired", "wrong_name"])
@pytest.mark.parametrize("own", [True, False])
async def test_a_flaw_tells_nothing_where_the_authority_is_another_one(
    flaw: str, own: bool
) -> None:
    made = Lab(Random(), Calendar.at(now())).client("CP1")
    async with ends(3) as both:
        ring = both.station.keyring
        assert ring is not None
        if own:
            ring.lab = ring.lab.replaced(clients={("CP1", "ec"): made})
        await both.dial(certificate=flaw)
        told = [n for n in both.of_station.notices if "of the laboratory" in n]
        assert len(told) == (own and flaw != "unknown_root")


async def test_a_certificate_that_there_is_not() -> None:
    async with ends(3) as both:
        with pytest.raises(CaseError, match="no client certificate 'odd'"):
            await both.dial(certificate="odd")
        with pytest.raises(CaseError, match="no server certificate 'odd'"):
            await both.csms.link("k", "serve", {"certificate": "odd"})
        assert (await both.dial())["upgraded"], "the right one is shown as before"


# -- certificates of the tool ----------------------------------------------------------------------

TRUSTED = ("server", "server_chain", "weak_key")


@pytest.mark.parametrize("name", SERVERS)
async def test_certificates_of_the_server(name: str) -> None:
    async with ends(2) as both:
        await both.csms.link("k1", "serve", {"certificate": name})
        seen = await both.dial()
        assert seen["upgraded"] is (name in TRUSTED), seen["reason"]
        if name not in TRUSTED:
            assert (seen["by"], seen["stage"]) == ("us", "tls")
            [refused] = both.of_csms.all("@tls_refused")
            assert refused["by"] == "peer"
        assert await both.csms.ready(0.1), "it is not connected"
        assert (await both.dial())["upgraded"], "before the next case the right one is put back"


async def test_why_the_station_does_not_trust_the_tool() -> None:
    async with ends(2) as both:
        both.csms.trusted = "lab/roots/csms_root.pem"
        await both.csms.link("k1", "serve", {"certificate": "unknown_root"})
        await both.dial()
        assert both.of_csms.notices == [
            "127.0.0.1 was not let in: it refused the certificate of the tool (UNKNOWN_CA); see "
            "that it trusts the root certificate in lab/roots/csms_root.pem"
        ]
        told = await both.csms.ready(1)
        assert told.endswith(" with its password, and trust lab/roots/csms_root.pem")


async def test_connections_are_let_in_again_before_a_case() -> None:
    async with ends(2) as both:
        await both.csms.link("k1", "refuse", {})
        assert not (await both.dial())["upgraded"]
        await both.csms.ready(0.1)
        assert (await both.dial())["upgraded"]


# -- what the station can find out -----------------------------------------------------------------


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"])
async def test_a_handshake_of_one_version(version: str) -> None:
    async with ends(2) as both:
        seen = await both.station.link("k", "probe", {"version": version})
        agreed = version in ("TLSv1.2", "TLSv1.3")
        assert (seen["agreed"], seen["reached"], seen["late"]) == (agreed, True, False)
        if agreed:
            assert (seen["version"], seen["by"], seen["reason"]) == (version, "", "")
            assert inspect.certificate(seen["certificate"]).common_name == seen["host"]
        else:
            assert (seen["by"], seen["reason"]) == ("peer", "PROTOCOL_VERSION")
            assert (seen["version"], seen["certificate"]) == ("", "")
        assert both.of_csms.all("@upgrade") == []


@pytest.mark.parametrize("suite", MODERN)
async def test_a_handshake_with_one_cipher_suite(suite: str) -> None:
    async with ends(2) as both:
        how = {"version": "TLSv1.2", "ciphers": [suite]}
        seen = await both.station.link("k", "probe", how)
        assert (seen["agreed"], seen["cipher"]) == (True, suite)
        kind = "EC" if "ECDSA" in suite else "RSA"
        assert inspect.certificate(seen["certificate"]).key == kind


async def test_a_suite_that_the_server_does_not_have() -> None:
    async with ends(2) as both:
        how = {"version": "TLSv1.2", "ciphers": ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"]}
        seen = await both.station.link("k", "probe", how)
        assert (seen["agreed"], seen["by"]) == (False, "peer")
        await turns()
        [notice] = both.of_csms.notices
        assert notice.endswith("it offers no cipher suite that the tool has")


async def test_a_handshake_where_the_server_wants_a_certificate() -> None:
    async with ends(3) as both:
        assert (await both.station.link("k1", "probe", {}))["agreed"]
        await both.station.link("k2", "require", {"profile": 2})
        seen = await both.station.link("k3", "probe", {})
        assert (seen["agreed"], seen["by"]) == (False, "peer")
        assert seen["reason"] == "CERTIFICATE_REQUIRED"
        assert seen["version"] == "TLSv1.3", "in TLS 1.3 the client is refused afterwards"


async def test_a_handshake_where_no_tls_is_spoken() -> None:
    async with ends(1) as both:
        seen = await both.station.link("k", "probe", {})
        assert (seen["agreed"], seen["reached"], seen["by"]) == (False, False, "peer")
        assert "ended during the TLS handshake, without an alert" in seen["reason"]


async def test_a_handshake_with_a_server_that_says_nothing() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    end = StationEnd(OCPP16, f"wss://127.0.0.1:{port}", "CP1", profile=2)
    end.attach(Inbox())
    seen = await end.link("k1", "probe", {})
    assert (seen["agreed"], seen["late"], seen["reached"]) == (False, True, False)
    assert seen["reason"] == "no handshake within 10 s"
    seen = await end.link("k2", "dial", {"timeout": 3.0})
    assert (seen["stage"], seen["late"]) == ("tls", True)
    server.close()
    await turns()
    seen = await end.link("k3", "probe", {})
    assert (seen["reason"], seen["reached"]) == ("connection refused", False)
    await end.close()


async def test_only_old_versions_are_offered() -> None:
    async with ends(2) as both:
        seen = await both.dial(tls_max="TLSv1.1")
        assert (seen["upgraded"], seen["by"]) == (False, "peer")
        [hello] = both.of_csms.all("@client_hello")
        assert hello["versions"] == ["TLSv1.1"]
        seen = await both.dial(tls_max="TLSv1.2", ciphers=["TLS_RSA_WITH_AES_128_GCM_SHA256"])
        assert seen["tls"] == {"version": "TLSv1.2", "cipher": "TLS_RSA_WITH_AES_128_GCM_SHA256"}
        for how in ({"tls_max": "TLSv9"}, {"ciphers": ["TLS_ODD"]}):
            with pytest.raises(CaseError, match=r"there is no version|has no cipher suite"):
                await both.dial(**how)


# -- renewed certificates --------------------------------------------------------------------------


async def test_a_renewed_certificate_is_shown() -> None:
    async with ends(3) as both:
        first = (await both.station.link("k1", "new_key", {}))["csr"]
        second = (await both.station.link("k2", "new key", {"kind": "rsa"}))["csr"]
        assert inspect.csr(first).common_name == "CP1"
        assert (inspect.csr(first).key, inspect.csr(second).key) == ("EC", "RSA")
        chain = (await both.csms.link("k3", "sign", {"csr": first}))["chain"]
        taken = await both.station.link("k4", "take_certificate", {"chain": chain})
        assert taken == {"fits": True, "why": ""}
        assert (await both.dial())["upgraded"]
        shown = both.of_csms.all("@tls")[-1]["certificate"]
        assert inspect.certificate(shown).public_key == inspect.csr(first).public_key
        assert await both.station.link("k5", "take_certificate", {"chain": ""}) == taken
        await both.dial()
        again = both.of_csms.all("@tls")[-1]["certificate"]
        assert inspect.certificate(again).public_key != inspect.csr(first).public_key


@pytest.mark.parametrize("flaw", ["wrong_key", "broken"])
async def test_a_chain_that_does_not_fit(flaw: str) -> None:
    async with ends(3) as both:
        csr = (await both.station.link("k1", "new_key", {}))["csr"]
        chain = (await both.csms.link("k2", "sign", {"csr": csr, "flaw": flaw}))["chain"]
        taken = await both.station.link("k3", "take_certificate", {"chain": chain})
        assert taken["fits"] is False
        assert taken["why"]
        assert (await both.dial())["upgraded"], "the old one is shown"


async def test_without_a_laboratory() -> None:
    station = StationEnd(OCPP16, "ws://127.0.0.1:1", "CP1")
    for act in ("new_key", "take_certificate"):
        how = {"chain": "x"} if act == "take_certificate" else {}
        assert await station.link("k", act, how) == {"impossible": NO_LAB}
    csms, inbox = CsmsEnd(OCPP16, "CP1"), Inbox()
    csms.attach(inbox)
    await csms.start("127.0.0.1", 0)
    with pytest.raises(CaseError, match="the tool listens without TLS"):
        await csms.link("k1", "require", {"profile": 2})
    await csms.close()
