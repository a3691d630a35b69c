"""All cases of OCPP 1.6, and the decorators by which they are registered."""

from __future__ import annotations

from functools import partial

from testbay.scenario.case import Registry
from testbay.suites.ocpp16 import OCPP

REGISTRY = Registry()
station = partial(REGISTRY.case, sut="station", ocpp=OCPP)
csms = partial(REGISTRY.case, sut="csms", ocpp=OCPP)
