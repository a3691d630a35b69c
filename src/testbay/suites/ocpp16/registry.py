"""All cases of OCPP 1.6, and the decorators by which they are registered."""

from __future__ import annotations

from functools import partial

from testbay.scenario.case import Registry

REGISTRY = Registry()
station = partial(REGISTRY.case, sut="station", ocpp="1.6")
csms = partial(REGISTRY.case, sut="csms", ocpp="1.6")
