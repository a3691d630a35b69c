"""What the CSMS knows about one station; all of it can be kept as JSON."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from testbay_reference.csms.options import Policy

REMARKS = 100
SAMPLES = 1000
ENDED = 200
EVENTS = 100


@dataclass(frozen=True, slots=True)
class Registration:
    """Say how BootNotification is answered; `interval` in seconds."""

    policy: Policy
    interval: int


@dataclass(frozen=True, slots=True)
class Connector:
    """Keep the last StatusNotification of a connector; `at` is its own or our time stamp."""

    status: str
    error_code: str
    at: str
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """Keep one configuration key as the station reported it."""

    value: str | None
    readonly: bool


@dataclass(frozen=True, slots=True)
class Transaction:
    """Keep one transaction; meters in Wh, times as the station gave them.

    Args:
        status: what was said about the token at its start.
        ended: how the CSMS knows that it is over: `stopped` by the station, or `replaced` by
            a later one on the same connector.
    """

    id: int
    connector: int
    id_tag: str
    meter_start: int
    started: str
    status: str
    reservation: int | None = None
    ended: str | None = None
    meter_stop: int | None = None
    stopped: str | None = None
    reason: str | None = None
    stopped_by: str | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """Keep a reservation that a station has accepted."""

    id: int
    connector: int
    id_tag: str
    expiry: str


@dataclass(slots=True)
class StationRecord:
    """Keep everything about one station.

    Args:
        known: it was put on the list of stations while the CSMS ran.
        passwords: those it may give, in hexadecimal; empty: it is not asked.
        security_profile: the one it has to use, where that is its own.
        next_profile: the one it was told to change to and has not used yet.
        raised: it has changed to the profile that it has to use.
        last_profile: the one of its last connection.
        serial: serial number in its certificates, where that was set for it alone.
        shown: what TLS told about its last connection.
        issued: serial numbers of the certificates that were made for it, latest last.
        renewed: it has accepted one of them.
        installed: hash data of its certificates by their use, as it listed them last.
        security_events: the latest ones that it told of.
        registration: the status that its last BootNotification was answered with.
        plan: how to answer its next BootNotification, where that was set for it alone.
        triggered: messages that it may send before it is accepted (OCPP 1.6, 4.2).
        limits: the number of the profile that was accepted last, by its purpose.
        samples: meter values by transaction; 0 for those of no transaction that is known.
    """

    identity: str
    known: bool = False
    passwords: tuple[str, ...] = ()
    security_profile: int | None = None
    next_profile: int | None = None
    raised: bool = False
    last_profile: int = 0
    serial: str | None = None
    shown: dict[str, str] = field(default_factory=dict)
    issued: tuple[str, ...] = ()
    renewed: bool = False
    installed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    security_events: list[dict[str, Any]] = field(default_factory=list)
    registration: Policy | None = None
    plan: Registration | None = None
    triggered: tuple[str, ...] = ()
    boot: dict[str, Any] = field(default_factory=dict)
    last_seen: str | None = None
    connectors: dict[int, Connector] = field(default_factory=dict)
    settings: dict[str, Setting] = field(default_factory=dict)
    transactions: dict[int, Transaction] = field(default_factory=dict)
    samples: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    reservations: dict[int, Reservation] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    list_version: int = 0
    notices: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def remark(self, text: str) -> None:
        """Write down something that was not in order; only the latest are kept."""
        self.remarks = [*self.remarks, text][-REMARKS:]

    def add_security_event(self, event: dict[str, Any]) -> None:
        """Keep what a station told about its security; only the latest are kept."""
        self.security_events = [*self.security_events, event][-EVENTS:]

    def running(self, connector: int | None = None) -> tuple[Transaction, ...]:
        """Return the transactions that run here, oldest first."""
        return tuple(
            one
            for one in self.transactions.values()
            if one.ended is None and connector in (None, one.connector)
        )

    def add_transaction(self, transaction: Transaction) -> None:
        """Keep a new transaction; only the latest 200 of those that are over stay."""
        over = [one.id for one in self.transactions.values() if one.ended is not None]
        for old in over[: max(0, len(over) - ENDED)]:
            del self.transactions[old]
            self.samples.pop(old, None)
        self.transactions[transaction.id] = transaction

    def add_samples(self, transaction: int, values: list[dict[str, Any]]) -> None:
        """Keep meter values; only the latest thousand of a transaction stay."""
        self.samples[transaction] = [*self.samples.get(transaction, ()), *values][-SAMPLES:]

    def setting(self, key: str) -> Setting | None:
        """Return a setting as last reported; the case of its key does not matter."""
        wanted = key.casefold()
        return next((one for name, one in self.settings.items() if name.casefold() == wanted), None)

    def keep_setting(self, key: str, setting: Setting) -> None:
        """Keep a setting, under the spelling in which the station reported it."""
        wanted = key.casefold()
        spelling = next((name for name in self.settings if name.casefold() == wanted), key)
        self.settings[spelling] = setting

    def number_setting(self, key: str) -> int | None:
        """Return a setting as a number, if it is known and is one."""
        known = self.setting(key)
        text = (known.value or "").strip() if known else ""
        return int(text) if text.isascii() and text.isdigit() else None


_RECORD = TypeAdapter(StationRecord)


def to_json(record: StationRecord) -> dict[str, Any]:
    """Return a record as plain JSON values."""
    plain: dict[str, Any] = _RECORD.dump_python(record, mode="json")
    return plain


def from_json(plain: dict[str, Any]) -> StationRecord:
    """Read a record again.

    Raises:
        ValueError: it is not one.
    """
    return _RECORD.validate_python(plain)
