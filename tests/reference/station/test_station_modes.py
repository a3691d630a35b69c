"""A station for modes 1 and 2 only: a short flow of power once a cable is in."""

from station_lab import lab


async def test_the_connector_is_available_again_after_the_flow():
    async with lab(short_power_flow=3.0) as bench:
        mark = bench.mark
        await bench.do("plug_in")
        assert bench.peer.short(mark) == ["1 Preparing"]
        await bench.settle(2.5)
        assert bench.peer.short(mark) == ["1 Preparing"]
        await bench.settle(1)
        assert bench.peer.short(mark) == ["1 Preparing", "1 Available"]


async def test_a_token_after_the_flow_is_followed_by_preparing_and_charging():
    async with lab(short_power_flow=3.0) as bench:
        await bench.do("plug_in")
        await bench.settle(5)
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG1", connector=1)
        said = bench.peer.short(mark)
        assert said == ["Authorize", "1 Preparing", "StartTransaction", "1 Charging"]


async def test_a_token_during_the_flow_charges_at_once():
    async with lab(short_power_flow=3.0) as bench:
        mark = bench.mark
        await bench.do("plug_in")
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.settle(5)
        said = bench.peer.short(mark)
        assert said == ["1 Preparing", "Authorize", "StartTransaction", "1 Charging"]


async def test_the_next_cable_begins_a_flow_of_its_own():
    async with lab(short_power_flow=3.0) as bench:
        await bench.do("plug_in")
        await bench.settle(5)
        mark = bench.mark
        await bench.do("unplug")
        await bench.do("plug_in")
        await bench.do("unplug")
        await bench.settle(5)
        assert bench.peer.short(mark) == ["1 Preparing", "1 Available"]


async def test_other_stations_wait_for_the_token():
    async with lab() as bench:
        mark = bench.mark
        await bench.do("plug_in")
        await bench.settle(20)
        assert bench.peer.short(mark) == ["1 Preparing"]
