"""Fixtures of the tests of the reference CSMS of OCPP 2.0.1."""

from collections.abc import AsyncIterator

import pytest
from csms201_station import Lab


@pytest.fixture
async def lab201() -> AsyncIterator[Lab]:
    lab = Lab()
    yield lab
    await lab.close()
