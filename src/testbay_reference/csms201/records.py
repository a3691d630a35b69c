"""What the CSMS knows about one station."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from testbay_reference.link import Rpc

Payload = dict[str, Any]
LIMIT = ("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables")
MOST_VARIABLES = 20  # where a station has not said otherwise


@dataclass(slots=True)
class Transaction:
    """Keep one transaction, by the events that have come (E01 to E13).

    Args:
        events: by seqNo; a number that comes again is the same event.
        evse: 0 where it has not been named yet.
    """

    id: str
    evse: int = 0
    connector: int = 0
    events: dict[int, Payload] = field(default_factory=dict)
    ended: bool = False

    @property
    def complete(self) -> bool:
        """Tell whether it is over and no event is missing."""
        numbers = sorted(self.events)
        whole = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False
        return self.ended and whole


@dataclass(slots=True)
class StationRecord:
    """Keep everything about one station.

    Args:
        registration: the status that its last BootNotification was answered with.
        policy: how its next BootNotification is to be answered, where that was set.
        most_variables: how many variables it takes in one GetVariables, as far as is known.
        triggered: messages that it may send before it is accepted (B02.FR.02).
        statuses: of its connectors, by ``EVSE.CONNECTOR``.
        inventory: the variables it has reported, by request.
    """

    identity: str
    registration: str | None = None
    policy: str | None = None
    triggered: tuple[str, ...] = ()
    most_variables: int = MOST_VARIABLES
    boot: Payload = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    transactions: dict[str, Transaction] = field(default_factory=dict)
    inventory: dict[int, list[Payload]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    line: Rpc | None = None

    def remark(self, text: str) -> None:
        """Write down something that was not in order; only the latest are kept."""
        self.remarks = [*self.remarks, text][-100:]

    def note(self, results: Iterable[Payload]) -> None:
        """Note what the station said of its limits, among variables that were read."""
        for result in results:
            variable = result["variable"]
            named = (result["component"]["name"], variable["name"], variable.get("instance"))
            if named == LIMIT and result["attributeStatus"] == "Accepted":
                self.most_variables = int(result["attributeValue"])

    def running(self, evse: int | None = None) -> list[Transaction]:
        """Return the transactions that run here, oldest first."""
        return [t for t in self.transactions.values() if not t.ended and evse in (None, t.evse)]
