"""The books of the CSMS: stations, tokens and counters, kept in a store across restarts."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter

from testbay_reference.csms.faults import FAULTS
from testbay_reference.csms.options import CsmsOptions, Policy, SignedFirmware
from testbay_reference.csms.passwords import password_bytes
from testbay_reference.csms.records import Registration, StationRecord, from_json, to_json
from testbay_reference.csms.tokens import Token, TokenBook, stamp
from testbay_reference.csms_security.authority import Authority
from testbay_reference.csms_security.identity import Identity
from testbay_reference.keys import Keys
from testbay_reference.store import Store

BOOK = "csms"
AUTHORITY = "authority"
REFUSED = 100
_TOKEN = TypeAdapter(Token)


class Ledger:
    """Know stations and tokens, and count what needs a number.

    Args:
        options: how this CSMS was set up.
        now: the current date and time, aware.
        store: where the books are kept.

    Raises:
        ValueError: the store holds something else than the books of a CSMS, or a certificate
            authority cannot be used.
    """

    def __init__(self, options: CsmsOptions, now: Callable[[], datetime], store: Store) -> None:
        self.options = options
        self.now = now
        self._store = store
        book = store.get(BOOK, {})
        self._counters: dict[str, int] = dict(book.get("counters", {}))
        self._changed_tokens: dict[str, Any] = dict(book.get("tokens", {}))
        self.tokens = TokenBook(options.tokens, options.unknown_tokens)
        for id_tag, plain in self._changed_tokens.items():
            self._apply_token(id_tag, plain)
        plan = book.get("plan")
        self.plan = (
            Registration(**plan)
            if plan
            else Registration(options.registration, self.interval(options.registration))
        )
        self._set_plan = plan
        self.stations: dict[str, StationRecord] = {}
        for identity in book.get("stations", []):
            plain = store.get(_name(identity))
            if plain is not None:
                self.stations[identity] = from_json(plain)
        self._life = self._count("life")
        self._ids = itertools.count(1)
        self.keys = Keys(options.seed)
        self.authority = Authority(
            options.authorities, self.keys, now, self._kept_authority, self._keep_authority
        )
        self.firmware = {one.location: one for one in options.firmware}
        self.refused: list[dict[str, str]] = []
        self._save()

    def faulty(self, fault: str) -> bool:
        """Tell whether this CSMS has a fault."""
        assert fault in FAULTS, f"{fault} is not in the list of faults"
        return fault in self.options.faults

    @property
    def cpo_name(self) -> str:
        """Return what certificates of stations must have in their organizationName."""
        return self.options.cpo_name

    def stamp(self) -> str:
        """Return the time stamp of now."""
        return stamp(self.now())

    # Stations

    def knows(self, identity: str) -> bool:
        """Tell whether a station is let in."""
        listed = self.options.stations
        if listed is None or identity in listed or self.faulty("accepts-unknown-stations"):
            return True
        return identity in self.stations and self.stations[identity].known

    def station(self, identity: str) -> StationRecord:
        """Return what is known about a station; begin its record if there is none."""
        if identity not in self.stations:
            record = StationRecord(identity, passwords=self.passwords(identity))
            self.stations[identity] = record
            self.keep(record)
            self._save()
        return self.stations[identity]

    def passwords(self, identity: str) -> tuple[str, ...]:
        """Return the passwords that a station may give, in hexadecimal; none: it is not asked."""
        if identity in self.stations:
            return self.stations[identity].passwords
        return _passwords(self.options.passwords.get(identity))

    def profiles(self, identity: str) -> tuple[int, ...]:
        """Return the security profiles with which a station is let in now."""
        required = self.required_profile(identity)
        record = self.stations.get(identity)
        wanted = record.next_profile if record is not None else None
        if wanted is not None and not self.faulty("refuses-new-profile"):
            return (required, wanted)
        if self.faulty("accepts-old-profile") and record is not None and record.raised:
            return (*range(1, required), required)
        return (required,)

    def required_profile(self, identity: str) -> int:
        """Return the security profile that a station has to use; 0: none in particular."""
        record = self.stations.get(identity)
        if record is not None and record.security_profile is not None:
            return record.security_profile
        return self.options.security_profiles.get(identity, self.options.security_profile)

    def require_profile(self, identity: str, profile: int, serial: str | None) -> None:
        """Set which security profile a station has to use, and perhaps its serial number."""
        record = self.station(identity)
        record.security_profile, record.next_profile, record.raised = profile, None, False
        if serial is not None:
            record.serial = serial
        self.keep(record)

    def serials(self, identity: str) -> tuple[str, ...]:
        """Return what a certificate of a station may name, best first (A00.FR.511)."""
        record = self.stations.get(identity)
        set_here = record.serial if record is not None else None
        boot = record.boot if record is not None else {}
        known = (
            set_here or self.options.serials.get(identity),
            boot.get("chargePointSerialNumber"),
            boot.get("chargeBoxSerialNumber"),
            identity,
        )
        return tuple(dict.fromkeys(one for one in known if one))

    def has_renewed(self, identity: str) -> bool:
        """Tell whether a station has accepted a new certificate."""
        return identity in self.stations and self.stations[identity].renewed

    def note_refusal(self, identity: str, why: str) -> None:
        """Keep that a station was not let in (A00.FR.323 and 408)."""
        refusal = {"at": self.stamp(), "identity": identity, "why": why}
        self.refused = [*self.refused, refusal][-REFUSED:]

    def was_refused(self, identity: str) -> bool:
        """Tell whether a station was not let in lately."""
        return any(one["identity"] == identity for one in self.refused)

    def firmware_at(self, location: str) -> SignedFirmware | None:
        """Return the signature of the image at a location, and the certificate to it."""
        return self.firmware.get(location) or self.firmware.get("")

    def _kept_authority(self) -> Identity | None:
        kept = self._store.get(AUTHORITY)
        return None if kept is None else Identity(kept["chain"], kept["key"])

    def _keep_authority(self, identity: Identity) -> None:
        self._store.set(AUTHORITY, {"chain": identity.chain, "key": identity.key})

    def set_station(self, identity: str, password: str | None) -> None:
        """Let a station in, and ask it for this password (None: for none).

        Raises:
            ValueError: the password is written wrongly.
        """
        passwords = _passwords(password)
        record = self.station(identity)
        record.known = True
        record.passwords = passwords
        self.keep(record)

    def keep(self, station: StationRecord) -> None:
        """Write the record of a station to the store."""
        self._store.set(_name(station.identity), to_json(station))

    def interval(self, policy: Policy) -> int:
        """Return the usual interval for an answer to BootNotification, in seconds."""
        return self.options.interval if policy == "Accepted" else self.options.retry_interval

    def set_plan(self, plan: Registration, identity: str | None) -> None:
        """Set how a station's next boot is answered; without one: that of all others."""
        if identity is not None:
            record = self.station(identity)
            record.plan = plan
            self.keep(record)
            return
        self.plan = plan
        self._set_plan = asdict(plan)
        self._save()

    # Tokens

    def token_info(self, id_tag: str) -> dict[str, Any]:
        """Return the idTagInfo of a token as of now."""
        if self.faulty("accepts-every-token"):
            return {"status": "Accepted"}
        if self.faulty("refuses-every-token"):
            return {"status": "Invalid"}
        return self.tokens.info(id_tag, self.now())

    def set_token(self, token: Token) -> None:
        """Set what is known about a token, also for later lives."""
        self._change_token(token.id_tag, _TOKEN.dump_python(token, mode="json"))

    def remove_token(self, id_tag: str) -> bool:
        """Forget a token; tell whether it was known."""
        known = self.tokens.get(id_tag) is not None
        self._change_token(id_tag, None)
        return known

    def _change_token(self, id_tag: str, plain: dict[str, Any] | None) -> None:
        self._changed_tokens.pop(id_tag.casefold(), None)
        self._changed_tokens[id_tag.casefold()] = plain
        self._apply_token(id_tag, plain)
        self._save()

    def _apply_token(self, id_tag: str, plain: dict[str, Any] | None) -> None:
        if plain is None:
            self.tokens.drop(id_tag)
        else:
            self.tokens.put(_TOKEN.validate_python(plain))

    # Numbers

    def next_transaction(self) -> int:
        """Return the id of a new transaction: positive, as errata 3.54 recommends."""
        return 1 if self.faulty("transaction-ids-repeat") else self.next_number("transaction")

    def next_number(self, what: str) -> int:
        """Return the next number of a kind; it never comes again, not even after a restart."""
        if what == "profile" and self.faulty("profile-numbers-repeat"):
            return 1
        number = self._count(what)
        self._save()
        return number

    def message_ids(self) -> Iterator[str]:
        """Return the message ids of a connection; they never repeat (OCPP-J errata 3.1)."""
        ids = itertools.count(1) if self.faulty("restarts-message-ids") else self._ids
        return (f"{self._life}-{number}" for number in ids)

    def _count(self, what: str) -> int:
        self._counters[what] = self._counters.get(what, 0) + 1
        return self._counters[what]

    def _save(self) -> None:
        book = {
            "counters": dict(self._counters),
            "tokens": dict(self._changed_tokens),
            "plan": self._set_plan,
            "stations": list(self.stations),
        }
        self._store.set(BOOK, book)


def _name(identity: str) -> str:
    return f"station-{quote(identity, safe='')}"


def _passwords(password: str | None) -> tuple[str, ...]:
    return () if password is None else (password_bytes(password).hex(),)
