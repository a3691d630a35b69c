"""Transactions and their messages: begun, sampled, ended, delivered in order (3.7, 4.8, 4.10)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from testbay_reference.hardware import Outlet
from testbay_reference.link import RpcError
from testbay_reference.outbox import Result
from testbay_reference.station.context import Context, Payload
from testbay_reference.station.measurands import sample
from testbay_reference.station.outbox import TransactionMessage, outbox

UNDELIVERED = -1  # transactionId when StartTransaction could not be delivered (errata 3.18)


@dataclass(slots=True)
class Transaction:
    """One transaction, by the station's own number.

    Args:
        transaction_id: what the CSMS calls it, as soon as it is known.
        data: what StopTransaction will tell about it.
        last_seen, last_meter: the last reading that was kept, for a loss of power.
        refused: the CSMS did not accept its token.
        ended: only its messages are still to be delivered.
    """

    number: int
    connector: int
    id_tag: str
    parent: str | None
    meter_start: int
    last_meter: int
    last_seen: str
    transaction_id: int | None = None
    data: list[Payload] = field(default_factory=list)
    refused: bool = False
    ended: bool = False


KEPT = tuple(one.name for one in fields(Transaction))
"""What is stored of a transaction; the store copies it, however long it has grown."""


class Transactions:
    """Keep the transactions of the station and write their messages.

    Args:
        learned: hears every idTagInfo that comes back, with its token.
        refused: hears of a running transaction whose token the CSMS does not accept.
    """

    def __init__(
        self,
        context: Context,
        outlets: Mapping[int, Outlet],
        learned: Callable[[str, Payload], None],
        refused: Callable[[Transaction], None],
    ) -> None:
        self._context = context
        self._outlets = outlets
        self._learned = learned
        self._refused = refused
        stored: list[dict[str, Any]] = context.store.get("transactions", [])
        self._records = {entry["number"]: Transaction(**entry) for entry in stored}
        self._running: dict[int, Transaction] = {}
        self.outbox = outbox(context, self._addressed, self._delivered)

    @property
    def running(self) -> tuple[Transaction, ...]:
        """Return the running transactions."""
        return tuple(self._running.values())

    def on(self, connector: int) -> Transaction | None:
        """Return the transaction that runs on a connector."""
        return self._running.get(connector)

    def find(self, transaction_id: int) -> Transaction | None:
        """Return a running transaction by the id that the CSMS gave it."""
        for transaction in self._running.values():
            if transaction.transaction_id == transaction_id:
                return transaction
        return None

    def begin(
        self, connector: int, id_tag: str, parent: str | None, reservation: int | None = None
    ) -> Transaction:
        """Begin a transaction and queue its StartTransaction.

        Args:
            reservation: reservationId of the reservation that it fulfils.
        """
        number = int(self._context.store.get("last_transaction", 0)) + 1
        self._context.store.set("last_transaction", number)
        stamp, meter = self._context.stamp(), self._meter(connector)
        transaction = Transaction(number, connector, id_tag, parent, meter, meter, stamp)
        self._records[number] = self._running[connector] = transaction
        payload = {
            "connectorId": connector,
            "idTag": id_tag,
            "meterStart": meter,
            "timestamp": stamp,
        }
        if reservation is not None:
            payload["reservationId"] = reservation
        if "never-starts" in self._context.faults:
            transaction.transaction_id = UNDELIVERED
        else:
            self._queue(transaction, "StartTransaction", payload)
        self.collect(transaction, self._stop_items(), "Transaction.Begin", stamp)
        self._context.note(f"connector {connector}: transaction begun for {id_tag}")
        return transaction

    def end(self, transaction: Transaction, reason: str, id_tag: str | None = None) -> None:
        """End a transaction now and queue its StopTransaction.

        Args:
            reason: as OCPP names it.
            id_tag: the token that ended it, if one did.
        """
        stamp, meter = self._context.stamp(), self._meter(transaction.connector)
        self.collect(transaction, self._stop_items(), "Transaction.End", stamp)
        del self._running[transaction.connector]
        self._end(transaction, reason, id_tag, stamp, meter)

    def recover(self, goes_on: Callable[[Transaction], bool]) -> tuple[Transaction, ...]:
        """End what was running when the station was cut off, at its last known reading.

        Args:
            goes_on: tells of each transaction whether it can be resumed instead.

        Returns:
            Those that are running again.
        """
        for transaction in tuple(self._records.values()):
            if not transaction.ended and goes_on(transaction):
                self._running[transaction.connector] = transaction
            elif not transaction.ended:
                seen, meter = transaction.last_seen, transaction.last_meter
                self._end(transaction, "PowerLoss", None, seen, meter)
        return self.running

    def send_values(
        self, transaction: Transaction, items: Sequence[str], context: str, stamp: str
    ) -> None:
        """Queue a MeterValues with readings of now."""
        if "no-meter-values" in self._context.faults:
            return
        value = self.reading(transaction.connector, items, context, stamp)
        payload = {"connectorId": transaction.connector, "meterValue": [value]}
        self._queue(transaction, "MeterValues", payload)

    def collect(
        self, transaction: Transaction, items: Sequence[str], context: str, stamp: str
    ) -> None:
        """Keep readings of now for StopTransaction; without items there is nothing to keep."""
        if not items:
            return
        # Errata 3.91: drop intermediate values rather than the first or the last.
        if (
            len(transaction.data)
            >= self._context.config.number("StopTransactionMaxMeterValues") - 1
        ):
            del transaction.data[1::2]
        value = self.reading(transaction.connector, items, context, stamp)
        transaction.data.append(value)

    def keep(self) -> None:
        """Keep transactions and meter readings where they survive."""
        stamp = self._context.stamp()
        for transaction in self._running.values():
            transaction.last_meter = self._meter(transaction.connector)
            transaction.last_seen = stamp
        store, time = self._context.store, self._context.timers.time()
        records = [{n: getattr(one, n) for n in KEPT} for one in self._records.values()]
        store.set("transactions", records)
        meters = {str(number): outlet.meter.exact(time) for number, outlet in self._outlets.items()}
        store.set("meters", meters)

    def _end(
        self,
        transaction: Transaction,
        reason: str,
        id_tag: str | None,
        stamp: str,
        meter: int,
    ) -> None:
        transaction.ended = True
        payload: Payload = {"meterStop": meter, "timestamp": stamp, "reason": reason}
        if id_tag is not None:
            payload["idTag"] = id_tag
        if transaction.data and self._stop_items():
            payload["transactionData"] = transaction.data
        transaction.data = []
        lost = "reset-keeps-transaction" in self._context.faults and reason.endswith("Reset")
        if lost or "never-stops" in self._context.faults:
            self._records.pop(transaction.number)
        else:
            self._queue(transaction, "StopTransaction", payload)
        self.keep()
        where = f"connector {transaction.connector}"
        self._context.note(f"{where}: transaction ended ({reason}), meter {meter} Wh")

    def _queue(self, transaction: Transaction, action: str, payload: Payload) -> None:
        lost = action == "MeterValues" and not self.outbox.online
        if lost and "drops-offline-meter-values" in self._context.faults:
            return
        self.outbox.keep(TransactionMessage(action, payload, transaction.number))
        self.keep()

    def _addressed(self, message: TransactionMessage) -> Payload:
        if message.action == "StartTransaction":
            return message.payload
        record = self._records.get(message.transaction)
        known = record.transaction_id if record is not None else None
        if "stamps-values-at-delivery" in self._context.faults:
            for value in message.payload.get("meterValue", ()):
                value["timestamp"] = self._context.stamp()
        return message.payload | {"transactionId": UNDELIVERED if known is None else known}

    def _delivered(self, message: TransactionMessage, result: Result) -> None:
        record = self._records.get(message.transaction)
        if message.action == "StartTransaction" and record is not None:
            self._started(record, result)
        elif message.action == "StopTransaction":
            self._records.pop(message.transaction, None)
            info = {} if isinstance(result, RpcError) else result.get("idTagInfo", {})
            if info and "idTag" in message.payload:
                self._learned(message.payload["idTag"], info)
        self.keep()

    def _started(self, transaction: Transaction, result: Result) -> None:
        if isinstance(result, RpcError):
            transaction.transaction_id = UNDELIVERED
            return
        transaction.transaction_id = result["transactionId"]
        info = result["idTagInfo"]
        transaction.parent = info.get("parentIdTag", transaction.parent)
        self._learned(transaction.id_tag, info)
        transaction.refused = info["status"] != "Accepted"
        if transaction.refused and not transaction.ended:
            self._refused(transaction)

    def _meter(self, connector: int) -> int:
        return int(self._outlets[connector].meter.read(self._context.timers.time()))

    def _stop_items(self) -> tuple[str, ...]:
        config = self._context.config
        both = config.items("StopTxnSampledData") + config.items("StopTxnAlignedData")
        return tuple(dict.fromkeys(both))

    def reading(self, connector: int, items: Sequence[str], context: str, stamp: str) -> Payload:
        """Return readings of now as OCPP writes them."""
        outlet = self._outlets[connector]
        time = self._context.timers.time()
        if "meter-misses-measurands" in self._context.faults:
            items = items[:1]
        return {"timestamp": stamp, "sampledValue": sample(outlet, items, context, time)}
