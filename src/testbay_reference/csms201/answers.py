"""What the CSMS answers to the calls of a station, action by action."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from testbay_reference.csms201.options import CsmsOptions
from testbay_reference.csms201.records import Payload, StationRecord, Transaction
from testbay_reference.csms201.security import Security
from testbay_reference.csms201.tokens import Tokens
from testbay_reference.csms_security.csr import BadRequest, read_request
from testbay_reference.link import RpcError
from testbay_reference.named_faults import NamedFaults

EMPTY = (
    *("FirmwareStatusNotification", "LogStatusNotification", "MeterValues", "NotifyEvent"),
    *("NotifyMonitoringReport", "SecurityEventNotification", "ClearedChargingLimit"),
    *("NotifyChargingLimit", "NotifyCustomerInformation", "NotifyDisplayMessages"),
    *("PublishFirmwareStatusNotification", "ReportChargingProfiles", "ReservationStatusUpdate"),
)
"""What is answered with nothing but that it came."""


class Answers:
    """Answer the calls of stations and keep what they say."""

    def __init__(
        self,
        options: CsmsOptions,
        faults: NamedFaults,
        tokens: Tokens,
        now: Callable[[], datetime],
        security: Security,
    ) -> None:
        self._security = security
        self._options = options
        self._faults = faults
        self._tokens = tokens
        self._now = now
        self._known: Mapping[str, Callable[[StationRecord, Payload], Payload]] = {
            "Authorize": self._authorize,
            "BootNotification": self._boot,
            "DataTransfer": lambda _, __: {"status": "UnknownVendorId"},
            "Heartbeat": lambda _, __: {"currentTime": self.stamp()},
            "NotifyReport": self._report,
            "SignCertificate": self._sign,
            "StatusNotification": self._status,
            "TransactionEvent": self._event,
            **dict.fromkeys(EMPTY, lambda _, __: {}),
        }

    def stamp(self) -> str:
        """Return the present moment as OCPP writes it."""
        text = self._now().astimezone(UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")

    def answer(self, station: StationRecord, action: str, payload: Payload) -> Payload | RpcError:
        """Answer one valid call of a station."""
        respond = self._known.get(action)
        if respond is None:
            return RpcError("NotSupported", f"this CSMS does not take {action}")
        if action != "BootNotification" and not self._may_send(station, action):
            text = f"send BootNotification first: {action} is taken from accepted stations only"
            return RpcError("SecurityError", text)
        return respond(station, payload)

    def _may_send(self, station: StationRecord, action: str) -> bool:
        if station.registration == "Accepted" or "serves-before-boot" in self._faults:
            return True
        asked = station.registration == "Pending" and action in station.triggered
        return asked or (station.registration == "Pending" and action == "NotifyReport")

    def _boot(self, station: StationRecord, payload: Payload) -> Payload:
        options = self._options
        status = station.policy or options.registration
        station.boot, station.registration, station.triggered = payload, status, ()
        station.policy = None
        accepted = status == "Accepted"
        interval = options.interval if accepted else options.retry_interval
        return {"status": status, "currentTime": self.stamp(), "interval": interval}

    def _authorize(self, station: StationRecord, payload: Payload) -> Payload:
        return {"idTokenInfo": self._info(payload["idToken"])}

    def _info(self, token: Payload) -> Payload:
        if "accepts-every-token" in self._faults:
            return {"status": "Accepted"}
        return self._tokens.info(token)

    def _sign(self, station: StationRecord, payload: Payload) -> Payload:
        """Tell whether a certificate will follow (A02.FR.11 and 12)."""
        if self._security.faulty("rejects-certificate-requests"):
            return {"status": "Rejected"}
        try:
            serials = self._security.serials(station.identity)
            read_request(payload["csr"], serials, self._security.cpo_name)
        except BadRequest as error:
            station.remark(f"SignCertificate was rejected: {error}")
            return {"status": "Rejected"}
        return {"status": "Accepted"}

    def _status(self, station: StationRecord, payload: Payload) -> Payload:
        place = f"{payload['evseId']}.{payload['connectorId']}"
        station.statuses[place] = payload["connectorStatus"]
        return {}

    def _report(self, station: StationRecord, payload: Payload) -> Payload:
        told = station.inventory.setdefault(payload["requestId"], [])
        told += payload.get("reportData", [])
        return {}

    def _event(self, station: StationRecord, payload: Payload) -> Payload:
        identity = payload["transactionInfo"]["transactionId"]
        known = station.transactions.setdefault(identity, Transaction(identity))
        if payload["seqNo"] in known.events:
            station.remark(f"event {payload['seqNo']} of transaction {identity} came again")
        known.events[payload["seqNo"]] = payload
        known.ended = known.ended or payload["eventType"] == "Ended"
        if evse := payload.get("evse"):
            known.evse, known.connector = evse["id"], evse.get("connectorId", known.connector)
        return {"idTokenInfo": self._info(payload["idToken"])} if "idToken" in payload else {}
