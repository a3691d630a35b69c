"""What is done at the system under test: stable ids, and our own sentences for a person."""

from __future__ import annotations

from testbay.scenario.role import Action
from testbay.scenario.values import Link
from testbay.suites.ocpp16.configured import cfg

_HERE = (("connector", cfg.connector_id),)

# -- at a station --------------------------------------------------------------------------------

PLUG_IN = Action(
    "plug_in", "Plug the cable in, at the vehicle and at the station", (*_HERE, ("side", "both"))
)
UNPLUG = Action(
    "unplug", "Unplug the cable, at the vehicle and at the station", (*_HERE, ("side", "both"))
)
UNPLUG_EV = Action("unplug", "Unplug the cable at the vehicle only", (*_HERE, ("side", "ev")))
UNPLUG_STATION = Action(
    "unplug", "Unplug the cable at the station only", (*_HERE, ("side", "station"))
)
PRESENT_TOKEN = Action("present_token", "Present the token at the reader", _HERE)
POWER_CYCLE = Action("power_cycle", "Switch the power of the station off and on again")
POWER_OFF = Action("power_off", "Switch the power of the station off")
POWER_ON = Action("power_on", "Switch the power of the station on")
FAULT = Action("fault", "Put the connector, or the station, into a fault", _HERE)
CLEAR_FAULT = Action("clear_fault", "Clear the fault of the connector, or of the station", _HERE)

# -- on the connection ---------------------------------------------------------------------------

REFUSE = Link("refuse")
ACCEPT = Link("accept")
RECONNECT = Link("reconnect")

# -- at a CSMS -----------------------------------------------------------------------------------

REMOTE_START = Action("remote_start", "Have the CSMS start charging for the token", _HERE)
REMOTE_STOP = Action("remote_stop", "Have the CSMS stop the running transaction", _HERE)
UNLOCK = Action("unlock", "Have the CSMS unlock the connector", _HERE)
RESET = Action("reset", "Have the CSMS reset the station, hard or softly")
READ_ALL = Action("read_configuration", "Have the CSMS read all settings of the station")
READ_SOME = Action(
    "read_configuration", "Have the CSMS read the named settings of the station and no others"
)
CHANGE_SETTING = Action("change_setting", "Have the CSMS give a setting of the station this value")
CLEAR_CACHE = Action("clear_cache", "Have the CSMS clear the authorization cache of the station")
