"""Properties of the product under test for OCPP 1.6; what selects its cases.

The names in brackets are the questions of the test plan (appendix A of document 2).
"""

from __future__ import annotations

from testbay.scenario.features import Feature

# -- how a station is built ----------------------------------------------------------------------

fixed_cable = Feature("fixed_cable", "the cable is fixed to the station", False)
mechanical_lock = Feature(  # AQ-9
    "mechanical_lock", "a connector locks the cable at the station by itself", True
)
cable_lock = Feature(  # AQ-2
    "cable_lock", "a lock keeps cables out before authorization", False
)
mode_1_2_only = Feature(  # product subtype
    "mode_1_2_only", "it is a station for modes 1 and 2 of IEC 61851-1 only", False
)
shared_reader = Feature("shared_reader", "one reader for tokens serves several connectors", False)

# -- what a station can do -----------------------------------------------------------------------

local_start = Feature("local_start", "a transaction can be started at the station", True)  # C-07
local_stop = Feature("local_stop", "a transaction can be stopped at the station", True)  # C-08
reader = Feature(  # AQ-11
    "reader", "there is an authorization that does not come from the vehicle", True
)
authorization_cache = Feature(  # C-04
    "authorization_cache", "the station has an authorization cache", True
)
unknown_offline = Feature(  # C-02
    "unknown_offline", "offline, a token that the station does not know may charge", True
)
stops_before_power_loss = Feature(  # AQ-7.1
    "stops_before_power_loss",
    "when the power fails, transactions are reported as stopped before the station goes down",
    True,
)
stops_after_power_loss = Feature(  # AQ-7.2
    "stops_after_power_loss",
    "when the power fails, transactions are reported as stopped once the station is back",
    False,
)

# -- feature profiles besides Core, of either system ---------------------------------------------

local_list = Feature("local_list", "local authorization lists are supported", True)  # LA-0
reservations = Feature("reservations", "reservations are supported", True)
remote_trigger = Feature("remote_trigger", "messages can be triggered", True)  # RT-0
smart_charging = Feature("smart_charging", "smart charging is supported", True)
firmware_management = Feature("firmware_management", "firmware updates are supported", True)

# -- security ------------------------------------------------------------------------------------

security_profile_1 = Feature(  # C-11
    "security_profile_1", "security profile 1 is supported (a password, without TLS)", True
)
security_profile_2 = Feature(
    "security_profile_2", "security profile 2 is supported (TLS and a password)", True
)
security_profile_3 = Feature(
    "security_profile_3", "security profile 3 is supported (TLS with certificates of both)", True
)

# How the system is connected in this run: no property of the product, so no PICS states it.
on_profile_0 = Feature("on_profile_0", "this run uses no security profile", True, run="")
on_profile_1 = Feature(
    "on_profile_1", "this run uses security profile 1", False, run="security_profile_1"
)
on_profile_2 = Feature(
    "on_profile_2", "this run uses security profile 2", False, run="security_profile_2"
)
on_profile_3 = Feature(
    "on_profile_3", "this run uses security profile 3", False, run="security_profile_3"
)
ON_PROFILE = (on_profile_0, on_profile_1, on_profile_2, on_profile_3)
