"""Sections 2.19, 2.20 and 2.25: stations that do it otherwise, rightly or wrongly."""

from __future__ import annotations

from typing import Any

import pytest
from secure16_lab import (
    KNOWN,
    LAB,
    LINKS,
    boot,
    closed_and_back,
    diagnostics,
    firmware,
    reports,
    status,
    verdict,
)
from station16_lab import Says

from testbay.pki.hashes import hash_data
from testbay.scenario.values import CallError

UNAVAILABLE = tuple(status("Unavailable", n) for n in (1, 2))
REBOOTS: tuple[Says, ...] = (("@closed", {"by": "peer"}), ("@connect", {}), boot(), *reports())
FETCHED = firmware("Downloading", "Downloaded")
INSTALLED = firmware("Installed")

# -- firmware --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ((*FETCHED, *firmware("Installing"), *REBOOTS, *INSTALLED), "PASS"),
        ((*FETCHED, *firmware("Installing"), *INSTALLED, *REBOOTS), "PASS"),
        (
            (
                *firmware("Downloading", "Downloading", "Downloaded", "Downloaded"),
                *UNAVAILABLE,
                *firmware("Installing", "Installing"),
                *REBOOTS,
                *firmware("Installing", "Installed"),
            ),
            "PASS",
        ),
        ((*UNAVAILABLE, *FETCHED, *firmware("Installing"), *REBOOTS, *INSTALLED), "PASS"),
        ((*firmware("Downloading", "DownloadFailed"),), "FAIL 5"),
        ((*firmware("Downloaded", "Installing"), *REBOOTS, *INSTALLED), "FAIL 3"),
        ((*FETCHED, *REBOOTS, *INSTALLED), "FAIL 7"),
        ((*FETCHED, *firmware("Installing"), *REBOOTS), "FAIL 13"),
        (
            (*FETCHED, *firmware("Installing"), boot(), *reports("Unavailable"), *INSTALLED),
            "FAIL 11",
        ),
    ],
)
async def test_firmware(said: tuple[Says, ...], found: str) -> None:
    assert await verdict("TC_044_1_CS", {"UpdateFirmware": [said]}) == found


async def test_firmware_that_runs_after_a_reset_only() -> None:
    said = (*FETCHED, *firmware("Installing"))
    script = {"UpdateFirmware": [said], "Reset": [(*REBOOTS, *INSTALLED)]}
    assert await verdict("TC_044_1_CS", script) == "PASS"


async def test_firmware_that_runs_at_once() -> None:
    said = (*FETCHED, *firmware("Installing"), *INSTALLED)
    script = {"UpdateFirmware": [said], "Reset": [REBOOTS]}
    assert await verdict("TC_044_1_CS", script) == "PASS"
    assert await verdict("TC_044_1_CS", {"UpdateFirmware": [said]}) == "FAIL 9"


@pytest.mark.parametrize(
    ("secured", "found"),
    [(None, "FAIL"), ({"key": "SecurityProfile", "value": "0"}, "INCONCLUSIVE")],
)
async def test_firmware_without_signature_is_refused(secured: Any, found: str) -> None:
    refused = {"UpdateFirmware": CallError("NotSupported")}
    keys = {**KNOWN["keys"], "SecurityProfile": secured}
    known = {**KNOWN, "keys": keys}
    assert await verdict("TC_044_1_CS", {}, answers=refused, known=known) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (firmware("Downloading", "DownloadFailed"), "PASS"),
        (firmware("DownloadFailed"), "PASS"),
        (firmware("Downloading", "DownloadFailed", "DownloadFailed"), "PASS"),
        ((*UNAVAILABLE, *firmware("DownloadFailed"), *reports()), "PASS"),
        ((*UNAVAILABLE, *firmware("DownloadFailed"), 20.0, *reports()), "PASS"),
        ((*UNAVAILABLE, *firmware("DownloadFailed")), "FAIL post"),
        (firmware("Downloading", "DownloadFailed", "Installing"), "FAIL post"),
        (firmware("Downloading"), "FAIL 5"),
    ],
)
async def test_firmware_that_is_not_there(said: tuple[Says, ...], found: str) -> None:
    assert await verdict("TC_044_2_CS", {"UpdateFirmware": [said]}) == found


BAD = firmware("InstallationFailed")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ((*FETCHED, *firmware("Installing"), *BAD), "PASS"),
        ((*FETCHED, *BAD), "PASS"),
        ((*FETCHED, *firmware("Installing"), *BAD, *REBOOTS), "PASS"),
        ((*FETCHED, *firmware("Installing"), *REBOOTS, *BAD), "PASS"),
        ((*FETCHED, *firmware("Installing"), boot(), *BAD, *reports()), "PASS"),
        ((*FETCHED, *UNAVAILABLE, *firmware("Installing"), *BAD, *reports()), "PASS"),
        ((*FETCHED, *UNAVAILABLE, *firmware("Installing"), *BAD), "FAIL post"),
        ((*FETCHED, *firmware("Installing"), *BAD, boot()), "FAIL 13"),
        ((*FETCHED, *firmware("Installing"), *INSTALLED), "FAIL 11"),
    ],
)
async def test_what_is_no_firmware(said: tuple[Says, ...], found: str) -> None:
    assert await verdict("TC_044_3_CS", {"UpdateFirmware": [said]}) == found


# -- diagnostics -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "files", "found"),
    [
        (("Uploading", "Uploaded"), [{"size": 1}], "PASS"),
        (("Uploading", "Uploading", "Uploaded"), [{"size": 1}], "PASS"),
        (("Uploading", "Uploaded"), [{"size": 0}], "FAIL post"),
        (("Uploading", "Uploaded"), [], "FAIL post"),
        (("Uploaded",), [{"size": 1}], "FAIL 3"),
        (("Uploading", "UploadFailed"), [], "FAIL 5"),
    ],
)
async def test_diagnostics(said: tuple[str, ...], files: list[Any], found: str) -> None:
    links = {**LINKS, "uploads": {"files": files, "watched": True}}
    script = {"GetDiagnostics": [diagnostics(*said)]}
    assert await verdict("TC_045_1_CS", script, links=links) == found


async def test_an_upload_that_nobody_can_watch() -> None:
    links = {**LINKS, "uploads": {"files": [], "watched": False}}
    script = {"GetDiagnostics": [diagnostics("Uploading", "Uploaded")]}
    assert await verdict("TC_045_1_CS", script, links=links) == "PASS"


async def test_a_station_that_is_gone_after_an_upload_has_failed() -> None:
    script = {"GetDiagnostics": [diagnostics("Uploading", "UploadFailed")]}
    answers = {"GetConfiguration": CallError("InternalError")}
    assert await verdict("TC_045_2_CS", script) == "PASS"
    assert await verdict("TC_045_2_CS", script, answers=answers) == "FAIL post"


# -- passwords -------------------------------------------------------------------------------------

ON_1 = {"security_profile": 1, "on_profile_1": True, "on_profile_0": False}
BACK = closed_and_back(profile=1)


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (BACK, BACK, "PASS"),
        ((200.0, *BACK), (200.0, *BACK), "PASS"),
        ((("@connect", {"profile": 1}), ("@closed", {})), BACK, "PASS"),
        ((*BACK, boot(), *reports()), BACK, "PASS"),
        ((("@closed", {}),), (), "FAIL 3"),
        (BACK, (("@closed", {}),), "FAIL 6"),
        ((), (), "FAIL 3"),
    ],
)
async def test_password(first: tuple[Says, ...], second: tuple[Says, ...], found: str) -> None:
    script = {"ChangeConfiguration": [first, second, BACK]}
    assert await verdict("TC_073_CS", script, **ON_1) == found


async def test_a_password_that_is_not_taken_is_not_asked_for() -> None:
    answers = {"ChangeConfiguration": {"status": "Rejected"}}
    assert await verdict("TC_073_CS", {}, answers=answers, **ON_1) == "FAIL 2"


# -- certificates ----------------------------------------------------------------------------------

ROOT, OTHER = LAB.root("manufacturer_root_2"), LAB.root("manufacturer_root")


def listing(*entries: dict[str, str]) -> dict[str, Any]:
    """Return an answer to GetInstalledCertificateIds."""
    listed = {"certificateHashData": list(entries)} if entries else {}
    return {"status": "Accepted" if entries else "NotFound", **listed}


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("large", [True, False])
async def test_hash_data(algorithm: str, large: bool) -> None:
    right = hash_data(ROOT, algorithm=algorithm)
    written = {k: v.upper() if large else v for k, v in right.items()}
    others = hash_data(OTHER, algorithm="SHA256")
    answers = {"GetInstalledCertificateIds": [listing(), listing(others, written)]}
    known = {**KNOWN, "keys": {**KNOWN["keys"], **LIMITS}}
    assert await verdict("TC_075_1_CS", {}, answers=answers, known=known) == "PASS"


LIMITS = {"CertificateStoreMaxLength": None, "AdditionalRootCertificateCheck": None}


@pytest.mark.parametrize("field", ["issuerNameHash", "issuerKeyHash", "serialNumber"])
async def test_hash_data_of_another_certificate(field: str) -> None:
    wrong = {**hash_data(ROOT), field: "0" + hash_data(ROOT)[field]}
    answers = {"GetInstalledCertificateIds": [listing(), listing(wrong)]}
    known = {**KNOWN, "keys": {**KNOWN["keys"], **LIMITS}}
    assert await verdict("TC_075_1_CS", {}, answers=answers, known=known) == "FAIL 4"


async def test_the_only_certificate_is_deleted() -> None:
    root = hash_data(LAB.root("csms_root_2"))
    answers = {"GetInstalledCertificateIds": [listing(root), listing(root), listing()]}
    known = {**KNOWN, "keys": {**KNOWN["keys"], **LIMITS}}
    assert await verdict("TC_076_CS", {}, answers=answers, known=known) == "PASS"
    answers["GetInstalledCertificateIds"] = [listing(root), listing(root), listing(root)]
    assert await verdict("TC_076_CS", {}, answers=answers, known=known) == "FAIL 6"


# -- the certificate of the station ----------------------------------------------------------------

ON_3 = {"security_profile": 3, "on_profile_3": True, "on_profile_0": False}
CSR = LAB.request("CS001", owner="Testbay")
CHAIN = LAB.sign_csr(CSR.csr)
NAMED = {"CpoName": ("Testbay", False)}
NEW = ("@tls", {"version": "TLSv1.3", "certificate": CHAIN})
OLD = ("@tls", {"version": "TLSv1.3", "certificate": LAB.client("CS001").chain})


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ((("@closed", {}), NEW, ("@connect", {"profile": 3})), "PASS"),
        ((200.0, ("@closed", {}), NEW, ("@connect", {"profile": 3})), "PASS"),
        ((NEW, ("@connect", {"profile": 3}), ("@closed", {})), "PASS"),
        ((("@closed", {}), OLD, ("@connect", {"profile": 3})), "FAIL 7"),
        ((("@closed", {}), NEW), "FAIL 7"),
        ((), "FAIL 7"),
    ],
)
async def test_new_certificate(said: tuple[Says, ...], found: str) -> None:
    script = {
        "ExtendedTriggerMessage": [(("SignCertificate", {"csr": CSR.csr}),)],
        "CertificateSigned": [said],
    }
    links = {"sign": {"chain": CHAIN}}
    assert await verdict("TC_074_CS", script, links=links, keys=NAMED, **ON_3) == found


@pytest.mark.parametrize(
    ("csr", "found"),
    [
        (LAB.request("CS001", owner="Testbay", kind="rsa").csr, "PASS"),
        (LAB.request("CS001", owner="Testbay", weak=True).csr, "FAIL 3"),
        (LAB.request("CS001", owner="Someone").csr, "FAIL 3"),
        (LAB.request("CS002", owner="Testbay").csr, "FAIL 3"),
        (CHAIN, "FAIL 3"),
        ("no PEM", "FAIL 3"),
    ],
)
async def test_request_for_a_certificate(csr: str, found: str) -> None:
    back: tuple[Says, ...] = (("@closed", {}), NEW, ("@connect", {"profile": 3}))
    script = {
        "ExtendedTriggerMessage": [(("SignCertificate", {"csr": csr}),)],
        "CertificateSigned": [back],
    }
    own = {"links": {"sign": {"chain": CHAIN}}, "keys": NAMED, "serial_number": "CS001"}
    assert await verdict("TC_074_CS", script, **own, **ON_3) == found


async def test_a_request_that_cannot_be_signed() -> None:
    script = {"ExtendedTriggerMessage": [(("SignCertificate", {"csr": "no PEM"}),)]}
    links = {"sign": {"error": "it is not a certificate signing request"}}
    assert await verdict("TC_077_CS", script, links=links, keys=NAMED, **ON_3) == "FAIL"


EVENT = {"timestamp": "2030-01-01T00:00:00Z"}
INVALID = ("SecurityEventNotification", {"type": "InvalidChargePointCertificate", **EVENT})
STARTED = ("SecurityEventNotification", {"type": "StartupOfTheDevice", **EVENT})


@pytest.mark.parametrize(
    ("said", "answer", "found"),
    [
        ((INVALID,), "Rejected", "PASS"),
        ((STARTED, INVALID), "Rejected", "PASS"),
        ((STARTED,), "Rejected", "FAIL 7"),
        ((INVALID,), "Accepted", "FAIL 6"),
    ],
)
async def test_certificate_that_is_not_valid(
    said: tuple[Says, ...], answer: str, found: str
) -> None:
    script = {
        "ExtendedTriggerMessage": [(("SignCertificate", {"csr": CSR.csr}),)],
        "CertificateSigned": [said],
    }
    answers = {"CertificateSigned": {"status": answer}}
    links = {"sign": {"chain": CHAIN}}
    more = {"links": links, "keys": NAMED, "answers": answers}
    assert await verdict("TC_077_CS", script, **more, **ON_3) == found
