"""Passwords, certificates and what follows from them (A01, A02)."""

from itertools import pairwise

import pytest
from station201_lab import lab201

from testbay.pki.inspect import csr
from testbay.pki.lab import Lab

PASSWORD = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
RENEWAL = {"requestedMessage": "SignChargingStationCertificate"}
LAB = Lab.seeded()
ROOTS = {"csms_roots": (LAB.root("csms_root"), LAB.root("station_root")), "seed": 1}
ACCEPTS = {"SignCertificate": {"status": "Accepted"}}


async def set_password(bench, value):
    data = [{**PASSWORD, "attributeValue": value}]
    answer = await bench.peer.call("SetVariables", {"setVariableData": data})
    return answer["setVariableResult"][0]["attributeStatus"]


async def test_a_new_password_is_used_at_once():
    async with lab201(password="A-password-of-24-letters") as bench:
        assert await set_password(bench, "Another-password-of-it") == "Accepted"
        await bench.settle(60)
        before, after = (c.request.headers["Authorization"] for c in bench.peer.connections)
        assert before != after


@pytest.mark.parametrize("value", ["fifteen-letters", "x" * 41])
async def test_a_password_is_neither_short_nor_long(value):
    async with lab201(password="A-password-of-24-letters") as bench:
        assert await set_password(bench, value) == "Rejected"
        await bench.settle(60)
        assert len(bench.peer.connections) == 1


async def test_a_password_may_need_a_restart():
    async with lab201(password="A-password-of-24-letters", password_change="reboot") as bench:
        assert await set_password(bench, "Another-password-of-it") == "RebootRequired"
        await bench.settle(60)
        assert len(bench.peer.connections) == 1


async def test_a_certificate_that_does_not_come_is_asked_for_again():
    async with lab201(ACCEPTS, **ROOTS) as bench:
        assert await bench.peer.call("TriggerMessage", RENEWAL) == {"status": "Accepted"}
        await bench.settle(1000)
        times = [sent.time for sent in bench.peer.sent("SignCertificate")]
        gaps = [round(b - a) for a, b in pairwise(times)]
        assert gaps == [30, 60, 120]


async def test_a_request_that_is_rejected_is_not_repeated():
    async with lab201({"SignCertificate": {"status": "Rejected"}}, **ROOTS) as bench:
        await bench.peer.call("TriggerMessage", RENEWAL)
        await bench.settle(1000)
        assert len(bench.peer.sent("SignCertificate")) == 1


@pytest.mark.parametrize(("flaw", "status"), [("", "Accepted"), ("expired", "Rejected")])
async def test_a_signed_certificate_is_looked_at(flaw, status):
    async with lab201(ACCEPTS, **ROOTS) as bench:
        await bench.peer.call("TriggerMessage", RENEWAL)
        await bench.settle()
        asked = bench.peer.payloads("SignCertificate")[0]
        assert asked["certificateType"] == "ChargingStationCertificate"
        assert csr(asked["csr"]).organization == "Testbay"
        chain = {"certificateChain": LAB.sign_csr(asked["csr"], flaw=flaw)}
        assert await bench.peer.call("CertificateSigned", chain) == {"status": status}
        await bench.settle()
        kinds = [event["type"] for event in bench.peer.payloads("SecurityEventNotification")]
        assert ("InvalidChargingStationCertificate" in kinds) is bool(flaw)


async def test_roots_are_installed_and_listed():
    async with lab201(**ROOTS) as bench:
        use = "CSMSRootCertificate"
        asked = {"certificateType": [use]}
        listed = await bench.peer.call("GetInstalledCertificateIds", asked)
        assert len(listed["certificateHashDataChain"]) == 2
        root = {"certificateType": use, "certificate": LAB.root("csms_root_2")}
        assert await bench.peer.call("InstallCertificate", root) == {"status": "Accepted"}
        listed = await bench.peer.call("GetInstalledCertificateIds", {})
        found = listed["certificateHashDataChain"]
        assert [one["certificateType"] for one in found] == [use] * 3
        gone = {"certificateHashData": found[-1]["certificateHashData"]}
        assert await bench.peer.call("DeleteCertificate", gone) == {"status": "Accepted"}
        assert await bench.peer.call("DeleteCertificate", gone) == {"status": "NotFound"}


VEHICLES = {
    "iso_15118": True,
    "combined_certificate": True,
    "v2g_roots": (LAB.root("v2g_root"),),
    "security_profiles": (1, 2, 3),
    **ROOTS,
}


async def for_vehicles(bench, number=0, message="SignV2GCertificate", **more):
    asked = {"requestedMessage": message, **more}
    assert await bench.peer.call("TriggerMessage", asked) == {"status": "Accepted"}
    await bench.settle()
    return bench.peer.payloads("SignCertificate")[number]


@pytest.mark.parametrize(
    ("secc", "names"),
    [("evse", ["-1", "-2"]), ("station", ["-0"]), ("none", [""])],
)
async def test_a_certificate_for_vehicles_is_asked_for_by_its_secc(secc, names):
    async with lab201(ACCEPTS, **VEHICLES, secc=secc) as bench:
        await for_vehicles(bench)
        asked = bench.peer.payloads("SignCertificate")
        assert {one["certificateType"] for one in asked} == {"V2GCertificate"}
        found = [csr(one["csr"]).common_name for one in asked]
        assert len(found) == len(names)
        assert all(name.endswith(end) for name, end in zip(found, names, strict=True))


@pytest.mark.parametrize(("use", "status"), [("v2g", "Accepted"), ("", "Rejected")])
async def test_a_certificate_for_vehicles_leads_to_the_v2g_root(use, status):
    async with lab201(ACCEPTS, **VEHICLES) as bench:
        asked = await for_vehicles(bench, evse={"id": 2})
        chain = LAB.sign_csr(asked["csr"], use=use)
        signed = {"certificateChain": chain, "certificateType": "V2GCertificate"}
        assert await bench.peer.call("CertificateSigned", signed) == {"status": status}
        assert await bench.peer.call("CertificateSigned", signed) == {"status": "Rejected"}
        await bench.settle(1000)
        assert len(bench.peer.payloads("SignCertificate")) == 1


async def test_a_combined_certificate_names_no_type():
    async with lab201(ACCEPTS, **VEHICLES) as bench:
        asked = await for_vehicles(bench, message="SignCombinedCertificate")
        assert list(asked) == ["csr"]
        signed = {"certificateChain": LAB.sign_csr(asked["csr"], use="v2g")}
        assert await bench.peer.call("CertificateSigned", signed) == {"status": "Accepted"}


async def test_certificates_for_vehicles_can_be_off():
    async with lab201(ACCEPTS, **VEHICLES) as bench:
        component, name = {"name": "ISO15118Ctrlr"}, "V2GCertificateInstallationEnabled"
        data = {"component": component, "variable": {"name": name}, "attributeValue": "false"}
        await bench.peer.call("SetVariables", {"setVariableData": [data]})
        asked = {"requestedMessage": "SignV2GCertificate"}
        assert await bench.peer.call("TriggerMessage", asked) == {"status": "Rejected"}
    async with lab201(**ROOTS) as bench:
        assert await bench.peer.call("TriggerMessage", asked) == {"status": "NotImplemented"}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("csr-for-other-use", "ChargingStationCertificate"), (None, "V2GCertificate")],
)
async def test_what_a_request_is_for_can_be_wrong(fault, kind):
    async with lab201(ACCEPTS, **VEHICLES, faults=(fault,) if fault else ()) as bench:
        assert (await for_vehicles(bench))["certificateType"] == kind
