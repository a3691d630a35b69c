"""Sessions: what happens at an EVSE, and which events of a transaction that makes (E01 to E07)."""

from collections.abc import Callable, Mapping
from itertools import count

from testbay_reference.link import Answer, RpcError
from testbay_reference.outbox import Result
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.evse import Evse, Holder, Transaction
from testbay_reference.station201.metering import Metering
from testbay_reference.station201.notifier import Notifier
from testbay_reference.station201.outbox import Event, Outbox

START, STOP = "TxCtrlr.TxStartPoint", "TxCtrlr.TxStopPoint"


class Sessions:
    """Run the sessions of all EVSEs.

    Args:
        idle: hears that an EVSE has become free.
    """

    def __init__(
        self,
        context: Context,
        evses: Mapping[int, Evse],
        outbox: Outbox,
        notifier: Notifier,
        metering: Metering,
        idle: Callable[[Evse], None],
    ) -> None:
        self._context = context
        self._evses = evses
        self._outbox = outbox
        self._notifier = notifier
        self._metering = metering
        self._idle = idle
        self.arrived: Callable[[Evse], None] = lambda evse: None
        """Hears that somebody begins a session at an EVSE that is reserved for that token."""
        self._numbers = count(int(context.store.get("transactions", 0)) + 1)

    # -- what happens -----------------------------------------------------------------------------

    def occupy(self, evse: Evse) -> None:
        """See a vehicle in the parking bay."""
        before = evse.points()
        evse.bay = True
        self.event(evse, "EVDetected", before)

    def leave(self, evse: Evse) -> None:
        """See the parking bay empty."""
        before = evse.points()
        evse.bay = False
        self.event(evse, "EVDeparted", before, why=evse.stopped or "Local")

    def plugged(self, evse: Evse, before: Mapping[str, bool]) -> None:
        """See the cable in."""
        evse.show_place, evse.keeper = True, None
        self._context.timers.cancel(("connect", evse.number))
        self._notifier.refresh(evse.number)
        self.event(evse, "CablePluggedIn", before)
        self._close(evse)
        if evse.holder is None and "charges-anyway" in self._context.faults:
            self._context.timers.after(("anyway", evse.number), 7.0, lambda: self._anyway(evse))

    def unplugged(self, evse: Evse, before: Mapping[str, bool]) -> None:
        """See the cable out, at the vehicle at least (E09, E10)."""
        self._notifier.refresh(evse.number)
        variables, holder = self._context.variables, evse.holder
        running = evse.transaction is not None
        evse.closed = evse.energy = False
        self._flow(evse)
        if holder is not None and variables.flag("TxCtrlr.StopTxOnEVSideDisconnect", True):
            evse.holder, evse.stopped = None, "EVDisconnected"
        self.event(evse, "EVCommunicationLost", before, why=evse.stopped or "EVDisconnected")
        if running and evse.transaction is None:
            evse.holder = None
        if variables.flag("OCPPCommCtrlr.UnlockOnEVSideDisconnect", True):
            evse.outlet.unlock()
        elif evse.holder is None:
            evse.keeper = holder
        if evse.transaction is None:
            self._free(evse)
        elif evse.holder is not None and evse.outlet.fixed:
            self._wait_for_cable(evse)

    def release(self, evse: Evse) -> None:
        """Give the cable back to whoever has it in the socket still (E09.FR.03)."""
        evse.keeper = None
        evse.outlet.unlock()

    def authorize(self, evse: Evse, holder: Holder, remote_id: int | None = None) -> None:
        """Let a token charge; without a cable it waits for one."""
        if not evse.open_to(holder.token, holder.group):
            return
        if evse.reserved is not None:
            self.arrived(evse)
        before = evse.points()
        evse.holder, evse.show_token, evse.remote_id = holder, True, remote_id
        evse.stopped = ""
        self.event(evse, "RemoteStart" if remote_id is not None else "Authorized", before)
        if evse.holder is None:
            return
        if evse.outlet.halfway and not evse.outlet.lock():
            self._notifier.lock_problem(evse)
        if evse.cable:
            self._close(evse)
        else:
            self._wait_for_cable(evse)

    def stop(self, evse: Evse, trigger: str, why: str) -> None:
        """Take the right to charge away, and end what has to end by that.

        Args:
            trigger: triggerReason of the event.
            why: stoppedReason, where the transaction ends.
        """
        before = evse.points()
        evse.holder, evse.stopped = None, why
        evse.show_token = trigger == "StopAuthorized"
        opens = {"PowerPathClosed", "EnergyTransfer"} & self._points(STOP)
        at_once = bool(opens) and self._context.options.ends_at_once
        at_once |= "Authorized" in self._points(STOP) or trigger == "Deauthorized"
        if at_once or not evse.closed:
            evse.closed = evse.energy = False
            self._flow(evse)
            self.event(evse, trigger, before, why=why)
        else:
            self.event(evse, trigger, before, why=why)
            before = evse.points()
            evse.closed = evse.energy = False
            self._flow(evse)
            self.event(evse, "ChargingStateChanged", before, why=why)
        if evse.transaction is not None and evse.transaction.state not in ("EVConnected", "Idle"):
            self.event(evse, "ChargingStateChanged", evse.points(), why=why)
        evse.outlet.unlock()
        if evse.transaction is None and not evse.cable:
            self._free(evse)

    def vehicle(self, evse: Evse, ready: bool) -> None:
        """See the vehicle take energy, or stop doing so."""
        if not evse.closed or evse.energy == ready:
            return
        before = evse.points()
        evse.energy = ready
        self._flow(evse)
        self.event(evse, "ChargingStateChanged", before, why="StoppedByEV")

    def stopped_by_vehicle(self, evse: Evse) -> None:
        """See the vehicle end its session by ISO 15118: energy and authorization end (E15)."""
        if evse.holder is None:
            return
        before, why = evse.points(), "StoppedByEV"
        evse.holder, evse.stopped, evse.show_token = None, why, False
        evse.closed = evse.energy = False
        self._flow(evse)
        self.event(evse, "StopAuthorized", before, why=why)
        evse.outlet.unlock()

    def lose_power(self, evse: Evse, why: str) -> None:
        """End the transaction of an EVSE because it, or the whole station, goes down."""
        evse.holder, evse.closed, evse.energy, evse.signed = None, False, False, False
        evse.keeper = None
        evse.outlet.unlock()
        self._flow(evse)
        if evse.transaction is not None:
            self._emit(
                evse, "Ended", "AbnormalCondition" if why == "PowerLoss" else "ResetCommand", why
            )
            evse.transaction = None
            self._metering.stop(evse)

    def answered(self, payload: Payload, result: Result) -> None:
        """See the answer to an event: a token that is not accepted ends its session (C15)."""
        if isinstance(result, RpcError):
            return
        info = result.get("idTokenInfo")
        if info is None:
            return
        identity = payload["transactionInfo"]["transactionId"]
        for evse in self._evses.values():
            running = evse.transaction
            if running is None or running.id != identity or evse.holder is None:
                continue
            if info["status"] == "Accepted":
                evse.holder = evse.holder.within(info.get("groupIdToken", {}).get("idToken"))
            elif self._context.variables.flag("TxCtrlr.StopTxOnInvalidId", True):
                self.stop(evse, "Deauthorized", "DeAuthorized")

    def status(self, payload: Payload) -> Answer:
        """Answer GetTransactionStatus (E14)."""
        identity = payload.get("transactionId")
        if identity is None:
            return {"messagesInQueue": bool(self._outbox.waiting)}
        running = (e.transaction.id for e in self._evses.values() if e.transaction)
        return {
            "ongoingIndicator": identity in running,
            "messagesInQueue": any(e.transaction == identity for e in self._outbox.waiting),
        }

    # -- events -----------------------------------------------------------------------------------

    def event(
        self, evse: Evse, trigger: str, before: Mapping[str, bool], why: str = "Local"
    ) -> None:
        """Report that something happened, where a transaction begins, runs or ends by that."""
        now = evse.points()
        if evse.transaction is None:
            if any(now[p] and not before[p] for p in self._points(START)):
                self._begin(evse, trigger)
            return
        ends = any(before[p] and not now[p] for p in self._points(STOP))
        if ends and "keeps-transaction-after-stop" not in self._context.faults:
            self._emit(evse, "Ended", trigger, why)
            evse.transaction, evse.signed = None, False
            self._metering.stop(evse)
            self._idle(evse)
        else:
            self._emit(evse, "Updated", trigger)

    def periodic(self, evse: Evse, trigger: str, values: list[Payload]) -> None:
        """Report meter values of a running transaction."""
        if evse.transaction is not None:
            self._emit(evse, "Updated", trigger, values=values)

    def _begin(self, evse: Evse, trigger: str) -> None:
        if "no-transaction" in self._context.faults:
            return
        number = next(self._numbers)
        self._context.store.set("transactions", number)
        identity = f"{self._context.options.identity}-{number}"
        evse.transaction = Transaction(identity, evse.number, began=self._context.timers.time())
        self._emit(evse, "Started", trigger)
        self._metering.start(evse)

    def _emit(
        self,
        evse: Evse,
        kind: str,
        trigger: str,
        why: str = "",
        values: list[Payload] | None = None,
    ) -> None:
        transaction = evse.transaction
        assert transaction is not None
        state = evse.charging_state()
        info: Payload = {"transactionId": transaction.id}
        if state != transaction.state or kind != "Updated":
            info["chargingState"] = transaction.state = state
        if kind == "Ended":
            info["stoppedReason"] = why or "Local"
        payload: Payload = {
            "eventType": kind,
            "timestamp": self._context.stamp(),
            "triggerReason": trigger,
            "seqNo": transaction.seq,
            "transactionInfo": info,
        }
        if evse.remote_id is not None:
            payload["triggerReason"] = "RemoteStart"
            info["remoteStartId"] = transaction.remote_start_id = evse.remote_id
            evse.remote_id = None
        if kind == "Started" or evse.show_place:
            payload["evse"] = {"id": evse.number} | (
                {"connectorId": evse.connector} if evse.cable else {}
            )
            evse.show_place = evse.show_place and not evse.cable
        if evse.show_token and evse.holder is not None:
            payload["idToken"] = evse.holder.token
        evse.show_token = False
        sampled = values if values is not None else self._metering.at(evse, kind)
        if sampled:
            payload["meterValue"] = sampled
        transaction.seq += 1
        hidden = state == "Charging" and trigger == "ChargingStateChanged"
        if hidden and "charging-not-reported" in self._context.faults:
            return
        self._outbox.keep(Event(dict(payload)))

    # -- inside -----------------------------------------------------------------------------------

    def _points(self, key: str) -> set[str]:
        return set(self._context.variables.members(key))

    def _close(self, evse: Evse) -> None:
        """Close the power path once cable and authorization are there; then energy flows."""
        if evse.holder is None or not evse.cable or evse.closed:
            return
        evse.outlet.lock()
        before = evse.points()
        if self._metering.signs:
            evse.signed = True
            if evse.transaction is None:
                self.event(evse, "SignedDataReceived", before)
        before = evse.points()
        evse.closed, evse.offers = True, False
        if evse.transaction is None and self._context.options.begins_at_once:
            self._begin_energy(evse, before)
            return
        if evse.transaction is None:
            self.event(evse, "ChargingStateChanged", before)
        if self._context.options.ramp > 0:
            timer, ramp = ("ramp", evse.number), self._context.options.ramp
            self._context.timers.after(timer, ramp, lambda: self._begin_energy(evse))
        else:
            self._begin_energy(evse)

    def _begin_energy(self, evse: Evse, before: Mapping[str, bool] | None = None) -> None:
        if not evse.closed:
            return
        before = before or evse.points()
        evse.offers, evse.energy = True, evse.outlet.ev_ready
        self._flow(evse)
        self.event(evse, "ChargingStateChanged", before)

    def _flow(self, evse: Evse) -> None:
        power = self._context.options.power if evse.energy else 0.0
        evse.outlet.offered = power
        evse.outlet.meter.flow(power, self._context.timers.time())

    def _wait_for_cable(self, evse: Evse) -> None:
        longest = self._context.variables.number("TxCtrlr.EVConnectionTimeOut")
        timer = ("connect", evse.number)
        seconds = max(0.0, longest + self._context.options.patience)
        self._context.timers.after(timer, seconds, lambda: self._nobody_came(evse))

    def _nobody_came(self, evse: Evse) -> None:
        """Forget an authorization for which no cable came in time (E03.FR.05)."""
        if evse.cable or evse.holder is None:
            return
        before = evse.points()
        evse.holder, evse.remote_id = None, None
        self.event(evse, "EVConnectTimeout", before, why="Timeout")
        if evse.transaction is None:
            self._free(evse)

    def _anyway(self, evse: Evse) -> None:
        before = evse.points()
        evse.closed = evse.energy = evse.cable
        self.event(evse, "ChargingStateChanged", before)

    def _free(self, evse: Evse) -> None:
        evse.stopped = ""
        evse.show_token = evse.show_place = False
        self._notifier.refresh(evse.number)
        self._idle(evse)
