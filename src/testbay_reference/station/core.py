"""The core profile: what the station answers to the calls of the CSMS (section 5)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from testbay.protocol.versions import OCPP16
from testbay_reference.link import Answer, Reply, RpcError
from testbay_reference.station.authorization import Authorizer
from testbay_reference.station.charging import LOCK_FAILURE, Charging
from testbay_reference.station.connector import Connector, Holder
from testbay_reference.station.context import Context, Payload
from testbay_reference.station.reservations import Reservations
from testbay_reference.station.smart_charging import SmartCharging
from testbay_reference.station.transactions import Transactions

Handler = Callable[[Payload], Answer | Awaitable[Answer]]
ResetReason = Literal["HardReset", "SoftReset"]


class Core:
    """Answer the calls of the core profile.

    Args:
        in_service: tells whether new sessions may begin at all.
        reboot: restarts the station.
    """

    def __init__(
        self,
        context: Context,
        connectors: Mapping[int, Connector],
        charging: Charging,
        transactions: Transactions,
        authorizer: Authorizer,
        reservations: Reservations,
        limits: SmartCharging,
        in_service: Callable[[], bool],
        reboot: Callable[[ResetReason], None],
    ) -> None:
        self._context = context
        self._connectors = connectors
        self._charging = charging
        self._transactions = transactions
        self._authorizer = authorizer
        self._reservations = reservations
        self._limits = limits
        self._in_service = in_service
        self._reboot = reboot

    @property
    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by action."""
        return {
            "ChangeAvailability": self._change_availability,
            "ChangeConfiguration": self._change_configuration,
            "ClearCache": self._clear_cache,
            "DataTransfer": self._data_transfer,
            "GetConfiguration": self._get_configuration,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "Reset": self._reset,
            "UnlockConnector": self._unlock,
        }

    def _change_availability(self, payload: Payload) -> Answer:
        number, operative = payload["connectorId"], payload["type"] == "Operative"
        if number != 0 and number not in self._connectors:
            return {"status": "Rejected"}
        chosen = [c for c in self._connectors.values() if number in (0, c.number)]
        # In Finishing the user still has something to do first (4.9, F8).
        waits = [c for c in chosen if c.transaction is not None or c.finishing]
        later = any(c.operative != operative for c in waits)

        def change() -> None:
            if number == 0:
                self._charging.keep_station(operative)
            for connector in chosen:
                self._charging.set_availability(connector, operative)

        return Reply({"status": "Scheduled" if later else "Accepted"}, change)

    def _change_configuration(self, payload: Payload) -> Answer:
        config, name = self._context.config, payload["key"]
        key = config.find(name)
        status = config.change(name, payload["value"])
        shown = "..." if key is not None and key.secret else repr(payload["value"])
        self._context.note(f"configuration {name} = {shown}: {status}")
        then = config.follow_up(name) if status == "Accepted" else None
        return Reply({"status": status}, then) if then is not None else {"status": status}

    def _clear_cache(self, payload: Payload) -> Answer:
        return {"status": "Accepted" if self._authorizer.clear() else "Rejected"}

    def _data_transfer(self, payload: Payload) -> Answer:
        """Answer messages of the own vendor: Echo is accepted, Refuse is not (4.3)."""
        if payload["vendorId"].casefold() != self._context.options.vendor.casefold():
            return {"status": "UnknownVendorId"}
        message = payload.get("messageId", "").casefold()
        if message == "echo":
            data = {"data": payload["data"]} if "data" in payload else {}
            return {"status": "Accepted", **data}
        return {"status": "Rejected" if message == "refuse" else "UnknownMessageId"}

    def _get_configuration(self, payload: Payload) -> Answer:
        config = self._context.config
        wanted = payload.get("key") or []
        limit = config.number("GetConfigurationMaxKeys")
        if len(wanted) > limit:
            code = OCPP16.code("maxItems")
            return RpcError(code, f"at most {limit} keys can be asked for at once")
        keys = list(config.keys())
        unknown: list[str] = []
        if wanted:
            found = {name.casefold(): config.find(name) for name in wanted}
            keys = [key for key in found.values() if key is not None]
            unknown = list(dict.fromkeys(name for name in wanted if config.find(name) is None))
        elif "configuration-list-incomplete" in self._context.faults:
            keys = keys[::2]
        entries = [
            {"key": key.name, "readonly": not key.writable}
            | ({} if key.secret else {"value": config.text(key.name)})
            for key in keys
        ]
        answer: Payload = {"configurationKey": entries}
        return answer | ({"unknownKey": unknown} if unknown else {})

    def _remote_start(self, payload: Payload) -> Answer:
        connector = self._remote_connector(payload.get("connectorId"), payload["idTag"])
        if connector is None or not self._in_service():
            return {"status": "Rejected"}
        profile = payload.get("chargingProfile") if self._limits.supported else None
        if profile is not None and not self._limits.admits(connector, profile):
            return {"status": "Rejected"}
        if "remote-start-does-nothing" in self._context.faults:
            return {"status": "Accepted"}
        chosen, id_tag = connector, payload["idTag"]
        chosen.asking = True

        def begin() -> None:
            job = self._start(chosen, id_tag, profile)
            self._context.spawn(job, f"remote start at {chosen.number}")

        return Reply({"status": "Accepted"}, begin)

    def _remote_connector(self, number: int | None, id_tag: str) -> Connector | None:
        """Choose a connector where the token can charge: best its own, then one with a cable."""
        kept = self._reservations
        if number is not None:
            if "remote-start-on-next-connector" in self._context.faults:
                number = number % len(self._connectors) + 1
            connector = self._connectors.get(number)
            if connector is None or not connector.free or kept.bars(connector, id_tag):
                return None
            return connector
        free = [c for c in self._connectors.values() if c.free and not kept.bars(c, id_tag)]
        free.sort(key=lambda c: (not kept.meant_for(c, id_tag), c.reserved, not c.occupied))
        return next(iter(free), None)

    async def _start(self, connector: Connector, id_tag: str, profile: Payload | None) -> None:
        faults = self._context.faults
        asks = self._context.config.flag("AuthorizeRemoteTxRequests")
        asks = asks or "authorizes-remote-start-despite-setting" in faults
        parent = None
        try:
            asks = asks and "remote-start-without-authorize" not in faults
            # 5.13: the group of a token has to be known where a group has a reservation.
            if asks or self._reservations.needs_group(connector, id_tag):
                decision = await self._authorizer.to_start(id_tag)
                if not decision.accepted:
                    self._context.note(f"remote start: {id_tag} may not charge")
                    return
                parent = decision.parent
        finally:
            connector.asking = False
        holder = Holder(id_tag, parent, profile)
        if connector.free and self._reservations.admits(connector, holder):
            self._charging.authorize(connector, holder)

    def _remote_stop(self, payload: Payload) -> Answer:
        transaction = self._transactions.find(payload["transactionId"])
        if transaction is None and "remote-stop-ignores-id" in self._context.faults:
            for running in self._transactions.running:
                self._stop(self._connectors[running.connector], "Remote")
        if transaction is None:
            return {"status": "Rejected"}
        if "remote-stop-does-nothing" in self._context.faults:
            return {"status": "Accepted"}
        connector = self._connectors[transaction.connector]
        return Reply({"status": "Accepted"}, lambda: self._stop(connector, "Remote"))

    def _reset(self, payload: Payload) -> Answer:
        if "reset-without-reboot" in self._context.faults:
            return {"status": "Accepted"}
        reason: ResetReason = "HardReset" if payload["type"] == "Hard" else "SoftReset"
        return Reply({"status": "Accepted"}, lambda: self._reboot(reason))

    def _unlock(self, payload: Payload) -> Answer:
        connector = self._connectors.get(payload["connectorId"])
        if connector is None:
            return {"status": "NotSupported"}
        if not connector.outlet.lockable:
            claims = "unlocks-fixed-cable" in self._context.faults
            return {"status": "Unlocked" if claims else "NotSupported"}

        def stop() -> None:
            if "unlock-keeps-transaction" not in self._context.faults:
                self._stop(connector, "UnlockCommand")
            if not opened:
                self._charging.set_error(connector.number, LOCK_FAILURE)

        opened = self._charging.release(connector)
        return Reply({"status": "Unlocked" if opened else "UnlockFailed"}, stop)

    def _stop(self, connector: Connector, reason: str) -> None:
        if connector.transaction is not None:
            self._charging.stop(connector, reason)
