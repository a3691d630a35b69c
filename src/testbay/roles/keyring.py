"""The certificates of a run as TLS settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from testbay.scenario.verdict import CaseError
from testbay.transport.settings import Identity, client_settings, server_settings
from testbay.transport.tls import Settings

if TYPE_CHECKING:
    from testbay.pki.lab import Lab
    from testbay.pki.names import Kind

WEAK = "weak_key"  # TLS 1.3 has no way to show such a one of the kind EC
KINDS: tuple[Kind, ...] = ("ec", "rsa")


@dataclass
class Keyring:
    """What an end of the tool shows and trusts.

    Args:
        lab: the certificates there are; some of them may be the tester's own.
        serial: of the station, the common name of its certificate.
        issuing: the laboratory that signs, where ``lab`` has roots of the tester's.
        verifies: whether the CSMS must lead to its root; otherwise to one of this machine.
    """

    lab: Lab
    serial: str = ""
    issuing: Lab | None = None
    verifies: bool = True
    renewed: Identity | None = None
    """What it shows instead since a certificate was renewed."""
    _requests: int = 0
    _asked: dict[str, str] = field(default_factory=dict)

    def root(self, name: str) -> str:
        """Return a root certificate.

        Raises:
            CaseError: there is none of that name.
        """
        try:
            return self.lab.root(name)
        except KeyError as error:
            raise CaseError(str(error.args[0])) from None

    def server(self, name: str, client: bool, maximum: str = "") -> Settings:
        """Return the settings of a server that shows a certificate of this name.

        Args:
            client: whether the other end must show one, too.
            maximum: the only version of TLS that it speaks; empty: 1.2 and above.

        Raises:
            CaseError: there is none of that name.
        """
        try:
            made = [self.lab.server(name, kind) for kind in KINDS]
        except KeyError as error:
            raise CaseError(str(error.args[0])) from None
        roots = self._of_clients() if client else []
        pairs = tuple(dict.fromkeys((i.chain, i.key) for i in made))
        return server_settings(pairs, "".join(dict.fromkeys(roots)), maximum)

    def _of_clients(self) -> list[str]:
        """Return the roots of stations; one for OCPP and ISO 15118 is under the last of them."""
        labs = [lab for lab in (self.lab, self.issuing) if lab is not None]
        found = [lab.root("station_root") for lab in labs]
        return found + [lab.root("v2g_root") for lab in labs if "v2g_root" not in lab.lacks]

    def certificate(self, flaw: str = "") -> Identity:
        """Return certificate and key that the tool shows as a station.

        Args:
            flaw: of the certificate, by its name; empty: the right one.

        Raises:
            CaseError: there is no such flaw.
        """
        if not flaw and self.renewed is not None:
            return self.renewed
        try:
            made = self.lab.client(self.serial, flaw, "rsa" if flaw == WEAK else "ec")
        except KeyError as error:
            raise CaseError(str(error.args[0])) from None
        return made.chain, made.key

    def flaws_tell(self) -> bool:
        """Return whether flawed certificates are of the authority that the right one is of.

        If not, whoever trusts that one only has nothing to find out about the flaw.
        """
        from testbay.pki import inspect
        from testbay.pki.lab import Place

        right = self.lab.client(self.serial).chain
        root = self.lab.identity(Place("root", "csms_root", "", self.lab.root_kind)).chain
        at = max(one.not_before for one in inspect.certificates(right + root))
        return not inspect.verifies(right, "", root, at)

    def dialling(
        self,
        identity: Identity | None = None,
        maximum: str = "",
        ciphers: tuple[str, ...] | None = None,
    ) -> Settings:
        """Return the settings of a client that trusts certificates of a CSMS."""
        roots = self.root("csms_root") if self.verifies else ""
        return client_settings(roots, identity, maximum, ciphers=ciphers)

    def above_stations(self) -> str:
        """Return the roots to which certificates lead that a CSMS has signed (PEM).

        What has signed the certificate of the station is under one, too. Nothing where none is
        configured: then nobody knows.
        """
        from testbay.pki import inspect

        own, named = self.root("csms_root"), self.root("station_root")
        roots = [own, named] if self.verifies else [named] if named != own else []
        if not roots:
            return ""
        _, *between = inspect.certificates(self.lab.client(self.serial).chain)
        return "".join(dict.fromkeys((*roots, *(one.pem for one in between))))

    # -- keys of the simulated station ------------------------------------------------------------

    def new_key(self, organization: str = "", kind: str = "ec") -> str:
        """Make a new key for the station; return the request to have it certified (PEM)."""
        self._requests += 1
        made = self.lab.request(
            self.serial, self._requests, "rsa" if kind == "rsa" else "ec", organization
        )
        self._asked[made.csr] = made.key
        return made.csr

    def take(self, chain: str) -> str:
        """Take a chain for one of the keys that were made; return why it fits none of them.

        It is shown from now on if it fits; without any, the one that was there at first.
        """
        if not chain:
            self.renewed = None
            return ""
        from testbay.pki import inspect
        from testbay.pki.errors import NotPem

        try:
            leaf, *_ = inspect.certificates(chain)
        except NotPem as error:
            return str(error)
        for csr, key in reversed(self._asked.items()):
            if inspect.csr(csr).public_key == leaf.public_key:
                self.renewed = (chain, key)
                return ""
        return "its public key is none of those that the station has asked to be certified"
