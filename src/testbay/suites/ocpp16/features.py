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
offline_unknown_id = Feature(  # C-02
    "offline_unknown_id", "unknown tokens can start a transaction offline", True
)
stops_before_power_loss = Feature(  # AQ-7.1
    "stops_before_power_loss", "a transaction is reported as stopped before the power is gone", True
)
stops_after_power_loss = Feature(  # AQ-7.2
    "stops_after_power_loss", "a transaction is reported as stopped after a power loss", False
)

# -- feature profiles, of either system under test ------------------------------------------------

local_auth_list = Feature(  # LA-0
    "local_auth_list", "local authorization lists are supported", True
)
firmware_management = Feature(
    "firmware_management", "firmware updates and diagnostics are supported", True
)
reservation = Feature("reservation", "reservations are supported", True)
reserve_connector_zero = Feature(
    "reserve_connector_zero", "the station as a whole can be reserved", True
)
remote_trigger = Feature("remote_trigger", "messages can be triggered", True)  # RT-0
smart_charging = Feature("smart_charging", "charging profiles are supported", True)
