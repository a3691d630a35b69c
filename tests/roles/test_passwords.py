"""Passwords: how they are written down, and what a header shows of them."""

from __future__ import annotations

import base64

import pytest

from testbay.roles.passwords import basic, password_bytes, shown_in

NOTHING = {"scheme": "", "name": "", "password": "none", "bytes": 0, "hex": False}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sixteen-or-more!", b"sixteen-or-more!"),
        ("ümläut", "ümläut".encode()),
        ("4f" * 16, b"\x4f" * 16),
        ("aB" * 20, b"\xab" * 20),
        ("4f" * 15, b"4f" * 15),
        ("4f" * 21, b"4f" * 21),
        ("4" * 33, b"4" * 33),
        ("4g" * 16, b"4g" * 16),
    ],
)
def test_32_to_40_hexadecimal_digits_are_bytes(text: str, wanted: bytes) -> None:
    assert password_bytes(text) == wanted
    shown = shown_in(basic("CP:1".replace(":", ""), text))
    assert (shown.name, shown.password, shown.wrong) == ("CP1", wanted, "")
    assert shown.told(wanted)["password"] == "right"
    assert shown.told(b"another")["password"] == "wrong"


def test_nothing_is_told_of_what_is_not_shown() -> None:
    for header in (None, ""):
        assert shown_in(header).told(b"x") == NOTHING
        assert shown_in(header).wrong == "shows no name and password"


def told(text: bytes, right: bytes | None = None) -> dict[str, object]:
    return shown_in(f"Basic {base64.b64encode(text).decode()}").told(right)


def test_the_form_is_told_but_not_the_password() -> None:
    assert told(b"CP1:4f4f") == {
        "scheme": "Basic",
        "name": "CP1",
        "password": "wrong",
        "bytes": 4,
        "hex": True,
    }
    assert told(b"CP1") == {**NOTHING, "scheme": "Basic", "name": "CP1"}
    assert told(b"CP1:") == {**NOTHING, "scheme": "Basic", "name": "CP1", "password": "wrong"}
    assert told(b"CP1:a:b", b"a:b")["password"] == "right"
    assert told(b"\xff\xfe:x")["name"] == "\\xff\\xfe"
    assert shown_in("Bearer abc").told(None) == {**NOTHING, "scheme": "Bearer"}
    assert "not Base64" in shown_in("Basic %%%").wrong
