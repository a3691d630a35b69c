"""What an operator can want beyond the Core profile: lists, reservations, limits."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from testbay_reference.control import Action, Refused
from testbay_reference.csms.desk import Desk, Payload, Work, told
from testbay_reference.csms.intents import (
    AnyConnector,
    Command,
    ConnectorId,
    given,
    intent,
    running,
    session_since,
)
from testbay_reference.csms.limits import Purpose, Unit, lasting_profile, session_profile
from testbay_reference.csms.records import Reservation, StationRecord
from testbay_reference.csms.tokens import Token, moment_of, same_token, stamp
from testbay_reference.link import RpcError

Seconds = Annotated[int, Field(ge=1, description="Seconds")]
Delay = Annotated[int, Field(ge=0, description="Seconds until the limit begins")]
StackLevel = Annotated[int, Field(ge=0, description="Higher ones win")]
Phases = Annotated[int, Field(ge=1, le=3)]
Limit = Annotated[float, Field(ge=0, description="Limit, with at most one decimal")]


class SendLocalList(Command):
    """Send all tokens, or add, change or remove a single one."""

    id_tag: str | None = Field(
        None, max_length=20, description="Only this token; none: the whole list"
    )
    remove: bool = Field(False, description="Take the token off the list")
    without: str | None = Field(
        None, max_length=20, description="Leave this token out of the whole list"
    )


class Reserve(Command):
    """Say for which token to reserve what, and for how long."""

    id_tag: str = Field(max_length=20)
    connector: AnyConnector = 0
    seconds: Seconds = 3600
    group: bool = Field(True, description="Let the group of the token use it too")
    reservation: int | None = Field(None, description="Replace this reservation")


class CancelReservation(Command):
    """Name the reservation by its number, its connector or its token; none: the only one."""

    reservation: int | None = None
    connector: AnyConnector | None = None
    id_tag: str | None = None


class DefaultLimit(Command):
    """Limit every session on a connector (0: on all) from now on."""

    limit: Limit
    unit: Unit = "A"
    connector: AnyConnector = 0
    seconds: Seconds = 86400
    start: Delay = 0
    phases: Phases | None = None
    stack_level: StackLevel = 0


class StationLimit(Command):
    """Limit what the whole station draws from now on."""

    limit: Limit
    unit: Unit = "A"
    seconds: Seconds = 86400
    start: Delay = 0
    phases: Phases | None = None
    stack_level: StackLevel = 0


class SessionLimit(Command):
    """Limit the running session; the connector is needed if several run."""

    limit: Limit
    unit: Unit = "A"
    connector: ConnectorId | None = None
    phases: Phases | None = None
    stack_level: StackLevel = 0


class CompositeSchedule(Command):
    """Say for which connector and how many seconds to plan; 0 is the grid connection."""

    connector: AnyConnector = 0
    seconds: Seconds = 86400
    unit: Unit | None = None


class ClearProfiles(Command):
    """Say which profiles to clear: one by number, or all that fit; nothing given: all."""

    profile: int | None = None
    connector: AnyConnector | None = None
    purpose: Purpose | None = None
    stack_level: StackLevel | None = None


def _read_list_version(desk: Desk, station: StationRecord, wanted: Command) -> Work:
    def then(answer: Payload) -> None:
        station.list_version = max(station.list_version, answer["listVersion"])

    return desk.command(station, "GetLocalListVersion", {}, then)


def _send_local_list(desk: Desk, station: StationRecord, wanted: SendLocalList) -> Work:
    desk.check(station, "SendLocalList")
    if wanted.id_tag is None or desk.ledger.faulty("sends-full-list-always"):
        return _send_all(desk, station, wanted.without)
    token = desk.ledger.tokens.get(wanted.id_tag)
    if token is None and not wanted.remove:
        raise Refused(f"token {wanted.id_tag!r} is not known; set it first (set_token)")
    entry = {"idTag": wanted.id_tag} if wanted.remove or token is None else _entry(desk, token)
    return _send_one(desk, station, wanted, entry)


def _entry(desk: Desk, token: Token) -> Payload:
    return {"idTag": token.id_tag, "idTagInfo": token.info(desk.ledger.now())}


async def _send_one(desk: Desk, station: StationRecord, wanted: Command, entry: Payload) -> Payload:
    if desk.ledger.options.asks_list_version:
        await _read_list_version(desk, station, wanted)
    answer = await _send_list(desk, station, "Differential", [entry])
    if not isinstance(answer, RpcError) and answer["status"] in ("Failed", "VersionMismatch"):
        return await _send_all(desk, station)  # as OCPP 1.6, 5.15 advises
    return told(station, "SendLocalList", answer)


async def _send_all(desk: Desk, station: StationRecord, without: str | None = None) -> Payload:
    """Send the whole list; what does not fit into one message follows as additions."""
    tokens = [t for t in desk.ledger.tokens if not same_token(t.id_tag, without or "")]
    entries = [_entry(desk, token) for token in tokens]
    size = station.number_setting("SendLocalListMaxLength") or len(entries) or 1
    answer = await _send_list(desk, station, "Full", entries[:size])
    for i in range(size, len(entries), size):
        if isinstance(answer, RpcError) or answer["status"] != "Accepted":
            break
        answer = await _send_list(desk, station, "Differential", entries[i : i + size])
    return told(station, "SendLocalList", answer)


async def _send_list(
    desk: Desk, station: StationRecord, kind: str, entries: list[Payload]
) -> Payload | RpcError:
    repeats = desk.ledger.faulty("local-list-version-repeats")
    # Versions begin with 1: 0 and -1 mean something else (errata 3.52).
    version = max(1, station.list_version + (0 if repeats else 1))
    payload: Payload = {"listVersion": version, "updateType": kind}
    if entries:
        payload["localAuthorizationList"] = entries
    answer = await desk.send(station, "SendLocalList", payload)
    station.list_version = version
    desk.ledger.keep(station)
    return answer


def _reserve(desk: Desk, station: StationRecord, wanted: Reserve) -> Work:
    number = wanted.reservation or desk.ledger.next_number("reservation")
    expiry = stamp(desk.ledger.now() + timedelta(seconds=wanted.seconds))
    token = desk.ledger.tokens.get(wanted.id_tag)
    payload = given(
        reservationId=number,
        connectorId=wanted.connector,
        idTag=wanted.id_tag,
        parentIdTag=token.parent if token and wanted.group else None,
        expiryDate=expiry,
    )

    def then(answer: Payload) -> None:
        if answer["status"] == "Accepted":
            made = Reservation(number, wanted.connector, wanted.id_tag, expiry)
            station.reservations[number] = made

    return desk.command(station, "ReserveNow", payload, then, reservation=number)


def _cancel_reservation(desk: Desk, station: StationRecord, wanted: CancelReservation) -> Work:
    number = wanted.reservation
    if number is None:
        number = _reservation(desk, station, wanted).id

    def then(answer: Payload) -> None:
        station.reservations.pop(number, None)  # cancelled, or the station has none like it (5.1)

    payload = {"reservationId": number}
    return desk.command(station, "CancelReservation", payload, then, reservation=number)


def _reservation(desk: Desk, station: StationRecord, wanted: CancelReservation) -> Reservation:
    fitting = [
        one
        for one in station.reservations.values()
        if moment_of(one.expiry) > desk.ledger.now()
        and wanted.connector in (None, one.connector)
        and (wanted.id_tag is None or same_token(wanted.id_tag, one.id_tag))
    ]
    if len(fitting) == 1:
        return fitting[0]
    numbers = ", ".join(str(one.id) for one in fitting)
    found = f"several fit, say which one: {numbers}" if fitting else "none that fits is known"
    raise Refused(f"cannot tell which reservation of {station.identity!r} is meant: {found}")


def _profile(
    desk: Desk, station: StationRecord, connector: int, number: int, profile: Payload
) -> Work:
    def then(answer: Payload) -> None:
        if answer["status"] == "Accepted":
            station.limits[profile["chargingProfilePurpose"]] = number

    payload = {"connectorId": connector, "csChargingProfiles": profile}
    return desk.command(station, "SetChargingProfile", payload, then, profile=number)


def _lasting_limit(
    desk: Desk,
    station: StationRecord,
    wanted: DefaultLimit | StationLimit,
    connector: int,
    purpose: Purpose,
) -> Work:
    number = desk.ledger.next_number("profile")
    profile = lasting_profile(
        number,
        purpose,
        wanted.limit,
        wanted.unit,
        start=desk.ledger.now(),
        seconds=wanted.seconds,
        delay=wanted.start,
        phases=wanted.phases,
        stack_level=wanted.stack_level,
    )
    return _profile(desk, station, connector, number, profile)


def _default_limit(desk: Desk, station: StationRecord, wanted: DefaultLimit) -> Work:
    return _lasting_limit(desk, station, wanted, wanted.connector, "TxDefaultProfile")


def _station_limit(desk: Desk, station: StationRecord, wanted: StationLimit) -> Work:
    return _lasting_limit(desk, station, wanted, 0, "ChargePointMaxProfile")


def _session_limit(desk: Desk, station: StationRecord, wanted: SessionLimit) -> Work:
    transaction = running(station, wanted.connector)
    number = desk.ledger.next_number("profile")
    profile = session_profile(
        number,
        wanted.limit,
        wanted.unit,
        transaction=transaction.id,
        phases=wanted.phases,
        stack_level=wanted.stack_level,
        since=session_since(desk),
    )
    return _profile(desk, station, transaction.connector, number, profile)


def _composite_schedule(desk: Desk, station: StationRecord, wanted: CompositeSchedule) -> Work:
    payload = given(
        connectorId=wanted.connector, duration=wanted.seconds, chargingRateUnit=wanted.unit
    )
    return desk.command(station, "GetCompositeSchedule", payload)


def _remove_station_limit(desk: Desk, station: StationRecord, wanted: Command) -> Work:
    number = station.limits.get("ChargePointMaxProfile")
    if number is None:
        raise Refused(f"no limit of the whole station {station.identity!r} is known")

    def then(answer: Payload) -> None:
        station.limits.pop("ChargePointMaxProfile", None)  # cleared, or not known there

    return desk.command(station, "ClearChargingProfile", {"id": number}, then, profile=number)


def _clear_profiles(desk: Desk, station: StationRecord, wanted: ClearProfiles) -> Work:
    if wanted.profile is not None:
        payload: Payload = {"id": wanted.profile}  # with it, the rest is ignored (errata 3.26)
    else:
        payload = given(
            connectorId=wanted.connector,
            chargingProfilePurpose=wanted.purpose,
            stackLevel=wanted.stack_level,
        )
    return desk.command(station, "ClearChargingProfile", payload)


def extra_intents(desk: Desk) -> tuple[Action[Any], ...]:
    """Return the actions of the optional profiles."""
    return (
        intent(
            desk,
            "read_local_list_version",
            "Ask for the version of the local list.",
            Command,
            _read_list_version,
        ),
        intent(
            desk,
            "send_local_list",
            "Send the local list, or add or remove one token.",
            SendLocalList,
            _send_local_list,
        ),
        intent(desk, "reserve", "Reserve a connector or the station.", Reserve, _reserve),
        intent(
            desk,
            "cancel_reservation",
            "Cancel a reservation.",
            CancelReservation,
            _cancel_reservation,
        ),
        intent(desk, "set_default_limit", "Limit all sessions.", DefaultLimit, _default_limit),
        intent(desk, "set_station_limit", "Limit the station.", StationLimit, _station_limit),
        intent(
            desk, "set_session_limit", "Limit the running session.", SessionLimit, _session_limit
        ),
        intent(
            desk,
            "read_composite_schedule",
            "Ask for the limits that result from all profiles.",
            CompositeSchedule,
            _composite_schedule,
        ),
        intent(
            desk,
            "remove_station_limit",
            "Clear the profile that limits the station, by its number.",
            Command,
            _remove_station_limit,
        ),
        intent(desk, "clear_profiles", "Clear charging profiles.", ClearProfiles, _clear_profiles),
    )
