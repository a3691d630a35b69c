"""The security of a station: credentials, roots, security events, how it connects (block A).

What stations of every version have in common is `station_security`; here is what has other names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from testbay_reference.certificates import certificates_of
from testbay_reference.hardware import Memory
from testbay_reference.link import Answer, Reply, Rpc
from testbay_reference.named_faults import NamedFaults
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.device_model import DeviceModel
from testbay_reference.station201.options import StationOptions
from testbay_reference.station201.outbox import Outbox
from testbay_reference.station201.signing import OWN, V2G, Asking, OfStation, Vehicles
from testbay_reference.station_security.access import Access
from testbay_reference.station_security.own_certificate import Own, OwnCertificate
from testbay_reference.station_security.security_events import SecurityEvents
from testbay_reference.station_security.trust import CSMS, MANUFACTURER, Trust
from testbay_reference.store import Store
from testbay_reference.timers import Timers
from testbay_reference.timing import stamp

PASSWORD = "SecurityCtrlr.BasicAuthPassword"
PROFILE = "SecurityCtrlr.SecurityProfile"
RENEWAL, COMBINED, FOR_VEHICLES = f"Sign{OWN}", "SignCombinedCertificate", f"Sign{V2G}"

KEYS = {
    "AdditionalRootCertificateCheck": "SecurityCtrlr.AdditionalRootCertificateCheck",
    "AuthorizationKey": PASSWORD,
    "CertificateSignedMaxChainSize": "SecurityCtrlr.MaxCertificateChainSize",
    "CpoName": "SecurityCtrlr.OrganizationName",
    "SecurityProfile": PROFILE,
}
"""Variables by the keys that OCPP 1.6 has for the same."""

EVENTS = {
    "FailedToAuthenticationAtCentralSystem": "FailedToAuthenticateAtCsms",
    "InvalidCentralSystemCertificate": "InvalidCsmsCertificate",
    "InvalidChargePointCertificate": "InvalidChargingStationCertificate",
}
"""Security events by the names that OCPP 1.6 has for the same."""

USES = {"CSMSRootCertificate": CSMS, "ManufacturerRootCertificate": MANUFACTURER}
"""Uses of root certificates, likewise."""


class Security:
    """Keep credentials and roots, tell security events, and know how to connect.

    Args:
        connection: the open connection.
        reconnect: ends the connection and makes another one.
    """

    def __init__(
        self,
        context: Context,
        outbox: Outbox,
        connection: Callable[[], Rpc | None],
        reconnect: Callable[[], None],
    ) -> None:
        self._context = context
        self._reconnect = reconnect
        shared = Shared.of(context)
        self.events = Events(shared, outbox)
        self.events.known()
        self.trust = Roots(shared, self.events)
        parts = (shared, self.trust, self.events)
        self._asking = Asking(context, outbox, connection, self._again, "connection")
        self._asking.kind = OWN
        self.own = OfStation(
            *(*parts, self._asking.ask, self._renewed),
            keeps_keys=context.options.keeps_keys,
        )
        self._vehicles = Vehicles(context, outbox, connection, parts)
        self.access = Connecting(shared, self.trust, self.own, self.events)
        self._password = context.variables.text(PASSWORD)
        self._changed = False
        context.variables.on_change(PASSWORD, self._password_changed)

    def handlers(self, others: Mapping[str, Callable[[Payload], Any]]) -> dict[str, Any]:
        """Return the handlers by action; some of them stand before others."""
        return {
            "CertificateSigned": self._signed,
            "DeleteCertificate": self.trust.handlers["DeleteCertificate"],
            "GetInstalledCertificateIds": self.trust.installed,
            "InstallCertificate": self.trust.install,
            "SetVariables": lambda payload: self._set_variables(others["SetVariables"], payload),
            "TriggerMessage": lambda payload: self._trigger(others["TriggerMessage"], payload),
        }

    def online(self) -> None:
        """Begin ordinary operation over a connection: the CSMS has accepted the station."""
        self.access.accepted()
        self.events.deliver()

    def prepared(self, profile: int) -> bool:
        """Tell whether there are the certificates that a security profile needs (A05.FR.02, 03)."""
        return profile < 2 or (bool(self.trust.csms) and (profile < 3 or self.own.usable))

    # -- the password ------------------------------------------------------------------------------

    def _set_variables(self, others: Callable[[Payload], Answer], payload: Payload) -> Answer:
        self._changed = False
        answer = others(payload)
        stays = "password-change-without-reconnect" in self._context.faults
        later = self._context.options.password_change == "reboot"
        if not self._changed or stays or later or self.access.profile == 3:
            return answer
        return Reply(cast("Payload", answer), self._reconnect)

    def _password_changed(self) -> None:
        self._context.store.set("password_before", self._password)
        self._password = self._context.variables.text(PASSWORD)
        self._changed = True
        self.events.happened("ReconfigurationOfSecurityParameters", "the password was changed")

    # -- the certificate of the station ------------------------------------------------------------

    def _trigger(self, others: Callable[[Payload], Answer], payload: Payload) -> Answer:
        options, wanted = self._context.options, payload["requestedMessage"]
        known = {
            RENEWAL: True,
            FOR_VEHICLES: options.iso_15118,
            COMBINED: options.combined_certificate,
        }
        if not known.get(wanted) or wanted in options.not_triggered:
            return others(payload)
        evse = payload["evse"]["id"] if "evse" in payload else None
        v2g = wanted == FOR_VEHICLES
        if not (self._vehicles.ready(evse) if v2g else self.own.may_ask):
            return {"status": "Rejected"}
        if "trigger-does-nothing" in self._context.faults:
            return {"status": "Accepted"}
        if v2g:
            return Reply({"status": "Accepted"}, lambda: self._vehicles.begin(evse))
        kind = OWN if wanted == RENEWAL else ""
        return Reply({"status": "Accepted"}, lambda: self._asking.begin(kind))

    def _again(self) -> None:
        self.own.ask_for_another()

    def _signed(self, payload: Payload) -> Answer:
        if payload.get("certificateType", OWN) == V2G:
            return cast("Answer", self._vehicles.signed(payload))
        self._asking.came()
        if "refuses-signed-certificates" in self._context.faults:
            return {"status": "Rejected"}
        answer: Answer = self.own.handlers["CertificateSigned"](payload)
        return answer

    def _renewed(self, before: Own) -> None:
        self.access.try_certificate(before)
        stays = "new-certificate-without-reconnect" in self._context.faults
        if self.access.profile == 3 and not stays:
            self._reconnect()


class Settings:
    """The variables of a station by the names of configuration keys."""

    def __init__(self, variables: DeviceModel) -> None:
        self._variables = variables

    def __contains__(self, key: str) -> bool:
        return KEYS.get(key, "") in self._variables

    def text(self, key: str) -> str:
        """Return the value for a key."""
        return self._variables.text(KEYS[key])

    def flag(self, key: str) -> bool:
        """Return the value for a key as a boolean."""
        return self._variables.flag(KEYS[key])

    def number(self, key: str) -> int:
        """Return the value for a key as a number; 0 without one."""
        return self._variables.number(KEYS[key])

    def put(self, key: str, value: str) -> None:
        """Change a value from inside; it survives a restart."""
        self._variables.put(KEYS[key], value)


@dataclass(frozen=True, slots=True)
class Shared:
    """What the security of every version has to know of the station that it is in."""

    options: StationOptions
    faults: NamedFaults
    config: Settings
    store: Store
    timers: Timers
    memory: Memory
    now: Callable[[], datetime]
    note: Callable[[str], None]

    @classmethod
    def of(cls, context: Context) -> "Shared":
        """Make it from what the parts of this station share."""
        config, memory = Settings(context.variables), Memory()
        return cls(
            context.options,
            context.faults,
            config,
            context.store,
            context.timers,
            memory,
            context.now,
            context.note,
        )

    def stamp(self) -> str:
        """Return the current time as OCPP writes it."""
        return stamp(self.now())


class Events(SecurityEvents):
    """Security events with the names of this version."""

    def happened(self, kind: str, info: str = "", *, tell: bool = True) -> None:
        """Log an event that happens now, and deliver it as soon as that is possible."""
        super().happened(EVENTS.get(kind, kind), info, tell=tell)


class Roots(Trust):
    """The roots, installed and listed by the messages of this version (M03 to M05)."""

    @property
    def v2g(self) -> tuple[Any, ...]:
        """Return the roots of certificates for ISO 15118, as they are from the factory."""
        texts = cast("StationOptions", self._context.options).v2g_roots
        return tuple(one for text in texts for one in certificates_of(text, "a V2G root"))

    def install(self, payload: Payload) -> Answer:
        """Answer InstallCertificate."""
        use = USES.get(payload["certificateType"])
        if use is None:
            return {"status": "Rejected"}
        answer: Answer = self.handlers["InstallCertificate"]({**payload, "certificateType": use})
        return answer

    def installed(self, payload: Payload) -> Answer:
        """Answer GetInstalledCertificateIds."""
        wanted = payload.get("certificateType", list(USES))
        found = [
            {"certificateType": kind, "certificateHashData": data}
            for kind, use in USES.items()
            if kind in wanted
            for data in self.handlers["GetInstalledCertificateIds"]({"certificateType": use}).get(
                "certificateHashData", ()
            )
        ]
        if not found:
            return {"status": "NotFound"}
        return {"status": "Accepted", "certificateHashDataChain": found}


class Connecting(Access):
    """With what to connect; the URL is given by whoever chooses the connection."""

    def __init__(
        self, station: Shared, trust: Trust, own: OwnCertificate, events: SecurityEvents
    ) -> None:
        self.url = ""
        self._moving = False
        super().__init__(station, trust, own, events, self._secured, str.encode)

    def use(self, url: str, profile: int, *, moving: bool) -> None:
        """Connect like this from now on.

        Args:
            moving: whether it is another connection than the last; then a new root of the CSMS
                has to do. Back from there, the root that it has replaced is used (M05.FR.15, 16).
        """
        self.url, self.profile = url, profile
        if self._trust.fallback and (moving or self._moving):
            self._with_fallback = not moving
        self._moving = moving

    def _secured(self, secure: bool) -> str:
        return f"{'wss' if secure else 'ws'}:{self.url.partition(':')[2]}"
