"""What survives a restart."""

import pytest

from testbay_reference.store import Store, open_store


@pytest.mark.parametrize("on_disk", [True, False])
def test_values_are_copies(tmp_path, on_disk):
    store = open_store(tmp_path / "deep" / "state" if on_disk else None)
    value = {"list": [1, 2]}
    store.set("a", value)
    value["list"].append(3)
    assert store.get("a") == {"list": [1, 2]}
    store.get("a")["list"].append(4)
    assert store.get("a") == {"list": [1, 2]}
    assert store.get("b", 7) == 7
    assert store.get("b") is None


def test_a_directory_remembers(tmp_path):
    open_store(tmp_path).set("a", 1)
    again = open_store(tmp_path)
    again.set("b", None)
    assert (again.get("a"), again.get("b", 5)) == (1, None)
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_equal_values_are_not_written_again(tmp_path):
    store = open_store(tmp_path)
    store.set("a", {"x": 1})
    (tmp_path / "state.json").unlink()
    store.set("a", {"x": 1})
    assert not (tmp_path / "state.json").exists()


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_a_broken_file_is_named(tmp_path, text):
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(ValueError, match=r"state\.json cannot be read"):
        open_store(tmp_path)


def test_memory_forgets():
    Store().set("a", 1)
    assert Store().get("a") is None
