"""One life of the station: from power-on or reset to the next, with all that is volatile."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from inspect import isawaitable

from testbay_reference.hardware import Memory, Outlet
from testbay_reference.lifetime import Ending, Lifetime
from testbay_reference.link import Answer, Between, Rpc, RpcError, Trace
from testbay_reference.station.authorization import Authorizer
from testbay_reference.station.cache import Cache
from testbay_reference.station.charging import Charging
from testbay_reference.station.configuration import Configuration
from testbay_reference.station.connector import Connector
from testbay_reference.station.context import Context, Payload
from testbay_reference.station.core import Core, Handler, ResetReason
from testbay_reference.station.faults import Faults
from testbay_reference.station.firmware import PLAIN, SIGNED, Firmware
from testbay_reference.station.keys import Key
from testbay_reference.station.local_list import LocalList
from testbay_reference.station.notifier import Notifier
from testbay_reference.station.options import StationOptions
from testbay_reference.station.profiles import OPTIONAL, refusals
from testbay_reference.station.reader import Reader
from testbay_reference.station.registration import heartbeat, registration
from testbay_reference.station.reservations import Reservations
from testbay_reference.station.reserving import Reserving
from testbay_reference.station.security import Security
from testbay_reference.station.smart_charging import SmartCharging
from testbay_reference.station.transactions import Transaction, Transactions
from testbay_reference.station.trigger import Message, Trigger
from testbay_reference.station.uplink import Uplink
from testbay_reference.station_files.diary import Diary
from testbay_reference.station_files.logs import DIAGNOSTICS, LOG, Logs
from testbay_reference.store import Store
from testbay_reference.timers import Timers

NOT_WHILE_PENDING = ("RemoteStartTransaction", "RemoteStopTransaction")  # 4.2
LATE = 45.0  # s


@dataclass(frozen=True, slots=True)
class Box:
    """What a life finds when it begins: the station as a thing, its memory and its clock."""

    options: StationOptions
    keys: Mapping[str, Key]
    faults: Faults
    store: Store
    outlets: Mapping[int, Outlet]
    memory: Memory
    diary: Diary
    ids: Iterator[str]
    now: Callable[[], datetime]
    note: Callable[[str], None]
    trace: Trace
    between: Between


class Life:
    """Run the software of the station until it ends."""

    def __init__(self, box: Box) -> None:
        options, faults, store = box.options, box.faults, box.store
        self._lifetime = Lifetime()
        self._spawn = self._lifetime.spawn
        applies = "configuration-not-applied" not in faults
        self.config = Configuration(box.keys, store, applies=applies)
        context = Context(
            options=options,
            faults=faults,
            config=self.config,
            store=store,
            timers=Timers(),
            memory=box.memory,
            now=box.now,
            note=box.note,
            trace=box.trace,
            between=box.between,
            spawn=self._spawn,
        )
        self._context = context
        self._booted = False
        careless = "starts-while-faulted" in faults
        self.connectors = {
            number: Connector(number, outlet, careless=careless)
            for number, outlet in box.outlets.items()
        }
        self.transactions = Transactions(context, box.outlets, self._learned, self._refused)
        self._outbox = self.transactions.outbox
        self._notifier = Notifier(context, self._outbox)
        self.local_list = LocalList(context)
        self.authorizer = Authorizer(
            context, self._outbox, Cache(store, box.now), self.local_list, self._list_conflict
        )
        self.reservations = Reservations(context, self.connectors)
        self.limits = SmartCharging(context, self.connectors, self._limits_changed)
        self.charging = Charging(
            context,
            self.connectors,
            self.transactions,
            self._notifier,
            self.reservations,
            self.limits,
        )
        self.reader = Reader(
            context,
            self.connectors,
            self.charging,
            self.authorizer,
            self.reservations,
            self._in_service,
        )
        self.registration = registration(context, self._ready)
        self._heartbeat = heartbeat(context, self._outbox)
        self.security = Security(context, self._outbox, lambda: self.uplink.rpc, self._reconnect)
        self.uplink = Uplink(
            context, self.security.access, self._on_call, box.ids, self._opened, self._closed
        )
        self.firmware = Firmware(
            context, self._outbox, self.connectors, self.charging, self.security, self._activate
        )
        self.logs = Logs(
            context, self._outbox, self.security.trust, self.security.events, box.diary
        )
        self._handlers = self._profiles()

    async def run(self) -> Ending:
        """Live: boot, connect, serve; return why it ended."""
        self.charging.load_availability()
        running = self.transactions.recover(self._goes_on)
        for connector in self.connectors.values():
            if self.transactions.on(connector.number) is None:
                self.charging.release(connector)
        for transaction in running:
            self.charging.resume(transaction)
        self.limits.settle()
        self.charging.refresh_all()
        try:
            await asyncio.sleep(self._context.options.boot_seconds)
            self._booted = True
            self.security.booted(self._context.store.get("reset"))
            self._context.store.set("reset", None)
            self.firmware.booted()
            self._spawn(self.uplink.run(), "uplink")
            return await self._lifetime.over()
        finally:
            self.uplink.cut()
            await self._lifetime.close()
            self._context.timers.clear()
            self.transactions.keep()

    def restart(self, reason: str, *, deliver: bool, ending: Ending = "reboot") -> None:
        """End this life because of a reset or a loss of power.

        Args:
            reason: why running transactions end.
            deliver: whether the CSMS is told about that before the end, or after the next boot.
        """
        self._lifetime.begin_end(reason, self._end(reason, deliver, ending), ending)

    def state(self) -> Payload:
        """Return what is going on, for display."""
        return {
            "connected": self.uplink.rpc is not None,
            "registration": self.registration.status,
            "security_profile": self.security.access.profile,
            "status": self._notifier.current(0).status,
            "undelivered": len(self._outbox.waiting),
            "connectors": [self._shown(connector) for connector in self.connectors.values()],
            "charging_profiles": self.limits.shown(),
            "local_list_version": self.local_list.version,
            "reservations": self.reservations.shown(),
        }

    def _profiles(self) -> dict[str, Handler]:
        context = self._context
        core = Core(
            context,
            self.connectors,
            self.charging,
            self.transactions,
            self.authorizer,
            self.reservations,
            self.limits,
            self._in_service,
            self._reset,
        )
        reserving = Reserving(context, self.connectors, self.charging, self.reservations)
        self.trigger = Trigger(
            context,
            self.connectors,
            self.transactions,
            self._notifier,
            self.registration,
            self._heartbeat,
            lambda: self.uplink.rpc,
        )
        profiles: dict[str, dict[str, Handler]] = {
            "FirmwareManagement": self.firmware.handlers | self.logs.handlers,
            "LocalAuthListManagement": self.local_list.handlers,
            "Reservation": reserving.handlers,
            "SmartCharging": self.limits.handlers,
            "RemoteTrigger": self.trigger.handlers,
        }
        handlers = dict(core.handlers)
        if context.options.security_profiles:
            extended = self.trigger.extended
            extended["SignChargePointCertificate"] = Message(
                lambda _connector: self.security.own.ask_for_another(),
                allowed=lambda: self.security.own.may_ask,
            )
            handlers |= self.security.handlers
            handlers |= self._extended_files()
            heard = self.security.of_whitepaper(self.trigger.obey_extended)
            handlers["ExtendedTriggerMessage"] = heard
        say = self.trigger.say
        if "FirmwareManagement" in context.options.profiles:
            self.trigger.messages |= {
                PLAIN: Message(lambda _: say(PLAIN, self.firmware.status())),
                DIAGNOSTICS: Message(lambda _: say(DIAGNOSTICS, self.logs.diagnostics_status())),
            }
        absent = [name for name in OPTIONAL if name not in context.options.profiles]
        if context.options.refusal == "answer":
            handlers |= refusals(absent)
        for name, more in profiles.items():
            if name in context.options.profiles:
                handlers |= more
        return handlers

    def _extended_files(self) -> dict[str, Handler]:
        """Return the handlers of the whitepaper for logs and firmware, by action."""
        say, extended = self.trigger.say, self.trigger.extended
        handlers = dict(self.logs.extended_handlers)
        extended[LOG] = Message(lambda _: say(LOG, self.logs.log_status()))
        if "FirmwareManagement" in self._context.options.profiles:
            handlers |= self.firmware.signed_handlers
            extended[PLAIN] = Message(lambda _: say(SIGNED, self.firmware.signed_status()))
        return {name: self.security.of_whitepaper(one) for name, one in handlers.items()}

    def _shown(self, connector: Connector) -> Payload:
        outlet, transaction = connector.outlet, connector.transaction
        time = self._context.timers.time()
        return {
            "connector": connector.number,
            "status": self._notifier.current(connector.number).status,
            "plugged_station": outlet.plugged_station,
            "plugged_ev": outlet.plugged_ev,
            "locked": outlet.locked,
            "operative": connector.operative,
            "transaction": transaction.transaction_id if transaction else None,
            "id_tag": transaction.id_tag if transaction else None,
            "power_w": outlet.meter.power,
            "offered_w": outlet.offered,
            "energy_wh": outlet.meter.read(time),
        }

    def _learned(self, id_tag: str, info: Payload) -> None:
        self.authorizer.learn(id_tag, info)

    def _list_conflict(self, id_tag: str) -> None:
        if "local-list-conflict-not-reported" not in self._context.faults:
            self._notifier.warn(0, "LocalListConflict", f"idTag {id_tag}")

    def _goes_on(self, transaction: Transaction) -> bool:
        """Tell whether a transaction that a loss of power interrupted can go on."""
        connector = self.connectors.get(transaction.connector)
        possible = connector is not None and connector.outlet.connected and connector.operative
        return possible and self._context.options.power_loss == "resume"

    def _limits_changed(self) -> None:
        self.charging.refresh_all()

    def _refused(self, transaction: Transaction) -> None:
        self.charging.refused(transaction)

    def _in_service(self) -> bool:
        """Tell whether sessions may begin: accepted, or offline and known to the CSMS (4.2.1)."""
        broken = self.charging.error and "starts-while-faulted" not in self._context.faults
        if self._lifetime.ending or not self._booted or broken:
            return False
        offline = self.uplink.rpc is None and self.registration.status in (None, "Accepted")
        return self.registration.accepted or (offline and self.registration.ever_accepted)

    def _opened(self, rpc: Rpc) -> None:
        if "talks-before-accepted" in self._context.faults:
            self._ready(rpc, True)
        self._spawn(self.registration.run(rpc), "registration")

    def _ready(self, rpc: Rpc, booted: bool) -> None:
        """Begin ordinary operation over a connection, after a boot with all statuses."""
        if self._outbox.online:
            return
        self.uplink.settled()
        self._outbox.open(rpc)
        self._notifier.begin(everything=booted)
        self._heartbeat.start()
        self.security.online()
        self.firmware.online()
        self.logs.online()

    def _closed(self) -> None:
        self._heartbeat.stop()
        self._outbox.close()
        self._notifier.pause()

    async def _on_call(self, action: str, payload: Payload) -> Answer:
        faults, status = self._context.faults, self.registration.status
        if status == "Rejected" or "never-answers" in faults:
            return None  # 4.2: a rejected station does not respond
        if status == "Pending" and "silent-while-pending" in faults:
            return None
        if "answers-late" in faults:
            await asyncio.sleep(LATE)
        handler = self._handlers.get(action)
        if handler is None:
            return RpcError("NotSupported", f"this station does not support {action}")
        if status != "Accepted" and action in NOT_WHILE_PENDING:
            return {"status": "Rejected"}
        answer = handler(payload)
        return await answer if isawaitable(answer) else answer

    def _reset(self, reason: ResetReason) -> None:
        before = reason == "SoftReset" or self._context.options.hard_reset == "before"
        self.restart(reason, deliver=before)

    def _activate(self) -> None:
        self.restart("Reboot", deliver=True)

    def _reconnect(self) -> None:
        self._spawn(self.uplink.renew(), "new credentials")

    async def _end(self, reason: str, deliver: bool, ending: Ending) -> None:
        self._context.note(f"going down: {reason}")
        if ending == "reboot":
            self._context.store.set("reset", reason)
        if not deliver:
            self._closed()
        if reason != "PowerLoss" or self._context.options.power_loss != "resume":
            self.charging.stop_all(reason)
        if deliver:
            # A message that fails is delivered after the boot (5.14).
            await self._outbox.drained(self._context.config.number("MessageTimeout"))
        if ending == "off":
            self.uplink.cut()
        else:
            await self.uplink.close()
        self._lifetime.finish(ending)
