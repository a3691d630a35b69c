"""Act on a reference system from outside: named actions with typed parameters, also over HTTP."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from fastapi import FastAPI


class Refused(Exception):
    """Say in a sentence why an action cannot be done now."""


class UnknownAction(LookupError):
    """Name an action that this system does not have."""


class Parameters(BaseModel):
    """Base of the parameters of an action: typed, and nothing besides them."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Parameters):
    """Stand for an action without parameters."""


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class Action(Generic[P]):
    """Describe one action: a stable name, a sentence for a person, parameters, what it does.

    Args:
        do: performs the action and returns what there is to tell (usually nothing).
    """

    name: str
    sentence: str
    parameters: type[P]
    do: Callable[[P], Awaitable[dict[str, Any] | None]]


class Control:
    """Offer the actions of one reference system, and its state for display."""

    def __init__(
        self,
        title: str,
        actions: Sequence[Action[Any]],
        state: Callable[[], dict[str, Any]],
    ) -> None:
        self.title = title
        self.actions = tuple(actions)
        self._by_name = {action.name: action for action in self.actions}
        self._state = state

    def state(self) -> dict[str, Any]:
        """Return what the system is doing now, as plain JSON values."""
        return self._state()

    async def perform(self, name: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        """Do an action by name.

        Raises:
            UnknownAction: there is no action of that name.
            Refused: the parameters are wrong, or it cannot be done now.
        """
        action = self._by_name.get(name)
        if action is None:
            near = get_close_matches(name, self._by_name, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(self._by_name)}"
            raise UnknownAction(f"there is no action {name!r}; {hint}")
        try:
            values = action.parameters.model_validate(parameters or {})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "parameters"
            raise Refused(f"{name}: {where}: {first['msg']}") from None
        return await action.do(values) or {}


def control_app(control: Control) -> "FastAPI":
    """Serve a control over HTTP: `POST /actions/NAME`, `GET /state`, `/openapi.json`."""
    from fastapi import FastAPI, HTTPException

    app = FastAPI(title=control.title, version="1")

    @app.get("/state", summary="Tell what the system is doing now", operation_id="state")
    async def state() -> dict[str, Any]:
        return control.state()

    def add(action: Action[Any]) -> None:
        async def perform(values: Any = None) -> dict[str, Any]:
            try:
                return await control.perform(action.name, values.model_dump() if values else {})
            except Refused as refused:
                raise HTTPException(409, str(refused)) from None

        perform.__annotations__["values"] = action.parameters | None
        app.post(
            f"/actions/{action.name}",
            summary=action.sentence,
            operation_id=action.name,
            responses={409: {"description": "It cannot be done now; the sentence says why."}},
        )(perform)

    for action in control.actions:
        add(action)
    return app


@contextlib.asynccontextmanager
async def serve_control(control: Control, port: int, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Serve the control over HTTP for as long as the context lasts; give the port in use.

    Args:
        port: TCP port; 0 takes a free one.

    Raises:
        OSError: the port cannot be used.
    """
    import uvicorn

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # the process that runs the system decides about signals

    with socket.create_server((host, port)) as listening:
        config = uvicorn.Config(control_app(control), log_level="warning", lifespan="off")
        server = Server(config)
        task = asyncio.create_task(server.serve([listening]), name="control over HTTP")
        try:
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            await task
