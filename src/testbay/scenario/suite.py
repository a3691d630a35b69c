"""What a run needs to know of the cases of one version: a value that each suite makes."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from testbay.scenario.configured import Configured
from testbay.scenario.features import Feature
from testbay.scenario.product import Reference
from testbay.scenario.role import Model
from testbay.scenario.survey import Survey
from testbay.scenario.test import Test

MakeModel = Callable[[Mapping[str, Any], Mapping[str, Any]], Model]
SIDES = ("station", "csms")


@dataclass(frozen=True, slots=True)
class Suite:
    """One version and one system under test.

    Args:
        test: the class whose methods are the verbs.
        model: makes the model of a run, from the configuration and from what is known already.
        configured: the values that a tester configures, by name.
        features: the properties of the product, by name.
        identity: the configured value that is the identity of the station.
        reference: how the reference system is built that stands for it.
        survey: how such a system is asked about itself before it is tested; None: not at all.
        always: the configured values that every case uses, beside those in its description.
    """

    ocpp: str
    sut: str
    test: type[Test]
    model: MakeModel
    configured: Mapping[str, Configured]
    features: Mapping[str, Feature]
    identity: Configured
    reference: Reference
    survey: Survey | None = None
    always: tuple[Configured, ...] = ()


def import_cases(package: str) -> None:
    """Import all modules of cases of a suite, in the order of the document."""
    for side in SIDES:
        cases = importlib.import_module(f"{package}.{side}")
        for name in sorted(m.name for m in pkgutil.iter_modules(cases.__path__)):
            importlib.import_module(f"{cases.__name__}.{name}")
