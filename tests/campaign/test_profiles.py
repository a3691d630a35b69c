"""Security profiles in lanes: which products stand for them, and what a raised one changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from testbay.campaign.applying import reference_products
from testbay.campaign.config import ConfigError, Configuration, Connect
from testbay.campaign.embedded import features_of
from testbay.campaign.files import Files
from testbay.campaign.lane import new_test
from testbay.campaign.options import Options
from testbay.campaign.processes import Kit
from testbay.campaign.profiles import profile_of, supported
from testbay.campaign.real import csms_lane
from testbay.campaign.start import Plan, plan
from testbay.campaign.suites import load
from testbay.clock import now
from testbay.clock.virtual import run
from testbay.pki.lab import Lab
from testbay.roles.desk import Desk
from testbay.roles.keyring import Keyring
from testbay.roles.station import StationEnd
from testbay.scenario.product import PROFILES, connected
from testbay.scenario.recorder import Recorder
from testbay.scenario.role import Operator
from testbay.suites.ocpp16.products import CSMSS, STATIONS, reference
from testbay.suites.ocpp201.configured import cfg

SUITE = load("1.6")
PICS = Path(__file__).parents[2] / "docs/pics"


def planned(sut: str, **more: object) -> Plan:
    return plan(Options(sut, "1.6", reference=True, **more))  # type: ignore[arg-type]


def profiles_of(found: Plan) -> list[int]:
    config = found.configuration.values | found.configuration.product
    sut = found.options.sut
    return [profile_of(features_of(SUITE, sut, p, config)) for p in found.products]


@pytest.mark.parametrize("sut", ["station", "csms"])
def test_there_is_a_product_for_each_profile_at_the_end(sut: str) -> None:
    found = profiles_of(planned(sut))
    assert found[-3:] == [1, 2, 3]
    assert set(found[:-3]) == {0}
    assert [p.name for p in reference(sut).products][-1] == "security profile 3"


@pytest.mark.parametrize("profile", [0, 1, 2, 3])
def test_with_one_profile_all_products_have_it(profile: int, tmp_path: Path) -> None:
    found = planned("station", security_profile=profile)
    assert set(profiles_of(found)) == {profile}
    assert len(found.products) == len(STATIONS) - 3
    config = tmp_path / "c.toml"
    config.write_text(f"[connect]\nsecurity_profile = {profile}\n")
    assert set(profiles_of(planned("station", config=str(config)))) == {profile}


def test_a_pics_says_which_profiles_there_are(tmp_path: Path) -> None:
    text = (PICS / "station.toml").read_text("utf-8")
    assert profiles_of(planned("station", pics=str(PICS / "station.toml"))) == [1, 2, 3, 0]
    pics = tmp_path / "p.toml"
    pics.write_text(text.replace('C-11 = "yes"', 'C-11 = "no"'))
    found = planned("station", pics=str(pics))
    assert profiles_of(found) == [2, 3, 0]
    assert [p.name for p in found.products][1:] == [
        "as the PICS says, security profile 3",
        "as the PICS says, no security profile",
    ]
    assert profiles_of(planned("station", pics=str(pics), security_profile=3)) == [3]
    with pytest.raises(
        ConfigError, match=r"security profile 1 is to be used, but in .*p\.toml C-11"
    ):
        planned("station", pics=str(pics), security_profile=1)


def test_what_a_product_has_and_how_it_is_connected() -> None:
    assert supported({}) == PROFILES
    assert supported({"security_profile_2": False}) == (1, 3)
    for profile in (0, *PROFILES):
        assert profile_of(connected(profile)) == profile
    features = features_of(SUITE, "csms", CSMSS[0], connected(2))
    assert profile_of(features) == 2
    assert reference_products(SUITE, "csms", {}, None) == CSMSS


async def _raised() -> None:
    part = SUITE.part("csms")
    values = {v.name: v.default for v in part.values.values()} | {"security_profile": 1}
    product = {f.name: f.default for f in part.features.values()} | connected(1)
    given = Configuration(
        Connect(identity="CS001", url="ws://csms.test:1", security_profile=1), values, product
    )
    nobody: Operator = None  # type: ignore[assignment]
    lane = await csms_lane(SUITE, given, nobody)
    before = lane.config
    lane.follow()
    assert lane.config is before
    assert isinstance(lane.end, StationEnd)
    [desk] = lane.end.helpers
    assert isinstance(desk, Desk)
    assert desk.signing == "rsa"  # real systems need not know ECDSA (L01.FR.04)
    await lane.end.link("k", "require", {"profile": 2})
    lane.follow()
    assert profile_of(lane.product) == profile_of(lane.config) == lane.config["security_profile"]
    assert lane.config["security_profile"] == 2
    assert before["security_profile"] == 1, "what was told of the case before stays"


def test_a_profile_that_a_case_has_raised_holds_for_the_next_ones() -> None:
    run(_raised(), virtual=True)


async def _timeouts() -> tuple[float, object]:
    suite = load("2.0.1")
    part = suite.part("csms")
    values = {v.name: v.default for v in part.values.values()}
    product = {f.name: f.default for f in part.features.values()}
    connect = Connect(identity="CS001", url="ws://csms.test:1", message_timeout=7.5)
    nobody: Operator = None  # type: ignore[assignment]
    lane = await csms_lane(suite, Configuration(connect, values, product), nobody)
    recorder = Recorder("TC_B_42_CSMS", 1, lambda *_: None, now(), lane.config, False)
    test = new_test(lane.make_test, lane.end, nobody, recorder, lane.model, 1)
    return test.timeout, test.value(cfg.message_timeout)


def test_how_long_an_answer_may_take_is_not_what_a_network_profile_says_of_it() -> None:
    assert run(_timeouts(), virtual=True) == (7.5, 30)


async def _files(folder: Path) -> None:
    ring = Keyring(Lab.seeded())
    scratch = Files(ring)
    assert await scratch.open() is await scratch.open()
    made = scratch._scratch
    assert made is not None
    await scratch.stop()
    await scratch.stop()
    assert not made.exists()
    kept = Files(ring, folder=folder / "uploads")
    await kept.open()
    await kept.stop()
    assert (folder / "uploads").is_dir()


def test_file_servers_start_when_they_are_needed(tmp_path: Path) -> None:
    run(_files(tmp_path), virtual=True)


@pytest.mark.real_clock
async def test_the_keys_of_a_run_are_gone_with_it(tmp_path: Path) -> None:
    kit = Kit(tmp_path / "uploads")
    key = kit.written.client("CS001")
    assert "PRIVATE KEY" in key.read_text()
    assert key.stat().st_mode & 0o077 == 0
    assert kit.text("x.txt", "x")
    server = await kit.files.open()
    assert server.schemes == ("http", "https", "ftp", "ftps")
    await kit.close()
    assert not kit.folder.exists()
    assert server.schemes == ()


async def _runs() -> None:
    suite = load("2.0.1")
    values = {v.name: v.default for v in suite.part("csms").values.values()}
    given = Configuration(Connect(identity="CS001", url="ws://csms.test:1"), values, {})
    nobody: Operator = None  # type: ignore[assignment]
    ids = set()
    for _ in range(2):
        lane = await csms_lane(suite, given, nobody)
        assert isinstance(lane.end, StationEnd)
        ids |= {lane.end.wire_id("c1")}
        await asyncio.sleep(0.01)
    assert len(ids) == 2
    assert max(len(one) for one in ids) < 30, "36 characters are allowed"


def test_no_run_has_the_ids_of_another() -> None:
    run(_runs(), virtual=True)
