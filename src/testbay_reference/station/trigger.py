"""The remote trigger profile: messages that the station sends because the CSMS asks (5.17)."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from testbay_reference.link import Answer, Reply, Rpc
from testbay_reference.registration import Heartbeat, Registration
from testbay_reference.station.connector import Connector
from testbay_reference.station.context import Context, Payload
from testbay_reference.station.notifier import Notifier
from testbay_reference.station.outbox import Outbox
from testbay_reference.station.transactions import Transactions

NOWHERE = (None,)


@dataclass(frozen=True, slots=True)
class Message:
    """How one kind of message is sent when it is asked for.

    Args:
        send: is called once for each connector, or once with None if they do not matter.
        connectors: those that there can be such a message of.
        allowed: whether the station is willing now.
    """

    send: Callable[[int | None], None]
    connectors: tuple[int | None, ...] = NOWHERE
    allowed: Callable[[], bool] = lambda: True


class Trigger:
    """Answer TriggerMessage, and send what was asked for after the answer.

    While the registration is Pending, only such messages may be sent (4.2); the outbox is closed
    then, so they go out past it.

    Other parts of the station put what they can send into `messages`, for TriggerMessage, and into
    `extended`, for ExtendedTriggerMessage (security whitepaper 5.5).

    Args:
        connection: the open connection.
    """

    def __init__(
        self,
        context: Context,
        connectors: Mapping[int, Connector],
        transactions: Transactions,
        notifier: Notifier,
        registration: Registration,
        heartbeat: Heartbeat,
        connection: Callable[[], Rpc | None],
    ) -> None:
        self._context = context
        self._transactions = transactions
        self._notifier = notifier
        self._registration = registration
        self._heartbeat = heartbeat
        self._outbox: Outbox = transactions.outbox
        self._connection = connection
        numbers = tuple(connectors)
        self.messages: dict[str, Message] = {
            "BootNotification": Message(self._boot, allowed=lambda: not registration.accepted),
            "Heartbeat": Message(self._beat),
            "MeterValues": Message(self._read_meter, numbers),
            "StatusNotification": Message(self._report, (0, *numbers)),
        }
        self.extended = dict(self.messages)

    @property
    def handlers(self) -> dict[str, Any]:
        """Return the handlers by action."""
        return {"TriggerMessage": self.obey}

    async def obey(self, payload: Payload) -> Answer:
        """Answer TriggerMessage."""
        return await self._trigger(payload, self.messages)

    async def obey_extended(self, payload: Payload) -> Answer:
        """Answer ExtendedTriggerMessage."""
        return await self._trigger(payload, self.extended)

    def say(self, action: str, payload: Payload) -> None:
        """Send a message that was asked for, accepted by the CSMS or not."""
        rpc = self._connection()
        if self._outbox.online:
            self._outbox.send(action, payload)
        elif rpc is not None:
            self._context.spawn(_call(rpc, action, payload), f"triggered {action}")

    async def _trigger(self, payload: Payload, messages: Mapping[str, Message]) -> Answer:
        wanted, number = payload["requestedMessage"], payload.get("connectorId")
        faults = self._context.faults
        message = messages.get(wanted)
        if message is None:
            return {"status": "NotImplemented"}
        numbers = message.connectors
        if numbers != NOWHERE and number is not None:
            known = number in numbers
            numbers = (number,) if known else numbers[-1:]
        else:
            known = True
            if "trigger-first-connector-only" in faults:
                numbers = numbers[:1]

        def send() -> None:
            for each in numbers:
                message.send(each)

        # 4.2: nothing but BootNotification before the CSMS has answered Accepted or Pending.
        reached = self._registration.status is not None or wanted == "BootNotification"
        if not known or not reached or not message.allowed():
            if "rejected-trigger-sends" in faults:
                return Reply({"status": "Rejected"}, send)
            return {"status": "Rejected"}
        if "trigger-does-nothing" in faults:
            return {"status": "Accepted"}
        if "triggers-before-answer" in faults:
            send()
            await asyncio.sleep(0.1)
            return {"status": "Accepted"}
        return Reply({"status": "Accepted"}, send)

    def _boot(self, _connector: int | None) -> None:
        self._registration.hurry()

    def _beat(self, _connector: int | None) -> None:
        if self._outbox.online:
            self._heartbeat.send()
        else:
            self.say("Heartbeat", {})

    def _report(self, connector: int | None) -> None:
        number = connector or 0
        if self._outbox.online:
            self._notifier.report(number)
        else:
            self.say("StatusNotification", self._notifier.payload(number))

    def _read_meter(self, connector: int | None) -> None:
        number = connector or 0
        transaction = self._transactions.on(number)
        items = self._context.config.items("MeterValuesSampledData")
        stamp = self._context.stamp()
        if transaction is not None and self._outbox.online:
            self._transactions.send_values(transaction, items, "Trigger", stamp)
        else:
            values = self._transactions.reading(number, items, "Trigger", stamp)
            self.say("MeterValues", {"connectorId": number, "meterValue": [values]})


async def _call(rpc: Rpc, action: str, payload: Payload) -> None:
    await rpc.call(action, payload)
