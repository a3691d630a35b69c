"""The simulated station's side of the security extension: keys, certificates, default answers."""

from __future__ import annotations

from typing import Any

import pytest
from csms16_lab import accepted_station, answered, asks

from testbay.pki.hashes import hash_data
from testbay.pki.lab import Lab
from testbay.roles.station_model16 import StationModel16
from testbay.roles.station_security16 import MOST_CERTIFICATES

LAB = Lab.seeded()
CSMS, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
ROOT, OTHER = LAB.root("csms_root_2"), LAB.root("manufacturer_root")
REJECTED, ACCEPTED = {"status": "Rejected"}, {"status": "Accepted"}
FIRMWARE = {
    "requestId": 1,
    "firmware": {
        "location": "ftp://x/",
        "retrieveDateTime": "2030-01-01T00:00:00Z",
        "signingCertificate": ROOT,
        "signature": "AAAA",
    },
}
CHOSEN = (
    ("CertificateSigned", {"certificateChain": ROOT}),
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "00" * 16}),
    ("ChangeConfiguration", {"key": "SecurityProfile", "value": "2"}),
    ("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}),
    ("GetLog", {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "ftp://x/"}}),
    ("SignedUpdateFirmware", FIRMWARE),
)


def installs(model: StationModel16, use: str, pem: str) -> Any:
    return answered(model, "InstallCertificate", certificateType=use, certificate=pem)


def listed(model: StationModel16, use: str = CSMS) -> Any:
    return answered(model, "GetInstalledCertificateIds", certificateType=use)


# -- settings --------------------------------------------------------------------------------------


def test_the_keys_of_the_whitepaper_are_there_with_their_accessibility() -> None:
    keys = answered(accepted_station(security_profile=2), "GetConfiguration")["configurationKey"]
    shown = {k["key"]: (k["readonly"], k.get("value")) for k in keys}
    assert shown["AdditionalRootCertificateCheck"] == (True, "false")
    assert shown["CertificateSignedMaxChainSize"] == (True, "10000")
    assert shown["CertificateStoreMaxLength"] == (True, str(MOST_CERTIFICATES))
    assert shown["CpoName"] == (False, "Testbay")
    assert shown["SecurityProfile"] == (False, "2")
    assert shown["AuthorizationKey"] == (False, None)  # it can be written and not be read


def test_the_operator_can_name_himself() -> None:
    model = accepted_station()
    assert answered(model, "ChangeConfiguration", key="CpoName", value="An operator") == ACCEPTED
    assert model.setting("CpoName") == "An operator"


def test_a_password_is_kept_nowhere() -> None:
    model = accepted_station()
    model.answered(asks("ChangeConfiguration", key="AuthorizationKey", value="AB" * 16), ACCEPTED)
    assert "AB" * 16 not in str(model.known())


def test_a_profile_that_a_case_has_taken_is_shown() -> None:
    model = accepted_station()
    model.answered(asks("ChangeConfiguration", key="securityprofile", value="2"), ACCEPTED)
    assert model.setting("SecurityProfile") == "2"


# -- what only cases do ----------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "payload"), CHOSEN)
def test_what_only_a_case_does_is_refused(action: str, payload: dict[str, Any]) -> None:
    assert answered(accepted_station(), action, **payload) == REJECTED


@pytest.mark.parametrize(("action", "payload"), CHOSEN)
def test_the_same_request_again_is_answered_as_before(action: str, payload: Any) -> None:
    model = accepted_station()
    model.answered(asks(action, **payload), ACCEPTED)
    again = StationModel16(model.config, model.known())
    assert answered(again, action, **payload) == ACCEPTED
    again.forget()
    assert answered(again, action, **payload) == REJECTED


# -- certificates ----------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
def test_certificates_are_installed_listed_and_deleted_by_each_algorithm(algorithm: str) -> None:
    model = accepted_station()
    model.security.algorithm = algorithm
    assert listed(model) == {"status": "NotFound"}
    assert installs(model, CSMS, ROOT) == ACCEPTED
    assert installs(model, MANUFACTURER, OTHER) == ACCEPTED
    named = hash_data(ROOT, algorithm=algorithm)
    assert listed(model) == {"status": "Accepted", "certificateHashData": [named]}
    shouted = named | {"issuerKeyHash": named["issuerKeyHash"].upper()}  # a CiString
    assert answered(model, "DeleteCertificate", certificateHashData=shouted) == ACCEPTED
    assert listed(model) == {"status": "NotFound"}
    assert answered(model, "DeleteCertificate", certificateHashData=named) == {"status": "NotFound"}
    assert len(listed(model, MANUFACTURER)["certificateHashData"]) == 1


def test_a_certificate_named_by_another_algorithm_is_not_found() -> None:
    model = accepted_station()
    installs(model, CSMS, ROOT)
    wrong = hash_data(ROOT, algorithm="SHA512")
    assert answered(model, "DeleteCertificate", certificateHashData=wrong) == {"status": "NotFound"}


@pytest.mark.parametrize("text", ["", "no certificate", ROOT[:200], ROOT + OTHER])
def test_what_is_no_certificate_is_not_installed(text: str) -> None:
    model = accepted_station()
    assert installs(model, CSMS, text) == REJECTED
    payload = {"certificateType": CSMS, "certificate": text}
    model.answered(asks("InstallCertificate", **payload), ACCEPTED)  # as a case may want it
    assert listed(model) == {"status": "NotFound"}


def test_a_certificate_that_a_case_rejects_is_not_installed() -> None:
    model = accepted_station()
    model.answered(asks("InstallCertificate", certificateType=CSMS, certificate=ROOT), REJECTED)
    assert listed(model) == {"status": "NotFound"}


def test_the_same_certificate_is_installed_once() -> None:
    model = accepted_station()
    assert [installs(model, CSMS, ROOT) for _ in range(2)] == [ACCEPTED] * 2
    assert len(listed(model)["certificateHashData"]) == 1


def test_the_store_is_full_at_its_length() -> None:
    model = accepted_station()
    for seed in range(MOST_CERTIFICATES):
        assert installs(model, CSMS, Lab.seeded(100 + seed).root("csms_root")) == ACCEPTED
    assert installs(model, CSMS, ROOT) == REJECTED


def test_every_case_begins_without_certificates() -> None:
    model = accepted_station()
    installs(model, CSMS, ROOT)
    model.security.algorithm = "SHA512"
    model.forget()
    assert model.known() == accepted_station().known()


def test_a_model_made_of_what_is_known_answers_the_same() -> None:
    model = accepted_station()
    installs(model, CSMS, ROOT)
    model.security.algorithm = "SHA384"
    assert listed(StationModel16(model.config, model.known())) == listed(model)
