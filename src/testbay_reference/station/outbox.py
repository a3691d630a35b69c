"""The messages that have to reach the CSMS in OCPP 1.6: those of transactions (3.7)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from testbay_reference import outbox as shared
from testbay_reference.link import RpcError
from testbay_reference.outbox import Keeping, Result
from testbay_reference.station.context import Context, Payload


@dataclass(slots=True)
class TransactionMessage:
    """A transaction-related message (3.7).

    Args:
        transaction: the station's own number of the transaction, of which the CSMS's id is put
            into the payload when the message is sent.
        attempts: how often the CSMS failed to process it.
    """

    action: str
    payload: Payload
    transaction: int
    attempts: int = 0


Outbox = shared.Outbox[TransactionMessage]


def outbox(
    context: Context,
    address: Callable[[TransactionMessage], Payload],
    delivered: Callable[[TransactionMessage, Result], None],
) -> Outbox:
    """Return what sends the messages of a station.

    Args:
        address: gives the payload of a transaction message its transactionId.
        delivered: hears the end of each transaction message.
    """

    def again(message: TransactionMessage, result: RpcError) -> float | None:
        what = f"{message.action} failed: {result.code} {result.description}".rstrip()
        context.note(f"{what} (attempt {message.attempts})")
        if message.attempts >= context.config.number("TransactionMessageAttempts"):
            return None
        return context.config.number("TransactionMessageRetryInterval") * message.attempts

    turned = "delivers-newest-values-first" in context.faults
    keeping = Keeping(
        read=TransactionMessage,
        request=lambda message: (message.action, address(message)),
        again=again,
        delivered=delivered,
        opened=_turn_round if turned else None,
    )
    return Outbox(context, keeping)


def _turn_round(queue: deque[TransactionMessage]) -> None:
    places = [at for at, message in enumerate(queue) if message.action == "MeterValues"]
    values = [queue[at] for at in places]
    for at, message in zip(places, reversed(values), strict=True):
        queue[at] = message
