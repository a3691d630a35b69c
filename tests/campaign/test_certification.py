"""Which cases apply by a PICS, and in which words it is said why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from testbay.campaign.certification import ITSELF, Ruling, certificate, rulings
from testbay.campaign.conditions import Answer
from testbay.campaign.form import load_form
from testbay.campaign.pics import Pics, PicsError, load
from testbay.campaign.suites import load as load_suite
from testbay.scenario.case import TestCase
from testbay.scenario.features import Either
from testbay.suites.ocpp16.features import fixed_cable, local_start, reader

FORM = load_form("1.6")
CASES = load_suite("1.6").cases
PICS = Path(__file__).parents[2] / "docs/pics"
MODES = {"subtype": "mode_1_2_only"}


def ruled(
    answers: Mapping[str, Answer], cases: Mapping[str, TestCase] | None = None
) -> dict[str, Ruling]:
    pics = Pics("p.toml", FORM, {"dut": "station", **answers})
    return {r.case: r for r in rulings(pics, cases or {})}


def test_every_case_of_the_system_is_ruled() -> None:
    assert len(ruled({})) == 107
    assert len(ruled({"dut": "csms"})) == 77
    with pytest.raises(PicsError, match="dut is unanswered"):
        rulings(Pics("p.toml", FORM), {})


def test_mandatory_optional_and_conditional_are_told_apart() -> None:
    found = ruled({})
    assert found["TC_001_CS"].status == "mandatory"
    assert found["TC_003_CS"].status == "conditional"
    assert found["TC_030_CS"].status == "optional"
    assert found["TC_027_CS"].status == "not listed"
    assert Counter(r.status for r in found.values()) == {
        "mandatory": 46,
        "conditional": 49,
        "optional": 4,
        "not listed": 8,
    }


def test_without_answers_what_is_conditional_waits() -> None:
    found = ruled({})
    assert found["TC_001_CS"].applies is True
    assert found["TC_001_CS"].why == ""
    waits = found["TC_003_CS"]
    assert waits.applies is None
    assert waits.questions == ("C-07", "C-08", "AQ-2")
    assert waits.why.startswith("C-07 is unanswered (Can a transaction be started at the station?)")


def test_the_answer_that_excludes_is_named_even_if_others_are_missing() -> None:
    found = ruled({"AQ-2": "yes"})["TC_003_CS"]
    assert (found.applies, found.questions) == (False, ("AQ-2",))
    assert found.why == (
        "AQ-2 is yes (Does a lock keep the cable from being plugged in before authorization?)"
    )


def test_an_answer_can_make_a_case_apply_although_others_are_missing() -> None:
    assert ruled({"C-07": "yes", "C-08": "yes", "C-04": "yes"})["TC_037_1_CS"].applies is True
    offline = ruled({"C-07": "yes", "C-08": "yes", "C-04": "no", "LA-0": "no"})["TC_037_1_CS"]
    assert (offline.applies, offline.questions) == (None, ("C-02",))


def test_answers_of_more_than_two_kinds() -> None:
    answers: dict[str, Answer] = {"C-06": "both", "C-10": "no", "subtype": "none"}
    found = ruled(answers | {"fixed_cable": "no", "AQ-9": "yes"})
    applies = [found[f"TC_005_{n}_CS"].applies for n in (1, 2, 3)]
    assert applies == [False, True, True]
    assert found["TC_005_1_CS"].questions == ("C-10",)


def test_a_profile_that_is_not_claimed_excludes_its_cases() -> None:
    found = ruled({"smart_charging": "no", "advanced_security": "yes", "subtype": "none"})
    assert found["TC_056_CS"].applies is False
    assert found["TC_056_CS"].questions == ("smart_charging",)
    assert found["TC_087_CS"].applies is True
    csms = ruled({"dut": "csms", "smart_charging": "no"})
    assert csms["TC_056_CSMS"].applies is False
    assert csms["TC_046_CSMS"].applies is True


def test_several_security_profiles_are_counted() -> None:
    def multiple(one: str, two: str, three: str) -> bool | None:
        answers = {"C-11": one, "security_profile_2": two, "advanced_security": three}
        return ruled({k: v for k, v in answers.items() if v})["TC_083_CS"].applies

    assert multiple("yes", "yes", "") is True
    assert multiple("yes", "no", "yes") is True
    assert multiple("no", "yes", "yes") is True
    assert multiple("no", "no", "yes") is False
    assert multiple("no", "", "yes") is None
    assert multiple("no", "no", "") is False


def test_modes_1_and_2_only() -> None:
    found = ruled({**MODES, "smart_charging": "no"})
    assert found["TC_005_2_CS"].status == "mandatory"
    assert found["TC_005_2_CS"].applies is True
    assert found["TC_005_3_CS"].applies is False
    charging = [r for r in found.values() if r.profile == "Smart Charging"]
    assert len(charging) == 10
    assert {r.applies for r in charging} == {False}
    assert charging[0].questions == ("smart_charging", "subtype")
    assert ruled({"subtype": "none"})["TC_005_2_CS"].status == "conditional"
    assert ruled(MODES)["TC_037_2_CS"].applies is None


def test_prerequisites_are_named_and_exclude_nothing() -> None:
    answers: dict[str, Answer] = {
        "LA-0": "yes",
        "smart_charging": "yes",
        "subtype": "none",
        "LocalAuthListMaxLength": 4,
        "ChargingScheduleMaxPeriods": 4,
        "ChargeProfileMaxStackLevel": 0,
    }
    found = ruled(answers)
    lacking = {r.case: r.lacks for r in found.values() if r.lacks}
    assert list(lacking) == ["TC_043_CS", "TC_066_CS", "TC_072_CS"]
    assert lacking["TC_043_CS"] == (
        "LocalAuthListMaxLength is 4 (How many idTags can the local authorization list hold?), "
        "and the case needs at least 5",
    )
    assert found["TC_043_CS"].applies is True
    enough = {"LocalAuthListMaxLength": 5, "ChargingScheduleMaxPeriods": 5}
    fewer = ruled({**answers, **enough, "ChargeProfileMaxStackLevel": 1})
    assert [r.case for r in fewer.values() if r.lacks] == []
    assert ruled(answers | {"LA-0": "no"})["TC_043_CS"].lacks == ()


async def nothing(t: object) -> None:
    """Be the body of a case."""


def case(id: str, **more: object) -> dict[str, TestCase]:
    return {id: TestCase(id, "Title", "station", "1.6", "g", nothing, **more)}  # type: ignore[arg-type]


def test_what_the_case_itself_requires_counts_too() -> None:
    own = case("TC_001_CS", requires=local_start)
    assert ruled({"C-07": "yes"}, own)["TC_001_CS"].applies is True
    assert ruled({}, own)["TC_001_CS"].applies is None
    found = ruled({"C-07": "no"}, own)["TC_001_CS"]
    assert (found.applies, found.status) == (False, "mandatory")
    assert found.why.endswith(ITSELF)
    assert found.title == "Title"


def test_either_of_two_is_required() -> None:
    own = case("TC_001_CS", requires=Either((reader, fixed_cable)))
    assert ruled({"AQ-11": "no"}, own)["TC_001_CS"].applies is None
    assert ruled({"AQ-11": "no", "fixed_cable": "no"}, own)["TC_001_CS"].applies is False
    assert ruled({"fixed_cable": "yes"}, own)["TC_001_CS"].applies is True


def test_the_certificate() -> None:
    def of(**answers: str) -> str:
        return certificate(Pics("p.toml", FORM, dict(answers)))

    assert of(smart_charging="yes", advanced_security="yes") == "Full"
    assert of(smart_charging="no") == "Subset"
    assert of(smart_charging="yes") == "Full or Subset, as advanced_security will be answered"


def test_with_the_examples_no_case_is_never_run() -> None:
    run: set[str] = set()
    for path in sorted(PICS.glob("*.toml")):
        found = rulings(load(path), CASES)
        assert [r.case for r in found if r.applies is None or r.lacks] == []
        run |= {r.case for r in found if r.applies}
    assert [id for id in FORM.rows if id not in run] == []
