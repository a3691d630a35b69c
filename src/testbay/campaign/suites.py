"""The suites there are, loaded when they are asked for: a list of cases must not cost a second."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import testbay.suites as packages
from testbay.campaign.lane import MakeTest
from testbay.protocol.versions import Version, by_name
from testbay.scenario.case import TestCase
from testbay.scenario.configured import Configured
from testbay.scenario.features import Feature
from testbay.scenario.product import Reference
from testbay.scenario.role import Model
from testbay.scenario.survey import Survey


def _modules() -> dict[str, str]:
    """Return the module of each suite by the version that its package says it is for."""
    found = (f"{packages.__name__}.{m.name}" for m in pkgutil.iter_modules(packages.__path__))
    return {importlib.import_module(name).OCPP: f"{name}.suite" for name in sorted(found)}


MODULES = _modules()
SUTS = ("station", "csms")


@dataclass(frozen=True)
class Part:
    """What a suite has for one kind of system under test.

    Args:
        make_model: makes the model of a run from the configuration and what is known already.
        survey: how such a system is asked about itself before it is tested; None: not at all.
        always: the configured values that every case uses.
        reference: how the reference system is built that stands for it.
    """

    make_test: MakeTest
    make_model: Callable[[Mapping[str, Any], Mapping[str, Any]], Model]
    values: Mapping[str, Configured]
    features: Mapping[str, Feature]
    survey: Survey | None
    always: tuple[Configured, ...]
    reference: Reference


@dataclass(frozen=True)
class Loaded:
    """The suite of a version: its cases in the order of the document, by id."""

    ocpp: str
    version: Version
    cases: Mapping[str, TestCase]
    part: Callable[[str], Part]


@functools.cache
def load(ocpp: str) -> Loaded:
    """Load the suite of a version.

    Raises:
        KeyError: there is none.
    """
    module = importlib.import_module(MODULES[ocpp])

    @functools.cache
    def part(sut: str) -> Part:
        found = module.suite(sut)
        return Part(
            found.test,
            found.model,
            found.configured,
            found.features,
            found.survey,
            found.always,
            found.reference,
        )

    return Loaded(ocpp, by_name(ocpp), module.load().cases, part)


def has_key(table: str, key: str, ocpp: str, sut: str) -> str:
    """Return for what else than this a key of a configuration is, and what to do; or nothing.

    Args:
        table: values or product; other tables are the same for all.
    """
    others = ((v, s) for v in MODULES for s in SUTS if (v, s) != (ocpp, sut))
    for version, system in sorted(others, key=lambda one: one[1] != sut):  # of this system first
        part = load(version).part(system)
        values = [value.name for value in part.values.values()]
        features = [feature.name for feature in part.features.values()]
        if key in {"values": values, "product": features}.get(table, ()):
            its = f"for a {system} and OCPP {version}, but a {sut} is tested with OCPP {ocpp}"
            way = f"testbay run {system} --ocpp {version}"
            return f"the key {table}.{key} is {its}: say {way}, or use another file"
    return ""
