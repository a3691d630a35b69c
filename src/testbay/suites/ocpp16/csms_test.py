"""The verbs of a case whose system under test is a CSMS; the tool is its station."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testbay.roles.station_model16 import StationModel16
from testbay.scenario.checks import Judges, eq
from testbay.scenario.test import Test
from testbay.scenario.values import Payload, Received
from testbay.scenario.verdict import StopCase
from testbay.suites.ocpp16.actions import RECONNECT
from testbay.suites.ocpp16.configured import cfg

ACCEPTED = {"status": "Accepted"}
"""As ``reply=``: the station does what it is asked for."""

TOKEN_ACCEPTED = eq("idTagInfo.status", "Accepted")
"""The CSMS lets the token charge."""

CHOSEN = ("RemoteStartTransaction", "RemoteStopTransaction", "UnlockConnector")
AMBIENT = (
    *("ChangeConfiguration", "DataTransfer", "GetConfiguration", "GetLocalListVersion"),
    *("SendLocalList", "TriggerMessage", "@connect"),
)
COLD_STARTS = ("TC_001_CSMS",)  # they boot the station themselves
MOST_BOOTS = 5
LONGEST_PENDING = 300  # s, until the next boot
MOST_ROUNDS = 10


@dataclass
class CsmsTest(Test):
    """A case against a CSMS."""

    model: StationModel16

    # -- what the engine asks of the suite --------------------------------------------------------

    def answer_matters(self, message: Received) -> bool:
        """Return whether steps choose between answers to this message."""
        return message.action in CHOSEN

    def ambient(self, message: Received) -> bool:
        """Return whether it may come at any time; that a CSMS hangs up is worth a remark."""
        if message.action == "@closed":
            return bool(message.get("by") == "us")
        return message.action in AMBIENT

    async def prepare(self) -> None:
        """Bring the simulated station to where every case begins (1.3): accepted and idle."""
        from testbay.suites.ocpp16.states.csms import booted

        self.undo(self.return_to_idle)
        if self.model.resetting:
            await self.link("restart", RECONNECT)
        if self.recorder.case in COLD_STARTS and not self.model.transactions:
            return
        if not self.model.registered:
            await self.reach(booted)
            await self.settle()
        await self.return_to_idle()
        self.box.put_aside("idle/put aside")  # what the CSMS said meanwhile is no step of the case

    async def settle(self) -> None:
        """Let the CSMS say all it has to say to a station that has booted."""
        for _ in range(MOST_ROUNDS):
            start = self.mark()
            await self.wait(cfg.settle_time, "what a CSMS sends after a boot has come by then")
            if self.mark() == start:
                return

    async def return_to_idle(self) -> None:
        """Stop what runs, and report every connector as available and in operation."""
        if not self.model.registered:
            return
        self.model.inoperative.clear()
        with self.recorder.under("idle"):
            for transaction in list(self.model.transactions.values()):
                await self.stop(1, "Local", transaction.connector)
            for connector in range(self.value(cfg.number_of_connectors) + 1):
                if self.model.statuses.get(connector) != "Available":
                    await self.status(3, "Available", connector)

    # -- what cases ask ---------------------------------------------------------------------------

    @property
    def charging(self) -> bool:
        """Whether a transaction runs on the connector of the cases, and energy flows."""
        here = self.value(cfg.connector_id)
        return here in self.model.transactions and self.model.statuses.get(here) == "Charging"

    @property
    def transaction(self) -> int:
        """The id that the CSMS has given to the transaction on the connector of the cases."""
        return self.transaction_at(cfg.connector_id)

    def transaction_at(self, connector: Any) -> int:
        """Return the id of the transaction on a connector; without one the case ends."""
        running = self.model.transactions.get(self.value(connector))
        if running is None:
            why = "the CSMS has given no transaction id, but the case needs one"
            raise StopCase(self.recorder.bad, why)
        return running.id

    def check_registered(self) -> None:
        """End the case where the CSMS has not accepted the boot: then nothing may be sent (4.2)."""
        if not self.model.registered:
            seen = self.model.registration or "it has hung up"
            why = f"the CSMS has not accepted the station, which must not go on then: {seen}"
            raise StopCase(self.recorder.bad, why)

    def interval(self, answer: Payload, otherwise: Any = cfg.heartbeat_interval) -> float:
        """Return the interval of an answer to a boot (s); 0 leaves it to the station (4.2)."""
        given = answer.get("interval")
        return float(given if isinstance(given, int) and given > 0 else self.value(otherwise))

    # -- verbs: what the station sends ------------------------------------------------------------

    async def boot(self, step: int | str, *checks: Judges) -> Payload:
        """Send a BootNotification."""
        payload = {"chargePointVendor": cfg.vendor_name, "chargePointModel": cfg.model}
        return await self.call(step, "BootNotification", payload, *checks)

    async def status(self, step: int, status: str, connector: Any = cfg.connector_id) -> None:
        """Report the status of a connector."""
        await self.call(
            step,
            "StatusNotification",
            {
                "connectorId": connector,
                "errorCode": "NoError",
                "status": status,
                "timestamp": self.stamp(),
            },
        )

    async def connectors_report(self, step: int, status: str) -> None:
        """Report the status of connector 0 and of each connector, as one does after a boot."""
        self.check_registered()
        for connector in range(self.value(cfg.number_of_connectors) + 1):
            with self.round(f"connector {connector}"):
                await self.status(step, status, connector)

    async def authorize(
        self, step: int, *checks: Judges, id_tag: Any = cfg.valid_id_tag
    ) -> Payload:
        """Ask whether a token may charge."""
        return await self.call(step, "Authorize", {"idTag": id_tag}, *checks)

    async def start(self, step: int, *checks: Judges, id_tag: Any = cfg.valid_id_tag) -> Payload:
        """Tell that a transaction has started on the connector of the cases."""
        here = self.value(cfg.connector_id)
        return await self.call(
            step,
            "StartTransaction",
            {
                "connectorId": cfg.connector_id,
                "idTag": id_tag,
                "meterStart": self.model.meter(here, self.now()),
                "timestamp": self.stamp(),
            },
            *checks,
        )

    async def stop(self, step: int, reason: str, connector: Any = cfg.connector_id) -> Payload:
        """Tell that the transaction on a connector has ended."""
        here = self.value(connector)
        return await self.call(
            step,
            "StopTransaction",
            {
                "transactionId": self.transaction_at(connector),
                "meterStop": self.model.meter(here, self.now()),
                "timestamp": self.stamp(),
                "reason": reason,
            },
        )
