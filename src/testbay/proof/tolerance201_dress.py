"""How else a conforming system of OCPP 2.0.1 may write what it says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from testbay.proof.tolerance_dress import (
    DRESSES as ANY_VERSION,
)
from testbay.proof.tolerance_dress import (
    Change,
    Dressed,
    changed,
    only,
    stamps,
    texts,
)
from testbay.proof.tolerance_wire import CALL, RESULT, Dress, Frame
from testbay.protocol.schemas import has_path
from testbay.protocol.versions import by_name

VERSION = by_name("2.0.1")
EVENT, REPORT = "TransactionEvent", "NotifyReport"
ANYTHING = ("data",)  # fields that hold what a vendor likes
RESULTS = {"GetVariables": "getVariableResult", "SetVariables": "setVariableResult"}
OWN = {"customData": {"vendorId": "org.example.own", "note": {"colour": "green"}}}


# -- in every object -----------------------------------------------------------------------------


def _own_data(value: Any) -> Any:
    """Add data of the vendor to every object."""
    if isinstance(value, list):
        return [_own_data(v) for v in value]
    if not isinstance(value, dict):
        return value
    return {k: v if k in ANYTHING else _own_data(v) for k, v in value.items()} | OWN


def _told(frame: Frame, action: str) -> Frame:
    """Say more of every status in an answer that says yes."""
    if frame[0] != RESULT:
        return frame
    answer, said = frame[2], {"reasonCode": "NoError", "additionalInfo": "as it should be"}
    if answer.get("status") == "Accepted" and _has_info(action):
        answer = {**answer, "statusInfo": said | answer.get("statusInfo", {})}
    if listed := RESULTS.get(action):
        fine = [one["attributeStatus"] == "Accepted" for one in answer[listed]]
        told = {"attributeStatusInfo": said}
        each = [told | one if ok else one for one, ok in zip(answer[listed], fine, strict=True)]
        answer = {**answer, listed: each}
    return [*frame[:2], answer]


@cache
def _has_info(action: str) -> bool:
    return has_path(VERSION, action, "statusInfo", response=True)


def _names(change: Callable[[str], str]) -> Callable[[Frame, str], Frame]:
    """Write the names of components and variables otherwise."""

    def walk(value: Any, within: str = "") -> Any:
        if isinstance(value, list):
            return [walk(v, within) for v in value]
        if not isinstance(value, dict):
            return value
        named = within in ("component", "variable")
        return {
            k: change(v) if named and k in ("name", "instance") else walk(v, k)
            for k, v in value.items()
        }

    return changed(walk)


# -- events of transactions ----------------------------------------------------------------------

_SAMPLE = {
    "context": "Sample.Periodic",
    "measurand": "Energy.Active.Import.Register",
    "location": "Outlet",
}


def _sampled(payload: dict[str, Any], change: Change) -> dict[str, Any]:
    if "meterValue" not in payload:
        return payload
    values = [
        {**v, "sampledValue": [change(s) for s in v["sampledValue"]]} for v in payload["meterValue"]
    ]
    return {**payload, "meterValue": values}


def _explicit(sample: dict[str, Any]) -> dict[str, Any]:
    energy = sample.get("measurand", _SAMPLE["measurand"]) == _SAMPLE["measurand"]
    unit = {"unitOfMeasure": {"unit": "Wh", "multiplier": 0}} if energy else {}
    return _SAMPLE | unit | sample


def _implicit(sample: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in sample.items() if _SAMPLE.get(k) != v}
    unit = kept.get("unitOfMeasure", {}).get("unit", "Wh")
    return {k: v for k, v in kept.items() if k != "unitOfMeasure" or unit != "Wh"}


def _much(payload: dict[str, Any]) -> dict[str, Any]:
    more = {"offline": False, "numberOfPhasesUsed": 3, "cableMaxCurrent": 32}
    info = {"timeSpentCharging": 0} | payload["transactionInfo"]
    return _sampled(more | payload | {"transactionInfo": info}, _explicit)


def _little(payload: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is optional, and what has its default."""
    info = payload["transactionInfo"]
    local = info.get("stoppedReason") == "Local"
    bare = {k: v for k, v in info.items() if not (k == "stoppedReason" and local)}
    kept = {k: v for k, v in payload.items() if (k, v) != ("offline", False)}
    return _sampled({**kept, "transactionInfo": bare}, _implicit)


def _without_values(payload: dict[str, Any]) -> dict[str, Any]:
    """Leave the meter values out that no setting asks for: not those of an interval."""
    if payload["triggerReason"].startswith("MeterValue"):
        return payload
    return {k: v for k, v in payload.items() if k != "meterValue"}


def _numbers(first: int) -> Dress:
    def later(payload: dict[str, Any]) -> dict[str, Any]:
        return {**payload, "seqNo": payload["seqNo"] + first}

    return Dress(only(CALL, {EVENT: later}))


def _identities(prefix: str) -> Dress:
    """Give transactions longer ids towards the tool, and the own ones back to the station."""
    there = texts(("transactionId",), lambda name: prefix + name)
    back = texts(("transactionId",), lambda name: name.removeprefix(prefix))
    return Dress(there, back)


# -- reports and variables -----------------------------------------------------------------------

_DEFAULTS = {"type": "Actual", "mutability": "ReadWrite", "persistent": False, "constant": False}


def _listed(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Change:
    def of(payload: dict[str, Any]) -> dict[str, Any]:
        if "reportData" not in payload:
            return payload
        return {**payload, "reportData": change(payload["reportData"])}

    return of


def _attributes(change: Change) -> Change:
    return _listed(
        lambda data: [
            {**v, "variableAttribute": [change(a) for a in v["variableAttribute"]]} for v in data
        ]
    )


def _turned(payload: dict[str, Any], action: str) -> dict[str, Any]:
    name = RESULTS[action]
    return {**payload, name: list(reversed(payload[name]))}


def _bare_attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in attribute.items() if _DEFAULTS.get(k) != v}


def _blanks(value: str) -> str:
    return ", ".join(value.split(",")) if "," in value else value


# -- the rest of a station -----------------------------------------------------------------------


def _all_of_boot(payload: dict[str, Any]) -> dict[str, Any]:
    more = {
        "serialNumber": "SN-0815",
        "firmwareVersion": "1.0.0",
        "modem": {"iccid": "8931000000000000000", "imsi": "204040000000000"},
    }
    return {**payload, "chargingStation": more | payload["chargingStation"]}


def _bare_boot(payload: dict[str, Any]) -> dict[str, Any]:
    kept = {k: payload["chargingStation"][k] for k in ("vendorName", "model")}
    return {**payload, "chargingStation": kept}


def _all_of_notice(payload: dict[str, Any]) -> dict[str, Any]:
    more = {"cleared": False, "techCode": "0", "techInfo": "all is well"}
    return {"tbc": False} | payload | {"eventData": [more | e for e in payload["eventData"]]}


_ALL_FIELDS = only(
    CALL,
    {
        EVENT: _much,
        "BootNotification": _all_of_boot,
        "NotifyEvent": _all_of_notice,
        REPORT: lambda p: {"tbc": False} | _attributes(lambda a: _DEFAULTS | a)(p),
        "SecurityEventNotification": lambda p: {"techInfo": "all is well"} | p,
    },
)
_FEW_FIELDS = only(
    CALL,
    {
        EVENT: _little,
        "BootNotification": _bare_boot,
        REPORT: lambda p: {
            k: v for k, v in _attributes(_bare_attribute)(p).items() if (k, v) != ("tbc", False)
        },
    },
)


# -- a CSMS --------------------------------------------------------------------------------------

_MESSAGE = {"format": "UTF8", "language": "en", "content": "Welcome"}
_INFO = {
    "cacheExpiryDateTime": "2031-01-01T00:00:00Z",
    "chargingPriority": 3,
    "language1": "en",
    "language2": "nl",
    "personalMessage": _MESSAGE,
}


def _more_info(payload: dict[str, Any]) -> dict[str, Any]:
    if "idTokenInfo" not in payload:
        return payload
    return {**payload, "idTokenInfo": _INFO | payload["idTokenInfo"]}


def _more_of_event(payload: dict[str, Any]) -> dict[str, Any]:
    more = {"totalCost": 0.0, "chargingPriority": -2, "updatedPersonalMessage": _MESSAGE}
    return more | _more_info(payload)


def _every_token(payload: dict[str, Any]) -> dict[str, Any]:
    return {"idTokenInfo": {"status": "Accepted"}} | payload


def _actual(payload: dict[str, Any]) -> dict[str, Any]:
    [(name, data)] = [(k, v) for k, v in payload.items() if k.endswith("VariableData")]
    return {**payload, name: [{"attributeType": "Actual"} | one for one in data]}


DRESSES: tuple[Dressed, ...] = (
    *ANY_VERSION,
    Dressed(
        "two digits of fraction",
        "A time stamp may have up to three digits of fraction (2.1.3).",
        stamps(
            lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 10_000:02d}" + "Z"
        ),
    ),
    Dressed(
        "data of the vendor everywhere",
        "Every object may have customData (part 2, 1.4; part 4, 6).",
        Dress(changed(_own_data)),
    ),
    Dressed(
        "a word about every status",
        "Answers may have statusInfo, also where all is well (StatusInfoType).",
        Dress(_told),
    ),
    Dressed(
        "idToken in the other case",
        "An idToken is an identifierString: its case has no meaning.",
        Dress(texts(("idToken",), str.swapcase)),
    ),
    Dressed(
        "names in lower case",
        "Names of components and variables are identifierStrings: their case has no meaning.",
        Dress(_names(str.lower)),
    ),
    Dressed(
        "names in capitals",
        "Names of components and variables are identifierStrings: their case has no meaning.",
        Dress(_names(str.upper)),
    ),
    Dressed(
        "results in another order",
        "Results name their variable: their order is not laid down (B05, B06).",
        Dress(only(RESULT, {a: lambda p, a=a: _turned(p, a) for a in RESULTS})),  # type: ignore[misc]
        "station",
    ),
    Dressed(
        "all optional fields",
        "Optional fields may be there, with their default values too.",
        Dress(_ALL_FIELDS),
        "station",
    ),
    Dressed(
        "few optional fields",
        "Optional fields may be left out, also where the default is meant.",
        Dress(_FEW_FIELDS),
        "station",
    ),
    Dressed(
        "no meter values in events",
        "What is measured at begin and end of a transaction may be set to nothing (2.11).",
        Dress(only(CALL, {EVENT: _without_values})),
        "station",
    ),
    Dressed(
        "numbers that go on",
        "The numbers of events may go on from one transaction to the next (E, 1.3.2.1).",
        _numbers(4_711),
        "station",
    ),
    Dressed(
        "long ids of transactions",
        "The id of a transaction is for the station to choose (TransactionType).",
        _identities("6f1b0e3c-9d4a-4c1f-8f52-"),
        "station",
    ),
    Dressed(
        "variables in another order",
        "A report has no order.",
        Dress(only(CALL, {REPORT: _listed(lambda data: list(reversed(data)))})),
        "station",
    ),
    Dressed(
        "lists with blanks",
        "A comma separated list may have blanks behind the commas.",
        Dress(texts(("attributeValue", "value", "valuesList"), _blanks)),
        "station",
    ),
    Dressed(
        "tokens with all there is",
        "idTokenInfo may tell more, and so may an answer to an event (E, 1.51.2; C).",
        Dress(only(RESULT, {"Authorize": _more_info, EVENT: _more_of_event})),
        "csms",
    ),
    Dressed(
        "idTokenInfo in every answer",
        "An answer to an event may have idTokenInfo (TransactionEventResponse).",
        Dress(only(RESULT, {EVENT: _every_token})),
        "csms",
    ),
    Dressed(
        "types of attributes named",
        "The type of an attribute may be named where it is the default.",
        Dress(only(CALL, {"GetVariables": _actual, "SetVariables": _actual})),
        "csms",
    ),
    Dressed(
        "ids of transactions in lower case",
        "The id of a transaction is an identifierString: its case has no meaning.",
        Dress(texts(("transactionId",), str.lower)),
        "csms",
    ),
)
