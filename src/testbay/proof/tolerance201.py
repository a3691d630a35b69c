"""What conforming systems of OCPP 2.0.1 say and do otherwise than the reference."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from testbay.proof.tolerance201_acts import LaterReset, OwnComponents, Paged, Restated
from testbay.proof.tolerance201_dress import DRESSES
from testbay.proof.tolerance201_said import (
    EVENT,
    NOTICE,
    OF_CSMS,
    OF_STATION,
    STATUS,
    STOPPING,
    SUSPENDED,
    Seen201,
)
from testbay.proof.tolerance201_setups import CSMSS, STATIONS
from testbay.proof.tolerance_run import Conforming, Passed
from testbay.proof.tolerance_speech import Otherwise, Speech

SECURITY = "SecurityEventNotification"
ANY_ORDER = "Statuses and events of transactions may come in any order (part 6, 2.1)."
NUMBERED = "Events of transactions need not come in their order (part 6, 2.1)."
INDEPENDENT = "Statuses of several connectors and events of security have no order (B01, G01)."


def _reversible(base: Conforming, one: Passed, two: Passed) -> str:
    both = {one.action, two.action}
    if EVENT in both and both & {STATUS, NOTICE}:
        return ANY_ORDER
    if both == {EVENT}:
        return NUMBERED
    free = both <= {STATUS, NOTICE, SECURITY}
    return INDEPENDENT if free and _about(one) != _about(two) else ""


def _about(frame: Passed) -> object:
    """Return what a message is about: two of the same keep their order."""
    if frame.action == STATUS:
        return frame.payload["evseId"], frame.payload["connectorId"]
    if frame.action == NOTICE:
        return [event["component"] for event in frame.payload["eventData"]]
    return frame.action


def _special(base: Conforming) -> Iterator[Otherwise]:
    if base.sut != "station":
        return
    reports = any(f.action == "NotifyReport" for f in base.requests)
    for size in (1, 7, 0) if reports else ():
        yield Otherwise(
            "parts of reports",
            "How many variables a part of a report has is for the station to choose (B07).",
            f"{size or 'all'} at once",
            partial(Paged, size),
        )
    if reports:
        text = "A station has components and variables of its own."
        yield Otherwise("components of the vendor", text, "", OwnComponents)
    events = any(f.action == EVENT for f in base.requests)
    for place in (False, True) if events else ():
        yield Otherwise(
            "events tell where they are" if place else "events tell their state",
            "An event may tell again what has not changed (TransactionEventRequest).",
            "",
            partial(Restated, place),
        )
    if any("attributeStatus" in text for text in base.texts()):
        return  # the case wants the status to be Accepted
    for frame in base.answers:
        results = frame.payload.get("setVariableResult", ())
        shows = any(r["component"]["name"] == "SecurityCtrlr" for r in results)
        if not shows and any(r["attributeStatus"] == "Accepted" for r in results):
            yield Otherwise(
                "RebootRequired",
                "A variable may take effect after the next restart only (B05).",
                frame.words,
                partial(LaterReset, frame.place),
            )


def _judged(base: Conforming) -> dict[str, None]:
    """Return what is not left out where the case is about it."""
    about = ("meterValue", "sampledValue", "signed value")
    measured = any(word in text for text in base.texts() for word in about)
    return dict.fromkeys(("no meter values in events",) if measured else ())


def _flows(frame: Passed) -> bool:
    info = frame.payload.get("transactionInfo", {})
    queued = frame.payload.get("offline", False)  # what is added is not from the queue
    return frame.action == EVENT and info.get("chargingState") == "Charging" and not queued


def _resets(frame: Passed) -> bool:
    return frame.action == EVENT and frame.payload["triggerReason"] == "ResetCommand"


_ADDED = (
    *(f"unasked: {saying.name}" for saying in SUSPENDED),
    *("unasked: periodic values of", "unasked: clock-aligned values of"),
    *("unasked: another charging rate", "unasked: energy suspended"),
)
_NO_RETRY = "An event that is not answered is sent again, which what is added is not."
_RETRIED = {
    **dict.fromkeys(_ADDED, _NO_RETRY),
    "sent again": "How often, and when, an event is sent again is what is judged.",
    "swapped": "What is not answered holds up the events behind it.",
    "connection": "A connection that is lost begins the pauses between attempts anew.",
}
_ELSEWHERE = dict.fromkeys(
    ("connection lost, after Boot", "connection closed, after Boot"),
    "A station tries its profiles in turn, and the tool turns away the first of them.",
)
_CUT_OFF = {
    "unasked: energy suspended for a moment, after TransactionEvent": (
        "The connection ends meanwhile, and what is added is not queued."
    )
}
_NO_VALUES = {"built: no measurands": "The case wants meter values."}
EXCEPTED = {
    "TC_B_08_CSMS": {
        "written: names in": "The reference looks for its own way of writing in the answer."
    },
    "TC_E_11_CS": _NO_VALUES,
    "TC_F_13_CS": _NO_VALUES,
    "TC_F_14_CS": _NO_VALUES,
    "TC_A_23_CS": {
        "connection lost": "The reference does not ask again where it was to ask while offline."
    },
    "TC_B_30_CS": {"sent again": "Who has not been told Rejected need not refuse (B03.FR.08)."},
    "TC_B_46_CS": _ELSEWHERE,
    "TC_E_22_CS": {"unasked: energy suspended": "That ends the transaction here (E06.FR.07)."},
    "TC_E_30_CS": {"sent again": "An event whose answer was lost is in the queue."},
    "TC_E_31_CS": {
        **_CUT_OFF,
        "a slow person, the connection is lost": (
            "The case has the station wait long before it connects again; it is still offline "
            "when the token is shown."
        ),
    },
    "TC_E_29_CS": _CUT_OFF,
    "TC_E_33_CS": _CUT_OFF,
    "TC_E_40_CS": _CUT_OFF,
    "TC_E_43_CS": dict.fromkeys(_ADDED, "What is added in the queue is not marked as offline."),
    "TC_E_44_CS": _CUT_OFF,
    "TC_E_45_CS": _CUT_OFF,
    "TC_E_41_CS": _RETRIED,
    "TC_E_42_CS": _RETRIED,
    "TC_E_46_CS": {"built: no reader": "With EIM a token is presented (Authorized15118)."},
    "TC_E_50_CS": {
        **_RETRIED,
        "a line that takes 1.5 s": "A Heartbeat alone takes as long as the pauses may differ.",
    },
    "TC_E_51_CS": _RETRIED,
}
"""For a case, the beginnings of what is not tried on it, with the reason."""

SPEECH = Speech(
    seen=Seen201,
    here="evse_id",
    station=OF_STATION,
    csms=OF_CSMS,
    passing=(*((saying, _flows, False) for saying in SUSPENDED), (STOPPING, _resets, False)),
    reversible=_reversible,
    numbered=(EVENT,),
    written=DRESSES,
    stations=STATIONS,
    csmss=CSMSS,
    special=_special,
    judged=_judged,
    answered_first=("TriggerMessage",),  # F06.FR.04
    excepted=EXCEPTED,
)
