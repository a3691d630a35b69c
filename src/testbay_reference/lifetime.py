"""One life of a station: its jobs, which end with it, and how it ends."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Literal

Ending = Literal["reboot", "off", "end"]


class Lifetime:
    """Run the jobs of one life until it ends; an exception in one of them ends it."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._over: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._gone = False
        self.ending = False

    def spawn(self, job: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None] | None:
        """Run a job and return its task; once the life is over, nothing is run."""
        if self._gone:
            job.close()
            return None
        task = asyncio.create_task(job, name=name)
        self._tasks[task] = None
        task.add_done_callback(self._finished)
        return task

    async def over(self) -> Ending:
        """Wait for the end, and return how it ended."""
        return await self._over

    def begin_end(self, reason: str, end: Coroutine[Any, Any, None], ending: Ending) -> None:
        """Begin to end with a job that calls `finish`, unless that has begun.

        Args:
            ending: the program that ends does not wait for the job of another end.
        """
        if not self.ending:
            self.ending = True
            self.spawn(end, f"end: {reason}")
            return
        end.close()
        if ending == "end":
            self.finish(ending)

    def finish(self, ending: Ending) -> None:
        """End, unless that has happened."""
        if not self._over.done():
            self._over.set_result(ending)

    async def close(self) -> None:
        """Stop all jobs, and run none from now on."""
        self.ending = self._gone = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and task.exception() is not None and not self._over.done():
            self._over.set_exception(task.exception() or RuntimeError())
