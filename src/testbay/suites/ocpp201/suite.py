"""What a run needs to know of the cases of OCPP 2.0.1."""

from __future__ import annotations

import functools

from testbay.scenario.case import Registry
from testbay.scenario.configured import Configured, declared
from testbay.scenario.features import Feature
from testbay.scenario.suite import MakeModel, Suite, import_cases
from testbay.scenario.survey import Survey
from testbay.scenario.test import Test
from testbay.suites.ocpp201 import OCPP


def suite(sut: str) -> Suite:
    """Return the suite for a system under test, ``station`` or ``csms``."""
    from testbay.suites.ocpp201 import features
    from testbay.suites.ocpp201.configured import cfg
    from testbay.suites.ocpp201.products import reference

    test, model = _ends(sut)
    known = {f.name: f for f in vars(features).values() if isinstance(f, Feature)}
    survey, always = _survey(sut)
    given = (declared(cfg), known, cfg.station_id, reference(sut))
    return Suite(OCPP, sut, test, model, *given, survey, always)


def _survey(sut: str) -> tuple[Survey, tuple[Configured, ...]]:
    from testbay.suites.ocpp201.configured import cfg

    both = (cfg.station_id, cfg.settle_time, cfg.evse_count, cfg.connectors_per_evse)
    if sut == "station":
        from testbay.suites.ocpp201.station_survey import StationSurvey

        place = (cfg.evse_id, cfg.connector_id)
        times = (cfg.heartbeat_interval, cfg.reboot_time, cfg.reconnect_time)
        return StationSurvey(), (*both, *place, *times, cfg.connection_timeout)
    from testbay.suites.ocpp201.csms_survey import CsmsSurvey

    return CsmsSurvey(), (*both, cfg.vendor_name, cfg.model)


def _ends(sut: str) -> tuple[type[Test], MakeModel]:
    if sut == "station":
        from testbay.roles.csms_model201 import CsmsModel201
        from testbay.suites.ocpp201.station_test import StationTest

        return StationTest, CsmsModel201
    from testbay.roles.station_model201 import StationModel201
    from testbay.suites.ocpp201.csms_test import CsmsTest

    return CsmsTest, StationModel201


@functools.cache
def load() -> Registry:
    """Import all modules of cases, in the order of the document, and return the registry."""
    from testbay.suites.ocpp201.registry import REGISTRY

    import_cases("testbay.suites.ocpp201")
    return REGISTRY
