"""A station as a thing with a switch: it lives one life after the other while it has power."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from testbay_reference.control import Nothing, Refused
from testbay_reference.hardware import Meter
from testbay_reference.lifetime import Ending
from testbay_reference.link import Note


class Life(Protocol):
    """The software of a station from power-on or reset to the next."""

    async def run(self) -> Ending: ...
    def restart(self, reason: str, /, *, deliver: bool, ending: Ending = ...) -> None: ...
    def state(self) -> dict[str, Any]: ...


L = TypeVar("L", bound=Life)


@dataclass(frozen=True, slots=True)
class Switch:
    """What a person does at the power supply, as actions."""

    power_off: Callable[[], None]
    power_on: Callable[[], None]

    async def off(self, _values: Nothing) -> None:
        """Switch off."""
        self.power_off()

    async def on(self, _values: Nothing) -> None:
        """Switch on."""
        self.power_on()

    async def cycle(self, _values: Nothing) -> None:
        """Switch off and on again at once."""
        self.power_off()
        self.power_on()


class Powered(Generic[L]):
    """Switch on and off; the base of the stations of all versions.

    Args:
        begin: makes the next life, of the one that ended last.
        meters: measure nothing between two lives.
        warned: whether running transactions are told about before the power is gone.
        log: takes a line about everything that happens.
    """

    def __init__(
        self,
        identity: str,
        begin: Callable[[L | None], L],
        meters: Iterable[Meter],
        *,
        warned: bool,
        log: Note,
    ) -> None:
        self._identity = identity
        self._begin = begin
        self._meters = tuple(meters)
        self._warned = warned
        self._log = log
        self._life: L | None = None
        self._before: L | None = None
        self._powered = True
        self._stopping = False
        self._power_on = asyncio.Event()
        self._done = asyncio.Event()
        self._done.set()

    async def run(self) -> None:
        """Boot and serve until `stop`.

        Raises:
            RuntimeError: the station runs already.
        """
        if not self._done.is_set():
            raise RuntimeError("the station runs already")
        self._stopping = False
        self._done.clear()
        try:
            while not self._stopping:
                if self._powered:
                    await self._live()
                else:
                    self._power_on.clear()
                    await self._power_on.wait()
        finally:
            self._done.set()

    async def stop(self) -> None:
        """End the station as if it was switched off, and wait until `run` has returned."""
        self._stopping = True
        self._power_on.set()
        if self._life is not None:
            self._life.restart("PowerLoss", deliver=False, ending="end")
        await self._done.wait()

    def state(self) -> dict[str, Any]:
        """Return what is going on, for display."""
        state: dict[str, Any] = {"identity": self._identity, "powered": self._powered}
        return state | (self._life.state() if self._life is not None else {"connected": False})

    @property
    def life(self) -> L | None:
        """Return the running software; None without power."""
        return self._life

    def alive(self) -> L:
        """Return the running software.

        Raises:
            Refused: the station has no power.
        """
        if self._life is None:
            raise Refused("the station has no power")
        return self._life

    def power_off(self) -> None:
        """Take the power away; with a back-up source the station says so first."""
        self._powered = False
        if self._life is not None:
            self._life.restart("PowerLoss", deliver=self._warned, ending="off")

    def power_on(self) -> None:
        """Give the power back."""
        self._powered = True
        self._power_on.set()

    @property
    def switch(self) -> Switch:
        """Return what a person does at the power supply."""
        return Switch(self.power_off, self.power_on)

    async def _live(self) -> None:
        life = self._life = self._begin(self._before)
        try:
            ending = await life.run()
            self._log(f"ended: {ending}")
            self._before = life
        finally:
            for meter in self._meters:
                meter.flow(0.0, asyncio.get_running_loop().time())
            self._life = None
