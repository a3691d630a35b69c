"""The loop for runs inside one process, and the choice between it and the ordinary loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from testbay.clock.jumploop import JumpLoop
from testbay.clock.localnet import LocalNet

T = TypeVar("T")


class VirtualLoop(LocalNet, JumpLoop):
    """An event loop on virtual time whose network is the inside of this process."""


def run(main: Coroutine[Any, Any, T], virtual: bool) -> T:
    """Run a coroutine to its end on a fresh loop.

    Args:
        main: what to run.
        virtual: on the jumping clock; otherwise on the ordinary loop in real time.

    Raises:
        Stuck: on the jumping clock, when nothing can happen any more.
    """
    factory: Callable[[], asyncio.AbstractEventLoop] | None = VirtualLoop if virtual else None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)
