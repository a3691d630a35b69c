"""How a simulated station is built: everything that its manufacturer and installer decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlsplit

from testbay_reference.certificates import certificates_of, private_key_of
from testbay_reference.station.faults import Faults
from testbay_reference.station.passwords import password_text
from testbay_reference.station.profiles import OPTIONAL
from testbay_reference.station_files.parts import FILE_TRANSFER
from testbay_reference.station_security.parts import SECURITY_PROFILES, HashAlgorithm, KeyKind

Moment = Literal["before", "after"]
Refusal = Literal["answer", "error"]


@dataclass(frozen=True, slots=True)
class StationOptions:
    """Describe a station.

    Args:
        url: endpoint of the CSMS; the identity is appended to its path.
        secure_url: endpoint for security profiles 2 and 3; empty: `url` with wss.
        security_profiles: those that the station can use (security whitepaper); none: it lacks
            the whole extension, with its keys and messages.
        security_profile: the one it uses, until the CSMS raises it; 0: none of them.
        password: AuthorizationKey, for HTTP Basic authentication with the identity as user; None:
            none is sent. A text of 32 to 40 hexadecimal digits stands for their bytes.
        csms_roots: PEM of the roots that the certificate of the CSMS may lead to; a station
            without any trusts what its operating system trusts, in security profile 0 only.
        manufacturer_roots: PEM of the roots of certificates that sign firmware.
        certificate, key: PEM of the station's certificate with what leads to its root, and of
            its private key.
        csr_key: the kind of the keys that it makes for itself.
        hash_algorithm: with which it lists certificates.
        profile_change: whether it raises its security profile with the next boot, or by
            connecting again at once.
        fallback: how long it tries to connect with a new security profile that never worked
            before it goes back to the one before, in s.
        seed: makes its keys repeat; None: they are random.
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
        unsigned_firmware: whether UpdateFirmware is obeyed: while no security profile is in use
            (whitepaper L01.FR.20), always or never.
        file_transfer: how files can be transferred; of FTP, FTPS, HTTP and HTTPS.
        upload_method: how files are sent by HTTP.
        file_timeout: how long a file server may be silent, in s.
        file_retries, file_retry_interval: how often a transfer is repeated, and after how long in
            s, if the CSMS does not tell.
        download_seconds, upload_seconds, install_seconds: how long it takes to prepare a download
            or an upload, and to install firmware, in s.
        activation: what makes installed firmware run: a reboot that the station does itself, a
            reset that it waits for, or nothing besides.
        announces_reboot: whether it reports InstallRebooting.
        closes_for_download: whether connectors are Unavailable while firmware is fetched, too.
        failed_installation: whether it goes on after an installation that failed, or reboots.
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
        faults: names of FAULTS; NAME@2 holds from the second boot on.
        deflate: offer compression of WebSocket messages.
    """

    url: str
    identity: str
    secure_url: str = ""
    security_profiles: tuple[int, ...] = SECURITY_PROFILES
    security_profile: int = 0
    password: str | bytes | None = field(default=None, repr=False)
    csms_roots: tuple[str, ...] = ()
    manufacturer_roots: tuple[str, ...] = ()
    certificate: str = ""
    key: str = field(default="", repr=False)
    csr_key: KeyKind = "ec"
    hash_algorithm: HashAlgorithm = "SHA256"
    profile_change: Literal["reboot", "reconnect"] = "reboot"
    fallback: float = 300.0
    seed: int | None = None
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
    unsigned_firmware: Literal["unsecured", "always", "never"] = "unsecured"
    file_transfer: tuple[str, ...] = FILE_TRANSFER
    upload_method: Literal["PUT", "POST"] = "PUT"
    file_timeout: float = 30.0
    file_retries: int = 2
    file_retry_interval: float = 10.0
    download_seconds: float = 1.0
    upload_seconds: float = 1.0
    install_seconds: float = 5.0
    activation: Literal["reboot", "reset", "at once"] = "reboot"
    announces_reboot: bool = False
    closes_for_download: bool = False
    failed_installation: Literal["goes on", "reboots"] = "goes on"
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
    deflate: bool = False
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
        for name in self.file_transfer:
            if name not in FILE_TRANSFER:
                raise ValueError(f"file_transfer: {name!r} is none of {', '.join(FILE_TRANSFER)}")
        Faults(self.faults)
        self._check_security()

    @property
    def profiles(self) -> tuple[str, ...]:
        """Return the feature profiles that the station supports."""
        return ("Core", *(name for name in OPTIONAL if name not in self.without))

    @property
    def has_lock(self) -> bool:
        """Tell whether there is a lock that the station can open."""
        return self.cable == "detachable" and self.cable_lock

    def address(self, secure: bool) -> str:
        """Return the URL of this station at the CSMS (OCPP-J 3.1.1).

        Args:
            secure: whether a security profile demands TLS.
        """
        url = self.url
        if secure:
            url = self.secure_url or f"wss:{url.partition(':')[2]}"
        return f"{url.rstrip('/')}/{quote(self.identity, safe='')}"

    @property
    def password_text(self) -> str:
        """Return the password as a configuration key keeps it."""
        return password_text(self.password)

    def _check_security(self) -> None:
        for profile in self.security_profiles:
            if profile not in SECURITY_PROFILES:
                raise ValueError(f"security_profiles: there are 1, 2 and 3, not {profile}")
        profile = self.security_profile
        if profile not in (0, *self.security_profiles):
            raise ValueError(f"security_profile: this station has no security profile {profile}")
        if self.secure_url and urlsplit(self.secure_url).scheme != "wss":
            raise ValueError(f"secure_url: {self.secure_url!r} must begin with wss://")
        for root in (*self.csms_roots, *self.manufacturer_roots):
            certificates_of(root, "a root certificate")
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key: one is of no use without the other")
        if self.certificate:
            private_key_of(self.certificate, self.key, "the certificate of the station")
        password_text(self.password)
        if profile in (1, 2) and not self.password:
            raise ValueError(f"password: security profile {profile} needs one")
        if profile in (2, 3) and not self.csms_roots:
            raise ValueError(f"csms_roots: security profile {profile} needs one")
        if profile == 3 and not self.certificate:
            raise ValueError("certificate: security profile 3 needs one")
