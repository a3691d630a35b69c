"""From what a tester asks to a run: cases, configuration, lanes, the first and the last event.

What goes on after a kill goes on with the options and values that stand in the journal.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from testbay import __version__
from testbay.campaign import applying, config, processes, real, resume
from testbay.campaign import pics as statements
from testbay.campaign.addresses import check_url, host_and_port
from testbay.campaign.config import IDENTITY, ConfigError, Configuration, UnknownKey
from testbay.campaign.credentials import needs, secured
from testbay.campaign.kept import Kept
from testbay.campaign.lane import Lane
from testbay.campaign.operators import HttpOperator, Split
from testbay.campaign.options import Options, checked
from testbay.campaign.pics import Pics
from testbay.campaign.profiles import PROFILE
from testbay.campaign.resume import Earlier, NoRun
from testbay.campaign.runner import Run, Settings, not_applicable
from testbay.campaign.selection import find, select, suite_of
from testbay.campaign.suites import Loaded, has_key
from testbay.campaign.survey import Surveyor, surveyor
from testbay.campaign.virtual import product_for, run_all, survey_all
from testbay.campaign.wrong import Wrong
from testbay.clock.jumploop import EPOCH
from testbay.clock.wall import stamp
from testbay.roles.gate import SECURE
from testbay.scenario import events
from testbay.scenario.case import TestCase
from testbay.scenario.execute import Ended
from testbay.scenario.product import Product
from testbay.scenario.role import Operator
from testbay.scenario.secret import MASK

UPLOADS = "uploads"  # folder in that of a run
LANES = 4  # reference systems side by side, where the tester does not say


@dataclass(frozen=True)
class Plan:
    """A run that can begin.

    Args:
        cases: in the order of the document.
        order: the same in the order in which they are begun; empty: as they are.
        pics: what the vendor states of the product.
        excluded: the cases that do not apply by it, with the reason.
        products: the reference systems that can stand for the product.
    """

    options: Options
    suite: Loaded
    cases: tuple[TestCase, ...]
    configuration: Configuration
    order: tuple[TestCase, ...] = ()
    pics: Pics | None = None
    excluded: Mapping[str, str] = field(default_factory=dict)
    products: tuple[Product, ...] = ()

    @property
    def secrets(self) -> list[str]:
        """The texts that must be masked in every output."""
        return config.secrets(self.configuration, self.suite.part(self.options.sut).values)

    @property
    def settings(self) -> Settings:
        """How the cases are run."""
        return Settings(self.options.seed, repeat=self.options.repeat)

    @property
    def surveyor(self) -> Surveyor:
        """Who asks the systems under test about themselves."""
        sut, made = self.options.sut, self.configuration
        return surveyor(self.suite.part(sut), sut, made.values, made.product, self.pics)

    @property
    def address(self) -> str:
        """Where the tool and a system of the tester's find each other."""
        connect = self.configuration.connect
        if self.options.sut == "csms":
            return f"{connect.url.rstrip('/')}/{connect.identity}"
        scheme = "wss" if connect.security_profile >= SECURE else "ws"
        return f"{scheme}://{connect.listen}/{connect.identity}"

    @property
    def needs(self) -> list[str]:
        """What a person must know of a system of the tester's, a sentence each."""
        return [] if self.options.reference else needs(self.configuration, self.options.sut)


def plan(options: Options) -> Plan:
    """Plan a run.

    Raises:
        Wrong: the options do not go together, or name what there is not.
        ConfigError: the configuration cannot be used.
    """
    checked(options)
    suite = suite_of(options.ocpp)
    cases = select(suite, options.sut, options.cases, options.group)
    pics = applying.statement(options)
    configuration = applying.with_product(_configuration(options, suite), pics)
    return _plan(options, suite, cases, configuration, pics)


def _plan(
    options: Options,
    suite: Loaded,
    cases: Sequence[TestCase],
    configuration: Configuration,
    pics: Pics | None,
) -> Plan:
    product = configuration.product
    products: tuple[Product, ...] = ()
    if options.reference:
        stated = {f"connect.{PROFILE}", f"values.{PROFILE}"} & set(configuration.stated)
        asked = options.security_profile is not None or stated
        profile = configuration.connect.security_profile if asked else None
        products = applying.reference_products(suite, options.sut, product, pics, profile)
    excluded: dict[str, str] = {}
    if options.all:
        cases = applying.anyway(cases, suite, product, products)
    else:
        excluded = applying.excluded(pics, cases)
    return Plan(
        options,
        suite,
        tuple(cases),
        configuration,
        order=_ordered(cases, options),
        pics=pics,
        excluded=excluded,
        products=products,
    )


def _ordered(cases: Sequence[TestCase], options: Options) -> tuple[TestCase, ...]:
    """Return the cases in the order in which they are begun; none: as they are.

    What leaves something that cannot be put back is begun last in either order.
    """
    chosen = list(cases)
    if options.order == "random":
        random.Random(options.seed).shuffle(chosen)
    elif not any(case.last for case in chosen):
        return ()
    return tuple(sorted(chosen, key=lambda case: case.last))


def resumed(folder: Path, again: Sequence[str] = ()) -> tuple[Plan, Earlier]:
    """Plan to go on with the run of a folder.

    Args:
        again: cases that are run once more, however they have ended.

    Raises:
        NoRun: there is none that can go on.
        ConfigError: its configuration file cannot be used any more.
        Wrong: it has a case that there is not any more.
    """
    earlier = resume.read(folder)
    started = earlier.started
    if not isinstance(started.get("options"), dict):
        raise NoRun(f"{folder}: the journal does not say with which options the run was started")
    options = Options.from_json(started["options"])
    suite = suite_of(options.ocpp)
    configuration = _configuration(options, suite)
    values = {
        name: started["config"].get(name, value)
        if MASK not in str(started["config"].get(name))
        else value
        for name, value in configuration.values.items()
    }
    as_it_was = replace(configuration, values=values, product=started["product"])
    pics = None
    if isinstance(started.get("pics"), dict):
        pics = statements.stated(options.pics, options.ocpp, started["pics"])
    cases = find(started["cases"], [options.ocpp])
    plan = _plan(options, suite, cases, as_it_was, pics)
    for case in find(again, [options.ocpp]):
        if case.id not in [c.id for c in cases]:
            there = ", ".join(c.id for c in cases)
            raise Wrong(f"the run in {folder} does not have {case.id}; it has {there}")
        if case.id in plan.excluded:
            raise Wrong(f"{case.id} does not apply to this product: {plan.excluded[case.id]}")
        earlier.again(case.id)
    return plan, earlier


def _configuration(options: Options, suite: Loaded) -> Configuration:
    path = Path(options.config) if options.config else None
    part = suite.part(options.sut)
    try:
        made = config.load(path, part.values, part.features)
    except UnknownKey as wrong:
        other = has_key(wrong.table, wrong.key, options.ocpp, options.sut)
        raise ConfigError(f"{path}: {other}" if other else str(wrong)) from None
    given: dict[str, Any] = {
        "listen": options.listen,
        "url": options.url,
        "actions": options.actions,
        "identity": options.identity,
    }
    connect = replace(made.connect, **{k: v for k, v in given.items() if v})
    default, value = part.values[IDENTITY].default, made.values[IDENTITY]
    if made.connect.identity and value not in (default, made.connect.identity):
        raise ConfigError(
            f"{path}: connect.identity is {made.connect.identity!r} and values.{IDENTITY} is "
            f"{value!r}, but they are the same thing; leave one of them out"
        )
    connect = replace(connect, identity=connect.identity or value)
    if not options.reference and options.sut == "csms":
        if not connect.url:
            raise Wrong("say where the CSMS is: --url ws://ADDR:PORT/PATH, without the identity")
        check_url(connect.url)
    elif not options.reference:
        host_and_port(connect.listen)
    made = replace(made, connect=connect, values=made.values | {IDENTITY: connect.identity})
    return secured(
        made,
        path,
        options.sut,
        profile=options.security_profile,
        lab=options.lab,
        reference=options.reference,
    )


# -- running --------------------------------------------------------------------------------------


def run_virtual(
    plan: Plan,
    sink: events.Sink,
    earlier: Earlier | None = None,
    stopped: Callable[[], str] = lambda: "",
    folder: Path | None = None,
) -> None:
    """Run on the virtual clock. Two runs with the same options tell the same events.

    Args:
        stopped: asked before every case; says why no other is begun.
        folder: of the run, where uploads are kept.
    """
    earlier = earlier or Earlier()

    def tell(event: events.Event, case: str = "") -> None:
        sink(events.Stamped(0.0, stamp(EPOCH), case, 0, event))

    tell(_started(plan, "virtual"))
    for case, why in _left_out(plan, earlier.done):
        earlier.done[case.id], skipped = not_applicable(case, why)
        tell(skipped, case.id)
    settings = plan.settings
    config = plan.configuration.values | plan.configuration.product
    ordered = plan.order or plan.cases
    waiting = [case for case in ordered if earlier.left(case.id, settings.repeat)]
    surveyor, abouts = plan.surveyor, None
    if waiting and surveyor.at_start:
        abouts = survey_all(waiting, plan.suite, config, sink, plan.products, surveyor)
    done = run_all(
        ordered,
        plan.suite,
        config,
        sink,
        settings,
        earlier=earlier,
        products=plan.products,
        stopped=stopped,
        uploads=folder / UPLOADS if folder is not None else None,
        abouts=abouts,
    )
    tell(_finished(plan, done, stopped()))


async def run_real(
    plan: Plan,
    sink: events.Sink,
    person: Operator,
    earlier: Earlier | None = None,
    begun: Callable[[Run], None] = lambda _: None,
    folder: Path | None = None,
) -> None:
    """Run on the real clock, against the tester's system or reference systems as processes.

    Args:
        person: acts on the tester's system, unless an automation API does, and answers questions.
        begun: gets the run, which can be stopped by it.
        folder: of the run, where uploads are kept.

    Raises:
        Unusable: the run cannot begin; nothing has been told to the sink.
    """
    loop = asyncio.get_running_loop()
    uploads = folder / UPLOADS if folder is not None else None
    kit = processes.Kit(uploads) if plan.options.reference else None
    kept = None
    if folder is not None and kit is None:  # reference systems begin anew with each run
        kept = Kept(folder, plan.configuration.connect.password)
    others = tuple(reversed(kept.passwords)) if kept is not None else ()
    try:
        lanes = await (
            lane_of(plan, person, uploads, others) if kit is None else _reference_lanes(plan, kit)
        )
    except BaseException:
        if kit is not None:
            await kit.close()
        raise
    told = _Told(sink, kept)
    try:
        run = Run(list(plan.order or plan.cases), told, plan.settings, surveyor=plan.surveyor)
        if earlier is not None:
            run.attempts, run.done = earlier.attempts, earlier.done
            run.finished = earlier.finished
        zero = loop.time()
        run.tell(_started(plan, "real"), zero)
        for case, why in _left_out(plan, run.done):
            run.leave_out(case, why)
        begun(run)
        try:
            await run.on(lanes)
        finally:
            if kept is not None and (where := kept.settle(real.password_of(lanes[0]))):
                run.tell(events.Noticed(where), zero)
            run.tell(_finished(plan, run.done, run.stopped), zero)
            told.over = True
    finally:
        await asyncio.gather(*(end_of(lane) for lane in lanes), return_exceptions=True)
        if kit is not None:
            await kit.close()


@dataclass
class _Told:
    """Tells of a run until it is over; what happens while everything is closed is no part of it."""

    sink: events.Sink
    kept: Kept | None = None
    over: bool = False

    def __call__(self, stamped: events.Stamped) -> None:
        if not self.over:
            self.sink(stamped)
            if self.kept is not None:
                self.kept(stamped)


def _left_out(plan: Plan, done: Mapping[str, Ended]) -> list[tuple[TestCase, str]]:
    """Return the cases that do not apply by the PICS and have not been told of, with the reason."""
    left_out = [case for case in plan.cases if case.id in plan.excluded and case.id not in done]
    return [(case, plan.excluded[case.id]) for case in left_out]


def _started(plan: Plan, clock: str) -> events.RunStarted:
    options = plan.options
    return events.RunStarted(
        ocpp=options.ocpp,
        sut=options.sut,
        seed=options.seed,
        clock=clock,
        version=__version__,
        cases=[case.id for case in plan.cases],
        config=plan.configuration.values,
        product=plan.configuration.product,
        options=options.to_json(),
        pics=dict(plan.pics.answers) if plan.pics is not None else None,
    )


def _finished(plan: Plan, done: dict[str, Ended], stopped: str) -> events.RunFinished:
    verdicts: dict[str, int] = {}
    for case in plan.cases:
        if case.id in done:
            name = done[case.id].verdict.name
            verdicts[name] = verdicts.get(name, 0) + 1
    return events.RunFinished(verdicts, stopped)


# -- lanes ----------------------------------------------------------------------------------------


async def lane_of(
    plan: Plan, person: Operator, uploads: Path | None = None, others: Sequence[str] = ()
) -> list[Lane]:
    """Return the one lane of a system of the tester's, on the real clock.

    Args:
        others: passwords that it may have instead of the configured one.

    Raises:
        Unusable: an address cannot be used.
    """
    options, configuration = plan.options, plan.configuration
    actions = configuration.connect.actions
    api = HttpOperator(actions) if actions else None
    operator = Split(api, person) if api is not None else person
    make = real.station_lane if options.sut == "station" else real.csms_lane
    lane = await make(plan.suite, configuration, operator, uploads, others)
    if api is not None:
        lane.stop = _both(api.close, lane.stop)
    return [lane]


def _both(first: Callable[[], Any], second: Callable[[], Any] | None) -> Callable[[], Any]:
    async def stop() -> None:
        await first()
        if second is not None:
            await second()

    return stop


async def _reference_lanes(plan: Plan, kit: processes.Kit) -> list[Lane]:
    products = products_for(
        [case for case in plan.cases if case.id not in plan.excluded] or plan.cases,
        plan.suite,
        plan.options.lanes or LANES,
        plan.configuration.product,
        plan.products,
    )
    made = await asyncio.gather(
        *(
            processes.reference_lane(
                plan.suite, plan.options.sut, product, plan.configuration, number, kit=kit
            )
            for number, product in enumerate(products, 1)
        ),
        return_exceptions=True,
    )
    lanes = [lane for lane in made if isinstance(lane, Lane)]
    for lane in lanes:
        lane.built = products[lane.number - 1].name
    for failed in made:
        if isinstance(failed, BaseException):
            await asyncio.gather(*(end_of(lane) for lane in lanes), return_exceptions=True)
            raise failed
    return lanes


def products_for(
    cases: Sequence[TestCase],
    suite: Loaded,
    lanes: int,
    config: Mapping[str, Any],
    products: Sequence[Product] | None = None,
) -> list[Product]:
    """Return the product of every lane: each that some case needs, the busiest ones repeatedly."""
    if products is None:
        products = suite.part(cases[0].sut).reference.products
    found = (product_for(case, suite, config=config, products=products)[0] for case in cases)
    first = [product for product in found if product is not None]
    load = {p.name: sum(f.name == p.name for f in first) for p in products}
    chosen = [p for p in products if load[p.name]] or [products[0]]
    needed = list(chosen)
    while len(chosen) < min(lanes, len(first)):
        chosen.append(max(needed, key=lambda p: load[p.name] / sum(c is p for c in chosen)))
    return chosen


async def end_of(lane: Lane) -> Any:
    """End a lane and what was started for it."""
    try:
        if lane.stop is not None:
            await lane.stop()
    finally:
        await lane.end.close()
