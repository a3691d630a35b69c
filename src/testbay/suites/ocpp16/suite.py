"""What a run needs to know of the cases of OCPP 1.6."""

from __future__ import annotations

import functools

from testbay.scenario.case import Registry
from testbay.scenario.configured import Configured, declared
from testbay.scenario.features import Feature
from testbay.scenario.suite import MakeModel, Suite, import_cases
from testbay.scenario.survey import Survey
from testbay.scenario.test import Test
from testbay.suites.ocpp16 import OCPP


def suite(sut: str) -> Suite:
    """Return the suite for a system under test, ``station`` or ``csms``."""
    from testbay.suites.ocpp16 import features
    from testbay.suites.ocpp16.configured import cfg
    from testbay.suites.ocpp16.products import reference

    test, model = _ends(sut)
    known = {f.name: f for f in vars(features).values() if isinstance(f, Feature)}
    survey, always = _survey(sut)
    given = (declared(cfg), known, cfg.station_id, reference(sut))
    return Suite(OCPP, sut, test, model, *given, survey, always)


def _survey(sut: str) -> tuple[Survey, tuple[Configured, ...]]:
    from testbay.suites.ocpp16.configured import cfg

    both = (cfg.station_id, cfg.settle_time)
    if sut == "station":
        from testbay.suites.ocpp16.station_survey import StationSurvey

        times = (cfg.boot_interval, cfg.reboot_time, cfg.reconnect_time, cfg.connection_timeout)
        return StationSurvey(), (*both, cfg.number_of_connectors, *times)
    from testbay.suites.ocpp16.csms_survey import CsmsSurvey

    return CsmsSurvey(), (*both, cfg.vendor_name, cfg.model, cfg.number_of_connectors)


def _ends(sut: str) -> tuple[type[Test], MakeModel]:
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

    import_cases("testbay.suites.ocpp16")
    return REGISTRY
