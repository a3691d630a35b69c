"""One life of the station: from power-on or reset to the next, with all that is volatile."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from inspect import isawaitable

from testbay_reference.hardware import Outlet
from testbay_reference.lifetime import Ending, Lifetime
from testbay_reference.link import Answer, Between, Rpc, RpcError, Trace
from testbay_reference.named_faults import NamedFaults
from testbay_reference.station201.authorization import Authorizer
from testbay_reference.station201.availability import Availability
from testbay_reference.station201.cache import Cache
from testbay_reference.station201.commands import Commands
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.device_model import DeviceModel
from testbay_reference.station201.evse import Evse
from testbay_reference.station201.firmware import Firmware
from testbay_reference.station201.local_list import LocalList
from testbay_reference.station201.metering import Metering
from testbay_reference.station201.monitoring import Monitoring
from testbay_reference.station201.network import Network
from testbay_reference.station201.notifier import Notifier
from testbay_reference.station201.options import StationOptions
from testbay_reference.station201.outbox import outbox
from testbay_reference.station201.registration import heartbeat, registration
from testbay_reference.station201.reports import Reports, follow_states
from testbay_reference.station201.reservations import Reservations
from testbay_reference.station201.resets import Resets
from testbay_reference.station201.security import Security
from testbay_reference.station201.sessions import Sessions
from testbay_reference.station201.trigger import Trigger
from testbay_reference.station201.uplink import Uplink
from testbay_reference.station201.variables import variables
from testbay_reference.station_files.diary import Diary
from testbay_reference.station_files.logs import Logs
from testbay_reference.store import Store
from testbay_reference.timers import Timers
from testbay_reference.timing import stamp


@dataclass(frozen=True, slots=True)
class Box:
    """What a life finds when it begins: the station as a thing, its memory and its clock."""

    options: StationOptions
    faults: NamedFaults
    store: Store
    outlets: Mapping[int, dict[int, Outlet]]
    bays: set[int]
    ids: Iterator[str]
    now: Callable[[], datetime]
    note: Callable[[str], None]
    trace: Trace
    between: Between


class Life:
    """Run the software of the station until it ends.

    Args:
        reason: why it has booted.
    """

    def __init__(self, box: Box, reason: str) -> None:
        options, store = box.options, box.store
        self._lifetime = Lifetime()
        self._spawn = self._lifetime.spawn
        model = DeviceModel(
            variables(options),
            store,
            options.variables,
            options.read_only,
            options.lacks,
            options.write_only,
        )
        model.compute("ClockCtrlr.DateTime", lambda: stamp(box.now()))
        diary = Diary(box.now)

        def note(line: str) -> None:
            diary.note(line)
            box.note(line)

        context = Context(
            options=options,
            faults=box.faults,
            variables=model,
            store=store,
            timers=Timers(),
            now=box.now,
            note=note,
            trace=box.trace,
            between=box.between,
            spawn=self._spawn,
        )
        self._context = context
        self.next_reason = "PowerUp"
        self.evses = {
            number: Evse(number, outlets, bay=number in box.bays)
            for number, outlets in box.outlets.items()
        }
        for evse in self.evses.values():
            plugged = [c for c, outlet in evse.outlets.items() if outlet.occupied]
            evse.connector = plugged[0] if plugged else min(evse.outlets)
        self.availability = Availability(context, self.evses)
        self._outbox = outbox(context, self._delivered)
        self.notifier = Notifier(
            context, self._outbox, self.evses, lambda: self.availability.station
        )
        self.availability.notifier = self.notifier
        follow_states(context, self.notifier)
        metering = Metering(context)
        self.sessions = Sessions(
            context, self.evses, self._outbox, self.notifier, metering, self._idle
        )
        metering.periodic = self.sessions.periodic
        cache, listed = Cache(context), LocalList(context)
        self.authorizer = Authorizer(context, self._outbox, cache, listed)
        self._commands = Commands(
            context,
            self.evses,
            self.sessions,
            self.authorizer,
            self.availability,
            self.in_service,
            Resets(context, self.evses, self.sessions, self.notifier, self.reset),
        )
        self.registration = registration(context, reason, self._ready)
        self._heartbeat = heartbeat(context, self._outbox)
        self.trigger = Trigger(
            context,
            self.evses,
            self._outbox,
            self.notifier,
            metering,
            self.sessions,
            self.registration,
            self._heartbeat,
        )
        reports = Reports(context, lambda: self.uplink.rpc)
        self._handlers = self._commands.handlers | {
            "GetBaseReport": reports.base,
            "GetReport": reports.chosen,
            "ClearCache": cache.clear,
            "GetLocalListVersion": listed.version,
            "GetTransactionStatus": self.sessions.status,
            "SendLocalList": listed.update,
            "TriggerMessage": self.trigger.answer,
        }
        self.security = Security(context, self._outbox, lambda: self.uplink.rpc, self._reconnect)
        self._handlers |= self.security.handlers(dict(self._handlers))
        self._firmware = Firmware(context, self._outbox, self.evses, self.security)
        self._logs = Logs(context, self._outbox, self.security.trust, self.security.events, diary)
        self._handlers |= self._logs.extended_handlers
        self._handlers["UpdateFirmware"] = self._firmware.update
        self.trigger.statuses["FirmwareStatusNotification"] = self._firmware.status
        self.trigger.statuses["LogStatusNotification"] = self._logs.log_status
        reservations = Reservations(context, self.evses, self.notifier, self._outbox, self._idle)
        self.sessions.arrived = reservations.used
        self._handlers |= {
            **Monitoring(context).handlers,
            "ReserveNow": reservations.reserve,
            "CancelReservation": reservations.cancel,
        }
        network = Network(context, self.security.prepared)
        self._handlers["SetNetworkProfile"] = network.set
        self.uplink = Uplink(
            context,
            network,
            self.security.access,
            self._on_call,
            box.ids,
            self._opened,
            self._closed,
        )
        self._offline_since: float | None = None

    async def run(self) -> Ending:
        """Live: boot, connect, serve; return why it ended."""
        try:
            await asyncio.sleep(self._context.options.boot_seconds)
            self._spawn(self.uplink.run(), "uplink")
            return await self._lifetime.over()
        finally:
            self.uplink.cut()
            await self._lifetime.close()
            self._context.timers.clear()

    def reset(self, reason: str) -> None:
        """Restart because the CSMS wants it: running transactions end first (B11, B12)."""
        self.next_reason = reason
        why = "ImmediateReset" if reason == "RemoteReset" else "Local"
        self.restart(why, deliver=True)

    def restart(self, why: str, *, deliver: bool, ending: Ending = "reboot") -> None:
        """End this life.

        Args:
            why: stoppedReason of running transactions.
            deliver: whether the CSMS is told about them before the end, or after the next boot.
        """
        self._lifetime.begin_end(why, self._end(why, deliver, ending), ending)

    def in_service(self) -> bool:
        """Tell whether sessions may begin: accepted, or offline and known to the CSMS."""
        if self._lifetime.ending:
            return False
        offline = self.uplink.rpc is None and self.registration.status in (None, "Accepted")
        return self.registration.accepted or (offline and self.registration.ever_accepted)

    def state(self) -> Payload:
        """Return what is going on, for display."""
        return {
            "connected": self.uplink.rpc is not None,
            "registration": self.registration.status,
            "undelivered": len(self._outbox.waiting),
            "evses": [self._shown(evse) for evse in self.evses.values()],
        }

    def _shown(self, evse: Evse) -> Payload:
        statuses = {str(c): self.notifier.status(evse.number, c) for c in evse.outlets}
        return {
            "evse": evse.number,
            "connectors": statuses,
            "transaction": evse.transaction.id if evse.transaction else None,
            "charging_state": evse.charging_state(),
            "energy_wh": evse.outlet.meter.read(self._context.timers.time()),
        }

    def _idle(self, evse: Evse) -> None:
        self._firmware.idle()
        self.availability.idle()
        self._commands.idle()

    def _delivered(self, payload: Payload, result: Payload | RpcError) -> None:
        info = None if isinstance(result, RpcError) else result.get("idTokenInfo")
        if info is not None and "idToken" in payload:
            self.authorizer.learn(payload["idToken"], info)
        self.sessions.answered(payload, result)

    def _opened(self, rpc: Rpc, other: bool) -> None:
        if other:  # another CSMS need not know the station (B10.FR.10)
            self.registration.status = None
        self._spawn(self.registration.run(rpc), "registration")

    def _ready(self, rpc: Rpc, booted: bool) -> None:
        """Begin ordinary operation over a connection, after a boot with all statuses."""
        if self._outbox.online:
            return
        self.uplink.settled()
        self._outbox.open(rpc)
        if booted and "no-startup-event" not in self._context.faults:
            started = {"type": "StartupOfTheDevice", "timestamp": self._context.stamp()}
            self._outbox.send("SecurityEventNotification", started)
        if booted or "tells-nothing-new" not in self._context.faults:
            self.notifier.begin(everything=booted or self._long_offline())
        self._offline_since = None
        self.security.online()
        self._firmware.online()
        self._logs.online()
        self._heartbeat.start()

    def _reconnect(self) -> None:
        self._spawn(self.uplink.renew(), "connect with new credentials")

    def _long_offline(self) -> bool:
        """Tell whether all statuses are to be told anew (B04.FR.01)."""
        threshold = self._context.variables.number("OCPPCommCtrlr.OfflineThreshold")
        since = self._offline_since
        return since is not None and self._context.timers.time() - since > threshold

    def _closed(self) -> None:
        if self._offline_since is None:
            self._offline_since = self._context.timers.time()
        self._heartbeat.stop()
        self._outbox.close()
        self.notifier.pause()

    async def _on_call(self, action: str, payload: Payload) -> Answer:
        if self.registration.status == "Rejected":
            return RpcError("SecurityError", "this station is not accepted")
        handler = self._handlers.get(action)
        if handler is None:
            return RpcError("NotSupported", f"this station does not support {action}")
        answer = handler(payload)
        return await answer if isawaitable(answer) else answer

    async def _end(self, why: str, deliver: bool, ending: Ending) -> None:
        self._context.note(f"going down: {why}")
        if not deliver:
            self._closed()
        for evse in self.evses.values():
            self.sessions.lose_power(evse, why)
        if deliver:
            limit = self._context.variables.number("OCPPCommCtrlr.MessageTimeout[Default]")
            await self._outbox.drained(float(limit))
        if ending == "off":
            self.uplink.cut()
        else:
            await self.uplink.close()
        self._lifetime.finish(ending)
