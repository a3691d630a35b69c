"""The certificate of the station itself: its keys, requests to sign them, what comes back."""

from collections.abc import Callable
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from testbay_reference.certificates import (
    certificates_of,
    chain_flaw,
    common_names,
    key_text,
    organizations,
    private_key_of,
)
from testbay_reference.keys import Keys, PrivateKey
from testbay_reference.link import Answer, Reply, RpcError
from testbay_reference.outbox import Result
from testbay_reference.station_security.parts import Station
from testbay_reference.station_security.security_events import SecurityEvents
from testbay_reference.station_security.trust import Trust
from testbay_reference.surroundings import Payload

RENEWAL = 30.0 * 24 * 3600  # s before its end at which a certificate is renewed (A03.FR.02)
LOOK_AGAIN = 24 * 3600.0  # s

Ask = Callable[[str, Payload, Callable[[Result], None]], None]


class Own(NamedTuple):
    """The station's certificate with what leads to its root, and its private key, as PEM."""

    chain: str = ""
    key: str = ""


class OwnCertificate:
    """Make keys, ask the CSMS to have them signed, take certificates that are in order (A02, A03).

    Args:
        ask: sends a message over whatever connection there is, with a function for the answer.
        renewed: hears that there is a new certificate, when the CSMS has its answer; with the
            one before.
        keeps_keys: whether a certificate may come for each of its requests, and not for the last
            one only.
    """

    kept = "own_certificate"
    """Under which name it is kept."""
    awaited = "keys_to_sign"
    """Under which name the keys are kept that a certificate may come for."""

    def __init__(
        self,
        context: Station,
        trust: Trust,
        events: SecurityEvents,
        ask: Ask,
        renewed: Callable[[Own], None],
        *,
        keeps_keys: bool = False,
    ) -> None:
        self._context = context
        self._trust = trust
        self._events = events
        self._ask = ask
        self._renewed = renewed
        stored = context.store.get(self.kept)
        self.current = Own(*stored) if stored else self._factory
        self._keeps_keys = keeps_keys
        self._waiting: list[str] = context.store.get(self.awaited, [])

    @property
    def handlers(self) -> dict[str, Any]:
        """Return the handlers by action."""
        return {"CertificateSigned": self._signed}

    @property
    def usable(self) -> bool:
        """Tell whether there is a certificate that leads to an installed root (A05.FR.04)."""
        if not self.current.chain:
            return False
        chain = certificates_of(self.current.chain, "the certificate of the station")
        return not chain_flaw(chain, self._roots, self._context.now())

    @property
    def may_ask(self) -> bool:
        """Tell whether a request can be made: the name of the operator has to be known."""
        return bool(self._owner)

    def waits_for(self, chain: str) -> bool:
        """Tell whether a chain is for a key that a certificate may come for."""
        return any(_fits(chain, key) for key in self._waiting)

    def look_at_age(self) -> None:
        """Ask for another certificate if this one ends soon, and look again tomorrow."""
        if not self.current.chain:
            return
        end = certificates_of(self.current.chain, "the certificate")[0].not_valid_after_utc
        left = (end - self._context.now()).total_seconds()
        if left < RENEWAL and self.may_ask and not self._waiting:
            self.ask_for_another()
        self._context.timers.after("age of the certificate", LOOK_AGAIN, self.look_at_age)

    def ask_for_another(self) -> None:
        """Make a new key and send a request to have it signed."""
        key = self._new_key()
        self._wait_for([*(self._waiting if self._keeps_keys else ()), key_text(key)])
        self._ask("SignCertificate", {"csr": self._request(key)}, self._asked)

    def go_back(self, own: Own) -> None:
        """Use the certificate from before again, because the new one never worked."""
        self._use(own)
        self._wait_for([])
        self._events.happened("ReconfigurationOfSecurityParameters", "the certificate from before")

    def _asked(self, result: Result) -> None:
        if isinstance(result, RpcError):
            self._context.note(f"SignCertificate failed: {result.code} {result.description}")
        elif result["status"] != "Accepted":
            self._context.note("the CSMS does not have the new key signed")
        else:
            return
        self._wait_for(self._waiting[:-1])

    def _signed(self, payload: Payload) -> Answer:
        text = payload["certificateChain"]
        key = next((k for k in reversed(self._waiting) if _fits(text, k)), "")
        flaw = self._flaw(text, key)
        if flaw and ("accepts-any-signed-certificate" not in self._context.faults):
            self._context.note(f"the signed certificate is refused: {flaw}")
            return Reply({"status": "Rejected"}, lambda: self._invalid(flaw))
        before, new = self.current, Own(text, key)
        keeps = bool(flaw) or "keeps-old-certificate" in self._context.faults

        def switch() -> None:
            self._use(before if keeps else new)
            self._wait_for([k for k in self._waiting if k != key] if key else [])
            self._events.happened("ReconfigurationOfSecurityParameters", "a new certificate")
            self._renewed(before)

        return Reply({"status": "Accepted"}, switch)

    def _invalid(self, flaw: str) -> None:
        self._events.happened("InvalidChargePointCertificate", flaw)

    def _flaw(self, text: str, key: str) -> str:
        """Say why a signed certificate is not in order (A02.FR.06); nothing if it is."""
        config = self._context.config
        limit = config.number("CertificateSignedMaxChainSize")
        if limit and len(text) > limit:
            return f"the chain has more than {limit} characters"
        try:
            chain = certificates_of(text, "the chain")
        except ValueError as error:
            return str(error)
        leaf = chain[0]
        if not self._waiting:
            return "no key waits for a certificate"
        if not key:
            return "it is not for the key that was to be signed"
        if self._serial not in common_names(leaf):
            return f"its commonName is not {self._serial}"
        owner = self._owner
        if not any(owner in each for each in organizations(leaf)):
            return f"its organizationName does not contain {owner}"
        if not _for_clients(leaf):
            return "it is not for TLS clients"
        return chain_flaw(chain, self._roots, self._context.now())

    @property
    def _factory(self) -> Own:
        """What it has from the factory."""
        return Own(self._context.options.certificate, self._context.options.key)

    @property
    def _roots(self) -> tuple[x509.Certificate, ...]:
        """What its certificates have to lead to."""
        return self._trust.csms

    @property
    def _kind(self) -> str:
        """The kind of the keys that it makes."""
        return self._context.options.csr_key

    @property
    def _owner(self) -> str:
        """What stands for the operator in its certificate; empty: not known."""
        config = self._context.config
        return config.text("CpoName") if "CpoName" in config else ""

    @property
    def _serial(self) -> str:
        """What stands for the station in its certificate (A00.FR.511)."""
        return self._context.options.serial or self._context.options.identity

    def _use(self, own: Own) -> None:
        self.current = own
        self._context.store.set(self.kept, list(own))

    def remove(self) -> None:
        """Have no certificate any more."""
        self._use(Own())
        self._wait_for([])

    def _wait_for(self, keys: list[str]) -> None:
        """Remember the keys that a certificate may come for, the last one at the end."""
        self._waiting = keys
        self._context.store.set(self.awaited, keys)

    def _new_key(self) -> PrivateKey:
        options, faults, store = self._context.options, self._context.faults, self._context.store
        if "csr-keeps-key" in faults and self.current.key:
            return private_key_of(*self.current, "the certificate of the station")
        number = int(store.get("keys_made", 0)) + 1
        store.set("keys_made", number)
        keys, label = Keys(options.seed), f"{options.identity} {number}"
        weak = "csr-with-weak-key" in faults
        if self._kind == "rsa":
            return keys.rsa(label, 1024 if weak else 2048)
        return keys.ec(label, ec.SECP192R1() if weak else ec.SECP256R1())

    def _request(self, key: PrivateKey) -> str:
        """Return a certificate signing request (A02.FR.03 and 13)."""
        faults = self._context.faults
        named = self._serial
        if "csr-for-other-station" in faults:
            named = f"{named}-2"
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, named)]
        if "csr-without-operator" not in faults:
            subject.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, self._owner))
        builder = x509.CertificateSigningRequestBuilder(x509.Name(subject))
        elliptic = isinstance(key, ec.EllipticCurvePrivateKey)
        request = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=elliptic or None)
        if "csr-signature-broken" in faults:
            der = bytearray(request.public_bytes(Encoding.DER))
            der[-1] ^= 1
            request = x509.load_der_x509_csr(bytes(der))
        if "csr-not-pem" in faults:
            return request.public_bytes(Encoding.DER).hex()
        return request.public_bytes(Encoding.PEM).decode()


def _fits(chain: str, key: str) -> bool:
    try:
        private_key_of(chain, key, "the certificate")
    except ValueError:
        return False
    return True


def _for_clients(certificate: x509.Certificate) -> bool:
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in uses
