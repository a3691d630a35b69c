"""Checks of certificates that a CSMS sends or shows, of passwords, and of refusals."""

from __future__ import annotations

from typing import Any

import pytest
from csms16_lab import CONFIG

from testbay.pki.hashes import hash_data
from testbay.pki.lab import Lab
from testbay.roles.attempts import NO_COMMON_PROTOCOL, REFUSED
from testbay.roles.certificates import CHAIN, OF_THE_HOST, SERVER_CERTIFICATE, read, under
from testbay.scenario.checks import Judges
from testbay.scenario.configured import resolve
from testbay.suites.ocpp16.chains import (
    CONFIGURED_SIGNATURE,
    CONFIGURED_SIGNER,
    OTHER_SIGNATURE,
    names,
    same_certificate,
    signed_for,
)
from testbay.suites.ocpp16.passwords import HEX_PASSWORD

LAB = Lab.seeded()
SERIAL = "CS001"
REQUEST = LAB.request(SERIAL, 1, "ec", "Testbay").csr
PEM, KEY, ALGORITHM, NAME, LENGTH = range(5)


def failed(checks: tuple[Judges, ...], payload: Any, **config: Any) -> list[int]:
    """Return which of the checks fail."""
    values = {**CONFIG, **config}
    judged = [c.judge(payload, lambda value: resolve(value, values)) for c in checks]
    return [n for n, outcome in enumerate(judged) if not outcome.passed]


def passes(check: Judges, payload: Any, **config: Any) -> bool:
    return not failed((check,), payload, **config)


@pytest.mark.parametrize(
    ("chain", "roots", "fine"),
    [
        (LAB.sign_csr(REQUEST), LAB.root("csms_root"), True),
        (LAB.sign_csr(REQUEST), LAB.root("stranger_root") + LAB.root("csms_root"), True),
        (LAB.sign_csr(REQUEST) + LAB.root("csms_root"), LAB.root("csms_root"), True),
        (LAB.root("csms_root") + LAB.sign_csr(REQUEST), LAB.root("csms_root"), True),
        (LAB.sign_csr(REQUEST, flaw="not_yet_valid"), LAB.root("csms_root"), True),
        (LAB.sign_csr(REQUEST), LAB.root("stranger_root"), False),
        (LAB.sign_csr(REQUEST, flaw="chain"), LAB.root("csms_root"), True),
        (read(LAB.sign_csr(REQUEST, flaw="chain"))[0].pem, LAB.root("csms_root"), False),
        (LAB.sign_csr(REQUEST, flaw="broken"), LAB.root("csms_root"), False),
        (LAB.sign_csr(REQUEST), "", True),
    ],
)
def test_a_certificate_leads_to_the_root_that_is_configured(
    chain: str, roots: str, fine: bool
) -> None:
    assert passes(under(roots), {CHAIN: chain}) is fine


# -- the certificate of a station ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chain", "wrong"),
    [
        (LAB.sign_csr(REQUEST), []),
        (LAB.sign_csr(REQUEST, flaw="chain"), []),
        (LAB.sign_csr(REQUEST).replace("\n", "\r\n"), []),
        (LAB.sign_csr(REQUEST) + LAB.root("csms_root"), []),
        (LAB.root("csms_root") + LAB.sign_csr(REQUEST), []),
        (LAB.sign_csr(REQUEST, flaw="wrong_key"), [KEY]),
        (LAB.sign_csr(REQUEST, flaw="wrong_name"), [NAME]),
        (LAB.client(SERIAL, "weak_key", "rsa").chain, [KEY, LENGTH]),
        (LAB.sign_csr(REQUEST, flaw="broken"), [PEM, KEY, ALGORITHM, NAME, LENGTH]),
        ("", [PEM, KEY, ALGORITHM, NAME, LENGTH]),
        (None, [PEM, KEY, ALGORITHM, NAME, LENGTH]),
    ],
)
def test_a_chain_is_judged_by_what_is_wrong_with_it(chain: Any, wrong: list[int]) -> None:
    assert failed(signed_for(REQUEST), {CHAIN: chain}) == wrong


@pytest.mark.parametrize(
    ("algorithm", "fine"), [("any", True), ("ECDSA", True), ("RSA", False), ("DSA", False)]
)
def test_the_type_of_algorithm_is_the_configured_one(algorithm: str, fine: bool) -> None:
    payload = {CHAIN: LAB.sign_csr(REQUEST)}
    wrong = failed(signed_for(REQUEST), payload, signing_algorithm=algorithm)
    assert wrong == ([] if fine else [ALGORITHM])


def test_a_serial_number_may_be_configured() -> None:
    chain = {CHAIN: LAB.sign_csr(REQUEST)}
    assert failed(signed_for(REQUEST), chain, serial_number="SN-7") == [NAME]
    assert failed(signed_for(REQUEST), chain, serial_number=SERIAL, station_id="X") == []


def test_what_is_said_of_a_wrong_chain_is_short() -> None:
    check = signed_for(REQUEST)[KEY]
    chain = LAB.sign_csr(REQUEST, flaw="wrong_key")
    seen = check.judge({CHAIN: chain}, lambda value: resolve(value, CONFIG)).actual
    assert seen == "one of CS001 by testbay operator root, for another key"


# -- roots and firmware ----------------------------------------------------------------------------


def test_a_root_is_the_configured_one_however_its_lines_are_broken() -> None:
    root = LAB.root("csms_root_2")
    check = same_certificate("certificate", root)
    body = "".join(line for line in root.splitlines() if "-" not in line)
    one_line = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"
    for text in (root, one_line, root.strip()):
        assert passes(check, {"certificate": text})
    for other in (LAB.root("csms_root"), root + root, body, "", None):
        assert not passes(check, {"certificate": other})


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
def test_hash_data_are_calculated_by_the_tool_itself(algorithm: str) -> None:
    root = LAB.root("csms_root_2")
    right = hash_data(root, algorithm=algorithm)
    check = names("certificateHashData", root, algorithm)
    assert passes(check, {"certificateHashData": right})
    for field in right:
        assert not passes(check, {"certificateHashData": right | {field: "0"}})
    assert not passes(check, {})
    assert not passes(
        names("certificateHashData", "no PEM", algorithm), {"certificateHashData": {}}
    )


def test_a_signature_is_the_configured_one_or_any() -> None:
    def sent(text: str) -> dict[str, Any]:
        return {"firmware": {"signature": text}}

    assert passes(CONFIGURED_SIGNATURE, sent("AAEC"), firmware_signature="AAEC")
    assert passes(CONFIGURED_SIGNATURE, sent("AAEC"), firmware_signature="AA\nEC")
    assert not passes(CONFIGURED_SIGNATURE, sent("AAED"), firmware_signature="AAEC")
    assert passes(CONFIGURED_SIGNATURE, sent("AAED"))
    for text in ("", "?"):
        assert not passes(CONFIGURED_SIGNATURE, sent(text))
        assert not passes(OTHER_SIGNATURE, sent(text), firmware_signature="AAEC")
    assert passes(OTHER_SIGNATURE, sent("AAED"), firmware_signature="AAEC")
    assert not passes(OTHER_SIGNATURE, sent("AAEC"), firmware_signature="AAEC")


def test_a_signing_certificate_is_the_configured_one_or_any() -> None:
    one, other = LAB.signer().chain, LAB.signer("expired").chain
    sent = {"firmware": {"signingCertificate": one}}
    assert passes(CONFIGURED_SIGNER, sent)
    assert passes(CONFIGURED_SIGNER, sent, signing_certificate=one)
    assert not passes(CONFIGURED_SIGNER, sent, signing_certificate=other)
    assert not passes(CONFIGURED_SIGNER, {"firmware": {"signingCertificate": "no PEM"}})


# -- the certificate of a CSMS ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("server", []), ("weak_key", [1]), ("wrong_host", [3])],
)
def test_the_certificate_of_a_csms(name: str, wrong: list[int]) -> None:
    lab = Lab.seeded(1, ("csms.example",))
    seen = {"certificate": lab.server(name, "rsa").chain, "host": "csms.example"}
    assert failed(SERVER_CERTIFICATE, seen) == wrong


@pytest.mark.parametrize(
    ("host", "fine"),
    [("csms.example", True), ("CSMS.example.", True), ("example", False), ("127.0.0.1", True)],
)
def test_the_name_of_a_csms_is_that_of_the_url(host: str, fine: bool) -> None:
    shown = Lab.seeded(1, ("csms.example",)).server("server").chain
    assert passes(OF_THE_HOST, {"certificate": shown, "host": host}) is fine


def test_without_a_certificate_nothing_of_it_is_right() -> None:
    assert failed(SERVER_CERTIFICATE, {"certificate": "", "host": "x"}) == [0, 1, 2, 3]


# -- passwords -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("00" * 16, []),
        ("aF" * 20, []),
        ("0" * 33, [0]),
        ("00" * 15, [1]),
        ("00" * 21, [2]),
        ("testbay-password", [0, 1]),
        ("g" * 32, [0]),
        ("", [0, 1]),
        (None, [0, 1, 2]),
    ],
)
def test_a_password_is_16_to_20_bytes_in_hexadecimal(value: Any, wrong: list[int]) -> None:
    assert failed(HEX_PASSWORD, {"value": value}) == wrong


# -- refusals --------------------------------------------------------------------------------------

OPEN = {"upgraded": True, "subprotocol": "ocpp1.6", "stage": "open", "reached": True}
BY_CSMS = {"upgraded": False, "by": "peer", "late": False, "reached": True}


@pytest.mark.parametrize(
    ("seen", "refused"),
    [
        ({**BY_CSMS, "stage": "upgrade", "http_status": 401}, True),
        ({**BY_CSMS, "stage": "upgrade", "http_status": 403}, True),
        ({**BY_CSMS, "stage": "upgrade"}, True),
        ({**BY_CSMS, "stage": "tls"}, True),
        ({**BY_CSMS, "stage": "tls", "reached": False}, True),  # it has ended TLS without an alert
        ({**BY_CSMS, "stage": "connect", "reached": False}, False),
        ({**BY_CSMS, "stage": "upgrade", "late": True}, False),
        ({**BY_CSMS, "stage": "tls", "by": "us"}, False),
        (OPEN, False),
        ({}, False),
    ],
)
def test_a_refusal_is_the_doing_of_the_csms(seen: dict[str, Any], refused: bool) -> None:
    assert passes(REFUSED, seen) is refused


@pytest.mark.parametrize(
    ("seen", "fine"),
    [
        ({**BY_CSMS, "stage": "upgrade", "http_status": 400}, True),
        ({"upgraded": True, "ended": True}, True),
        ({"upgraded": True, "ended": False}, False),
        ({"upgraded": True, "ended": True, "subprotocol": "ocpp0.1"}, False),
        ({**BY_CSMS, "stage": "upgrade", "late": True}, False),
        (OPEN, False),
    ],
)
def test_no_common_subprotocol(seen: dict[str, Any], fine: bool) -> None:
    assert passes(NO_COMMON_PROTOCOL, seen) is fine
