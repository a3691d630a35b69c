"""Security profiles: TLS, passwords, certificates, and the way up (whitepaper 2, A01, A05)."""

import ssl

import pytest
from cryptography.hazmat.primitives import hashes
from secure_lab import (
    NEW,
    PASSWORD,
    PKI,
    events,
    fingerprint,
    options,
    password_of,
    secure,
    serve,
    server,
    shown_by,
    sign,
    swap,
    wants,
)
from station_lab import lab

from testbay.transport import Refuse, listen
from testbay.transport.events import TlsRefused
from testbay_reference.station import StationOptions
from testbay_reference.store import Store

SIGNS = {"SignCertificate": {"status": "Accepted"}}
FLAWS = (
    *("expired", "not_yet_valid", "unknown_root", "self_signed", "wrong_host", "wildcard"),
    *("incomplete_chain", "no_authority", "bad_signature", "wrong_use"),
)


async def change(bench, key, value):
    answer = await bench.peer.call("ChangeConfiguration", {"key": key, "value": str(value)})
    return answer["status"]


async def value_of(bench, key):
    answer = await bench.peer.call("GetConfiguration", {"key": [key]})
    return answer["configurationKey"][0].get("value")


@pytest.mark.parametrize("profile", [0, 1, 2, 3])
async def test_what_it_connects_with(profile):
    async with secure(profile) as bench:
        tls = bench.peer.connections[0].transport.get_extra_info("ssl_object")
        assert (tls is not None) == (profile >= 2)
        expected = None if profile == 3 else ("CP1", bytes.fromhex(PASSWORD))
        assert password_of(bench) == expected
        assert (shown_by(bench) is not None) == (profile == 3)
        assert await value_of(bench, "SecurityProfile") == str(profile)


async def test_versions_and_cipher_suites():
    async with secure(2, tls=server(ciphers="AES256-GCM-SHA384", kind="rsa")) as bench:
        tls = bench.peer.connections[0].transport.get_extra_info("ssl_object")
        assert tls.version() == "TLSv1.3"
        limited = server(ciphers="AES256-GCM-SHA384", kind="rsa", newest=ssl.TLSVersion.TLSv1_2)
        await serve(bench, limited)
        await bench.settle(10)
        tls = bench.peer.connections[1].transport.get_extra_info("ssl_object")
        assert tls.cipher()[0] == "AES256-GCM-SHA384"


@pytest.mark.parametrize("flaw", FLAWS)
async def test_a_server_certificate_that_is_not_in_order(flaw):
    async with secure(2, reconnect=(1, 5)) as bench:
        await serve(bench, server(flaw))
        await bench.settle(30)
        assert len(bench.peer.connections) == 1
        mark = bench.mark
        await serve(bench, server())
        await bench.settle(10)
        assert len(bench.peer.connections) == 2
        assert events(bench, mark) == ["InvalidCentralSystemCertificate"]
        told = bench.peer.payloads("SecurityEventNotification", mark)[0]
        assert told["techInfo"]
        assert told["timestamp"] < "2030-01-01T00:00:10"  # when it was noticed, not told


async def test_a_server_with_a_weak_key():
    async with secure(2, tls=server("weak_key", kind="rsa"), reconnect=(1, 5)) as bench:
        await bench.settle(30)
        assert bench.peer.connections == []
        await serve(bench, server())
        await bench.settle(10)
        assert "InvalidCentralSystemCertificate" in events(bench)


@pytest.mark.parametrize(
    ("tls", "event"),
    [
        ({"newest": ssl.TLSVersion.TLSv1_1, "ciphers": "ALL:@SECLEVEL=0"}, "InvalidTLSVersion"),
        (
            {"newest": ssl.TLSVersion.TLSv1_2, "ciphers": "AES128-SHA:@SECLEVEL=0", "kind": "rsa"},
            "InvalidTLSCipherSuite",
        ),
    ],
)
async def test_a_server_with_old_tls(tls, event):
    async with secure(2, reconnect=(1, 5)) as bench:
        await serve(bench, server(**tls))
        await bench.settle(30)
        assert len(bench.peer.connections) == 1
        mark = bench.mark
        await serve(bench, server())
        await bench.settle(10)
        assert events(bench, mark) == [event]


async def test_the_server_hears_why_it_was_refused():
    heard = []

    def handle(wire, event):
        heard.append(event)

    async with secure(2, connected=False, wait=0) as bench:
        listener = await listen(
            handle, "csms.test", 9000, decide=lambda _: Refuse(403), tls=server("unknown_root")
        )
        await bench.settle(5)
        await listener.close()
    refusals = [event for event in heard if isinstance(event, TlsRefused)]
    assert [(event.by, event.reason) for event in refusals[:1]] == [("peer", "UNKNOWN_CA")]


async def test_a_refusal_by_the_server_is_logged_and_not_told():
    async with secure(1, gate=wants(b"other"), reconnect=(1, 5)) as bench:
        await bench.settle(30)
        assert bench.peer.calls == []
        text = bench.station.life.security.events.text()
        assert "FailedToAuthenticationAtCentralSystem" in text
        bench.peer.gate = None
        await bench.offline()
        await bench.online()
        await bench.settle(10)
        assert events(bench) == ["StartupOfTheDevice"]


async def test_a_certificate_that_the_server_does_not_know_is_a_refusal():
    strange = server(roots=(PKI.root("stranger_root"),))
    async with secure(3, tls=strange, reconnect=(1, 5)) as bench:
        await bench.settle(10)
        assert bench.peer.calls == []
        text = bench.station.life.security.events.text()
        assert "FailedToAuthenticationAtCentralSystem" in text


# -- passwords --------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [1, 2])
async def test_a_new_password_is_used_at_once_and_kept(profile):
    store = Store()
    async with secure(profile, store=store) as bench:
        assert await change(bench, "AuthorizationKey", NEW) == "Accepted"
        await bench.settle(5)
        assert len(bench.peer.connections) == 2
        assert bench.peer.connections[0].close_code == 1000
        assert password_of(bench) == ("CP1", bytes.fromhex(NEW))
        assert len(bench.peer.payloads("BootNotification")) == 1
        await bench.peer.call("Reset", {"type": "Hard"})
        await bench.settle(10)
        assert password_of(bench) == ("CP1", bytes.fromhex(NEW))
        assert not any(NEW in line for line in bench.log)
        assert NEW not in bench.station.life.security.events.text()
    async with secure(profile, store=store) as bench:
        assert password_of(bench) == ("CP1", bytes.fromhex(NEW))


async def test_the_password_is_never_told():
    async with secure(1) as bench:
        entry = {"key": "AuthorizationKey", "readonly": False}
        answer = await bench.peer.call("GetConfiguration", {"key": ["AuthorizationKey"]})
        assert answer == {"configurationKey": [entry]}
        assert entry in (await bench.peer.call("GetConfiguration"))["configurationKey"]
        assert PASSWORD not in str(bench.station.control.state())
        assert PASSWORD not in repr(bench.station.options)


@pytest.mark.parametrize(
    ("password", "sent"),
    [
        ("a password of 20 byt", b"a password of 20 byt"),
        ("0123456789abcdef", b"0123456789abcdef"),
        ("00" * 16, bytes(16)),
        ("Ff" * 20, b"\xff" * 20),
        ("äöü äöü äöü", "äöü äöü äöü".encode()),
    ],
)
async def test_passwords_that_are_accepted(password, sent):
    async with secure(1) as bench:
        assert await change(bench, "AuthorizationKey", password) == "Accepted"
        await bench.settle(5)
        assert password_of(bench) == ("CP1", sent)


@pytest.mark.parametrize("password", ["", "short", "a password of 21 byte", "00" * 21, "0" * 33])
async def test_passwords_that_are_refused(password):
    async with secure(1) as bench:
        assert await change(bench, "AuthorizationKey", password) == "Rejected"
        await bench.settle(5)
        assert len(bench.peer.connections) == 1


async def test_a_password_of_bytes():
    async with secure(1, password=bytes(range(16))) as bench:
        assert password_of(bench) == ("CP1", bytes(range(16)))


async def test_messages_of_a_transaction_survive_the_change_of_the_password():
    async with secure(1) as bench:
        await bench.charge()
        await change(bench, "AuthorizationKey", NEW)
        await bench.do("unplug", side="ev")
        await bench.settle(10)
        (stop,) = bench.peer.sent("StopTransaction")
        assert stop.connection == 2


# -- going up ---------------------------------------------------------------------------------


async def install_root(bench):
    wanted = {"certificateType": "CentralSystemRootCertificate"}
    wanted["certificate"] = PKI.root("csms_root")
    assert await bench.peer.call("InstallCertificate", wanted) == {"status": "Accepted"}


async def test_from_1_to_2_with_the_next_boot():
    async with secure(1) as bench:
        await install_root(bench)
        assert await change(bench, "SecurityProfile", 2) == "RebootRequired"
        await bench.settle(5)
        assert len(bench.peer.connections) == 1
        assert await bench.peer.call("Reset", {"type": "Hard"}) == {"status": "Accepted"}
        await swap(bench, server())
        await bench.settle(10)
        assert bench.peer.connections[-1].transport.get_extra_info("ssl_object") is not None
        assert password_of(bench) == ("CP1", bytes.fromhex(PASSWORD))
        assert await value_of(bench, "SecurityProfile") == "2"
        mark = bench.mark
        await serve(bench, None)  # a CSMS without TLS now
        await bench.settle(1000)
        assert len(bench.peer.connections) == 2
        await serve(bench, server())
        await bench.settle(90)
        assert len(bench.peer.connections) == 3
        assert "BootNotification" not in bench.peer.short(mark)


async def test_from_2_to_3_at_once():
    async with secure(2, SIGNS, profile_change="reconnect") as bench:
        assert await change(bench, "SecurityProfile", 3) == "Rejected"
        assert await sign(bench) == {"status": "Accepted"}
        assert await change(bench, "SecurityProfile", 3) == "Accepted"
        await swap(bench, server(roots=(PKI.root("station_root"),)))
        await bench.settle(10)
        assert password_of(bench) is None
        assert shown_by(bench) is not None


@pytest.mark.parametrize(
    ("before", "wanted", "more"),
    [
        (0, 1, {"password": None}),
        (0, 1, {"password": "too short"}),
        (1, 2, {}),
        (1, 3, {}),
        (2, 3, {}),
        (1, 2, {"csms_roots": (PKI.root(),), "security_profiles": (1, 3)}),
        (1, 4, {}),
        (2, 2, {}),
        (2, 1, {}),
        (3, 2, {"password": PASSWORD}),
        (1, 0, {}),
        (1, "two", {}),
        (2, 3, {"certificate": PKI.client("CP1", "expired").chain,
                "key": PKI.client("CP1", "expired").key}),
    ],
)  # fmt: skip
async def test_profiles_that_are_refused(before, wanted, more):
    async with secure(before, {"SignCertificate": {"status": "Rejected"}}, **more) as bench:
        assert await change(bench, "SecurityProfile", wanted) == "Rejected"
        assert await value_of(bench, "SecurityProfile") == str(before)
        await bench.peer.call("Reset", {"type": "Hard"})
        await bench.settle(10)
        assert len(bench.peer.connections) == 2


async def test_back_to_the_old_profile_if_the_new_one_never_works():
    async with secure(1, fallback=100, reconnect=(1, 10)) as bench:
        await install_root(bench)
        await change(bench, "SecurityProfile", 2)
        await bench.peer.call("Reset", {"type": "Hard"})
        await bench.settle(60)
        assert len(bench.peer.connections) == 1  # the server has no TLS
        await bench.settle(100)
        assert len(bench.peer.connections) == 2
        assert await value_of(bench, "SecurityProfile") == "1"


async def test_the_profile_is_kept_over_a_restart_of_the_program():
    store = Store()
    async with secure(1, store=store) as bench:
        await install_root(bench)
        await change(bench, "SecurityProfile", 2)
    async with secure(1, store=store, tls=server()) as bench:
        assert bench.peer.connections[0].transport.get_extra_info("ssl_object") is not None


async def test_another_endpoint_for_tls():
    given = options(2, secure_url="wss://csms.lab.test:9000/secure")
    async with lab(tls=server(), **given) as bench:
        assert bench.peer.connections[0].request.path == "/secure/CP1"


# -- the station's own certificate -------------------------------------------------------------


async def test_back_to_the_old_certificate_if_the_new_one_never_works():
    async with secure(3, SIGNS, fallback=100, reconnect=(1, 10)) as bench:
        old = shown_by(bench)
        assert await sign(bench) == {"status": "Accepted"}
        await serve(bench, server(roots=(PKI.root("stranger_root"),)))
        await bench.settle(130)
        await serve(bench, server(roots=(PKI.root("station_root"),)))
        await bench.settle(20)
        assert shown_by(bench) == old


async def test_the_new_certificate_is_used_at_once_and_kept():
    store = Store()
    async with secure(3, SIGNS, store=store) as bench:
        old = shown_by(bench)
        assert await sign(bench) == {"status": "Accepted"}
        await bench.settle(5)
        new = shown_by(bench)
        assert len(bench.peer.connections) == 2
        assert new.public_key() != old.public_key()
        await bench.peer.call("Reset", {"type": "Soft"})
        await bench.settle(10)
        assert shown_by(bench) == new
    async with secure(3, store=store) as bench:
        assert shown_by(bench) == new


async def test_a_certificate_with_a_short_key_is_shown():
    weak = PKI.client("CP1", "weak_key", "rsa")
    tls = server(kind="rsa", newest=ssl.TLSVersion.TLSv1_2)
    async with secure(3, tls=tls, certificate=weak.chain, key=weak.key) as bench:
        tls.verify_mode = ssl.CERT_OPTIONAL
        tls.load_verify_locations(cadata=PKI.root("station_root"))
        await serve(bench, tls)
        await bench.settle(10)
        assert shown_by(bench).fingerprint(hashes.SHA256()) == fingerprint(weak.chain)


# -- options ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"security_profile": 1, "password": None}, "password: security profile 1 needs one"),
        ({"security_profile": 2, "csms_roots": ()}, "csms_roots: security profile 2 needs one"),
        ({"security_profile": 3, "certificate": "", "key": ""}, "certificate: security profile 3"),
        ({"security_profile": 4}, "this station has no security profile 4"),
        ({"security_profiles": (1, 7)}, "there are 1, 2 and 3, not 7"),
        ({"security_profile": 2, "security_profiles": (1,)}, "has no security profile 2"),
        ({"csms_roots": ("nonsense",)}, "a root certificate cannot be read"),
        ({"certificate": PKI.client("CP1").chain, "key": ""}, "one is of no use"),
        (
            {"certificate": PKI.client("CP1").chain, "key": PKI.client("CP2").key},
            "does not belong to its certificate",
        ),
        ({"secure_url": "ws://csms.test"}, "must begin with wss://"),
        ({"password": b"short"}, "must be 16 to 20"),
    ],
)
def test_options_that_cannot_be(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        StationOptions("ws://csms.test", "CP1", **(options(2) | {"security_profile": 0} | wrong))


@pytest.mark.parametrize(
    ("profiles", "missing"),
    [
        ((), ("SecurityProfile", "CpoName", "AuthorizationKey")),
        ((3,), ("AuthorizationKey",)),
        ((1, 2, 3), ()),
    ],
)
async def test_keys_of_stations_with_fewer_profiles(profiles, missing):
    async with lab(security_profiles=profiles) as bench:
        wanted = ["SecurityProfile", "CpoName", "AuthorizationKey"]
        answer = await bench.peer.call("GetConfiguration", {"key": wanted})
        assert tuple(answer.get("unknownKey", ())) == missing
        frame = await bench.peer.raw_call(
            "GetInstalledCertificateIds", {"certificateType": "ManufacturerRootCertificate"}
        )
        assert (frame[0] == 3) == bool(profiles)
