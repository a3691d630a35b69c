"""A valid payload made from a schema: for a message that is sent where it is forbidden."""

from __future__ import annotations

from typing import Any

from testbay.proof.fault import put
from testbay.protocol.schemas import schema
from testbay.protocol.versions import Version
from testbay.scenario.checks import Judges, Resolve

MOMENT = "2030-01-01T00:00:00.000Z"


def sample(version: Version, action: str, where: Judges | None, resolve: Resolve) -> dict[str, Any]:
    """Return a payload with all required fields that passes ``where`` as far as equality goes."""
    root = schema(version, action)
    payload: dict[str, Any] = _value(root, root)
    for fact in where.facts if where is not None else ():
        if fact.path and fact.rule in ("eq", "one_of"):
            payload = put(payload, fact.path, resolve(fact.values[0]))
    return payload


def _value(node: dict[str, Any], root: dict[str, Any]) -> Any:
    if "$ref" in node:
        return _value(_resolved(node["$ref"], root), root)
    if "enum" in node:
        return node["enum"][0]
    match node.get("type"):
        case "object":
            wanted = node.get("required", ())
            return {k: _value(node["properties"][k], root) for k in wanted}
        case "array":
            return [_value(node["items"], root)]
        case "integer" | "number":
            return node.get("minimum", 1)
        case "boolean":
            return True
    return MOMENT if node.get("format") == "date-time" else "x"


def _resolved(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    found: dict[str, Any] = node
    return found
