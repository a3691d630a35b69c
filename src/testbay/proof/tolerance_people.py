"""People who act at the system under test in their own time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from testbay.scenario.role import Action, Confirmed, Operator, Performed


@dataclass(frozen=True, slots=True)
class Pace:
    """How a person acts.

    Args:
        before: how long it takes until the action is done (s).
        after: how long it takes from there until it is said (s).
        closes: whether it is left unsaid once the prompt has closed.
    """

    before: float = 0.0
    after: float = 0.0
    closes: bool = True


@dataclass
class Person:
    """Acts in the place of another operator, at a pace of its own.

    Args:
        meanwhile: what happens halfway before the action is done.
    """

    inner: Operator
    pace: Pace
    meanwhile: Callable[[], None] | None = None

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        """Do it after a while, say so after another."""
        await asyncio.sleep(self.pace.before / 2)
        if self.meanwhile is not None:
            self.meanwhile()
        await asyncio.sleep(self.pace.before / 2)
        done = await self.inner.perform(uid, action, parameters, closed)
        if not self.pace.closes:
            await asyncio.sleep(self.pace.after)
            return done
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.pace.after):
                await closed.wait()
                return Performed("closed", done.by) if done.result == "done" else done
        return done

    async def confirm(self, uid: str, question: str) -> Confirmed:
        """Look for a while, then answer."""
        await asyncio.sleep(self.pace.before)
        return await self.inner.confirm(uid, question)
