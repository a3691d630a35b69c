"""What the CSMS answers to the calls of a station, action by action."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from testbay_reference.csms.ledger import Ledger
from testbay_reference.csms.records import Connector, StationRecord, Transaction
from testbay_reference.csms.renewal import sign_certificate
from testbay_reference.csms.tokens import same_token, stamp
from testbay_reference.link import RpcError

Payload = dict[str, Any]
UNDELIVERED = -1  # transactionId of a station that never got its own (errata 3.18)


def answer(
    ledger: Ledger, station: StationRecord, action: str, payload: Payload
) -> Payload | RpcError:
    """Answer one valid call of a station and keep what it says."""
    station.last_seen = ledger.stamp()
    respond = ANSWERS.get(action)
    if respond is None:
        station.remark(f"{action} is a message of a CSMS, not of a station")
        return RpcError("NotSupported", f"this CSMS does not take {action}")
    if action != "BootNotification" and not _may_send(ledger, station, action):
        station.remark(f"{action} came before the station was accepted")
        text = f"send BootNotification first: {action} is taken from accepted stations only"
        return RpcError("SecurityError", text)
    reply = respond(ledger, station, payload)
    if action != "Heartbeat":
        ledger.keep(station)
    return reply


def _may_send(ledger: Ledger, station: StationRecord, action: str) -> bool:
    if station.registration == "Accepted" or ledger.faulty("serves-before-boot"):
        return True
    return station.registration != "Rejected" and action in station.triggered


def _boot(ledger: Ledger, station: StationRecord, payload: Payload) -> Payload:
    plan = station.plan or ledger.plan
    station.boot = payload
    station.registration = plan.policy
    station.triggered = ()
    return {"status": plan.policy, "currentTime": _clock(ledger), "interval": plan.interval}


def _heartbeat(ledger: Ledger, station: StationRecord, payload: Payload) -> Payload:
    return {"currentTime": _clock(ledger)}


def _clock(ledger: Ledger) -> str:
    behind = timedelta(hours=1 if ledger.faulty("clock-runs-behind") else 0)
    return stamp(ledger.now() - behind)


def _authorize(ledger: Ledger, station: StationRecord, payload: Payload) -> Payload:
    return {"idTagInfo": _outside_start(ledger.token_info(payload["idTag"]))}


def _outside_start(info: Payload) -> Payload:
    """Turn ConcurrentTx, which has a meaning at StartTransaction only (7.2), into Accepted."""
    return {**info, "status": "Accepted"} if info["status"] == "ConcurrentTx" else info


def _start(ledger: Ledger, station: StationRecord, payload: Payload) -> Payload:
    again = _sent_again(station, payload)
    info = _info_at_start(ledger, payload["idTag"], again)
    if again is not None:
        station.remark(f"StartTransaction of transaction {again.id} came again")
        return {"transactionId": again.id, "idTagInfo": info}
    if payload["connectorId"] < 1:
        station.remark("StartTransaction names connector 0, which is the station itself (6.45)")
    for old in station.running(payload["connectorId"]):
        station.remark(f"transaction {old.id} was never stopped: its connector has another now")
        station.transactions[old.id] = replace(old, ended="replaced")
    number = ledger.next_transaction()
    if not ledger.faulty("forgets-transactions"):
        station.add_transaction(
            Transaction(
                id=number,
                connector=payload["connectorId"],
                id_tag=payload["idTag"],
                meter_start=payload["meterStart"],
                started=payload["timestamp"],
                status=info["status"],
                reservation=payload.get("reservationId"),
            )
        )
    station.reservations.pop(payload.get("reservationId", 0), None)
    return {"transactionId": number, "idTagInfo": info}


def _sent_again(station: StationRecord, payload: Payload) -> Transaction | None:
    """Find the running transaction that this very message has started already."""
    for one in station.running(payload["connectorId"]):
        if (one.id_tag, one.meter_start, one.started, one.reservation) == (
            payload["idTag"],
            payload["meterStart"],
            payload["timestamp"],
            payload.get("reservationId"),
        ):
            return one
    return None


def _info_at_start(ledger: Ledger, id_tag: str, again: Transaction | None) -> Payload:
    if ledger.faulty("believes-stations-about-tokens"):
        return {"status": "Accepted"}
    info = ledger.token_info(id_tag)
    busy = any(
        same_token(one.id_tag, id_tag)
        for station in ledger.stations.values()
        for one in station.running()
        if one is not again
    )
    if ledger.options.one_transaction_per_token and busy and info["status"] == "Accepted":
        return {**info, "status": "ConcurrentTx"}
    return info


def _stop(ledger: Ledger, station: StationRecord, payload: Payload) -> Payload:
    number = payload["transactionId"]
    known = station.transactions.get(number)
    if known is not None and known.stopped == payload["timestamp"]:
        station.remark(f"StopTransaction of transaction {number} came again")
    elif known is not None:
        station.transactions[number] = replace(
            known,
            ended="stopped",
            meter_stop=payload["meterStop"],
            stopped=payload["timestamp"],
            reason=payload.get("reason", "Local"),
            stopped_by=payload.get("idTag"),
        )
        station.add_samples(number, payload.get("transactionData", []))
        if payload["meterStop"] < known.meter_start:
            station.remark(f"transaction {number} ends with less energy than it began with")
    elif number != UNDELIVERED:
        station.remark(f"StopTransaction names transaction {number}, which is not known")
    # Whatever it says, it is answered: a station cannot be kept from stopping (4.10).
    if "idTag" not in payload:
        return {}
    return {"idTagInfo": _outside_start(ledger.token_info(payload["idTag"]))}


def _meter_values(ledger: Ledger, station: StationRecord, payload: Payload) -> Payload:
    number = payload.get("transactionId")
    if number not in (None, UNDELIVERED) and number not in station.transactions:
        station.remark(f"MeterValues names transaction {number}, which is not known")
    station.add_samples(number if number in station.transactions else 0, payload["meterValue"])
    return {}


def _status(ledger: Ledger, station: StationRecord, payload: Payload) -> Payload:
    number = payload["connectorId"]
    if number and payload["status"] == "Available":  # or it would be Reserved
        kept = station.reservations.items()
        station.reservations = {n: one for n, one in kept if one.connector != number}
    station.connectors[payload["connectorId"]] = Connector(
        status=payload["status"],
        error_code=payload["errorCode"],
        at=payload.get("timestamp") or ledger.stamp(),
        info=payload.get("info"),
        vendor_id=payload.get("vendorId"),
        vendor_error_code=payload.get("vendorErrorCode"),
    )
    return {}


def _data_transfer(ledger: Ledger, station: StationRecord, payload: Payload) -> Payload:
    messages = ledger.options.vendors.get(payload["vendorId"])
    if messages is None:
        return {"status": "UnknownVendorId"}
    if messages and payload.get("messageId") not in messages:
        return {"status": "UnknownMessageId"}
    station.notices["DataTransfer"] = payload
    return {"status": "Accepted"}


def _notice(action: str) -> "Respond":
    def respond(ledger: Ledger, station: StationRecord, payload: Payload) -> Payload:
        station.notices[action] = payload
        return {}

    return respond


def _security_event(ledger: Ledger, station: StationRecord, payload: Payload) -> Payload:
    station.notices["SecurityEventNotification"] = payload
    station.add_security_event(payload | {"received": ledger.stamp()})
    return {}


Respond = Callable[[Ledger, StationRecord, Payload], Payload]
FILE_NOTICES = (
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "SignedFirmwareStatusNotification",
)
ANSWERS: Mapping[str, Respond] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "DataTransfer": _data_transfer,
    "Heartbeat": _heartbeat,
    "MeterValues": _meter_values,
    "SecurityEventNotification": _security_event,
    "SignCertificate": sign_certificate,
    "StartTransaction": _start,
    "StatusNotification": _status,
    "StopTransaction": _stop,
    **{action: _notice(action) for action in FILE_NOTICES},
}
