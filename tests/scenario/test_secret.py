"""What stands for a secret in a record is taken for it when the record is judged again."""

import pytest

from testbay.scenario.secret import MASK, stand_in, stands_for

HEX = "8d" * 20


def test_what_stands_for_a_secret() -> None:
    assert stand_in(HEX, 26) == f"{26:040x}"
    assert stand_in("text that is none", 1) == MASK
    assert stand_in("8d8d", 1) == MASK, "so short a number could stand for anything"


@pytest.mark.parametrize(
    ("recorded", "text", "may_be"),
    [
        (MASK, "anything", True),
        (f"a {MASK} b", "a secret b", True),
        (f"a {MASK} b", "a secret", False),
        (f"{MASK} and {MASK}", "one and two", True),
        (stand_in(HEX, 3), HEX, True),
        (stand_in(HEX, 3), HEX[2:], False),
        (stand_in(HEX, 3), "x" * 40, False),
        ("0" * 8, "1" * 8, False),
        ("plain", "other", False),
    ],
)
def test_it_may_be_any_secret(recorded: str, text: str, may_be: bool) -> None:
    assert stands_for(recorded, text) is may_be
