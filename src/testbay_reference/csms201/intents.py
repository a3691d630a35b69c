"""What an operator of the CSMS can want of a station."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from testbay_reference.control import Action, Parameters, Refused
from testbay_reference.csms201.records import Payload, StationRecord
from testbay_reference.link import RpcError

if TYPE_CHECKING:
    from testbay_reference.csms201.server import Csms


class Command(Parameters):
    """Base of all commands: the station meant, and whether to wait for its answer."""

    station: str | None = Field(None, description="Identity; needed if several are connected")
    wait: bool = Field(True, description="Return when the station has answered, or at once")


class AtEvse(Command):
    """Name an EVSE, or none for the whole station."""

    evse: int | None = Field(None, ge=1)
    connector: int | None = Field(None, ge=1)


class RemoteStart(Command):
    """Say for whom to start charging, and where."""

    id_token: str = Field(max_length=36)
    type: str = "ISO14443"
    evse: int | None = Field(None, ge=1)


class Reset(AtEvse):
    """Say when to restart: at once, or when nothing is charged any more."""

    when: Literal["immediately", "on_idle"]


class ChangeAvailability(AtEvse):
    """Say what to take out of operation or back into it."""

    operative: bool


class Trigger(AtEvse):
    """Name the message to ask for."""

    message: str


class ReadVariables(Command):
    """Name the variables to read, as ``Component.Name[instance]``."""

    variables: list[str] = Field(min_length=1)


class ChangeVariables(Command):
    """Give new values to variables, by ``Component.Name[instance]``."""

    values: dict[str, str] = Field(min_length=1)


class ReportInventory(Command):
    """Say how much the station shall report of itself."""

    kind: Literal["configuration", "full", "summary"]


class ReportComponents(Command):
    """Name a variable to have reported, of the components in a certain condition."""

    variable: str = Field(description="Component.Name[instance]")
    condition: Literal["active", "available", "enabled", "problem"]
    evse: int | None = Field(None, ge=1)


class SetNetworkProfile(Command):
    """Give the data of a connection, and where the station shall store them."""

    slot: int
    url: str = Field(max_length=512)
    interface: str
    security_profile: int
    message_timeout: int


class HoldBack(Command):
    """Say how the next boot of the station is answered; the one after it is accepted."""

    answer: Literal["pending", "rejected"] | None = None


class AskTransaction(Command):
    """Say whether a certain transaction is meant, or the queue as a whole."""

    evse: int | None = Field(None, ge=1)
    any: bool = Field(False, description="Ask without a transaction")


Do = Callable[[StationRecord, Any], tuple[str, Payload]]


def intents(csms: "Csms") -> list[Action[Any]]:
    """Return what the CSMS can be asked for."""
    table: list[tuple[str, str, type[Command], Do]] = [
        ("remote_start", "Start charging for a token", RemoteStart, csms.remote_start),
        ("remote_stop", "Stop the running transaction", AtEvse, _remote_stop),
        ("unlock", "Unlock the connector", AtEvse, _unlock),
        ("reset", "Restart the station or an EVSE", Reset, _reset),
        (
            "change_availability",
            "Take something out of operation or back into it",
            ChangeAvailability,
            _availability,
        ),
        ("trigger", "Ask for a message now", Trigger, _trigger),
        ("change_variables", "Change variables", ChangeVariables, _change),
        ("report_inventory", "Have the station report itself", ReportInventory, csms.report),
        (
            "report_components",
            "Have the station report a variable of some components",
            ReportComponents,
            csms.report_components,
        ),
        (
            "set_network_profile",
            "Store the data of a connection at the station",
            SetNetworkProfile,
            _network_profile,
        ),
        (
            "ask_transaction",
            "Ask whether messages of a transaction are still to come",
            AskTransaction,
            _ask_transaction,
        ),
    ]
    return [
        *(Action(name, sentence, kind, _doing(csms, do)) for name, sentence, kind, do in table),
        Action("read_variables", "Read variables", ReadVariables, csms.read_variables),
        Action("hold_back", "Do not accept the next boot of the station", HoldBack, csms.hold_back),
    ]


def _doing(csms: "Csms", do: Do) -> Callable[[Any], Awaitable[Payload]]:
    async def perform(wanted: Command) -> Payload:
        station = csms.choose(wanted.station)
        action, payload = do(station, wanted)
        return await csms.send(station, action, payload, wait=wanted.wait)

    return perform


def _place(wanted: AtEvse) -> Payload:
    if wanted.evse is None:
        return {}
    connector = {} if wanted.connector is None else {"connectorId": wanted.connector}
    return {"evse": {"id": wanted.evse, **connector}}


def _remote_stop(station: StationRecord, wanted: AtEvse) -> tuple[str, Payload]:
    return "RequestStopTransaction", {"transactionId": _running(station, wanted.evse)}


def _running(station: StationRecord, evse: int | None) -> str:
    found = station.running(evse)
    if not found:
        raise Refused(f"no transaction runs at station {station.identity!r}")
    return found[-1].id


def _unlock(station: StationRecord, wanted: AtEvse) -> tuple[str, Payload]:
    return "UnlockConnector", {"evseId": wanted.evse or 1, "connectorId": wanted.connector or 1}


def _reset(station: StationRecord, wanted: Reset) -> tuple[str, Payload]:
    kind = "Immediate" if wanted.when == "immediately" else "OnIdle"
    return "Reset", {"type": kind} | ({} if wanted.evse is None else {"evseId": wanted.evse})


def _availability(station: StationRecord, wanted: ChangeAvailability) -> tuple[str, Payload]:
    status = "Operative" if wanted.operative else "Inoperative"
    return "ChangeAvailability", {"operationalStatus": status, **_place(wanted)}


def _trigger(station: StationRecord, wanted: Trigger) -> tuple[str, Payload]:
    station.triggered = (*station.triggered, wanted.message)
    return "TriggerMessage", {"requestedMessage": wanted.message, **_place(wanted)}


def named(name: str) -> Payload:
    """Return component and variable of ``Component.Name[instance]``."""
    component, _, variable = name.partition(".")
    variable, _, instance = variable.rstrip("]").partition("[")
    found: Payload = {"component": {"name": component}, "variable": {"name": variable}}
    if instance:
        found["variable"]["instance"] = instance
    return found


def _change(station: StationRecord, wanted: ChangeVariables) -> tuple[str, Payload]:
    data = [{**named(name), "attributeValue": value} for name, value in wanted.values.items()]
    return "SetVariables", {"setVariableData": data}


def _network_profile(station: StationRecord, wanted: SetNetworkProfile) -> tuple[str, Payload]:
    data = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": wanted.url,
        "messageTimeout": wanted.message_timeout,
        "securityProfile": wanted.security_profile,
        "ocppInterface": wanted.interface,
    }
    return "SetNetworkProfile", {"configurationSlot": wanted.slot, "connectionData": data}


def _ask_transaction(station: StationRecord, wanted: AskTransaction) -> tuple[str, Payload]:
    if wanted.any:
        return "GetTransactionStatus", {}
    known = [t for t in station.transactions.values() if wanted.evse in (None, t.evse)]
    if not known:
        raise Refused(f"station {station.identity!r} has told of no transaction")
    return "GetTransactionStatus", {"transactionId": known[-1].id}


def answered(result: Payload | RpcError) -> Payload:
    """Return what an operator is told of an answer."""
    if isinstance(result, RpcError):
        return {"error": result.code, "description": result.description}
    return {"answer": result}
