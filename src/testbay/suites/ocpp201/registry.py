"""All cases of OCPP 2.0.1, and the decorators by which they are registered."""

from __future__ import annotations

from functools import partial

from testbay.scenario.case import Registry

REGISTRY = Registry()
station = partial(REGISTRY.case, sut="station", ocpp="2.0.1")
csms = partial(REGISTRY.case, sut="csms", ocpp="2.0.1")
