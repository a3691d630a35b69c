"""How a simulated station is built: everything that its manufacturer and installer decided."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Literal
from urllib.parse import quote, urlsplit

from testbay_reference.station.faults import Faults
from testbay_reference.station.profiles import OPTIONAL

Moment = Literal["before", "after"]
Refusal = Literal["answer", "error"]


@dataclass(frozen=True, slots=True)
class StationOptions:
    """Describe a station.

    Args:
        url: endpoint of the CSMS; the identity is appended to its path.
        password: for HTTP Basic authentication with the identity as user; None: none is sent.
        ssl: context for wss; None: the system's certificates.
        cable: "detachable" has a socket, "fixed" a cable that ends in a plug for the vehicle.
        cable_lock: whether sockets hold the plug while it is in use.
        local_start: whether there is a reader for tokens.
        authorization_cache: whether tokens are remembered; the key is absent without.
        without: feature profiles besides Core that the station lacks, with their keys.
        refusal: how it refuses calls of those: by the answer that OCPP has for that, where it
            has one, or always by the CALLERROR NotSupported.
        power: what a vehicle draws from one connector if it is let, in W.
        rated_current: what one connector can carry, in A per phase.
        grid_current: what all connectors together may draw, in A per phase; None: all they can.
        phases: with how many phases the station is connected, 1 or 3.
        meter_resolution: step of the energy register, in Wh.
        file_status: whether TriggerMessage is obeyed for the status of firmware and diagnostics.
        keys: configuration values other than those of the factory.
        read_only: keys that this station does not let the CSMS write, where that is allowed.
        lacks: keys that this station does not have, where OCPP leaves that to it.
        power_loss: whether a transaction is reported as stopped before the power is gone (there
            is a back-up source) or after the next boot, or goes on when the power is back.
        hard_reset: the same for a hard reset.
        short_power_flow: how long a station for modes 1 and 2 only lets power flow once a cable
            is in; it is available then until somebody is authorized, in s. 0: it does not.
        plug_in_times_out: whether a cable without a token ends in Finishing (4.9, B6).
        boot_seconds: time from power-on or reset to the first attempt to connect, in s.
        boot_retry: pause between boot notifications when the CSMS names none, in s.
        reconnect: first and longest pause between attempts to connect, in s.
    """

    url: str
    identity: str
    password: str | bytes | None = None
    ssl: SSLContext | None = None
    vendor: str = "Testbay"
    model: str = "Reference station"
    serial: str | None = None
    firmware: str = "1.0.0"
    connectors: int = 2
    cable: Literal["detachable", "fixed"] = "detachable"
    cable_lock: bool = True
    local_start: bool = True
    authorization_cache: bool = True
    without: tuple[str, ...] = ()
    refusal: Refusal = "answer"
    power: float = 11040.0
    rated_current: float = 32.0
    grid_current: float | None = None
    phases: int = 3
    meter_resolution: float = 1.0
    file_status: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    read_only: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    power_loss: Moment | Literal["resume"] = "before"
    hard_reset: Moment = "before"
    short_power_flow: float = 0.0
    plug_in_times_out: bool = False
    boot_seconds: float = 2.0
    boot_retry: float = 60.0
    reconnect: tuple[float, float] = (1.0, 60.0)
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be built.

        Raises:
            ValueError: an option is wrong; the message names it.
        """
        if urlsplit(self.url).scheme not in ("ws", "wss"):
            raise ValueError(f"url: {self.url!r} must begin with ws:// or wss://")
        if not self.identity:
            raise ValueError("identity: it must not be empty")
        if self.connectors < 1:
            raise ValueError("connectors: a station has at least one")
        if self.power <= 0 or self.meter_resolution <= 0:
            raise ValueError("power and meter_resolution must be greater than 0")
        if self.rated_current <= 0 or (self.grid_current is not None and self.grid_current <= 0):
            raise ValueError("rated_current and grid_current must be greater than 0")
        if self.phases not in (1, 3):
            raise ValueError("phases: there are 1 or 3")
        for name, longest in (("vendor", 20), ("model", 20), ("serial", 25), ("firmware", 50)):
            if len(getattr(self, name) or "") > longest:
                raise ValueError(f"{name}: OCPP allows {longest} characters at most")
        for name in self.without:
            if name not in OPTIONAL:
                raise ValueError(f"without: {name!r} is none of {', '.join(OPTIONAL)}")
        Faults(self.faults)

    @property
    def profiles(self) -> tuple[str, ...]:
        """Return the feature profiles that the station supports."""
        return ("Core", *(name for name in OPTIONAL if name not in self.without))

    @property
    def has_lock(self) -> bool:
        """Tell whether there is a lock that the station can open."""
        return self.cable == "detachable" and self.cable_lock

    @property
    def address(self) -> str:
        """Return the URL of this station at the CSMS (OCPP-J 3.1.1)."""
        return f"{self.url.rstrip('/')}/{quote(self.identity, safe='')}"

    @property
    def authorization(self) -> str | None:
        """Return the header of HTTP Basic authentication."""
        if self.password is None:
            return None
        password = self.password.encode() if isinstance(self.password, str) else self.password
        return "Basic " + b64encode(self.identity.encode() + b":" + password).decode()
