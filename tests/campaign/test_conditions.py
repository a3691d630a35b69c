"""Conditions on answers: what is written, the three values, and which answers decide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbay.campaign.conditions import (
    And,
    Answer,
    Compare,
    Condition,
    Is,
    Not,
    Or,
    deciding,
    parse,
    questions,
)

A, B = Is("A", ("yes",)), Is("B", ("yes",))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("A", A),
        ("A and B", And((A, B))),
        ("A or B and not A", Or((A, And((B, Not(A)))))),
        ("(A or B) and A", And((Or((A, B)), A))),
        ("not A = no", Not(Is("A", ("no",)))),
        ("C-06 in (yes, both)", Is("C-06", ("yes", "both"))),
        ("AQ-7.1 and B", And((Is("AQ-7.1", ("yes",)), B))),
        ("N >= 5", Compare("N", ">=", "5")),
        ("N > M", Compare("N", ">", "M")),
    ],
)
def test_what_is_written_is_read(text: str, condition: Condition) -> None:
    assert parse(text) == condition


@pytest.mark.parametrize(
    "text", ["", "A and", "A B", "(A", "A in (", "A in B", "A ? B", "not", ")"]
)
def test_what_is_written_wrongly_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="'"):
        parse(text)


def test_a_condition_can_have_a_name() -> None:
    assert parse("several and A", {"several": Or((A, B))}) == And((Or((A, B)), A))


@pytest.mark.parametrize(
    ("text", "answers", "held"),
    [
        ("A", {}, None),
        ("A", {"A": "yes"}, True),
        ("A", {"A": "no"}, False),
        ("A and B", {"B": "no"}, False),
        ("A and B", {"B": "yes"}, None),
        ("A or B", {"B": "yes"}, True),
        ("A or B", {"B": "no"}, None),
        ("not A", {}, None),
        ("not A", {"A": "no"}, True),
        ("A = wifi", {"A": ("mobile", "wifi")}, True),
        ("A = wifi", {"A": ("mobile",)}, False),
        ("A answered", {}, False),
        ("A answered", {"A": "no"}, True),
        ("N >= 5", {"N": 5}, True),
        ("N >= 5", {"N": 4.5}, False),
        ("N > M", {"N": 5}, None),
        ("N > M", {"N": 5, "M": 4}, True),
        ("N > 5", {"N": "many"}, None),
    ],
)
def test_three_values(text: str, answers: dict[str, Answer], held: bool | None) -> None:
    assert parse(text).holds(answers) is held


def test_an_empty_condition_always_holds() -> None:
    assert And().holds({}) is True


@pytest.mark.parametrize(
    ("text", "answers", "decided"),
    [
        ("A and B", {"A": "no", "B": "yes"}, ("A",)),
        ("A and B", {"A": "no", "B": "no"}, ("A", "B")),
        ("A and (B or C)", {"A": "yes", "B": "no", "C": "no"}, ("B", "C")),
        ("A and (B or C)", {"A": "yes", "B": "no"}, ("C",)),
        ("not A and B", {"A": "yes", "B": "yes"}, ("A",)),
        ("A or B", {"A": "no", "B": "yes"}, ("B",)),
        ("N > M", {"N": 1, "M": 2}, ("N", "M")),
        ("A and A", {"A": "no"}, ("A",)),
    ],
)
def test_the_answers_that_decide(
    text: str, answers: dict[str, Answer], decided: tuple[str, ...]
) -> None:
    assert deciding(parse(text), answers) == decided


# -- for every condition ---------------------------------------------------------------------------

NAMES = "ABCD"
LEAVES = st.sampled_from(NAMES).map(lambda name: Is(name, ("yes",)))
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    LEAVES,
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: Or(tuple(parts)))
    ),
    max_leaves=8,
)
COMPLETE = st.fixed_dictionaries({name: st.sampled_from(["yes", "no"]) for name in NAMES})


@given(CONDITIONS, COMPLETE, st.sets(st.sampled_from(NAMES)))
def test_a_missing_answer_never_changes_what_is_known(
    condition: Condition, answers: dict[str, Answer], missing: set[str]
) -> None:
    known = condition.holds({k: v for k, v in answers.items() if k not in missing})
    assert known is None or known is condition.holds(answers)
    assert condition.holds(answers) is not None


@given(CONDITIONS, COMPLETE, st.sets(st.sampled_from(NAMES)))
def test_the_deciding_answers_alone_decide(
    condition: Condition, answers: dict[str, Answer], missing: set[str]
) -> None:
    given_ = {k: v for k, v in answers.items() if k not in missing}
    decided, held = deciding(condition, given_), condition.holds(given_)
    assert set(decided) <= set(questions(condition))
    if held is None:
        assert all(name in missing for name in decided)
        assert decided
    else:
        assert condition.holds({k: v for k, v in given_.items() if k in decided}) is held
