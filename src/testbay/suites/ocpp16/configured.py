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
        "Password of the station for HTTP Basic authentication, in use already: 16 to 20 "
        "characters, or 32 to 40 hexadecimal digits for its bytes",
        secret=True,
    )
    security_profile = Configured(
        "security_profile",
        int,
        0,
        "Security profile with which the system under test is connected (0: none)",
    )
    serial_number = Configured(
        "serial_number",
        str,
        "",
        "Serial number of the station, the common name of its certificate; empty: its identity",
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
    invalid_id_tag = Configured(
        "invalid_id_tag", str, "TESTBAY-INVALID", "A token that may not charge: unknown to a CSMS"
    )
    parent_id_tag = Configured(
        "parent_id_tag", str, "TESTBAY-PARENT", "The group that tokens belong to where a case says"
    )
    expired_id_tag = Configured(
        "expired_id_tag", str, "TESTBAY-EXPIRED", "A token that is known and has expired"
    )
    blocked_id_tag = Configured(
        "blocked_id_tag", str, "TESTBAY-BLOCKED", "A token that is known and blocked"
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

    transaction_duration = Configured(
        "transaction_duration",
        float,
        10.0,
        "How long a transaction lasts where a case says so",
        SECONDS,
    )

    unsupported_key = Configured(
        "unsupported_key", str, "TestbayNoSuchKey", "A setting that the simulated station lacks"
    )
    unsupported_vendor_id = Configured(
        "unsupported_vendor_id",
        str,
        "org.testbay.unsupported",
        "A vendor whose data transfers the system under test does not support",
    )
    expiry_date_offset = Configured(
        "expiry_date_offset",
        int,
        60,
        "How long a reservation lasts where a case waits for its end",
        SECONDS,
    )

    # -- charging limits ------------------------------------------------------------------------

    charging_rate_unit = Configured(
        "charging_rate_unit", str, "A", "Unit of the limits that the cases set: A or W"
    )
    duration = Configured("duration", int, 300, "How long a limit lasts that a case sets", SECONDS)
    start_period = Configured(
        "start_period", int, 0, "When the first period of a limit begins, after its start", SECONDS
    )
    number_phases = Configured("number_phases", int, 3, "How many phases a limit is for")
    stack_level = Configured("stack_level", int, 0, "Stack level of the limits that the cases set")
    local_limit = Configured(
        "local_limit",
        float,
        32.0,
        "What the station can carry at that connector by itself, in the unit of the limits",
    )
    charging_schedule_duration = Configured(
        "charging_schedule_duration",
        int,
        300,
        "How long a time a composite schedule is asked for",
        SECONDS,
    )

    # -- files ------------------------------------------------------------------------------------

    firmware_location = Configured(
        "firmware_location",
        str,
        "http://127.0.0.1:8080/firmware.bin",
        "URL of the firmware that a station is to fetch",
    )
    log_location = Configured(
        "log_location",
        str,
        "http://127.0.0.1:8080/uploads/",
        "URL of the folder to which a station is to upload diagnostics and logs",
    )

    # -- certificates -----------------------------------------------------------------------------

    firmware_signature = Configured(
        "firmware_signature",
        str,
        "",
        "Signature of the firmware at firmware_location, in Base64; empty: any",
    )
    signing_certificate = Configured(
        "signing_certificate",
        str,
        "",
        "Certificate for that signature, as PEM; empty: any that is well-formed",
    )
    signing_algorithm = Configured(
        "signing_algorithm",
        str,
        "any",
        "With which type of algorithm a CSMS signs certificates of stations: ECDSA, RSA, or any",
    )
    spoiled_firmware_location = Configured(
        "spoiled_firmware_location",
        str,
        "http://127.0.0.1:8080/spoiled.bin",
        "URL of a firmware for which a CSMS has been given a signature that does not fit",
    )

    # -- how long things may take ---------------------------------------------------------------

    max_time_deviation = Configured(
        "max_time_deviation", float, 2.0, "How far a measured time may be off", SECONDS
    )
    reboot_time = Configured(
        "reboot_time", float, 300.0, "How long a restart takes until the station boots", SECONDS
    )
    reconnect_time = Configured(
        "reconnect_time",
        float,
        300.0,
        "How long the station may take to connect again once it can",
        SECONDS,
    )
    long_operation_timeout = Configured(
        "long_operation_timeout",
        float,
        60.0,
        "How long the tool watches that a station does not come back",
        SECONDS,
    )
    file_transfer_time = Configured(
        "file_transfer_time",
        float,
        120.0,
        "How long the station may take to fetch a file, or to send one",
        SECONDS,
    )
    installation_time = Configured(
        "installation_time",
        float,
        300.0,
        "How long the station may take to begin to install firmware, and then until it runs",
        SECONDS,
    )
    signing_time = Configured(
        "signing_time",
        float,
        120.0,
        "How long a CSMS may take until it sends the certificate that it has signed",
        SECONDS,
    )
    power_flow_time = Configured(
        "power_flow_time",
        float,
        30.0,
        "How long a station for modes 1 and 2 only may let power flow once a cable is in",
        SECONDS,
    )
    settle_time = Configured(
        "settle_time", float, 5.0, "How long nothing comes once all there is has come", SECONDS
    )
    silence_time = Configured(
        "silence_time", float, 10.0, "How long the tool watches that a message stays away", SECONDS
    )
