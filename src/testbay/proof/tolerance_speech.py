"""What conforming systems of a version say and do otherwise, as data: one such table a version."""

from __future__ import annotations

import asyncio
import functools
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from testbay.clock.jumploop import EPOCH
from testbay.clock.wall import stamp
from testbay.proof.setups import Setup
from testbay.proof.tolerance_acts import Says
from testbay.proof.tolerance_dress import Dressed
from testbay.proof.tolerance_wire import Act, Seen

if TYPE_CHECKING:
    from testbay.proof.tolerance_run import Conforming, Passed

MODULES = {
    "1.6": "testbay.proof.tolerance16",
    "2.0.1": "testbay.proof.tolerance201",
}


@dataclass(frozen=True, slots=True)
class Saying:
    """Requests that come unasked.

    Args:
        text: the sentence that says why they are allowed.
        rare: a station that says it all the time does not come to rest.
    """

    name: str
    text: str
    says: Says
    rare: bool = False


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What is done otherwise at one place of a run, or all over it.

    Args:
        act: makes what is done there.
    """

    name: str
    text: str
    where: str
    act: Callable[[], Act]


Built = tuple[tuple[str, Setup], ...]
"""Ways to build and configure a system, each with the sentence that says why it may be so."""


@dataclass(frozen=True, slots=True)
class Speech:
    """What is said in a version, and what else might be.

    Args:
        seen: makes what follows a station by its messages.
        here: name of the configured value that says where the cases take place.
        station, csms: what these say unasked.
        passing: what a station says in between, and before or after which of its requests.
        reversible: why two requests that follow each other may change places; empty: they may not.
        numbered: the requests that may be sent again with another message id.
        written: how frames may look.
        stations, csmss: how these may be built.
        only: how they may be built for single cases.
        special: what only this version has.
        judged: the names of what a case is about, so that one more is against its text.
        measures: whether a check looks at the moments at which messages of an action arrive.
        answered_first: the calls whose answer comes before what they bring about.
        boots_itself: the cases that begin with a boot which the CSMS has to accept.
        excepted: for a case, the beginnings of what is not tried on it, each with the reason.
    """

    seen: Callable[[], Seen]
    here: str
    station: tuple[Saying, ...]
    csms: tuple[Saying, ...]
    passing: tuple[tuple[Saying, Callable[[Passed], bool], bool], ...]
    reversible: Callable[[Conforming, Passed, Passed], str]
    numbered: tuple[str, ...]
    written: tuple[Dressed, ...]
    stations: Built
    csmss: Built
    only: Mapping[str, Built] = field(default_factory=dict)
    special: Callable[[Conforming], Iterator[Otherwise]] = lambda base: iter(())
    judged: Callable[[Conforming], Mapping[str, None]] = lambda base: {}
    measures: Callable[[Any, str], bool] = lambda check, action: False
    answered_first: tuple[str, ...] = ()
    boots_itself: tuple[str, ...] = ()
    excepted: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@functools.cache
def speech(ocpp: str) -> Speech:
    """Return what is said in a version.

    Raises:
        KeyError: nothing is known of it.
    """
    found: Speech = importlib.import_module(MODULES[ocpp]).SPEECH
    return found


def now() -> str:
    """Return the moment as a message has it."""
    return stamp(EPOCH + timedelta(seconds=asyncio.get_running_loop().time()))


def fixed(action: str, payload: dict[str, Any]) -> Says:
    """Return what says the same at any time."""
    return lambda seen: ((action, payload),)
