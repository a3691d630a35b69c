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
