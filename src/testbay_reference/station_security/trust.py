"""The roots that are installed in the station, and what the CSMS does with them (M03 to M05)."""

import hashlib
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from testbay_reference.certificates import (
    ALGORITHMS,
    certificates_of,
    flaw_of,
    hash_data,
    is_authority,
    issued_by,
    pem_of,
    same_certificate,
)
from testbay_reference.link import Answer
from testbay_reference.station_security.parts import Station
from testbay_reference.station_security.security_events import SecurityEvents
from testbay_reference.surroundings import Payload

CSMS = "CentralSystemRootCertificate"
MANUFACTURER = "ManufacturerRootCertificate"
FALLBACK = "fallback"


class Trust:
    """Keep the roots of the CSMS and of the manufacturer.

    With AdditionalRootCertificateCheck there is one root of the CSMS, and for a while the one that
    it has replaced (M05.FR.08 to 13).
    """

    def __init__(self, context: Station, events: SecurityEvents) -> None:
        self._context = context
        self._events = events
        factory = {
            CSMS: list(context.options.csms_roots),
            MANUFACTURER: list(context.options.manufacturer_roots),
        }
        stored: dict[str, list[str]] = context.store.get("roots") or factory
        if "forgets-certificates-after-reset" in context.faults:
            stored = factory
        self._roots: dict[str, list[x509.Certificate]] = {
            use: [one for text in texts for one in certificates_of(text, "a root certificate")]
            for use, texts in stored.items()
        }
        self._roots.setdefault(FALLBACK, [])
        self.in_use: x509.Certificate | None = None

    @property
    def handlers(self) -> dict[str, Any]:
        """Return the handlers by action."""
        return {
            "DeleteCertificate": self._delete,
            "GetInstalledCertificateIds": self._list,
            "InstallCertificate": self._install,
        }

    @property
    def csms(self) -> tuple[x509.Certificate, ...]:
        """Return the roots of the CSMS and its stations."""
        return tuple(self._roots[CSMS])

    @property
    def fallback(self) -> tuple[x509.Certificate, ...]:
        """Return the root of the CSMS that was replaced, while it may still be needed."""
        return tuple(self._roots[FALLBACK])

    @property
    def manufacturer(self) -> tuple[x509.Certificate, ...]:
        """Return the roots of certificates that sign firmware."""
        return tuple(self._roots[MANUFACTURER])

    def drop_fallback(self) -> None:
        """Forget the root that was replaced: the new one works (M05.FR.12)."""
        if self._roots[FALLBACK]:
            self._roots[FALLBACK].clear()
            self._save("the replaced root of the CSMS was removed")

    def _install(self, payload: Payload) -> Answer:
        use = payload["certificateType"]
        try:
            found = certificates_of(payload["certificate"], "the certificate")
        except ValueError:
            return self._refused("it is not a certificate in PEM")
        root = found[0]
        if len(found) > 1:
            return self._refused("there is more than one certificate")
        if not is_authority(root):
            return self._refused("it may not sign certificates")
        flaw = flaw_of(root, self._context.now())
        if flaw:
            return self._refused(flaw)
        if root in self._roots[use]:
            return {"status": "Accepted"}
        config = self._context.config
        replaces = use == CSMS and config.flag("AdditionalRootCertificateCheck")
        old = self._roots[CSMS][:1] if replaces else []
        if old and not issued_by(root, old[0]):
            return self._refused("the root that it replaces has not signed it")
        installed = sum(len(roots) for roots in self._roots.values())
        full = "CertificateStoreMaxLength" in config
        if full and installed >= config.number("CertificateStoreMaxLength"):
            return self._refused("there is no room for another one")
        if not self._context.memory.writable:
            return {"status": "Failed"}
        if "certificate-not-stored" not in self._context.faults:
            self._roots[use] = [root] if old else [*self._roots[use], root]
            self._roots[FALLBACK] = old or self._roots[FALLBACK]
            self._save(f"a {use} was installed")
        return {"status": "Accepted"}

    def _delete(self, payload: Payload) -> Answer:
        wanted = payload["certificateHashData"]
        for use, roots in self._roots.items():
            for root in roots:
                if not same_certificate(self._hash(root, wanted["hashAlgorithm"]), wanted):
                    continue
                if use == CSMS and root == self.in_use:  # M04.FR.06
                    return {"status": "Failed"}
                if not self._context.memory.writable:
                    return {"status": "Failed"}
                if "deleted-certificate-stays" not in self._context.faults:
                    roots.remove(root)
                    self._save(f"a {use} was deleted")
                return {"status": "Accepted"}
        return {"status": "NotFound"}

    def _list(self, payload: Payload) -> Answer:
        use = payload["certificateType"]
        roots = self._roots[use] + (self._roots[FALLBACK] if use == CSMS else [])
        if not roots:
            return {"status": "NotFound"}
        algorithm = self._context.options.hash_algorithm
        listed = [self._shown(root, algorithm) for root in roots]
        return {"status": "Accepted", "certificateHashData": listed}

    def _shown(self, root: x509.Certificate, algorithm: str) -> dict[str, str]:
        shown, faults = self._hash(root, algorithm), self._context.faults
        if "hashes-whole-key-info" in faults:
            whole = self._issuer(root).public_key()
            der = whole.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            shown["issuerKeyHash"] = _digest(der, algorithm)
        if "hashes-subject-name" in faults:
            shown["issuerNameHash"] = _digest(root.subject.rfc4514_string().encode(), algorithm)
        if "serial-number-in-decimal" in faults:
            shown["serialNumber"] = str(root.serial_number)
        return shown

    def _hash(self, root: x509.Certificate, algorithm: str) -> dict[str, str]:
        return hash_data(root, self._issuer(root), algorithm)

    def _issuer(self, root: x509.Certificate) -> x509.Certificate:
        """Return who has signed a root: another that is installed, or else itself."""
        every = (one for roots in self._roots.values() for one in roots)
        above = (one for one in every if one != root and issued_by(root, one))
        return root if issued_by(root, root) else next(above, root)

    def _refused(self, why: str) -> Answer:
        self._context.note(f"a root certificate was refused: {why}")
        return {"status": "Rejected"}

    def _save(self, what: str) -> None:
        texts = {use: [pem_of(root) for root in roots] for use, roots in self._roots.items()}
        self._context.store.set("roots", texts)
        self._events.happened("ReconfigurationOfSecurityParameters", what)


def _digest(data: bytes, algorithm: str) -> str:
    return hashlib.new(ALGORITHMS[algorithm].name, data).hexdigest()
