"""What is done at the system under test: stable ids, and our own sentences for a person."""

from __future__ import annotations

from testbay.scenario.role import Action
from testbay.scenario.values import Link
from testbay.suites.ocpp201.configured import cfg

_HERE = (("evse", cfg.evse_id), ("connector", cfg.connector_id))
_EVSE = (("evse", cfg.evse_id),)
_TOKEN = (("id_token", cfg.valid_idtoken_idtoken), ("type", cfg.valid_idtoken_type))

# -- at a station --------------------------------------------------------------------------------

PLUG_IN = Action(
    "plug_in", "Plug the cable in, at the vehicle and at the station", (*_HERE, ("side", "both"))
)
PLUG_IN_HALFWAY = Action(
    "plug_in",
    "Plug the cable in at the vehicle, but only halfway at the station: it must not lock",
    (*_HERE, ("side", "halfway")),
)
UNPLUG = Action(
    "unplug", "Unplug the cable, at the vehicle and at the station", (*_HERE, ("side", "both"))
)
PLUG_IN_EV = Action("plug_in", "Plug the cable in again at the vehicle", (*_HERE, ("side", "ev")))
UNPLUG_STATION = Action("unplug", "Unplug the cable at the station", (*_HERE, ("side", "station")))
UNPLUG_EV = Action("unplug", "Unplug the cable at the vehicle only", (*_HERE, ("side", "ev")))
PRESENT_TOKEN = Action("present_token", "Present the token at the reader", (*_EVSE, *_TOKEN))
PRESENT_TO_STOP = Action(
    "present_token",
    "Present the token again, to end the session",
    (*_EVSE, *_TOKEN, ("to", "stop")),
)
PRESENT_TO_UNLOCK = Action(
    "present_token",
    "Present the token again, to have the cable back",
    (*_EVSE, *_TOKEN, ("to", "unlock")),
)
OCCUPY_BAY = Action("occupy_bay", "Drive the vehicle into the parking bay", _EVSE)
LEAVE_BAY = Action("leave_bay", "Drive the vehicle out of the parking bay", _EVSE)
EV_READY = Action("ev_ready", "Have the vehicle take energy", _EVSE)
EV_NOT_READY = Action("ev_not_ready", "Have the vehicle take no energy", _EVSE)
EV_STOPS = Action(
    "ev_stops", "Have the vehicle end the session by ISO 15118 (SessionStopReq, Terminate)", _EVSE
)
POWER_CYCLE = Action("power_cycle", "Switch the power of the station off and on again")
POWER_OFF = Action("power_off", "Switch the power of the station off")
POWER_ON = Action("power_on", "Switch the power of the station on")
FAULT = Action("fault", "Put the connector into a fault", _HERE)
CLEAR_FAULT = Action("clear_fault", "Clear the fault of the connector", _HERE)
JAM_LOCK = Action("jam_lock", "See to it that the connector cannot be unlocked", _HERE)
FREE_LOCK = Action("free_lock", "See to it that the connector can be unlocked again", _HERE)

REMOVE_CERTIFICATE = Action(
    "remove_certificate",
    "Remove the certificate of the station from the station, by other means than OCPP",
)

# -- on the connection ---------------------------------------------------------------------------

REFUSE = Link("refuse")
ACCEPT = Link("accept")
RECONNECT = Link("reconnect")
CLOSE = Link("close")
DIAL = Link("dial")
TURN_AWAY = Link("turn away")
PASSWORD = Link("password", unseen=("value",))
REQUIRE = Link("require")
SERVE = Link("serve")
SIGN = Link("sign", unseen=("csr",))
CERTIFICATE = Link("certificate")
PROBE = Link("probe")
FIRMWARE = Link("firmware")
PLACE = Link("place")
LET_GO = Link("let go")
NEW_KEY = Link("new key")
TAKE_CERTIFICATE = Link("take certificate", unseen=("chain",))
ABOVE_STATIONS = Link("above stations")

# -- at a CSMS -----------------------------------------------------------------------------------

REMOTE_START = Action(
    "remote_start", "Have the CSMS start charging for the token, at this EVSE", (*_EVSE, *_TOKEN)
)
REMOTE_STOP = Action(
    "remote_stop", "Have the CSMS stop the transaction that runs at the EVSE", _EVSE
)
UNLOCK = Action("unlock", "Have the CSMS unlock the connector", _HERE)
RESET = Action(
    "reset", "Have the CSMS restart the station, or only the EVSE that is named, if one is"
)
CHANGE_AVAILABILITY = Action(
    "change_availability",
    "Have the CSMS take what is named out of operation, or put it back into operation: a "
    "connector, an EVSE, or the whole station if neither is named",
)
TRIGGER = Action("trigger", "Have the CSMS ask the station for this message now")
ASK_TRANSACTION = Action(
    "ask_transaction",
    "Have the CSMS ask whether messages of the transaction at the EVSE are still to come",
    _EVSE,
)
ASK_QUEUE = Action(
    "ask_transaction",
    "Have the CSMS ask whether messages of any transaction are still to come, and name none",
    (("any", True),),
)
READ_VARIABLES = Action("read_variables", "Have the CSMS read these variables of the station")
CHANGE_VARIABLES = Action(
    "change_variables", "Have the CSMS give variables of the station these values, all at once"
)
REPORT_INVENTORY = Action(
    "report_inventory", "Have the CSMS ask the station for a report of everything of this kind"
)
REPORT_COMPONENTS = Action(
    "report_components",
    "Have the CSMS ask the station for a report of this variable, of the components that are in "
    "this condition",
)
SET_NETWORK_PROFILE = Action(
    "set_network_profile",
    "Have the CSMS store these data of a connection in a configuration slot of the station",
)
HOLD_BACK = Action(
    "hold_back",
    "See to it that the CSMS does not accept the next boot of the station, but the one after it",
)
CHANGE_PASSWORD = Action(
    "change_password", "Have the CSMS give the station a new password for its connection"
)
OLD_PASSWORD = Action(
    "change_password",
    "Have the CSMS give the station the password back that is configured",
    (("password", cfg.basic_auth_password),),
)
RENEW_CERTIFICATE = Action(
    "renew_certificate",
    "Have the CSMS renew the certificate of the station for this use: its connection (station), "
    "ISO 15118 (v2g), or both (combined)",
)
SET_SECURITY_PROFILE = Action(
    "set_security_profile",
    "Put the station back on this security profile, in the CSMS itself and without OCPP",
)
