"""The laboratory: a certificate authority with every certificate that the cases need."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from testbay import clock
from testbay.pki import names
from testbay.pki.dates import TIMELESS, Calendar
from testbay.pki.disk import Files
from testbay.pki.errors import LabError, NoRoot
from testbay.pki.identity import Identity, Request
from testbay.pki.issue import (
    Draft,
    Issuer,
    PublicKey,
    Purpose,
    deterministic,
    issue,
    name,
    properly_signed,
)
from testbay.pki.keys import RSA_BITS, WEAK_RSA_BITS, Keys, PrivateKey, Seeded, key_pem
from testbay.pki.names import (
    CLIENTS,
    KINDS,
    REQUESTS,
    ROOTS,
    SAME,
    SERVERS,
    SIGNERS,
    VEHICLES,
    Kind,
    Recipe,
)
from testbay.pki.pem import parse_certificates, parse_key, parse_request, pem_of
from testbay.pki.subjects import check_host, check_length, check_serial, wildcard

LOCAL = ("127.0.0.1", "localhost")
OWNER = "testbay"
MAKE = "testbay lab renew adds it to one of an earlier testbay, and the system has to trust it then"


class Place(NamedTuple):
    """Where a certificate is kept, in memory and in a folder."""

    what: Literal["root", "intermediate", "leaf", "server", "client", "signer"]
    name: str
    """Of a root or a server, the serial number of a station; of a signer, nothing."""
    flaw: str
    kind: Kind


class Lab:
    """A certificate authority. Certificates are made when they are asked for, and kept."""

    def __init__(
        self,
        keys: Keys,
        calendar: Calendar,
        hosts: tuple[str, ...] = LOCAL,
        owner: str = OWNER,
        root_kind: Kind = "ec",
        held: Mapping[Place, Identity] | None = None,
        lacks: frozenset[str] = frozenset(),
    ) -> None:
        self.hosts = tuple(check_host(h) for h in hosts)
        """Names and addresses of the server; the first one is its common name."""
        self.owner = check_length("name of the operator", owner)
        """The O of its certificates: the operator's name, which stations know as CpoName."""
        self.root_kind = root_kind
        self.lacks = lacks
        """Roots that it does not make, because nobody would trust them."""
        self._keys, self._calendar = keys, calendar
        self._held = dict(held or {})
        self._own_roots: dict[str, str] = {}
        self._issuers: dict[Place, Issuer] = {}
        self._crosses: dict[str, str] = {}
        if not self.hosts:
            raise LabError("a laboratory needs the name or the address of its server")

    @classmethod
    def seeded(cls, seed: int = 1, hosts: tuple[str, ...] = LOCAL, owner: str = OWNER) -> Lab:
        """Return a laboratory in memory that is the same in every process.

        Its keys are no secret: it is for embedded systems.
        """
        return _seeded(seed, tuple(hosts), owner)

    @classmethod
    def create(cls, folder: Path | str, hosts: tuple[str, ...] = LOCAL, owner: str = OWNER) -> Lab:
        """Make a laboratory with random keys in a folder; see ``testbay.pki.folder.create``."""
        from testbay.pki.folder import create

        return create(Path(folder), tuple(hosts), owner)

    @classmethod
    def load(cls, folder: Path | str) -> Lab:
        """Return the laboratory in a folder; see ``testbay.pki.folder.load``."""
        from testbay.pki.folder import load

        return load(Path(folder))

    # -- what there is --------------------------------------------------------------------------

    def root(self, root: str = "csms_root") -> str:
        """Return a root as PEM.

        Raises:
            KeyError: there is no such root.
            NoRoot: this laboratory lacks it.
        """
        if root not in ROOTS:
            raise KeyError(f"no root is called {root!r}; there are {_listed(ROOTS)}")
        same = SAME.get(root, root)
        own = self._own_roots.get(root) or self._own_roots.get(same)
        return own or self.identity(self._root_place(same)).chain

    def server(self, server: str = "server", kind: Kind = "ec") -> Identity:
        """Return a certificate of the server, good or flawed.

        Raises:
            KeyError: there is none of this name.
        """
        return self.identity(Place("server", server, "", kind))

    def client(self, serial: str, flaw: str = "", kind: Kind = "ec") -> Identity:
        """Return a certificate of the station with this serial number.

        Raises:
            KeyError: there is no such flaw.
            LabError: the serial number cannot stand in a certificate.
        """
        return self.identity(Place("client", check_serial(serial), flaw, kind))

    def signer(self, flaw: str = "", kind: Kind = "ec") -> Identity:
        """Return a certificate with which the manufacturer signs firmware.

        Raises:
            KeyError: there is no such flaw.
        """
        return self.identity(Place("signer", "", flaw, kind))

    def identity(self, place: Place) -> Identity:
        """Return what is kept at a place; it is made if there is nothing yet.

        Raises:
            KeyError: the place names nothing.
            NoRoot: this laboratory lacks the root.
        """
        if place not in self._held:
            self._held[place] = self._make(place)
        return self._held[place]

    @property
    def held(self) -> Mapping[Place, Identity]:
        """Everything that was made so far or was in the folder."""
        return self._held

    # -- stations -------------------------------------------------------------------------------

    def request(
        self, serial: str, number: int = 1, kind: Kind = "ec", owner: str = "", weak: bool = False
    ) -> Request:
        """Make a new key and a certificate signing request for it, as a station does.

        Args:
            number: which key of this station; in a seeded laboratory each number has its own.
            owner: the O of the subject; else the operator of the laboratory.
            weak: whether the key is too short.
        """
        subject = name(owner or self.owner, check_serial(serial))
        key = self._key(f"request {serial} {number}", "client", kind, weak)
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        made = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=deterministic(key))
        return Request(made.public_bytes(Encoding.PEM).decode("ascii"), key_pem(key))

    def successor(self) -> str:
        """Return csms_root_2 as PEM, but signed by csms_root, which it may then replace.

        That is what a station with AdditionalRootCertificateCheck demands (whitepaper M05.FR.09).

        Raises:
            LabError: csms_root is not one of this laboratory.
        """
        return self._crossed("csms_root_2", "csms_root", "successor")

    def predecessor(self) -> str:
        """Return csms_root as PEM, but signed by csms_root_2: it replaces the successor again.

        Raises:
            LabError: csms_root_2 is not one of this laboratory.
        """
        return self._crossed("csms_root", "csms_root_2", "predecessor")

    def _crossed(self, name: str, by: str, label: str) -> str:
        """Return a root as PEM that another root has signed: the same one whenever it is asked for.

        A case asks again for what it has installed, and knows it by its serial number.
        """
        if label not in self._crosses:
            self._crosses[label] = self._cross(name, by, label)
        return self._crosses[label]

    def _cross(self, name: str, by: str, label: str) -> str:
        if by in self._own_roots:
            raise LabError(f"no {label} of the configured {by} can be signed without its key")
        second = parse_certificates(self.root(name))[0]
        first, last = self._calendar.roots
        draft = Draft(
            purpose="authority",
            subject=second.subject,
            key=second.public_key(),  # type: ignore[arg-type]
            serial=self._serial(label),
            not_before=first,
            not_after=last,
        )
        return pem_of(issue(draft, self._issuer(self._root_place(by))))

    def sign_csr(
        self,
        csr_pem: str,
        serial_wanted: str = "",
        flaw: str = "",
        at: datetime | None = None,
        use: str = "",
    ) -> str:
        """Sign a request of a station; return the chain as PEM, without the root.

        The subject is that of the request. The certificate begins later than those that were signed
        before: of several that are valid, a station uses the newest (whitepaper A02.FR.09).

        Args:
            serial_wanted: the common name, if it is to be another than that of the request.
            flaw: what is to be wrong (``names.REQUESTS``).
            at: the current time; else that of the run.
            use: "v2g": it is for ISO 15118, so an authority below v2g_root signs.

        Raises:
            NoRoot: this laboratory lacks the root.
            NotPem: the text is not the PEM of one request.
            LabError: it cannot be signed; the text says why.
            KeyError: there is no such flaw, or no such use.
        """
        if flaw not in REQUESTS:
            raise KeyError(f"no flaw is called {flaw!r}; there are {_listed(REQUESTS)}")
        if use not in ("", "v2g") or (use and flaw):
            raise KeyError(f"no certificate is signed for the use {use!r} with the flaw {flaw!r}")
        request = parse_request(csr_pem)
        if not properly_signed(request):
            raise LabError("the request is not signed with the key that it asks to be certified")
        recipe = VEHICLES if use else CLIENTS.get(flaw, CLIENTS[""])
        subject = _subject_for(request, serial_wanted, self.owner, recipe)
        key: PublicKey = request.public_key()  # type: ignore[assignment]
        if flaw == "wrong_key":
            digest = hashlib.sha256(csr_pem.encode()).hexdigest()
            kind: Kind = "ec" if isinstance(key, ec.EllipticCurvePublicKey) else "rsa"
            key = self._key(f"not of {digest}", "other", kind).public_key()
        dates = self._calendar.since(recipe.dates, at or clock.now())
        label = f"signed {use or flaw} {dates[0]} {subject.rfc4514_string()} {csr_pem}"
        chain = self._leaf(recipe, subject, key, label, dates)
        return broken(chain) if flaw == "broken" else chain

    def certify(self, serial: str, key: PublicKey) -> str:
        """Return a certificate for a station's key that is known already, as PEM."""
        subject = name(self.owner, check_serial(serial))
        label = f"certified {serial}"
        return self._leaf(CLIENTS[""], subject, key, label, self._calendar.valid)

    # -- as files, and with own certificates ------------------------------------------------------

    def write(self, folder: Path | str) -> Files:
        """Return the laboratory as files, written when they are asked for: OpenSSL wants paths."""
        return Files(self, Path(folder))

    def replaced(
        self,
        roots: Mapping[str, str] | None = None,
        servers: Mapping[tuple[str, Kind], Identity] | None = None,
        clients: Mapping[tuple[str, Kind], Identity] | None = None,
        signers: Mapping[tuple[str, Kind], Identity] | None = None,
    ) -> Lab:
        """Return this laboratory with some certificates that are somebody's own.

        All others stay what they are, and are signed by the laboratory's roots.

        Args:
            roots: PEM by name; station_root may be another one than csms_root.
            servers: by name and kind of key.
            clients: good ones, by serial number and kind of key.
            signers: by flaw and kind of key.
        """
        lacks = self.lacks - {*(roots or {})}
        made = Lab(
            *(self._keys, self._calendar, self.hosts, self.owner, self.root_kind, self._held),
            lacks=lacks,
        )
        made._own_roots = {**self._own_roots, **(roots or {})}
        for (server, kind), identity in (servers or {}).items():
            made._held[Place("server", server, "", kind)] = identity
        for (serial, kind), identity in (clients or {}).items():
            made._held[Place("client", serial, "", kind)] = identity
        for (flaw, kind), identity in (signers or {}).items():
            made._held[Place("signer", "", flaw, kind)] = identity
        return made

    # -- making ---------------------------------------------------------------------------------

    def _make(self, place: Place) -> Identity:
        if place.kind not in KINDS:
            raise KeyError(f"no kind of key is called {place.kind!r}; there are {_listed(KINDS)}")
        if place.what in ("root", "intermediate", "leaf"):
            if place.name in self.lacks:
                raise NoRoot(f"the laboratory has no {place.name}: {MAKE}")
            return self._authority(place)
        recipe = recipe_of(place)
        label = " ".join(place)
        key = self._key(label, place.what, place.kind, recipe.weak)
        hosts: tuple[str, ...] = ()
        if place.what == "server":
            hosts = self._hosts(recipe)
            common = hosts[0]
        elif recipe.subject == "other":
            common = names.OTHER_SERIAL
        else:
            common = place.name or "Firmware signing"
        subject = name(_owner(recipe, self.owner), common)
        dates = self._calendar.of(recipe.dates)
        chain = self._leaf(recipe, subject, key.public_key(), label, dates, hosts, key)
        return Identity(chain, key_pem(key))

    def _leaf(
        self,
        recipe: Recipe,
        subject: x509.Name,
        key: PublicKey,
        label: str,
        dates: tuple[datetime, datetime],
        hosts: tuple[str, ...] = (),
        own: PrivateKey | None = None,
    ) -> str:
        draft = Draft(
            purpose=recipe.purpose,
            subject=subject,
            key=key,
            serial=self._serial(label),
            not_before=dates[0],
            not_after=dates[1],
            hosts=hosts,
            damaged=recipe.damaged,
        )
        if not recipe.issuer and own is not None:
            return pem_of(issue(draft, own))
        if not recipe.via:
            return pem_of(issue(draft, self._issuer(self._root_place(recipe.issuer))))
        between = self._issuer(Place(recipe.via, recipe.issuer, "", self.root_kind))
        made = issue(draft, between)
        return pem_of(made) if recipe.incomplete else pem_of(made, between.certificate)

    def _authority(self, place: Place) -> Identity:
        """Make a root, an intermediate authority, or what acts as one and is none."""
        key = self._key(" ".join(place), "root", place.kind)
        titles = {"root": "", "intermediate": " intermediate", "leaf": " no authority"}
        purpose: Purpose = "client" if place.what == "leaf" else "authority"
        first, last = self._calendar.roots
        draft = Draft(
            purpose=purpose,
            subject=name(_owner_of(place.name, self.owner), _title(place.name, titles[place.what])),
            key=key.public_key(),
            serial=self._root_serial(place.name)
            if place.what == "root"
            else self._serial(" ".join(place)),
            not_before=first,
            not_after=last,
            path_length=0 if place.what == "intermediate" else None,
        )
        above = key if place.what == "root" else self._issuer(self._root_place(place.name))
        return Identity(pem_of(issue(draft, above)), key_pem(key))

    def _issuer(self, place: Place) -> Issuer:
        if place not in self._issuers:
            identity = self.identity(place)
            certificate = parse_certificates(identity.chain)[0]
            self._issuers[place] = Issuer(certificate, parse_key(identity.key))
        return self._issuers[place]

    def _root_place(self, root: str) -> Place:
        return Place("root", root, "", self.root_kind)

    def _key(self, label: str, role: str, kind: Kind, weak: bool = False) -> PrivateKey:
        if kind == "rsa":
            return self._keys.rsa(role, WEAK_RSA_BITS if weak else RSA_BITS)
        return self._keys.ec(label, ec.SECP192R1() if weak else ec.SECP256R1())

    def _serial(self, label: str) -> int:
        """Return a serial number of 32 hexadecimal digits, none of them a leading zero."""
        return self._keys.serial(label) >> 1 | 1 << 126

    def _root_serial(self, root: str) -> int:
        """Return the serial number of a root, of the forms that hash data are wrong about.

        csms_root_2 has an odd number of digits, so that DER has a leading zero in its first byte;
        the highest bit of manufacturer_root's is set, so that DER puts a byte of zeros before it.
        """
        number = self._serial(f"root {root}")
        if root == "csms_root_2":
            return number >> 4
        return number | 1 << 127 if root == "manufacturer_root" else number

    def _hosts(self, recipe: Recipe) -> tuple[str, ...]:
        if recipe.subject == "other":
            return (names.OTHER_HOST,)
        if recipe.subject == "wildcard":
            return (wildcard(self.hosts[0]),)
        return self.hosts


@functools.lru_cache(maxsize=16)
def _seeded(seed: int, hosts: tuple[str, ...], owner: str) -> Lab:
    return Lab(Seeded(seed), TIMELESS, hosts, owner)


def recipe_of(place: Place) -> Recipe:
    """Return how the certificate of a server, a station or a signer is made.

    Raises:
        KeyError: there is none of this name.
    """
    recipes = {"server": SERVERS, "client": CLIENTS, "signer": SIGNERS}[place.what]
    wanted = place.name if place.what == "server" else place.flaw
    if wanted not in recipes:
        raise KeyError(f"no {place.what} certificate {wanted!r}; there are {_listed(recipes)}")
    return recipes[wanted]


def broken(pem: str) -> str:
    """Return PEM in which a part of the Base64 text is missing."""
    lines = pem.splitlines(keepends=True)
    return "".join(line for n, line in enumerate(lines) if n not in (3, 4))


def _listed(things: Iterable[str]) -> str:
    return ", ".join(repr(t) for t in things)


def _subject_for(
    request: x509.CertificateSigningRequest, serial: str, owner: str, recipe: Recipe
) -> x509.Name:
    """Return the subject of a request, with what is wanted otherwise or missing in it."""
    if recipe.subject == "other":
        serial = names.OTHER_SERIAL
    if serial:
        check_serial(serial)
    given = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    named = serial or recipe is VEHICLES  # ISO 15118 has no serial number of a station there
    if not named and not (given and str(given[0].value).strip()):
        raise LabError("the request names no serial number: its subject has no CN")
    wanted = {NameOID.COMMON_NAME: serial}
    if recipe.owner == "other":
        wanted[NameOID.ORGANIZATION_NAME] = names.OTHER_OWNER
    elif not request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME):
        wanted[NameOID.ORGANIZATION_NAME] = owner
    replaced = {oid: value for oid, value in wanted.items() if value}
    kept = [a for a in request.subject if a.oid not in replaced]
    return x509.Name([*(x509.NameAttribute(o, v) for o, v in replaced.items()), *kept])


def _owner(recipe: Recipe, owner: str) -> str:
    if recipe.owner == "other":
        return names.OTHER_OWNER
    return _owner_of(recipe.issuer, owner) if recipe.purpose == "signing" else owner


def _owner_of(root: str, owner: str) -> str:
    owners = {"manufacturer": names.MANUFACTURER, "stranger": names.OTHER_OWNER}
    return owners.get(root.partition("_")[0], owner)


def _title(root: str, suffix: str) -> str:
    return f"testbay {root.replace('csms', 'operator').replace('_', ' ')}{suffix}"
