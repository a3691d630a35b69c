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
PLUG_IN_HALFWAY = Action(
    "plug_in",
    "Plug the cable in at the vehicle, but only halfway at the station: it must not lock",
    (*_HERE, ("side", "halfway")),
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
JAM_LOCK = Action("jam_lock", "See to it that the connector cannot be unlocked", _HERE)
FREE_LOCK = Action("free_lock", "See to it that the connector can be unlocked again", _HERE)
BREAK_MEMORY = Action(
    "break_memory", "See to it that the station cannot store a local authorization list"
)
REPAIR_MEMORY = Action(
    "repair_memory", "See to it that the station can store a local authorization list again"
)

# -- on the connection ---------------------------------------------------------------------------

REFUSE = Link("refuse")
ACCEPT = Link("accept")
RECONNECT = Link("reconnect")
CUT = Link("abort")
DIAL = Link("dial")
CLOSE = Link("close")
PROBE = Link("probe")
NEW_KEY = Link("new key")
TAKE_CERTIFICATE = Link("take certificate", unseen=("chain",))
PASSWORD = Link("password", unseen=("value",))
REQUIRE = Link("require")
SERVE = Link("serve")
SIGN = Link("sign", unseen=("csr",))
CERTIFICATE = Link("certificate")
FIRMWARE = Link("firmware")
PLACE = Link("place")
UPLOADS = Link("uploads")
FETCHED = Link("fetched")

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
CHANGE_AVAILABILITY = Action(
    "change_availability",
    "Have the CSMS take the connector out of operation, or put it back into operation",
    _HERE,
)
READ_LIST_VERSION = Action(
    "read_local_list_version", "Have the CSMS ask for the version of the local list of the station"
)
SEND_LIST = Action(
    "send_local_list", "Have the CSMS send the whole local list; leave out the token named, if any"
)
SEND_TOKEN = Action(
    "send_local_list",
    "Have the CSMS add the token to the local list of the station, and send nothing but that",
)
RESERVE = Action("reserve", "Have the CSMS reserve the connector for the token", _HERE)
RESERVE_ANY = Action(
    "reserve",
    "Have the CSMS reserve any connector of the station for the token",
    (("connector", 0),),
)
RESERVE_FOR_GROUP = Action(
    "reserve",
    "Have the CSMS reserve the connector for the token and the group that it belongs to",
    (*_HERE, ("group", True)),
)
CANCEL_RESERVATION = Action(
    "cancel_reservation", "Have the CSMS cancel the reservation of the connector", _HERE
)
TRIGGER = Action("trigger", "Have the CSMS ask the station for this message now")
LIMIT_SESSIONS = Action(
    "set_default_limit", "Have the CSMS limit every session on the connector, from now on", _HERE
)
LIMIT_SESSION = Action(
    "set_session_limit", "Have the CSMS limit the session that runs on the connector", _HERE
)
LIMIT_STATION = Action(
    "set_station_limit", "Have the CSMS limit what the whole station draws, from now on"
)
READ_SCHEDULE = Action(
    "read_composite_schedule",
    "Have the CSMS ask which limits result for the connector from all profiles",
    _HERE,
)
REMOVE_STATION_LIMIT = Action(
    "remove_station_limit",
    "Have the CSMS clear the profile that limits the station, by the number of the profile",
)
CLEAR_PROFILES = Action(
    "clear_profiles", "Have the CSMS clear all charging profiles that fit these criteria"
)
CLEAR_ALL_PROFILES = Action("clear_profiles", "Have the CSMS clear all charging profiles")
UPDATE_FIRMWARE = Action(
    "update_firmware",
    "Have the CSMS tell the station to install the firmware that is there",
    (("location", cfg.firmware_location),),
)
UPDATE_SIGNED_FIRMWARE = Action(
    "update_firmware",
    "Have the CSMS tell the station to install the firmware that is there, with its signature",
    (("location", cfg.firmware_location), ("signed", True)),
)
UPDATE_SPOILED_FIRMWARE = Action(
    "update_firmware",
    "Have the CSMS tell the station to install the firmware that is there, with the signature "
    "that does not fit",
    (("location", cfg.spoiled_firmware_location), ("signed", True)),
)
FETCH_DIAGNOSTICS = Action(
    "fetch_diagnostics",
    "Have the CSMS tell the station to upload its diagnostics there",
    (("location", cfg.log_location),),
)
FETCH_SECURITY_LOG = Action(
    "fetch_security_log",
    "Have the CSMS tell the station to upload its security log there",
    (("location", cfg.log_location),),
)
CHANGE_PASSWORD = Action(
    "change_password", "Have the CSMS give the station a new password for its connection"
)
OLD_PASSWORD = Action(
    "change_password",
    "Have the CSMS give the station the password back that is configured",
    (("password", cfg.authorization_key),),
)
RENEW_CERTIFICATE = Action(
    "renew_certificate", "Have the CSMS renew the certificate with which the station connects"
)
INSTALL_CERTIFICATE = Action(
    "install_certificate",
    "Have the CSMS install at the station the root certificate that is configured for this use",
)
LIST_CERTIFICATES = Action(
    "list_certificates",
    "Have the CSMS ask which root certificates for this use are installed at the station",
)
DELETE_CERTIFICATE = Action(
    "delete_certificate",
    "Have the CSMS ask which root certificates for this use are installed at the station, and "
    "delete the one that it has installed last",
)
RAISE_SECURITY_PROFILE = Action(
    "raise_security_profile", "Have the CSMS put the station on the next higher security profile"
)
SET_SECURITY_PROFILE = Action(
    "set_security_profile",
    "Put the station back on this security profile, in the CSMS itself and without OCPP",
)
