"""How the CSMS is set up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from testbay_reference.csms201.faults import FAULTS
from testbay_reference.csms201.tokens import Token
from testbay_reference.csms_security.identity import Identity
from testbay_reference.csms_security.tls import Asks
from testbay_reference.named_faults import NamedFaults

Policy = Literal["Accepted", "Pending", "Rejected"]


@dataclass(frozen=True, slots=True)
class CsmsOptions:
    """Choose how a CSMS behaves; every default is what OCPP 2.0.1 asks for.

    Args:
        host, port: where to listen; port 0 takes a free one.
        secure_port: where to listen with TLS, besides; 0 takes a free one, None: nowhere.
        certificates: of the TLS server, one with an EC and one with an RSA key (A00.FR.318);
            none: its own authority makes both.
        names: of the server in those certificates; the first is the commonName.
        authorities: what it signs certificates of stations with; none: a root of its own.
        client_roots: PEM; certificates of stations may lead to these besides the authorities.
        client_certificates: whether the handshake asks for one; None: it is required if security
            profile 3 is that of all stations, and asked for otherwise.
        security_profile: which one stations have to use; 0: none in particular.
        serials: serial numbers of stations by identity, as in their certificates.
        cpo_name: what certificates of stations must have in their organizationName.
        seed: makes keys, passwords and serial numbers repeat; None: they are random.
        base: path before the identity of a station, without slashes at its ends.
        stations: identities that are known; None lets every station in.
        passwords: for HTTP Basic authentication, by identity, in UTF-8 (A00.FR.205);
            none: nobody is asked.
        tokens: what is known about tokens; more can be set while it runs.
        registration: the answer to BootNotification.
        holds_back: the answer to a boot that an operator does not want accepted yet.
        greets: read a station that has booted, and set it up, without being asked to.
        interval: heartbeat interval given to accepted stations, in seconds.
        retry_interval: wait given to stations that are not accepted, in seconds.
        timeout: how long to wait for the answer to a call, in seconds.
        faults: names of `testbay_reference.csms201.faults.FAULTS`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    secure_port: int | None = None
    certificates: tuple[Identity, ...] = ()
    names: tuple[str, ...] = ("localhost", "127.0.0.1")
    authorities: tuple[Identity, ...] = ()
    client_roots: tuple[str, ...] = ()
    client_certificates: Asks | None = None
    security_profile: int = 0
    serials: Mapping[str, str] = field(default_factory=dict)
    cpo_name: str = ""
    seed: int | None = None
    base: str = "ocpp"
    stations: tuple[str, ...] | None = None
    passwords: Mapping[str, str] = field(default_factory=dict)
    tokens: tuple[Token, ...] = ()
    registration: Policy = "Accepted"
    holds_back: Literal["pending", "rejected"] = "pending"
    greets: bool = False
    interval: int = 300
    retry_interval: int = 60
    timeout: float = 30.0
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what there is not.

        Raises:
            ValueError: a fault or a security profile does not exist.
        """
        NamedFaults(FAULTS, self.faults)
        if self.security_profile not in range(4):
            raise ValueError(f"there is no security profile {self.security_profile}; 0 to 3 are")
