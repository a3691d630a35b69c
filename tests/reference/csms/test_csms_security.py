"""Passwords, security profiles and root certificates of stations; events that they tell of."""

import asyncio
import base64
from typing import Any

import pytest
from csms_lab import OK, Lab, ScriptedStation
from tls_lab import PKI, authority, basic, station_context
from websockets.exceptions import InvalidStatus

from testbay.pki.hashes import hash_data
from testbay_reference.control import Refused
from testbay_reference.store import Store

CSMS_ROOT = "CentralSystemRootCertificate"
MANUFACTURER_ROOT = "ManufacturerRootCertificate"
OLD = basic("CP1", b"sesame")
EVENT = {"type": "TamperDetectionActivated", "timestamp": "2030-01-01T00:00:00Z"}


async def opened(lab: Lab, **options: Any) -> ScriptedStation:
    """Start a CSMS that makes the same passwords and keys again, with one station."""
    await lab.open(seed=1, authorities=(authority(),), **options)
    return await lab.station()


# Passwords


async def new_password(lab: Lab, station: ScriptedStation, **parameters: Any) -> str:
    order = lab.begin("change_password", **parameters)
    asked = await station.obey("ChangeConfiguration")
    await order
    assert asked["key"] == "AuthorizationKey"
    return str(asked["value"])


async def test_a_new_password_is_made_of_20_bytes(lab: Lab) -> None:
    await lab.open(passwords={"CP1": "sesame"}, seed=1)
    station = await lab.station(**OLD)
    value = await new_password(lab, station)
    assert len(bytes.fromhex(value)) == 20
    await station.ws.close()
    with pytest.raises(InvalidStatus, match="401"):
        await lab.connect(**OLD)
    station = await lab.connect(**basic("CP1", bytes.fromhex(value)))
    another = await new_password(lab, station)
    assert another != value


async def test_passwords_repeat_with_a_seed_only(lab: Lab) -> None:
    made = []
    for seed in (1, 1, 2, None, None):
        await lab.open(seed=seed)
        made.append(await new_password(lab, await lab.station()))
    assert made[0] == made[1]
    assert len(dict.fromkeys(made)) == 4


@pytest.mark.parametrize(
    "written", ["hex:00112233445566778899aabbccddeeff", "00112233445566778899AABBCCDDEEFF"]
)
async def test_a_password_can_be_given_in_hexadecimal(lab: Lab, written: str) -> None:
    station = await opened(lab)
    value = await new_password(lab, station, password=written)
    assert value == "00112233445566778899AABBCCDDEEFF"
    raw = bytes.fromhex(value)
    await lab.connect(**basic("CP1", raw))
    await lab.open(passwords={"CP1": written})
    await lab.connect(**basic("CP1", raw))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("hex:00112", "after `hex:` a password has pairs of hexadecimal digits"),
        ("hex:0011", "16 to 20 bytes, this one has 2"),
        ("twenty bytes and one.", "16 to 20 bytes, this one has 21"),
        ("not hexadecimal, 32 characters..", "16 to 20 bytes, this one has 32"),
    ],
)
async def test_a_wrong_password_is_refused(lab: Lab, written: str, text: str) -> None:
    await opened(lab)
    with pytest.raises(Refused, match=text):
        await lab.act("change_password", password=written)
    assert lab.record()["needs_password"] is False


async def test_a_password_written_wrongly_is_refused_everywhere(lab: Lab) -> None:
    with pytest.raises(ValueError, match="pairs of hexadecimal digits"):
        await lab.open(passwords={"CP1": "hex:0"})
    await lab.open()
    with pytest.raises(Refused, match="pairs of hexadecimal digits"):
        await lab.act("set_station", station="CP1", password="hex:xy")
    assert lab.csms.control.state()["stations"] == {}


@pytest.mark.parametrize(
    ("fault", "size"), [("makes-short-passwords", 15), ("makes-long-passwords", 21)]
)
async def test_passwords_of_a_wrong_length(lab: Lab, fault: str, size: int) -> None:
    station = await opened(lab, faults=(fault,))
    assert len(bytes.fromhex(await new_password(lab, station))) == size


async def test_passwords_as_text(lab: Lab) -> None:
    station = await opened(lab, faults=("sends-passwords-as-text",))
    value = await new_password(lab, station)
    assert 16 <= len(value) <= 20
    with pytest.raises(ValueError, match="non-hexadecimal"):
        bytes.fromhex(value)
    await lab.connect(**basic("CP1", value.encode()))


@pytest.mark.parametrize(
    ("fault", "old", "new"),
    [(None, 401, 101), ("accepts-old-password", 101, 101), ("keeps-old-password", 101, 401)],
)
async def test_which_password_counts(lab: Lab, fault: str | None, old: int, new: int) -> None:
    await lab.open(passwords={"CP1": "sesame"}, faults=(fault,) if fault else ())
    station = await lab.station(**OLD)
    value = await new_password(lab, station)
    found = []
    for how in (OLD, basic("CP1", bytes.fromhex(value))):
        try:
            await lab.connect(**how)
            found.append(101)
        except InvalidStatus as refused:
            found.append(refused.response.status_code)
    assert found == [old, new]


# Security profiles


async def raise_profile(lab: Lab, station: ScriptedStation, **parameters: Any) -> str:
    order = lab.begin("raise_security_profile", **parameters)
    asked = await station.obey("ChangeConfiguration")
    await order
    assert asked["key"] == "SecurityProfile"
    return str(asked["value"])


async def test_a_raised_station_does_not_come_back_with_less(lab: Lab) -> None:
    store = Store()
    options: dict[str, Any] = {"passwords": {"CP1": "sesame"}, "security_profile": 1}
    options |= {"secure_port": 0, "seed": 1, "authorities": (authority(),)}
    await lab.open(store, **options)
    plain, secure = OLD, OLD | {"ssl": station_context()}
    with pytest.raises(InvalidStatus, match="403"):
        await lab.connect(**secure)
    station = await lab.station(**plain)
    assert await raise_profile(lab, station) == "2"
    await (await lab.connect(**plain)).ws.close()  # it has not changed yet
    station = await lab.connect(**secure)
    with pytest.raises(InvalidStatus, match="403"):
        await lab.connect(**plain)

    assert await raise_profile(lab, station) == "3"
    shows = {"ssl": station_context(PKI.client("CP1"))}
    with pytest.raises(InvalidStatus, match="401"):
        await lab.connect(**OLD | {"ssl": station_context(PKI.client("CP2"))} | basic("CP1", b""))
    await (await lab.connect(**secure)).ws.close()
    await lab.connect(**shows)
    for lower in (plain, secure):
        with pytest.raises(InvalidStatus, match="403"):
            await lab.connect(**lower)
    with pytest.raises(Refused, match="uses security profile 3: there is none higher"):
        await lab.act("raise_security_profile")

    await lab.csms.stop()
    await lab.open(store, **options)
    with pytest.raises(InvalidStatus, match="403"):
        await lab.connect(**secure)
    await lab.connect(**shows)
    await lab.act("set_security_profile", profile=2)
    await lab.connect(**secure)


async def test_a_profile_that_the_station_rejects_changes_nothing(lab: Lab) -> None:
    await lab.open(secure_port=0, seed=1, security_profile=1, passwords={"CP1": "sesame"})
    station = await lab.station(**OLD)
    order = lab.begin("raise_security_profile")
    await station.obey("ChangeConfiguration", {"status": "Rejected"})
    await order
    with pytest.raises(InvalidStatus, match="403"):
        await lab.connect(ssl=station_context(), **OLD)
    await lab.connect(**OLD)


async def test_the_next_profile_is_that_after_the_one_in_use(lab: Lab) -> None:
    await lab.open(secure_port=0, seed=1, passwords={"CP1": "sesame"})
    assert await raise_profile(lab, await lab.station(**OLD)) == "2"
    await lab.open(secure_port=0, seed=1)
    assert await raise_profile(lab, await lab.station()) == "1"
    assert await raise_profile(lab, await lab.station(), profile=3) == "3"


async def test_what_cannot_be_raised(lab: Lab) -> None:
    station = await opened(lab, security_profiles={"CP2": 1}, passwords={"CP2": "sesame"})
    assert await raise_profile(lab, station) == "1"
    await lab.station("CP2", **basic("CP2", b"sesame"))
    with pytest.raises(Refused, match="no port with TLS, which profile 2 needs"):
        await lab.act("raise_security_profile", station="CP2")
    with pytest.raises(Refused, match="uses security profile 1; it can only be raised"):
        await lab.act("raise_security_profile", station="CP2", profile=1)


async def test_whose_profile_is_set(lab: Lab) -> None:
    await lab.open()
    with pytest.raises(Refused, match="say which station is meant; those known: none"):
        await lab.act("set_security_profile", profile=1)
    await lab.station("CP1")
    await lab.act("set_security_profile", profile=1)
    await lab.act("set_security_profile", profile=2, station="CP2")
    with pytest.raises(Refused, match="those known: CP1, CP2"):
        await lab.act("set_security_profile", profile=1)
    assert lab.record("CP1")["security_profile"] == 1


@pytest.mark.parametrize(
    ("fault", "profile", "value"),
    [("raises-profile-too-far", 1, "3"), ("keeps-profile", 1, "1")],
)
async def test_wrong_profiles(lab: Lab, fault: str, profile: int, value: str) -> None:
    options: dict[str, Any] = {"passwords": {"CP1": "sesame"}, "security_profile": profile}
    await lab.open(secure_port=0, seed=1, faults=(fault,), **options)
    assert await raise_profile(lab, await lab.station(**OLD)) == value


@pytest.mark.parametrize("fault", ["accepts-old-profile", "refuses-new-profile"])
async def test_profiles_after_an_upgrade(lab: Lab, fault: str) -> None:
    options: dict[str, Any] = {"passwords": {"CP1": "sesame"}, "security_profile": 1}
    await lab.open(secure_port=0, seed=1, faults=(fault,), **options)
    await raise_profile(lab, await lab.station(**OLD))
    secure = OLD | {"ssl": station_context()}
    if fault == "refuses-new-profile":
        with pytest.raises(InvalidStatus, match="403"):
            await lab.connect(**secure)
    else:
        await lab.connect(**secure)
    await lab.connect(**OLD)


# Root certificates


async def test_roots_are_installed_as_configured(lab: Lab) -> None:
    root, maker = PKI.root("csms_root_2"), PKI.root("manufacturer_root")
    station = await opened(lab, csms_root=root, manufacturer_root=maker)
    for use, wanted in ((CSMS_ROOT, root), (MANUFACTURER_ROOT, maker)):
        order = lab.begin("install_certificate", use=use)
        asked = await station.obey("InstallCertificate")
        assert asked == {"certificateType": use, "certificate": wanted}
        assert (await order)["answer"] == OK


async def test_without_one_its_own_root_is_installed(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("install_certificate", use=CSMS_ROOT)
    assert (await station.obey("InstallCertificate"))["certificate"] == authority().chain
    await order
    with pytest.raises(Refused, match="no root certificate of a manufacturer has been given"):
        await lab.act("install_certificate", use=MANUFACTURER_ROOT)


async def test_installing_another_root(lab: Lab) -> None:
    station = await opened(lab, faults=("installs-another-root",))
    order = lab.begin("install_certificate", use=CSMS_ROOT)
    assert (await station.obey("InstallCertificate"))["certificate"] != authority().chain
    await order


def named(root: str, algorithm: str = "SHA256", **changed: str) -> dict[str, str]:
    return hash_data(PKI.root(root), algorithm=algorithm) | changed


async def test_certificates_are_listed(lab: Lab) -> None:
    station = await opened(lab)
    for listed in ([named("csms_root"), named("csms_root_2")], []):
        order = lab.begin("list_certificates", use=CSMS_ROOT)
        answer: dict[str, Any] = {"status": "Accepted", "certificateHashData": listed}
        answer = answer if listed else {"status": "NotFound"}
        assert await station.obey("GetInstalledCertificateIds", answer) == {
            "certificateType": CSMS_ROOT
        }
        await order
        assert lab.record()["installed"] == {CSMS_ROOT: listed}


async def asked_to_delete(
    lab: Lab, station: ScriptedStation, listed: list[dict[str, str]]
) -> dict[str, Any]:
    order = lab.begin("delete_certificate", use=CSMS_ROOT)
    answer = {"status": "Accepted", "certificateHashData": listed}
    await station.obey("GetInstalledCertificateIds", answer)
    asked = await station.obey("DeleteCertificate")
    assert (await order)["deleted"] is True
    named_here: dict[str, Any] = asked["certificateHashData"]
    return named_here


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("root", ["csms_root", "csms_root_2", "manufacturer_root"])
async def test_a_certificate_is_deleted_as_the_station_names_it(
    lab: Lab, algorithm: str, root: str
) -> None:
    station = await opened(lab, csms_root=PKI.root(root))
    ours = {
        name: value if name == "hashAlgorithm" else value.upper()
        for name, value in named(root, algorithm).items()
    }
    listed = [named("stranger_root", algorithm), ours]
    assert await asked_to_delete(lab, station, listed) == ours


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "NotFound"},
        {"status": "Accepted", "certificateHashData": [named("csms_root_2")]},
        {"status": "Accepted", "certificateHashData": [named("csms_root", serialNumber="1")]},
    ],
)
async def test_what_is_not_there_is_not_deleted(lab: Lab, answer: dict[str, Any]) -> None:
    station = await opened(lab)
    order = lab.begin("delete_certificate", use=CSMS_ROOT)
    await station.obey("GetInstalledCertificateIds", answer)
    assert (await order)["error"]["code"] == "NotListed"
    await station.silence(60)


async def test_a_station_that_lists_nothing(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("delete_certificate", use=CSMS_ROOT)
    await station.refuse("GetInstalledCertificateIds", "NotSupported")
    assert (await order)["error"]["code"] == "NotSupported"


@pytest.mark.parametrize(
    ("fault", "listed", "deleted"),
    [
        (
            "deletes-another-certificate",
            [named("csms_root"), named("csms_root_2")],
            named("csms_root_2"),
        ),
        ("deletes-another-certificate", [named("csms_root")], named("csms_root", serialNumber="1")),
        ("deletes-by-sha256", [named("csms_root", "SHA512")], named("csms_root")),
    ],
)
async def test_deleting_something_else(
    lab: Lab, fault: str, listed: list[dict[str, str]], deleted: dict[str, str]
) -> None:
    station = await opened(lab, faults=(fault,))
    found = await asked_to_delete(lab, station, listed)
    assert {k: v.lower() for k, v in found.items()} == {k: v.lower() for k, v in deleted.items()}


async def test_deleting_without_looking(lab: Lab) -> None:
    station = await opened(lab, faults=("deletes-without-looking",))
    order = lab.begin("delete_certificate", use=CSMS_ROOT)
    asked = await station.obey("DeleteCertificate", {"status": "NotFound"})
    assert asked["certificateHashData"]["hashAlgorithm"] == "SHA256"
    assert (await order)["deleted"] is False


# Events and triggered messages


async def test_security_events_are_kept_and_shown(lab: Lab) -> None:
    station = await opened(lab)
    assert await station.call("SecurityEventNotification", EVENT) == {}
    for number in range(120):
        event = {**EVENT, "techInfo": f"number {number}"}
        assert await station.call("SecurityEventNotification", event) == {}
    events = lab.record()["security_events"]
    assert len(events) == 100
    assert events[-1] == {**EVENT, "techInfo": "number 119", "received": "2030-01-01T00:00:00.000Z"}


async def test_security_events_are_ignored(lab: Lab) -> None:
    station = await opened(lab, faults=("ignores-security-events",))
    await station.send([2, "x", "SecurityEventNotification", EVENT])
    await station.silence(100)
    assert await station.call("Heartbeat")


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("DiagnosticsStatusNotification", "Uploading"),
        ("FirmwareStatusNotification", "Installed"),
        ("LogStatusNotification", "Uploaded"),
        ("SignedFirmwareStatusNotification", "Installed"),
    ],
)
async def test_what_files_are_told_about(lab: Lab, action: str, status: str) -> None:
    station = await opened(lab)
    assert await station.call(action, {"status": status}) == {}
    assert lab.record()["notices"] == {action: {"status": status}}
    station = await opened(lab, faults=("ignores-file-notices",))
    await station.send([2, "x", action, {"status": status}])
    await station.silence(100)


async def test_messages_can_be_triggered_before_the_boot(lab: Lab) -> None:
    await lab.open(registration="Pending")
    station = await lab.connect()
    await station.boot()
    for message, follows in (
        ("LogStatusNotification", "LogStatusNotification"),
        ("FirmwareStatusNotification", "SignedFirmwareStatusNotification"),
    ):
        assert await station.call(follows, {"status": "Idle"}) == "SecurityError"
        order = lab.begin("extended_trigger", message=message, connector=1)
        asked = await station.obey("ExtendedTriggerMessage")
        assert asked == {"requestedMessage": message, "connectorId": 1}
        await order
        assert await station.call(follows, {"status": "Idle"}) == {}


async def test_a_rejected_trigger_allows_nothing(lab: Lab) -> None:
    await lab.open(registration="Pending")
    station = await lab.connect()
    await station.boot()
    order = lab.begin("extended_trigger", message="LogStatusNotification")
    await station.obey("ExtendedTriggerMessage", {"status": "Rejected"})
    await order
    assert await station.call("LogStatusNotification", {"status": "Idle"}) == "SecurityError"


async def test_an_accepted_station_is_not_asked_to_boot(lab: Lab) -> None:
    await opened(lab)
    with pytest.raises(Refused, match="not asked to boot again"):
        await lab.act("extended_trigger", message="BootNotification")


@pytest.mark.parametrize(
    ("fault", "offered", "chosen"),
    [
        ("picks-unoffered-subprotocol", ["ocpp0.1", "ocpp1.6"], "ocpp2.0.1"),
        ("picks-unoffered-subprotocol", ["ocpp1.6"], "ocpp1.6"),
        ("names-no-subprotocol", ["ocpp0.1", "ocpp1.6"], None),
        ("names-no-subprotocol", ["ocpp1.6"], "ocpp1.6"),
        ("refuses-several-subprotocols", ["ocpp1.6"], "ocpp1.6"),
    ],
)
async def test_subprotocols(lab: Lab, fault: str, offered: list[str], chosen: str | None) -> None:
    await lab.open(faults=(fault,))
    head = await upgrade(lab, offered)
    assert head[0].startswith("HTTP/1.1 101")
    named_here = [line for line in head if line.lower().startswith("sec-websocket-protocol")]
    assert named_here == ([f"Sec-WebSocket-Protocol: {chosen}"] if chosen else [])


async def test_several_subprotocols_are_refused(lab: Lab) -> None:
    await lab.open(faults=("refuses-several-subprotocols",))
    assert (await upgrade(lab, ["ocpp0.1", "ocpp1.6"]))[0].startswith("HTTP/1.1 400")


async def upgrade(lab: Lab, offered: list[str]) -> list[str]:
    """Ask for an upgrade and return the lines of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.port)
    head = "GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n"
    head += f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {', '.join(offered)}\r\n\r\n"
    writer.write(head.encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
    writer.close()
    return answer.split("\r\n")
