"""Every corrected schema is the official one, by digest.

``schema_digests_16.json`` was computed once from the files that the Open Charge Alliance publishes
(the StopTransaction of 2025-04 included), with ``digest`` below.
"""

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from testbay.protocol import corrections, schemas
from testbay.protocol.versions import OCPP16

TABLE: dict[str, str] = json.loads(
    (Path(__file__).parent / "schema_digests_16.json").read_text("utf-8")
)
MESSAGES = [(action, response) for action in OCPP16.actions for response in (False, True)]
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


def file_of(action: str, response: bool) -> str:
    name = OCPP16.response_file if response else OCPP16.request_file
    return name.format(action=action)


def test_the_table_has_every_message_and_no_other() -> None:
    assert sorted(TABLE) == sorted(file_of(*message) for message in MESSAGES)
    assert len(TABLE) == 78


@pytest.mark.parametrize(("action", "response"), MESSAGES)
def test_the_schema_is_the_official_one(action: str, response: bool) -> None:
    assert digest(schemas.schema(OCPP16, action, response)) == TABLE[file_of(action, response)]


@pytest.mark.parametrize("correction", corrections.OCPP16, ids=lambda c: c.name)
def test_every_correction_is_still_needed(correction: corrections.Correction) -> None:
    folder = schemas._folder(OCPP16)
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
