"""Reports of the device model: of all, of what can be set, of what is not well, of what is chosen.

A report goes out in parts, over the connection over which it was asked for; also while the station
is not accepted yet (B02.FR.02). Of monitors nothing is reported: there are none.
"""

from collections.abc import Callable

from testbay.protocol.versions import OCPP201
from testbay_reference.link import Answer, Reply, Rpc, RpcError
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.device_model import Variable, same
from testbay_reference.station201.notifier import Notifier

PART = 20  # variables in one NotifyReport
LIMIT = "DeviceDataCtrlr.ItemsPerMessage[GetReport]"
SUMMARY = "SummaryInventory"
STATE = "AvailabilityState"
TROUBLE = ("Problem", "Tripped", "Overload", "Fallback")
OF_EVSE = ("Faulted", "Occupied", "Reserved", "Available", "Unavailable")
OF_STATION = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")
"""Which state of its connectors an EVSE or the station has: the first that one of them has."""


class Reports:
    """Answer GetBaseReport and GetReport, and send what was asked for (B07, B08).

    Args:
        connection: returns the open connection.
    """

    def __init__(self, context: Context, connection: Callable[[], Rpc | None]) -> None:
        self._context = context
        self._connection = connection
        self._model = context.variables

    def base(self, payload: Payload) -> Answer:
        """Report one of the inventories."""
        kind = payload["reportBase"]
        if kind == SUMMARY and not self._context.options.summary:
            return {"status": "NotSupported"}
        found = [v for v in self._model.all() if self._belongs(v, kind)]
        return self._report(payload["requestId"], found)

    def chosen(self, payload: Payload) -> Answer:
        """Report what fits the criteria and is named."""
        options, criteria = self._context.options, payload.get("componentCriteria", [])
        if not options.custom_reports:
            return RpcError("NotSupported", "this station makes no reports of chosen variables")
        if not set(criteria) <= set(options.criteria):
            return {"status": "NotSupported"}
        named = payload.get("componentVariable", [])
        if len(named) > self._model.number(LIMIT):
            return RpcError(OCPP201.code("maxItems"), "these are too many variables")
        found = [v for v in self._model.all() if self._chosen(v, criteria, named)]
        return self._report(payload["requestId"], found)

    def _belongs(self, variable: Variable, kind: str) -> bool:
        """Tell whether a variable belongs to an inventory (B07.FR.07 to B07.FR.09)."""
        if kind == SUMMARY:
            bad = variable.name in TROUBLE and self._model.text(variable.key) == "true"
            return variable.name == STATE or bad
        return kind == "FullInventory" or self._model.mutability(variable) != "ReadOnly"

    def _chosen(self, variable: Variable, criteria: list[str], named: list[Payload]) -> bool:
        """Tell whether a variable was asked for; of criteria alone it is what they look at."""
        if criteria and not any(self._meets(variable, criterion) for criterion in criteria):
            return False
        if named:
            return any(_names(one, variable) for one in named)
        if not criteria:
            return True
        return variable.name in criteria and self._model.text(variable.key) == "true"

    def _meets(self, variable: Variable, criterion: str) -> bool:
        """Tell whether the component of a variable meets a criterion (B08.FR.07 to B08.FR.10)."""
        place = (variable.component, variable.evse, variable.connector)
        said = [
            self._model.text(v.key)
            for v in self._model.all()
            if (v.component, v.evse, v.connector) == place and v.name == criterion
        ]
        return "true" in said or (not said and criterion != "Problem")

    def _report(self, request: int, found: list[Variable]) -> Answer:
        if not found:
            return {"status": "EmptyResultSet"}
        if "reports-nothing" in self._context.faults:
            return {"status": "Accepted"}
        rpc = self._connection()
        if rpc is None:
            return {"status": "Rejected"}
        entries = [self._model.entry(v) for v in found]

        def begin() -> None:
            self._context.spawn(self._send(rpc, request, entries), f"report {request}")

        return Reply({"status": "Accepted"}, begin)

    async def _send(self, rpc: Rpc, request: int, entries: list[Payload]) -> None:
        generated = self._context.stamp()
        parts = [entries[i : i + PART] for i in range(0, len(entries), PART)]
        for number, part in enumerate(parts):
            if rpc.closed:
                return
            told = {
                "requestId": request,
                "generatedAt": generated,
                "seqNo": number,
                "tbc": number < len(parts) - 1,
                "reportData": part,
            }
            await rpc.call("NotifyReport", told)


def _names(named: Payload, variable: Variable) -> bool:
    """Tell whether a request names a variable; what it leaves out may be anything."""
    component, evse = named["component"], named["component"].get("evse", {})
    wanted = named.get("variable", {})
    return (
        same(component["name"], variable.component)
        and not component.get("instance")
        and evse.get("id", variable.evse) == variable.evse
        and evse.get("connectorId", variable.connector) == variable.connector
        and same(wanted.get("name", variable.name), variable.name)
        and same(wanted.get("instance") or variable.instance, variable.instance)
    )


def follow_states(context: Context, notifier: Notifier) -> None:
    """Have the variables AvailabilityState say what the notifier knows of the connectors."""
    variables, places = context.variables, notifier.places()

    def follow(key: str, among: list[tuple[int, int]], order: tuple[str, ...]) -> None:
        def state() -> str:
            states = [notifier.status(*place) for place in among]
            return next((s for s in order if s in states), states[0])

        variables.compute(f"{key}.{STATE}", state)

    for evse, connector in places:
        follow(f"Connector@{evse}.{connector}", [(evse, connector)], ())
        follow(f"EVSE@{evse}", [place for place in places if place[0] == evse], OF_EVSE)
    follow("ChargingStation", places, OF_STATION)
