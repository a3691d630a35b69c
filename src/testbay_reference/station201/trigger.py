"""Messages that the CSMS asks for (F06)."""

from collections.abc import Callable, Mapping

from testbay_reference.link import Answer, Reply
from testbay_reference.registration import Heartbeat, Registration
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.evse import Evse
from testbay_reference.station201.metering import Metering
from testbay_reference.station201.notifier import Notifier
from testbay_reference.station201.outbox import Outbox
from testbay_reference.station201.registration import boot
from testbay_reference.station201.sessions import Sessions

MEASURANDS = "AlignedDataCtrlr.Measurands"
CONTEXT = "Trigger"


class Trigger:
    """Answer TriggerMessage, and send what was asked for once it is answered."""

    def __init__(
        self,
        context: Context,
        evses: Mapping[int, Evse],
        outbox: Outbox,
        notifier: Notifier,
        metering: Metering,
        sessions: Sessions,
        registration: Registration,
        heartbeat: Heartbeat,
    ) -> None:
        self._context = context
        self._evses = evses
        self._outbox = outbox
        self._notifier = notifier
        self._metering = metering
        self._sessions = sessions
        self._registration = registration
        self._heartbeat = heartbeat
        self.statuses: dict[str, Callable[[], Payload]] = {
            "FirmwareStatusNotification": lambda: {"status": "Idle"},
            "LogStatusNotification": lambda: {"status": "Idle"},
        }

    def answer(self, payload: Payload) -> Answer:
        """Say whether the message will come."""
        name, evse = payload["requestedMessage"], payload.get("evse")
        if evse is not None and evse["id"] not in self._evses:
            return {"status": "Rejected"}
        meant = [e for n, e in self._evses.items() if evse is None or n == evse["id"]]
        send = self._sending(name, evse, meant)
        if send is None or name in self._context.options.not_triggered:
            return {"status": "NotImplemented"}
        if name == "BootNotification" and self._registration.accepted:
            return Reply({"status": "Rejected"}, self._boot_anyway)  # F06.FR.17
        if name == "TransactionEvent" and not any(e.transaction for e in meant):
            return {"status": "Rejected"}
        if "trigger-does-nothing" in self._context.faults:
            return {"status": "Accepted"}
        return Reply({"status": "Accepted"}, send)

    def _boot_anyway(self) -> None:
        if "boots-though-rejected" in self._context.faults:
            self._outbox.send("BootNotification", boot(self._context, "Triggered"))

    def _sending(
        self, name: str, evse: Payload | None, meant: list[Evse]
    ) -> Callable[[], None] | None:
        match name:
            case "BootNotification":
                return lambda: self._registration.hurry("Triggered")
            case "Heartbeat":
                return self._heartbeat.send
            case "MeterValues":
                return lambda: self._meter_values(meant)
            case "StatusNotification":
                return lambda: self._status(evse, meant)
            case "TransactionEvent":
                return lambda: self._events(meant)
            case _ if name in self.statuses:
                return lambda: self._outbox.send(name, self.statuses[name]())
        return None

    def _meter_values(self, meant: list[Evse]) -> None:
        for evse in meant:
            values = self._metering.values(evse, MEASURANDS, CONTEXT)
            self._outbox.send("MeterValues", {"evseId": evse.number, "meterValue": values})

    def _status(self, evse: Payload | None, meant: list[Evse]) -> None:
        for one in meant:
            for connector in one.outlets:
                if evse is None or evse.get("connectorId", connector) == connector:
                    self._notifier.report(one.number, connector)

    def _events(self, meant: list[Evse]) -> None:
        for evse in meant:
            if evse.transaction is not None:
                evse.transaction.state = ""  # so that the event tells it again
                values = self._metering.values(
                    evse, "SampledDataCtrlr.TxUpdatedMeasurands", CONTEXT
                )
                self._sessions.periodic(evse, "Trigger", values)
