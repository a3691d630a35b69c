"""Sections 2.19, 2.20 and 2.25 against the reference station, conforming and not."""

from __future__ import annotations

from typing import Any

import pytest
from station16_lab import CASES, against_reference, applicable, campaign, failed

from testbay.scenario.verdict import Verdict

NAMES = [n for n, c in CASES.items() if c.group.split()[0] in ("2.19", "2.20", "2.25")]

FAULTS = (
    ("TC_044_1_CS", "boots-without-boot-notification", "9"),
    ("TC_044_1_CS", "boots-without-status", "11"),
    ("TC_044_1_CS", "installed-not-reported", "13"),
    ("TC_044_1_CS", "firmware-not-downloaded", "post"),
    ("TC_044_2_CS", "download-failure-ignored", "5"),
    ("TC_044_3_CS", "invalid-firmware-installed", "11"),
    ("TC_044_3_CS", "stays-unavailable-after-update", "post"),
    ("TC_045_1_CS", "uploads-nothing", "post"),
    ("TC_045_1_CS", "uploads-empty-file", "post"),
    ("TC_045_2_CS", "upload-failure-ignored", "5"),
    ("TC_073_CS", "keeps-old-password", "3"),
    ("TC_073_CS", "new-password-garbled", "3"),
    ("TC_073_CS", "password-change-without-reconnect", "3"),
    ("TC_074_CS", "csr-not-pem", "3"),
    ("TC_074_CS", "csr-signature-broken", "3"),
    ("TC_074_CS", "csr-with-weak-key", "3"),
    ("TC_074_CS", "csr-keeps-key", "3"),
    ("TC_074_CS", "csr-without-operator", "3"),
    ("TC_074_CS", "keeps-old-certificate", "7"),
    ("TC_074_CS", "new-certificate-without-reconnect", "7"),
    ("TC_075_1_CS", "certificate-not-stored", "4"),
    ("TC_075_2_CS", "certificate-not-stored", "4"),
    ("TC_075_1_CS", "hashes-whole-key-info", "4"),
    ("TC_075_2_CS", "hashes-subject-name", "4"),
    ("TC_075_2_CS", "serial-number-in-decimal", "4"),
    ("TC_076_CS", "deleted-certificate-stays", "6"),
    ("TC_077_CS", "accepts-any-signed-certificate", "6"),
    ("TC_077_CS", "no-security-events", "7"),
    ("TC_078_CS", "never-reconnects", "2"),
    ("TC_078_CS", "accepts-any-server-certificate", "expired/7"),
    ("TC_078_CS", "ignores-dates-of-server-certificate", "expired/7"),
    ("TC_078_CS", "ignores-name-of-server", "wrong_host/7"),
    ("TC_078_CS", "no-security-events", "expired/10"),
    ("TC_079_CS", "uploads-nothing", "post"),
    ("TC_079_CS", "security-log-stays-empty", "post"),
    ("TC_080_CS", "firmware-not-downloaded", "7"),
    ("TC_080_CS", "firmware-made-up", "post"),
    ("TC_081_CS", "firmware-not-downloaded", "post"),
    ("TC_080_CS", "firmware-update-without-reboot", "11"),
    ("TC_080_CS", "installed-not-reported", "17"),
    ("TC_081_CS", "firmware-signature-ignored", "7"),
    ("TC_081_CS", "no-security-events", "9"),
    ("TC_083_CS", "keeps-old-profile", "5"),
    ("TC_083_CS", "falls-back-to-old-profile", "16"),
    ("TC_084_CS", "lowers-security-profile", "2"),
    ("TC_085_CS", "boots-without-status", "5"),
    ("TC_085_CS", "sends-no-password@2", "1"),
    ("TC_085_CS", "authorizes-as-other-station@2", "1"),
    ("TC_085_CS", "password-as-digits@2", "1"),
    ("TC_086_CS", "half-the-cipher-suites", "1"),
    ("TC_086_CS", "old-cipher-suites@2", "1"),
    ("TC_086_CS", "tls-1.1@2", "1"),
    ("TC_086_CS", "sends-no-password@2", "5"),
    ("TC_087_CS", "half-the-cipher-suites", "1"),
    ("TC_087_CS", "tls-1.1@2", "1"),
    ("TC_087_CS", "shows-no-certificate@2", "3"),
)

PROFILES = ("security profile 1", "security profile 2", "security profile 3")
RSA = {"csr_key": "rsa"}
IMPATIENT, SLOW = {"reconnect": (0.01, 0.01)}, {"reconnect": (120.0, 120.0)}
OTHERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("TC_044_1_CS", {"activation": "reset"}),
    ("TC_044_1_CS", {"activation": "at once"}),
    ("TC_044_1_CS", {"closes_for_download": True}),
    ("TC_044_1_CS", {"file_transfer": ("HTTPS",)}),
    ("TC_044_1_CS", {"install_seconds": 200.0}),
    ("TC_044_2_CS", {"closes_for_download": True}),
    ("TC_044_3_CS", {"closes_for_download": True}),
    ("TC_044_3_CS", {"failed_installation": "reboots"}),
    ("TC_045_1_CS", {"upload_method": "POST"}),
    ("TC_045_1_CS", {"file_transfer": ("HTTPS",), "upload_method": "POST"}),
    ("TC_045_2_CS", {"upload_method": "POST"}),
    ("TC_073_CS", IMPATIENT),
    ("TC_073_CS", SLOW),
    ("TC_074_CS", RSA),
    ("TC_074_CS", IMPATIENT),
    ("TC_074_CS", SLOW),
    ("TC_075_1_CS", {"hash_algorithm": "SHA512"}),
    ("TC_076_CS", {"hash_algorithm": "SHA384"}),
    ("TC_077_CS", RSA),
    ("TC_078_CS", IMPATIENT),
    ("TC_078_CS", SLOW),
    ("TC_079_CS", {"upload_method": "POST"}),
    ("TC_080_CS", {"announces_reboot": True}),
    ("TC_080_CS", {"manufacturer_roots": ()}),
    ("TC_081_CS", {"manufacturer_roots": ()}),
    ("TC_083_CS", {"profile_change": "reconnect"}),
    ("TC_083_CS", {"profile_change": "reconnect", **IMPATIENT}),
    ("TC_083_CS", {"csms_roots": ()}),
    ("TC_085_CS", SLOW),
)


def test_all_cases_are_there() -> None:
    assert len(NAMES) == 20


@pytest.mark.parametrize(("name", "product"), applicable(NAMES))
def test_conforming(name: str, product: str) -> None:
    run = against_reference(name, product=product)
    assert (run.ended.verdict, run.ended.reason) == (Verdict.PASS, "")


@pytest.mark.parametrize(("name", "options"), OTHERS)
def test_other_conforming_stations(name: str, options: dict[str, Any]) -> None:
    run = against_reference(name, options=options)
    assert (run.ended.verdict, run.ended.reason) == (Verdict.PASS, "")
    assert [r for r in run.test.recorder.remarks if r.startswith("not restored")] == []


@pytest.mark.parametrize(("name", "fault", "step"), FAULTS)
def test_faulty(name: str, fault: str, step: str) -> None:
    run = against_reference(name, fault)
    assert run.ended.verdict == Verdict.FAIL
    assert step in failed(run)


def test_a_station_that_accepts_wildcards() -> None:
    """A host by its address has no wildcard, nor one of two parts: clients take none for these."""
    named = {"host": "csms.lab.test"}
    assert against_reference("TC_078_CS", **named).ended.verdict == Verdict.PASS
    run = against_reference("TC_078_CS", "accepts-wildcards", **named)
    assert (run.ended.verdict, failed(run)[0]) == (Verdict.FAIL, "wildcard/7")


def test_a_station_that_forgets_certificates_with_a_reset() -> None:
    """That is seen where the root of the CSMS is not one of those from the factory."""
    run = against_reference(
        "TC_083_CS", "forgets-certificates-after-reset", options={"csms_roots": ()}
    )
    assert run.ended.verdict == Verdict.FAIL
    assert "5" in failed(run)


def test_a_password_with_security_profile_3_is_pointed_out() -> None:
    """No validation forbids it; the note at step 6 of TC_086 says that it is not needed."""
    run = against_reference(
        "TC_086_CS",
        "password-with-profile-3",
        product="security profile 3",
        options={"password": "sixteen-or-more!"},
    )
    assert run.ended.verdict == Verdict.PASS
    assert "the station shows a password, with security profile 3" in run.test.recorder.remarks


@pytest.mark.parametrize("name", ["TC_073_CS", "TC_080_CS", "TC_074_CS", "TC_083_CS"])
def test_security_events_that_may_stay_away(name: str) -> None:
    assert against_reference(name, "no-security-events").ended.verdict == Verdict.PASS


@pytest.mark.parametrize("product", PROFILES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_after_the_other_in_any_order(product: str, seed: int) -> None:
    """What a case leaves behind does not fail the next one; what stays is left last."""
    found = campaign(NAMES, seed, product=product)
    assert {n: e.reason for n, e in found.items() if e.verdict != Verdict.PASS} == {}


# -- what is put back ------------------------------------------------------------------------------


def test_the_configured_password_is_given_back_as_digits() -> None:
    run = against_reference("TC_073_CS")
    assert run.test.model.facts.password == ""  # type: ignore[attr-defined]
    assert run.test.recorder.remarks == []


def test_a_raised_profile_is_named() -> None:
    run = against_reference("TC_083_CS")
    [said] = [r for r in run.test.recorder.remarks if "stays on security profile 2" in r]
    assert "set security_profile to 2" in said


def test_roots_are_as_before() -> None:
    for name in ("TC_075_1_CS", "TC_075_2_CS", "TC_076_CS"):
        run = against_reference(name)
        assert run.test.recorder.remarks == []


def test_a_root_that_replaces_the_other_one_stays_and_is_named() -> None:
    keys = {"keys": {"AdditionalRootCertificateCheck": "true"}}
    run = against_reference("TC_075_2_CS", options=keys)
    assert run.ended.verdict == Verdict.PASS
    assert any("the new root certificate stays" in r for r in run.test.recorder.remarks)


# -- what cannot be judged -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["TC_075_1_CS", "TC_075_2_CS"])
def test_no_room_for_another_root(name: str) -> None:
    run = against_reference(name, options={"keys": {"CertificateStoreMaxLength": "2"}})
    assert run.ended.verdict == Verdict.INCONCLUSIVE
    assert "no room" in run.ended.reason


@pytest.mark.parametrize("name", ["TC_044_1_CS", "TC_045_1_CS", "TC_079_CS", "TC_080_CS"])
def test_no_common_way_for_files(name: str) -> None:
    run = against_reference(name, options={"file_transfer": ("FTP",)})
    assert run.ended.verdict == Verdict.INCONCLUSIVE
    assert "the station transfers files by ftp only" in run.ended.reason


def test_a_station_that_takes_signed_firmware_only() -> None:
    run = against_reference("TC_044_1_CS", options={"unsigned_firmware": "never"})
    assert run.ended.verdict == Verdict.INCONCLUSIVE
    assert "set firmware_management to false" in run.ended.reason


def test_a_station_that_updates_no_firmware_at_all() -> None:
    options = {"unsigned_firmware": "never", "security_profiles": ()}
    run = against_reference("TC_044_1_CS", options=options)
    assert run.ended.verdict == Verdict.FAIL


# -- who the station is ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["TC_074_CS", "TC_087_CS"])
def test_serial_number_of_another_station(name: str) -> None:
    right = against_reference(name, serial_number="CS001")
    assert right.ended.verdict == Verdict.PASS
    told = against_reference(name, options={"serial": "SN-77"}, serial_number="CS001")
    assert told.ended.verdict in (Verdict.PASS, Verdict.FAIL)


def test_a_csr_for_another_station() -> None:
    run = against_reference("TC_074_CS", "csr-for-other-station", serial_number="CS001")
    assert "3" in failed(run)
