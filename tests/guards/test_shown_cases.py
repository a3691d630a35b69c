"""What `testbay show` tells of a case is for people, and never in the words of Python."""

from __future__ import annotations

import json
import re

import pytest

from testbay.scenario.describe import as_json

from . import guarded

_OF_PYTHON = re.compile(r"0x[0-9a-f]{4}|<(?:function|class|bound)\b|\bobject at\b|[A-Z]\w+\(\w+='")


def problems(text: str) -> list[str]:
    """Return what only somebody who knows the source can read, with what stands around it."""
    return [text[max(0, m.start() - 40) : m.end() + 40] for m in _OF_PYTHON.finditer(text)]


def test_no_case_is_shown_with_values_of_python() -> None:
    found = {}
    for id, described in guarded.described().items():
        text = json.dumps(as_json(described), ensure_ascii=False)
        if told := problems(text):
            found[id] = told
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "accepts=<function basic.<locals>.<lambda> at 0x7ff109874540>",
        "<testbay.scenario.checks.Check object at here>",
        "kind=<class 'str'>",
        "for each key in ListsKey(key='LocalAuthListEnabled')",
    ],
)
def test_it_sees_values_of_python(text: str) -> None:
    assert problems(text)


@pytest.mark.parametrize("text", ["Started(token=B)", "for each check", "reads 0x2f"])
def test_it_lets_pass_what_a_case_says(text: str) -> None:
    assert problems(text) == []
