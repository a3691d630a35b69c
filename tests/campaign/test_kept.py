"""Passwords that a run has set are kept until the configured one is back."""

from pathlib import Path

import pytest

from testbay.campaign.kept import NAME, Kept, read
from testbay.scenario import events

FIRST, SECOND = "8d" * 20, "4F43415F4F4354545F61646D696E5F74657374"


def sets(password: str) -> events.Stamped:
    change = {"key": "authorizationKey", "value": password}
    return events.Stamped(0.0, "", "A", 1, events.Called("c1", "ChangeConfiguration", change))


def test_they_are_kept_in_their_order_for_their_owner_alone(tmp_path: Path) -> None:
    kept = Kept(tmp_path, "configured-password")
    configured = ("configured-password", b"configured-password".hex().upper())
    for password in (FIRST, SECOND, FIRST, *configured):
        kept(sets(password))
    assert read(tmp_path) == kept.passwords == [FIRST, SECOND]
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert Kept(tmp_path, "configured-password").passwords == [FIRST, SECOND]


def test_nothing_is_written_where_no_password_is_set(tmp_path: Path) -> None:
    kept = Kept(tmp_path, "configured-password")
    kept(events.Stamped(0.0, "", "", 0, events.Noticed("AuthorizationKey")))
    assert kept.settle("configured-password") == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("in_use", "told"), [(SECOND, "the system has another password"), (None, "may have another")]
)
def test_where_another_one_is_in_use_it_is_said_where_it_stands(
    tmp_path: Path, in_use: str | None, told: str
) -> None:
    kept = Kept(tmp_path, "configured-password")
    kept(sets(SECOND))
    said = kept.settle(in_use)
    assert told in said
    assert str(tmp_path / NAME) in said
    assert SECOND not in said
    assert read(tmp_path) == [SECOND]


def test_they_are_forgotten_once_the_configured_one_is_back(tmp_path: Path) -> None:
    kept = Kept(tmp_path, "configured-password")
    kept(sets(FIRST))
    assert kept.settle("configured-password") == ""
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_nothing_ends_nothing(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "gone", "configured-password")
    kept(sets(FIRST))
    assert kept.passwords == [FIRST]
