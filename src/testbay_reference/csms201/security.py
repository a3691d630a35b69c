"""Security of the CSMS: who is let in with what, and who signs certificates of stations."""

import base64
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from testbay_reference.csms201.faults import FAULTS
from testbay_reference.csms201.options import CsmsOptions
from testbay_reference.csms201.records import StationRecord
from testbay_reference.csms_security.authority import Authority
from testbay_reference.csms_security.door import Refusal, Visitor, admit
from testbay_reference.csms_security.identity import Identity
from testbay_reference.keys import Keys
from testbay_reference.named_faults import NamedFaults
from testbay_reference.store import Store

AUTHORITY = "authority"
PASSWORD_BYTES = 15  # of a password that is made; twice as many characters


@dataclass(slots=True)
class Access:
    """What a station may come with.

    Args:
        passwords: in hexadecimal.
        profile: the security profile that it has to use; None: that of the options.
        offered: the security profiles that were stored at it, by configuration slot.
        wanted: the one that it was told to change to and has not used yet.
        raised: whether it has been raised.
        renewed: whether it has accepted a new certificate.
    """

    passwords: tuple[str, ...] = ()
    profile: int | None = None
    offered: tuple[tuple[int, int], ...] = ()
    wanted: int | None = None
    raised: bool = False
    renewed: bool = False


class Security:
    """Keep what stations may come with; all that a door and an authority ask for.

    Raises:
        ValueError: an authority of the options cannot be used.
    """

    def __init__(
        self, options: CsmsOptions, faults: NamedFaults, now: Callable[[], datetime], store: Store
    ) -> None:
        self._options = options
        self._faults = faults
        self._store = store
        self._access: dict[str, Access] = {}
        self._refused: set[str] = set()
        self._numbers: dict[str, int] = dict(store.get("numbers", {}))
        self.boots: dict[str, StationRecord] = {}
        self.keys = Keys(options.seed)
        self.authority = Authority(
            options.authorities, self.keys, now, self._restored, self._keep_authority
        )

    def _restored(self) -> Identity | None:
        kept = self._store.get(AUTHORITY)
        return None if kept is None else Identity(kept["chain"], kept["key"])

    def _keep_authority(self, identity: Identity) -> None:
        self._store.set(AUTHORITY, {"chain": identity.chain, "key": identity.key})

    # -- books --------------------------------------------------------------------------------

    def faulty(self, fault: str) -> bool:
        """Tell whether this CSMS has a fault; it does not have those that are not its own."""
        return fault in FAULTS and fault in self._faults

    @property
    def cpo_name(self) -> str:
        """What certificates of stations must have in their organizationName."""
        return self._options.cpo_name

    def access(self, identity: str) -> Access:
        """Return what a station may come with."""
        if identity not in self._access:
            kept = self._store.get(_name(identity))
            self._access[identity] = self._first(identity) if kept is None else _read(kept)
        return self._access[identity]

    def _first(self, identity: str) -> Access:
        password = self._options.passwords.get(identity)
        return Access(() if password is None else (password.encode().hex(),))

    def keep(self, identity: str) -> None:
        """Write down what a station may come with."""
        self._store.set(_name(identity), asdict(self.access(identity)))

    def passwords(self, identity: str) -> tuple[str, ...]:
        """Return the passwords that a station may give, in hexadecimal; none: it is not asked."""
        return self.access(identity).passwords

    def profiles(self, identity: str) -> tuple[int, ...]:
        """Return the security profiles with which a station is let in now."""
        required, access = self.required(identity), self.access(identity)
        if access.wanted is not None and not self.faulty("refuses-new-profile"):
            return (required, access.wanted)
        if self.faulty("accepts-old-profile") and access.raised:
            return (*range(1, required), required)
        return (required,)

    def required(self, identity: str) -> int:
        """Return the security profile that a station has to use; 0: none in particular."""
        profile = self.access(identity).profile
        return self._options.security_profile if profile is None else profile

    def serials(self, identity: str) -> tuple[str, ...]:
        """Return what a certificate of a station may name, best first (A00.FR.511)."""
        record = self.boots.get(identity)
        said = record.boot.get("chargingStation", {}).get("serialNumber") if record else None
        known = (self._options.serials.get(identity), said, identity)
        return tuple(dict.fromkeys(one for one in known if one))

    def has_renewed(self, identity: str) -> bool:
        """Tell whether a station has accepted a new certificate."""
        return self.access(identity).renewed

    def was_refused(self, identity: str) -> bool:
        """Tell whether a station was not let in lately."""
        return identity in self._refused

    def next_number(self, what: str) -> int:
        """Return the next number of a kind; it never comes again."""
        self._numbers[what] = self._numbers.get(what, 0) + 1
        self._store.set("numbers", dict(self._numbers))
        return self._numbers[what]

    # -- what happens -------------------------------------------------------------------------

    def admit(self, visitor: Visitor) -> int | Refusal:
        """Return the security profile with which a station is let in, or why it is not."""
        if self.faulty("accepts-other-names"):
            visitor = _renamed(visitor)
        answer = admit(self, visitor)
        if isinstance(answer, Refusal):
            self._refused.add(visitor.identity)
        return answer

    def connected(self, visitor: Visitor) -> None:
        """See with what a station has come; a new security profile is binding from now on."""
        profile, access = admit(self, visitor), self.access(visitor.identity)
        if isinstance(profile, int) and profile == access.wanted:
            access.profile, access.wanted, access.raised = profile, None, True
            self.keep(visitor.identity)

    def new_password(self) -> str:
        """Make a password (A00.FR.205)."""
        number = self.next_number("password")
        return self.keys.secret(f"password {number}", PASSWORD_BYTES).hex()

    def password_taken(self, identity: str, password: str) -> None:
        """See that a station has accepted a password: only this one counts (A01.FR.03)."""
        if self.faulty("keeps-old-password"):
            return
        access, new = self.access(identity), password.encode().hex()
        old = access.passwords if self.faulty("accepts-old-password") else ()
        access.passwords = (*old, new)
        self.keep(identity)

    def password_refused(self, identity: str, password: str) -> None:
        """See that a station has not accepted a password: the old one counts on (A01.FR.05)."""
        if self.faulty("takes-refused-password"):
            self.access(identity).passwords = (password.encode().hex(),)

    def profile_stored(self, identity: str, slot: int, profile: int) -> None:
        """See that a station has stored the data of a connection."""
        access = self.access(identity)
        access.offered = (*(one for one in access.offered if one[0] != slot), (slot, profile))
        self.keep(identity)

    def priority_set(self, identity: str, slots: str) -> None:
        """See in which order a station tries its connections (A05.FR.04 to 07)."""
        access = self.access(identity)
        offered = {str(slot): profile for slot, profile in access.offered}
        profiles = [offered[slot.strip()] for slot in slots.split(",") if slot.strip() in offered]
        if profiles and profiles[0] > self.required(identity):
            access.wanted = profiles[0]
            self.keep(identity)

    def require(self, identity: str, profile: int) -> None:
        """Set which security profile a station has to use; OCPP can only raise it."""
        access = self.access(identity)
        access.profile, access.wanted, access.raised, access.offered = profile, None, False, ()
        self.keep(identity)

    def certificate_taken(self, identity: str) -> None:
        """See that a station has accepted a new certificate."""
        self.access(identity).renewed = True
        self.keep(identity)


def _renamed(visitor: Visitor) -> Visitor:
    """Return a visitor as if it had shown its own name, if it has shown one at all."""
    shown = [header.partition(" ") for header in visitor.authorization]
    if len(shown) != 1:
        return visitor
    try:
        _, _, password = base64.b64decode(shown[0][2]).partition(b":")
    except ValueError:
        return visitor
    right = base64.b64encode(visitor.identity.encode() + b":" + password).decode()
    return replace(visitor, authorization=(f"Basic {right}",))


def _name(identity: str) -> str:
    return f"access-{quote(identity, safe='')}"


def _read(plain: dict[str, Any]) -> Access:
    offered = tuple((slot, profile) for slot, profile in plain["offered"])
    return Access(**plain | {"passwords": tuple(plain["passwords"]), "offered": offered})
