"""What a run needs to know of the cases of OCPP 1.6."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from testbay.scenario.case import Registry
from testbay.scenario.configured import Configured, declared
from testbay.scenario.features import Feature
from testbay.scenario.role import Model
from testbay.scenario.survey import Survey
from testbay.scenario.test import Test

OCPP = "1.6"


@dataclass(frozen=True, slots=True)
class Suite:
    """One version and one system under test.

    Args:
        test: the class whose methods are the verbs.
        model: makes the model of a run, from the configuration and from what is known already.
        configured: the values that a tester configures, by name.
        features: the properties of the product, by name.
        identity: the configured value that is the identity of the station.
        survey: how such a system is asked about itself before it is tested.
        always: the configured values that every case uses, beside those in its description.
    """

    ocpp: str
    sut: str
    test: type[Test]
    model: Callable[[Mapping[str, Any], Mapping[str, Any]], Model]
    configured: Mapping[str, Configured]
    features: Mapping[str, Feature]
    identity: Configured
    survey: Survey
    always: tuple[Configured, ...]


def suite(sut: str) -> Suite:
    """Return the suite for a system under test, ``station`` or ``csms``."""
    from testbay.suites.ocpp16 import features
    from testbay.suites.ocpp16.configured import cfg

    test, model = _ends(sut)
    known = {f.name: f for f in vars(features).values() if isinstance(f, Feature)}
    survey, always = _survey(sut)
    return Suite(OCPP, sut, test, model, declared(cfg), known, cfg.station_id, survey, always)


def _survey(sut: str) -> tuple[Survey, tuple[Configured, ...]]:
    from testbay.suites.ocpp16.configured import cfg

    both = (cfg.station_id, cfg.settle_time)
    if sut == "station":
        from testbay.suites.ocpp16.station_survey import StationSurvey

        times = (cfg.boot_interval, cfg.reboot_time, cfg.reconnect_time, cfg.connection_timeout)
        return StationSurvey(), (*both, cfg.number_of_connectors, *times)
    from testbay.suites.ocpp16.csms_survey import CsmsSurvey

    return CsmsSurvey(), (*both, cfg.vendor_name, cfg.model, cfg.number_of_connectors)


def _ends(
    sut: str,
) -> tuple[type[Test], Callable[[Mapping[str, Any], Mapping[str, Any]], Model]]:
    if sut == "station":
        from testbay.roles.csms_model16 import CsmsModel16
        from testbay.suites.ocpp16.station_test import StationTest

        return StationTest, CsmsModel16
    from testbay.roles.station_model16 import StationModel16
    from testbay.suites.ocpp16.csms_test import CsmsTest

    return CsmsTest, StationModel16


@functools.cache
def load() -> Registry:
    """Import all modules of cases, in the order of the document, and return the registry."""
    from testbay.suites.ocpp16.registry import REGISTRY

    for side in ("station", "csms"):
        package = importlib.import_module(f"testbay.suites.ocpp16.{side}")
        for name in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
            importlib.import_module(f"{package.__name__}.{name}")
    return REGISTRY
