"""What holds of the messages of a station in every case, whatever its steps say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testbay.scenario.case import Rule
from testbay.scenario.checks import satisfies
from testbay.scenario.many import Every

if TYPE_CHECKING:
    from testbay.suites.ocpp16.station_test import StationTest

NUMBER = "transactionId"
NEVER_TOLD = -1  # of a transaction whose number has not arrived (errata 3.18)


def rules(t: StationTest) -> tuple[Rule, ...]:
    """Have each StopTransaction that a step took end a transaction that the tool has numbered.

    Those of a preparation are its own.
    """
    replies = [m.reply for m in t.box.of("StartTransaction")]
    given: set[Any] = {*t.running_before, *(r[NUMBER] for r in replies if isinstance(r, dict))}
    if t.box.of("@closed"):
        given.add(NEVER_TOLD)
    steps_took = t.box.claims[t.prepared :]
    taken = {m.get(NUMBER) for m in steps_took if m.action == "StopTransaction"}
    steps = satisfies(NUMBER, "is that of a step", lambda a, _: a in taken)
    known = satisfies(NUMBER, "is one that the tool has given", lambda a, _: a in given)
    return (Rule(("StopTransaction",), (Every(known),), steps),)
