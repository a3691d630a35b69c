"""Journals as a run writes them, made up: every kind of event, two lanes, all that can go wrong."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from testbay.scenario import events
from testbay.scenario.events import Event, Stamped

BEGIN = datetime(2026, 11, 21, 10, 20, 30, tzinfo=UTC)
CONFIG = {
    "valid_id_tag": "TAG1",
    "connector_id": 1,
    "long_operation_timeout": 450,
    "reboot_time": 180,
    "password": "(secret)",
}
PRODUCT = {"reservation": True, "local_auth_list": True, "cable_lock": False}
HOSTILE = '</code><script>alert("TC")</script><img src=x onerror=alert(1)>'


def stamp(moment: datetime) -> str:
    """Return a moment as the journal has it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Case:
    """A case being run: what it emits, with a clock of its own.

    Args:
        offset: when it begins, after the beginning of the run (s).
    """

    id: str
    title: str
    group: str
    offset: float = 0.0
    lane: int = 1
    attempt: int = 1
    sut: str = "station"
    readings: tuple[str, ...] = ()
    known: dict[str, Any] = field(default_factory=dict)
    t: float = 0.0
    lines: list[Stamped] = field(default_factory=list)
    checks: int = 0
    connection: int = 1

    def __post_init__(self) -> None:
        self._uid = self._calls = self._acts = 0
        started = stamp(BEGIN + timedelta(seconds=self.offset))
        self.emit(
            events.CaseStarted(
                self.title,
                "1.6",
                self.sut,
                self.group,
                self.lane,
                7,
                started,
                CONFIG,
                self.known,
                list(self.readings),
            )
        )

    def emit(self, event: Event) -> None:
        """Emit an event at the present time."""
        at = stamp(BEGIN + timedelta(seconds=self.offset + self.t))
        self.lines.append(Stamped(self.t, at, self.id, self.attempt, event))

    def later(self, seconds: float) -> Case:
        """Let time pass."""
        self.t += seconds
        return self

    def phase(self, name: str) -> None:
        """Enter a phase."""
        self._phase = name
        self.emit(events.Phase(name))

    def frame(self, direction: str, message: Any) -> None:
        """Put a text on the wire."""
        text = message if isinstance(message, str) else orjson.dumps(message).decode()
        self.emit(events.Frame(direction, text, self.connection))

    def judge(
        self,
        label: str,
        what: str,
        *outcomes: tuple[str, bool, Any, str],
        subjects: tuple[str, ...] = (),
    ) -> None:
        """Judge a step."""
        self.checks += len(outcomes)
        verdict = "PASS" if all(o[1] for o in outcomes) else "FAIL"
        if self._phase in ("needs", "before") and verdict == "FAIL":
            verdict = "INCONCLUSIVE"
        shown = [list(o) for o in outcomes]
        self.emit(events.Judged(label, what, shown, verdict, self._phase, list(subjects)))

    def sent(
        self,
        action: str,
        payload: dict[str, Any],
        label: str = "",
        *outcomes: tuple[str, bool, Any, str],
        reply: Any = None,
        breach: str = "",
    ) -> str:
        """Let the SUT send a request, and the tool answer it; without a label nobody claims it."""
        self._uid += 1
        uid = f"{self.id[-6:]}-{self._uid:04d}"
        self.frame("in", [2, uid, action, payload])
        if breach:
            self.emit(events.Violated(uid, action, [breach]))
            self.judge("valid", action, (f"{action} is valid", False, breach, ""), subjects=(uid,))
        self.emit(events.MessageReceived(uid, action, payload, self.connection, not breach))
        if label:
            in_time = (f"{action} is sent in time", True, f"at {self.t:.3f} s", "")
            self.judge(label, f"SUT sends {action}", in_time, *outcomes, subjects=(uid,))
        self.t += 0.004
        self.emit(events.Replied(uid, action, reply or {}, label or "default"))
        self.frame("out", [3, uid, reply or {}])
        return uid

    def event(self, name: str, **fields: Any) -> None:
        """Let something happen to the connection."""
        self._uid += 1
        self.emit(events.MessageReceived(f"@{self._uid}", name, fields, self.connection, True))

    def call(
        self,
        step: int,
        action: str,
        payload: dict[str, Any],
        reply: Any,
        *outcomes: tuple[str, bool, Any, str],
        after: float = 0.12,
    ) -> None:
        """Let the tool send a request; the reply is a payload, an ``@error`` or ``@lost``."""
        self._calls += 1
        uid, wire = f"c{self._calls}", f"t{self.lane}-{self._calls}"
        self.judge(str(step), f"tool sends {action}")
        self.emit(events.Called(uid, action, payload))
        self.frame("out", [2, wire, action, payload])
        self.t += after
        if "@error" in reply:
            self.frame("in", [4, wire, reply["@error"], reply["description"], {}])
        elif "@lost" not in reply:
            self.frame("in", [3, wire, reply])
        self.emit(events.Answered(uid, action, reply))
        fine = not any(key.startswith("@") for key in reply)
        said = "yes" if fine else f"CALLERROR {reply.get('@error')} ({reply.get('description')})"
        came = (f"{action} is answered with a result", fine, said, "")
        self.judge(str(step + 1), f"SUT answers {action}", came, *outcomes, subjects=(uid,))

    def act(
        self,
        name: str,
        text: str,
        result: str = "done",
        seconds: float = 3.2,
        by: str = "terminal",
        **parameters: Any,
    ) -> None:
        """Ask somebody to act, and have it done."""
        self._acts += 1
        uid = f"a{self._acts}"
        self.emit(events.ActionAsked(uid, name, parameters, text))
        self.t += seconds
        self.emit(events.ActionDone(uid, name, result, by, seconds))

    def ask(self, question: str, answer: bool | None, by: str = "web page") -> None:
        """Ask a person a question."""
        self._acts += 1
        uid = f"a{self._acts}"
        self.emit(events.QuestionAsked(uid, question))
        self.t += 2.5
        self.emit(events.QuestionAnswered(uid, question, answer, by))

    def finish(
        self, verdict: str = "PASS", reason: str = "", failed: str = "", trace: str = ""
    ) -> Case:
        """End the case."""
        seconds = round(self.t, 3)
        self.emit(events.CaseFinished(verdict, reason, self.checks, seconds, failed, trace))
        return self


def eq(path: str, wanted: Any, actual: Any, configured: str = "") -> tuple[str, bool, Any, str]:
    """Return the outcome of an equality; ``configured`` is the name of a configured value."""
    shown = f"<{configured}>" if configured else wanted
    return f"{path} is {shown}", wanted == actual, actual, str(wanted) if configured else ""


def boot(case: Case) -> None:
    """Prepare: the SUT is connected and booted."""
    case.phase("needs")
    case.phase("before")
    case.event("@connect", identity="CP_1", subprotocol="ocpp1.6", deflate=False)
    case.later(0.31)
    case.sent(
        "BootNotification",
        {"chargePointVendor": "Müller & Söhne", "chargePointModel": "Säule 3 <beta> 充电桩"},
        "Booted/1",
        reply={"status": "Accepted", "currentTime": stamp(BEGIN), "interval": 300},
    )
    case.later(0.2)
    case.sent(
        "StatusNotification",
        {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
        "Booted/3",
        eq("connectorId", 1, 1, "connector_id"),
        eq("status", "Available", "Available"),
    )
    case.later(0.4)


def passing(case: Case) -> Case:
    """A regular charging session that goes well, with something nobody waited for."""
    boot(case)
    case.phase("main")
    case.act("plug_in", "Plug in the cable at connector 1", evse=1, connector=1, side="both")
    case.later(0.3)
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
    case.sent("StatusNotification", status, "1", eq("status", "Preparing", "Preparing"))
    case.later(1.0)
    uid = case.sent("Heartbeat", {}, reply={"currentTime": stamp(BEGIN)})
    case.act(
        "present_token",
        "Present the token TAG1",
        "closed",
        4.1,
        "automation http://127.0.0.1:9000",
        token="TAG1",
    )
    case.sent(
        "Authorize",
        {"idTag": "TAG1"},
        "3",
        eq("idTag", "TAG1", "TAG1", "valid_id_tag"),
        reply={"idTagInfo": {"status": "Accepted"}},
    )
    case.later(0.6)
    case.sent(
        "StartTransaction",
        {"connectorId": 1, "idTag": "TAG1", "meterStart": 1200, "timestamp": stamp(BEGIN)},
        "5",
        eq("idTag", "TAG1", "TAG1", "valid_id_tag"),
        ("meterStart is at least 0", True, 1200, ""),
        reply={"transactionId": 4711, "idTagInfo": {"status": "Accepted"}},
    )
    case.later(30.0)
    case.sent(
        "MeterValues",
        {"connectorId": 1, "transactionId": 4711, "meterValue": [{"sampledValue": []}]},
    )
    payload = {"key": ["HeartbeatInterval"]}
    answer = {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]}
    case.call(7, "GetConfiguration", payload, answer, eq("configurationKey[0].value", "300", "300"))
    case.ask("Does the display say that the session is running?", True)
    case.judge("9", "Does the display say that the session is running?", ("yes", True, "yes", ""))
    case.emit(events.Linked("k1", "close", {"code": 1000}))
    case.later(0.05)
    case.emit(events.LinkSeen("k1", {"code": 1000, "clean": True}))
    case.event("@closed", code=1000, by="us", clean=True, reason="")
    case.later(8.0)
    case.connection = 2
    case.event("@connect", identity="CP_1", subprotocol="ocpp1.6", deflate=False)
    case.phase("post")
    case.judge("valid", "messages of the SUT", ("every message is valid", True, "9", ""))
    case.phase("restore")
    case.emit(events.Remarked("left out: local list: not implemented"))
    case.emit(events.Remarked("not claimed by any step: Heartbeat at 4.2 s", uid))
    return case.finish()


def failing(case: Case) -> Case:
    """A reset in which the SUT says the wrong thing, and sends what is not valid."""
    boot(case)
    case.phase("main")
    case.call(
        1, "Reset", {"type": "Hard"}, {"status": "Accepted"}, eq("status", "Accepted", "Accepted")
    )
    case.later(0.5)
    case.event("@closed", code=1006, by="peer", clean=False, reason="")
    case.later(21.4)
    case.connection = 2
    case.event("@connect", identity="CP_1", subprotocol="ocpp1.6", deflate=False)
    case.later(0.1)
    case.emit(events.Noticed("the answer to GetConfiguration came 2.3 s too late"))
    case.sent(
        "BootNotification",
        {"chargePointVendor": HOSTILE, "chargePointModel": "Säule 3"},
        "3",
        reply={"status": "Accepted", "currentTime": stamp(BEGIN), "interval": 300},
    )
    case.later(0.2)
    stray = case.sent(
        "StatusNotification",
        {
            "connectorId": 0,
            "errorCode": "NoError",
            "status": "Available",
            "info": "üñî\u202ecode \x07",
        },
    )
    case.sent(
        "StatusNotification",
        {"connectorId": 1, "errorCode": "NoError", "status": "Occupied", "vendorId": HOSTILE},
        "5",
        eq("connectorId", 1, 1, "connector_id"),
        eq("status", "Available", HOSTILE),
        ("idTag is <valid_id_tag>", False, "TAG2", "TAG1"),
        breach="status: Occupied is not one of the values that the schema allows",
    )
    case.frame("in", "this is no JSON <b>at all</b>")
    case.frame("in", [3, "nobody-asked", {"status": "Accepted"}])
    case.call(
        7,
        "ChangeAvailability",
        {"connectorId": 1, "type": "Inoperative"},
        {"@error": "InternalError", "description": "out of <memory>"},
    )
    case.phase("restore")
    case.judge("restore/1", "tool sends ChangeConfiguration")
    case.emit(events.Remarked("not restored: ChangeConfiguration was not answered"))
    case.emit(events.Remarked("not claimed by any step: StatusNotification at 22.3 s", stray))
    reason = f"step 5: status is Available; it was: {HOSTILE}"
    return case.finish("FAIL", reason, "5")


def not_done(case: Case) -> Case:
    """A case that stops because nobody acts."""
    boot(case)
    case.phase("main")
    case.act("power_off", "Switch the station off and on", "nobody answered", 60.0, "terminal")
    reason = "the action was not done: Switch the station off and on (nobody answered)"
    return case.finish("INCONCLUSIVE", reason)


def silent(case: Case) -> Case:
    """A case in which a message does not come."""
    boot(case)
    case.phase("main")
    case.act("unplug", "Unplug the cable at the vehicle", by="reference control", seconds=0.01)
    case.later(30.0)
    text = "not in 30 s; the one at 0.5 s fits no step"
    what = "SUT sends StopTransaction (reason is EVDisconnected)"
    case.judge("2", what, ("StopTransaction is sent in time", False, text, ""))
    return case.finish("FAIL", "StopTransaction did not come (step 2)", "2")


def crashing(case: Case) -> Case:
    """A case in which the tool has a bug."""
    boot(case)
    case.phase("main")
    trace = "Traceback (most recent call last):\n  File \"case.py\", line 3\nKeyError: 'x'\n"
    return case.finish("ERROR", "KeyError: 'x'", trace=trace)


def killed(case: Case) -> Case:
    """A case in whose middle the run was ended."""
    boot(case)
    case.phase("main")
    case.later(1.0)
    case.judge("1", "tool sends Reset")
    return case


def journal(
    cases: Iterable[Case], planned: Iterable[str] = (), *, end: bool = True
) -> Iterator[bytes]:
    """Yield the lines of a run of these cases, all lanes together in the order of time."""
    every = list(cases)
    ids = list(dict.fromkeys([*(c.id for c in every), *planned]))
    yield _line(
        0.0, "", events.RunStarted("1.6", "station", 7, "real", "0.1.0", ids, CONFIG, PRODUCT)
    )
    streams = (((s.at, i, s) for i, s in enumerate(c.lines)) for c in every)
    last = stamp(BEGIN)
    for at, _, stamped in heapq.merge(*streams, key=lambda entry: entry[0]):
        last = at
        yield orjson.dumps(stamped.to_json()) + b"\n"
    if end:
        yield _line(1.0, "", events.RunFinished({"PASS": 1}), last)


def _line(t: float, case: str, event: Event, at: str = stamp(BEGIN)) -> bytes:
    return orjson.dumps(Stamped(t, at, case, 0, event).to_json()) + b"\n"


def skipped(id: str, title: str, group: str, reason: str) -> bytes:
    """Return the line of a case that does not apply."""
    return _line(0.0, id, events.CaseSkipped(title, "1.6", "station", group, reason))


GROUPS = ("Core: booting", "Core: charging sessions", "Reservation", "Firmware management")


def everything() -> bytes:
    """Return a journal with all kinds of events and a last line that was cut off."""
    reading = "The table does not say which connector; connector 0 is not meant."
    known = {"plugged": [1], "statuses": {"1": "Available"}}
    hard = "Hard reset, then <i>all</i> connectors report"
    cases = [
        passing(Case("TC_001_CS", "Cold boot", GROUPS[0], readings=(reading,), known=known)),
        failing(Case("TC_003_CS", hard, GROUPS[0], 1.0, 2)),
        silent(Case("TC_004_CS", "Unplugging ends the session", GROUPS[1], 80.0, 2)),
        passing(Case("TC_004_CS", "Unplugging ends the session", GROUPS[1], 120.0, 2, attempt=2)),
        silent(Case("TC_005_CS", "Unplugging at the vehicle", GROUPS[1], 90.0, 1)),
        not_done(Case("TC_007_CS", "Power failure during a session", GROUPS[1], 200.0, 1)),
        crashing(Case("TC_010_CS", "Remote start", GROUPS[1], 205.0, 2)),
        killed(Case("TC_011_CS", "Remote stop, Ünïcödé 充电", GROUPS[1], 300.0, 2)),
    ]
    lines = [*journal(cases, ("TC_044_CS", "TC_050_CS"), end=False)]
    why = "the product has no cable lock (cable_lock)"
    lines.insert(1, skipped("TC_030_CS", "Unlocking with a locked cable", GROUPS[2], why))
    lines.insert(
        2, _line(0.1, "", events.Noticed("a second connection of CP_1 <b>was</b> refused"))
    )
    lines.insert(3, _line(0.2, "", events.Frame("in", '[2,"x","Heartbeat",{}]', 1)))
    lines.insert(40, b'{"t": 1.0, "at": "2026-11-21T10:2\n')
    lines.insert(50, b'{"t": 1.0, "at": "now", "kind": "judged", "case": "TC_001_CS"}\n')
    lines.insert(
        60, b'{"t": 1.0, "at": "now", "kind": "of a later version", "case": "TC_001_CS"}\n'
    )
    return b"".join(lines) + b'{"t":9.1,"at":"2026-11-21T10:26:00Z","kind":"fra'


def large(path: Path, cases: int, frames: int, *, lean: bool = False, seed: int = 3) -> None:
    """Write a journal of so many cases with so many frames each (two for each message).

    Args:
        lean: with little but frames.
    """
    chance = random.Random(seed)
    with path.open("wb") as file:
        ids = [f"TC_{i:03d}_CS" for i in range(cases)]
        head = events.RunStarted("1.6", "station", 7, "real", "0.1.0", ids, CONFIG, PRODUCT)
        file.write(_line(0.0, "", head))
        for i, id in enumerate(ids):
            case = Case(id, f"Case number {i}", f"Group {i // 10}", 10.0 * i)
            case.phase("main")
            middle = frames // 4 if i % 10 == 3 or cases == 1 else -1
            for k in range(frames // 2):
                case.later(chance.random())
                if lean and k != middle:
                    case.frame("in", [2, str(k), "Heartbeat", {}])
                    case.frame("out", [3, str(k), {}])
                else:
                    meter = {"measurand": "Energy.Active.Import.Register", "value": str(k)}
                    payload = {"connectorId": 1, "meterValue": [{"sampledValue": [meter]}]}
                    right = eq("connectorId", 1, 2 if k == middle else 1, "connector_id")
                    case.sent("MeterValues", payload, f"3#{k}", right)
                _flush(case, file)
            why = f"step 3#{middle}: connectorId is <connector_id>; it was: 2"
            case.finish(*(("PASS",) if middle < 0 else ("FAIL", why, f"3#{middle}")))
            _flush(case, file)


def _flush(case: Case, file: Any) -> None:
    for stamped in case.lines:
        file.write(orjson.dumps(stamped.to_json()) + b"\n")
    case.lines.clear()
