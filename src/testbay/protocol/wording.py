"""Sentences about fields that break a rule of their schema, for a person to read."""

import json
from collections.abc import Sequence
from typing import Any

_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
_LISTED = 8  # members of an enumeration named in a sentence


def sentence(
    path: str, constraint: str, rule: Any, value: Any, siblings: Sequence[str] = ()
) -> str:
    """Say in one sentence what is wrong with a field.

    Args:
        path: the field; empty for the payload itself.
        constraint: the schema's word for the rule.
        rule: what the schema asks for: a length, the types, the members, ...
        value: what was sent.
        siblings: names of the fields that the object may have.
    """
    name = path or "the payload"
    match constraint:
        case "required":
            return f"{name} is missing"
        case "additionalProperties":
            return f"{name} is not a field of this message{_guess(str(rule), siblings)}"
        case "type":
            return f"{name} is {show(value)}, not {_types(rule, value)}"
        case "enum":
            return f"{name} is {show(value)}, which is none of {members(rule)}"
        case "const":
            return f"{name} is {show(value)}, not {show(rule)}"
        case "maxLength":
            return f"{name} is longer than {rule} characters ({len(value)})"
        case "minLength":
            return f"{name} is shorter than {rule} characters ({len(value)})"
        case "minItems":
            return f"{name} has fewer than {rule} elements ({len(value)})"
        case "maxItems":
            return f"{name} has more than {rule} elements ({len(value)})"
        case "minimum" | "exclusiveMinimum":
            less = "less than" if constraint == "minimum" else "not more than"
            return f"{name} is {show(value)}, which is {less} {show(rule)}"
        case "maximum" | "exclusiveMaximum":
            more = "more than" if constraint == "maximum" else "not less than"
            return f"{name} is {show(value)}, which is {more} {show(rule)}"
        case "multipleOf":
            return f"{name} is {show(value)}, which is not a multiple of {show(rule)}"
        case "format":
            return f"{name} is {show(value)}, which is not {_format(str(rule), str(value))}"
        case "pattern":
            return f"{name} is {show(value)}, which does not have the form {rule}"
    return f"{name} is {show(value)}, which breaks the rule {constraint} of its schema"


def show(value: Any) -> str:
    """Write a JSON value for a sentence, shortened to 60 characters."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:56] + '..."'


def members(values: Sequence[Any]) -> str:
    """List the members of an enumeration, the first few of a long one."""
    named = ", ".join(str(value) for value in values[:_LISTED])
    more = len(values) - _LISTED
    return f"{named} and {more} more" if more > 0 else named


def _types(rule: Any, value: Any) -> str:
    wanted = " or ".join(_KINDS.get(kind, kind) for kind in rule)
    if isinstance(value, float) and value.is_integer() and "integer" in rule:
        return f"{wanted} without a decimal point or exponent of at most 64 bits"
    return wanted


def _guess(name: str, siblings: Sequence[str]) -> str:
    for known in siblings:
        if known.lower() == name.lower():
            return f" (the name is {known})"
    from difflib import get_close_matches

    close = get_close_matches(name, siblings, 1, 0.75)
    return f" (is {close[0]} meant?)" if close else ""


def _format(name: str, value: str) -> str:
    if name == "date-time":
        zone = " with a time zone" if "T" in value and not set("zZ+-") & set(value[10:]) else ""
        return f"a date and time{zone} (such as 2026-01-31T12:00:00Z)"
    return "a URI" if name == "uri" else f"of the format {name}"
