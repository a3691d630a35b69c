"""The official JSON schemas: every message validated, every violation named in a sentence.

The schema files come from the package ``ocpp``, of which no code is imported; corrections.py puts
right where they differ from the official ones. Validators are built when first needed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs

from testbay.protocol.corrections import correct
from testbay.protocol.versions import Version
from testbay.protocol.wording import sentence

_PACKAGE = "ocpp"
_DRAFTS = {
    "http://json-schema.org/draft-04/schema": jsonschema_rs.Draft4Validator,
    "http://json-schema.org/draft-06/schema": jsonschema_rs.Draft6Validator,
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a payload breaks its schema.

    Args:
        path: the field, as in ``meterValue[0].sampledValue[1].unit``; empty: the payload itself.
        constraint: the schema's word for the rule ("maxLength", "required", ...).
        value: what was sent; None for a field that is missing.
        text: one sentence, without a full stop.
        code: the error code of this version for it.
    """

    path: str
    constraint: str
    value: Any
    text: str
    code: str


@dataclass(frozen=True, slots=True)
class Field:
    """What the schema says about one field.

    Args:
        path: as in ``meterValue[].sampledValue[].unit``.
        types: names of JSON types; empty: any.
        required: whether the object around it must have it.
        enum: its members, empty if it is no enumeration.
        format: "date-time", "uri" or None.
        rules: the other constraints, such as ``{"maxLength": 20}``.
        fields: names of the fields inside, for an object.
        items: whether it is a list.
    """

    path: str
    types: tuple[str, ...]
    required: bool
    enum: tuple[Any, ...]
    format: str | None
    rules: Mapping[str, Any]
    fields: tuple[str, ...]
    items: bool


def check_request(version: Version, action: str, payload: Any) -> tuple[Violation, ...]:
    """Return what is wrong with the payload of a request; empty if nothing is."""
    return _check(version, action, payload, False)


def check_response(version: Version, action: str, payload: Any) -> tuple[Violation, ...]:
    """Return what is wrong with the payload of the answer to an action; empty if nothing is."""
    return _check(version, action, payload, True)


def enum_members(
    version: Version, action: str, path: str, response: bool = False
) -> tuple[str, ...]:
    """Return the members of an enumeration in the order of the schema; empty if it is none."""
    found = field(version, action, path, response)
    return found.enum if found else ()


def has_path(version: Version, action: str, path: str, response: bool = False) -> bool:
    """Tell whether a path can occur in a message; lists are written ``a[0]`` or ``a[]``."""
    return field(version, action, path, response) is not None


def field(version: Version, action: str, path: str, response: bool = False) -> Field | None:
    """Return what the schema says about a path, or None if no message can have it."""
    if action not in version.station_sends and action not in version.csms_sends:
        return None
    root = schema(version, action, response)
    found = _fields(version, action, response).get(_generic(path)) if path else None
    return found or (None if path else _field("", root, root, True))


def fields(version: Version, action: str, response: bool = False) -> tuple[Field, ...]:
    """Return all fields of a message in the order of the schema, outer ones first."""
    return tuple(_fields(version, action, response).values())


@cache
def schema(version: Version, action: str, response: bool = False) -> dict[str, Any]:
    """Return the corrected schema of a message; it is shared, so do not change it.

    Raises:
        KeyError: the version has no such action.
    """
    if action not in version.station_sends and action not in version.csms_sends:
        raise KeyError(f"OCPP {version.name} has no message {action}")
    name = version.response_file if response else version.request_file
    file = name.format(action=action)
    # Some files of the package begin with a byte order mark.
    loaded: dict[str, Any] = json.loads((_folder(version) / file).read_text("utf-8-sig"))
    correct(version.name, file, loaded)
    return loaded


@cache
def _folder(version: Version) -> Path:
    spec = find_spec(_PACKAGE)  # finds a top-level package without executing it
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(
            f"The Python package '{_PACKAGE}', which holds the JSON schemas, is not installed"
        )
    return Path(spec.submodule_search_locations[0]) / version.schemas


# Keyed by the names, not by the Version: hashing a large dataclass costs more than validating.
_validators: dict[tuple[str, str, bool], jsonschema_rs.Validator] = {}


def _validator(version: Version, action: str, response: bool) -> jsonschema_rs.Validator:
    loaded = schema(version, action, response)
    draft = _DRAFTS[loaded["$schema"].removesuffix("#")]
    built = draft(loaded, validate_formats=True, formats={"uri": _is_any_uri}, offline=True)
    _validators[version.name, action, response] = built
    return built


_URI = jsonschema_rs.Draft4Validator({"format": "uri"}, validate_formats=True)


def _is_any_uri(value: str) -> bool:
    """Tell whether a text is an absolute URI once blanks and the like are escaped.

    OCPP 1.6 calls the type anyURI (6.25, 6.55), which may hold what RFC 3986 wants escaped.
    """
    return _URI.is_valid(quote(value, safe="!#$%&'()*+,/:;=?@[]~"))


def _check(version: Version, action: str, payload: Any, response: bool) -> tuple[Violation, ...]:
    validator = _validators.get((version.name, action, response))
    if validator is None:
        try:
            validator = _validator(version, action, response)
        except KeyError:
            text = f"{action} is not a message of OCPP {version.name}"
            return (Violation("", "action", action, text, version.code("unknown action")),)
    if validator.is_valid(payload):
        return ()
    return tuple(_violations(version, action, response, validator, payload))


def _violations(
    version: Version, action: str, response: bool, validator: jsonschema_rs.Validator, payload: Any
) -> Iterator[Violation]:
    for error in validator.iter_errors(payload):
        name, rule, value = error.kind.name, error.kind.value, error.instance
        code = version.code(name)
        at = error.instance_path
        if name == "additionalProperties":
            known = _names_at(version, action, response, at)
            for extra in rule:
                path = _dotted([*at, extra])
                sent = value.get(extra) if isinstance(value, dict) else None
                yield Violation(path, name, sent, sentence(path, name, extra, sent, known), code)
        elif name == "required":
            path = _dotted([*at, rule])
            yield Violation(path, name, None, sentence(path, name, rule, None), code)
        else:
            path = _dotted(at)
            yield Violation(path, name, value, sentence(path, name, rule, value), code)


def _dotted(parts: list[str | int]) -> str:
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _generic(path: str) -> str:
    """Turn ``a[0].b[12]`` into ``a[].b[]``."""
    head, *rest = path.split("[")
    for part in rest:
        index, closed, after = part.partition("]")
        if not closed or not (index in ("", "*") or index.removeprefix("-").isdigit()):
            return "?"
        head += "[]" + after
    return head


def _names_at(
    version: Version, action: str, response: bool, parts: list[str | int]
) -> tuple[str, ...]:
    found = field(version, action, _dotted(parts), response)
    return found.fields if found else ()


@cache
def _fields(version: Version, action: str, response: bool) -> Mapping[str, Field]:
    root = schema(version, action, response)
    return {found.path: found for found in _walk("", root, root)}


def _walk(path: str, node: dict[str, Any], root: dict[str, Any]) -> Iterator[Field]:
    node = _resolved(node, root)
    for name, child in node.get("properties", {}).items():
        inner = f"{path}.{name}" if path else name
        yield _field(inner, child, root, name in node.get("required", ()))
        yield from _walk(inner, child, root)
    if isinstance(node.get("items"), dict):
        yield _field(path + "[]", node["items"], root, False)
        yield from _walk(path + "[]", node["items"], root)


_RULES = ("const", "maxLength", "minLength", "minimum", "maximum", "multipleOf", "pattern")
_COUNTS = ("minItems", "maxItems", "uniqueItems")


def _field(path: str, node: dict[str, Any], root: dict[str, Any], required: bool) -> Field:
    node = _resolved(node, root)
    types = node.get("type", ())
    return Field(
        path=path,
        types=(types,) if isinstance(types, str) else tuple(types),
        required=required,
        enum=tuple(node.get("enum", ())),
        format=node.get("format"),
        rules={key: node[key] for key in (*_RULES, *_COUNTS) if key in node},
        fields=tuple(node.get("properties", ())),
        items="items" in node,
    )


def _resolved(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference inside the file; the schemas of OCPP have no other kind."""
    while "$ref" in node:
        target: Any = root
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node
