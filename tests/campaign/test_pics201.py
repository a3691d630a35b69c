"""The PICS of OCPP 2.0.1: what cannot be so, what follows, and the reference systems by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbay.campaign.certification import certificate, rulings
from testbay.campaign.conditions import Answer
from testbay.campaign.config import ConfigError
from testbay.campaign.form import load_form
from testbay.campaign.options import Options
from testbay.campaign.pics import Pics, contradictions, load, notes, product, values
from testbay.campaign.start import Plan, plan
from testbay.campaign.suites import load as load_suite
from testbay.campaign.virtual import product_for, run_case
from testbay.scenario.product import CannotBuild
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp201.products import station
from testbay_reference.station201 import StationOptions

FORM = load_form("2.0.1")
SUITE = load_suite("2.0.1")
PICS = Path(__file__).parents[2] / "docs/pics/ocpp201"
STATION, FIXED, REMOTE = (PICS / f"station{name}.toml" for name in ("", "-fixed", "-remote"))
DEFAULTS = {name: f.default for name, f in SUITE.part("station").features.items()}
NAMED = {id.replace("-", "_").replace(".", "_"): id for id in FORM.questions}


def saying(**answers: Answer) -> Pics:
    """Return the PICS of a station with these answers; ids are written with underscores."""
    given = {NAMED[name]: answer for name, answer in answers.items()}
    return Pics("product.toml", FORM, {"dut": "station"} | given)


def none(*names: str, **more: Answer) -> dict[str, Answer]:
    return dict.fromkeys(names, "no") | more


# -- what cannot be so -----------------------------------------------------------------------------

SUITES = tuple(FORM.questions["C-41"].answers)
TOKENS = ("C_30", "C_31", "C_32", "C_33", "C_34")
CONTRADICTORY: list[tuple[dict[str, Answer], str]] = [
    (none("C_06_1", "C_06_2"), "C-06.1 or C-06.2 must be yes"),
    (none(*(f"C_09_{n}" for n in range(1, 7))), "one of C-09.1 to C-09.6"),
    (none(*(f"C_10_{n}" for n in range(1, 6))), "one of C-10.1 to C-10.5"),
    (none("C_12_1", "C_12_2"), "C-12.1 or C-12.2 must be yes"),
    (none("C_36", "C_37", "C_38", "C_39"), "one of C-36 to C-39"),
    (none("C_48_1", "C_48_2"), "C-48.1 or C-48.2 must be yes"),
    (none("C_50_1", "C_50_2", dut="csms"), "C-50.1 or C-50.2 must be yes"),
    (none("C_31", dut="csms"), "C-30, C-31 and C-35 must be yes"),
    (none("C_37", dut="csms"), "C-36 and C-37 must be yes"),
    (none(*TOKENS, "C_35", C_01="yes"), "by nothing that is there"),
    (
        none("C_35", "C_02", "C_49", "local_authorization_list_management", C_01="yes"),
        "by nothing that is there",
    ),
    (none("C_49", C_53="yes"), "C-49 has no authorization cache"),
    (none("C_49", C_59="yes"), "C-49 has no authorization cache"),
    (none("C_49", C_54=("LRU",)), "C-49 has no authorization cache"),
    (none("C_42", C_09_3="yes"), "C-42 must be yes"),
    (none("C_56", advanced_device_management="yes"), "C-56 must be yes"),
    (none("advanced_device_management", DM_3="yes"), "DM-3 and unsupported_criterion must be no"),
    (none("reservation", R_2="yes"), "R-1, R-2 and R-3 must be no"),
    (none("local_authorization_list_management", LA_3="yes"), "LA-1, LA-2 and LA-3 must be no"),
    (none("smart_charging", SC_4="yes", dut="csms"), "SC-4 must be no"),
    (none("SC_2_1", "SC_2_2", smart_charging="yes"), "SC-2.1 or SC-2.2 must be yes"),
    (none("iso_15118_support", AQ_11="yes"), "AQ-11 must be no"),
    (none("advanced_user_interface", UI_2_4="yes"), "UI-1.1 to UI-2.4 must be no"),
    (none("UI_1_1", "UI_1_2", "UI_1_3", advanced_user_interface="yes"), "UI-1.1 to UI-1.3"),
    (
        none("UI_2_1", "UI_2_2", "UI_2_3", "UI_2_4", advanced_user_interface="yes"),
        "one of UI-2.1 to UI-2.4",
    ),
    ({"subtype": "mode_1_2_only", "AQ_9": "yes"}, "AQ-9 must be no"),
    ({"subtype": "mode_1_2_only", "HFS_4": "yes"}, "HFS-4 must be no"),
    (none("HFS_3", "HFS_4"), "HFS-3 or HFS-4 must be yes"),
    (none("HFS_1", "HFS_2", subtype="none"), "HFS-1 or HFS-2 must be yes"),
    (none("HFS_1", tested_cable="detachable"), "tested_cable names a kind of cable"),
    (none("HFS_2", tested_cable="fixed"), "tested_cable names a kind of cable"),
    ({"C_41": SUITES[1:3]}, "both suites with ECDSA, or both with RSA"),
    (none("C_61", "security_profile_2", "advanced_security"), "a security profile is needed"),
    ({"AQ_16": "yes"}, "AQ-16 is asked of a csms only, and dut is station"),
    ({"dut": "csms", "C_49": "no"}, "C-49 is asked of a station only, and dut is csms"),
]


@pytest.mark.parametrize(("answers", "said"), CONTRADICTORY)
def test_a_contradiction_is_named_in_a_sentence(answers: dict[str, Answer], said: str) -> None:
    found = contradictions(saying(**answers))
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(("answers", "said"), CONTRADICTORY)
def test_with_an_answer_less_it_is_none(answers: dict[str, Answer], said: str) -> None:
    for left_out in answers:
        fewer = {k: v for k, v in answers.items() if k != left_out}
        if "dut" in answers and left_out == "dut":
            continue  # then it is the PICS of a station
        assert contradictions(saying(**fewer)) == [], left_out


def test_every_contradiction_has_been_seen() -> None:
    seen = {c for answers, _ in CONTRADICTORY for c in contradictions(saying(**answers))}
    assert [c.says for c in FORM.contradictions if c.says not in seen] == []


def test_notes_are_no_contradictions() -> None:
    cases: list[dict[str, Answer]] = [
        {"security_profile_2": "no"},
        {"iso_15118_support": "yes", "advanced_security": "yes", "smart_charging": "no"},
        {"AQ_18": "yes", "HFS_1": "no"},
        {"subtype": "wireless"},
    ]
    said = [notes(saying(**answers)) for answers in cases]
    assert [text for (text,) in said] == [note.says for note in FORM.notes]
    assert [c for answers in cases for c in contradictions(saying(**answers))] == []


@pytest.mark.parametrize(
    "answers",
    [
        {"C_35": "yes"},
        {"C_30": "yes", "C_02": "yes"},
        {"C_34": "yes", "C_49": "yes"},
        {"C_32": "yes", "local_authorization_list_management": "yes"},
    ],
)
def test_what_authorizes_offline(answers: dict[str, Answer]) -> None:
    rest = none(*TOKENS, "C_35", "C_02", "C_49", "local_authorization_list_management")
    assert contradictions(saying(C_01="yes", **rest | answers)) == []


# -- what follows ----------------------------------------------------------------------------------


def test_properties_follow_from_answers_that_are_there() -> None:
    assert product(saying()) == {}
    assert product(saying(HFS_8=1))["several_evses"] is False
    assert product(saying(HFS_8=2))["several_evses"] is True
    assert product(saying(C_35="yes", **none(*TOKENS)))["start_button"] is True
    assert product(saying(C_35="yes", C_30="yes"))["start_button"] is False
    assert product(saying(HFS_1="no", HFS_2="yes"))["fixed_cable"] is True
    assert "fixed_cable" not in product(saying(HFS_1="yes", HFS_2="yes"))
    both = saying(HFS_1="yes", HFS_2="yes", tested_cable="fixed")
    assert product(both)["fixed_cable"] is True
    assert product(saying(dut="csms", advanced_device_management="no"))["report_summary"] is False


def test_configured_values_follow_from_answers() -> None:
    nobody = none(*TOKENS, "C_35", "iso_15118_support")
    assert values(saying()) == {}
    assert values(saying(HFS_8=3, C_30="yes")) == {"evse_count": 3}
    assert values(saying(**nobody)) == {"authorize_by": "remote", "stop_by": "remote"}
    assert values(saying(**nobody | {"C_34": "yes"})) == {"stop_by": "remote"}
    button = values(saying(C_35="yes", **none(*TOKENS)))
    assert button == {"valid_idtoken_type": "NoAuthorization", "valid_idtoken_idtoken": ""}
    known = {name for sut in ("station", "csms") for name in SUITE.part(sut).values}
    assert {one.name for one in FORM.values} <= known


def planned(pics: Path, **more: object) -> Plan:
    options = Options("station", "2.0.1", reference=True, pics=str(pics), **more)  # type: ignore[arg-type]
    return plan(options)


def test_a_run_has_the_values_unless_it_is_configured_otherwise(tmp_path: Path) -> None:
    found = planned(REMOTE).configuration.values
    assert (found["evse_count"], found["authorize_by"], found["stop_by"]) == (1, "remote", "remote")
    (tmp_path / "c.toml").write_text('[values]\nauthorize_by = "local"')
    found = planned(REMOTE, config=str(tmp_path / "c.toml")).configuration.values
    assert (found["evse_count"], found["authorize_by"]) == (1, "local")
    (tmp_path / "c.toml").write_text("[product]\nreset_evse = true")
    with pytest.raises(ConfigError, match=r"C-13 is no .* leave product\.reset_evse out"):
        planned(REMOTE, config=str(tmp_path / "c.toml"))


def test_one_of_several_profiles_is_enough() -> None:
    def of(**answers: Answer) -> tuple[bool | None, str, str, tuple[str, ...]]:
        pics = saying(**answers)
        [found] = [r for r in rulings(pics, {}) if r.case == "TC_B_14_CS"]
        return found.applies, found.status, found.profile, found.questions

    both, core, top = ("advanced_device_management", "C-56"), "Core", "Advanced Device Management"
    assert of(advanced_device_management="yes", C_56="yes") == (True, "mandatory", top, ())
    assert of(advanced_device_management="no", C_56="yes") == (True, "conditional", core, ())
    assert of(advanced_device_management="no", C_56="no") == (False, "mandatory", top, both)
    assert of(C_56="no") == (None, "mandatory", top, both[:1])
    assert of(C_56="yes")[:3] == (True, "conditional", core)


def test_every_case_of_the_system_is_ruled() -> None:
    for sut in ("station", "csms"):
        found = rulings(Pics("p.toml", FORM, {"dut": sut}), SUITE.cases)
        assert len(found) == sum(case.endswith("_CS") is (sut == "station") for case in FORM.rows)
        assert {r.status for r in found} >= {"mandatory", "conditional", "not listed"}


def test_the_certificate() -> None:
    assert certificate(load(STATION)) == "Subset"
    profiles = (
        "advanced_security",
        "local_authorization_list_management",
        "smart_charging",
        "reservation",
    )
    more = ("advanced_device_management", "advanced_user_interface", "iso_15118_support")
    assert certificate(saying(**dict.fromkeys((*profiles, *more), "yes"))) == "Full"


# -- the reference systems -------------------------------------------------------------------------


def test_a_reference_station_is_built_as_the_answers_say() -> None:
    plain = station("x", DEFAULTS, {})
    usual = StationOptions("ws://x", "x")
    same = {"tx_starts", "tx_stops"}
    assert {n for n, v in plain.options.items() if getattr(usual, n) != v} <= same
    answers = {"C-51": "no", "C-09.1": "no", "C-48.1": "no", "C-58": "no", "HFS-8": 3}
    answers |= {f"C-10.{n}": "no" for n in (1, 2, 3)} | {"C-12.2": "no"}
    features = {"trigger_status": False, "trigger_boot": False, "unsupported_criterion": True}
    found = station("x", DEFAULTS | features, answers).options
    assert (
        found["tx_start"]
        == found["tx_starts"]
        == (
            *(
                "ParkingBayOccupancy",
                "Authorized",
                "DataSigned",
                "PowerPathClosed",
                "EnergyTransfer",
            ),
        )
    )
    assert (found["tx_stops"], found["tx_stop"]) == (
        ("ParkingBayOccupancy", "EnergyTransfer"),
        ("ParkingBayOccupancy",),
    )
    unlocks = "OCPPCommCtrlr.UnlockOnEVSideDisconnect"
    asks = "AuthCtrlr.AuthorizeRemoteStart"
    assert found["variables"] == {unlocks: "true", asks: "false"}
    assert set(found["read_only"]) == {unlocks, asks, "TxCtrlr.TxStartPoint"}
    assert found["lacks"] == ("AuthCtrlr.DisableRemoteAuthorization",)
    assert found["not_triggered"] == ("StatusNotification", "BootNotification")
    assert (found["reports"], found["evses"]) == ("NotifyEvent", 3)
    assert "Active" not in found["criteria"]


def test_what_cannot_be_built() -> None:
    with pytest.raises(CannotBuild, match="no lock at its side where its cable is fixed"):
        station("x", DEFAULTS | {"fixed_cable": True}, {})
    with pytest.raises(CannotBuild, match="no plug locked without a lock"):
        station("x", DEFAULTS | {"mechanical_lock": False}, {"retention_lock": "yes"})


def test_with_the_examples_no_case_is_never_run() -> None:
    run: set[str] = set()
    for path in sorted(PICS.glob("*.toml")):
        found = rulings(load(path), SUITE.cases)
        assert [r.case for r in found if r.applies is None or r.lacks] == []
        run |= {r.case for r in found if r.applies}
    assert [id for id in SUITE.cases if id not in run] == []


def test_another_example_runs_what_one_leaves_out() -> None:
    """The whole runs are those of the documentation; here, what only one of them can show."""
    left_out = planned(STATION).excluded
    assert left_out
    for path in (FIXED, REMOTE):
        found = planned(path)
        for id in [id for id in left_out if id not in found.excluded]:
            case, values = SUITE.cases[id], found.configuration.values
            config = values | found.configuration.product
            built, why = product_for(case, SUITE, config=config, products=found.products)
            assert built is not None, (id, why)
            ended = run_case(case, SUITE, built, config).ended
            assert (id, ended.verdict, ended.reason) == (id, Verdict.PASS, "")
