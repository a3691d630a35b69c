"""The connections that are stored in slots, and which of them is to be tried next (B09, B10)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from testbay_reference.link import Answer
from testbay_reference.station201.context import Context, Payload

FACTORY = "1"  # the slot with the connection that the station was installed with
PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"
ATTEMPTS = "OCPPCommCtrlr.NetworkProfileConnectionAttempts"
PROFILE = "SecurityCtrlr.SecurityProfile"
DOWNGRADE = "SecurityCtrlr.AllowSecurityProfileDowngrade"
STORED, SLOT, REMOVED = "network", "network slot", "network without factory"


class Network:
    """Keep the slots, over restarts, and choose among them for every attempt to connect.

    The attempts are made for each entry of NetworkConfigurationPriority; when all of them have
    failed, the connection that was there last is tried for ever.

    Args:
        prepared: tells whether the station has the certificates that a security profile needs.
    """

    def __init__(self, context: Context, prepared: Callable[[int], bool]) -> None:
        self._context = context
        self._prepared = prepared
        self._stored: dict[str, Any] = context.store.get(STORED, {})
        self._failed = 0
        self._forever = False
        self.active = str(context.store.get(SLOT, FACTORY))
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
        self._context.store.set(SLOT, self.active)
        if other:
            self._adopt(self._profile(self.active))
        return other

    def failed(self) -> bool:
        """Note that it could not be opened; tell whether the next attempt is made elsewhere."""
        self._failed += 1
        attempts = max(1, self._context.variables.number(ATTEMPTS, 1))
        attempts += "tries-once-more" in self._context.faults
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

    @property
    def profile(self) -> int:
        """Return the security profile of the slot."""
        if "keeps-old-profile" in self._context.faults:
            return self._context.options.security_profile
        return self._profile(self.slot)

    @property
    def moving(self) -> bool:
        """Tell whether another connection is tried than the one that was there last (B10)."""
        return self.slot != self.active

    def set(self, payload: Payload) -> Answer:
        """Answer SetNetworkProfile."""
        slot, data = str(payload["configurationSlot"]), payload["connectionData"]
        if not self._acceptable(slot, data):
            return {"status": "Rejected"}
        if "stores-no-connection" not in self._context.faults:
            self._stored = {**self._stored, slot: data}
            self._context.store.set(STORED, self._stored)
        return {"status": "Accepted"}

    def _acceptable(self, slot: str, data: Payload) -> bool:
        priority = self._context.variables.find(
            {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": PRIORITY.split(".")[1]}}
        )
        slots = () if isinstance(priority, str) else priority.values
        return (
            slot in slots
            and data["ocppVersion"] == "OCPP20"
            and data["ocppTransport"] == "JSON"
            and self._allowed(data["securityProfile"])
            and urlsplit(data["ocppCsmsUrl"]).scheme in ("ws", "wss")
        )

    def _order(self) -> list[str]:
        order = [s for s in self._context.variables.members(PRIORITY) if self._set(s)]
        return order or [self.active]

    def _all_set(self, value: str) -> bool:
        slots = [s.strip() for s in value.split(",") if s.strip()]
        return bool(slots) and all(self._set(s) and self._usable(self._profile(s)) for s in slots)

    def _set(self, slot: str) -> bool:
        there = not self._context.store.get(REMOVED, False)
        return slot in self._stored or (slot == FACTORY and there)

    # -- security profiles (A05) -----------------------------------------------------------------

    def _profile(self, slot: str) -> int:
        stored = self._stored.get(slot)
        own = self._context.options.security_profile
        return own if stored is None else int(stored["securityProfile"])

    @property
    def _present(self) -> int:
        return self._context.variables.number(PROFILE)

    def _allowed(self, wanted: int) -> bool:
        """Tell whether a connection may have a security profile (A05.FR.08 to 10, B09.FR.04, 31).

        Without one at all, as for tests, any may be named.
        """
        now, known = self._present, (0, *self._context.options.security_profiles)
        down = (now, wanted) == (3, 2) and self._context.variables.flag(DOWNGRADE)
        return wanted in known and (wanted >= now or down)

    def _usable(self, wanted: int) -> bool:
        """Tell whether a security profile may be used, and could be (A05.FR.02 to 04)."""
        raised = wanted > self._present > 0 and "raises-profile-unprepared" not in (
            self._context.faults
        )
        return self._allowed(wanted) and (not raised or self._prepared(wanted))

    def _adopt(self, profile: int) -> None:
        """Keep to the security profile that has worked; forget what is lower (A05.FR.06)."""
        now, store = self._present, self._context.store
        if not now or profile == now:
            return
        store.set("profile_before", now)
        self._context.variables.put(PROFILE, str(profile))
        left = [slot for slot in self._order() if self._profile(slot) >= profile]
        if "keeps-lower-connections" in self._context.faults:
            return
        self._context.variables.put(PRIORITY, ",".join(left))
        store.set(REMOVED, store.get(REMOVED, False) or self._profile(FACTORY) < profile)
        self._stored = {s: d for s, d in self._stored.items() if d["securityProfile"] >= profile}
        store.set(STORED, self._stored)
