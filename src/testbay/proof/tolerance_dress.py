"""How else a conforming system may write what it says, in any version: time stamps, frames."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson

from testbay.proof.tolerance_wire import CALL, ERROR, RESULT, Dress, Frame

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
Change = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Dressed:
    """A way to write, with the sentence that says why it is allowed.

    Args:
        sut: the system that may write so; empty: either.
    """

    name: str
    text: str
    dress: Dress
    sut: str = ""


# -- helpers -------------------------------------------------------------------------------------


def payload_at(frame: Frame) -> int:
    """Return where in a frame the payload stands."""
    return 3 if frame[0] == CALL else 2


def changed(change: Callable[[Any], Any]) -> Callable[[Frame, str], Frame]:
    """Apply a change to the payload of every frame."""

    def dress(frame: Frame, action: str) -> Frame:
        if frame[0] == ERROR:
            return frame
        at = payload_at(frame)
        return [*frame[:at], change(frame[at])]

    return dress


def only(kind: int, changes: Mapping[str, Change]) -> Callable[[Frame, str], Frame]:
    """Apply changes to the requests, or to the answers, of some actions."""

    def dress(frame: Frame, action: str) -> Frame:
        if frame[0] != kind or action not in changes:
            return frame
        at = payload_at(frame)
        return [*frame[:at], changes[action](frame[at])]

    return dress


def stamps(write: Callable[[datetime], str]) -> Dress:
    """Write every moment in another way."""

    def change(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: change(v) for k, v in value.items()}
        if isinstance(value, list):
            return [change(v) for v in value]
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            return write(datetime.fromisoformat(value))
        return value

    return Dress(changed(change))


def utc(form: str, tail: str = "Z") -> Callable[[datetime], str]:
    """Write a moment in UTC, by a form of ``strftime``."""
    return lambda at: at.strftime(form) + tail


def texts(keys: tuple[str, ...], change: Callable[[str], str]) -> Callable[[Frame, str], Frame]:
    """Change the texts at some keys, wherever they stand in a payload."""

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: walk(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [walk(v, key) for v in value]
        return change(value) if key in keys and isinstance(value, str) else value

    return changed(walk)


def _null(frame: Frame, action: str) -> Frame:
    at = payload_at(frame)
    return [*frame[:at], frame[at] or None] if frame[0] != ERROR else frame


def _interval(seconds: int) -> Dress:
    return Dress(only(RESULT, {"BootNotification": lambda p: {**p, "interval": seconds}}))


def _airy(frame: Frame) -> str:
    return orjson.dumps(frame, option=orjson.OPT_INDENT_2).decode()


def _escaped(frame: Frame) -> str:
    """Write the fields in the reverse order, and some characters as escapes."""

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: turned(value[k]) for k in reversed(value)}
        return [turned(v) for v in value] if isinstance(value, list) else value

    text = orjson.dumps(turned(frame)).decode()
    return text.replace("/", "\\/").replace("T", "\\u0054")


DRESSES: tuple[Dressed, ...] = (
    Dressed(
        "no fraction of a second",
        "A time stamp need not have a fraction of a second.",
        stamps(utc("%Y-%m-%dT%H:%M:%S")),
    ),
    Dressed(
        "one digit of fraction",
        "A time stamp may have one digit of fraction.",
        stamps(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.") + str(at.microsecond // 100_000) + "Z"),
    ),
    Dressed(
        "lower-case time stamps",
        "RFC 3339 allows t and z in lower case.",
        stamps(lambda at: at.strftime("%Y-%m-%dt%H:%M:%S.%f")[:-3] + "z"),
    ),
    Dressed(
        "time stamps with an offset",
        "A time stamp may be in local time with its offset (UTC is recommended).",
        stamps(
            lambda at: at.astimezone(timezone(timedelta(hours=2))).isoformat(
                timespec="milliseconds"
            )
        ),
    ),
    Dressed(
        "time stamps half an hour off",
        "An offset need not be whole hours, nor positive.",
        stamps(
            lambda at: at.astimezone(timezone(timedelta(hours=-3, minutes=-30))).isoformat(
                timespec="seconds"
            )
        ),
    ),
    Dressed("no interval", "An interval of 0 leaves it to the station.", _interval(0), "csms"),
    Dressed("a long interval", "An interval may be a day.", _interval(86_400), "csms"),
    Dressed(
        "nothing written as null",
        "An empty payload may be written as null (OCPP-J).",
        Dress(_null),
    ),
    Dressed(
        "numbers as message ids",
        "A message id is any text: a counter, for instance.",
        Dress(rename=str),
    ),
    Dressed(
        "message ids of the tool",
        "The ids of either end are its own: they may coincide.",
        Dress(rename=lambda n: f"1-c{n}"),
    ),
    Dressed(
        "message ids like inner ones",
        "A message id is any text, also one that the tool uses inside.",
        Dress(rename=lambda n: ("c", "a", "k", "@", "#")[n % 5] + str(n // 5 + 1)),
    ),
    Dressed(
        "message ids of 36 characters",
        "A message id may have 36 characters.",
        Dress(rename=lambda n: f"{n:08d}-0000-4000-8000-000000000000"),
    ),
    Dressed("JSON on many lines", "JSON may have blanks and line ends.", Dress(write=_airy)),
    Dressed(
        "JSON the other way round",
        "The fields of an object have no order; a slash may be escaped.",
        Dress(write=_escaped),
    ),
    Dressed("fragments", "A text may come in fragments (RFC 6455, 5.4).", Dress(pieces=3)),
)
