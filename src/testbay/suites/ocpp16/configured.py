"""The values that the tester configures for OCPP 1.6, for either system under test."""

from __future__ import annotations

from testbay.scenario.configured import Configured

SECONDS = "seconds"


class cfg:
    """Configured values; cases refer to them, a run resolves them."""

    # -- the station, under test or simulated ---------------------------------------------------

    station_id = Configured(
        "station_id", str, "CS001", "Identity of the station: the last part of the path it asks for"
    )
    authorization_key = Configured(
        "authorization_key",
        str,
        "testbay-password",
        "Password of the station for HTTP Basic authentication, as text; it is in use already",
        secret=True,
    )
    vendor_name = Configured("vendor_name", str, "Testbay", "Name of the vendor of the station")
    model = Configured("model", str, "Simulated station", "Model of the station")
    number_of_connectors = Configured(
        "number_of_connectors", int, 2, "How many connectors the station has"
    )
    connector_id = Configured("connector_id", int, 1, "The connector that the cases use")

    # -- tokens ---------------------------------------------------------------------------------

    valid_id_tag = Configured("valid_id_tag", str, "TESTBAY-VALID-1", "A token that may charge")
    valid_id_tag_2 = Configured(
        "valid_id_tag_2", str, "TESTBAY-VALID-2", "A second token that may charge"
    )
    parent_id_tag = Configured(
        "parent_id_tag", str, "TESTBAY-PARENT", "The group that tokens belong to where a case says"
    )

    # -- settings that the cases make -----------------------------------------------------------

    heartbeat_interval = Configured(
        "heartbeat_interval", int, 30, "Interval of the answer to an accepted boot", SECONDS
    )
    boot_interval = Configured(
        "boot_interval",
        int,
        15,
        "Interval of the answer Rejected or Pending to a boot: when to try again",
        SECONDS,
    )
    connection_timeout = Configured(
        "connection_timeout", int, 30, "How long the station waits for the cable", SECONDS
    )
    meter_value_interval = Configured(
        "meter_value_interval", int, 10, "Interval of sampled meter values", SECONDS
    )
    clock_aligned_interval = Configured(
        "clock_aligned_interval", int, 20, "Interval of clock-aligned meter values", SECONDS
    )

    # -- how long things may take ---------------------------------------------------------------

    max_time_deviation = Configured(
        "max_time_deviation", float, 2.0, "How far a measured time may be off", SECONDS
    )
    reboot_time = Configured(
        "reboot_time", float, 300.0, "How long a restart takes until the station boots", SECONDS
    )
    settle_time = Configured(
        "settle_time", float, 5.0, "How long nothing comes once all there is has come", SECONDS
    )
    silence_time = Configured(
        "silence_time", float, 10.0, "How long the tool watches that a message stays away", SECONDS
    )
