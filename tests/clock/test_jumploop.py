"""The jumping clock: it jumps, it is held by work outside, and it says so when it is stuck."""

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from testbay.clock import EPOCH, JumpLoop, Stuck, VirtualLoop, now, run, stamp


def loop() -> VirtualLoop:
    running = asyncio.get_running_loop()
    assert isinstance(running, VirtualLoop)
    return running


def block(seconds: float) -> None:
    """Keep a thread busy for some real time."""
    threading.Event().wait(seconds)


async def test_a_long_wait_costs_no_real_time() -> None:
    before = time.perf_counter()
    await asyncio.sleep(86_400)
    assert loop().time() == 86_400.0
    assert time.perf_counter() - before < 3_600


async def test_timers_fire_in_order_and_at_their_time() -> None:
    fired: list[tuple[float, str]] = []

    def note(name: str) -> None:
        fired.append((loop().time(), name))

    loop().call_later(3, note, "c")
    loop().call_later(1, note, "a")
    loop().call_later(2, note, "b")
    await asyncio.sleep(10)
    assert fired == [(1.0, "a"), (2.0, "b"), (3.0, "c")]


async def test_sums_of_floats_do_not_split_timers_that_fall_together() -> None:
    fired: list[str] = []
    loop().call_later(0.3, fired.append, "0.3")
    loop().call_later(0.1, lambda: loop().call_later(0.2, fired.append, "0.1 + 0.2"))
    await asyncio.sleep(0.3)
    await asyncio.sleep(0)
    assert fired == ["0.3", "0.1 + 0.2"]
    assert loop().microseconds == 300_000


async def test_the_wall_clock_follows() -> None:
    assert now() == EPOCH
    await asyncio.sleep(90.5)
    assert stamp(now()) == "2030-01-01T00:01:30.500Z"


async def test_time_outs_are_exact() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(7):
            await asyncio.Event().wait()
    assert loop().time() == 7.0


async def forever() -> None:
    await asyncio.Event().wait()


async def spinning() -> None:
    while True:
        await asyncio.sleep(0)


async def spinning_beside_a_timer() -> None:
    done = asyncio.create_task(asyncio.sleep(5))
    while not done.done():
        await asyncio.sleep(0)


async def ticking() -> None:
    while True:
        await asyncio.sleep(3600)


@pytest.mark.parametrize(
    ("main", "reason"),
    [
        (forever, "nothing is ready, no timer is set"),
        (spinning, "a task spins"),
        (spinning_beside_a_timer, "a task spins"),
        (ticking, "past the horizon"),
    ],
)
def test_a_run_that_would_never_end_is_stuck(main: Any, reason: str) -> None:
    with pytest.raises(Stuck, match=reason) as caught:
        run(main(), virtual=True)
    assert main.__name__ in str(caught.value)


def test_the_horizon_can_be_set() -> None:
    async def main() -> None:
        loop().horizon = 100.0
        await asyncio.sleep(101)

    with pytest.raises(Stuck, match="at 101"):
        run(main(), virtual=True)


def test_a_stuck_run_still_ends_its_tasks() -> None:
    ended: list[str] = []

    async def main() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("main")

    with pytest.raises(Stuck):
        run(main(), virtual=True)
    assert ended == ["main"]


async def test_a_thread_holds_the_clock_and_costs_no_virtual_time() -> None:
    started = threading.Event()

    def work() -> str:
        started.set()
        block(0.05)
        return "done"

    timer = loop().call_later(30, pytest.fail, "the clock was not held")
    assert await loop().run_in_executor(None, work) == "done"
    assert started.is_set()
    assert loop().time() == 0.0
    assert loop().slipped == 0
    assert not loop().held
    timer.cancel()


async def test_asyncio_to_thread_is_held_too() -> None:
    assert await asyncio.wait_for(asyncio.to_thread(block, 0.02), 10) is None
    assert loop().time() == 0.0


async def test_a_subprocess_holds_the_clock() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-S", "-c", "print('hello')", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    assert out == b"hello\n"
    assert loop().time() == 0.0
    assert not loop().held


async def test_a_subprocess_that_cannot_start_releases_the_clock() -> None:
    with pytest.raises(FileNotFoundError):
        await asyncio.create_subprocess_exec("/nonexistent/program")
    assert not loop().held


async def test_work_of_any_kind_can_hold_the_clock() -> None:
    done = asyncio.Event()
    with loop().outside("a thread of our own"):
        running = asyncio.get_running_loop()
        thread = threading.Timer(0.02, lambda: running.call_soon_threadsafe(done.set))
        thread.start()
        await asyncio.wait_for(done.wait(), 10)
    thread.join()
    assert loop().time() == 0.0


def run_and_count(main: Coroutine[Any, Any, None]) -> JumpLoop:
    """Run on a loop that may slip."""
    loops: list[VirtualLoop] = []

    def factory() -> VirtualLoop:
        loops.append(VirtualLoop())
        return loops[0]

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)
    return loops[0]


def test_a_timer_that_fires_while_held_takes_its_real_time_and_is_counted() -> None:
    async def main() -> None:
        fired = threading.Event()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(fired.wait, 60), 0.05)
        fired.set()

    before = time.perf_counter()
    assert run_and_count(main()).slipped == 1
    assert time.perf_counter() - before >= 0.05


def test_the_end_of_the_threads_is_waited_for() -> None:
    done: list[bool] = []

    async def main() -> None:
        loop().run_in_executor(None, lambda: (block(0.05), done.append(True)))

    run(main(), virtual=True)
    assert done == [True]


async def test_sockets_ready_together_are_served_in_the_order_of_registration() -> None:
    served: list[int] = []
    pipes = [os.pipe() for _ in range(5)]
    for number, (reading, _) in enumerate(pipes):
        loop().add_reader(reading, lambda n=number, r=reading: (served.append(n), os.read(r, 1)))
    for _, writing in reversed(pipes):
        os.write(writing, b"x")
    await asyncio.sleep(1)
    for reading, writing in pipes:
        loop().remove_reader(reading)
        os.close(reading)
        os.close(writing)
    assert served == [0, 1, 2, 3, 4]


def test_runs_choose_their_clock() -> None:
    async def main() -> tuple[bool, datetime]:
        return isinstance(asyncio.get_running_loop(), JumpLoop), now()

    assert run(main(), virtual=True) == (True, EPOCH)
    virtual, moment = run(main(), virtual=False)
    assert not virtual
    assert abs((moment - now()).total_seconds()) < 60


def test_without_a_loop_now_is_real_time() -> None:
    assert now().tzinfo is UTC
    assert now() < EPOCH


@pytest.mark.real_clock
async def test_on_the_real_clock_time_really_passes() -> None:
    before, began = now(), time.perf_counter()
    await asyncio.sleep(0.05)
    assert time.perf_counter() - began >= 0.04
    assert 0 < (now() - before).total_seconds() < 30


def test_stamps_are_utc_with_milliseconds() -> None:
    moment = datetime.fromisoformat("2030-06-01T12:00:00.123999+02:00")
    assert stamp(moment) == "2030-06-01T10:00:00.123Z"


def test_a_wait_for_less_than_a_microsecond_ends() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        until = 0.1 + 0.2
        await asyncio.sleep(0.3)
        while loop.time() < until:
            await asyncio.sleep(until - loop.time())
        return loop.time()

    assert run(main(), virtual=True) == pytest.approx(0.3, abs=2e-6)
