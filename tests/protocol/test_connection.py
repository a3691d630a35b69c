from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from testbay.protocol.connection import (
    CallReceived,
    Connection,
    ErrorReceived,
    Garbage,
    LocalError,
    Lost,
    ResultReceived,
    TimedOut,
    Unanswerable,
)
from testbay.protocol.framing import encode_call, encode_error, encode_result
from testbay.protocol.versions import OCPP16

NOW = "2026-01-31T12:00:00Z"


@pytest.fixture
def csms() -> Connection:
    return Connection(OCPP16, "csms", 30.0)


@pytest.fixture
def station() -> Connection:
    return Connection(OCPP16, "station", 30.0)


def called(connection: Connection, text: str, now: float = 0.0) -> CallReceived:
    event = connection.receive(text, now)
    assert isinstance(event, CallReceived), event
    return event


def test_a_call_and_its_answer(csms: Connection, station: Connection) -> None:
    event = called(csms, station.call("1", "Heartbeat", {}, 1.0), 1.5)
    assert (event.call.uid, event.call.action, event.call.payload) == ("1", "Heartbeat", {})
    assert (event.violations, event.code, event.reason) == ((), None, "")
    assert not event.overlapping
    assert not event.reused
    assert station.open_call == ("1", "Heartbeat")
    assert station.deadline == 31.0
    answer = station.receive(csms.result("1", {"currentTime": NOW}), 3.0)
    assert isinstance(answer, ResultReceived)
    assert (answer.uid, answer.action, answer.payload) == ("1", "Heartbeat", {"currentTime": NOW})
    assert (answer.violations, answer.seconds) == ((), 2.0)
    assert station.open_call is None
    assert station.deadline is None


def test_an_answer_is_judged_by_the_schema_of_its_action(station: Connection) -> None:
    station.call("1", "Heartbeat", {}, 0.0)
    answer = station.receive(encode_result("1", {"currenttime": NOW}), 0.0)
    assert isinstance(answer, ResultReceived)
    assert [violation.text for violation in answer.violations] == [
        "currenttime is not a field of this message (the name is currentTime)",
        "currentTime is missing",
    ]


def test_an_answer_to_an_action_that_ocpp_does_not_have(csms: Connection) -> None:
    csms.call("1", "Dance", {}, 0.0)  # a tool may want to see what a station makes of it
    answer = csms.receive(encode_result("1", {}), 0.0)
    assert isinstance(answer, ResultReceived)
    assert [v.text for v in answer.violations] == ["Dance is not a message of OCPP 1.6"]


@pytest.mark.parametrize(
    ("sent", "code", "texts"),
    [
        ("NotSupported", "NotSupported", []),
        ("FormatViolation", "FormationViolation", []),
        ("OccurrenceConstraintViolation", "OccurenceConstraintViolation", []),
        (
            "Nope",
            "Nope",
            [
                'errorCode is "Nope", which is none of NotImplemented, NotSupported, '
                "InternalError, ProtocolError, SecurityError, FormationViolation, "
                "PropertyConstraintViolation, OccurenceConstraintViolation and 2 more"
            ],
        ),
    ],
)
def test_an_error_comes_in_the_official_spelling(
    csms: Connection, sent: str, code: str, texts: list[str]
) -> None:
    csms.call("1", "Reset", {"type": "Soft"}, 0.0)
    event = csms.receive(encode_error("1", sent, "no", {"a": 1}), 2.0)
    assert isinstance(event, ErrorReceived)
    assert (event.uid, event.action, event.code, event.frame.code) == ("1", "Reset", code, sent)
    assert (event.description, event.details, event.seconds) == ("no", {"a": 1}, 2.0)
    assert [violation.text for violation in event.violations] == texts


def test_one_call_of_ours_at_a_time(csms: Connection) -> None:
    csms.call("1", "ClearCache", {}, 0.0)
    with pytest.raises(LocalError, match=r"Reset cannot be sent: ClearCache \(1\) is still open"):
        csms.call("2", "Reset", {"type": "Soft"}, 1.0)
    assert csms.open_call == ("1", "ClearCache")


def test_our_own_ids(csms: Connection) -> None:
    with pytest.raises(LocalError, match="longer than 36 characters"):
        csms.call("x" * 37, "ClearCache", {}, 0.0)
    csms.call("1", "ClearCache", {}, 0.0)
    csms.receive(encode_result("1", {"status": "Accepted"}), 0.0)
    with pytest.raises(LocalError, match="the message id 1 has been used and answered before"):
        csms.call("1", "ClearCache", {}, 0.0)
    csms.call("2", "ClearCache", {}, 0.0)
    csms.expire(30.0)
    csms.call("2", "ClearCache", {}, 31.0)  # sent again, which errata 3.1 allows
    event = csms.receive(encode_result("2", {"status": "Accepted"}), 32.0)
    assert isinstance(event, ResultReceived)
    assert event.seconds == 1.0
    event = csms.receive(encode_result("2", {"status": "Accepted"}), 33.0)
    assert isinstance(event, Unanswerable)
    assert event.reason == "duplicate"


def test_what_is_not_json_is_not_sent(csms: Connection, station: Connection) -> None:
    with pytest.raises(LocalError, match="the payload of DataTransfer cannot be sent"):
        csms.call("1", "DataTransfer", {"vendorId": object()}, 0.0)
    assert csms.open_call is None
    csms.receive(station.call("1", "Heartbeat", {}, 0.0), 0.0)
    with pytest.raises(LocalError, match="the answer to 1 cannot be sent"):
        csms.result("1", {"currentTime": {1, 2}})
    with pytest.raises(LocalError, match="the error for 1 cannot be sent"):
        csms.error("1", "GenericError", "", {"x": {1, 2}})
    csms.result("1", {"currentTime": NOW})  # still possible


def test_an_answer_goes_to_an_open_call_once(csms: Connection, station: Connection) -> None:
    with pytest.raises(LocalError, match="no open call with the id 1"):
        csms.result("1", {})
    csms.receive(station.call("1", "Heartbeat", {}, 0.0), 0.0)
    assert csms.error("1", "InternalError") == '[4,"1","InternalError","",{}]'
    for answer in (csms.result, csms.error):
        with pytest.raises(LocalError, match="no open call with the id 1"):
            answer("1", "InternalError")  # type: ignore[arg-type]


def test_a_call_times_out(csms: Connection) -> None:
    assert csms.expire(99.0) == ()
    csms.call("1", "ClearCache", {}, 10.0)
    assert csms.deadline == 40.0
    assert csms.expire(39.9) == ()
    assert csms.expire(40.0) == (TimedOut("1", "ClearCache", 30.0),)
    assert csms.expire(50.0) == ()
    assert csms.deadline is None


def test_a_late_answer_then_a_duplicate(csms: Connection) -> None:
    csms.call("1", "ClearCache", {}, 10.0)
    csms.expire(40.0)
    csms.call("2", "ClearCache", {}, 40.0)
    text = encode_result("1", {"status": "Accepted"})
    late = csms.receive(text, 41.5)
    assert isinstance(late, Unanswerable)
    assert (late.reason, late.uid, late.action, late.seconds) == ("late", "1", "ClearCache", 31.5)
    assert late.text == (
        "the answer to ClearCache (1) came 31.5 s after the call, which had timed out after 30 s"
    )
    again = csms.receive(text, 42.0)
    assert isinstance(again, Unanswerable)
    assert (again.reason, again.text) == (
        "duplicate",
        "the call ClearCache (1) has been answered before",
    )
    assert csms.open_call == ("2", "ClearCache")


def test_an_answer_before_it_was_said_to_be_late_is_in_time(csms: Connection) -> None:
    csms.call("1", "ClearCache", {}, 0.0)
    event = csms.receive(encode_result("1", {"status": "Accepted"}), 30.0)
    assert isinstance(event, ResultReceived)
    assert csms.expire(30.0) == ()


def test_a_second_answer_is_a_duplicate_also_as_an_error(csms: Connection) -> None:
    csms.call("1", "ClearCache", {}, 0.0)
    csms.receive(encode_result("1", {"status": "Accepted"}), 1.0)
    event = csms.receive(encode_error("1", "InternalError"), 2.0)
    assert isinstance(event, Unanswerable)
    assert (event.reason, event.seconds) == ("duplicate", 2.0)


def test_an_answer_to_nothing(csms: Connection) -> None:
    csms.call("1", "ClearCache", {}, 0.0)
    event = csms.receive(encode_error("7", "InternalError"), 1.0)
    assert isinstance(event, Unanswerable)
    assert (event.reason, event.action, event.seconds) == ("unknown", None, None)
    assert event.text == "no call with the id 7 was sent"
    assert csms.open_call == ("1", "ClearCache")


def test_the_peers_id_has_nothing_to_do_with_ours(csms: Connection) -> None:
    csms.call("1", "ClearCache", {}, 0.0)
    assert not called(csms, encode_call("1", "Heartbeat", {})).reused
    csms.result("1", {"currentTime": NOW})
    assert csms.open_call == ("1", "ClearCache")


def test_calls_that_overlap(csms: Connection) -> None:
    called(csms, encode_call("1", "Heartbeat", {}), 10.0)
    second = called(csms, encode_call("2", "Heartbeat", {}), 12.5)
    assert (second.overlapping, second.waiting, second.code) == (True, 2.5, None)
    csms.result("1", {"currentTime": NOW})
    third = called(csms, encode_call("3", "Heartbeat", {}), 13.0)
    assert (third.overlapping, third.waiting) == (True, 0.5)
    csms.result("2", {"currentTime": NOW})
    csms.result("3", {"currentTime": NOW})
    assert not called(csms, encode_call("4", "Heartbeat", {}), 13.0).overlapping


def test_an_id_that_is_used_again(csms: Connection) -> None:
    text = encode_call("1", "Heartbeat", {})
    called(csms, text)
    csms.result("1", {"currentTime": NOW})
    retry = called(csms, text)
    assert (retry.reused, retry.repeated, retry.code) == (True, True, None)
    csms.result("1", {"currentTime": NOW})
    other = called(csms, encode_call("1", "Authorize", {"idTag": "a"}))
    assert (other.reused, other.repeated, other.code) == (True, False, None)


def test_an_id_that_is_still_open_is_refused(csms: Connection) -> None:
    """4.2.3: an existing call with the same id is being handled already."""
    called(csms, encode_call("1", "Heartbeat", {}))
    again = called(csms, encode_call("1", "Heartbeat", {}))
    assert (again.code, again.reason) == ("GenericError", "a call with the id 1 is still open")
    csms.error("1", again.code, again.reason)
    csms.result("1", {"currentTime": NOW})  # each of the two can be answered
    with pytest.raises(LocalError, match="no open call"):
        csms.result("1", {})


@pytest.mark.parametrize(
    ("action", "payload", "code", "reason"),
    [
        ("Dance", {}, "NotImplemented", "Dance is not a message of OCPP 1.6"),
        (
            "Reset",
            {"type": "Soft"},
            "NotSupported",
            "Reset is for a csms to send, not for a station",
        ),
        ("Authorize", {}, "OccurenceConstraintViolation", "idTag is missing"),
        ("DataTransfer", {"vendorId": "x"}, None, ""),
    ],
)
def test_calls_that_cannot_be_served_carry_the_code(
    csms: Connection, action: str, payload: dict[str, Any], code: str | None, reason: str
) -> None:
    event = called(csms, encode_call("1", action, payload))
    assert (event.code, event.reason) == (code, reason)
    assert [violation.text for violation in event.violations] == ([reason] if reason else [])


def test_a_station_is_not_sent_what_stations_send(station: Connection) -> None:
    event = called(station, encode_call("1", "Heartbeat", {}))
    assert event.code == "NotSupported"
    assert event.reason == "Heartbeat is for a station to send, not for a csms"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        (
            '[2,"1","Heartbeat"]',
            '[4,"1","FormationViolation","A CALL has 4 elements, this one has 3.",{}]',
        ),
        ("{}", None),
        ('[3,"1"]', None),
        ('[9,"1",{}]', None),
        ('[2,1,"Heartbeat",{}]', None),
    ],
)
def test_only_a_call_with_an_id_is_answered_when_it_cannot_be_read(
    csms: Connection, text: str, reply: str | None
) -> None:
    event = csms.receive(text, 0.0)
    assert isinstance(event, Garbage)
    assert (event.reply, event.action) == (reply, None)


def test_an_answer_that_cannot_be_read_leaves_the_call_open(csms: Connection) -> None:
    csms.call("1", "ClearCache", {}, 0.0)
    event = csms.receive('[4,"1","InternalError",""]', 1.0)
    assert isinstance(event, Garbage)
    assert (event.action, event.reply) == ("ClearCache", None)
    assert csms.open_call == ("1", "ClearCache")
    event = csms.receive('[2,"1","Heartbeat"]', 1.0)
    assert isinstance(event, Garbage)
    assert event.action is None


def test_what_was_open_when_the_connection_ended(csms: Connection) -> None:
    assert csms.lost() == Lost(None, ())
    csms.call("1", "ClearCache", {}, 0.0)
    called(csms, encode_call("a", "Heartbeat", {}))
    called(csms, encode_call("b", "Authorize", {"idTag": "x"}))
    assert csms.lost() == Lost(("1", "ClearCache"), (("a", "Heartbeat"), ("b", "Authorize")))
    assert csms.lost() == Lost(None, ())
    assert csms.expire(99.0) == ()


def test_memory_is_bounded() -> None:
    csms = Connection(OCPP16, "csms", 1.0, remembered=3)
    for number in range(10):
        csms.call(f"t{number}", "ClearCache", {}, float(number))
        csms.expire(number + 1.0)
        called(csms, encode_call(f"p{number}", "Heartbeat", {}), float(number))
    reasons = []
    for number in (0, 7, 8, 9):
        event = csms.receive(encode_result(f"t{number}", {"status": "Accepted"}), 20.0)
        assert isinstance(event, Unanswerable)
        reasons.append(event.reason)
    assert reasons == ["unknown", "late", "late", "late"]
    assert len(csms.lost().unanswered) == 3
    assert called(csms, encode_call("p9", "Heartbeat", {})).reused
    assert not called(csms, encode_call("p0", "Heartbeat", {})).reused


class TwoEnds(RuleBasedStateMachine):
    """Two connections back to back: every call ends exactly once, whatever happens."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.begin()
        self.number = 0
        self.begun = 0
        self.ended = 0

    def begin(self) -> None:
        self.ends = (Connection(OCPP16, "csms", 5.0), Connection(OCPP16, "station", 5.0))
        self.wires: tuple[list[str], list[str]] = ([], [])  # texts on the way to each end
        self.to_answer: tuple[list[str], list[str]] = ([], [])

    @rule(end=st.integers(0, 1))
    def call(self, end: int) -> None:
        self.number += 1
        try:
            text = self.ends[end].call(
                str(self.number), "DataTransfer", {"vendorId": "x"}, self.now
            )
        except LocalError:
            assert self.ends[end].open_call is not None
            return
        self.begun += 1
        self.wires[1 - end].append(text)

    @rule(end=st.integers(0, 1), error=st.booleans())
    def answer(self, end: int, error: bool) -> None:
        if self.to_answer[end]:
            uid = self.to_answer[end].pop()
            connection = self.ends[end]
            good = connection.result(uid, {"status": "Accepted"}) if not error else ""
            self.wires[1 - end].append(good or connection.error(uid, "GenericError"))

    @rule(end=st.integers(0, 1), keep=st.booleans())
    def deliver(self, end: int, keep: bool) -> None:
        if not self.wires[end]:
            return
        text = self.wires[end][0] if keep else self.wires[end].pop(0)
        event = self.ends[end].receive(text, self.now)
        match event:
            case CallReceived():
                assert event.violations == ()
                self.to_answer[end].append(event.call.uid)
            case ResultReceived() | ErrorReceived():
                assert event.violations == ()
                self.ended += 1
            case Unanswerable():
                assert event.reason in ("late", "duplicate")
            case _:
                raise AssertionError(event)

    @rule(seconds=st.sampled_from([0.5, 5.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.ended += sum(len(end.expire(self.now)) for end in self.ends)

    @precondition(lambda self: self.number > 3)
    @rule()
    def lose(self) -> None:
        self.ended += sum(end.lost().call is not None for end in self.ends)
        self.begin()

    @invariant()
    def each_call_ends_once(self) -> None:
        still_open = sum(end.open_call is not None for end in self.ends)
        assert self.begun == self.ended + still_open


TestTwoEnds = TwoEnds.TestCase
TestTwoEnds.settings = settings(max_examples=60, stateful_step_count=30)
