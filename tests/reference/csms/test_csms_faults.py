"""Each fault does what its sentence says, and nothing happens without it."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from csms_lab import BOOT, OK, Lab, ScriptedStation

from testbay_reference import csms, csms_security
from testbay_reference.csms import FAULTS, CsmsOptions, Token, UnknownFault

STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


async def opened(lab: Lab, fault: str, **options: Any) -> ScriptedStation:
    await lab.open(faults=(fault,), **options)
    return await lab.station()


def test_an_unknown_fault_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownFault, match="no fault 'answer-late'; did you mean 'answers-late'"):
        CsmsOptions(faults=("answer-late",))
    with pytest.raises(UnknownFault, match="no fault 'zzz'; did you mean"):
        CsmsOptions(faults=("zzz",))


def test_every_fault_is_a_sentence_and_is_used() -> None:
    files = [f for part in (csms, csms_security) for f in Path(part.__path__[0]).glob("*.py")]
    source = "".join(path.read_text() for path in files if path.name != "faults.py")
    assert [name for name in FAULTS if f'"{name}"' not in source] == []
    assert set(re.findall(r'faulty\(\s*"([^"]+)"', source)) <= set(FAULTS)
    for sentence in FAULTS.values():
        assert re.fullmatch(r"[A-Z].*[^.]\.", sentence)


def test_every_fault_is_tested() -> None:
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in FAULTS if f'"{name}"' not in text] == []


async def test_anybody_is_let_in(lab: Lab) -> None:
    await lab.open(faults=("accepts-unknown-stations",), stations=())
    await lab.station()
    await lab.open(faults=("accepts-any-password",), passwords={"CP1": "sesame"})
    await lab.station()


async def test_the_old_password_is_still_wanted(lab: Lab) -> None:
    station = await opened(lab, "keeps-old-password")
    await lab.act("set_station", station="CP1", password="old")
    order = lab.begin("change_password", password="0123456789abcdef")
    await station.obey("ChangeConfiguration")
    await order
    assert lab.csms._ledger.station("CP1").passwords == (b"old".hex(),)


async def test_any_subprotocol(lab: Lab) -> None:
    await lab.open(faults=("picks-first-subprotocol",))
    station = await lab.connect(subprotocols=["ocpp0.1", "ocpp1.6"])
    assert station.ws.subprotocol == "ocpp0.1"
    assert (await station.boot())["status"] == "Accepted"


async def test_closing_after_boot(lab: Lab) -> None:
    station = await opened(lab, "closes-after-boot")
    assert (await station.closed())[0] == 1000


async def test_forgetting_the_registration(lab: Lab) -> None:
    station = await opened(lab, "forgets-registration")
    assert await station.call("StatusNotification", STATUS) == {}
    await station.ws.close()
    again = await lab.connect()
    assert await again.call("StatusNotification", STATUS) == "SecurityError"


async def test_greeting(lab: Lab) -> None:
    station = await opened(lab, "greets", greeting={"A": "1"})
    assert await station.obey("GetConfiguration", {}) == {}
    assert await station.obey("ChangeConfiguration") == {"key": "A", "value": "1"}


async def test_serving_before_boot(lab: Lab) -> None:
    await lab.open(faults=("serves-before-boot",))
    station = await lab.connect()
    assert (await station.start())["transactionId"] == 1


async def test_answering_late(lab: Lab) -> None:
    await lab.open(faults=("answers-late",), late=45)
    station = await lab.connect()
    loop = asyncio.get_running_loop()
    await station.boot()
    assert loop.time() == 45
    order = lab.begin("clear_cache")  # its own calls are not late
    await station.obey("ClearCache")
    await order
    assert loop.time() == 45


async def test_a_clock_behind(lab: Lab) -> None:
    await lab.open(faults=("clock-runs-behind",))
    station = await lab.connect()
    assert (await station.boot())["currentTime"] == "2029-12-31T23:00:00.000Z"
    assert (await station.call("Heartbeat"))["currentTime"] == "2029-12-31T23:00:00.000Z"


async def test_never_answering(lab: Lab) -> None:
    await lab.open(faults=("never-answers",))
    station = await lab.connect()
    await station.send([2, "x", "BootNotification", BOOT])
    await station.silence(100)
    order = lab.begin("clear_cache")
    await station.obey("ClearCache")
    await order


@pytest.mark.parametrize(
    ("fault", "authorized", "started"),
    [
        ("accepts-every-token", "Accepted", "Accepted"),
        ("believes-stations-about-tokens", "Blocked", "Accepted"),
        ("refuses-every-token", "Invalid", "Invalid"),
    ],
)
async def test_tokens(lab: Lab, fault: str, authorized: str, started: str) -> None:
    station = await opened(lab, fault, tokens=(Token("TAG", "Blocked"),))
    answer = await station.call("Authorize", {"idTag": "TAG"})
    assert answer["idTagInfo"]["status"] == authorized
    assert (await station.start())["idTagInfo"]["status"] == started


async def test_forgetting_transactions(lab: Lab) -> None:
    station = await opened(lab, "forgets-transactions")
    assert (await station.start())["transactionId"] == 1
    assert lab.record()["transactions"] == {}
    assert await station.stop(1) == {}


async def test_ignoring_a_stop(lab: Lab) -> None:
    station = await opened(lab, "ignores-stop")
    await station.start()
    stop = {"transactionId": 1, "meterStop": 20, "timestamp": "2030-01-01T01:00:00Z"}
    await station.send([2, "stop", "StopTransaction", stop])
    await station.silence(100)
    assert await station.call("Heartbeat")
    assert lab.record()["transactions"]["1"]["ended"] is None


async def test_repeating_transaction_ids(lab: Lab) -> None:
    station = await opened(lab, "transaction-ids-repeat")
    for connector in (1, 2):
        assert (await station.start(connector=connector))["transactionId"] == 1


async def test_repeating_list_versions(lab: Lab) -> None:
    station = await opened(lab, "local-list-version-repeats")
    for _ in range(2):
        order = lab.begin("send_local_list")
        assert (await station.obey("SendLocalList"))["listVersion"] == 1
        await order


async def test_reading_key_by_key(lab: Lab) -> None:
    station = await opened(lab, "reads-one-key-at-a-time")
    order = lab.begin("read_configuration", keys=["A", "B"])
    for key in ("A", "B"):
        assert await station.obey("GetConfiguration", {"unknownKey": [key]}) == {"key": [key]}
    await order
    order = lab.begin("read_configuration")
    for _ in range(21):
        assert len((await station.obey("GetConfiguration", {}))["key"]) == 1
    await order


@pytest.mark.parametrize("fault", ["remote-stop-does-nothing", "sends-nothing"])
async def test_sending_nothing(lab: Lab, fault: str) -> None:
    station = await opened(lab, fault)
    await station.start()
    assert "error" not in await lab.act("remote_stop")
    await station.silence(100)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("reset", {"kind": "hard"}),
        ("change_setting", {"key": "A", "value": "1"}),
        ("trigger", {"message": "Heartbeat"}),
        ("read_configuration", {}),
        ("read_local_list_version", {}),
        ("send_local_list", {}),
        ("send_local_list", {"id_tag": "TAG"}),
        ("reserve", {"id_tag": "TAG"}),
        ("cancel_reservation", {"reservation": 1}),
        ("set_station_limit", {"limit": 6}),
    ],
)
async def test_sending_nothing_of_any_kind(lab: Lab, name: str, parameters: dict[str, Any]) -> None:
    station = await opened(lab, "sends-nothing")
    assert await lab.act(name, **parameters) == {"station": "CP1", "sent": True}
    await station.silence(100)


async def test_repeating_commands(lab: Lab) -> None:
    station = await opened(lab, "repeats-commands")
    order = lab.begin("clear_cache")
    await station.obey("ClearCache")
    await station.obey("ClearCache", {"status": "Rejected"})
    assert (await order)["answer"] == OK


async def test_restarting_message_ids(lab: Lab) -> None:
    await lab.open(faults=("restarts-message-ids",))
    seen = []
    for _ in range(2):
        station = await lab.station()
        order = lab.begin("clear_cache")
        uid, _ = await station.take("ClearCache")
        await station.send([3, uid, OK])
        await order
        seen.append(uid)
        await station.ws.close()
    assert seen[0] == seen[1]


async def test_sending_the_full_list_always(lab: Lab) -> None:
    station = await opened(lab, "sends-full-list-always")
    order = lab.begin("send_local_list", id_tag="TAG")
    assert (await station.obey("SendLocalList"))["updateType"] == "Full"
    await order


@pytest.mark.parametrize(
    ("fault", "hard", "soft"),
    [
        ("sends-soft-instead-of-hard-reset", "Soft", "Soft"),
        ("sends-hard-instead-of-soft-reset", "Hard", "Hard"),
    ],
)
async def test_the_wrong_reset(lab: Lab, fault: str, hard: str, soft: str) -> None:
    station = await opened(lab, fault)
    for kind, sent in (("hard", hard), ("soft", soft)):
        order = lab.begin("reset", kind=kind)
        assert await station.obey("Reset") == {"type": sent}
        await order


async def test_stopping_the_oldest_transaction(lab: Lab) -> None:
    station = await opened(lab, "stops-oldest-transaction")
    await station.start()
    await station.stop(1)
    await station.start()
    order = lab.begin("remote_stop")
    assert await station.obey("RemoteStopTransaction") == {"transactionId": 1}
    await order


async def test_unlocking_the_first_connector(lab: Lab) -> None:
    station = await opened(lab, "unlocks-first-connector")
    order = lab.begin("unlock", connector=2)
    assert await station.obey("UnlockConnector", {"status": "Unlocked"}) == {"connectorId": 1}
    await order


async def test_charging_profiles_are_not_told_apart(lab: Lab) -> None:
    station = await opened(lab, "profile-numbers-repeat")
    for limit in (6, 8):
        order = lab.begin("set_station_limit", limit=limit)
        sent = await station.obey("SetChargingProfile")
        assert sent["csChargingProfiles"]["chargingProfileId"] == 1
        await order
