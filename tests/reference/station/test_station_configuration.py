"""Configuration: which keys there are, who may write them, what a value must look like."""

import pytest
from station_lab import URL, lab

from testbay.clock import now
from testbay_reference.station import Station, StationOptions
from testbay_reference.station.profiles import OPTIONAL

REQUIRED = {  # section 9.1 with errata 3.80 and 3.84; True: read-only
    "AuthorizeRemoteTxRequests": False,
    "ClockAlignedDataInterval": False,
    "ConnectionTimeOut": False,
    "ConnectorPhaseRotation": False,
    "GetConfigurationMaxKeys": True,
    "HeartbeatInterval": False,
    "LocalAuthorizeOffline": False,
    "LocalPreAuthorize": False,
    "MeterValuesAlignedData": False,
    "MeterValuesSampledData": False,
    "MeterValueSampleInterval": False,
    "NumberOfConnectors": True,
    "ResetRetries": False,
    "StopTransactionOnInvalidId": False,
    "StopTxnAlignedData": False,
    "StopTxnSampledData": False,
    "SupportedFeatureProfiles": True,
    "TransactionMessageAttempts": False,
    "TransactionMessageRetryInterval": False,
    "UnlockConnectorOnEVSideDisconnect": False,
    "LocalAuthListEnabled": False,
    "LocalAuthListMaxLength": True,
    "SendLocalListMaxLength": True,
    "ReserveConnectorZeroSupported": True,
}


async def test_all_required_keys_are_there_with_the_right_access():
    async with lab() as bench:
        for request in ({}, {"key": []}):
            answer = await bench.peer.call("GetConfiguration", request)
            access = {entry["key"]: entry["readonly"] for entry in answer["configurationKey"]}
            assert REQUIRED.items() <= access.items()
            assert "unknownKey" not in answer


async def test_some_keys_known_and_unknown():
    async with lab(connectors=3, without=OPTIONAL) as bench:
        wanted = ["numberofconnectors", "Nonsense", "SupportedFeatureProfiles", "Nonsense"]
        answer = await bench.peer.call("GetConfiguration", {"key": wanted})
        assert answer == {
            "configurationKey": [
                {"key": "NumberOfConnectors", "readonly": True, "value": "3"},
                {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core"},
            ],
            "unknownKey": ["Nonsense"],
        }


async def test_more_keys_than_allowed_are_refused_and_as_many_are_not():
    async with lab(keys={"GetConfigurationMaxKeys": "2"}) as bench:
        names = list(REQUIRED)[:3]
        frame = await bench.peer.raw_call("GetConfiguration", {"key": names})
        assert (frame[0], frame[2]) == (4, "OccurenceConstraintViolation")
        answer = await bench.peer.call("GetConfiguration", {"key": names[:2]})
        assert len(answer["configurationKey"]) == 2


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("MeterValueSampleInterval", "15", "Accepted"),
        ("metervaluesampleinterval", "15", "Accepted"),
        ("MeterValueSampleInterval", "-1", "Rejected"),
        ("MeterValueSampleInterval", "1.5", "Rejected"),
        ("MeterValueSampleInterval", "", "Rejected"),
        ("LocalPreAuthorize", "TRUE", "Accepted"),
        ("LocalPreAuthorize", "yes", "Rejected"),
        ("MeterValuesSampledData", "Energy.Active.Import.Register,SoC", "Accepted"),
        ("MeterValuesSampledData", "Voltage.L1,Current.Import.L3", "Accepted"),
        ("MeterValuesSampledData", "", "Accepted"),
        ("MeterValuesSampledData", "Energy.Active.Import.Register,RPM", "Rejected"),
        ("MeterValuesSampledData", "SoC.L1", "Rejected"),
        ("StopTxnAlignedData", "Happiness", "Rejected"),
        ("ConnectorPhaseRotation", "0.RST,1.RTS,2.Unknown", "Accepted"),
        ("ConnectorPhaseRotation", "3.RST", "Rejected"),
        ("ConnectorPhaseRotation", "1.ABC", "Rejected"),
        ("WebSocketPingInterval", "-1", "Rejected"),
        ("WebSocketPingInterval", "30", "RebootRequired"),
        ("TransactionMessageAttempts", "0", "Rejected"),
        ("NumberOfConnectors", "5", "Rejected"),
        ("SupportedFeatureProfiles", "Core,Reservation", "Rejected"),
        ("Testing", "true", "NotSupported"),
    ],
)
async def test_changes(key, value, status):
    async with lab() as bench:
        before = await bench.peer.call("GetConfiguration", {"key": [key]})
        answer = await bench.peer.call("ChangeConfiguration", {"key": key, "value": value})
        assert answer == {"status": status}
        after = await bench.peer.call("GetConfiguration", {"key": [key]})
        if status in ("Rejected", "NotSupported"):
            assert after == before
        else:
            assert after["configurationKey"][0]["value"].lower() == value.lower()


async def test_a_changed_message_timeout_counts_at_once():
    async with lab({"Authorize": None}) as bench:
        await bench.set(MessageTimeout=3)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.settle(3)
        assert any("no answer to Authorize within 3 s" in line for line in bench.log)


async def test_keys_that_the_manufacturer_made_read_only():
    name = "AuthorizeRemoteTxRequests"
    async with lab(keys={name: "false"}, read_only=(name,)) as bench:
        answer = await bench.peer.call("GetConfiguration", {"key": [name]})
        assert answer["configurationKey"] == [{"key": name, "readonly": True, "value": "false"}]
        change = await bench.peer.call("ChangeConfiguration", {"key": name, "value": "true"})
        assert change == {"status": "Rejected"}


async def test_keys_that_a_station_may_lack():
    names = ["AllowOfflineTxForUnknownId", "MaxEnergyOnInvalidId", "MinimumStatusDuration"]
    async with lab(lacks=(*names, "ReserveConnectorZeroSupported")) as bench:
        answer = await bench.peer.call("GetConfiguration", {"key": names})
        assert answer == {"configurationKey": [], "unknownKey": names}
        change = await bench.peer.call("ChangeConfiguration", {"key": names[0], "value": "true"})
        assert change == {"status": "NotSupported"}
        payload = {"reservationId": 1, "connectorId": 0, "idTag": "TAG1"}
        payload |= {"expiryDate": "2031-01-01T00:00:00Z"}
        assert await bench.peer.call("ReserveNow", payload) == {"status": "Rejected"}
        await bench.do("plug_in")
        assert bench.peer.statuses()[-1] == "Preparing"
        await bench.offline()
        await bench.do("present_token", id_tag="NEW", connector=1)
        assert bench.station.state()["connectors"][0]["status"] == "Preparing"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"keys": {"Nonsense": "1"}}, "no configuration key 'Nonsense'"),
        ({"keys": {"ResetRetries": "-1"}}, "ResetRetries: it must be a whole number"),
        ({"read_only": ("ResetRetries",)}, "OCPP requires that it can be written"),
        ({"faults": ("boots-without-statuses",)}, "did you mean boots-without-status?"),
        ({"connectors": 0}, "at least one"),
        ({"url": "http://csms.test"}, "ws:// or wss://"),
        ({"vendor": "x" * 21}, "vendor: OCPP allows 20 characters"),
        ({"power": 0.0}, "greater than 0"),
        ({"rated_current": 0.0}, "rated_current and grid_current must be greater than 0"),
        ({"grid_current": -1.0}, "rated_current and grid_current must be greater than 0"),
        ({"phases": 2}, "phases: there are 1 or 3"),
        ({"keys": {"ChargingScheduleAllowedChargingRateUnit": "A"}}, "must be Current, Power"),
        ({"lacks": ("ResetRetries",)}, "cannot be without it"),
        ({"lacks": ("Nonsense",)}, "no configuration key 'Nonsense'"),
        ({"without": ("Core",)}, "without: 'Core' is none of"),
        ({"without": ("Reservation",), "keys": {"ReserveConnectorZeroSupported": "true"}}, "no c"),
    ],
)
def test_options_that_are_not_possible(options, text):
    with pytest.raises(ValueError, match=text.replace("?", r"\?")):
        Station(StationOptions(**{"url": URL, "identity": "CP1"} | options), now)
