"""Which boots of a station were asked for, and which show that it has restarted by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from testbay.roles.boots import BY_ITSELF, SILENT
from testbay.roles.csms_model16 import CsmsModel16
from testbay.scenario.role import Action
from testbay.scenario.values import Lost, Payload, Received

WHO = {"chargePointVendor": "V", "chargePointModel": "M"}
Act = Callable[[CsmsModel16], Any]


def says(model: CsmsModel16, action: str, connection: int = 1, **fields: Any) -> str:
    """Let the station say something, which is answered by default; return the alarm."""
    message = Received("m", action, Payload(fields), connection)
    model.observe(message)
    alarm = model.alarm
    if not message.is_event:
        reply = {"status": "Accepted"} if action == "BootNotification" else {}
        model.answered(message, reply)
    return alarm


def told(action: str, **fields: Any) -> Act:
    """The station says something."""
    return lambda model: says(model, action, **fields)


def connects(number: int) -> Act:
    return lambda model: says(model, "@connect", number)


def boots(model: CsmsModel16) -> str:
    return says(model, "BootNotification", 2, **WHO)


def loses(by: str = "peer", number: int = 1) -> Act:
    return lambda model: says(model, "@closed", number, code=1006, by=by, reason="lost")


def calls(action: str, reply: Any = None, **fields: Any) -> Act:
    answer = {"status": "Accepted"} if reply is None else reply
    return lambda model: model.called(action, fields, answer)


def at_rest() -> CsmsModel16:
    """Return what is known of a station with which a case has begun."""
    config = {"heartbeat_interval": 30}
    model = CsmsModel16(config, {})
    says(model, "@connect", 1)
    says(model, "BootNotification", 1, **WHO)
    says(model, "StatusNotification", 1, connectorId=1, status="Available")
    model.boots.rest()
    assert model.alarm == ""
    return model


def test_a_boot_that_nobody_has_asked_for() -> None:
    model = at_rest()
    loses()(model)
    connects(2)(model)
    alarm = boots(model)
    assert alarm == f"{BY_ITSELF}; before that, the station had ended the connection (1006: lost)"
    assert says(model, "Heartbeat", 2) == "", "it is told of once"


def test_a_station_that_was_lost_before_it_said_anything_in_the_case() -> None:
    model = at_rest()
    model.boots.begin()
    loses()(model)
    connects(2)(model)
    assert boots(model).endswith(f"had ended the connection (1006: lost){SILENT}")
    model.boots.begin()
    calls("ClearCache")(model)
    loses(number=2)(model)
    connects(3)(model)
    assert SILENT not in model.boots.ended


def test_a_station_that_merely_connects_again() -> None:
    model = at_rest()
    loses()(model)
    connects(2)(model)
    assert says(model, "StatusNotification", 2, connectorId=1, status="Available") == ""
    assert says(model, "Heartbeat", 2) == ""


def test_a_station_that_connects_again_before_it_has_hung_up() -> None:
    model = at_rest()
    connects(2)(model)
    loses("us", 1)(model)  # the tool ends the older connection
    assert model.facts.connected, "the newer one is there"
    assert boots(model).startswith(BY_ITSELF)


@pytest.mark.parametrize(
    "asks",
    [
        calls("Reset", type="Soft"),
        calls("Reset", Lost("the connection was closed"), type="Hard"),
        calls("UpdateFirmware", {}, location="http://x"),
        calls("SignedUpdateFirmware"),
        calls("ChangeConfiguration", {"status": "RebootRequired"}, key="X", value="1"),
        calls("ChangeConfiguration", key="SecurityProfile", value="2"),
        calls("CertificateSigned", certificateChain="PEM"),
        calls("TriggerMessage", requestedMessage="BootNotification"),
        lambda model: model.boots.acting("power_cycle"),
        lambda model: model.boots.acting("clear_fault"),
        lambda model: loses("us")(model),
    ],
)
def test_a_boot_that_was_asked_for(asks: Act) -> None:
    model = at_rest()
    asks(model)
    loses()(model)
    connects(2)(model)
    assert boots(model) == ""


@pytest.mark.parametrize(
    "asks",
    [
        calls("ChangeConfiguration", key="HeartbeatInterval", value="5"),
        calls("TriggerMessage", requestedMessage="Heartbeat"),
        calls("GetConfiguration", {}),
        lambda model: model.boots.acting("plug_in"),
        lambda model: model.boots.acting("present_token"),
        lambda model: model.acted(Action("plug_in", ""), {"connector": 1}),
    ],
)
def test_what_asks_for_no_boot(asks: Act) -> None:
    model = at_rest()
    asks(model)
    loses()(model)
    connects(2)(model)
    assert boots(model).startswith(BY_ITSELF)


def test_one_boot_is_asked_for_at_a_time() -> None:
    model = at_rest()
    calls("Reset", type="Soft")(model)
    connects(2)(model)
    assert boots(model) == ""
    told("StatusNotification", connectorId=1, status="Available")(model)
    connects(3)(model)
    assert boots(model).startswith(BY_ITSELF)


def test_firmware_may_take_several_boots() -> None:
    model = at_rest()
    calls("UpdateFirmware", {}, location="http://x")(model)
    for number in (2, 3, 4):
        connects(number)(model)
        assert boots(model) == ""
        told("Heartbeat")(model)
    model.boots.rest()
    connects(5)(model)
    assert boots(model).startswith(BY_ITSELF)


def test_a_boot_whose_answer_was_lost_is_sent_again() -> None:
    model = at_rest()
    calls("Reset", type="Hard")(model)
    connects(2)(model)
    assert boots(model) == ""
    loses()(model)
    connects(3)(model)
    assert boots(model) == "", "it has not said anything since, so it may not know"


def test_a_station_that_tells_of_new_elements() -> None:
    model = at_rest()
    connects(2)(model)
    assert says(model, "BootNotification", 2, **WHO, iccid="8949") == ""  # OCPP-J 5.4
    assert model.about()["iccid"] == "8949"


def test_what_is_known_can_be_written_down() -> None:
    model = at_rest()
    connects(2)(model)
    again = CsmsModel16(model.config, model.known())
    assert again.known() == model.known()
    assert boots(again).startswith(BY_ITSELF)
    assert CsmsModel16(model.config, {}).about() == {}, "a journal from before that has nothing"
