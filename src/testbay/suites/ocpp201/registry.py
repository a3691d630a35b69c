"""All cases of OCPP 2.0.1, and the decorators by which they are registered."""

from __future__ import annotations

from functools import partial

from testbay.scenario.case import Registry
from testbay.suites.ocpp201 import OCPP

REGISTRY = Registry()
station = partial(REGISTRY.case, sut="station", ocpp=OCPP)
csms = partial(REGISTRY.case, sut="csms", ocpp=OCPP)
