"""What the station answers to the calls of the CSMS: variables, reports, resets, sessions."""

from collections.abc import Awaitable, Callable, Mapping

from testbay.protocol.versions import OCPP201
from testbay_reference.link import Answer, Reply, RpcError
from testbay_reference.station201.authorization import Authorizer
from testbay_reference.station201.availability import Availability
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.evse import Evse, Holder
from testbay_reference.station201.resets import Resets
from testbay_reference.station201.sessions import Sessions

Handler = Callable[[Payload], Answer | Awaitable[Answer]]


class Commands:
    """Answer the calls of the CSMS.

    Args:
        in_service: tells whether new sessions may begin at all.
        resets: of the station and of its EVSEs.
    """

    def __init__(
        self,
        context: Context,
        evses: Mapping[int, Evse],
        sessions: Sessions,
        authorizer: Authorizer,
        availability: Availability,
        in_service: Callable[[], bool],
        resets: Resets,
    ) -> None:
        self._context = context
        self._evses = evses
        self._sessions = sessions
        self._authorizer = authorizer
        self._availability = availability
        self._in_service = in_service
        self._resets = resets

    @property
    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by action."""
        return {
            "ChangeAvailability": self._availability.change,
            "GetVariables": self._get_variables,
            "RequestStartTransaction": self._start,
            "RequestStopTransaction": self._stop,
            "Reset": self._resets.answer,
            "SetVariables": self._set_variables,
            "UnlockConnector": self._unlock,
        }

    def idle(self) -> None:
        """See an EVSE become free: a reset may have waited for that (B12)."""
        self._resets.idle()

    def _get_variables(self, payload: Payload) -> Answer:
        asked = payload["getVariableData"]
        if error := self._too_many("GetVariables", len(asked)):
            return error
        return {"getVariableResult": [self._context.variables.get(a) for a in asked]}

    def _set_variables(self, payload: Payload) -> Answer:
        data = payload["setVariableData"]
        if error := self._too_many("SetVariables", len(data)):
            return error
        return {"setVariableResult": [self._context.variables.set(d) for d in data]}

    def _too_many(self, action: str, number: int) -> RpcError | None:
        most = self._context.variables.number(f"DeviceDataCtrlr.ItemsPerMessage[{action}]")
        if number <= most:
            return None
        return RpcError(OCPP201.code("maxItems"), f"{action} takes {most} variables at most")

    def _start(self, payload: Payload) -> Answer:
        evse = self._chosen(payload)
        if evse is None or not self._in_service():
            return {"status": "Rejected"}
        running = evse.transaction
        answer: Payload = {"status": "Accepted"}
        if running is not None:
            answer["transactionId"] = running.id

        def begin() -> None:
            job = self._begin(evse, payload["idToken"], payload["remoteStartId"])
            self._context.spawn(job, f"remote start at {evse.number}")

        return Reply(answer, begin)

    def _chosen(self, payload: Payload) -> Evse | None:
        number = payload.get("evseId")
        if number is not None:
            evse = self._evses.get(number)
            fits = evse is not None and evse.holder is None and evse.usable
            return evse if evse and fits and evse.open_to(payload["idToken"]) else None
        return next(
            (e for e in self._evses.values() if e.free and e.usable and not e.reserved), None
        )

    async def _begin(self, evse: Evse, token: Payload, remote_id: int) -> None:
        group = None
        if self._context.variables.flag("AuthCtrlr.AuthorizeRemoteStart"):
            decision = await self._authorizer.decide(token)
            if not decision.accepted:
                return
            group = decision.group
        if evse.holder is None:
            self._sessions.authorize(evse, Holder(token, group), remote_id)

    def _stop(self, payload: Payload) -> Answer:
        identity = payload["transactionId"]
        found = [e for e in self._evses.values() if e.transaction and e.transaction.id == identity]
        if not found:
            return self._anyway("stops-though-rejected", "Rejected", "RemoteStop")
        evse = found[0]
        return Reply(
            {"status": "Accepted"}, lambda: self._sessions.stop(evse, "RemoteStop", "Remote")
        )

    def _anyway(self, fault: str, status: str, trigger: str) -> Answer:
        """Answer that nothing is done; a fault does it."""

        def stop() -> None:
            for evse in self._evses.values():
                if evse.transaction is not None and fault in self._context.faults:
                    self._sessions.stop(evse, trigger, "Other")

        return Reply({"status": status}, stop)

    def _unlock(self, payload: Payload) -> Answer:
        evse = self._evses.get(payload["evseId"])
        if evse is None or payload["connectorId"] not in evse.outlets:
            return {"status": "UnknownConnector"}
        if evse.transaction is not None and evse.holder is not None:
            status = "OngoingAuthorizedTransaction"
            return self._anyway("unlocks-though-charging", status, "UnlockCommand")
        outlet = evse.outlets[payload["connectorId"]]
        return {"status": "Unlocked" if outlet.unlock() else "UnlockFailed"}
