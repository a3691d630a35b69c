"""The connections that are stored in slots, and which of them is to be tried next (B09, B10)."""

from typing import Any
from urllib.parse import quote, urlsplit

from testbay_reference.link import Answer
from testbay_reference.station201.context import Context, Payload

FACTORY = "1"  # the slot with the connection that the station was installed with
PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"
ATTEMPTS = "OCPPCommCtrlr.NetworkProfileConnectionAttempts"


class Network:
    """Keep the slots, over restarts, and choose among them for every attempt to connect.

    The attempts are made for each entry of NetworkConfigurationPriority; when all of them have
    failed, the connection that was there last is tried for ever.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stored: dict[str, Any] = context.store.get("network", {})
        self._failed = 0
        self._forever = False
        self.active = str(context.store.get("network slot", FACTORY))
        self.slot = self.active
        context.variables.compute("OCPPCommCtrlr.ActiveNetworkProfile", lambda: self.active)
        context.variables.admit(PRIORITY, self._all_set)
        self.begin()

    def begin(self) -> None:
        """Choose the first slot, after a boot or when a connection is lost."""
        self._failed, self._forever = 0, False
        self.slot = self._order()[0]

    def opened(self) -> bool:
        """Note that the connection is open; tell whether it is another one than the last."""
        other, self.active = self.slot != self.active, self.slot
        self._failed = 0
        self._context.store.set("network slot", self.active)
        return other

    def failed(self) -> bool:
        """Note that it could not be opened; tell whether the next attempt is made elsewhere."""
        self._failed += 1
        attempts = max(1, self._context.variables.number(ATTEMPTS, 1))
        if self._forever or self._failed < attempts or "no-fallback" in self._context.faults:
            return False
        before, order = self.slot, self._order()
        place = order.index(before) + 1 if before in order else len(order)
        self._failed, self._forever = 0, place >= len(order)
        self.slot = self.active if self._forever else order[place]
        return self.slot != before

    @property
    def address(self) -> str:
        """Return the URL of this station at the CSMS of the slot (part 4, 3.1.1)."""
        options, stored = self._context.options, self._stored.get(self.slot)
        url = options.url if stored is None else str(stored["ocppCsmsUrl"])
        if "falls-back-elsewhere" in self._context.faults and self.slot != self._order()[0]:
            url = f"{url.rstrip('/')}/elsewhere"
        return f"{url.rstrip('/')}/{quote(options.identity, safe='')}"

    def set(self, payload: Payload) -> Answer:
        """Answer SetNetworkProfile."""
        slot, data = str(payload["configurationSlot"]), payload["connectionData"]
        if not self._acceptable(slot, data):
            return {"status": "Rejected"}
        if "stores-no-connection" not in self._context.faults:
            self._stored = {**self._stored, slot: data}
            self._context.store.set("network", self._stored)
        return {"status": "Accepted"}

    def _acceptable(self, slot: str, data: Payload) -> bool:
        priority = self._context.variables.find(
            {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": PRIORITY.split(".")[1]}}
        )
        slots = () if isinstance(priority, str) else priority.values
        secure = self._context.variables.number("SecurityCtrlr.SecurityProfile")
        return (
            slot in slots
            and data["ocppVersion"] == "OCPP20"
            and data["ocppTransport"] == "JSON"
            and data["securityProfile"] >= secure
            and urlsplit(data["ocppCsmsUrl"]).scheme in ("ws", "wss")
        )

    def _order(self) -> list[str]:
        order = [s for s in self._context.variables.members(PRIORITY) if self._set(s)]
        return order or [self.active]

    def _all_set(self, value: str) -> bool:
        slots = [s.strip() for s in value.split(",") if s.strip()]
        return bool(slots) and all(self._set(s) for s in slots)

    def _set(self, slot: str) -> bool:
        return slot == FACTORY or slot in self._stored
