"""A PICS: its template, mistakes in it, what it says of itself and of the product."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from testbay.campaign.conditions import Answer
from testbay.campaign.form import UNANSWERED, Form, load_form
from testbay.campaign.pics import (
    MOST,
    Pics,
    PicsError,
    agreeing,
    contradictions,
    load,
    notes,
    product,
    stated,
    template,
)

FORM = load_form("1.6")
FORMS = [FORM, load_form("2.0.1")]
DOCS = Path(__file__).parents[2] / "docs/pics"
EXAMPLES = sorted(DOCS.rglob("*.toml"))


def write(folder: Path, text: str) -> Path:
    path = folder / "product.toml"
    path.write_text(text, "utf-8")
    return path


def of(text: str, folder: Path) -> Pics:
    return load(write(folder, f'ocpp = "1.6"\n{text}'))


def saying(**answers: Answer) -> Pics:
    """Return the PICS of a station with these answers; ids are written with underscores."""
    named = {id.replace("-", "_").replace(".", "_"): id for id in FORM.questions}
    return Pics(
        "product.toml", FORM, {"dut": "station"} | {named[k]: v for k, v in answers.items()}
    )


# -- the template ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.ocpp)
@pytest.mark.parametrize("sut", ["station", "csms"])
def test_the_template_asks_every_question_and_answers_none(
    form: Form, sut: str, tmp_path: Path
) -> None:
    text = template(form, sut)
    tables = tomllib.loads(text)
    assert tables.pop("ocpp") == form.ocpp
    asked = {id: value for table in tables.values() for id, value in table.items()}
    assert list(asked) == [q.id for q in form.questions.values() if q.is_for(sut)]
    assert {id for id, value in asked.items() if value != UNANSWERED} == {"dut"}
    assert max(map(len, text.splitlines())) <= 100
    found = load(write(tmp_path, text))
    assert (found.sut, found.answers) == (sut, {"dut": sut})
    assert contradictions(found) == notes(found) == []


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.ocpp)
def test_the_template_tells_what_may_be_answered(form: Form) -> None:
    text = template(form, "station")
    assert f"testbay run station --ocpp {form.ocpp} --pics FILE" in text
    for question in form.asked("station"):
        key = f'"{question.id}"' if "." in question.id else question.id
        entry = text[: text.index(f"\n{key} =")]
        comment = " ".join(entry[entry.rindex("\n\n") :].replace("\n#", " ").split())
        assert question.ask in comment, question.id
        assert question.allowed in comment, question.id
        assert all(key in comment for key in question.keys), question.id


# -- answers ---------------------------------------------------------------------------------------


def test_answers_are_taken_in_any_case_and_kept_as_they_are_listed(tmp_path: Path) -> None:
    found = of(
        '[general]\ndut = "Station"\ncommunication = ["WiFi", "mobile"]\nvendor = "Both"\n'
        '[features]\nC-06 = "BOTH"\nSC-1 = "a"\n[limits]\nHeartbeatInterval_min = 0.5\n',
        tmp_path,
    )
    assert found.answers == {
        "dut": "station",
        "communication": ("wifi", "mobile"),
        "vendor": "Both",
        "C-06": "both",
        "SC-1": "A",
        "HeartbeatInterval_min": 0.5,
    }


def test_an_id_with_a_point_need_not_be_quoted(tmp_path: Path) -> None:
    found = of('[questions]\nAQ-7.1 = "yes"\n"AQ-7.2" = "no"\n', tmp_path)
    assert found.answers == {"AQ-7.1": "yes", "AQ-7.2": "no"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[questions]\nAQ-2 = "maybe"', """AQ-2 is 'maybe', expected one of "yes", "no", or"""),
        ("[questions]\nAQ-2 = true", "AQ-2 is true, expected one of"),
        ("[questions]\nAQ-2 = 1", "AQ-2 is 1, expected one of"),
        ('[features]\nC-06 = "sometimes"', 'expected one of "yes", "no", "both", or "unanswered"'),
        ('[questions]\nAQ-22 = "yes"', "there is no question AQ-22; did you mean AQ-2"),
        ('[questions]\naq-2 = "yes"', "there is no question aq-2; did you mean AQ-2"),
        ('[features]\nAQ-2 = "yes"', "AQ-2 stands in [features], but belongs in [questions]"),
        ('[question]\nAQ-2 = "yes"', "there is no table question; did you mean questions?"),
        ("[zzz]\n", "there is no table zzz; testbay pics new shows all there are"),
        ("questions = 3", "questions must be a table, [questions]"),
        ('[limits]\nLocalAuthListMaxLength = "many"', "is 'many', expected a whole number from 0"),
        ("[limits]\nLocalAuthListMaxLength = -1", "is -1, expected a whole number"),
        ("[limits]\nLocalAuthListMaxLength = 1.5", "is 1.5, expected a whole number"),
        ("[limits]\nHeartbeatInterval_max = inf", "is inf, expected a number of seconds"),
        ("[limits]\nHeartbeatInterval_max = nan", "is nan, expected a number of seconds"),
        ("[limits]\nHeartbeatInterval_max = true", "is true, expected a number of seconds"),
        ('[general]\nvendor = " "', "vendor is ' ', expected a text"),
        ('[general]\ncommunication = "wifi"', 'expected a list with some of "wifi"'),
        ("[general]\ncommunication = []", 'expected a list with some of "wifi"'),
        ('[general]\ncommunication = ["wifi", "lora"]', 'expected a list with some of "wifi"'),
        ('[questions]\ncommunication_ports = ["USB", 3]', "expected a list of texts"),
        ("[questions.AQ-2]\nyes = 1", "expected one of"),
        ("[questions\n", "is not TOML"),
        ("a = " + "[" * 5000, "is not TOML"),
    ],
)
def test_a_mistake_is_named_with_what_may_be_answered(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PicsError) as error:
        of(text, tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'product.toml'}: ")
    assert said in str(error.value)


@pytest.mark.parametrize("text", ["", 'ocpp = "3"', "ocpp = 1.6"])
def test_the_version_must_be_there(tmp_path: Path, text: str) -> None:
    with pytest.raises(PicsError, match='at its top must stand which version it is for, ocpp = "1'):
        load(write(tmp_path, text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PicsError, match=r"there is no such file; testbay pics new .* writes one"):
        load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PicsError, match="is not UTF-8"):
        load(tmp_path / "bytes.toml")
    with pytest.raises(PicsError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "long.toml").write_bytes(b"#" * (MOST + 1))
    with pytest.raises(PicsError, match="too long"):
        load(tmp_path / "long.toml")


def test_it_must_say_what_it_describes(tmp_path: Path) -> None:
    with pytest.raises(PicsError, match=r'general\.dut is unanswered, .* one of "station"'):
        _ = of('[general]\nvendor = "V"', tmp_path).sut


def test_a_software_stack_is_a_station() -> None:
    assert saying(dut="software_stack").sut == "station"


def test_answers_come_back_from_a_journal() -> None:
    given = {"dut": "station", "communication": ["wifi"], "C-06": "both", "gone": "yes", "C-07": 3}
    found = stated("product.toml", "1.6", given)
    assert found.answers == {"dut": "station", "communication": ("wifi",), "C-06": "both"}


def test_only_what_makes_sense_is_missed() -> None:
    without = saying(LA_0="no", smart_charging="no", R_0="no", AQ_8="no").unanswered
    with_ = saying(LA_0="yes", smart_charging="yes", R_0="yes", AQ_8="yes").unanswered
    assert [id for id in with_ if id not in without] == [
        "R-1",
        "SC-1",
        "LocalAuthListMaxLength",
        "SendLocalListMaxLength",
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleMaxPeriods",
    ]
    assert "AQ-10" not in without


# -- contradictions --------------------------------------------------------------------------------

CONTRADICTORY: list[tuple[dict[str, Answer], str]] = [
    ({"R_0": "no", "R_1": "yes"}, "R-1 cannot have reservations of the whole station"),
    ({"LA_0": "no", "LocalAuthListMaxLength": 5}, "LA-0 has no local authorization list"),
    ({"LA_0": "no", "SendLocalListMaxLength": 5}, "LA-0 has no local authorization list"),
    ({"smart_charging": "no", "SC_1": "A"}, "leave SC-1, the unit of its limits, unanswered"),
    ({"smart_charging": "no", "ChargeProfileMaxStackLevel": 0}, "limits of charging profiles"),
    ({"smart_charging": "no", "ChargingScheduleMaxPeriods": 9}, "limits of charging profiles"),
    ({"subtype": "mode_1_2_only", "smart_charging": "yes"}, "smart_charging must be no"),
    ({"subtype": "mode_1_2_only", "AQ_6": "yes"}, "AQ-6 must be no"),
    ({"subtype": "mode_1_2_only", "C_06": "no"}, "C-06 must be yes or both"),
    ({"subtype": "mode_1_2_only", "C_10": "yes"}, "C-10 must be no or configurable"),
    ({"rfid_readers": "single", "AQ_11": "no"}, "AQ-11 must be yes, or rfid_readers none"),
    (
        {"MeterValueSampleInterval_min": 9, "MeterValueSampleInterval_max": 8},
        "MeterValueSampleInterval_min is greater",
    ),
    ({"HeartbeatInterval_min": 9, "HeartbeatInterval_max": 8.5}, "HeartbeatInterval_min is gr"),
    (
        {"cipher_ecdsa": "no", "cipher_rsa": "no", "advanced_security": "yes"},
        "cipher_ecdsa or cipher_rsa must be yes",
    ),
    (
        {"C_11": "no", "security_profile_2": "no", "advanced_security": "no"},
        "a security profile is needed",
    ),
    ({"AQ_8": "no", "communication_ports": ("USB",)}, "communication_ports names some"),
    (
        {"communication": ("wifi",), "performance_communication": "mobile"},
        "performance_communication names a connection",
    ),
    ({"AQ_10": "yes"}, "AQ-10 is asked of a csms only, and dut is station"),
    ({"dut": "csms", "C_07": "no"}, "C-07 is asked of a station only, and dut is csms"),
]


@pytest.mark.parametrize(("answers", "said"), CONTRADICTORY)
def test_a_contradiction_is_named_in_a_sentence(answers: dict[str, Answer], said: str) -> None:
    found = contradictions(saying(**answers))
    assert len(found) == 1
    assert said in found[0]
    with pytest.raises(PicsError, match=r"product\.toml contradicts itself: "):
        agreeing(saying(**answers))


@pytest.mark.parametrize(("answers", "said"), CONTRADICTORY)
def test_with_an_answer_less_it_is_none(answers: dict[str, Answer], said: str) -> None:
    for left_out in answers:
        fewer = {k: v for k, v in answers.items() if k != left_out}
        assert contradictions(saying(**fewer)) == []


def test_every_contradiction_has_been_seen() -> None:
    seen = {c for answers, _ in CONTRADICTORY for c in contradictions(saying(**answers))}
    assert [c.says for c in FORM.contradictions if c.says not in seen] == []


def test_all_contradictions_are_named_at_once() -> None:
    with pytest.raises(PicsError, match=r"R-1 cannot.*; .*AQ-6 must be no"):
        agreeing(saying(R_0="no", R_1="yes", subtype="mode_1_2_only", AQ_6="yes"))


def test_notes_are_no_contradictions() -> None:
    cases: list[dict[str, Answer]] = [
        {"security_profile_2": "no"},
        {"AQ_7_1": "yes", "AQ_7_2": "yes"},
        {"AQ_8": "yes"},
        {"dut": "csms", "R_1": "no"},
        {"dut": "csms", "LA_0": "no"},
        {"dut": "csms", "RT_0": "no"},
    ]
    said = [notes(saying(**answers)) for answers in cases]
    assert [text for (text,) in said] == [note.says for note in FORM.notes]
    assert [c for answers in cases for c in contradictions(saying(**answers))] == []


# -- the product -----------------------------------------------------------------------------------


def test_properties_follow_from_answers_that_are_there() -> None:
    assert product(saying()) == {}
    assert product(saying(C_07="no", AQ_2="yes")) == {"local_start": False, "cable_lock": True}
    assert product(saying(rfid_readers="single", connectors="multiple"))["shared_reader"]
    assert not product(saying(rfid_readers="one_per_evse"))["shared_reader"]
    assert product(saying(subtype="mode_1_2_only"))["mode_1_2_only"]


# -- the examples ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_examples_are_complete_and_agree(path: Path) -> None:
    found = load(path)
    assert contradictions(found) == []
    assert found.unanswered == []


@pytest.mark.parametrize("path", sorted(DOCS.glob("station*.toml")), ids=lambda p: p.stem)
def test_limits_of_the_examples_are_those_of_the_reference_station(path: Path) -> None:
    from testbay_reference.station.keys import core_keys, profile_keys
    from testbay_reference.station.options import StationOptions

    options = StationOptions("ws://127.0.0.1", "S")
    values = {key.name: key.default for key in (*core_keys(options), *profile_keys(options))}
    found = load(path)
    said = {id: found.answers[id] for id in values if id in found.answers}
    assert len(said) >= 7
    assert {id: str(value) for id, value in said.items()} == {id: values[id] for id in said}
