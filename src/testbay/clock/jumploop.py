"""An asyncio event loop on virtual time: when nothing is ready, the clock jumps to the next timer.

Otherwise it is the ordinary selector loop, with real sockets, TLS and libraries. The rules:

* It jumps only after a poll found nothing ready while nothing outside the loop is at work. What one
  AF_UNIX socket of this process sent is readable at its peer when send() returns, so that poll sees
  all data in flight. ``localnet`` puts every connection inside the process on such sockets.
* Work outside the loop holds the clock: run_in_executor, getaddrinfo, subprocesses, TCP connections
  (their other end is a thread or a process) and ``with loop.outside("what")``. A timer then fires
  only after its delay has really passed, so nothing hangs; the time such work takes is not added,
  so it leaves no trace. ``loop.slipped`` counts timers that fired while held: 0 if deterministic.
* Stuck is raised where a run would never end: nothing ready, no timer and nothing outside; a task
  that spins on sleep(0), which stops the clock; periodic timers that run past the horizon.
* Sockets ready together are served in the order of registration, not the kernel's.

Time counts whole microseconds from 0; ``loop.wall()`` is EPOCH plus that.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import selectors
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
"""Wall clock at loop time 0."""

SPIN_LIMIT = 100_000
"""Rounds of the loop without any waiting after which a task is taken to spin."""

HORIZON = 7 * 86_400.0
"""Loop time, in seconds, after which only periodic timers can be left."""


class Stuck(RuntimeError):
    """The loop can make no progress."""


class _JumpSelector(selectors.DefaultSelector):
    """Poll with time-out 0 and, if nothing is ready, advance the clock of the loop."""

    def __init__(self, loop: JumpLoop) -> None:
        super().__init__()
        self.loop = loop
        self.spins = 0
        self.serial = itertools.count()
        self.order: dict[int, int] = {}
        self.tcp: set[int] = set()  # descriptors of connections that leave this process

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = super().register(fileobj, events, data)
        self.order[key.fd] = next(self.serial)
        if _is_tcp_connection(key.fd):
            self.tcp.add(key.fd)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = super().unregister(fileobj)
        self.tcp.discard(key.fd)
        return key

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            self.spins = 0 if ready else self.spins + 1
            if self.spins > SPIN_LIMIT:
                raise self.stuck(f"{SPIN_LIMIT} rounds without waiting: a task spins")
            if len(ready) > 1:
                ready.sort(key=lambda event: self.order[event[0].fd])
            return ready
        self.spins = 0
        if self.loop.held or self.tcp:
            ready = super().select(timeout)
            self.loop.slipped += not ready
        elif timeout is None:
            raise self.stuck("nothing is ready, no timer is set, nothing is at work outside")
        if not ready and timeout:
            # at least one: a wait for less, left over from a sum of floats, must not stand still
            self.loop.microseconds += max(1, round(timeout * 1e6))
            if self.loop.time() > self.loop.horizon:
                raise self.stuck("past the horizon; only periodic timers can be left")
        return ready

    def stuck(self, why: str) -> Stuck:
        self.spins = 0  # the loop runs once more to cancel its tasks
        tasks = sorted(repr(task) for task in asyncio.all_tasks(self.loop))
        listed = "".join(f"\n  {task}" for task in tasks)
        return Stuck(f"at {self.loop.time():.6f} s: {why}. Tasks:{listed}")


class JumpLoop(asyncio.SelectorEventLoop):
    """A selector loop whose clock jumps to the next timer when nothing is ready."""

    def __init__(self) -> None:
        self.microseconds = 0
        self.slipped = 0
        """Timers that fired while work outside held the clock; 0 in a deterministic run."""
        self.horizon = HORIZON
        """Loop time in seconds at which the run is given up."""
        self.held: dict[object, str] = {}
        super().__init__(_JumpSelector(self))
        self._clock_resolution = 1e-6  # timers less than a microsecond apart fire together

    def time(self) -> float:
        """Return the virtual time in seconds since the loop was made."""
        return self.microseconds / 1e6

    def wall(self) -> datetime:
        """Return the virtual date and time, in UTC."""
        return EPOCH + timedelta(microseconds=self.microseconds)

    def hold(self, what: str) -> Callable[[], object]:
        """Hold the clock until the returned function is called."""
        token = object()
        self.held[token] = what
        return lambda: self.held.pop(token, None)

    @contextlib.contextmanager
    def outside(self, what: str) -> Iterator[None]:
        """Hold the clock during work that this loop cannot see."""
        release = self.hold(what)
        try:
            yield
        finally:
            release()

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        future = super().run_in_executor(executor, func, *args)
        release = self.hold(f"thread: {func!r}")
        future.add_done_callback(lambda _: release())
        return future

    async def shutdown_default_executor(self, *args: Any) -> None:
        with self.outside("end of the threads"):
            await super().shutdown_default_executor(*args)

    async def _make_subprocess_transport(
        self, protocol: Any, args: Any, *rest: Any, **kwargs: Any
    ) -> Any:
        release, lost = self.hold(f"subprocess: {args!r}"), protocol.connection_lost
        protocol.connection_lost = lambda exc: (release(), lost(exc))
        try:
            return await super()._make_subprocess_transport(  # type: ignore[misc]
                protocol, args, *rest, **kwargs
            )
        except BaseException:
            release()
            raise


def _is_tcp_connection(fd: int) -> bool:
    try:
        with socket.socket(fileno=os.dup(fd)) as sock:
            if sock.family not in (socket.AF_INET, socket.AF_INET6):
                return False
            if sock.type != socket.SOCK_STREAM:
                return False
            return not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        return False  # a pipe
