"""Properties of the product under test for OCPP 2.0.1; what selects its cases.

The names behind them are those of part 5: C core, AS advanced security, SC smart charging, R
reservation, HFS hardware feature set, AQ additional question.
"""

from __future__ import annotations

from testbay.scenario.features import Feature

# -- how a station is built ----------------------------------------------------------------------

cable_lock = Feature(  # AQ-2
    "cable_lock", "a lock keeps cables out before authorization", False
)
mode_1_2_only = Feature(  # product subtype
    "mode_1_2_only", "it is a station for modes 1 and 2 of IEC 61851-1 only", False
)
fixed_cable = Feature("fixed_cable", "the cable is fixed to the station", False)
mechanical_lock = Feature(
    "mechanical_lock", "a connector locks the cable at the station by itself", True
)
retention_lock = Feature(
    "retention_lock", "its device model has a lock that keeps the plug in its connector", True
)
dc = Feature("dc", "it charges with direct current", False)  # HFS-4
iso_15118 = Feature("iso_15118", "it speaks ISO 15118 with vehicles", False)  # profile
mode_3 = Feature(  # AQ-9
    "mode_3", "it charges vehicles by IEC 61851-1, mode 3", True
)
reservations = Feature("reservations", "its EVSEs can be reserved", False)  # profile
signing_meter = Feature("signing_meter", "its meters sign what they measure", False)
bay_sensor = Feature("bay_sensor", "it sees whether a vehicle is in the parking bay", False)
several_evses = Feature("several_evses", "it has more than one EVSE", True)

# -- what can be asked for (C-29) ---------------------------------------------------------------

trigger_meter_values = Feature(  # C-29.1
    "trigger_meter_values", "meter values can be triggered", True
)
trigger_transaction = Feature(  # C-29.2
    "trigger_transaction", "events of transactions can be triggered", True
)
trigger_log_status = Feature(  # C-29.3
    "trigger_log_status", "the status of an upload of logs can be triggered", True
)
trigger_firmware_status = Feature(  # C-29.4
    "trigger_firmware_status", "the status of a firmware update can be triggered", True
)
trigger_status = Feature(  # C-29.5
    "trigger_status", "statuses of connectors can be triggered", True
)
trigger_boot = Feature("trigger_boot", "a boot notification can be triggered", True)  # C-29.6

# -- what a station can do -----------------------------------------------------------------------

local_authorization = Feature(
    "local_authorization", "a token or a button at the station authorizes", True
)
remote_start_asks = Feature(  # C-48.1
    "remote_start_asks", "the token of a remote start can be authorized first", True
)
remote_start_asks_not = Feature(  # C-48.2
    "remote_start_asks_not", "a remote start can do without authorizing its token", True
)
offline_authorization = Feature(  # C-01
    "offline_authorization",
    "it authorizes while it is offline: by its cache, by its list, or everybody",
    True,
)
combined_certificate = Feature(  # AQ-11
    "combined_certificate", "one certificate for OCPP and ISO 15118 can be signed", False
)
start_button = Feature("start_button", "a button without a token authorizes", False)  # C02

unsupported_criterion = Feature(
    "unsupported_criterion", "there is a criterion by which it cannot choose components", False
)

falls_back = Feature(  # C-47
    "falls_back",
    "it goes back to the connection that was there last where no other can be opened",
    True,
)

# -- what a CSMS can do --------------------------------------------------------------------------

reset_evse = Feature(  # C-13
    "reset_evse", "a single EVSE can be reset", True
)
unlock_connector = Feature("unlock_connector", "connectors can be unlocked remotely", True)  # C-11
ask_transaction = Feature(  # C-16
    "ask_transaction", "the status of a transaction can be asked for", True
)
report_configuration = Feature(  # C-17
    "report_configuration", "a report of everything that can be configured is supported", True
)
report_everything = Feature(  # C-50.2
    "report_everything", "a full report can be asked for at any time", True
)
report_summary = Feature("report_summary", "a summary report is supported", True)  # C-56
custom_report = Feature(  # profile Advanced Device Management
    "custom_report", "reports of chosen components and variables are supported", True
)
pending = Feature("pending", "a boot can be answered with Pending at first", True)  # C-44
rejects_boot = Feature(  # not AQ-16
    "rejects_boot", "an unknown station may connect, and its boot is rejected", True
)
several_gets = Feature(  # C-45
    "several_gets", "several variables can be read by one message", True
)
several_sets = Feature(  # C-46
    "several_sets", "several variables can be changed by one message", True
)

# -- security ------------------------------------------------------------------------------------

security_profile_1 = Feature(  # C-61
    "security_profile_1", "security profile 1 is supported (a password, without TLS)", True
)
security_profile_2 = Feature(
    "security_profile_2", "security profile 2 is supported (TLS and a password)", True
)
security_profile_3 = Feature(
    "security_profile_3", "security profile 3 is supported (TLS with certificates of both)", True
)
signing_timeout = Feature(  # AS-3
    "signing_timeout", "it asks again for a certificate that does not come", True
)

additional_root_check = Feature(  # AS-2
    "additional_root_check", "a new root of the CSMS must be signed by the one it replaces", False
)
last_root_goes = Feature(  # AQ-1
    "last_root_goes", "its last root certificate of the CSMS can be deleted", False
)
own_certificate_goes = Feature(  # AQ-3
    "own_certificate_goes", "its own certificate can be removed by other means than OCPP", False
)

# How the system is connected in this run: no property of the product, so no PICS states it.
on_profile_1 = Feature(
    "on_profile_1", "this run uses security profile 1", False, run="security_profile_1"
)
on_profile_2 = Feature(
    "on_profile_2", "this run uses security profile 2", False, run="security_profile_2"
)
on_profile_3 = Feature(
    "on_profile_3", "this run uses security profile 3", False, run="security_profile_3"
)
