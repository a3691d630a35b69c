"""Where the packaged JSON schemas differ from the official ones, each difference by name.

``tests/guards/test_schema_digests.py`` holds every corrected schema against the official one, so a
new release of the schema package cannot change a verdict unseen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Correction:
    """One change of a packaged schema.

    Args:
        name: a short name for reports and tests.
        schema: the file it changes.
        where: names and indices from the root of the file to the object or list that is changed.
        act: "drop" removes the key ``what``, "discard" the member ``what`` of a list, "set" writes
            ``value`` under ``what``.
        what: the key or member.
        why: one sentence.
        value: for "set".
    """

    name: str
    schema: str
    where: tuple[str | int, ...]
    act: Literal["drop", "discard", "set"]
    what: str
    why: str
    value: Any = None

    def apply(self, schema: dict[str, Any]) -> bool:
        """Change a schema in place; return whether there was anything to change."""
        target: Any = schema
        for part in self.where:
            try:
                target = target[part]
            except (KeyError, IndexError):
                return False
        if self.act == "set":
            changed = bool(target.get(self.what, self) != self.value)
            target[self.what] = self.value
            return changed
        if self.what not in target:
            return False
        if self.act == "drop":
            del target[self.what]
        else:
            target.remove(self.what)
        return True


_METER_VALUE = ("properties", "meterValue")
_SAMPLED_VALUE = (*_METER_VALUE, "items", "properties", "sampledValue")

OCPP16 = (
    Correction(
        name="MeterValues: meterValue may be empty",
        schema="MeterValues.json",
        where=_METER_VALUE,
        act="drop",
        what="minItems",
        why="The official schema of MeterValues.req asks for no number of elements.",
    ),
    Correction(
        name="MeterValues: sampledValue may be empty",
        schema="MeterValues.json",
        where=_SAMPLED_VALUE,
        act="drop",
        what="minItems",
        why="The official schema of MeterValues.req asks for no number of elements.",
    ),
    Correction(
        name="MeterValues: no unit Hertz",
        schema="MeterValues.json",
        where=(*_SAMPLED_VALUE, "items", "properties", "unit", "enum"),
        act="discard",
        what="Hertz",
        why="The official schema of MeterValues.req has no unit for a frequency.",
    ),
)

OCPP201 = (
    Correction(
        name="Get15118EVCertificate: length of exiResponse",
        schema="Get15118EVCertificateResponse.json",
        where=("properties", "exiResponse"),
        act="set",
        what="maxLength",
        value=5600,
        why="The official schema allows an EXI response of 5600 characters.",
    ),
)

CORRECTIONS: Mapping[str, tuple[Correction, ...]] = MappingProxyType(
    {"1.6": OCPP16, "2.0.1": OCPP201}
)


def correct(version: str, file: str, schema: dict[str, Any]) -> tuple[Correction, ...]:
    """Correct a packaged schema in place; return the corrections that changed it."""
    mine = (c for c in CORRECTIONS.get(version, ()) if c.schema == file)
    return tuple(c for c in mine if c.apply(schema))
