"""Connections in slots: stored, chosen by priority, given up for others; pauses; offline times."""

import asyncio
from http import HTTPStatus
from itertools import pairwise

import pytest
from station201_lab import URL, lab201
from websockets.asyncio.server import serve

from testbay.pki.lab import Lab
from testbay.protocol.versions import OCPP201

PRIORITY = {
    "component": {"name": "OCPPCommCtrlr"},
    "variable": {"name": "NetworkConfigurationPriority"},
}
QUICK = {
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": "5",
    "OCPPCommCtrlr.NetworkProfileConnectionAttempts": "2",
}


def profile(slot=2, url=f"{URL}/second", **other):
    data = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": url,
        "messageTimeout": 30,
        "securityProfile": 1,
        "ocppInterface": "Wired0",
    }
    return {"configurationSlot": slot, "connectionData": data | other}


async def prefer(bench, value):
    data = {"setVariableData": [{**PRIORITY, "attributeValue": value}]}
    answer = await bench.peer.call("SetVariables", data)
    return answer["setVariableResult"][0]["attributeStatus"]


async def active(bench):
    named = {"component": PRIORITY["component"], "variable": {"name": "ActiveNetworkProfile"}}
    answer = await bench.peer.call("GetVariables", {"getVariableData": [named]})
    return answer["getVariableResult"][0]["attributeValue"]


def paths(bench):
    return [ws.request.path for ws in bench.peer.connections]


async def let_in(bench, but=(), log=None):
    """Serve again, and refuse requests for some paths; ``log`` gets the time of every request."""

    def decide(connection, request):
        if log is not None:
            log.append((request.path, asyncio.get_running_loop().time()))
        if request.path in but:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")
        return None

    bench.server = await serve(
        bench.peer.handle,
        "csms.test",
        9000,
        subprotocols=[OCPP201.subprotocol],
        compression=None,
        process_request=decide,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        profile(slot=999),
        profile(ocppVersion="OCPP16"),
        profile(ocppTransport="SOAP"),
        profile(url="https://csms.test"),
    ],
)
async def test_data_that_cannot_be_used(wrong):
    async with lab201() as bench:
        assert await bench.peer.call("SetNetworkProfile", wrong) == {"status": "Rejected"}


async def test_a_slot_without_data_cannot_be_preferred():
    async with lab201() as bench:
        assert await prefer(bench, "2,1") == "Rejected"
        assert await bench.peer.call("SetNetworkProfile", profile()) == {"status": "Accepted"}
        assert await prefer(bench, "2,1") == "RebootRequired"


async def test_the_station_moves_after_a_reset():
    async with lab201() as bench:
        await bench.peer.call("SetNetworkProfile", profile())
        await prefer(bench, "2,1")
        assert await active(bench) == "1"
        await bench.peer.call("Reset", {"type": "OnIdle"})
        await bench.settle(5)
        assert paths(bench) == ["/ocpp/CS1", "/ocpp/second/CS1"]
        assert await active(bench) == "2"


@pytest.mark.parametrize(("faults", "times"), [((), 2), (("tries-once-more",), 3)])
async def test_each_connection_is_tried_so_many_times_and_then_the_last_one_for_ever(faults, times):
    async with lab201(variables=QUICK, faults=faults) as bench:
        await bench.peer.call("SetNetworkProfile", profile())
        await prefer(bench, "2,1")
        await bench.offline()
        log = []
        await let_in(bench, ("/ocpp/CS1", "/ocpp/second/CS1"), log)
        await bench.settle(200)
        tried = [path for path, _ in log[: times + 4]]
        assert tried == ["/ocpp/second/CS1"] * times + ["/ocpp/CS1"] * 4


async def test_another_connection_is_told_of_the_boot_again():
    async with lab201(variables=QUICK) as bench:
        await bench.peer.call("SetNetworkProfile", profile())
        await prefer(bench, "2,1")
        await bench.offline()
        mark = bench.mark
        await bench.online()
        await bench.settle(20)
        assert paths(bench)[-1] == "/ocpp/second/CS1"
        assert len(bench.peer.sent("BootNotification", since=mark)) == 1


async def test_the_pause_doubles_so_many_times():
    variables = {**QUICK, "OCPPCommCtrlr.RetryBackOffRepeatTimes": "2"}
    async with lab201(variables=variables) as bench:
        await bench.offline()
        log = []
        await let_in(bench, ("/ocpp/CS1",), log)
        await bench.settle(80)
        times = [time for _, time in log]
        gaps = [round(b - a) for a, b in pairwise(times)]
        assert gaps[:3] == [10, 20, 20]


@pytest.mark.parametrize(("threshold", "told"), [("3", 2), ("300", 1)])
async def test_what_is_told_after_a_time_offline(threshold, told):
    variables = {**QUICK, "OCPPCommCtrlr.OfflineThreshold": threshold}
    async with lab201(variables=variables) as bench:
        await bench.offline()
        await bench.do("plug_in")
        mark = bench.mark
        await bench.online()
        await bench.settle(10)
        assert len(bench.peer.sent("StatusNotification", since=mark)) == told


# -- security profiles -----------------------------------------------------------------------------

LAB = Lab.seeded()
PASSWORD = "A-password-of-24-letters"
ROOTS = {"csms_roots": (LAB.root("csms_root"),)}
OWN = LAB.client("CS1")
SECURED = {"password": PASSWORD, **ROOTS}
MUTUAL = {"certificate": OWN.chain, "key": OWN.key}
DOWN = {"variables": {"SecurityCtrlr.AllowSecurityProfileDowngrade": "true"}}


@pytest.mark.parametrize(
    ("options", "wanted", "status"),
    [
        ({"security_profile": 1, **SECURED}, 1, "Accepted"),
        ({"security_profile": 1, **SECURED}, 2, "Accepted"),
        ({"security_profile": 1, **SECURED, "security_profiles": (1, 2)}, 3, "Rejected"),
        ({"security_profile": 2, **SECURED}, 1, "Rejected"),
        ({"security_profile": 3, **SECURED, **MUTUAL}, 2, "Rejected"),
        ({"security_profile": 3, **SECURED, **MUTUAL, **DOWN}, 2, "Accepted"),
        ({"security_profile": 3, **SECURED, **MUTUAL, **DOWN}, 1, "Rejected"),
        ({"security_profile": 2, **SECURED, **DOWN}, 1, "Rejected"),
    ],
)
async def test_which_security_profile_a_connection_may_have(options, wanted, status):
    async with lab201(tls=options["security_profile"] > 1, **options) as bench:
        asked = profile(securityProfile=wanted, ocppCsmsUrl=f"wss{URL[2:]}")
        assert await bench.peer.call("SetNetworkProfile", asked) == {"status": status}


@pytest.mark.parametrize(
    ("options", "wanted", "status"),
    [
        ({"password": PASSWORD}, 2, "Rejected"),  # A05.FR.02
        (SECURED, 2, "RebootRequired"),
        (SECURED, 3, "Rejected"),  # A05.FR.03
        ({**SECURED, **MUTUAL}, 3, "RebootRequired"),
        ({"password": PASSWORD, **MUTUAL}, 3, "Rejected"),
    ],
)
async def test_a_higher_security_profile_needs_certificates(options, wanted, status):
    async with lab201(security_profile=1, **options) as bench:
        await bench.peer.call("SetNetworkProfile", profile(securityProfile=wanted))
        assert await prefer(bench, "2,1") == status


async def variable(bench, component, name):
    named = {"component": {"name": component}, "variable": {"name": name}}
    answer = await bench.peer.call("GetVariables", {"getVariableData": [named]})
    return answer["getVariableResult"][0]["attributeValue"]


async def test_a_higher_security_profile_that_works_stays():
    async with lab201(security_profile=1, **SECURED) as bench:
        await bench.peer.call("SetNetworkProfile", profile(securityProfile=2))
        await prefer(bench, "2,1")
        await bench.offline()
        bench.tls = True
        await bench.online()
        await bench.settle(60)
        assert paths(bench)[-1] == "/ocpp/second/CS1"
        assert await variable(bench, "SecurityCtrlr", "SecurityProfile") == "2"
        assert await variable(bench, "OCPPCommCtrlr", "NetworkConfigurationPriority") == "2"
        assert await prefer(bench, "2,1") == "Rejected"


async def test_a_higher_security_profile_that_does_not_work_is_given_up():
    async with lab201(security_profile=1, **SECURED, variables=QUICK) as bench:
        await bench.peer.call("SetNetworkProfile", profile(securityProfile=2))
        await prefer(bench, "2,1")
        await bench.offline()
        await bench.online()
        await bench.settle(120)
        assert paths(bench)[-1] == "/ocpp/CS1"
        assert await variable(bench, "SecurityCtrlr", "SecurityProfile") == "1"
        assert await active(bench) == "1"


async def test_a_lower_security_profile_may_be_allowed():
    async with lab201(tls=True, security_profile=3, **SECURED, **MUTUAL, **DOWN) as bench:
        await bench.peer.call("SetNetworkProfile", profile(securityProfile=2))
        assert await prefer(bench, "2,1") == "RebootRequired"
        await bench.peer.call("Reset", {"type": "OnIdle"})
        await bench.settle(10)
        assert await variable(bench, "SecurityCtrlr", "SecurityProfile") == "2"
        assert await variable(bench, "OCPPCommCtrlr", "NetworkConfigurationPriority") == "2,1"
        assert "Authorization" in bench.peer.connections[-1].request.headers


async def test_a_new_root_has_to_do_for_another_connection_only():
    check = {"variables": QUICK, "additional_root_check": True}
    async with lab201(tls=True, security_profile=2, **SECURED, **check) as bench:
        root = {"certificateType": "CSMSRootCertificate", "certificate": LAB.successor()}
        assert await bench.peer.call("InstallCertificate", root) == {"status": "Accepted"}
        await bench.peer.call("SetNetworkProfile", profile(securityProfile=2))
        await prefer(bench, "2,1")
        await bench.peer.call("Reset", {"type": "OnIdle"})
        await bench.settle(60)
        assert paths(bench) == ["/ocpp/CS1", "/ocpp/CS1"]
        asked = {"certificateType": ["CSMSRootCertificate"]}
        listed = await bench.peer.call("GetInstalledCertificateIds", asked)
        assert len(listed["certificateHashDataChain"]) == 2
        back = {"certificateType": "CSMSRootCertificate", "certificate": LAB.predecessor()}
        assert await bench.peer.call("InstallCertificate", back) == {"status": "Accepted"}


async def test_a_certificate_can_be_removed():
    async with lab201(security_profile=1, **SECURED, **MUTUAL) as bench:
        await bench.do("remove_certificate")
        await bench.peer.call("SetNetworkProfile", profile(securityProfile=3))
        assert await prefer(bench, "2,1") == "Rejected"
