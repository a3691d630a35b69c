"""What may not be told of availability: what goes down unasked, too early or not for good (G)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from testbay.scenario.checks import Judges, Resolve, any_of, eq, satisfies
from testbay.scenario.values import OMITTED, pick
from testbay.suites.ocpp201.checks import same_text
from testbay.suites.ocpp201.configured import cfg

if TYPE_CHECKING:
    from testbay.suites.ocpp201.station_test import StationTest

STATUSES = ("StatusNotification", "NotifyEvent")
DOWN = "Unavailable"
STILL = "what else it puts out of operation it has told by then"
STAYS = (
    "The state that it is in already must stay: what the station tells within silence_time is not "
    "otherwise."
)
NO_OTHER = "What is not meant stays as it is, which is watched for settle_time (G03.FR.06)."
Place = tuple[Any, Any]
"""The numbers of an EVSE and a connector; OMITTED where a message names none."""
Meant = Callable[[Place, Place], bool]
"""Whether a place that tells its status is one that counts, given the one that is meant."""


def _told(payload: Any) -> tuple[str, Place]:
    """Return the status that a message tells, and of what."""
    status = pick(payload, "connectorStatus")
    if status is not OMITTED:
        return str(status), (pick(payload, "evseId"), pick(payload, "connectorId"))
    if not same_text(pick(payload, "eventData[0].variable.name"), "AvailabilityState"):
        return "", (OMITTED, OMITTED)
    at = "eventData[0].component.evse"
    place = pick(payload, f"{at}.id"), pick(payload, f"{at}.connectorId")
    return str(pick(payload, "eventData[0].actualValue")), place


def _tells(words: str, down: bool, meant: Meant, evse: Any, connector: Any) -> Judges:
    def accepts(payload: Any, resolve: Resolve) -> bool:
        status, place = _told(payload)
        fits = status != "" and (status == DOWN) == down
        return fits and meant(place, (resolve(evse), resolve(connector)))

    return satisfies("", words, accepts, values=(evse, connector))


def _is(place: Place, meant: Place) -> bool:
    """The whole station is meant where no EVSE is, and all of an EVSE where no connector is."""
    return all(m in (None, p) for p, m in zip(place, meant, strict=True))


def _is_other(place: Place, meant: Place) -> bool:
    """An EVSE may go down with its only connector, and a station with its only EVSE."""
    return any(m is not None and p not in (OMITTED, m) for p, m in zip(place, meant, strict=True))


def goes_down(evse: Any = None, connector: Any = None) -> Judges:
    """Return what selects that this place, or one in it, is told to be out of operation."""
    return _tells("something goes out of operation", True, _is, evse, connector)


def comes_up(evse: Any = None, connector: Any = None) -> Judges:
    """Return what selects that this place, or one in it, tells another status than Unavailable."""
    return _tells("something tells a status other than Unavailable", False, _is, evse, connector)


def other_goes_down(evse: Any, connector: Any = None) -> Judges:
    """Return what selects that something else than this place is told to be out of operation."""
    return _tells("something that is not meant goes down", True, _is_other, evse, connector)


async def stay_available(t: StationTest, step: int | str) -> None:
    """See that nothing goes out of operation."""
    await t.nothing(step, *STATUSES, where=goes_down(), during=cfg.silence_time)


async def stay_unavailable(
    t: StationTest, step: int | str, evse: Any = None, connector: Any = None
) -> None:
    """See that what is out of operation tells no other status; all of the station by default."""
    await t.nothing(step, *STATUSES, where=comes_up(evse, connector), during=cfg.silence_time)


async def goes_on_until_over(t: StationTest, step: int | str, *, others: bool = False) -> None:
    """See the transaction go on, and its connector stay up, though it is to go down (G03.FR.05).

    Args:
        others: the other EVSEs go down meanwhile, at step 3.
    """
    early = any_of(eq("eventType", "Ended"), goes_down(cfg.evse_id, cfg.connector_id))
    async with t.forbid(step, "TransactionEvent", *STATUSES, where=early):
        if others:
            await t.others_report(3, "Unavailable")
        await t.wait(cfg.transaction_duration, "the transaction has its configured duration")
