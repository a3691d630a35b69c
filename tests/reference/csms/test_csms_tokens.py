"""Tokens: known, blocked, expired, unknown, charging already (OCPP 1.6, 3.10, 7.2, 7.27)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from csms_lab import OK, Lab, ScriptedStation

from testbay_reference.control import Refused
from testbay_reference.csms import Token

SOON = datetime(2030, 1, 1, 0, 0, 30, tzinfo=UTC)
TOKENS = (
    Token("GOOD", parent="FAMILY"),
    Token("BAD", "Blocked"),
    Token("SOON", expiry=SOON),
    Token("GONE", expiry=datetime(2029, 1, 1, tzinfo=UTC)),
    Token("PAST", "Expired"),
    Token("NEVER", "Invalid"),
    Token("BUSY", "ConcurrentTx"),
)


async def opened(lab: Lab, **options: Any) -> ScriptedStation:
    await lab.open(**({"tokens": TOKENS} | options))
    return await lab.station()


async def authorize(station: ScriptedStation, id_tag: str) -> dict[str, Any]:
    answer = await station.call("Authorize", {"idTag": id_tag})
    info: dict[str, Any] = answer["idTagInfo"]
    return info


async def test_what_is_said_about_each(lab: Lab) -> None:
    station = await opened(lab)
    assert await authorize(station, "GOOD") == OK | {"parentIdTag": "FAMILY"}
    assert await authorize(station, "good") == OK | {"parentIdTag": "FAMILY"}
    for id_tag, status in (
        ("BAD", "Blocked"),
        ("GONE", "Expired"),
        ("PAST", "Expired"),
        ("NEVER", "Invalid"),
        ("WHO?", "Invalid"),
        ("FAMILY", "Invalid"),  # a group is not a token
    ):
        assert (await authorize(station, id_tag))["status"] == status
        started = await station.start(id_tag)
        assert started["idTagInfo"]["status"] == status


async def test_a_token_expires_as_time_goes_by(lab: Lab) -> None:
    station = await opened(lab)
    assert await authorize(station, "SOON") == OK | {"expiryDate": "2030-01-01T00:00:30.000Z"}
    await asyncio.sleep(30)
    assert (await authorize(station, "SOON"))["status"] == "Expired"


async def test_concurrent_is_said_at_the_start_only(lab: Lab) -> None:
    station = await opened(lab)
    assert await authorize(station, "BUSY") == OK
    started = await station.start("BUSY")
    assert started["idTagInfo"]["status"] == "ConcurrentTx"
    assert await station.stop(1, idTag="BUSY") == {"idTagInfo": OK}


async def test_one_transaction_per_token_is_an_option(lab: Lab) -> None:
    station = await opened(lab, one_transaction_per_token=True)
    other = await lab.station("CP2")
    assert (await station.start("GOOD"))["idTagInfo"]["status"] == "Accepted"
    second = await other.start("good")
    assert second["idTagInfo"] == {"status": "ConcurrentTx", "parentIdTag": "FAMILY"}
    assert (await station.start("BAD", 2))["idTagInfo"]["status"] == "Blocked"
    assert await authorize(other, "GOOD") == OK | {"parentIdTag": "FAMILY"}
    await station.stop(1)
    await other.stop(second["transactionId"])
    assert (await other.start("GOOD"))["idTagInfo"]["status"] == "Accepted"


async def test_a_token_may_charge_twice_by_default(lab: Lab) -> None:
    station = await opened(lab)
    for connector in (1, 2):
        answer = await station.start("GOOD", connector)
        assert answer["idTagInfo"]["status"] == "Accepted"


async def test_unknown_tokens_can_be_welcome(lab: Lab) -> None:
    station = await opened(lab, unknown_tokens="Accepted")
    assert await authorize(station, "WHO?") == OK
    assert (await authorize(station, "BAD"))["status"] == "Blocked"


async def test_tokens_can_be_set_while_it_runs(lab: Lab) -> None:
    station = await opened(lab)
    await lab.act("set_token", id_tag="NEW", parent="P", expiry="2030-01-01T01:00:00+01:00")
    info = {"status": "Expired", "parentIdTag": "P", "expiryDate": "2030-01-01T00:00:00.000Z"}
    assert await authorize(station, "NEW") == info
    await lab.act("set_token", id_tag="new")
    assert await authorize(station, "NEW") == OK
    await lab.act("remove_token", id_tag="New")
    assert await authorize(station, "NEW") == {"status": "Invalid"}
    with pytest.raises(Refused, match="'NEW' is not known"):
        await lab.act("remove_token", id_tag="NEW")
    shown = lab.csms.control.state()["tokens"]
    assert {"id_tag": "BAD", "status": "Blocked"} in shown


async def test_wrong_parameters_are_refused_in_a_sentence(lab: Lab) -> None:
    await lab.open()
    with pytest.raises(Refused, match="set_token: id_tag"):
        await lab.act("set_token", id_tag="x" * 21)
    with pytest.raises(Refused, match="set_token: expiry"):
        await lab.act("set_token", id_tag="x", expiry="2030-01-01T00:00:00")


def test_tokens_that_no_message_can_carry() -> None:
    with pytest.raises(ValueError, match="20 characters are the most"):
        Token("x" * 21)
    with pytest.raises(ValueError, match="20 characters are the most"):
        Token("x", parent="y" * 21)
    with pytest.raises(ValueError, match="needs a time zone"):
        Token("x", expiry=datetime(2030, 1, 1))
