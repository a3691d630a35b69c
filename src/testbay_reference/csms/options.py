"""What can be chosen about a CSMS before it starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from testbay_reference.csms.faults import check_faults
from testbay_reference.csms.passwords import password_bytes
from testbay_reference.csms.tokens import Standing, Token
from testbay_reference.csms_security.identity import Identity
from testbay_reference.csms_security.tls import Asks

Policy = Literal["Accepted", "Pending", "Rejected"]
SessionKind = Literal["Absolute", "Relative"]
Use = Literal["CentralSystemRootCertificate", "ManufacturerRootCertificate"]

GREETING = {"MeterValueSampleInterval": "60", "StopTransactionOnInvalidId": "true"}


@dataclass(frozen=True, slots=True)
class SignedFirmware:
    """Hold what a SignedUpdateFirmware tells about an image besides its location.

    Args:
        signature: of the image, in base64.
        certificate: the one that the image was signed with, PEM.
        location: where the image lies; empty: this is for every location without its own.
    """

    signature: str
    certificate: str
    location: str = ""


@dataclass(frozen=True, slots=True)
class CsmsOptions:
    """Choose how a CSMS behaves; every default is what OCPP 1.6 asks for.

    Args:
        host, port: where to listen; port 0 takes a free one, without one only TLS is spoken.
        secure_port: where to listen with TLS, besides; 0 takes a free one.
        certificates: of the TLS server, one with an EC and one with an RSA key (security white
            paper, A00.FR.317); none: its own authority makes both.
        names: of the server in those certificates; the first is the commonName.
        authorities: what it signs certificates of stations with, by kind of key; none: a root
            of its own, made when it is needed first.
        client_roots: PEM; certificates of stations may lead to these besides the authorities.
        client_certificates: whether the handshake asks for one; None: it is required if security
            profile 3 is that of all stations, and asked for otherwise.
        security_profile: which one stations have to use; 0: none in particular. Each station
            is held to its own where `security_profiles` has one for its identity.
        serials: serial numbers of stations by identity, as in their certificates. An identity
            itself may be one, and so may what the station said when it booted.
        cpo_name: what certificates of stations must have in their organizationName.
        csms_root: PEM, installed in stations as root of the CSMS; none: that of its authority.
        manufacturer_root: PEM, installed in stations as root of their manufacturer.
        firmware: signatures and signing certificates of firmware images.
        seed: makes keys, passwords and serial numbers repeat; None: they are random.
        base: path before the identity of a station, without slashes at its ends.
        stations: identities that are known; None lets every station in.
        passwords: for HTTP Basic authentication, by identity; none: nobody is asked.
            Bytes are written as `hex:` and digits, or as 32 to 40 digits.
        tokens: what is known about tokens; more can be set while it runs.
        unknown_tokens: what is said about all others.
        registration: the answer to BootNotification.
        interval: heartbeat interval given to accepted stations, in seconds.
        retry_interval: wait given to stations that are not accepted, in seconds.
        one_transaction_per_token: say ConcurrentTx to a token that is charging already.
        vendors: vendor ids whose data transfers are accepted, each with its message ids
            (empty: any).
        greets: read all settings of a station that has booted, then set those of `greeting`.
        asks_list_version: ask for the version of the local list before adding to it.
        session_kind: how the limit of a session is written: relative to its start, or for a
            day from now on.
        timeout: how long to wait for the answer to a call, in seconds.
        late: delay of the fault `answers-late`, in seconds.
        refuse_other_subprotocols: answer 400 to a station that does not offer ocpp1.6, as test
            case TC_088 wants it, instead of upgrading and closing, as OCPP-J 3.1.2 says.
        deflate: offer compression of WebSocket messages.
        ping_interval: seconds between WebSocket pings; None sends none.
        faults: names of `testbay_reference.csms.faults.FAULTS`.

    Raises:
        UnknownFault: a fault of that name does not exist.
        ValueError: it would listen nowhere, a security profile does not exist, or a password
            is written wrongly.
    """

    host: str = "127.0.0.1"
    port: int | None = 0
    secure_port: int | None = None
    certificates: tuple[Identity, ...] = ()
    names: tuple[str, ...] = ("localhost", "127.0.0.1")
    authorities: tuple[Identity, ...] = ()
    client_roots: tuple[str, ...] = ()
    client_certificates: Asks | None = None
    security_profile: int = 0
    security_profiles: Mapping[str, int] = field(default_factory=dict)
    serials: Mapping[str, str] = field(default_factory=dict)
    cpo_name: str = ""
    csms_root: str = ""
    manufacturer_root: str = ""
    firmware: tuple[SignedFirmware, ...] = ()
    seed: int | None = None
    base: str = "ocpp"
    stations: tuple[str, ...] | None = None
    passwords: Mapping[str, str] = field(default_factory=dict)
    tokens: tuple[Token, ...] = ()
    unknown_tokens: Standing = "Invalid"
    registration: Policy = "Accepted"
    interval: int = 300
    retry_interval: int = 60
    one_transaction_per_token: bool = False
    vendors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    greets: bool = False
    greeting: Mapping[str, str] = field(default_factory=lambda: dict(GREETING))
    asks_list_version: bool = False
    session_kind: SessionKind = "Relative"
    timeout: float = 30
    late: float = 60
    refuse_other_subprotocols: bool = True
    deflate: bool = False
    ping_interval: float | None = None
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_faults(self.faults)
        if self.port is None and self.secure_port is None:
            raise ValueError("a CSMS needs a port, a secure port, or both")
        for password in self.passwords.values():
            password_bytes(password)
        for profile in (self.security_profile, *self.security_profiles.values()):
            if profile not in range(4):
                raise ValueError(f"there is no security profile {profile}; there are 0 to 3")
