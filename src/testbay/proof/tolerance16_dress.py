"""How else a conforming system of OCPP 1.6 may write what it says."""

from __future__ import annotations

from collections.abc import Callable
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
    utc,
)
from testbay.proof.tolerance_wire import CALL, RESULT, Dress

# -- optional fields -----------------------------------------------------------------------------

_DEFAULTS = {
    "context": "Sample.Periodic",
    "format": "Raw",
    "measurand": "Energy.Active.Import.Register",
    "location": "Outlet",
    "unit": "Wh",
}


def _values(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    def of(payload: dict[str, Any]) -> dict[str, Any]:
        key = "meterValue" if "meterValue" in payload else "transactionData"
        if key not in payload:
            return payload
        elements = [
            {**e, "sampledValue": [change(s) for s in e["sampledValue"]]} for e in payload[key]
        ]
        return {**payload, key: elements}

    return of


def _explicit(sample: dict[str, Any]) -> dict[str, Any]:
    energy = sample.get("measurand", _DEFAULTS["measurand"]) == _DEFAULTS["measurand"]
    return {k: v for k, v in _DEFAULTS.items() if energy or k != "unit"} | sample


def _implicit(sample: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in sample.items() if _DEFAULTS.get(k) != v}


def _without(*keys: str) -> Change:
    return lambda payload: {k: v for k, v in payload.items() if k not in keys}


def _without_local(payload: dict[str, Any]) -> dict[str, Any]:
    """Leave the reason out where it is Local (6.49)."""
    local = payload.get("reason") == "Local"
    return {k: v for k, v in payload.items() if not (k == "reason" and local)}


_MORE_STATUS = {"info": "all is well", "vendorId": "org.example", "vendorErrorCode": "0"}
_MORE_BOOT = {
    "chargePointSerialNumber": "CP-1",
    "chargeBoxSerialNumber": "CB-1",
    "firmwareVersion": "1.0",
    "iccid": "8931000000000000000",
    "imsi": "204040000000000",
    "meterType": "DC meter",
    "meterSerialNumber": "M-1",
}

_ALL_FIELDS = only(
    CALL,
    {
        "StatusNotification": lambda p: _MORE_STATUS | p,
        "BootNotification": lambda p: _MORE_BOOT | p,
        "MeterValues": _values(_explicit),
        "StopTransaction": _values(_explicit),
    },
)
_FEW_FIELDS = only(
    CALL,
    {
        "StatusNotification": _without("timestamp", "vendorId", "vendorErrorCode"),
        "BootNotification": lambda p: {
            k: v for k, v in p.items() if k in ("chargePointVendor", "chargePointModel")
        },
        "MeterValues": _values(_implicit),
        "StopTransaction": lambda p: _without("transactionData")(_without_local(p)),
    },
)


# -- configuration -------------------------------------------------------------------------------

LISTING = 10  # a longer list of keys than this is a list of all
_OWN_KEYS = [
    {"key": "ExampleVendor/Brightness", "readonly": False, "value": "80"},
    {"key": "ExampleVendor/Colour", "readonly": True},
]


def _listed(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Change:
    def of(payload: dict[str, Any]) -> dict[str, Any]:
        if "configurationKey" not in payload:
            return payload
        return {**payload, "configurationKey": change(payload["configurationKey"])}

    return of


def _entry(key: str, change: Callable[[str], str]) -> Change:
    return _listed(lambda entries: [{**e, key: change(e[key])} if key in e else e for e in entries])


def _other_keys(payload: dict[str, Any]) -> dict[str, Any]:
    named = _entry("key", str.upper)(payload)
    if "unknownKey" in named:
        named["unknownKey"] = [k.lower() for k in named["unknownKey"]]
    return named


def _own_keys(payload: dict[str, Any]) -> dict[str, Any]:
    """Add keys of the vendor, to a list of all keys or where they are asked for; turn it round."""
    listed, unknown = payload.get("configurationKey", []), payload.get("unknownKey", [])
    own = {e["key"]: e for e in _OWN_KEYS}
    more = list(own.values()) if len(listed) > LISTING else [own[k] for k in unknown if k in own]
    answer = {"configurationKey": [*more, *reversed(listed)]}
    left = [k for k in unknown if k not in own]
    return answer | ({"unknownKey": left} if left else {})


def _no_empty(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in e.items() if (k, v) != ("value", "")} for e in entries]


def _lacks(key: str) -> Change:
    def of(payload: dict[str, Any]) -> dict[str, Any]:
        listed = payload.get("configurationKey", [])
        kept = [e for e in listed if e["key"] != key]
        if len(kept) == len(listed):
            return payload
        asked = len(listed) <= LISTING
        unknown = [*payload.get("unknownKey", []), *([key] if asked else [])]
        answer = {"configurationKey": kept}
        return answer | ({"unknownKey": unknown} if unknown else {})

    return of


def _capital(value: str) -> str:
    return value.capitalize() if value in ("true", "false") else value


def _spaced(value: str) -> str:
    return ", ".join(value.split(",")) if "," in value else value


# -- answers of a CSMS ---------------------------------------------------------------------------

_TOKEN = {"expiryDate": "2031-01-01T00:00:00.000Z", "parentIdTag": "GROUP-1"}


def _more_info(payload: dict[str, Any]) -> dict[str, Any]:
    if "idTagInfo" not in payload:
        return {**payload, "idTagInfo": {"status": "Accepted", **_TOKEN}}
    return {**payload, "idTagInfo": _TOKEN | payload["idTagInfo"]}


def _bare_info(payload: dict[str, Any]) -> dict[str, Any]:
    return {**payload, "idTagInfo": {"status": payload["idTagInfo"]["status"]}}


_MUCH = only(
    RESULT, dict.fromkeys(("Authorize", "StartTransaction", "StopTransaction"), _more_info)
)
_LITTLE = only(
    RESULT,
    {
        "Authorize": _bare_info,
        "StartTransaction": _bare_info,
        "StopTransaction": _without("idTagInfo"),
    },
)


def _numbered(sign: int, offset: int) -> Dress:
    """Give transactions other numbers towards the tool, and the own ones back to the CSMS."""

    def there(payload: Any) -> Any:
        if "csChargingProfiles" in payload:
            return {**payload, "csChargingProfiles": there(payload["csChargingProfiles"])}
        if "transactionId" not in payload:
            return payload
        return {**payload, "transactionId": sign * payload["transactionId"] + offset}

    def back(payload: Any) -> Any:
        if not isinstance(payload, dict) or "transactionId" not in payload:
            return payload
        return {**payload, "transactionId": sign * (payload["transactionId"] - offset)}

    return Dress(changed(there), changed(back))


_SWAPPED = texts(("idTag",), str.swapcase)
_KEYS_AS_LIST = only(CALL, {"GetConfiguration": lambda p: {"key": []} | (p or {})})
_ANY_CONNECTOR = only(CALL, {"RemoteStartTransaction": _without("connectorId")})

DRESSES: tuple[Dressed, ...] = (
    *ANY_VERSION,
    Dressed(
        "microseconds",
        "A time stamp may have six digits of fraction.",
        stamps(utc("%Y-%m-%dT%H:%M:%S.%f")),
    ),
    Dressed(
        "nanoseconds",
        "A time stamp may have nine digits of fraction.",
        stamps(utc("%Y-%m-%dT%H:%M:%S.%f", "123Z")),
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
        "idTag in the other case",
        "An idTag is a CiString: its case has no meaning (7.28).",
        Dress(_SWAPPED),
    ),
    Dressed(
        "keys in capitals",
        "The name of a configuration key is a CiString (7.29).",
        Dress(only(RESULT, {"GetConfiguration": _other_keys})),
        "station",
    ),
    Dressed(
        "keys in another order, with others",
        "A station has keys of its own, and lists them in any order.",
        Dress(only(RESULT, {"GetConfiguration": _own_keys})),
        "station",
    ),
    Dressed(
        "no unknown keys, as a list",
        "An optional list may be there and empty.",
        Dress(only(RESULT, {"GetConfiguration": lambda p: {"unknownKey": []} | p})),
        "station",
    ),
    Dressed(
        "truth values in capitals",
        "The value of a key is a CiString: True is true.",
        Dress(only(RESULT, {"GetConfiguration": _entry("value", _capital)})),
        "station",
    ),
    Dressed(
        "empty values left out",
        "The value of a key is optional (7.29).",
        Dress(only(RESULT, {"GetConfiguration": _listed(_no_empty)})),
        "station",
    ),
    Dressed(
        "no MinimumStatusDuration",
        "MinimumStatusDuration is an optional key (9.1.20).",
        Dress(only(RESULT, {"GetConfiguration": _lacks("MinimumStatusDuration")})),
        "station",
    ),
    Dressed(
        "lists with blanks",
        "A comma separated list may have blanks behind the commas.",
        Dress(only(RESULT, {"GetConfiguration": _entry("value", _spaced)})),
        "station",
    ),
    Dressed(
        "tokens with all there is",
        "idTagInfo may have an expiry date and a parent; an answer to StopTransaction has it too.",
        Dress(_MUCH),
        "csms",
    ),
    Dressed(
        "tokens with a status only",
        "idTagInfo needs nothing but a status; an answer to StopTransaction need not have it.",
        Dress(_LITTLE),
        "csms",
    ),
    Dressed(
        "negative transaction ids",
        "A transactionId may be any integer (errata on 6.46).",
        _numbered(-1, 0),
        "csms",
    ),
    Dressed(
        "a transaction id of zero",
        "A transactionId may be zero (errata on 6.46).",
        _numbered(1, -1),
        "csms",
    ),
    Dressed(
        "keys asked for in lower case",
        "The name of a configuration key is a CiString (6.9, 6.23).",
        Dress(texts(("key",), str.lower)),
        "csms",
    ),
    Dressed(
        "remote start without a connector",
        "The connector of a remote start is optional (6.33).",
        Dress(_ANY_CONNECTOR),
        "csms",
    ),
    Dressed(
        "an empty list of keys",
        "GetConfiguration with an empty list asks for all keys (5.8).",
        Dress(_KEYS_AS_LIST),
        "csms",
    ),
)
