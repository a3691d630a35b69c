"""Values that the tester configures: declared once, with type, unit and sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testbay.scenario.verdict import CaseError


@dataclass(frozen=True, slots=True)
class Configured:
    """A configured value: shown by its name in documents, resolved in a run.

    Args:
        kind: the Python type that the value has in the configuration file.
        unit: the unit of a number, in words a tester uses.
        secret: masked in every output.
    """

    name: str
    kind: type
    default: Any
    sentence: str
    unit: str = ""
    secret: bool = False

    def __str__(self) -> str:
        return f"<{self.name}>"


@dataclass(frozen=True, slots=True)
class Plus:
    """A configured number and something added to it, configured or not; resolved in a run."""

    value: Any
    more: Any

    def __str__(self) -> str:
        more = f"{self.more:g}" if isinstance(self.more, int | float) else f"{self.more}"
        return f"{self.value} + {more}"


def resolve(value: Any, config: dict[str, Any]) -> Any:
    """Replace configured values by what the tester set; anything else stays as it is.

    Raises:
        CaseError: a value is used that the configuration does not have.
    """
    if isinstance(value, Configured):
        if value.name not in config:
            raise CaseError(f"{value.name} is not configured")
        return config[value.name]
    if isinstance(value, Plus):
        return resolve(value.value, config) + resolve(value.more, config)
    if isinstance(value, dict):
        return {k: resolve(v, config) for k, v in value.items()}
    return [resolve(v, config) for v in value] if isinstance(value, list) else value


def declared(namespace: type) -> dict[str, Configured]:
    """Return the configured values that a class declares as attributes, in their order."""
    return {v.name: v for v in vars(namespace).values() if isinstance(v, Configured)}
