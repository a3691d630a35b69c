"""What conforming systems of OCPP 1.6 say and do otherwise than the reference."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from testbay.proof.tolerance16_dress import DRESSES
from testbay.proof.tolerance16_said import BEGINNING, OF_CSMS, OF_STATION, PASSING, Seen16
from testbay.proof.tolerance16_setups import CSMSS, ONLY, STATIONS
from testbay.proof.tolerance_acts import Rewrite
from testbay.proof.tolerance_beats import OwnBeats
from testbay.proof.tolerance_run import Conforming, Passed
from testbay.proof.tolerance_speech import Otherwise, Speech
from testbay.suites.ocpp16.heartbeats import BEAT, Beats
from testbay.suites.ocpp16.metering import STAMP

BEGINS = ("Authorize", "Preparing")
PAIRS = (("StartTransaction", "Charging"), ("StopTransaction", "Finishing"))
EITHER_WAY = "StartTransaction and Charging, StopTransaction and Finishing may be reversed (1.2)."
TOKEN_FIRST = "Preparing may come before Authorize, as a usage begins with the token (4.9, A2)."
CHANGES_A_KEY = ("TC_002_CS", "TC_021_CS", "TC_073_CS")  # the text wants Accepted
OFTEN = (4.0, 7.0, 11.0)  # s
EXCEPTED = {
    "TC_059_CSMS": {
        "written: remote start without a connector": "Step 1 wants the connector of the cases."
    },
}
"""For a case, the beginnings of what is not tried on it, with the reason."""


def _reversible(base: Conforming, one: Passed, two: Passed) -> str:
    both = ((one.action, two.payload.get("status")), (two.action, one.payload.get("status")))
    if BEGINS in both:  # where the case itself has Authorize first, 1.2 names the other pairs only
        fixed = _fixed(base, one.place.uid) and _fixed(base, two.place.uid)
        return "" if fixed else TOKEN_FIRST
    return EITHER_WAY if any(pair in PAIRS for pair in both) else ""


def _fixed(base: Conforming, uid: str) -> bool:
    """Return whether the order of a message is for the case to say: not for a preparation."""
    known = {m.wire_uid: m.uid for m in base.run.test.box.log}
    where = [r for r in base.run.test.recorder.results if known.get(uid) in r.subjects]
    return any(r.phase == "main" and "Authorized" not in r.label for r in where)


def _judged(base: Conforming) -> dict[str, None]:
    """Return what the intervals of 4.6 and 4.7 are measured of."""
    measured = base.measured()
    beats = any(m.action == BEAT and m.wire_uid in measured for m in base.run.test.box.log)
    names = (BEAT,) if beats else ()
    samples = any(STAMP in text for text in base.texts())
    return dict.fromkeys((*names, "periodic MeterValues") if samples else names)


def _measures(check: Any, action: str) -> bool:
    return isinstance(check, Beats) and action == BEAT


def _special(base: Conforming) -> Iterator[Otherwise]:
    yield from _answered(base)
    yield from _beating(base)


def _answered(base: Conforming) -> Iterator[Otherwise]:
    """Answer otherwise where the answer is not what the case is about."""
    if base.sut != "station" or base.case in CHANGES_A_KEY:
        return
    for frame in base.answers:
        if frame.action == "ChangeConfiguration" and frame.payload["status"] == "Accepted":
            yield Otherwise(
                "RebootRequired",
                "A setting may take effect after the next boot only (5.3).",
                frame.words,
                partial(Rewrite, frame.place, {"status": "RebootRequired"}),
            )


def _beating(base: Conforming) -> Iterator[Otherwise]:
    """Send Heartbeats as stations do that count inactivity, or leave some out."""
    if BEAT not in _judged(base):
        return
    for skips, text in (
        (False, "The interval of Heartbeats counts inactivity, so a message begins it anew (9)."),
        (True, "A Heartbeat may be left out when another message was sent in its interval (4.6)."),
    ):
        for seconds in OFTEN:
            yield Otherwise(
                "Heartbeats left out" if skips else "Heartbeats after silence",
                text,
                f"something else {seconds:g} s after every second one",
                partial(OwnBeats, skips, seconds),
            )


def _begins(frame: Passed) -> bool:
    return frame.action == "StartTransaction" or frame.payload.get("status") == "Charging"


def _passes(frame: Passed) -> bool:
    wanted = [p for pair in PAIRS for p in pair]
    return frame.action in wanted or frame.payload.get("status") in wanted


SPEECH = Speech(
    seen=Seen16,
    here="connector_id",
    station=OF_STATION,
    csms=OF_CSMS,
    passing=((BEGINNING, _begins, True), *((saying, _passes, False) for saying in PASSING)),
    reversible=_reversible,
    numbered=("StartTransaction", "StopTransaction", "MeterValues"),
    written=DRESSES,
    stations=STATIONS,
    csmss=CSMSS,
    only=ONLY,
    special=_special,
    judged=_judged,
    measures=_measures,
    boots_itself=("TC_001_CSMS",),
    excepted=EXCEPTED,
)
