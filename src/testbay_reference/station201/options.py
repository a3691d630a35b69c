"""How a simulated station is built: everything that its manufacturer and installer decided."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Literal
from urllib.parse import quote, urlsplit

from testbay_reference.certificates import certificates_of, private_key_of
from testbay_reference.named_faults import NamedFaults
from testbay_reference.station201.faults import FAULTS
from testbay_reference.station_files.parts import FILE_TRANSFER
from testbay_reference.station_security.parts import SECURITY_PROFILES, HashAlgorithm, KeyKind

POINTS = (
    *("ParkingBayOccupancy", "EVConnected", "Authorized"),
    *("DataSigned", "PowerPathClosed", "EnergyTransfer"),
)
"""When a transaction can begin and end (E01, E06)."""


@dataclass(frozen=True, slots=True)
class StationOptions:
    """Describe a station.

    Args:
        url: endpoint of the CSMS; the identity is appended to its path.
        password: for HTTP Basic authentication with the identity as user; None: none is sent.
        ssl: context for wss; None: one by security profile and roots.
        security_profiles: those that the station can use.
        security_profile: the one it uses, until the CSMS raises it; 0: none of them.
        csms_roots: PEM of the roots that the certificate of the CSMS may lead to; without any the
            station trusts what its operating system trusts.
        manufacturer_roots: PEM of the roots of certificates that sign firmware.
        v2g_roots: PEM of the roots of certificates for ISO 15118.
        certificate, key: PEM of the station's certificate with what leads to its root, and of
            its private key.
        csr_key: the kind of the keys that it makes for itself.
        hash_algorithm: with which it lists certificates.
        additional_root_check: whether a new root of the CSMS replaces the one that has signed it.
        keeps_keys: whether it takes a certificate for each of its requests, not for the last only.
        iso_15118: whether it speaks ISO 15118 with vehicles.
        secc: which part of it has a SeccId: each EVSE, the station, or none.
        combined_certificate: whether one certificate can be for its CSMS and for ISO 15118.
        password_change: whether a new password is used at once or after a restart.
        fallback: how long it tries to connect with something new that never worked before it goes
            back to what it had, in s.
        file_transfer: how files can be transferred; of FTP, FTPS, HTTP and HTTPS.
        upload_method: how files are sent by HTTP.
        file_timeout: how long a file server may be silent, in s.
        file_retries, file_retry_interval: how often a transfer is repeated, and after how long in
            s, if the CSMS does not tell.
        download_seconds, upload_seconds, install_seconds: how long it takes to prepare a download
            or an upload, and to install firmware, in s.
        seed: makes its keys repeat; None: they are random.
        connectors_per_evse: how many connectors each EVSE has; one of them is used at a time.
        cable: "detachable" has a socket, "fixed" a cable that ends in a plug for the vehicle.
        cable_lock: whether sockets hold the plug while it is in use.
        bay_sensor: whether it sees a vehicle in its parking bay.
        local_start: whether there is a reader for tokens.
        start_button: whether a button authorizes instead (C02).
        reports: by which message it tells the status of a connector.
        groups_events: whether one NotifyEvent tells all that changes at once.
        tx_start, tx_stop: factory values of TxStartPoint and TxStopPoint.
        tx_starts, tx_stops: the points that these can have, as far as its sensors allow.
        begins_at_once: whether one event tells that the power path is closed and energy flows,
            where a transaction begins by that.
        ends_at_once: whether one event tells that a session is ended and that energy stops.
        variables: other values than those of the factory, as ``Component.Name[instance]``.
        read_only: variables that this station does not let the CSMS write.
        write_only: variables that this station lets the CSMS write, but not read.
        lacks: variables that this station does not have.
        summary: whether it makes a report of its availability and of problems.
        custom_reports: whether it makes reports of chosen variables.
        criteria: by what it can choose components for them.
        not_triggered: messages that the CSMS cannot ask for.
        evse_reset: whether it can reset one EVSE alone.
        ramp: how long after the power path is closed energy flows, in s.
        patience: how much longer than it should it waits for a cable, in s; less than 0: shorter.
        down_without_cable: whether a connector that is to go out of operation does so as soon as
            its cable is taken out (G01.FR.05), and not when the transaction is over.
        tells_reset: whether connectors are told to be unavailable while a reset is waited for.
        waits_offline: whether it closes the connection while its boot is rejected.
        power: what a vehicle draws from one connector if it is let, in W.
        meter_resolution: step of the energy register, in Wh.
        signing_meter: whether its meters sign what they measure.
        boot_seconds: time from power-on or reset to the first attempt to connect, in s.
        boot_retry: pause between boot notifications when the CSMS names none, in s.
    """

    url: str
    identity: str
    password: str | bytes | None = field(default=None, repr=False)
    ssl: SSLContext | None = None
    security_profiles: tuple[int, ...] = SECURITY_PROFILES
    security_profile: int = 0
    csms_roots: tuple[str, ...] = ()
    manufacturer_roots: tuple[str, ...] = ()
    v2g_roots: tuple[str, ...] = ()
    certificate: str = ""
    key: str = field(default="", repr=False)
    csr_key: KeyKind = "ec"
    hash_algorithm: HashAlgorithm = "SHA256"
    additional_root_check: bool = False
    keeps_keys: bool = False
    iso_15118: bool = False
    secc: Literal["evse", "station", "none"] = "evse"
    combined_certificate: bool = False
    password_change: Literal["reconnect", "reboot"] = "reconnect"
    fallback: float = 300.0
    file_transfer: tuple[str, ...] = FILE_TRANSFER
    upload_method: Literal["PUT", "POST"] = "PUT"
    file_timeout: float = 30.0
    file_retries: int = 2
    file_retry_interval: float = 10.0
    download_seconds: float = 1.0
    upload_seconds: float = 1.0
    install_seconds: float = 5.0
    seed: int | None = None
    vendor: str = "Testbay"
    model: str = "Reference station"
    serial: str | None = None
    firmware: str = "1.0.0"
    evses: int = 2
    connectors_per_evse: int = 1
    cable: Literal["detachable", "fixed"] = "detachable"
    cable_lock: bool = True
    bay_sensor: bool = False
    local_start: bool = True
    start_button: bool = False
    reports: Literal["StatusNotification", "NotifyEvent"] = "StatusNotification"
    groups_events: bool = False
    tx_start: tuple[str, ...] = ("EVConnected", "Authorized")
    tx_stop: tuple[str, ...] = ("EVConnected", "Authorized")
    tx_starts: tuple[str, ...] = POINTS
    tx_stops: tuple[str, ...] = POINTS
    begins_at_once: bool = False
    ends_at_once: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    read_only: tuple[str, ...] = ()
    write_only: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    summary: bool = True
    custom_reports: bool = True
    criteria: tuple[str, ...] = ("Active", "Available", "Enabled", "Problem")
    not_triggered: tuple[str, ...] = ()
    evse_reset: bool = True
    tells_reset: bool = False
    ramp: float = 0.0
    patience: float = 0.0
    down_without_cable: bool = False
    waits_offline: bool = False
    power: float = 11040.0
    meter_resolution: float = 1.0
    signing_meter: bool = False
    boot_seconds: float = 2.0
    boot_retry: float = 60.0
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be built.

        Raises:
            ValueError: an option is wrong; the message names it.
        """
        if urlsplit(self.url).scheme not in ("ws", "wss"):
            raise ValueError(f"url: {self.url!r} must begin with ws:// or wss://")
        if not self.identity or len(self.identity) > 48 or ":" in self.identity:
            raise ValueError("identity: 1 to 48 characters without a colon (part 4, 3.1.1)")
        if self.evses < 1 or self.connectors_per_evse < 1:
            raise ValueError("evses, connectors_per_evse: there is at least one")
        if self.power <= 0 or self.meter_resolution <= 0:
            raise ValueError("power and meter_resolution must be greater than 0")
        for point in (*self.tx_start, *self.tx_stop, *self.tx_starts, *self.tx_stops):
            if point not in POINTS:
                raise ValueError(f"{point!r} is none of {', '.join(POINTS)}")
        for name, longest in (("vendor", 50), ("model", 20), ("serial", 25), ("firmware", 50)):
            if len(getattr(self, name) or "") > longest:
                raise ValueError(f"{name}: OCPP allows {longest} characters at most")
        for name in self.file_transfer:
            if name not in FILE_TRANSFER:
                raise ValueError(f"file_transfer: {name!r} is none of {', '.join(FILE_TRANSFER)}")
        NamedFaults(FAULTS, self.faults)
        self._check_security()

    @property
    def address(self) -> str:
        """Return the URL of this station at the CSMS (part 4, 3.1.1)."""
        return f"{self.url.rstrip('/')}/{quote(self.identity, safe='')}"

    @property
    def password_text(self) -> str:
        """Return the password as a variable keeps it: UTF-8 (A00.FR.205)."""
        found = self.password or ""
        return found.decode() if isinstance(found, bytes) else found

    def _check_security(self) -> None:
        profile = self.security_profile
        if profile not in (0, *self.security_profiles):
            raise ValueError(f"security_profile: this station has no security profile {profile}")
        for root in (*self.csms_roots, *self.manufacturer_roots, *self.v2g_roots):
            certificates_of(root, "a root certificate")
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key: one is of no use without the other")
        if self.certificate:
            private_key_of(self.certificate, self.key, "the certificate of the station")
        if profile in (1, 2) and not self.password:
            raise ValueError(f"password: security profile {profile} needs one")
        if profile in (2, 3) and not self.csms_roots:
            raise ValueError(f"csms_roots: security profile {profile} needs one")
        if profile == 3 and not self.certificate:
            raise ValueError("certificate: security profile 3 needs one")

    @property
    def authorization(self) -> str | None:
        """Return the header of HTTP Basic authentication."""
        if self.password is None:
            return None
        password = self.password.encode() if isinstance(self.password, str) else self.password
        return "Basic " + b64encode(self.identity.encode() + b":" + password).decode()
