"""The verbs of a case whose system under test is a CSMS; the tool is its station."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from testbay.roles.station_model16 import StationModel16
from testbay.scenario.checks import Judges, eq
from testbay.scenario.test import Test
from testbay.scenario.values import Payload, Received
from testbay.scenario.verdict import StopCase
from testbay.suites.ocpp16.actions import CHANGE_AVAILABILITY, CUT, DIAL, RECONNECT
from testbay.suites.ocpp16.checks import HERE
from testbay.suites.ocpp16.configured import cfg

ACCEPTED = {"status": "Accepted"}
"""As ``reply=``: the station does what it is asked for."""

REJECTED = {"status": "Rejected"}
"""As ``reply=``: the station does not do what it is asked for."""

TOKEN_ACCEPTED = eq("idTagInfo.status", "Accepted")
"""The CSMS lets the token charge."""

CHOSEN = (
    *("CancelReservation", "ClearChargingProfile", "GetDiagnostics", "GetLocalListVersion"),
    *("RemoteStartTransaction", "RemoteStopTransaction", "ReserveNow", "SendLocalList"),
    *("SetChargingProfile", "TriggerMessage", "UnlockConnector"),
)
AMBIENT = (
    *("ChangeConfiguration", "ClearChargingProfile", "DataTransfer", "GetCompositeSchedule"),
    *("GetConfiguration", "GetLocalListVersion", "SendLocalList", "SetChargingProfile"),
    *("TriggerMessage", "@connect"),
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
        return message.action in CHOSEN and self.recorder.phase == "main"

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

    def begin(self) -> None:
        """Keep what the CSMS said during the preparations from the steps of the case."""
        self.box.put_aside("before/put aside")

    async def settle(self) -> None:
        """Let the CSMS say all it has to say to a station that has booted."""
        for _ in range(MOST_ROUNDS):
            start = self.mark()
            await self.wait(cfg.settle_time, "what a CSMS sends after a boot has come by then")
            if self.mark() == start:
                return

    async def return_to_idle(self) -> None:
        """Stop what runs, and report every connector as available and in operation."""
        self.model.forget()
        if not self.model.registered:
            return
        with self.recorder.under("idle"):
            for transaction in list(self.model.transactions.values()):
                await self.stop(1, "Local", transaction.connector)
            for connector in range(self.value(cfg.number_of_connectors) + 1):
                if self.model.statuses.get(connector) != "Available":
                    await self.status(3, "Available", connector)
            for action, status in self.model.unfinished():
                await self.call(5, action, {"status": status})

    async def operative_again(self) -> None:
        """Have the CSMS put back into operation what a case has had taken out of it."""
        self.manual(CHANGE_AVAILABILITY(operative=True))
        await self.expect(1, "ChangeAvailability", eq("type", "Operative"), where=HERE)

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

    def arrived(self, message: Received) -> datetime:
        """Return when a message came."""
        return self.now() - timedelta(seconds=self.recorder.elapsed() - message.at)

    @property
    def reservation(self) -> int:
        """The id that the CSMS has given to the reservation that the connector is used with."""
        found = self.model.reservations.at(self.value(cfg.connector_id), self.now())
        if found is None:
            raise StopCase(self.recorder.bad, "nothing is reserved, but the case needs it")
        return found.id

    def meter(self, connector: Any, when: str) -> int:
        """Return what the meter of a connector reads at a time stamp (Wh)."""
        return self.model.meter(self.value(connector), datetime.fromisoformat(when))

    @property
    def wanted_limit(self) -> float:
        """The limit that cases set: 6 A, or 6000 W."""
        return 6.0 if self.value(cfg.charging_rate_unit) == "A" else 6000.0

    def drop_reservations(self) -> None:
        """Cancel at the station what is reserved there, without a word to the CSMS."""
        self.model.reservations.made.clear()

    def remark(self, text: str) -> None:
        """Tell the reader of the report something that is not judged."""
        self.recorder.remark(text)

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

    async def status(
        self, step: int, status: str, connector: Any = cfg.connector_id, error: str = "NoError"
    ) -> None:
        """Report the status of a connector."""
        await self.call(
            step,
            "StatusNotification",
            {
                "connectorId": connector,
                "errorCode": error,
                "status": status,
                "timestamp": self.stamp(),
            },
        )

    async def connectors_report(
        self, step: int, status: str, *, here: str = "", first: int = 0
    ) -> None:
        """Report the status of connector 0 and of each connector, as one does after a boot.

        Args:
            here: the status of the connector of the cases, if it is another one.
            first: 1 leaves out connector 0, the station.
        """
        self.check_registered()
        for connector in range(first, self.value(cfg.number_of_connectors) + 1):
            mine = here and connector == self.value(cfg.connector_id)
            with self.round(f"connector {connector}"):
                await self.status(step, here if mine else status, connector)

    async def authorize(
        self, step: int, *checks: Judges, id_tag: Any = cfg.valid_id_tag
    ) -> Payload:
        """Ask whether a token may charge."""
        return await self.call(step, "Authorize", {"idTag": id_tag}, *checks)

    async def start(
        self,
        step: int,
        *checks: Judges,
        id_tag: Any = cfg.valid_id_tag,
        at: str = "",
        reserved: bool = False,
    ) -> Payload:
        """Tell that a transaction has started on the connector of the cases.

        Args:
            at: the time stamp of its start, where that was earlier.
            reserved: whether it uses the reservation of the connector.
        """
        when = at or self.stamp()
        payload = {
            "connectorId": cfg.connector_id,
            "idTag": id_tag,
            "meterStart": self.meter(cfg.connector_id, when),
            "timestamp": when,
        }
        if reserved:
            payload = {**payload, "reservationId": self.reservation}
        return await self.call(step, "StartTransaction", payload, *checks)

    async def stop(
        self, step: int, reason: str, connector: Any = cfg.connector_id, at: str = ""
    ) -> Payload:
        """Tell that the transaction on a connector has ended.

        Args:
            at: the time stamp of its end, where that was earlier.
        """
        when = at or self.stamp()
        return await self.call(
            step,
            "StopTransaction",
            {
                "transactionId": self.transaction_at(connector),
                "meterStop": self.meter(connector, when),
                "timestamp": when,
                "reason": reason,
            },
        )

    async def meter_values(self, step: int) -> None:
        """Send the present reading of the meter at the connector of the cases."""
        when = self.stamp()
        reading = {
            "value": str(self.meter(cfg.connector_id, when)),
            "context": "Trigger",
            "measurand": "Energy.Active.Import.Register",
            "unit": "Wh",
        }
        await self.call(
            step,
            "MeterValues",
            {
                "connectorId": cfg.connector_id,
                "meterValue": [{"timestamp": when, "sampledValue": [reading]}],
            },
        )

    async def firmware(self, step: int, status: str) -> None:
        """Report how the update of the firmware goes."""
        await self.call(step, "FirmwareStatusNotification", {"status": status})

    async def diagnostics(self, step: int, status: str) -> None:
        """Report how the upload of diagnostics goes."""
        await self.call(step, "DiagnosticsStatusNotification", {"status": status})

    # -- verbs: the connection --------------------------------------------------------------------

    async def go_offline(self, step: int) -> None:
        """Lose the connection, and go on."""
        self.model.offline = True
        await self.link(step, CUT)

    async def lose_power(self, step: int) -> None:
        """Go down without a word."""
        await self.link(step, CUT)

    async def come_back(self, step: int) -> None:
        """Connect again, after it was lost or the station was without power."""
        await self.link(step, DIAL)
