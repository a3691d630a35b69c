"""Monitoring (N02 to N06), of a station whose variables support no monitors of the CSMS."""

from collections.abc import Callable
from typing import Any

from testbay.protocol.versions import OCPP201
from testbay_reference.link import Answer, RpcError
from testbay_reference.station201.context import Context, Payload

AVAILABLE = "MonitoringCtrlr.Available"
LIMIT = "MonitoringCtrlr.ItemsPerMessage[SetVariableMonitoring]"
SEVEREST, MILDEST = 0, 9


class Monitoring:
    """Answer what a CSMS asks of monitors; each variable says that it supports none."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def handlers(self) -> dict[str, Callable[[Payload], Answer]]:
        """Return the handlers by action; nothing where the station has no monitoring."""
        if not self._context.variables.flag(AVAILABLE):
            return {}
        return {
            "ClearVariableMonitoring": self._clear,
            "GetMonitoringReport": lambda _: {"status": "EmptyResultSet"},
            "SetMonitoringBase": lambda _: {"status": "Accepted"},
            "SetMonitoringLevel": self._level,
            "SetVariableMonitoring": self._set,
        }

    def _level(self, payload: Payload) -> Answer:
        allowed = SEVEREST <= payload["severity"] <= MILDEST
        return {"status": "Accepted" if allowed else "Rejected"}

    def _clear(self, payload: Payload) -> Answer:
        return {"clearMonitoringResult": [{"id": i, "status": "NotFound"} for i in payload["id"]]}

    def _set(self, payload: Payload) -> Answer:
        asked = payload["setMonitoringData"]
        if len(asked) > self._context.variables.number(LIMIT):
            return RpcError(OCPP201.code("maxItems"), "these are too many monitors")
        return {"setMonitoringResult": [self._result(one) for one in asked]}

    def _result(self, asked: Payload) -> dict[str, Any]:
        found = self._context.variables.find(asked)
        status = found if isinstance(found, str) else "UnsupportedMonitorType"
        same = {name: asked[name] for name in ("component", "variable", "type", "severity")}
        return {**same, "status": status}
