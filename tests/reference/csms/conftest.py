"""Fixtures of the tests of the reference CSMS."""

from collections.abc import AsyncIterator

import pytest
from csms_lab import Lab


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    lab = Lab()
    yield lab
    await lab.close()
