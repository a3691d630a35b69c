"""A small station on the `ocpp` package: it shares nothing with the tool but the specification."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
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
    "AuthorizeRemoteTxRequests": ("true", WRITABLE),
    "ClockAlignedDataInterval": ("0", WRITABLE),
    "ConnectionTimeOut": ("60", WRITABLE),
    "ConnectorPhaseRotation": ("0.RST,1.RST", WRITABLE),
    "GetConfigurationMaxKeys": ("20", READ_ONLY),
    "HeartbeatInterval": ("300", WRITABLE),
    "LocalAuthorizeOffline": ("true", WRITABLE),
    "LocalPreAuthorize": ("false", WRITABLE),
    "MeterValuesAlignedData": ("Energy.Active.Import.Register", WRITABLE),
    "MeterValuesSampledData": ("Energy.Active.Import.Register", WRITABLE),
    "MeterValueSampleInterval": ("60", WRITABLE),
    "NumberOfConnectors": ("1", READ_ONLY),
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


def now() -> str:
    """Return the time as a message carries it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: TID251


class Station(ChargePoint):  # type: ignore[misc]
    """A station with one connector, on an open connection.

    Args:
        asks: whether it authorizes a token at the CSMS.
        stop_reason: of a transaction that is stopped remotely.
        keys: its configuration.
    """

    def __init__(
        self,
        identity: str,
        socket: Any,
        *,
        asks: bool = True,
        stop_reason: str = "Remote",
        keys: dict[str, tuple[str, bool]] = KEYS,
    ) -> None:
        super().__init__(identity, socket, response_timeout=5)
        self.asks, self.stop_reason, self.keys = asks, stop_reason, dict(keys)
        self.plugged = False
        self.token = ""
        self.transaction: int | None = None
        self.status = ""
        self.meter = 0
        self.tasks: list[asyncio.Task[None]] = []
        self._turn = asyncio.Lock()

    def do(self, work: Any) -> None:
        """Do something after all that is being done."""

        async def in_turn() -> None:
            async with self._turn:
                with suppress(ConnectionClosed):
                    await work

        self.tasks.append(asyncio.get_running_loop().create_task(in_turn()))

    # -- what it says -----------------------------------------------------------------------------

    async def boot(self) -> None:
        """Register, and report both connectors: the station itself is number 0."""
        answer = await self.call(
            call.BootNotification(charge_point_model="Wallbox", charge_point_vendor="Acme")
        )
        if answer.status == "Accepted":
            await self.report("Available", 0)
            await self.report("Available")

    async def report(self, status: str, connector: int = 1) -> None:
        """Report a status, if it is another one."""
        if connector and status == self.status:
            return
        if connector:
            self.status = status
        await self.call(
            call.StatusNotification(
                connector_id=connector, error_code="NoError", status=status, timestamp=now()
            )
        )

    async def authorize(self, token: str) -> None:
        """Ask whether a token may charge; charge if it may and the cable is in."""
        if self.asks:
            answer = await self.call(call.Authorize(id_tag=token))
            if answer.id_tag_info["status"] != "Accepted":
                return
        self.token = token
        await (self.begin() if self.plugged else self.report("Preparing"))

    async def begin(self) -> None:
        """Begin a transaction."""
        answer = await self.call(
            call.StartTransaction(
                connector_id=1, id_tag=self.token, meter_start=self.meter, timestamp=now()
            )
        )
        self.transaction = answer.transaction_id
        await self.report("Charging")

    async def end(self, reason: str) -> None:
        """End the transaction."""
        self.meter += 10
        await self.call(
            call.StopTransaction(
                transaction_id=self.transaction,
                meter_stop=self.meter,
                timestamp=now(),
                reason=reason,
                id_tag=self.token,
            )
        )
        self.transaction, self.token = None, ""
        await self.report("Finishing" if self.plugged else "Available")

    # -- what is done at it -----------------------------------------------------------------------

    async def perform(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Do what a person would do at the station."""
        if name == "plug_in":
            self.plugged = True
            self.do(self.begin() if self.token else self.report("Preparing"))
        elif name == "unplug":
            self.plugged = False
            self.do(self.report("Available"))
        elif name == "present_token":
            stops = self.transaction is not None
            self.do(self.end("Local") if stops else self.authorize(parameters["id_tag"]))
        else:
            raise ValueError(f"nobody can {name} here")
        return {}

    # -- what it is asked for ---------------------------------------------------------------------

    @on(Action.get_configuration)  # type: ignore[misc]
    def on_get_configuration(self, key: list[str] | None = None) -> Any:
        asked = key or list(self.keys)
        return call_result.GetConfiguration(
            configuration_key=[
                {"key": k, "value": self.keys[k][0], "readonly": self.keys[k][1]}
                for k in asked
                if k in self.keys
            ],
            unknown_key=[k for k in asked if k not in self.keys],
        )

    @on(Action.change_configuration)  # type: ignore[misc]
    def on_change_configuration(self, key: str, value: str) -> Any:
        if key not in self.keys:
            return call_result.ChangeConfiguration(status="NotSupported")
        if self.keys[key][1]:
            return call_result.ChangeConfiguration(status="Rejected")
        self.keys[key] = (value, WRITABLE)
        return call_result.ChangeConfiguration(status="Accepted")

    @on(Action.clear_cache)  # type: ignore[misc]
    def on_clear_cache(self) -> Any:
        return call_result.ClearCache(status="Rejected")

    @on(Action.remote_start_transaction)  # type: ignore[misc]
    def on_remote_start(self, id_tag: str, **_: Any) -> Any:
        busy = self.transaction is not None
        return call_result.RemoteStartTransaction(status="Rejected" if busy else "Accepted")

    @after(Action.remote_start_transaction)  # type: ignore[misc]
    async def after_remote_start(self, id_tag: str, **_: Any) -> None:
        if self.transaction is None:
            self.do(self.authorize(id_tag))

    @on(Action.remote_stop_transaction)  # type: ignore[misc]
    def on_remote_stop(self, transaction_id: int) -> Any:
        runs = transaction_id == self.transaction
        return call_result.RemoteStopTransaction(status="Accepted" if runs else "Rejected")

    @after(Action.remote_stop_transaction)  # type: ignore[misc]
    async def after_remote_stop(self, transaction_id: int) -> None:
        if transaction_id == self.transaction:
            self.do(self.end(self.stop_reason))

    @on(Action.unlock_connector)  # type: ignore[misc]
    def on_unlock(self, connector_id: int) -> Any:
        return call_result.UnlockConnector(status="Unlocked")


class Charger:
    """A station with its power switched on: it dials and boots.

    Args:
        defects: see ``Station``.
    """

    def __init__(self, url: str, **defects: Any) -> None:
        self.url, self.defects = url, defects
        self.station: Station | None = None
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        identity = self.url.rpartition("/")[2]
        async with connect(self.url, subprotocols=[Subprotocol("ocpp1.6")], proxy=None) as socket:
            self.station = Station(identity, socket, **self.defects)
            self.station.do(self.station.boot())
            with suppress(ConnectionClosed, OCPPError):
                await self.station.start()

    async def perform(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Do what a person would do at the station."""
        assert self.station is not None
        return await self.station.perform(name, parameters)

    async def stop(self) -> None:
        """Switch the power off."""
        tasks = [self._task, *(self.station.tasks if self.station else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
