"""The values that the tester configures for OCPP 2.0.1, for either system under test."""

from __future__ import annotations

from testbay.scenario.configured import Configured

SECONDS = "seconds"


class cfg:
    """Configured values; cases refer to them, a run resolves them."""

    # -- the station, under test or simulated ---------------------------------------------------

    station_id = Configured(
        "station_id", str, "CS001", "Identity of the station: the last part of the path it asks for"
    )
    basic_auth_password = Configured(
        "basic_auth_password",
        str,
        "testbay-password",
        "Password of the station for HTTP Basic authentication; it is in use already",
        secret=True,
    )
    vendor_name = Configured("vendor_name", str, "Testbay", "Name of the vendor of the station")
    model = Configured("model", str, "Simulated station", "Model of the station")
    serial_number = Configured("serial_number", str, "CS001", "Serial number of the station")
    evse_count = Configured("evse_count", int, 2, "How many EVSEs the station has")
    connectors_per_evse = Configured(
        "connectors_per_evse", int, 1, "How many connectors each EVSE has"
    )
    evse_id = Configured("evse_id", int, 1, "The EVSE that the cases use")
    connector_id = Configured("connector_id", int, 1, "The connector of it that the cases use")

    # -- tokens ---------------------------------------------------------------------------------

    valid_idtoken_idtoken = Configured(
        "valid_idtoken_idtoken", str, "01020304", "A token that may charge"
    )
    valid_idtoken_type = Configured(
        "valid_idtoken_type", str, "ISO14443", "Its type; NoAuthorization: nobody is asked for one"
    )
    valid_idtoken2_idtoken = Configured(
        "valid_idtoken2_idtoken", str, "05060708", "A second token that may charge"
    )
    valid_idtoken2_type = Configured("valid_idtoken2_type", str, "ISO14443", "Its type")
    invalid_idtoken_idtoken = Configured(
        "invalid_idtoken_idtoken", str, "0A0B0C0D", "A token that may not charge: unknown to a CSMS"
    )
    invalid_idtoken_type = Configured("invalid_idtoken_type", str, "ISO14443", "Its type")
    group_idtoken = Configured(
        "group_idtoken", str, "TESTBAY-GROUP", "The group that tokens belong to where a case says"
    )
    group_idtoken_type = Configured("group_idtoken_type", str, "Central", "Its type")

    # -- how sessions are begun and ended -------------------------------------------------------

    authorize_by = Configured(
        "authorize_by",
        str,
        "local",
        "How sessions are authorized where a case leaves it open: local or remote",
    )
    authorization_method = Configured(
        "authorization_method",
        str,
        "EIM",
        "How vehicles with ISO 15118 are authorized: EIM, by a token at the station, or PnC, by "
        "their contract",
    )
    stop_by = Configured(
        "stop_by",
        str,
        "local",
        "How sessions are ended where a case leaves it open: local or remote",
    )
    transaction_duration = Configured(
        "transaction_duration",
        float,
        10.0,
        "How long a transaction lasts where a case says so",
        SECONDS,
    )
    connection_timeout = Configured(
        "connection_timeout", int, 30, "How long the station waits for the cable", SECONDS
    )

    status_by = Configured(
        "status_by",
        str,
        "StatusNotification",
        "By which message the simulated station reports statuses: StatusNotification, NotifyEvent",
    )

    # -- settings that the cases make -----------------------------------------------------------

    heartbeat_interval = Configured(
        "heartbeat_interval", int, 30, "Interval of the answer to a boot", SECONDS
    )
    offline_threshold = Configured(
        "offline_threshold", int, 60, "From how long offline on all statuses are told anew", SECONDS
    )
    transaction_updated_meter_values_interval = Configured(
        "transaction_updated_meter_values_interval",
        int,
        10,
        "Interval of sampled meter values in a transaction",
        SECONDS,
    )
    transaction_updated_measurands = Configured(
        "transaction_updated_measurands",
        str,
        "Energy.Active.Import.Register",
        "What is measured for the sampled meter values in a transaction, separated by commas",
    )
    message_attempts_transaction_event = Configured(
        "message_attempts_transaction_event",
        int,
        3,
        "How often the station sends an event of a transaction that is not answered",
    )
    message_attempts_transaction_event_interval = Configured(
        "message_attempts_transaction_event_interval",
        int,
        10,
        "After how long it sends one again; twice as long after the second time, and so on",
        SECONDS,
    )
    retry_back_off_wait_minimum = Configured(
        "retry_back_off_wait_minimum",
        int,
        20,
        "How long the station waits before it connects again for the first time",
        SECONDS,
    )

    cert_signing_wait_minimum = Configured(
        "cert_signing_wait_minimum",
        int,
        20,
        "How long the station waits for a certificate before it asks for it again",
        SECONDS,
    )

    # -- a connection that the CSMS stores at the station ---------------------------------------

    configuration_slot = Configured(
        "configuration_slot", int, 2, "The slot of the station for the data of a connection"
    )
    configuration_slot2 = Configured(
        "configuration_slot2",
        int,
        1,
        "Another slot of the station; cases use the one of both that is not in use",
    )
    ocpp_csms_url = Configured(
        "ocpp_csms_url", str, "ws://csms.testbay.example/ocpp", "URL of the CSMS in these data"
    )
    ocpp_interface = Configured(
        "ocpp_interface", str, "Wired0", "Network interface in these data, such as Wired0"
    )
    security_profile = Configured(
        "security_profile",
        int,
        0,
        "Security profile in these data; it is the one of the connection, connect.security_profile",
    )
    message_timeout = Configured(
        "message_timeout", int, 30, "How long an answer may take, in these data", SECONDS
    )

    unsupported_component_criteria = Configured(
        "unsupported_component_criteria",
        str,
        "Active",
        "A criterion by which the station cannot choose components for a report, if there is one",
    )

    # -- how long things may take ---------------------------------------------------------------

    max_time_deviation = Configured(
        "max_time_deviation", float, 4.0, "How far a measured time may be off", SECONDS
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
        120.0,
        "How long an operation may take that takes long, such as trying other connections",
        SECONDS,
    )
    file_transfer_time = Configured(
        "file_transfer_time",
        float,
        120.0,
        "How long the station may take to fetch a file, or to send one",
        SECONDS,
    )
    signing_time = Configured(
        "signing_time",
        float,
        120.0,
        "How long a CSMS may take until it sends the certificate that it has signed",
        SECONDS,
    )
    settle_time = Configured(
        "settle_time", float, 5.0, "How long nothing comes once all there is has come", SECONDS
    )
    silence_time = Configured(
        "silence_time", float, 10.0, "How long the tool watches that a message stays away", SECONDS
    )
