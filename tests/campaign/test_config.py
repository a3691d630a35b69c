"""Mistakes in the configuration file are named with file, key and what fits."""

from pathlib import Path

import pytest

from testbay.campaign.config import ConfigError, load, secrets
from testbay.scenario.configured import Configured
from testbay.scenario.features import Feature

VALUES = {
    v.name: v
    for v in (
        Configured("id_tag", str, "TAG", "a token"),
        Configured("interval", int, 10, "an interval", "seconds"),
        Configured("slack", float, 1.5, "a slack", "seconds"),
        Configured("key", str, "hush-hush", "a key", secret=True),
    )
}
FEATURES = {f.name: f for f in (Feature("fixed_cable", "the cable is fixed", False),)}


def write(folder: Path, text: str) -> Path:
    path = folder / "lab.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_has_its_default() -> None:
    found = load(None, VALUES, FEATURES)
    assert found.values == {"id_tag": "TAG", "interval": 10, "slack": 1.5, "key": "hush-hush"}
    assert found.product == {"fixed_cable": False}
    assert found.connect.listen == "127.0.0.1:9000"


def test_what_is_given_is_taken(tmp_path: Path) -> None:
    text = '[connect]\nidentity = "B2"\nconnect_timeout = 5\n[values]\nslack = 2\n'
    found = load(write(tmp_path, text + "[product]\nfixed_cable = true\n"), VALUES, FEATURES)
    assert found.connect.identity == "B2"
    assert found.connect.connect_timeout == 5.0
    assert found.values["slack"] == 2.0
    assert found.product == {"fixed_cable": True}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[values]\nintervall = 3", "the key values.intervall is unknown; did you mean interval?"),
        ("[value]\nx = 3", "the key value is unknown; did you mean values?"),
        ("[values]\nzzz = 3", "there are: id_tag, interval, slack, key"),
        ('[values]\ninterval = "3"', "values.interval is '3', expected a whole number"),
        ("[values]\ninterval = true", "values.interval is True, expected a whole number"),
        ("[values]\nid_tag = 7", "values.id_tag is 7, expected a text"),
        ("[product]\nfixed_cable = 1", "product.fixed_cable is 1, expected true or false"),
        ("values = 3", "values must be a table, [values]"),
        ("[values\n", "is not TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        load(path, VALUES, FEATURES)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load(tmp_path / "none.toml", VALUES, FEATURES)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(tmp_path / "bytes.toml", VALUES, FEATURES)
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, VALUES, FEATURES)


def test_secrets_are_the_secret_values_and_the_password(tmp_path: Path) -> None:
    path = write(tmp_path, '[connect]\npassword = "open sesame"\n')
    assert secrets(load(path, VALUES, FEATURES), VALUES) == ["hush-hush", "open sesame"]
