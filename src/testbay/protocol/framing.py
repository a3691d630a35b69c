"""OCPP-J frames: read strictly, written compactly (OCPP-J 1.6, 4.2).

What cannot be read becomes a ``Malformed`` that says why in a sentence; nothing is guessed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import orjson

from testbay.protocol.versions import OCPP16, Version

CALL, CALLRESULT, CALLERROR = 2, 3, 4
_LENGTHS = {CALL: 4, CALLRESULT: 3, CALLERROR: 5}
_NAMES = {CALL: "CALL", CALLRESULT: "CALLRESULT", CALLERROR: "CALLERROR"}


class Call(NamedTuple):
    """A request: ``[2, uid, action, payload]``."""

    uid: str
    action: str
    payload: dict[str, Any]
    raw: str


class CallResult(NamedTuple):
    """An answer: ``[3, uid, payload]``."""

    uid: str
    payload: dict[str, Any]
    raw: str


@dataclass(frozen=True, slots=True)
class CallError:
    """An answer that a request could not be served: ``[4, uid, code, description, details]``."""

    uid: str
    code: str
    description: str
    details: dict[str, Any]
    raw: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that is no frame.

    Args:
        raw: the text; bytes that are not UTF-8 are written as ``\\xNN``.
        reason: what is wrong, one sentence.
        uid: the message id, if the message tells one.
        code: the error code that the version has for this.
        kind: the message type number, if the message tells one.
    """

    raw: str
    reason: str
    uid: str | None
    code: str
    kind: int | None = None


Frame: TypeAlias = Call | CallResult | CallError | Malformed


def encode_call(uid: str, action: str, payload: Mapping[str, Any]) -> str:
    """Return the text of a CALL.

    Raises:
        TypeError: the payload holds something that is not JSON.
    """
    return orjson.dumps([CALL, uid, action, payload]).decode()


def encode_result(uid: str, payload: Mapping[str, Any]) -> str:
    """Return the text of a CALLRESULT.

    Raises:
        TypeError: the payload holds something that is not JSON.
    """
    return orjson.dumps([CALLRESULT, uid, payload]).decode()


def encode_error(
    uid: str, code: str, description: str = "", details: Mapping[str, Any] | None = None
) -> str:
    """Return the text of a CALLERROR; without details an empty object is sent (4.2.3).

    Raises:
        TypeError: the details hold something that is not JSON.
    """
    return orjson.dumps([CALLERROR, uid, code, description, details or {}]).decode()


def decode(data: str | bytes, version: Version = OCPP16) -> Frame:
    """Read a message strictly; whatever it is, the answer is a frame and never an exception."""
    try:
        message = orjson.loads(data)
    except ValueError as error:
        return _unreadable(data, version, str(error))
    raw = data if isinstance(data, str) else data.decode()
    try:
        written = orjson.dumps(message)
    except TypeError:  # orjson reads 1024 levels and writes 254; nothing in OCPP is that deep
        return _malformed(raw, version, "json", "The message is nested too deeply.")
    if written != raw.encode() and (twice := _repeated_name(raw, written)) is not None:
        reason = f"The message has the name {_show(twice)} twice in one JSON object."
        return _malformed(raw, version, "json", reason)
    if type(message) is not list:
        reason = f"The message is {_describe(message)}, but must be a JSON array."
        return Malformed(raw, reason, None, version.code("frame"))
    if len(message) > 2:
        kind, uid, third = message[:3]
        last = message[-1]
        if type(kind) is int and type(uid) is str and len(uid) <= version.max_id_length:
            size = len(message)
            if kind == CALL and size == 4 and type(third) is str and type(last) is dict:
                return Call(uid, third, last, raw)
            if kind == CALLRESULT and size == 3 and type(last) is dict:
                return CallResult(uid, last, raw)
            if kind == CALLERROR and size == 5 and type(third) is str and type(last) is dict:
                description = message[3]
                if type(description) is str:
                    return CallError(uid, third, description, last, raw)
    return _odd(message, raw, version)


def _odd(message: list[Any], raw: str, version: Version) -> Frame:
    """Tell what is wrong with an array that is no ordinary frame."""
    kind = message[0] if message else None
    if not message:
        return Malformed(raw, "The message is an empty array.", None, version.code("frame"))
    uid = message[1] if len(message) > 1 and isinstance(message[1], str) else None
    if type(kind) is not int or kind not in _LENGTHS:
        known = ", ".join(f"{number} ({name})" for number, name in _NAMES.items())
        reason = f"The message type number is {_show(kind)}, which is none of {known}."
        number = kind if type(kind) is int else None
        return Malformed(raw, reason, uid, version.code("message type"), number)
    name = _NAMES[kind]

    def bad(reason: str, what: str = "frame") -> Malformed:
        return Malformed(raw, reason, uid, version.code(what), kind)

    if len(message) > 1 and uid is None:
        return bad(f"The message id of the {name} is {_describe(message[1])}, not a string.")
    if uid is not None and len(uid) > version.max_id_length:
        limit = version.max_id_length
        reason = f"The message id of the {name} is longer than {limit} characters ({len(uid)})."
        return bad(reason, "message id")
    if len(message) != _LENGTHS[kind]:
        return bad(f"A {name} has {_LENGTHS[kind]} elements, this one has {len(message)}.")
    if kind == CALL and not isinstance(message[2], str):
        return bad(f"The action of the CALL is {_describe(message[2])}, not a string.")
    if kind == CALLERROR:
        for position, part in ((2, "error code"), (3, "error description")):
            if not isinstance(message[position], str):
                return bad(f"The {part} is {_describe(message[position])}, not a string.")
        return bad(f"The error details are {_describe(message[4])}, but must be a JSON object.")
    if message[-1] is None and version.null_payload and uid is not None:  # allowed by 4.2.1, 4.2.2
        return Call(uid, message[2], {}, raw) if kind == CALL else CallResult(uid, {}, raw)
    payload = _describe(message[-1])
    return bad(f"The payload of the {name} is {payload}, but must be a JSON object.")


class _Unrepresentable(Exception):
    """A constant or number that is not in JSON or that no number here can hold."""


def _constant(text: str) -> Any:
    raise _Unrepresentable(f"The message contains {text}, which is not JSON.")


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        shown = text if len(text) <= 20 else text[:20] + "..."
        raise _Unrepresentable(f"The message contains the number {shown}, which is too large.")
    return value


def _unreadable(data: str | bytes, version: Version, hint: str) -> Malformed:
    """Tell why a text is not JSON; only this slow path parses with the standard library."""
    if isinstance(data, str):
        raw = data
        if any("\ud800" <= character <= "\udfff" for character in raw):
            raw = raw.encode("utf-8", "backslashreplace").decode()
            return _malformed(raw, version, "json", "The message is not valid Unicode text.")
    else:
        raw = bytes(data).decode("utf-8", "backslashreplace")
        try:
            bytes(data).decode()
        except UnicodeDecodeError as error:
            what = f"byte 0x{error.object[error.start]:02x} at position {error.start}"
            return _malformed(raw, version, "json", f"The message is not UTF-8: {what}.")
    if not raw.strip():
        return _malformed(raw, version, "json", "The message is empty.")
    if raw.startswith("\ufeff"):
        return _malformed(raw, version, "json", "The message begins with a byte order mark.")
    try:
        json.loads(raw, parse_constant=_constant, parse_float=_number, parse_int=_number)
    except _Unrepresentable as error:
        reason = str(error)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        reason = f"The message is not JSON ({where}: {error.msg[:1].lower()}{error.msg[1:]})."
    except RecursionError:
        reason = "The message is nested too deeply."
    else:
        reason = f"The message is not JSON that can be read ({hint})."
        if "surrogate" in hint:
            reason = "The message contains half of a surrogate pair (\\ud800 to \\udfff)."
    return _malformed(raw, version, "json", reason)


def _repeated_name(raw: str, written: bytes) -> str | None:
    """Return a name that stands twice in one object of a JSON text.

    Args:
        raw: the text.
        written: the same, read and written again, which loses the first of such a pair.
    """
    # Every name stands before a colon, with at most white space between. Without escapes an
    # equal count therefore proves that none was lost; an unequal one may be a false alarm.
    if "\\" not in raw:
        found = sum(raw.count(text) for text in ('":', " :", "\n:", "\t:", "\r:"))
        if found == written.count(b'":'):
            return None
    repeated: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> None:
        names: set[str] = set()
        for name, _ in items:
            if name in names:
                repeated.append(name)
            names.add(name)

    json.loads(raw, object_pairs_hook=pairs, parse_int=len, parse_float=len)
    return repeated[0] if repeated else None


_HEAD = re.compile(r'\s*\[\s*([0-9]{1,9})\s*,\s*"([^"\\\x00-\x1f]*)"\s*,')


def _malformed(raw: str, version: Version, what: str, reason: str) -> Malformed:
    """Return a Malformed with what the beginning of the text says literally about its id."""
    head = _HEAD.match(raw.removeprefix("\ufeff"))
    if head is None:
        return Malformed(raw, reason, None, version.code(what))
    return Malformed(raw, reason, head[2], version.code(what), int(head[1]))


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:37] + "..."


def _describe(value: Any) -> str:
    """Name a JSON value for a sentence."""
    if isinstance(value, dict):
        return "a JSON object"
    if isinstance(value, list):
        return "a JSON array"
    if isinstance(value, str):
        return f"the text {_show(value)}"
    return _show(value)
