"""One full payload per message, made from its schema: every field is present."""

from typing import Any

from testbay.protocol.schemas import schema
from testbay.protocol.versions import OCPP16, Version

MESSAGES = [(action, response) for action in OCPP16.actions for response in (False, True)]


def full(action: str, response: bool, version: Version = OCPP16) -> Any:
    root = schema(version, action, response)
    return _value(root, root)


def _value(node: dict[str, Any], root: dict[str, Any]) -> Any:
    if "$ref" in node:
        return _value(root["definitions"][node["$ref"].rsplit("/", 1)[-1]], root)
    if "enum" in node:
        return node["enum"][0]
    match node.get("type"):
        case "object":
            return {name: _value(part, root) for name, part in node.get("properties", {}).items()}
        case "array":
            return [_value(node["items"], root), _value(node["items"], root)]
        case "string":
            formats = {"date-time": "2026-01-31T12:00:00Z", "uri": "ftp://example.org/x"}
            return formats.get(node.get("format", ""), "x" * node.get("maxLength", 5))
        case "integer":
            return 1
        case "number":
            return 8.1
        case "boolean":
            return True
        case None:  # anything
            return "x"
    raise AssertionError(node)
