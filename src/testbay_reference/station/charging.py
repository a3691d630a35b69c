"""Charging sessions: from the plug or the token to the last energy, for all connectors."""

from collections.abc import Callable, Mapping

from testbay_reference.station.connector import EV_SIDE, Connector, Holder
from testbay_reference.station.context import Context
from testbay_reference.station.notifier import Notice, Notifier
from testbay_reference.station.reservations import Reservations
from testbay_reference.station.sampling import Sampling
from testbay_reference.station.smart_charging import SmartCharging
from testbay_reference.station.transactions import Transaction, Transactions

LOCK_FAILURE = "ConnectorLockFailure"


class Charging:
    """Drive the connectors by what happens to them."""

    def __init__(
        self,
        context: Context,
        connectors: Mapping[int, Connector],
        transactions: Transactions,
        notifier: Notifier,
        reservations: Reservations,
        limits: SmartCharging,
    ) -> None:
        self._context = context
        self._connectors = connectors
        self._transactions = transactions
        self._notifier = notifier
        self._reservations = reservations
        self._limits = limits
        reservations.changed = self.refresh_all
        self.refreshed: Callable[[], None] = lambda: None
        self._sampling = Sampling(context, transactions)
        self.operative = True
        self.error: str | None = None

    def refresh(self, connector: Connector) -> None:
        """Bring energy, availability and reported status in line with the facts."""
        idle = connector.transaction is None and not connector.finishing
        if connector.scheduled is not None and idle:
            connector.operative, connector.scheduled = connector.scheduled, None
            self._keep_availability()
        others = self._limits.update()
        for one in (*others, connector):
            self._let_flow(one)
        in_service = self.operative and self.error is None
        others += self._reservations.review(in_service=in_service)
        for changed in dict.fromkeys((connector.number, *(other.number for other in others))):
            self._notifier.update(changed, self._connectors[changed].notice)
        self.refreshed()

    def _let_flow(self, connector: Connector) -> None:
        power = self._limits.drawn(connector)
        if connector.outlet.meter.power != power:
            connector.outlet.meter.flow(power, self._context.timers.time())
            self._watch_energy(connector)

    def refresh_all(self) -> None:
        """Bring everything in line with the facts."""
        self.refresh_station()
        for connector in self._connectors.values():
            self.refresh(connector)

    def refresh_station(self) -> None:
        """Bring the status of connector 0 in line with the facts."""
        if self.error is not None:
            notice = Notice("Faulted", self.error)
        else:
            notice = Notice("Available" if self.operative else "Unavailable")
        self._notifier.update(0, notice)

    def plugged(self, connector: Connector) -> None:
        """React to a plug that went in, at one side or both."""
        connector.finishing, connector.info = False, ""
        self._wake(connector)
        self.refresh(connector)
        if "starts-on-plug-in" in self._context.faults and connector.free:
            connector.authorized = Holder("UNKNOWN")
        self._start(connector)
        waits = connector.free and connector.outlet.occupied and not connector.reserved
        if self._context.options.plug_in_times_out and waits:
            self._wait_for_cable(connector)
        if self._context.options.short_power_flow and connector.free and connector.occupied:
            seconds = self._context.options.short_power_flow
            name = ("flow", connector.number)
            self._context.timers.after(name, seconds, lambda: self._sleep(connector))

    def unplugged(self, connector: Connector) -> None:
        """React to a plug that came out, at one side or both."""
        outlet, transaction = connector.outlet, connector.transaction
        if "ignores-ev-disconnect" in self._context.faults and transaction is not None:
            return
        if transaction is not None and not outlet.plugged_station:
            self.stop(connector, "EVDisconnected")
        elif transaction is not None and not outlet.plugged_ev and self._stops_at_ev():
            unlocks = self._context.config.flag("UnlockConnectorOnEVSideDisconnect")
            kept = "stays-locked-on-ev-disconnect" in self._context.faults
            self.stop(connector, "EVDisconnected", unlock=unlocks and not kept, info=EV_SIDE)
        if not outlet.occupied:
            connector.held = None
            self._wake(connector)
            if "stuck-in-finishing" not in self._context.faults:
                connector.finishing, connector.info = False, ""
            if connector.error == LOCK_FAILURE:
                connector.error = None
        self.refresh(connector)

    def authorize(self, connector: Connector, holder: Holder) -> None:
        """Let a token charge: now, or as soon as the cable is in."""
        connector.authorized = holder
        connector.finishing, connector.info = False, ""
        self._wake(connector)
        self.refresh(connector)
        self._start(connector)
        if connector.authorized is not None:
            self._wait_for_cable(connector)

    def resume(self, transaction: Transaction) -> None:
        """Go on with a transaction after the power is back."""
        connector = self._connectors[transaction.connector]
        connector.transaction = transaction
        self._limits.resume(connector)
        self._context.note(f"connector {connector.number}: transaction goes on")
        self._sampling.begin(transaction)
        if transaction.refused:
            self.refused(transaction)

    def forget(self, connector: Connector) -> None:
        """Give up a token that waits for the cable."""
        connector.authorized = None
        self._context.timers.cancel(("cable", connector.number))
        self.refresh(connector)

    def stop(
        self,
        connector: Connector,
        reason: str,
        id_tag: str | None = None,
        *,
        unlock: bool = True,
        info: str = "",
    ) -> None:
        """Stop the transaction of a connector.

        Args:
            reason: as OCPP names it.
            id_tag: the token that stopped it, if one did.
            unlock: whether the cable is released; otherwise its token releases it.
            info: what the status Finishing tells besides.
        """
        transaction = connector.transaction
        assert transaction is not None
        connector.outlet.meter.flow(0.0, self._context.timers.time())
        self._sampling.end(transaction)
        self._context.timers.cancel(("energy", connector.number))
        self._transactions.end(transaction, reason, id_tag)
        connector.transaction, connector.blocked, connector.limit = None, False, None
        self._limits.end(connector)
        connector.finishing, connector.info = connector.outlet.occupied, info
        if unlock:
            self.release(connector)
        elif connector.outlet.locked:
            connector.held = Holder(transaction.id_tag, transaction.parent)
        self.refresh(connector)

    def stop_all(self, reason: str) -> None:
        """Stop every transaction of the station."""
        for connector in self._connectors.values():
            if connector.transaction is not None:
                self.stop(connector, reason)
            elif connector.authorized is not None:
                self.forget(connector)

    def set_error(self, number: int, error: str | None) -> None:
        """Break a connector, or with 0 the whole station with its connectors; None repairs it."""
        broken = [c for c in self._connectors.values() if number in (0, c.number)]
        if number == 0:
            self.error = error
        for connector in broken:
            if number == 0:
                connector.shared_error = error
            else:
                connector.error = error
            if error is not None and connector.authorized is not None:
                self.forget(connector)
        self.refresh_all()

    def release(self, connector: Connector) -> bool:
        """Unlock the cable; tell whether the lock opened."""
        opened = connector.outlet.unlock()
        if opened:
            connector.held = None
        return opened

    def set_availability(self, connector: Connector, operative: bool) -> None:
        """Make a connector operative or not, at once or when it is free again (5.2)."""
        connector.scheduled = operative
        if not operative and connector.transaction is None and connector.authorized is not None:
            self.forget(connector)
        self.refresh(connector)
        self._keep_availability()

    def load_availability(self) -> None:
        """Take over what the availability was before the boot (4.9)."""
        if "forgets-unavailable-after-reset" in self._context.faults:
            return
        stored: dict[str, bool] = self._context.store.get("availability", {})
        self.operative = stored.get("0", True)
        for connector in self._connectors.values():
            connector.operative = stored.get(str(connector.number), True)

    def keep_station(self, operative: bool) -> None:
        """Make the station as a whole operative or not; connectors have their own."""
        self.operative = operative
        self._keep_availability()
        self.refresh_station()

    def refused(self, transaction: Transaction) -> None:
        """React to a running transaction whose token the CSMS does not accept (errata 3.17)."""
        connector = self._connectors[transaction.connector]
        allowance = self._context.config.number("MaxEnergyOnInvalidId")
        self._context.note(f"connector {connector.number}: {transaction.id_tag} is not accepted")
        if "keeps-charging-refused-token" in self._context.faults:
            return
        if allowance == 0:
            self._deauthorize(connector)
        else:
            energy = connector.outlet.meter.exact(self._context.timers.time())
            connector.limit = energy + allowance
            self._watch_energy(connector)

    def _watch_energy(self, connector: Connector) -> None:
        """Wake up when an invalid token has had the energy that it may have."""
        limit, power = connector.limit, connector.outlet.meter.power
        name = ("energy", connector.number)
        self._context.timers.cancel(name)
        if limit is not None and power > 0:
            left = limit - connector.outlet.meter.exact(self._context.timers.time())
            seconds = left * 3600.0 / power
            self._context.timers.after(name, seconds, lambda: self._deauthorize(connector))

    def _deauthorize(self, connector: Connector) -> None:
        connector.limit = None
        stops = self._context.config.flag("StopTransactionOnInvalidId")
        if stops or "stops-refused-token-despite-setting" in self._context.faults:
            self.stop(connector, "DeAuthorized", unlock=False)
        else:
            connector.blocked = True
            self.refresh(connector)

    def _stops_at_ev(self) -> bool:
        setting = self._context.config.flag("StopTransactionOnEVSideDisconnect")
        return setting or "stops-on-ev-disconnect-despite-setting" in self._context.faults

    def _start(self, connector: Connector) -> None:
        """Begin a transaction if a token waits and the vehicle is connected."""
        holder, outlet = connector.authorized, connector.outlet
        halfway = outlet.halfway and outlet.lockable  # the lock finds out
        if holder is None or not (outlet.connected or halfway):
            return
        self._context.timers.cancel(("cable", connector.number))
        faults = self._context.faults
        if not outlet.lock() and "starts-despite-lock-failure" not in faults:
            connector.authorized = None
            if "lock-failure-not-reported" not in faults:
                connector.error = LOCK_FAILURE
            self.refresh(connector)
            return
        connector.authorized = None
        reservation = self._reservations.use(connector, holder)
        transaction = self._transactions.begin(
            connector.number, holder.id_tag, holder.parent, reservation
        )
        connector.transaction = transaction
        self._limits.begin(connector, holder.profile)
        self._sampling.begin(transaction)
        self.refresh(connector)

    def _sleep(self, connector: Connector) -> None:
        connector.asleep = True
        self.refresh(connector)

    def _wake(self, connector: Connector) -> None:
        connector.asleep = False
        self._context.timers.cancel(("flow", connector.number))

    def _wait_for_cable(self, connector: Connector) -> None:
        seconds = self._context.config.number("ConnectionTimeOut")
        faults = self._context.faults
        if "ignores-connection-timeout" in faults:
            return
        if "connection-timeout-doubled" in faults:
            seconds *= 2
        name = ("cable", connector.number)
        self._context.timers.after(name, seconds, lambda: self._timed_out(connector))

    def _timed_out(self, connector: Connector) -> None:
        self._context.note(f"connector {connector.number}: no cable within ConnectionTimeOut")
        connector.authorized = None
        connector.finishing = connector.outlet.occupied
        self.refresh(connector)

    def _keep_availability(self) -> None:
        values = {"0": self.operative}
        for connector in self._connectors.values():
            later = connector.scheduled
            values[str(connector.number)] = connector.operative if later is None else later
        self._context.store.set("availability", values)
