"""Cases, states and composite verbs whose descriptions are tested."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from testbay.scenario.case import Body, Registry, Rule, if_implemented, state
from testbay.scenario.checks import eq, omitted, one_of, present, satisfies
from testbay.scenario.configured import Configured, Plus
from testbay.scenario.expectation import Expectation
from testbay.scenario.features import Feature
from testbay.scenario.many import Every, Near, Rising, times
from testbay.scenario.role import Action
from testbay.scenario.test import Test
from testbay.scenario.values import NO_ANSWER, OMITTED, CallError, Link

REGISTRY = Registry()
CONNECTOR = Configured("connector_id", int, 1, "The connector that is used")
TOKEN = Configured("valid_id_tag", str, "T1", "A token that is accepted")
PERIOD = Configured("sample_interval", float, 10.0, "Seconds between two samples", "s")
PRINTER = Feature("printer", "the station has a printer", False)
PLUG_IN = Action("plug_in", "Plug in the cable")
SERVE = Link("serve")
HERE = eq("connectorId", CONNECTOR)
BOTH = (eq("idTag", TOKEN), present("timestamp"))
FLAWS = ("expired", "unknown root")


def case(id: str, **more: Any) -> Callable[[Body], Body]:
    return REGISTRY.case(
        id, "A title", sut=more.pop("sut", "station"), ocpp="1.6", group="A group", **more
    )


@dataclass(frozen=True)
class Setting:
    key: str
    wanted: Any

    @property
    def name(self) -> str:
        return f"{self.key} is {self.wanted}"

    def holds(self, t: Any) -> bool:
        return False

    async def enter(self, t: Any) -> None:
        raise NotImplementedError


@dataclass
class StationTest(Test):
    """Composite verbs, as a suite has them."""

    @property
    def here(self) -> Any:
        return HERE

    async def connectors_report(self, step: int, status: str, *, zero: bool = True) -> None:
        if zero:
            await self.expect(
                step, "StatusNotification", eq("status", status), where=eq("connectorId", 0)
            )
        for connector in self.connectors():
            await self.expect(
                step,
                "StatusNotification",
                eq("status", status),
                where=eq("connectorId", connector),
            )

    def has(self, feature: Feature) -> bool:
        return bool(self.config[feature.name])

    def connectors(self) -> range:
        return range(1, self.value(CONNECTOR))

    def status(self, step: int, wanted: str) -> Expectation:
        return self.expect(step, "StatusNotification", eq("status", wanted), where=HERE)

    async def starts(self, step: int) -> Any:
        return await self.expect(step, "StartTransaction", HERE)

    @contextlib.asynccontextmanager
    async def offline(self, step: int) -> AsyncIterator[None]:
        await self.link(step, Link("close"))
        with self.recorder.under("offline"):
            yield
        await self.link(step + 3, Link("accept"))


@state("Authorized", readings=("Presented at the reader.",))
async def authorized(t: StationTest, token: Any = TOKEN) -> None:
    t.manual(Action("present_token", "Present the token")(id_tag=token))
    await t.expect(1, "Authorize", eq("idTag", token))


@state("Charging", holds=lambda t: True, readings=("Cable first.",))
async def charging(t: StationTest, by: str = "local") -> None:
    if by == "local":
        await t.reach(authorized)
    else:
        await t.call(1, "RemoteStartTransaction", {"idTag": TOKEN}, eq("status", "Accepted"))
    await t.expect(9, "StartTransaction", *BOTH)


@case("TC_CALL")
async def tc_call(t: StationTest) -> None:
    asked = {"connectorId": CONNECTOR, "profile": {"periods": [{"limit": 8}, {"limit": 6.0}]}}
    await t.call(1, "SetLimit", asked, eq("status", "Accepted"), one_of("unit", "A", OMITTED))
    await t.call(3, "Reset", {}, error=("NotSupported", "NotImplemented"))
    await t.call(5, "Reset", {}, eq("status", "Accepted"), or_error="NotSupported")


@case("TC_EXPECT")
async def tc_expect(t: StationTest) -> None:
    await t.expect(1, "Authorize", *BOTH, where=t.here, within=PERIOD)
    await t.expect(3, "Authorize", reply={"idTagInfo": {"status": "Invalid"}})
    await t.expect(5, "Authorize", reply=CallError("InternalError"))
    await t.expect(7, "Authorize", reply=NO_ANSWER)
    await t.expect(8, "@connect", eq("profile", 2))
    await t.maybe(9, "Heartbeat", within=3)


@case("TC_EITHER")
async def tc_either(t: StationTest) -> None:
    told = t.fresh() > 1
    await t.expect(1, "Authorize", *(BOTH if told else ()), *((HERE,) if t.fresh() else BOTH[:1]))


@case("TC_EACH")
async def tc_each(t: StationTest) -> None:
    authorize = await t.expect(1, "Authorize")
    for check in (*BOTH,):
        t.check(3, check, authorize, authorize)


@case("TC_KINDS")
async def tc_kinds(t: StationTest) -> None:
    t.manual(PLUG_IN(connector=CONNECTOR))
    await t.nothing(1, "StartTransaction", "StopTransaction", where=HERE, during=Plus(PERIOD, 5))
    async with t.forbid("post", "Authorize"):
        await t.wait(PERIOD, "the text says so")
    await t.confirm(2, "Is the light on?")
    seen = await t.link(3, SERVE(profile=2), present("http_status"))
    t.check(3, Near("the time", 3, 1), seen["after"])
    t.undo(lambda: t.expect(99, "Never"))


@case("TC_BLOCKS")
async def tc_blocks(t: StationTest) -> None:
    await t.any_order(
        t.expect(1, "StopTransaction"),
        *[t.expect(3, "StatusNotification", where=eq("connectorId", n)) for n in t.connectors()],
    )
    await t.sequence(
        t.maybe(5, "Heartbeat"), t.expect(7, "Authorize") | t.expect(9, "DataTransfer")
    )
    [samples] = await t.collect(
        t.expect(11, "MeterValues", HERE), until=eq("context", "Transaction.End"), during=PERIOD
    )
    t.review(11, samples, times(2, 4), Every(eq("meterValue[0].unit", "Wh")), Rising("timestamp"))
    chosen = await t.which(t.expect(13, "Authorize"), t.expect(15, "Heartbeat"))
    if chosen == 0:
        await t.status(13, "Finishing")


@case("TC_FLOW")
async def tc_flow(t: StationTest) -> None:
    boot = await t.maybe(1, "BootNotification", within=PERIOD)
    if boot:
        await t.expect(3, "StatusNotification")
    else:
        await t.expect(5, "StatusNotification")
    unit = t.value(CONNECTOR)
    if unit == 2:
        await t.expect(7, "Heartbeat", eq("unit", "W" if unit else "A"))
        return
    if not await t.maybe(9, "Heartbeat"):
        return
    for flaw, profile in (("expired", 2), ("unknown root", 3)):
        with t.round(flaw):
            await t.link(11, SERVE(certificate=flaw), eq("profile", profile))
    while unit < 3:
        await t.expect(13, "Heartbeat")
    for only in ("one",):
        await t.expect(15, "Heartbeat", eq("it", only))
    for _ in ():
        await t.expect(17, "Heartbeat")


def limits(connector: Any, limit: Any) -> tuple[Any, ...]:
    return (eq("connectorId", connector), eq("limit", limit), omitted("id"))


@dataclass
class Opaque(StationTest):
    def computed_here(self, answer: Any) -> Any:
        return answer.anything


@case("TC_VALUES")
async def tc_values(t: Opaque) -> None:
    started = await t.expect(1, "StartTransaction", HERE)
    answer = await t.call(3, "GetLimit", {"at": t.stamp(), "of": started["connectorId"]})
    twice = 2 * t.value(PERIOD)
    await t.expect(5, "StopTransaction", eq("id", answer["schedule"]["ids"][0]))
    await t.expect(7, "Limit", *limits(t.value(CONNECTOR), twice), *[omitted(p) for p in FLAWS])
    await t.expect(9, "Limit", satisfies("sum", "adds up", lambda a, r: bool(a == answer["sum"])))
    t.check(4, one_of("[0].unit", "W"), answer["schedule"]["periods"], started)
    t.check(4, eq("status", "Accepted"), answer)
    later = await t.starts(11)
    t.check(11, eq("idTag", TOKEN), later)
    await t.expect(13, "Limit", t.computed_here(answer))
    sent = {"a": 1}
    sent["b"] = 2
    await t.call(15, "Limit", {**sent, **answer})


@case(
    "TC_STATES",
    before=(if_implemented(Setting("Minimum", PERIOD)), charging(by="remote")),
    requires=PRINTER,
    post=(Rule(("MeterValues",), (Every(present("timestamp")),), where=HERE),),
    readings=("We read it so.",),
)
async def tc_states(t: StationTest) -> None:
    await t.run(1, charging)
    await t.reach(if_implemented(authorized(token="other")))
    await t.reach(Setting("Other", 1))


@case("TC_COMPOSITE")
async def tc_composite(t: StationTest) -> None:
    await t.connectors_report(1, "Available")
    await t.connectors_report(3, "Faulted", zero=False)
    later = t.status(5, "Charging")
    async with t.offline(7):
        await t.expect(8, "Heartbeat")
    await t.any_order(later, t.status(11, "Finishing"))
    await by_hand(13, t)
    await authorized.enter(t)


async def by_hand(step: int, test: StationTest) -> None:
    await test.expect(step, "Heartbeat")


@case("TC_CHOICE")
async def tc_choice(t: StationTest) -> None:
    stopped = t.expect(1, "StopTransaction", within=PERIOD)
    booted = t.expect(3, "BootNotification")
    if await t.which(stopped, booted) == 0:
        await stopped
        await booted
    else:
        await t.any_order(booted, stopped)
    if (t.has(PRINTER) or not FLAWS) and FLAWS:
        samples = t.received("MeterValues")
        t.review(5, samples, times(1))
        t.check(5, eq("connectorId", 1), samples[0])
    for n in range(t.value(CONNECTOR) + 1):
        await t.expect(7, "Heartbeat", HERE if n == 0 else omitted("id"))
