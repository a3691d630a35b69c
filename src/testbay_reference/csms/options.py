"""What can be chosen about a CSMS before it starts."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from testbay_reference.csms.faults import check_faults
from testbay_reference.csms.tokens import Standing, Token

Policy = Literal["Accepted", "Pending", "Rejected"]
SessionKind = Literal["Absolute", "Relative"]

GREETING = {"MeterValueSampleInterval": "60", "StopTransactionOnInvalidId": "true"}


@dataclass(frozen=True, slots=True)
class CsmsOptions:
    """Choose how a CSMS behaves; every default is what OCPP 1.6 asks for.

    Args:
        host, port: where to listen; port 0 takes a free one.
        base: path before the identity of a station, without slashes at its ends.
        stations: identities that are known; None lets every station in.
        passwords: for HTTP Basic authentication, by identity; none: nobody is asked.
            A password that is not text is written as `hex:` and its bytes.
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
        refuse_other_subprotocols: answer 400 to a station that does not offer ocpp1.6, as many
            do, instead of upgrading and closing, as OCPP-J 3.2 says.
        deflate: offer compression of WebSocket messages.
        ping_interval: seconds between WebSocket pings; None sends none.
        tls: listen with this context.
        faults: names of `testbay_reference.csms.faults.FAULTS`.

    Raises:
        UnknownFault: a fault of that name does not exist.
    """

    host: str = "127.0.0.1"
    port: int = 0
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
    refuse_other_subprotocols: bool = False
    deflate: bool = False
    ping_interval: float | None = None
    tls: ssl.SSLContext | None = None
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_faults(self.faults)
