"""Which reference system speaks which version of OCPP; imported only when it is asked for."""

import importlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

MODULES = {
    ("1.6", "station"): ("testbay_reference.station", "Station", "StationOptions"),
    ("1.6", "csms"): ("testbay_reference.csms", "Csms", "CsmsOptions"),
    ("2.0.1", "station"): ("testbay_reference.station201", "Station", "StationOptions"),
    ("2.0.1", "csms"): ("testbay_reference.csms201", "Csms", "CsmsOptions"),
}
"""Module, class and class of its options, by version and kind of system."""


VERSIONS = tuple(dict.fromkeys(ocpp for ocpp, _ in MODULES))


def system(ocpp: str, kind: str) -> tuple[Any, Any]:
    """Return the class of a reference system and that of its options.

    Args:
        kind: ``station`` or ``csms``.

    Raises:
        KeyError: there is none for that version.
    """
    module, name, options = MODULES[ocpp, kind]
    found = importlib.import_module(module)
    return getattr(found, name), getattr(found, options)


def fitting(options: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the given options that a reference system has."""
    known = {f.name for f in fields(options)}
    return {name: value for name, value in given.items() if name in known}


def options(ocpp: str, kind: str, given: Mapping[str, Any], others: Iterable[str] = ()) -> Any:
    """Return the options of a reference system, as its command line gives them.

    Args:
        given: options by name; those that only other versions have must be as they are there
            where nothing is said.
        others: any further options, as ``NAME=VALUE`` with the value in JSON, or as text.

    Raises:
        ValueError: there is no such option for this version, or it cannot be like this.
    """
    _, make = system(ocpp, kind)
    usual = {f.name: _usual(f) for other in VERSIONS for f in fields(system(other, kind)[1])}
    known = {f.name for f in fields(make)}
    strange = [n for n, value in given.items() if n not in known and value != usual.get(n)]
    more = dict(_other(text) for text in others)
    strange += [n for n in more if n not in known]
    if strange:
        raise ValueError(f"a {kind} of OCPP {ocpp} has no option {', '.join(strange)}")
    return make(**fitting(make, given) | more)


def _usual(option: Field[Any]) -> Any:
    return option.default_factory() if option.default_factory is not MISSING else option.default


def _other(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} must be written NAME=VALUE")
    try:
        read = json.loads(value)
    except ValueError:
        return name, value
    return name, tuple(read) if isinstance(read, list) else read


def faults(ocpp: str, kind: str) -> Mapping[str, str]:
    """Return the misbehaviours that a reference system can be given, each with its sentence."""
    found: Mapping[str, str] = importlib.import_module(f"{MODULES[ocpp, kind][0]}.faults").FAULTS
    return found


def token(ocpp: str, value: str, standing: str = "Accepted", group: str = "") -> Any:
    """Return a token that a reference CSMS knows.

    Raises:
        ValueError: it cannot be written in a message.
    """
    if ocpp == "1.6":
        from testbay_reference.csms import Token

        return Token(value, standing, group or None)  # type: ignore[arg-type]
    from testbay_reference.csms201.tokens import Token as Token201

    return Token201(value, standing, group=group or None)  # type: ignore[arg-type]
