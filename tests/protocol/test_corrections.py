from copy import deepcopy
from typing import Any

from testbay.protocol.corrections import CORRECTIONS, Correction, correct
from testbay.protocol.versions import VERSIONS

SCHEMA: dict[str, Any] = {"properties": {"a": {"enum": ["x", "y"], "maxLength": 5, "minItems": 1}}}


def correction(act: Any, what: str, value: Any = None, *where: str) -> Correction:
    return Correction("a name", "A.json", ("properties", "a", *where), act, what, "why", value)


def test_what_a_correction_can_do() -> None:
    schema = deepcopy(SCHEMA)
    assert correction("drop", "minItems").apply(schema)
    assert correction("discard", "y", None, "enum").apply(schema)
    assert correction("set", "maxLength", 7).apply(schema)
    assert schema == {"properties": {"a": {"enum": ["x"], "maxLength": 7}}}


def test_a_correction_that_is_not_needed_changes_nothing_and_says_so() -> None:
    schema = deepcopy(SCHEMA)
    assert not correction("drop", "maxItems").apply(schema)
    assert not correction("discard", "z", None, "enum").apply(schema)
    assert not correction("set", "maxLength", 5).apply(schema)
    assert not correction("drop", "x", None, "items", "properties").apply(schema)
    assert schema == SCHEMA


def test_only_the_named_file_of_the_version_is_corrected() -> None:
    assert correct("1.6", "Heartbeat.json", {}) == ()
    assert correct("9.9", "MeterValues.json", {}) == ()


def test_every_correction_has_a_name_and_a_reason_of_its_own() -> None:
    assert list(CORRECTIONS) == [version.name for version in VERSIONS]
    for corrections in CORRECTIONS.values():
        assert len({c.name for c in corrections}) == len(corrections)
        assert all(c.why.endswith(".") for c in corrections)
