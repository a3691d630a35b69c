"""The journal is written line by line, masked, and read again after a kill."""

from pathlib import Path

import orjson
import pytest

from testbay.campaign.journal import NAME, Journal, line_of
from testbay.campaign.resume import NoRun, read
from testbay.scenario import events
from testbay.scenario.events import Stamped
from testbay.scenario.verdict import Verdict

AT = "2030-01-01T00:00:00.000Z"


def stamped(event: events.Event, case: str = "TC_1", attempt: int = 1) -> Stamped:
    return Stamped(1.25, AT, case, attempt, event)


def finished(verdict: str = "PASS", stopped: bool = False) -> events.CaseFinished:
    return events.CaseFinished(verdict, "", 3, 1.0, "", "", stopped)


def started(case: str = "TC_1") -> events.CaseStarted:
    return events.CaseStarted("title", "1.6", "station", "group", 1, 1, AT, {}, {}, [])


RUN = events.RunStarted("1.6", "station", 1, "virtual", "0", ["TC_1", "TC_2"], {}, {})


@pytest.mark.parametrize(
    "event",
    [
        events.Frame("in", '[2,"1","Heartbeat",{}]', 1),
        events.Phase('a "quoted" \\ name'),
        events.Judged("1", "what", [["text", True, {"a": [1, None]}, ""]], "PASS", "main", ["m1"]),
        finished(),
        RUN,
    ],
)
def test_a_line_is_what_the_event_says(event: events.Event) -> None:
    for case in ("TC_1", ""):
        line = line_of(stamped(event, case))
        assert line.endswith(b"\n")
        assert orjson.loads(line) == stamped(event, case).to_json()


def test_secrets_are_masked_as_text_and_as_hex(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ['pass"word', "abc"])
    text = f'[2,"1","X",{{"a":"pass\\"word","b":"{b"pass".hex()}{b"abc".hex()}"}}]'
    hexed = b'pass"word'.hex().upper()
    journal(stamped(events.Frame("in", text + hexed + 'pass"word', 1)))
    journal.close()
    written = (tmp_path / NAME).read_text()
    assert "word" not in written
    assert hexed not in written
    assert "(secret)" in written
    assert "61626" in written, "a short secret is left alone: masking it would tear words apart"
    orjson.loads(written)


def test_a_line_that_was_cut_off_does_not_spoil_the_next(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(line_of(stamped(RUN, "")) + b'{"t":1,"kind":"fra')
    journal = Journal(tmp_path)
    journal(stamped(started()))
    journal(stamped(finished()))
    journal.close()
    assert read(tmp_path).done["TC_1"].verdict == Verdict.PASS


def write(folder: Path, *lines: Stamped) -> None:
    journal = Journal(folder)
    for line in lines:
        journal(line)
    journal.close()


def test_what_has_ended_is_not_run_again_but_what_was_stopped_is(tmp_path: Path) -> None:
    write(
        tmp_path,
        stamped(RUN, ""),
        stamped(started()),
        stamped(finished("FAIL")),
        stamped(started("TC_2"), "TC_2"),
        stamped(finished("INCONCLUSIVE", stopped=True), "TC_2"),
        stamped(started("TC_3"), "TC_3", 2),
    )
    earlier = read(tmp_path)
    assert {c: e.verdict for c, e in earlier.done.items()} == {"TC_1": Verdict.FAIL}
    assert earlier.attempts == {"TC_1": 1, "TC_2": 1, "TC_3": 2}
    assert earlier.started["cases"] == ["TC_1", "TC_2"]


def test_a_later_attempt_that_was_not_finished_is_made_again(tmp_path: Path) -> None:
    write(tmp_path, stamped(RUN, ""), stamped(started()), stamped(finished()))
    assert (read(tmp_path).left("TC_1", 1), read(tmp_path).left("TC_1", 3)) == (0, 2)
    write(tmp_path, stamped(started(), attempt=2))
    earlier = read(tmp_path)
    assert "TC_1" not in earlier.done
    assert (earlier.left("TC_1", 1), earlier.left("TC_1", 3), earlier.attempts["TC_1"]) == (1, 2, 2)


def test_a_folder_without_a_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoRun, match=r"there is no journal\.jsonl"):
        read(tmp_path)
    (tmp_path / NAME).write_text("")
    with pytest.raises(NoRun, match="does not begin with the start of a run"):
        read(tmp_path)


# -- passwords that are set in the run -------------------------------------------------------------

NEW = "8d" * 20
OTHER = "4F43415F4F4354545F61646D696E5F74657374"


def change(value: str, key: str = "AuthorizationKey") -> dict[str, str]:
    return {"key": key, "value": value}


def frame(value: str, key: str = "AuthorizationKey") -> events.Frame:
    text = orjson.dumps([2, "1", "ChangeConfiguration", change(value, key)]).decode()
    return events.Frame("in", text, 1)


@pytest.mark.parametrize(
    "event",
    [
        events.Linked("k1", "password", {"value": NEW}),
        events.Called("c1", "ChangeConfiguration", change(NEW)),
        events.MessageReceived("m1", "ChangeConfiguration", change(NEW), 1, True),
        frame(NEW),
        frame(NEW, "authorizationKEY"),
        events.Called("c1", "ChangeConfiguration", change(NEW, "authorizationkey")),
    ],
)
def test_a_new_password_is_masked_from_its_first_line_on(
    tmp_path: Path, event: events.Event
) -> None:
    journal = Journal(tmp_path)
    journal(stamped(event))
    journal(stamped(events.Noticed(f"{NEW} and {NEW.upper()}")))
    journal.close()
    lines = (tmp_path / NAME).read_text().splitlines()
    for line in lines:
        assert NEW not in line
        assert NEW.upper() not in line
        orjson.loads(line)
    number = f"{1:040x}"
    assert number in lines[0], "what stands for it is as long, and hexadecimal, too"
    assert lines[1].count(number) == 2


def test_passwords_of_an_earlier_part_are_masked_as_they_were(tmp_path: Path) -> None:
    for before in ((), (NEW, OTHER)):
        journal = Journal(tmp_path, ["configured-password"], before)
        for value in (NEW, OTHER) if not before else (OTHER, NEW):
            journal(stamped(frame(value)))
        journal(stamped(events.Noticed("OCA_OCTT_admin_test")))
        journal.close()
    lines = (tmp_path / NAME).read_text().splitlines()
    shown = [line.split("value")[-1] for line in lines]
    assert (shown[0], shown[1]) == (shown[4], shown[3])
    assert shown[0] != shown[1]
    assert "admin" not in "".join(lines)


def test_two_passwords_stay_two(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ["configured-password"])
    for value in (NEW, OTHER, NEW, b"configured-password".hex()):
        journal(stamped(frame(value)))
    journal(stamped(events.Noticed("OCA_OCTT_admin_test")))
    journal.close()
    shown = [line.split("value")[-1] for line in (tmp_path / NAME).read_text().splitlines()]
    assert shown[0] == shown[2] != shown[1]
    assert "(secret)" in shown[3]
    assert "(secret)" in shown[4], "the text that hexadecimal digits stand for is masked, too"


def test_other_settings_and_texts_are_as_they_are(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    lines = [
        events.Called("c1", "ChangeConfiguration", {"key": "CpoName", "value": NEW}),
        events.Linked("k1", "dial", {"value": NEW}),
        events.Frame("in", f'"AuthorizationKey" {NEW}', 1),
        events.Frame("in", '[2,"1","GetConfiguration",{"key":["AuthorizationKey"]}]', 1),
    ]
    for event in lines:
        journal(stamped(event))
    journal.close()
    written = (tmp_path / NAME).read_bytes().splitlines(keepends=True)
    assert written == [line_of(stamped(event)) for event in lines]


def test_private_keys_are_masked(tmp_path: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----\n"
    journal = Journal(tmp_path)
    journal(stamped(events.LinkSeen("k1", {"key": key, "csr": "-----BEGIN CERTIFICATE-----"})))
    journal(stamped(events.Frame("in", orjson.dumps([2, "1", "X", {"k": key}]).decode(), 1)))
    journal.close()
    written = (tmp_path / NAME).read_text()
    assert "MIIabc" not in written
    assert written.count("(secret)") == 2
    assert "BEGIN CERTIFICATE" in written
