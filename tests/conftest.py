"""Every async test runs on a fresh virtual loop; mark it ``real_clock`` for the ordinary one."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

import pytest

from testbay.clock import VirtualLoop

_loops: list[VirtualLoop] = []


def _virtual_loop() -> VirtualLoop:
    loop = VirtualLoop()
    _loops.append(loop)
    return loop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Choose the loop of an async test by its marker."""
    if item.get_closest_marker("real_clock"):
        return {"real": asyncio.new_event_loop}
    return {"virtual": _virtual_loop}


@pytest.fixture(autouse=True)
def _nothing_slipped() -> Iterator[None]:
    """Fail a test on the virtual clock in which a timer fired while work outside held the clock."""
    _loops.clear()
    yield
    slipped = sum(loop.slipped for loop in _loops)
    assert slipped == 0, f"{slipped} timers fired while something outside the loop was at work"
