"""Who acts on the system under test without a person: an automation URL, or a Python object."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from testbay.scenario.role import AUTOMATON, Action, Confirmed, Operator, Performed

if TYPE_CHECKING:
    import httpx


class Control(Protocol):
    """An object that performs actions by name (the control of the reference systems is one)."""

    async def perform(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Do it, or raise an exception whose text says why it was not done."""


class PluginOperator:
    """Has a Python object in this process act."""

    def __init__(self, control: Control, name: str = "plugin") -> None:
        self._control, self._name = control, name

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        """Perform an action."""
        try:
            await self._control.perform(action.name, dict(parameters))
        except Exception as error:
            return Performed(str(error) or type(error).__name__, self._name)
        return Performed("done", self._name)

    async def confirm(self, uid: str, question: str) -> Confirmed:
        """Leave a question open: only a person can see."""
        return Confirmed(None, self._name)


class Split:
    """Has one operator act, and another, a person, answer what can only be seen."""

    def __init__(self, acts: Operator, sees: Operator) -> None:
        self._acts, self._sees = acts, sees

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        """Perform an action."""
        return await self._acts.perform(uid, action, parameters, closed)

    async def confirm(self, uid: str, question: str) -> Confirmed:
        """Answer a question."""
        return await self._sees.confirm(uid, question)


class HttpOperator:
    """Has an automation API act: ``POST URL/actions/<name>`` with the parameters as JSON.

    Args:
        url: base of the API.
        timeout: how long one action may take (s).
    """

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        import httpx  # now, as it takes a while: no case must wait for it

        self.url = url
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False)

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        """Perform an action."""
        import httpx

        where = f"{self.url.rstrip('/')}/actions/{action.name}"
        try:
            answer = await self._client.post(where, json=dict(parameters))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = str(error) or type(error).__name__
            return Performed(f"the automation API at {self.url} cannot be used: {why}", AUTOMATON)
        if answer.is_success:
            return Performed("done", AUTOMATON)
        return Performed(f"the automation API says {answer.status_code}: {_why(answer)}", AUTOMATON)

    async def confirm(self, uid: str, question: str) -> Confirmed:
        """Leave a question open: only a person can see."""
        return Confirmed(None, AUTOMATON)

    async def close(self) -> None:
        """Close the connection to the API."""
        await self._client.aclose()


def _why(answer: httpx.Response) -> str:
    try:
        detail = answer.json().get("detail")
    except (ValueError, AttributeError):
        detail = None
    return str(detail) if detail else answer.text[:200]
