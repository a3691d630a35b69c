"""The security side of the simulated station: installed certificates, and what it answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from testbay.pki.errors import NotPem
from testbay.pki.hashes import hash_data, same
from testbay.pki.pem import parse_certificate
from testbay.scenario.values import Reply

MOST_CERTIFICATES = 8  # roots that are installed at a time
LONGEST_CHAIN = 10_000  # characters, in one CertificateSigned
FIRST_ALGORITHM = "SHA256"

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Installed:
    """A root certificate that the CSMS has installed: for what it is used, and its PEM."""

    use: str
    pem: str


@dataclass
class Security:
    """What the station keeps.

    Args:
        installed: the root certificates, in the order of their installation.
        algorithm: how it names certificates: SHA256, SHA384 or SHA512.
        said: by action, the digest of the request that was answered last, with the answer.
    """

    installed: list[Installed] = field(default_factory=list)
    algorithm: str = FIRST_ALGORITHM
    said: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Payload) -> Security:
        """Return what an earlier one knew."""
        installed = [Installed(**one) for one in known["installed"]]
        said = {action: (digest, reply) for action, (digest, reply) in known["said"].items()}
        return cls(installed, known["algorithm"], said)

    def known(self) -> dict[str, Any]:
        """Return what it knows, as JSON."""
        installed = [{"use": one.use, "pem": one.pem} for one in self.installed]
        said = {action: list(one) for action, one in self.said.items()}
        return {"installed": installed, "algorithm": self.algorithm, "said": said}

    # -- what is done ------------------------------------------------------------------------------

    def install(self, payload: Payload) -> None:
        """Keep a certificate; the same one again, or what is none, changes nothing."""
        wanted = Installed(payload["certificateType"], payload["certificate"])
        if wanted not in self.installed and is_certificate(wanted.pem):
            self.installed.append(wanted)

    def answered(self, action: str, payload: Payload, reply: dict[str, Any]) -> None:
        """Keep an answer, so that the same request is answered the same when it is sent again."""
        if action in _ANSWERS or action == "ChangeConfiguration":
            self.said[action] = (_digest(payload), reply)
        if reply.get("status") != "Accepted":
            return
        if action == "InstallCertificate":
            self.install(payload)
        elif action == "DeleteCertificate":
            self.delete(payload)

    def delete(self, payload: Payload) -> None:
        """Remove the certificates that the hash data name."""
        gone = self._named(payload["certificateHashData"])
        self.installed = [one for one in self.installed if one not in gone]

    # -- what is answered --------------------------------------------------------------------------

    def answers(self, action: str, payload: Payload) -> Reply | None:
        """Return the answer to a message of the security extension; None for other messages."""
        answer = _ANSWERS.get(action)
        digest, reply = self.said.get(action, ("", {}))
        if action in ANSWERED_AGAIN and digest == _digest(payload):
            return reply
        return None if answer is None else answer(self, payload)

    def _install(self, payload: Payload) -> Reply:
        fine = is_certificate(payload["certificate"]) and len(self.installed) < MOST_CERTIFICATES
        return {"status": "Accepted" if fine else "Rejected"}  # M05.FR.03, M05.FR.06

    def _list(self, payload: Payload) -> Reply:
        use = payload["certificateType"]
        named = [self._name(one.pem) for one in self.installed if one.use == use]
        if not named:
            return {"status": "NotFound"}
        return {"status": "Accepted", "certificateHashData": named}

    def _delete(self, payload: Payload) -> Reply:
        found = self._named(payload["certificateHashData"])
        return {"status": "Accepted" if found else "NotFound"}

    def _refuse(self, payload: Payload) -> Reply:
        """Say no: only a case does what is asked for, and it chooses the answer."""
        return {"status": "Rejected"}

    def _named(self, wanted: Any) -> list[Installed]:
        return [one for one in self.installed if same(self._name(one.pem), wanted)]

    def _name(self, pem: str) -> dict[str, str]:
        return hash_data(pem, algorithm=self.algorithm)


_ANSWERS: dict[str, Callable[[Security, Payload], Reply]] = {
    "CertificateSigned": Security._refuse,
    "DeleteCertificate": Security._delete,
    "ExtendedTriggerMessage": Security._refuse,
    "GetInstalledCertificateIds": Security._list,
    "GetLog": Security._refuse,
    "InstallCertificate": Security._install,
    "SignedUpdateFirmware": Security._refuse,
}


ANSWERED_AGAIN = (
    *("CertificateSigned", "ChangeConfiguration", "ExtendedTriggerMessage", "GetLog"),
    *("InstallCertificate", "SignedUpdateFirmware"),
)
"""Requests between whose answers cases choose: the same one again gets the same answer."""


def _digest(payload: Payload) -> str:
    """Return what tells a request from others, without the secrets in it."""
    text = json.dumps(payload, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def is_certificate(pem: str) -> bool:
    """Return whether a text is the PEM of one certificate."""
    try:
        parse_certificate(pem)
    except NotPem:
        return False
    return True
