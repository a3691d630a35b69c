"""Every corrected schema is the official one, by digest.

``schema_digests_16.json`` and ``schema_digests_201.json`` were computed once from the files that
the Open Charge Alliance publishes (for 1.6 with the StopTransaction of 2025-04), with ``digest``.
"""

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from testbay.protocol import corrections, schemas
from testbay.protocol.versions import OCPP16, VERSIONS, Version

TABLES: dict[str, dict[str, str]] = {
    version.name: json.loads(
        (Path(__file__).parent / f"schema_digests_{version.name.replace('.', '')}.json").read_text(
            "utf-8"
        )
    )
    for version in VERSIONS
}
MESSAGES = [
    (version, action, response)
    for version in VERSIONS
    for action in version.actions
    for response in (False, True)
]
CORRECTIONS = [(v, c) for v in VERSIONS for c in corrections.CORRECTIONS[v.name]]
_WORDS = ("title", "description", "$id", "id", "$comment", "comment", "javaType")
_UNORDERED = ("required", "enum")
_BY_NAME = ("properties", "definitions", "patternProperties")


def canonical(schema: Any) -> Any:
    """Return a schema without words and without an order that means nothing."""
    if isinstance(schema, list):
        return [canonical(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in _BY_NAME:
            kept[key] = {name: canonical(part) for name, part in value.items()}
        elif key in _UNORDERED:
            kept[key] = sorted(value)
        elif key not in _WORDS:
            kept[key] = canonical(value)
    return kept


def digest(schema: Any) -> str:
    text = json.dumps(canonical(schema), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_of(version: Version, action: str, response: bool) -> str:
    name = version.response_file if response else version.request_file
    return name.format(action=action)


@pytest.mark.parametrize(("version", "number"), list(zip(VERSIONS, (78, 128), strict=True)))
def test_the_table_has_every_message_and_no_other(version: Version, number: int) -> None:
    wanted = [file_of(*message) for message in MESSAGES if message[0] is version]
    assert sorted(TABLES[version.name]) == sorted(wanted)
    assert len(wanted) == number


@pytest.mark.parametrize(("version", "action", "response"), MESSAGES)
def test_the_schema_is_the_official_one(version: Version, action: str, response: bool) -> None:
    wanted = TABLES[version.name][file_of(version, action, response)]
    assert digest(schemas.schema(version, action, response)) == wanted


@pytest.mark.parametrize(("version", "correction"), CORRECTIONS, ids=lambda c: c.name)
def test_every_correction_is_still_needed(
    version: Version, correction: corrections.Correction
) -> None:
    folder = schemas._folder(version)
    packaged = json.loads((folder / correction.schema).read_text("utf-8-sig"))
    before = copy.deepcopy(packaged)
    assert correction.apply(packaged)
    assert packaged != before


def test_the_digest_sees_rules_and_not_words() -> None:
    schema = schemas.schema(OCPP16, "MeterValues")
    worded = copy.deepcopy(schema) | {"title": "another", "description": "words"}
    worded["required"] = list(reversed(worded["required"]))
    assert digest(worded) == digest(schema)
    changed = copy.deepcopy(schema)
    changed["properties"]["meterValue"]["minItems"] = 1
    assert digest(changed) != digest(schema)
    # A field may be called "id" or "description"; it is no word about the schema.
    changed = copy.deepcopy(schema)
    changed["properties"]["description"] = {"type": "string"}
    assert digest(changed) != digest(schema)
