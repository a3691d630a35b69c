"""The suites there are, loaded when they are asked for: a list of cases must not cost a second."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from testbay.campaign.lane import MakeTest
from testbay.protocol.versions import Version
from testbay.scenario.case import TestCase
from testbay.scenario.configured import Configured
from testbay.scenario.features import Feature
from testbay.scenario.role import Model

MODULES = {"1.6": "testbay.suites.ocpp16.suite"}
SUTS = ("station", "csms")


class Suite(Protocol):
    """What a suite offers for one kind of system under test."""

    version: Version
    make_test: MakeTest

    def make_model(self, config: Mapping[str, Any], known: Mapping[str, Any] | None) -> Model: ...


@dataclass(frozen=True)
class Loaded:
    """A version's suite: its cases in the order of the document, its values and features."""

    ocpp: str
    cases: dict[str, TestCase]
    values: dict[str, Configured]
    features: dict[str, Feature]
    suts: Mapping[str, Suite]


def load(ocpp: str) -> Loaded:
    """Load the suite of a version.

    Raises:
        KeyError: there is none.
    """
    module = importlib.import_module(MODULES[ocpp])
    cases: dict[str, TestCase] = module.load()
    return Loaded(ocpp, cases, module.VALUES, module.FEATURES, module.SUTS)
