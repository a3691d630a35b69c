"""What an operator can want of a station: the Core profile and triggered messages."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from testbay_reference.control import Action, Parameters, Refused
from testbay_reference.csms.desk import Desk, Payload, Work
from testbay_reference.csms.limits import Unit, session_profile
from testbay_reference.csms.records import StationRecord, Transaction
from testbay_reference.csms.settings import read_settings, setting_answered

ConnectorId = Annotated[int, Field(ge=1, description="Connector, from 1")]
AnyConnector = Annotated[int, Field(ge=0, description="Connector; 0 is the whole station")]


class Command(Parameters):
    """Base of all commands: the station meant, and whether to wait for its answer."""

    station: str | None = Field(None, description="Identity; needed if several are connected")
    wait: bool = Field(True, description="Return when the station has answered, or at once")


class RemoteStart(Command):
    """Say for whom to start charging, and where; a limit holds for this session alone."""

    id_tag: str = Field(max_length=20)
    connector: ConnectorId | None = None
    limit: float | None = Field(None, ge=0, description="Limit of the session, see unit")
    unit: Unit = "A"


class RemoteStop(Command):
    """Say where to stop charging; needed if several transactions run."""

    connector: ConnectorId | None = None


class AtConnector(Command):
    """Name a connector."""

    connector: ConnectorId


class Reset(Command):
    """Say how to restart: hard restarts the hardware, soft the software."""

    kind: Literal["hard", "soft"]


class ChangeAvailability(Command):
    """Say what to take out of operation or back into it."""

    operative: bool
    connector: AnyConnector = 0


class ReadConfiguration(Command):
    """Name the settings to read; none or an empty list: all there are."""

    keys: list[Annotated[str, Field(max_length=50)]] | None = None


class ChangeSetting(Command):
    """Name a setting and its new value."""

    key: str
    value: str


class DataTransfer(Command):
    """Give what to say to a vendor's own function."""

    vendor: str
    message: str | None = None
    data: str | None = None


class Trigger(Command):
    """Name the message to ask for, and of which connector (none: of all)."""

    message: Literal[
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StatusNotification",
    ]
    connector: AnyConnector | None = None


C = TypeVar("C", bound=Command)
Prepare = Callable[[Desk, StationRecord, C], Work]


def intent(
    desk: Desk, name: str, sentence: str, parameters: type[C], prepare: Prepare[C]
) -> Action[C]:
    """Make an action of a command: refuse at once what makes no sense, then send."""

    async def do(wanted: C) -> Payload:
        station = desk.choose(wanted.station)
        work = prepare(desk, station, wanted)
        if desk.ledger.faulty("sends-nothing"):
            work.close()
        elif wanted.wait:
            return await work
        else:
            desk.background(work, f"{name} for {station.identity}")
        return {"station": station.identity, "sent": True}

    return Action(name, sentence, parameters, do)


def given(**fields: Any) -> Payload:
    """Make a payload of those fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def running(station: StationRecord, connector: int | None) -> Transaction:
    """Return the transaction meant: the one on the connector, or the only one.

    Raises:
        Refused: there is none, or more than one.
    """
    found = station.running(connector)
    where = "" if connector is None else f" on connector {connector}"
    if not found:
        raise Refused(f"no transaction runs{where} at station {station.identity!r}")
    if connector is None and len(found) > 1:
        places = ", ".join(str(one.connector) for one in found)
        raise Refused(f"several transactions run; say which connector: {places}")
    return found[-1]


def session_since(desk: Desk) -> datetime | None:
    """Return from when on the limit of a session is written; none: relative to the session."""
    return desk.ledger.now() if desk.ledger.options.session_kind == "Absolute" else None


def _remote_start(desk: Desk, station: StationRecord, wanted: RemoteStart) -> Work:
    profile = None
    if wanted.limit is not None:
        number = desk.ledger.next_number("profile")
        since = session_since(desk)
        profile = session_profile(number, wanted.limit, wanted.unit, since=since)
    payload = given(connectorId=wanted.connector, idTag=wanted.id_tag, chargingProfile=profile)
    return desk.command(station, "RemoteStartTransaction", payload)


def _remote_stop(desk: Desk, station: StationRecord, wanted: RemoteStop) -> Work:
    transaction = running(station, wanted.connector)
    if desk.ledger.faulty("stops-oldest-transaction"):
        transaction = station.transactions[min(station.transactions)]
    payload = {"transactionId": transaction.id}
    if desk.ledger.faulty("remote-stop-does-nothing"):
        return _pretend(station, "RemoteStopTransaction")
    return desk.command(station, "RemoteStopTransaction", payload)


async def _pretend(station: StationRecord, action: str) -> Payload:
    return {"station": station.identity, "action": action, "answer": {"status": "Accepted"}}


def _unlock(desk: Desk, station: StationRecord, wanted: AtConnector) -> Work:
    first = desk.ledger.faulty("unlocks-first-connector")
    connector = 1 if first else wanted.connector
    return desk.command(station, "UnlockConnector", {"connectorId": connector})


def _reset(desk: Desk, station: StationRecord, wanted: Reset) -> Work:
    kind = {"hard": "Hard", "soft": "Soft"}[wanted.kind]
    if kind == "Hard" and desk.ledger.faulty("sends-soft-instead-of-hard-reset"):
        kind = "Soft"
    elif kind == "Soft" and desk.ledger.faulty("sends-hard-instead-of-soft-reset"):
        kind = "Hard"
    return desk.command(station, "Reset", {"type": kind})


def _change_availability(desk: Desk, station: StationRecord, wanted: ChangeAvailability) -> Work:
    kind = "Operative" if wanted.operative else "Inoperative"
    payload = {"connectorId": wanted.connector, "type": kind}
    return desk.command(station, "ChangeAvailability", payload)


def _read_configuration(desk: Desk, station: StationRecord, wanted: ReadConfiguration) -> Work:
    desk.check(station, "GetConfiguration")
    return read_settings(desk, station, tuple(wanted.keys or ()))


def _change_setting(desk: Desk, station: StationRecord, wanted: ChangeSetting) -> Work:
    return set_key(desk, station, wanted.key, wanted.value)


def set_key(desk: Desk, station: StationRecord, key: str, value: str) -> Work:
    """Change a setting of a station, and keep what it makes of it."""

    def then(answer: Payload) -> None:
        setting_answered(desk.ledger, station, key, value, answer["status"])

    return desk.command(station, "ChangeConfiguration", {"key": key, "value": value}, then)


def _clear_cache(desk: Desk, station: StationRecord, wanted: Command) -> Work:
    return desk.command(station, "ClearCache", {})


def _data_transfer(desk: Desk, station: StationRecord, wanted: DataTransfer) -> Work:
    payload = given(vendorId=wanted.vendor, messageId=wanted.message, data=wanted.data)
    return desk.command(station, "DataTransfer", payload)


def _trigger(desk: Desk, station: StationRecord, wanted: Trigger) -> Work:
    payload = given(requestedMessage=wanted.message, connectorId=wanted.connector)
    return ask_for_message(desk, station, "TriggerMessage", payload, wanted.message)


def ask_for_message(
    desk: Desk, station: StationRecord, action: str, payload: Payload, message: str
) -> Work:
    """Ask a station to send something.

    Args:
        message: the action of what it sends then.

    Raises:
        Refused: it is not to be asked.
    """
    if message == "BootNotification" and station.registration == "Accepted":
        # Errata 3.40 forbids it until the station boots by itself.
        raise Refused(f"station {station.identity!r} is accepted: it is not asked to boot again")

    def then(answer: Payload) -> None:
        if answer["status"] != "Accepted":
            station.triggered = before

    work = desk.command(station, action, payload, then)
    # It must be allowed before the answer is here: the message may come right behind it.
    before, station.triggered = station.triggered, (*station.triggered, message)
    return work


def core_intents(desk: Desk) -> tuple[Action[Any], ...]:
    """Return the actions of the Core profile, and the trigger."""
    return (
        intent(desk, "remote_start", "Start charging for a token.", RemoteStart, _remote_start),
        intent(desk, "remote_stop", "Stop the running transaction.", RemoteStop, _remote_stop),
        intent(desk, "unlock", "Unlock a connector.", AtConnector, _unlock),
        intent(desk, "reset", "Restart the station.", Reset, _reset),
        intent(
            desk,
            "change_availability",
            "Take a connector or the station out of operation, or back into it.",
            ChangeAvailability,
            _change_availability,
        ),
        intent(
            desk,
            "read_configuration",
            "Read settings of the station, all or some.",
            ReadConfiguration,
            _read_configuration,
        ),
        intent(desk, "change_setting", "Change a setting.", ChangeSetting, _change_setting),
        intent(desk, "clear_cache", "Clear the authorization cache.", Command, _clear_cache),
        intent(
            desk, "data_transfer", "Send data to a vendor's function.", DataTransfer, _data_transfer
        ),
        intent(desk, "trigger", "Ask the station for a message now.", Trigger, _trigger),
    )
