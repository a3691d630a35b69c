"""Stations that send what they must not: the peer is answered, the case is judged.

Whatever comes, the verdict has one clear sentence, the journal has all of it, and the next case
on the same lane passes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testbay.campaign.journal import Journal
from testbay.protocol.versions import OCPP16
from testbay.report.write import write_reports
from testbay.roles.csms import CsmsEnd
from testbay.scenario import events
from testbay.transport import frame

from .bad import (
    ENDS,
    MANY,
    MASK,
    SENDS,
    TO_CALL,
    Bad,
    against_station,
    calls,
    in_journal,
    readable,
    says,
    sends_8_mib,
    writes,
)
from .lab import Story, lane_of, run_on
from .raw_station import RawStation

BAD_STATUS = calls("u", "StatusNotification", connectorId="1", status="Dancing")

BREACHES = {
    "not JSON": Bad(
        says("hello"),
        f"the text 'hello': the message is not JSON (line 1, column 1: expecting value); {SENDS}",
        kept="hello",
    ),
    "cut JSON": Bad(
        says('[2,"u","Heartbeat",{'),
        "the message is not JSON (line 1, column 21: expecting property name enclosed in double "
        "quotes); a CALL is [2, id, action, payload]",
        "FormationViolation",
        kept='[2,"u","Heartbeat",{',
    ),
    "no frame": Bad(
        says('{"action":"Heartbeat"}'),
        f"the message is a JSON object, but must be a JSON array; {SENDS}",
        kept='{"action":"Heartbeat"}',
    ),
    "short frame": Bad(
        says('[2,"u","Heartbeat"]'),
        "a CALL has 4 elements, this one has 3; a CALL is [2, id, action, payload]",
        "FormationViolation",
        kept='[2,"u","Heartbeat"]',
    ),
    "unknown type": Bad(
        says('[9,"u",{}]'),
        "the message type number is 9, which is none of 2 (CALL), 3 (CALLRESULT), 4 (CALLERROR)",
        kept='[9,"u",{}]',
    ),
    "long id": Bad(
        says(calls("u" * 37, "Heartbeat")),
        "the message id of the CALL is longer than 36 characters (37)",
        "GenericError",
        kept=calls("u" * 37, "Heartbeat"),
    ),
    "binary": Bad(
        says(b'[2,"u","Heartbeat",{}]'),
        'a binary message: it has 22 bytes, \'[2,"u","Heartbeat",{}]\'; OCPP-J sends text '
        "messages only",
        kept='(binary) [2,"u","Heartbeat",{}]',
    ),
    "8 MiB": Bad(
        sends_8_mib,
        f"the WebSocket connection: frame with 8388608 bytes exceeds limit of 1048576 bytes; "
        f"{ENDS} 1009",
        kept="frame with 8388608 bytes",
    ),
    "invalid UTF-8": Bad(
        writes(frame(1, b'[2,"u","\xff\xfe",{}]', mask=MASK)),
        f"text that is not UTF-8: invalid start byte at byte 8; {ENDS} 1007",
        kept="text that is not UTF-8",
    ),
    "no mask": Bad(
        writes(frame(1, b"[]")),
        f"incorrect masking; {ENDS} 1002",
        kept="incorrect masking",
    ),
    "unknown action": Bad(
        says(calls("u", "Dance")),
        "Dance is not a message of OCPP 1.6",
        "NotImplemented",
        kept=calls("u", "Dance"),
    ),
    "wrong direction": Bad(
        says(calls("u", "Reset", type="Hard")),
        "Reset is for a csms to send, not for a station",
        "NotSupported",
        kept=calls("u", "Reset", type="Hard"),
    ),
    "schema": Bad(
        says(BAD_STATUS),
        'StatusNotification: errorCode is missing; connectorId is "1", not an integer; status is '
        '"Dancing", which is none of Available, Preparing,',
        "OccurenceConstraintViolation",
        kept=BAD_STATUS,
    ),
    "another type": Bad(
        says(calls("u", "Authorize", idTag=7)),
        "Authorize: idTag is 7, not a string",
        "TypeConstraintViolation",
        kept=calls("u", "Authorize", idTag=7),
    ),
    "unknown id": Bad(
        says('[3,"nobody",{}]'),
        f"an answer: no call with the id nobody was sent; {TO_CALL}",
        kept='[3,"nobody",{}]',
    ),
    "CALLERROR to nobody": Bad(
        says('[4,"nobody","GenericError","",{}]'),
        f"an answer: no call with the id nobody was sent; {TO_CALL}",
        kept='[4,"nobody","GenericError","",{}]',
    ),
    "same id": Bad(
        says(calls("same", "Heartbeat"), calls("same", "Authorize", idTag="T")),
        "Authorize: the message id same was used before on this connection; every call needs an "
        "id of its own",
        kept=calls("same", "Authorize", idTag="T"),
    ),
    "same id, still open": Bad(
        says(calls("same", "Authorize", idTag="T"), calls("same", "Heartbeat")),
        "Heartbeat: a call with the id same is still open",
        "GenericError",
        kept=calls("same", "Heartbeat"),
    ),
}
"""What breaks the protocol, at a moment at which a station may send."""

HARMLESS = {
    "drops the connection": Bad(writes(cut=True), "", kept="without a close frame"),
    "drops it in mid-message": Bad(
        writes(frame(1, b'[2,"u","Heart', mask=MASK, length=99), cut=True),
        "",
        kept="in the middle of a message",
    ),
    "drops it between fragments": Bad(
        writes(frame(1, b'[2,"u","Heart', mask=MASK, fin=False), cut=True),
        "",
        kept="in the middle of a message",
    ),
    "sends a message again": Bad(
        says(calls("same", "Heartbeat"), calls("same", "Heartbeat")),
        "",
        kept="Heartbeat was sent again with the message id same",
    ),
}
"""What no text forbids: the station goes on afterwards, and so does the case."""


# -- a bad station --------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", BREACHES.values(), ids=BREACHES)
async def test_a_breach_fails_the_case(bad: Bad) -> None:
    story, station = await against_station(
        "TC_003_CS", "TC_012_CS", before_StartTransaction=bad.does
    )
    assert story.verdicts() == ["FAIL", "PASS"]
    assert bad.told in story.reason()
    assert [e[2] for e in station.errors] == ([bad.code] if bad.code else [])
    assert in_journal(story, bad.kept)


@pytest.mark.parametrize("bad", BREACHES.values(), ids=BREACHES)
async def test_a_breach_while_preparing_is_inconclusive(bad: Bad) -> None:
    story, _ = await against_station("TC_012_CS", "TC_003_CS", before_StartTransaction=bad.does)
    assert story.verdicts() == ["INCONCLUSIVE", "PASS"]
    assert story.reason().startswith("the preparation did not go as described: ")
    assert bad.told in story.reason()


@pytest.mark.parametrize("bad", BREACHES.values(), ids=BREACHES)
async def test_a_breach_at_the_very_beginning(bad: Bad) -> None:
    story, _ = await against_station("TC_021_CS", "TC_003_CS", before_BootNotification=bad.does)
    assert story.verdicts()[0] in ("INCONCLUSIVE", "PASS"), "never blamed on the case"
    assert story.verdicts()[1] == "PASS"
    assert in_journal(story, bad.kept)


@pytest.mark.parametrize("bad", HARMLESS.values(), ids=HARMLESS)
async def test_what_is_not_forbidden(bad: Bad) -> None:
    story, _ = await against_station("TC_003_CS", "TC_012_CS", before_StartTransaction=bad.does)
    assert story.verdicts() == ["PASS", "PASS"], story.reason()
    assert in_journal(story, bad.kept)


ANSWERS = {
    "none": Bad(says(), "no answer in 30 s"),
    "not JSON": Bad(says("yes"), "no answer in 30 s; instead came the text 'yes'"),
    "another id": Bad(
        says('[3,"other",{}]'), "no answer in 30 s; instead came an answer with the id 'other'"
    ),
    "binary": Bad(
        says(b'[3,"x",{"status":"Accepted"}]'), "no answer in 30 s; instead came a binary message"
    ),
    "no object": Bad(says('[3,"UID",[]]'), "no answer in 30 s; instead came the text '[3,"),
    "schema": Bad(
        says('[3,"UID",{"status":"Perhaps"}]'),
        'the answer to ChangeConfiguration: status is "Perhaps", which is none of Accepted, '
        "Rejected, RebootRequired, NotSupported",
    ),
    "CALLERROR": Bad(says('[4,"UID","InternalError","oh",{}]'), "CALLERROR InternalError (oh)"),
    "twice": Bad(
        says('[3,"UID",{"status":"Accepted"}]', '[3,"UID",{"status":"Accepted"}]'),
        f"has been answered before; {TO_CALL}",
    ),
    "hangs up": Bad(
        writes(cut=True),
        "the connection was closed by the system under test (1006: the connection ended without "
        "a close frame)",
    ),
    "hangs up in mid-message": Bad(
        writes(frame(1, b'[3,"', mask=MASK, length=40), cut=True),
        "the connection was closed by the system under test (1006: the connection ended in the "
        "middle of a message)",
    ),
    "8 MiB": Bad(sends_8_mib, "exceeds limit of 1048576 bytes"),
}


@pytest.mark.parametrize("bad", ANSWERS.values(), ids=ANSWERS)
async def test_a_bad_answer(bad: Bad) -> None:
    story, _ = await against_station(
        "TC_021_CS", "TC_003_CS", **{"answer_to_ChangeConfiguration": bad.does}
    )
    assert story.verdicts() == ["FAIL", "PASS"]
    assert bad.told in story.reason()


async def test_an_answer_that_comes_late() -> None:
    async def late(station: RawStation) -> None:
        send = station.send(3, station.got[-1][1], {"status": "Accepted"})
        asyncio.get_running_loop().call_later(31, asyncio.ensure_future, send)

    async def pause(_: RawStation) -> None:
        await asyncio.sleep(5)

    story, _ = await against_station(
        "TC_021_CS", "TC_003_CS", answer_to_ChangeConfiguration=late, before_Authorize=pause
    )
    assert story.verdicts() == ["FAIL", "PASS"]
    assert "no answer in 30 s" in story.reason()
    assert in_journal(story, "came 31.0 s after the call, which had timed out after 30 s")


async def test_an_answer_after_the_connection_is_back() -> None:
    async def later(station: RawStation) -> None:
        uid = station.got[-1][1]
        station.socket.transport.abort()
        send = station.send(3, uid, {"status": "Accepted"})
        asyncio.get_running_loop().call_later(3, asyncio.ensure_future, send)
        station.socket.transport.resume_reading()

    story, _ = await against_station("TC_021_CS", "TC_003_CS", answer_to_ChangeConfiguration=later)
    assert story.verdicts() == ["FAIL", "PASS"]
    assert in_journal(story, "came over another connection than the call")


# -- bursts ---------------------------------------------------------------------------------------

BURSTS = {
    "requests": (calls("b{}", "Heartbeat"), "PASS", ""),
    "held requests": (calls("b{}", "Authorize", idTag="T"), "PASS", ""),
    "no JSON": ("hello", "FAIL", "the text 'hello': the message is not JSON"),
    "answers": ('[3,"b{}",[]]'.replace("[]", "0"), "FAIL", "the payload of the CALLRESULT is 0"),
}


@pytest.mark.parametrize(("text", "verdict", "told"), BURSTS.values(), ids=BURSTS)
async def test_a_burst_of_10_000_messages(text: str, verdict: str, told: str) -> None:
    async def burst(station: RawStation) -> None:
        for number in range(MANY):
            await station.socket.send(text.replace("{}", str(number), 1))

    story, station = await against_station("TC_003_CS", "TC_012_CS", before_StartTransaction=burst)
    assert story.verdicts() == [verdict, "PASS"]
    assert told in story.reason()
    assert sum(f.direction == "in" for f in story.told(events.Frame)) > MANY
    answered = [f for f in station.got if f[0] == 3 and f[1].startswith("b")]
    assert len(answered) == (MANY if verdict == "PASS" else 0)


# -- stations that do not come as they should -----------------------------------------------------


async def nobody_comes(station_is: Callable[[RawStation], None] | None = None) -> Story:
    end = CsmsEnd(OCPP16, "CS001")
    port = await end.start("127.0.0.1", 0)
    station = RawStation(f"ws://127.0.0.1:{port}/ocpp/CS001")
    lane = lane_of("station", end, station)
    if station_is is not None:
        station_is(station)
        station.start()
    story = await run_on(lane, "TC_021_CS", "TC_003_CS")
    readable(story)
    await station.stop()
    await end.close()
    return story


def other_identity(station: RawStation) -> None:
    station.url = station.url.replace("CS001", "CS002")


def other_subprotocol(station: RawStation) -> None:
    station.subprotocol = "ocpp2.0.1"


def no_subprotocol(station: RawStation) -> None:
    station.subprotocol = ""


@pytest.mark.parametrize(
    ("station_is", "seen"),
    [
        (None, "nobody tried"),
        (other_identity, "a station with the identity 'CS002' was refused; CS001 is wanted"),
        (other_subprotocol, "CS001 was refused, as it offers ocpp2.0.1; it must offer ocpp1.6"),
        (no_subprotocol, "CS001 was refused, as it offers no subprotocol; it must offer ocpp1.6"),
    ],
)
async def test_a_station_that_never_comes(station_is: Any, seen: str) -> None:
    story = await nobody_comes(station_is)
    assert story.verdicts() == ["INCONCLUSIVE", "INCONCLUSIVE"]
    assert {ended.reason for ended in story.done.values()} == {
        f"the station CS001 did not connect in 60 s ({seen}); it must connect to "
        "ws://127.0.0.1:40000/CS001"
    }
    assert asyncio.get_running_loop().time() < 75, "it is waited for only once"


async def test_a_station_that_comes_late() -> None:
    end = CsmsEnd(OCPP16, "CS001")
    port = await end.start("127.0.0.1", 0)
    station = RawStation(f"ws://127.0.0.1:{port}/ocpp/CS001")
    lane = lane_of("station", end, station)
    asyncio.get_running_loop().call_later(50, station.start)
    story = await run_on(lane, "TC_021_CS")
    assert story.verdicts() == ["PASS"]
    await station.stop()
    await end.close()


async def test_a_station_that_comes_twice() -> None:
    others: list[RawStation] = []

    async def twice(station: RawStation) -> None:
        others.append(RawStation(station.url))
        others[0].booted = True
        others[0].start()
        await station.cut_off()
        await others[0].stop()

    story, station = await against_station("TC_003_CS", "TC_012_CS", before_StartTransaction=twice)
    assert story.verdicts() == ["PASS", "PASS"]
    assert station.closes[0] == (1000, "connected again")
    told = "CS001 connected again while it was connected; the older connection is closed"
    assert in_journal(story, told)


async def test_a_station_that_goes_away_for_good() -> None:
    async def gone(station: RawStation) -> None:
        station.url = station.url.replace("CS001", "CS002")
        station.socket.transport.abort()
        await station.cut_off()

    story, _ = await against_station(
        "TC_003_CS", "TC_021_CS", "TC_012_CS", before_StartTransaction=gone
    )
    assert story.verdicts() == ["FAIL", "INCONCLUSIVE", "INCONCLUSIVE"]
    first, second, third = (ended.reason for ended in story.done.values())
    assert "StartTransaction" in first
    assert "the connection has been closed since" in first
    assert second == third
    assert "'CS002' was refused; CS001 is wanted" in second


# -- reports --------------------------------------------------------------------------------------


async def test_the_reports_show_it_all(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    told = []
    for name, bad in BREACHES.items():
        story, _ = await against_station("TC_003_CS", before_StartTransaction=bad.does)
        assert story.verdicts() == ["FAIL"], name
        for number, stamped in enumerate(story.journal):
            if number or not told:
                journal(stamped._replace(case=stamped.case and f"TC_{len(told):03}_CS"))
        told.append(bad.told)
    journal.close()
    html, _, _ = write_reports(tmp_path)
    shown = html.read_text()
    for sentence in ("Dance is not a message of OCPP 1.6", "it has 22 bytes", "8388608 bytes"):
        assert sentence in shown
