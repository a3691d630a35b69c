"""A small station on the `ocpp` package: it shares nothing with the tool but the specification."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ocpp.exceptions import OCPPError
from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

READ_ONLY, WRITABLE = True, False
KEYS: dict[str, tuple[str, bool]] = {
    "AuthorizationCacheEnabled": ("true", WRITABLE),
    "AuthorizeRemoteTxRequests": ("true", WRITABLE),
    "ClockAlignedDataInterval": ("0", WRITABLE),
    "ConnectionTimeOut": ("60", WRITABLE),
    "ConnectorPhaseRotation": ("0.RST,1.RST,2.RST", WRITABLE),
    "GetConfigurationMaxKeys": ("20", READ_ONLY),
    "HeartbeatInterval": ("300", WRITABLE),
    "LocalAuthorizeOffline": ("true", WRITABLE),
    "LocalPreAuthorize": ("false", WRITABLE),
    "MeterValuesAlignedData": ("Energy.Active.Import.Register", WRITABLE),
    "MeterValuesSampledData": ("Energy.Active.Import.Register,Voltage.L1-N", WRITABLE),
    "MeterValueSampleInterval": ("60", WRITABLE),
    "NumberOfConnectors": ("2", READ_ONLY),
    "ResetRetries": ("1", WRITABLE),
    "StopTransactionOnEVSideDisconnect": ("true", WRITABLE),
    "StopTransactionOnInvalidId": ("true", WRITABLE),
    "StopTxnAlignedData": ("", WRITABLE),
    "StopTxnSampledData": ("", WRITABLE),
    "SupportedFeatureProfiles": ("Core", READ_ONLY),
    "TransactionMessageAttempts": ("3", WRITABLE),
    "TransactionMessageRetryInterval": ("10", WRITABLE),
    "UnlockConnectorOnEVSideDisconnect": ("true", WRITABLE),
}
MEASURED = {"Energy.Active.Import.Register": "Wh", "Voltage": "V"}


@dataclass
class Outlet:
    """A connector: its cable, who may charge at it, and its transaction."""

    number: int
    ev: bool = False
    cable: bool = False
    locked: bool = False
    operative: bool = True
    status: str = "Available"
    token: str = ""
    parent: str = ""
    transaction: int | None = None
    meter: int = 0
    waits: asyncio.TimerHandle | None = None

    @property
    def plugged(self) -> bool:
        return self.ev and self.cable


class Charger:
    """A station: it dials while it has power, and keeps what it knows over a restart.

    Args:
        now: gives the date and time.
        asks: whether it authorizes a token at the CSMS.
        stop_reason: of a transaction that is stopped remotely.
        keys: its configuration.
        pace: how long it takes before each message (s).
    """

    def __init__(
        self,
        url: str,
        now: Callable[[], datetime],
        *,
        asks: bool = True,
        stop_reason: str = "Remote",
        keys: dict[str, tuple[str, bool]] = KEYS,
        pace: float = 0.0,
    ) -> None:
        self.url, self.now, self.pace = url, now, pace
        self.asks, self.stop_reason, self.keys = asks, stop_reason, dict(keys)
        self.outlets = {n: Outlet(n) for n in (1, 2)}
        self.cache: dict[str, dict[str, str]] = {}
        self.line: Line | None = None
        self.registered = False
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._power = asyncio.Event()
        self._power.set()
        self._start(self._dial())

    # -- power and connection ---------------------------------------------------------------------

    def _start(self, work: Any) -> None:
        async def guarded() -> None:
            with suppress(ConnectionClosed, OCPPError, OSError):
                await work

        self._tasks.append(self._loop.create_task(guarded()))

    def do(self, work: Any) -> None:
        """Do something after all that is being done."""

        async def in_turn() -> None:
            async with self._turn:
                await work

        self._start(in_turn())

    async def stop(self) -> None:
        """Switch the power off for good."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _dial(self) -> None:
        while True:
            await self._power.wait()
            async with connect(
                self.url, subprotocols=[Subprotocol("ocpp1.6")], proxy=None, ping_interval=None
            ) as socket:
                self.line = Line(self, socket)
                self.registered = False
                beats = [self._loop.create_task(w) for w in (self._boot(), self._meter())]
                with suppress(ConnectionClosed):
                    await self.line.start()
                for task in beats:
                    task.cancel()
            await asyncio.sleep(0.05)

    async def restart(self, reason: str) -> None:
        """End what runs, and begin anew."""
        for outlet in self.outlets.values():
            if outlet.transaction is not None:
                await self.end(outlet, reason)
            outlet.token = ""
        assert self.line is not None
        await self.line._connection.close()

    async def _boot(self) -> None:
        assert self.line is not None
        while True:
            about = {"charge_point_model": "Wallbox", "charge_point_vendor": "Acme"}
            answer = await self.line.call(call.BootNotification(**about))
            if answer.status == "Accepted":
                break
            await asyncio.sleep(answer.interval)
        if answer.interval and "HeartbeatInterval" in self.keys:
            self.keys["HeartbeatInterval"] = (str(answer.interval), WRITABLE)
        self.registered = True
        await self.tell(0, "Available")
        for outlet in self.outlets.values():
            outlet.status = self._present(outlet)
            await self.tell(outlet.number, outlet.status)
        while True:
            await asyncio.sleep(answer.interval or 300)
            await self.line.call(call.Heartbeat())

    def _present(self, outlet: Outlet) -> str:
        if not outlet.operative:
            return "Unavailable"
        return "Preparing" if outlet.ev or outlet.cable else "Available"

    # -- what it says -----------------------------------------------------------------------------

    async def say(self, message: Any) -> Any:
        """Send a message; return the answer."""
        assert self.line is not None
        await asyncio.sleep(self.pace)
        return await self.line.call(message)

    def stamp(self) -> str:
        """Return the time as a message carries it."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    async def tell(self, connector: int, status: str, **more: Any) -> None:
        """Report a status."""
        about = {"connector_id": connector, "error_code": "NoError", "status": status}
        await self.say(call.StatusNotification(**about, timestamp=self.stamp(), **more))

    async def becomes(self, outlet: Outlet, status: str, **more: Any) -> None:
        """Report the status of a connector, if it is another one."""
        if status != outlet.status:
            outlet.status = status
            await self.tell(outlet.number, status, **more)

    # -- sessions ---------------------------------------------------------------------------------

    def _on(self, key: str) -> bool:
        return self.keys.get(key, ("false",))[0].lower() == "true"

    async def judge(self, token: str) -> dict[str, str]:
        """Return what is known of a token: from the cache where it may be used, or by asking."""
        if not self.asks:
            return {"status": "Accepted"}
        cached = self.cache.get(token) if self._on("AuthorizationCacheEnabled") else None
        if cached and cached["status"] == "Accepted" and self._on("LocalPreAuthorize"):
            return cached
        answer = await self.say(call.Authorize(id_tag=token))
        self.cache[token] = answer.id_tag_info
        return dict(answer.id_tag_info)

    async def offer(self, outlet: Outlet, token: str, ask: bool = True) -> None:
        """Let a token charge if it may: at once where the cable is in, else wait for it."""
        known = await self.judge(token) if ask else {"status": "Accepted"}
        if known["status"] != "Accepted":
            return
        outlet.token, outlet.parent = token, known.get("parent_id_tag", "")
        if outlet.plugged:
            await self.begin(outlet)
            return
        if outlet.waits is not None:
            outlet.waits.cancel()
        seconds = int(self.keys["ConnectionTimeOut"][0])
        outlet.waits = self._loop.call_later(seconds, lambda: self.do(self.give_up(outlet)))
        await self.becomes(outlet, "Preparing")

    async def give_up(self, outlet: Outlet) -> None:
        """Wait for the cable no longer."""
        if outlet.waits is not None:
            outlet.waits.cancel()
            outlet.waits = None
        if outlet.transaction is None:
            outlet.token = ""
            await self.becomes(outlet, self._present(outlet))

    async def begin(self, outlet: Outlet) -> None:
        """Begin a transaction."""
        if outlet.waits is not None:
            outlet.waits.cancel()
        outlet.locked = True
        answer = await self.say(
            call.StartTransaction(
                connector_id=outlet.number,
                id_tag=outlet.token,
                meter_start=outlet.meter,
                timestamp=self.stamp(),
            )
        )
        known = answer.id_tag_info
        self.cache[outlet.token] = known
        outlet.transaction = answer.transaction_id
        outlet.parent = known.get("parent_id_tag", outlet.parent)
        if known["status"] != "Accepted" and self._on("StopTransactionOnInvalidId"):
            await self.end(outlet, "DeAuthorized")
        else:
            await self.becomes(outlet, "Charging")

    async def end(self, outlet: Outlet, reason: str, token: str = "") -> None:
        """End a transaction."""
        outlet.meter += 10
        message = call.StopTransaction(
            transaction_id=outlet.transaction,
            meter_stop=outlet.meter,
            timestamp=self.stamp(),
            reason=reason,
            id_tag=token or None,
        )
        outlet.transaction, outlet.token, outlet.parent = None, "", ""
        kept = reason == "EVDisconnected" and not self._on("UnlockConnectorOnEVSideDisconnect")
        outlet.locked = outlet.locked and kept
        await self.say(message)
        await self.becomes(outlet, "Finishing" if outlet.cable or outlet.ev else "Available")

    async def present(self, outlet: Outlet, token: str) -> None:
        """See a token at the reader of a connector."""
        if outlet.transaction is None:
            if outlet.token == token:
                await self.give_up(outlet)
            else:
                await self.offer(outlet, token)
        elif outlet.token == token:
            await self.end(outlet, "Local", token)
        elif outlet.parent:  # 4.1: another token has to be asked about; only its group can help
            known = await self.judge(token)
            if known["status"] == "Accepted" and known.get("parent_id_tag") == outlet.parent:
                await self.end(outlet, "Local", token)

    async def plug(self, outlet: Outlet) -> None:
        """See the cable plugged in."""
        outlet.ev = outlet.cable = True
        await (self.begin(outlet) if outlet.token else self.becomes(outlet, "Preparing"))

    async def unplug(self, outlet: Outlet, side: str) -> None:
        """See the cable pulled out, at one end or both."""
        if side in ("station", "both") and not outlet.locked:
            outlet.cable = False
        if side in ("ev", "both"):
            outlet.ev = False
            if outlet.transaction is not None:
                await self.ev_gone(outlet)
                return
        if not outlet.cable:
            await self.becomes(outlet, "Available" if outlet.operative else "Unavailable")

    async def ev_gone(self, outlet: Outlet) -> None:
        """See the cable pulled out at the vehicle while a transaction runs."""
        if self._on("StopTransactionOnEVSideDisconnect"):
            await self.end(outlet, "EVDisconnected")
        else:
            await self.becomes(outlet, "SuspendedEV", info="EV side disconnected")

    # -- meter ------------------------------------------------------------------------------------

    async def _meter(self) -> None:
        last: dict[str, datetime] = {}
        while True:
            await asyncio.sleep(1)
            for name, context in (
                ("MeterValueSampleInterval", "Sample.Periodic"),
                ("ClockAlignedDataInterval", "Sample.Clock"),
            ):
                seconds = int(self.keys[name][0])
                for outlet in self.outlets.values():
                    key, now = f"{name} {outlet.number}", self.now()
                    if outlet.transaction is None or not seconds:
                        last.pop(key, None)
                    elif context == "Sample.Clock":
                        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
                        at = midnight + timedelta(
                            seconds=(now - midnight).total_seconds() // seconds * seconds
                        )
                        if last.setdefault(key, at) != at:
                            last[key] = at
                            self.do(self._measure(outlet, context, "MeterValuesAlignedData", at))
                    elif now - last.setdefault(key, now) >= timedelta(seconds=seconds):
                        last[key] = now
                        self.do(self._measure(outlet, context, "MeterValuesSampledData", now))

    async def _measure(self, outlet: Outlet, context: str, key: str, at: datetime) -> None:
        outlet.meter += 1
        values = []
        for measurand in self.keys[key][0].split(","):
            name, _, phase = measurand.rpartition(".") if "L" in measurand[-4:] else ("", "", "")
            name = name or measurand
            sample = {"value": str(outlet.meter), "measurand": name, "unit": MEASURED[name]}
            values.append({**sample, "context": context} | ({"phase": phase} if phase else {}))
        about = {"timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "sampled_value": values}
        await self.say(
            call.MeterValues(
                connector_id=outlet.number,
                transaction_id=outlet.transaction,
                meter_value=[about],
            )
        )

    # -- what is done at it -----------------------------------------------------------------------

    async def perform(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Do what a person would do at the station."""
        outlet = self.outlets[parameters.get("connector", 1)]
        if name == "plug_in":
            self.do(self.plug(outlet))
        elif name == "unplug":
            self.do(self.unplug(outlet, parameters["side"]))
        elif name == "present_token":
            self.do(self.present(outlet, parameters["id_tag"]))
        elif name == "power_cycle":
            self.do(self.restart("PowerLoss"))
        else:
            raise ValueError(f"nobody can {name} here")
        return {}


class Line(ChargePoint):  # type: ignore[misc]
    """The connection of a station: what the CSMS asks for."""

    def __init__(self, charger: Charger, socket: Any) -> None:
        super().__init__("station", socket, response_timeout=10)
        self.charger = charger

    @on(Action.get_configuration)  # type: ignore[misc]
    def on_get_configuration(self, key: list[str] | None = None) -> Any:
        keys = self.charger.keys
        return call_result.GetConfiguration(
            configuration_key=[
                {"key": k, "value": keys[k][0], "readonly": keys[k][1]}
                for k in key or keys
                if k in keys
            ],
            unknown_key=[k for k in key or () if k not in keys],
        )

    @on(Action.change_configuration)  # type: ignore[misc]
    def on_change_configuration(self, key: str, value: str) -> Any:
        if key not in self.charger.keys:
            return call_result.ChangeConfiguration(status="NotSupported")
        if self.charger.keys[key][1]:
            return call_result.ChangeConfiguration(status="Rejected")
        self.charger.keys[key] = (value, WRITABLE)
        return call_result.ChangeConfiguration(status="Accepted")

    @on(Action.clear_cache)  # type: ignore[misc]
    def on_clear_cache(self) -> Any:
        self.charger.cache.clear()
        return call_result.ClearCache(status="Accepted")

    @on(Action.remote_start_transaction)  # type: ignore[misc]
    def on_remote_start(self, id_tag: str, connector_id: int = 1, **_: Any) -> Any:
        busy = self.charger.outlets[connector_id].transaction is not None
        return call_result.RemoteStartTransaction(status="Rejected" if busy else "Accepted")

    @after(Action.remote_start_transaction)  # type: ignore[misc]
    async def after_remote_start(self, id_tag: str, connector_id: int = 1, **_: Any) -> None:
        outlet = self.charger.outlets[connector_id]
        ask = self.charger.keys["AuthorizeRemoteTxRequests"][0] == "true"
        if outlet.transaction is None:
            self.charger.do(self.charger.offer(outlet, id_tag, ask))

    def _outlet(self, transaction: int) -> Outlet | None:
        running = (o for o in self.charger.outlets.values() if o.transaction == transaction)
        return next(running, None)

    @on(Action.remote_stop_transaction)  # type: ignore[misc]
    def on_remote_stop(self, transaction_id: int) -> Any:
        runs = self._outlet(transaction_id) is not None
        return call_result.RemoteStopTransaction(status="Accepted" if runs else "Rejected")

    @after(Action.remote_stop_transaction)  # type: ignore[misc]
    async def after_remote_stop(self, transaction_id: int) -> None:
        if (outlet := self._outlet(transaction_id)) is not None:
            self.charger.do(self.charger.end(outlet, self.charger.stop_reason))

    @on(Action.unlock_connector)  # type: ignore[misc]
    def on_unlock(self, connector_id: int) -> Any:
        self.charger.outlets[connector_id].locked = False
        return call_result.UnlockConnector(status="Unlocked")

    @after(Action.unlock_connector)  # type: ignore[misc]
    async def after_unlock(self, connector_id: int) -> None:
        outlet = self.charger.outlets[connector_id]
        if outlet.transaction is not None:
            self.charger.do(self.charger.end(outlet, "UnlockCommand"))

    @on(Action.change_availability)  # type: ignore[misc]
    def on_change_availability(self, connector_id: int, type: str) -> Any:
        self.charger.outlets[connector_id].operative = type == "Operative"
        return call_result.ChangeAvailability(status="Accepted")

    @after(Action.change_availability)  # type: ignore[misc]
    async def after_change_availability(self, connector_id: int, type: str) -> None:
        outlet = self.charger.outlets[connector_id]
        self.charger.do(self.charger.becomes(outlet, self.charger._present(outlet)))

    @on(Action.reset)  # type: ignore[misc]
    def on_reset(self, type: str) -> Any:
        return call_result.Reset(status="Accepted")

    @after(Action.reset)  # type: ignore[misc]
    async def after_reset(self, type: str) -> None:
        self.charger.do(self.charger.restart(f"{type}Reset"))
