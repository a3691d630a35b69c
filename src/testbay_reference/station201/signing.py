"""Certificates of a station that the CSMS signs: for its connection, for ISO 15118 (A02)."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from cryptography import x509

from testbay_reference.link import Rpc, RpcError
from testbay_reference.outbox import Result
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.outbox import Outbox
from testbay_reference.station_security.own_certificate import Own, OwnCertificate

WAIT, TIMES = "SecurityCtrlr.CertSigningWaitMinimum", "SecurityCtrlr.CertSigningRepeatTimes"
OWN, V2G = "ChargingStationCertificate", "V2GCertificate"
VEHICLES = "ISO15118Ctrlr"


class OfStation(OwnCertificate):
    """The certificate for the connection; it may be one for ISO 15118, too (A00.FR.428)."""

    @property
    def _roots(self) -> tuple[x509.Certificate, ...]:
        return (*self._trust.csms, *cast("Any", self._trust).v2g)


class OfSecc(OwnCertificate):
    """A certificate for ISO 15118.

    Args:
        evse: the one that it is for; 0: all of them.
    """

    def __init__(self, evse: int, model: Any, *shared: Any) -> None:
        self._model = model
        self._evse = evse
        self.kept, self.awaited = f"v2g_certificate_{evse}", f"v2g_keys_to_sign_{evse}"
        super().__init__(*shared)

    @property
    def _factory(self) -> Own:
        return Own()

    @property
    def _roots(self) -> tuple[x509.Certificate, ...]:
        return cast("tuple[x509.Certificate, ...]", cast("Any", self._trust).v2g)

    @property
    def _serial(self) -> str:
        place = f"@{self._evse}" if self._evse else ""
        return self._model.text(f"{VEHICLES}{place}.SeccId") or super()._serial

    @property
    def _kind(self) -> str:
        return "ec"  # ISO 15118-2 knows no other

    @property
    def _owner(self) -> str:
        return str(self._model.text(f"{VEHICLES}.OrganizationName")) or super()._owner


class Asking:
    """Send requests for a certificate, and repeat them while it does not come (A02.FR.17 to 19).

    Args:
        connection: the open connection.
        again: makes the request once more.
        label: of its timer.
    """

    def __init__(
        self,
        context: Context,
        outbox: Outbox,
        connection: Callable[[], Rpc | None],
        again: Callable[[], None],
        label: str,
    ) -> None:
        self._context = context
        self._outbox = outbox
        self._connection = connection
        self._again = again
        self._timer = f"certificate to be signed: {label}"
        self._repeated = 0
        self.kind = ""
        """What the certificate is for; empty: the CSMS and ISO 15118."""

    def begin(self, kind: str) -> None:
        """Ask for a certificate of this kind."""
        self.kind = kind
        self._repeated = 0
        self._again()

    def came(self) -> None:
        """Stop waiting."""
        self._context.timers.cancel(self._timer)

    def ask(self, action: str, payload: Payload, answered: Callable[[Result], None]) -> None:
        """Send a request, accepted by the CSMS or not."""

        def heard(result: Result) -> None:
            answered(result)
            if not isinstance(result, RpcError) and result.get("status") == "Accepted":
                self._wait()

        request, rpc = {**payload, **self._use}, self._connection()
        if self._outbox.online or rpc is None:
            self._outbox.send(action, request, heard)
        else:
            self._context.spawn(_call(rpc, action, request, heard), action)

    @property
    def _use(self) -> Payload:
        if self.kind == V2G and "csr-for-other-use" in self._context.faults:
            return {"certificateType": OWN}
        return {"certificateType": self.kind} if self.kind else {}

    def _wait(self) -> None:
        variables, faults = self._context.variables, self._context.faults
        wait = variables.number(WAIT)
        if not wait or self._repeated > variables.number(TIMES) or "asks-once" in faults:
            return
        pause = wait * 2.0**self._repeated
        self._repeated += 1
        if "asks-too-soon" in faults:
            pause /= 2
        self._context.timers.after(self._timer, pause, self._again)


class Vehicles:
    """The certificates that vehicles see: one for each SeccId, or one for all EVSEs."""

    def __init__(
        self,
        context: Context,
        outbox: Outbox,
        connection: Callable[[], Rpc | None],
        shared: Iterable[Any],
    ) -> None:
        self._context = context
        self._own: dict[int, OfSecc] = {}
        self._asking: dict[int, Asking] = {}
        options = context.options
        each = range(1, options.evses + 1) if options.secc == "evse" else (0,)
        for evse in each if options.iso_15118 else ():
            ask = Asking(context, outbox, connection, lambda e=evse: self._again(e), f"EVSE {evse}")  # type: ignore[misc]
            self._asking[evse] = ask
            self._own[evse] = OfSecc(evse, context.variables, *shared, ask.ask, self._renewed)

    def ready(self, evse: int | None) -> bool:
        """Tell whether a certificate for an EVSE, or for all of them, can be asked for."""
        enabled = self._context.variables.flag(f"{VEHICLES}.V2GCertificateInstallationEnabled")
        return enabled and any(self._meant(evse)) and all(o.may_ask for o in self._own.values())

    def begin(self, evse: int | None) -> None:
        """Ask for the certificates of an EVSE, or of all of them."""
        for asking in self._meant(evse):
            asking.begin(V2G)

    def signed(self, payload: Payload) -> Any:
        """Answer CertificateSigned."""
        chain = payload["certificateChain"]
        fits = [n for n, own in self._own.items() if own.waits_for(chain)]
        for number in fits or list(self._own)[:1]:
            self._asking[number].came()
            if "refuses-signed-certificates" in self._context.faults:
                break
            return self._own[number].handlers["CertificateSigned"](payload)
        return {"status": "Rejected"}

    def _meant(self, evse: int | None) -> list[Asking]:
        if evse is None or 0 in self._asking:
            return list(self._asking.values())
        return [self._asking[evse]] if evse in self._asking else []

    def _again(self, evse: int) -> None:
        self._own[evse].ask_for_another()

    def _renewed(self, before: Own) -> None:
        self._context.note("there is a new certificate for ISO 15118")


async def _call(
    rpc: Rpc, action: str, payload: Payload, answered: Callable[[Result], None]
) -> None:
    answered(await rpc.call(action, payload))
