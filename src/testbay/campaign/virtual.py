"""Runs on the virtual clock: a fresh loop, reference system and lane for every case."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from testbay.campaign.between import Between, attend
from testbay.campaign.embedded import (
    LANES,
    Build,
    MakeInterposer,
    features_of,
)
from testbay.campaign.lane import Lane
from testbay.campaign.resume import Earlier
from testbay.campaign.runner import Run, Settings, broken, not_applicable
from testbay.campaign.suites import Loaded
from testbay.campaign.survey import Surveyor
from testbay.campaign.wrong import Wrong
from testbay.clock.jumploop import EPOCH
from testbay.clock.virtual import VirtualLoop
from testbay.clock.wall import stamp
from testbay.scenario import events
from testbay.scenario.case import TestCase
from testbay.scenario.execute import Ended
from testbay.scenario.product import Product
from testbay.scenario.test import Test

T = TypeVar("T")


@dataclass
class Recorded:
    """One run of one case, with everything that it left behind."""

    ended: Ended
    test: Test
    lane: Lane
    journal: list[events.Stamped] = field(default_factory=list)


def product_for(
    case: TestCase,
    suite: Loaded,
    name: str = "",
    config: Mapping[str, Any] | None = None,
    products: Sequence[Product] | None = None,
) -> tuple[Product | None, str]:
    """Return the first product (or the named one) that meets what a case requires, or why none.

    Args:
        config: may say of features that they are not to be used.
        products: those that may be taken; without, all there are.
    """
    why = ""
    every = suite.part(case.sut).reference.products if products is None else products
    for product in every:
        if name and product.name != name:
            continue
        features = features_of(suite, case.sut, product, config or {})
        unmet = case.requires.unmet(features) if case.requires is not None else ""
        if not unmet:
            return product, ""
        why = why or unmet
    return None, why


def run_case(
    case: TestCase,
    suite: Loaded,
    product: Product,
    config: Mapping[str, Any],
    *,
    build: Build | None = None,
    settings: Settings | None = None,
    interpose: MakeInterposer | None = None,
    wrap: Callable[[Lane], None] | None = None,
    sink: events.Sink | None = None,
    attempts: dict[str, int] | None = None,
    abouts: dict[int, dict[str, Any]] | None = None,
    uploads: Path | None = None,
) -> Recorded:
    """Run one case on a fresh virtual loop against a fresh reference system.

    Args:
        interpose: what stands on the wire.
        wrap: may change the lane before the case (its operator).
        sink: told of every event as well.
        attempts: how often each case was tried before; it is counted on.
        abouts: what the systems have said of themselves before; only what is new is told.
        uploads: where the files are kept that a station sends.
    """
    journal: list[events.Stamped] = []

    def tell(stamped: events.Stamped) -> None:
        journal.append(stamped)
        if sink is not None:
            sink(stamped)

    async def main() -> Recorded:
        run = Run([case], tell, settings or Settings())
        run.attempts = attempts if attempts is not None else {}
        run.abouts = dict(abouts or {})
        made: list[Test] = []
        lane = await LANES[case.sut](
            suite, product, config, build or Build(), interpose, uploads=uploads
        )
        lane.built = product.name
        if wrap is not None:
            wrap(lane)
        make = lane.make_test

        def keep(*args: Any, **more: Any) -> Test:
            made.append(make(*args, **more))
            return made[-1]

        lane.make_test = keep
        between = Between(lane.end, lane.model, run.now, run.tell)
        lane.end.attach(between)
        try:
            ended = await run.one(case, lane, between)
        finally:
            await lane.end.close()
            if lane.stop is not None:
                await lane.stop()
        if abouts is not None and run.abouts:
            abouts.setdefault(lane.number, run.abouts[lane.number])  # each is as new
        return Recorded(ended, made[0], lane, journal)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


def survey_all(
    cases: Sequence[TestCase],
    suite: Loaded,
    config: Mapping[str, Any],
    sink: events.Sink,
    products: Sequence[Product],
    surveyor: Surveyor,
) -> dict[int, dict[str, Any]]:
    """Survey each of the products that some case needs; tell and return what they say."""
    abouts: dict[int, dict[str, Any]] = {}

    async def ask(lane: Lane) -> tuple[events.Surveyed, events.Identified]:
        told = await surveyor.told(lane)
        return told, events.Identified(lane.number, lane.model.about(), lane.built)

    found = (product_for(case, suite, config=config, products=products)[0] for case in cases)
    for product in {p.name: p for p in found if p is not None}.values():
        (told, about), at = survey_one(cases[0].sut, suite, product, config, ask)
        when = stamp(EPOCH + timedelta(seconds=at))
        sink(events.Stamped(at, when, "", 0, told))
        if about.about and about.lane not in abouts:
            abouts[about.lane] = about.about
            sink(events.Stamped(at, when, "", 0, about))
    return abouts


def survey_one(
    sut: str,
    suite: Loaded,
    product: Product,
    config: Mapping[str, Any],
    ask: Callable[[Lane], Awaitable[T]],
) -> tuple[T, float]:
    """Ask a fresh reference system something; return the answer, and when it came (s)."""

    async def main() -> tuple[T, float]:
        loop = asyncio.get_running_loop()
        zero = loop.time()
        lane = await LANES[sut](suite, product, config, Build())
        lane.built = product.name
        attend(lane)
        try:
            if why := await lane.end.ready(lane.connect_timeout):
                raise Wrong(why)
            return await ask(lane), loop.time() - zero
        finally:
            await lane.end.close()
            if lane.stop is not None:
                await lane.stop()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


def run_all(
    cases: Sequence[TestCase],
    suite: Loaded,
    config: Mapping[str, Any],
    sink: events.Sink,
    settings: Settings,
    *,
    earlier: Earlier | None = None,
    products: Sequence[Product] | None = None,
    stopped: Callable[[], str] = lambda: "",
    uploads: Path | None = None,
    abouts: dict[int, dict[str, Any]] | None = None,
) -> dict[str, Ended]:
    """Run cases one after another; those that no product can run are told as not applicable.

    Args:
        earlier: what was tried and has ended before; it is counted on.
        products: those that may be taken; without, all there are.
        stopped: asked before every case; says why no other is begun.
        uploads: where the files are kept that stations send, in a folder for each case.
        abouts: what the systems say of themselves.
    """
    earlier = earlier or Earlier()
    abouts = {} if abouts is None else abouts
    for case in cases:
        for _ in range(earlier.left(case.id, settings.repeat)):
            if stopped():
                return earlier.done
            folder = uploads / case.id if uploads is not None else None
            ended = _run_one(
                case, suite, config, sink, settings, earlier.attempts, products, abouts, folder
            )
            earlier.ends(case.id, ended)
    return earlier.done


def _run_one(
    case: TestCase,
    suite: Loaded,
    config: Mapping[str, Any],
    sink: events.Sink,
    settings: Settings,
    attempts: dict[str, int],
    products: Sequence[Product] | None,
    abouts: dict[int, dict[str, Any]],
    uploads: Path | None,
) -> Ended:
    product, why = product_for(case, suite, config=config, products=products)
    if product is None:
        ended, skipped = not_applicable(case, why)
        sink(events.Stamped(0.0, stamp(EPOCH), case.id, 0, skipped))
        return ended
    try:
        return run_case(
            case,
            suite,
            product,
            config,
            settings=settings,
            sink=sink,
            attempts=attempts,
            abouts=abouts,
            uploads=uploads,
        ).ended
    except Exception as error:  # a bug of the tool costs this case, not the run
        return broken(sink, case.id, attempts.get(case.id, 1), error, EPOCH)
