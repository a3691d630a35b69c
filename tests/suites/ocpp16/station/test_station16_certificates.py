"""What a station asks to be signed, shows and lists: what each check accepts and refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from secure16_lab import LAB
from station16_lab import CONFIG

from testbay.pki.hashes import hash_data
from testbay.roles import certificates as leaf
from testbay.roles.attempts import EC_SUITES, RSA_SUITES
from testbay.roles.offered import OFFERS_SUITES, OFFERS_TLS_12
from testbay.scenario.checks import Judges, spoiled
from testbay.scenario.configured import resolve
from testbay.suites.ocpp16 import certificates as checks

VALUES = {**CONFIG, "vendor_name": "Operator"}
REQUEST = LAB.request("SN-1", owner="Operator")
CLIENT = LAB.client("SN-1").chain


def passes(check: Judges, payload: Any) -> bool:
    """Return what a check says of a payload."""
    return check.judge(payload, lambda value: resolve(value, VALUES)).passed


def seen(check: Judges, payload: Any) -> str:
    """Return what a check has seen in a payload."""
    return str(check.judge(payload, lambda value: resolve(value, VALUES)).actual)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_good_request(kind: Any) -> None:
    request = {"csr": LAB.request("SN-1", kind=kind, owner="Operator").csr}
    wanted = (
        checks.IS_REQUEST,
        checks.ASKS_FOR_LONG_KEY,
        checks.ASKS_FOR_OPERATOR,
        checks.asks_for_serial(("SN-1",)),
        checks.asks_for_new_key(""),
        checks.asks_for_new_key(CLIENT),
    )
    assert [check.text for check in wanted if not passes(check, request)] == []


def test_a_request_whose_signature_does_not_fit() -> None:
    broken = next(checks.IS_REQUEST.spoils({"csr": REQUEST.csr}, lambda v: v, lambda _: ()))
    assert not passes(checks.IS_REQUEST, spoiled({"csr": REQUEST.csr}, broken))


@pytest.mark.parametrize(
    "text", ["", "no PEM", CLIENT, REQUEST.csr.replace("REQUEST", "THING"), None, 7]
)
def test_what_is_no_request(text: Any) -> None:
    assert not passes(checks.IS_REQUEST, {"csr": text})


def test_a_key_that_is_in_use() -> None:
    signed = LAB.sign_csr(REQUEST.csr)
    assert not passes(checks.asks_for_new_key(signed), {"csr": REQUEST.csr})


@pytest.mark.parametrize(
    ("name", "known", "fine"),
    [
        ("SN-1", ("SN-1",), True),
        ("SN-1", ("SN-1", "BOX-1"), True),
        ("SN-1", (), True),
        ("SN-2", ("SN-1",), False),
        ("sn-1", ("SN-1",), False),
    ],
)
def test_serial_number(name: str, known: tuple[str, ...], fine: bool) -> None:
    request = {"csr": LAB.request(name).csr}
    assert passes(checks.asks_for_serial(known), request) is fine
    shown = {"certificate": LAB.client(name).chain}
    assert passes(checks.of_serial(known), shown) is fine


@pytest.mark.parametrize(
    "name", ["", "wss://csms.test/CS001", "10.0.0.7", "fe80::1", "[::1]", "2001:db8:0:0:0:0:0:1"]
)
def test_names_that_are_no_serial_number(name: str) -> None:
    assert checks._is_serial(name, ())[0] is False


@pytest.mark.parametrize("name", ["SN-1", "1.2.3", "CP:0815 A", "00:1A:2B:3C:4D:5E"])
def test_names_that_may_be_one(name: str) -> None:
    assert checks._is_serial(name, ())[0] is True


def test_the_certificate_that_a_station_shows() -> None:
    for kind in ("ec", "rsa"):
        shown = {"certificate": LAB.client("SN-1", kind=kind).chain}
        for check in (leaf.IS_CERTIFICATE, leaf.LONG_KEY, leaf.NUMBERED):
            assert passes(check, shown), check.text
    weak = {"certificate": LAB.client("SN-1", "weak_key").chain}
    assert not passes(leaf.LONG_KEY, weak)
    assert not passes(leaf.IS_CERTIFICATE, {"certificate": ""})


def test_the_first_of_a_chain_is_the_certificate() -> None:
    chain = LAB.sign_csr(REQUEST.csr, flaw="chain")
    first = chain[: chain.index("-----END CERTIFICATE-----") + 26]
    assert passes(checks.is_leaf_of(chain), {"certificate": first})
    assert not passes(checks.is_leaf_of(chain), {"certificate": CLIENT})


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
def test_certificates_that_are_listed(algorithm: str) -> None:
    root, other = LAB.root("csms_root_2"), hash_data(LAB.root("csms_root"))
    listed = {"certificateHashData": [other, hash_data(root, algorithm=algorithm)]}
    assert passes(checks.Lists(root), listed)
    assert not passes(checks.ListsNoMore(root), listed)
    assert not passes(checks.Lists(root), {"certificateHashData": [other]})
    assert passes(checks.ListsNoMore(root), {"certificateHashData": [other]})
    assert passes(checks.ListsNoMore(root), {"status": "NotFound"})


def test_what_is_nearly_right_is_named() -> None:
    root = LAB.root("csms_root_2")
    wrong = {**hash_data(root), "issuerKeyHash": "00"}
    said = seen(checks.Lists(root), {"certificateHashData": [wrong]})
    assert "issuerKeyHash 00 instead of" in said
    assert "none is it" in seen(checks.Lists(root), {"certificateHashData": []})


def test_a_certificate_that_another_one_has_signed() -> None:
    signed, issuer = LAB.successor(), LAB.root("csms_root")
    listed = {"certificateHashData": [hash_data(signed, issuer)]}
    assert passes(checks.Lists(signed, issuer), listed)
    assert not passes(checks.Lists(signed), listed)


EC, RSA = EC_SUITES, RSA_SUITES


@pytest.mark.parametrize(
    ("ciphers", "fine"),
    [
        ([*EC], True),
        ([*RSA], True),
        (["TLS_AES_128_GCM_SHA256", *RSA, "TLS_EMPTY"], True),
        ([EC[0], RSA[1]], False),
        ([EC[0]], False),
        (["TLS_AES_128_GCM_SHA256"], False),
        ([], False),
        (None, False),
    ],
)
def test_cipher_suites(ciphers: Any, fine: bool) -> None:
    assert passes(OFFERS_SUITES, {"ciphers": ciphers}) is fine


@pytest.mark.parametrize(
    ("versions", "fine"),
    [(["TLSv1.2"], True), (["TLSv1.3", "TLSv1.2"], True), (["TLSv1.1"], False), ([], False)],
)
def test_versions(versions: list[str], fine: bool) -> None:
    assert passes(OFFERS_TLS_12, {"versions": versions}) is fine


def upgrade(path: str = "/ocpp/CS001", **shown: Any) -> dict[str, Any]:
    """Return an event of a request for a WebSocket."""
    right = {"scheme": "Basic", "name": "CS001", "password": "right", "bytes": 16, "hex": False}
    return {"path": path, "authorization": {**right, **shown}}


@pytest.mark.parametrize(
    ("request_", "fine"),
    [
        (upgrade(), True),
        (upgrade(scheme="basic"), True),
        (upgrade("/CS001?x=1"), True),
        (upgrade("/ocpp/CS%30%301/"), True),
        (upgrade(scheme="Bearer"), False),
        (upgrade(name="CS002"), False),
        (upgrade("/ocpp/CS002"), False),
        (upgrade(password="wrong"), False),
        (upgrade(password="none", bytes=0), False),
    ],
)
def test_basic_authentication(request_: dict[str, Any], fine: bool) -> None:
    assert all(passes(check, request_) for check in checks.BASIC) is fine


@pytest.mark.parametrize(("length", "fine"), [(15, False), (16, True), (20, True), (21, False)])
def test_length_of_a_password(length: int, fine: bool) -> None:
    shown = upgrade(bytes=length)
    assert all(passes(check, shown) for check in checks.LONG_ENOUGH) is fine


NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "fine"), [(0, True), (5, True), (-1, True), (-2, True), (-3, False), (None, False)]
)
def test_events_of_an_earlier_round(seconds: float | None, fine: bool) -> None:
    happened = NOON + timedelta(seconds=seconds or 0)
    event = {"type": "A", "timestamp": "" if seconds is None else happened.isoformat()}
    assert passes(checks.SecurityEvent("A", NOON), event) is fine
    assert passes(checks.SecurityEvent("A"), event)
    assert not passes(checks.SecurityEvent("B", NOON), event)


@pytest.mark.parametrize(
    ("told", "fine"),
    [
        ({"files": [{"size": 1}], "watched": True}, True),
        ({"files": [{"size": 0}, {"size": 3}], "watched": True}, True),
        ({"files": [{"size": 0}], "watched": True}, False),
        ({"files": [], "watched": True}, False),
        ({"files": [], "watched": False}, True),
        ({}, False),
    ],
)
def test_uploads(told: dict[str, Any], fine: bool) -> None:
    assert passes(checks.UPLOADED, told) is fine


@pytest.mark.parametrize(
    ("told", "fine"),
    [
        ({"times": 1, "watched": True}, True),
        ({"times": 0, "watched": True}, False),
        ({"times": 0, "watched": False}, True),
        ({}, False),
    ],
)
def test_fetched(told: dict[str, Any], fine: bool) -> None:
    assert passes(checks.WAS_FETCHED, told) is fine
