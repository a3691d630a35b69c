"""The messages that have to reach the CSMS in OCPP 2.0.1: events of transactions (E04, E13)."""

from collections.abc import Callable
from dataclasses import dataclass

from testbay_reference import outbox as shared
from testbay_reference.link import RpcError
from testbay_reference.outbox import Keeping, Result
from testbay_reference.station201.context import Context, Payload

EVENT = "TransactionEvent"


@dataclass(slots=True)
class Event:
    """An event of a transaction that has to reach the CSMS (E04, E13).

    Args:
        attempts: how often it was sent without an answer.
    """

    payload: Payload
    attempts: int = 0

    @property
    def transaction(self) -> str:
        """Return the id of the transaction."""
        return str(self.payload["transactionInfo"]["transactionId"])


Outbox = shared.Outbox[Event]


def outbox(context: Context, delivered: Callable[[Payload, Result], None]) -> Outbox:
    """Return what sends the messages of a station.

    Args:
        delivered: hears the answer to each event of a transaction, or that there was none.
    """

    def again(event: Event, result: RpcError) -> float | None:
        """Return the pause, which grows (E13.FR.03)."""
        variables = context.variables
        context.note(f"{EVENT} failed: {result.code} (attempt {event.attempts})")
        most = variables.number(f"OCPPCommCtrlr.MessageAttempts[{EVENT}]")
        if event.attempts >= most + ("repeats-once-more" in context.faults):
            return None
        pause = variables.number(f"OCPPCommCtrlr.MessageAttemptInterval[{EVENT}]")
        return pause * event.attempts

    honest = "forgets-offline" not in context.faults
    keeping = Keeping(
        read=Event,
        request=lambda event: (EVENT, event.payload),
        again=again,
        delivered=lambda event, result: delivered(event.payload, result),
        offline=_offline if honest else None,
    )
    return Outbox(context, keeping)


def _offline(event: Event) -> None:
    event.payload["offline"] = True
