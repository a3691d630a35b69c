"""Random cases against random systems: nothing hangs, nothing is claimed twice, records hold."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from testbay.clock import run as run_on
from testbay.scenario.checks import eq
from testbay.scenario.verdict import Verdict

from .peers import PLUG_IN, PRESENT, NumberedTest, Peer, Run, Setup, SmallTest, run

ACTIONS = ("Status", "Start", "Event", "Boot")
TIMES = st.sampled_from([0.5, 1.0, 2.0, 5.0, 10.0])
NUMBERS = st.integers(0, 2)
WANTED = st.tuples(
    st.sampled_from(ACTIONS),
    st.one_of(st.none(), NUMBERS),
    st.booleans(),
    st.sampled_from([None, {"status": "Invalid"}]),
    TIMES,
)
GROUPS = st.sampled_from(["any_order", "sequence", "collect", "until", "which", "maybe", "or"])
PLAIN = st.one_of(
    st.tuples(GROUPS, st.lists(WANTED, min_size=1, max_size=3), TIMES),
    st.tuples(st.just("nothing"), st.sampled_from(ACTIONS), TIMES),
    st.tuples(st.just("wait"), TIMES),
    st.tuples(st.just("manual"), st.sampled_from([PLUG_IN, PRESENT])),
    st.tuples(st.just("call")),
)
BLOCKS = st.tuples(st.just("forbid"), st.sampled_from(ACTIONS), st.lists(PLAIN, max_size=2))
OPS = PLAIN | BLOCKS
SENT = st.tuples(
    st.sampled_from(["send", "say"]),
    st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 5.0, 7.0, 10.0, 11.0, 15.0]),
    st.sampled_from(ACTIONS),
    st.dictionaries(st.sampled_from(["n", "seq"]), NUMBERS),
)


async def do(t: Any, steps: Sequence[Any], first: int = 1) -> None:
    for n, (kind, *how) in enumerate(steps):
        step = first + 10 * n
        if kind == "nothing":
            await t.nothing(step, how[0], during=how[1])
        elif kind == "wait":
            await t.wait(how[0], "the text says so")
        elif kind == "manual":
            t.manual(how[0])
        elif kind == "call":
            await t.call(step, "Reset", {"n": t.fresh()})
        elif kind == "forbid":
            async with t.forbid(step, how[0]):
                await do(t, how[1], 1000 * step)
        else:
            await group(t, kind, step, how[0], how[1])


async def group(t: Any, kind: str, step: int, wanted: Sequence[Any], limit: float) -> None:
    expected = []
    for m, (action, number, selects, reply, within) in enumerate(wanted):
        n = eq("n", number)
        checks, where = ((), n) if selects else ((n,), None)
        verb = t.maybe if kind == "maybe" else t.expect
        if number is None:
            checks, where = (), None
        expected.append(
            verb(step + 2 * m, action, *checks, where=where, reply=reply, within=within)
        )
    if kind == "or":
        either = expected[0]
        for other in expected[1:]:
            either = either | other
        await either
    elif kind == "which":
        await t.which(*expected)
    elif kind == "collect":
        await t.collect(*expected, during=limit)
    elif kind == "until":
        await t.collect(*expected, until=eq("n", 1))
    elif kind == "sequence":
        await t.sequence(*expected)
    else:
        await t.any_order(*expected)


@settings(deadline=None, max_examples=120000)
@given(
    st.lists(OPS, min_size=1, max_size=5),
    st.lists(SENT, max_size=12),
    st.lists(SENT, max_size=4),
    st.sampled_from([SmallTest, NumberedTest]),
    st.sampled_from([0.0, 1.0, 4.0, 20.0]),
)
def test_random_cases(
    case: list[Any], sent: list[Any], caused: list[Any], kind: type[SmallTest], slow: float
) -> None:
    def play(p: Peer, script: list[Any]) -> None:
        for how, at, action, fields in script:
            p.then(at, lambda h=how, a=action, f=fields: getattr(p, h)(a, **f))  # type: ignore[misc]

    def reset(p: Peer, _: object) -> dict[str, Any]:
        play(p, caused[2:])
        return {"status": "Accepted"}

    async def body(t: Any) -> None:
        t.check("first", eq("a", 1), {"a": 1})
        await do(t, case)

    async def main() -> Run:
        peer = Peer(
            slow=slow,
            does={"plug_in": lambda p: play(p, caused[:2])},
            answers={"Reset": reset},
        )
        setup = Setup(kind, start=lambda p: play(p, sent), more={"timeout": 10.0})
        return await run(body, peer, setup)

    done = run_on(main(), virtual=True)
    assert done.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL), done.ended
    claims = done.test.box.claims
    assert len({m.position for m in claims}) == len(claims)
    for message in done.test.box.log:
        assert bool(message.claimed) == (message in claims)
        assert message.reply is not None or message.at >= done.ended.seconds
    judged = [u for r in done.results for u in r.subjects if r.what.startswith("SUT sends")]
    assert sorted(judged) == sorted(m.uid for m in claims)
