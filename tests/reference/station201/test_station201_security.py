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
