"""States, preparations and restoring; labels of steps; what can be left out (semantics 8)."""

import asyncio
from typing import Any

import pytest

from testbay.scenario.case import Registry, State, if_implemented, if_writable, state
from testbay.scenario.checks import eq
from testbay.scenario.features import Feature
from testbay.scenario.verdict import NotDone, Verdict

from .peers import PLUG_IN, Body, Peer, Setup, run


def seen(t: Any, **parameters: Any) -> bool:
    return bool(t.received("Boot")) and parameters.get("evse", 1) == 1


@state("Booted", holds=seen, readings=("A reading.",))
async def booted(t: Any, evse: int = 1) -> None:
    await t.call(1, "Reset", {"evse": evse})
    await t.expect(3, "Boot", eq("reason", "Reset"))


def boots(p: Peer) -> Peer:
    p.answers["Reset"] = lambda q, _: (q.send("Boot", reason="Reset"), {"status": "Accepted"})[1]
    return p


def test_a_state_takes_parameters() -> None:
    assert booted.name == "Booted"
    assert booted(evse=2).name == "Booted(evse=2)"
    assert booted(evse=2).readings == ("A reading.",)
    assert not State("Never", booted.body).holds(None)


async def test_run_always_runs_and_labels_its_steps() -> None:
    async def body(t: Any) -> None:
        await t.run(5, booted)
        await t.run(7, booted(evse=1))

    done = await run(body, boots(Peer()))
    assert done.verdict == Verdict.PASS
    labels = [r.label for r in done.results if r.label != "valid"]
    assert labels[:3] == ["5/Booted/1", "5/Booted/2", "5/Booted/3"]
    assert labels[3:] == ["7/Booted(evse=1)/1", "7/Booted(evse=1)/2", "7/Booted(evse=1)/3"]


async def test_reach_runs_unless_it_holds() -> None:
    async def body(t: Any) -> None:
        await t.reach(booted)
        await t.reach(booted)
        await t.reach(booted(evse=2))

    done = await run(body, boots(Peer()))
    assert [r.label for r in done.results if r.label.endswith("/3")] == [
        "Booted/3",
        "Booted(evse=2)/3",
    ]


async def test_a_state_that_fails_as_a_step_fails_the_case() -> None:
    async def body(t: Any) -> None:
        await t.run(5, booted)

    done = await run(body)
    assert done.verdict == Verdict.FAIL
    assert done.ended.failed == "5/Booted/3"
    done = await run(body, None, Setup(before=(booted,)))
    assert done.verdict == Verdict.INCONCLUSIVE
    assert done.ended.reason == ("step Booted/3: Boot (reason is Reset) did not come: not in 30 s")


async def test_a_preparation_that_deviates_is_not_blamed_on_the_sut() -> None:
    async def body(t: Any) -> None:
        t.check(1, eq("a", 1), {"a": 1})

    peer = Peer()
    peer.answers["Reset"] = lambda p, _: (p.send("Boot", reason="Power"), {"status": "Accepted"})[1]
    done = await run(body, peer, Setup(before=(booted,)))
    assert done.verdict == Verdict.INCONCLUSIVE
    assert done.ended.reason == (
        "the preparation did not go as described: step Booted/3: SUT sends Boot: reason is Reset; "
        "it was: Power"
    )


async def test_an_action_before_a_state_belongs_to_its_first_verb() -> None:
    async def enter(t: Any) -> None:
        await t.expect(1, "Status")

    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        await t.run(5, State("Plugged", enter))

    peer = Peer(slow=40, does={"plug_in": lambda p: p.send("Status")})
    done = await run(body, peer)
    assert done.verdict == Verdict.PASS
    assert done.ended.seconds == 20


async def test_rounds_label_their_steps() -> None:
    async def body(t: Any) -> None:
        for label in ("first", "second"):
            with t.round(label):
                await t.call(1, "Reset", {}, eq("status", "Accepted"))

    done = await run(body)
    assert [r.label for r in done.results if r.outcomes][:2] == ["first/2", "second/2"]


async def test_labels_are_left_behind_by_a_stop() -> None:
    async def body(t: Any) -> None:
        await t.run(5, booted)

    async def undo() -> None:
        raise ValueError("a bug")

    async def with_undo(t: Any) -> None:
        t.undo(undo)
        await body(t)

    done = await run(with_undo)
    assert done.test.recorder.prefix == []
    assert done.remarks[0] == "not restored: ValueError: a bug"


# -- restoring -------------------------------------------------------------------------------------


def undoing(t: Any, value: int) -> None:
    async def act() -> None:
        await t.call("set", "Set", {"value": value}, eq("status", "Accepted"))

    t.undo(act)


async def passes(t: Any) -> None:
    t.check(1, eq("a", 1), {"a": 1})


async def fails(t: Any) -> None:
    await t.expect(1, "Never", within=1)


async def breaks(t: Any) -> None:
    raise ValueError("a bug")


@pytest.mark.parametrize("ends", [passes, fails, breaks])
async def test_undone_in_reverse_however_the_case_ends(ends: Body) -> None:
    async def prepare(t: Any) -> None:
        undoing(t, 1)

    async def body(t: Any) -> None:
        undoing(t, 2)
        undoing(t, 3)
        await ends(t)

    done = await run(body, None, Setup(before=(State("Prepared", prepare),)))
    assert [payload["value"] for _, payload in done.peer.calls] == [3, 2, 1]
    assert {r.phase for r in done.results if r.label.startswith("restore/")} == {"restore"}
    assert [x["name"] for x in done.lines("phase")][-1] == "restore"


async def test_undone_also_when_the_preparation_fails() -> None:
    async def prepare(t: Any) -> None:
        undoing(t, 1)
        raise NotDone("not writable", "the key is read-only")

    done = await run(passes, None, Setup(before=(State("Prepared", prepare),)))
    assert done.verdict == Verdict.INCONCLUSIVE
    assert [payload["value"] for _, payload in done.peer.calls] == [1]


async def test_what_cannot_be_put_back_does_not_keep_the_rest() -> None:
    async def body(t: Any) -> None:
        undoing(t, 1)
        t.undo(lambda: t.expect(9, "Never", within=1)._alone())
        t.undo(lambda: breaks(t))
        undoing(t, 4)
        await passes(t)

    peer = Peer(
        answers={"Set": lambda p, payload: {"status": "No" if payload["value"] == 4 else 1}}
    )
    done = await run(body, peer)
    assert done.verdict == Verdict.PASS
    assert [payload["value"] for _, payload in done.peer.calls] == [4, 1]
    assert done.remarks == [
        "not restored: step restore/set: status is Accepted: No",
        "not restored: ValueError: a bug",
        "not restored: step restore/9: Never is sent in time: not in 1 s",
        "not restored: step restore/9: Never did not come: not in 1 s",
        "not restored: step restore/set: status is Accepted: 1",
    ]


async def test_actions_of_restoring_are_carried_out() -> None:
    async def body(t: Any) -> None:
        async def act() -> None:
            t.manual(PLUG_IN)

        t.undo(act)
        await passes(t)

    done = await run(body)
    assert done.peer.performed == [("plug_in", "done", 2.0)]


async def test_what_comes_while_restoring_is_answered() -> None:
    async def body(t: Any) -> None:
        undoing(t, 1)
        await passes(t)

    def change(p: Peer, _: object) -> dict[str, Any]:
        p.send("Start")
        p.send("Boot")
        return {"status": "Accepted"}

    done = await run(body, Peer(answers={"Set": change}))
    assert done.verdict == Verdict.PASS
    await asyncio.sleep(5)
    assert [action for _, action, _, _ in done.peer.replies] == ["Start", "Boot"]


# -- leaving out -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrap", "why", "left_out"),
    [
        (if_implemented, "not implemented", True),
        (if_implemented, "not writable", False),
        (if_writable, "not implemented", True),
        (if_writable, "not writable", True),
        (None, "not implemented", False),
    ],
)
async def test_what_the_sut_does_not_offer_may_be_left_out(
    wrap: Any, why: str, left_out: bool
) -> None:
    async def enter(t: Any) -> None:
        raise NotDone(why, "the key Depth is unknown or read-only")

    setting = State("Depth is 3", enter)
    done = await run(passes, None, Setup(before=(wrap(setting) if wrap else setting,)))
    assert done.verdict == (Verdict.PASS if left_out else Verdict.INCONCLUSIVE)
    if left_out:
        sentence = "left out: Depth is 3: the key Depth is unknown or read-only"
        assert done.remarks == [sentence]
        assert [x["text"] for x in done.lines("remark")] == [sentence]


def test_what_may_be_left_out_says_so_in_its_name() -> None:
    assert if_implemented(booted).name == "Booted (if implemented)"
    assert if_writable(booted).name == "Booted (if implemented and writable)"


async def test_and_is_done_where_it_is_offered() -> None:
    setup = Setup(before=(if_writable(booted), if_implemented(booted)))
    done = await run(passes, boots(Peer()), setup)
    assert done.verdict == Verdict.PASS
    assert [r.label for r in done.results if r.label.endswith("3")] == [
        "Booted (if implemented and writable)/3"
    ]


# -- declaring -------------------------------------------------------------------------------------


def test_a_case_is_registered_by_its_function() -> None:
    registry = Registry()
    bay = Feature("has_bay", "there is a bay", False)

    async def tc_1(t: Any) -> None: ...

    def put(id: str) -> None:
        registry.case(id, "A case", sut="station", ocpp="1.6", group="Boot", requires=bay)(tc_1)

    put("TC_1")
    assert registry.cases["TC_1"].requires is bay
    with pytest.raises(ValueError, match="TC_1 is registered twice"):
        put("TC_1")
    with pytest.raises(ValueError, match="TC_2: its function must be called tc_2, not tc_1"):
        put("TC_2")


def test_conditions_on_the_product() -> None:
    bay = Feature("has_bay", "there is a bay sensor", False)
    cable = Feature("fixed_cable", "the cable is fixed", True)
    from testbay.scenario.features import Not

    assert bay.unmet({"has_bay": True}) == ""
    assert bay.unmet({}) == "only where there is a bay sensor (has_bay is false)"
    assert Not(bay).unmet({}) == ""
    assert "not where there is a bay sensor" in Not(bay).unmet({"has_bay": True})
    both = bay & cable & Not(bay)
    assert (
        both.text == "there is a bay sensor and the cable is fixed and not: there is a bay sensor"
    )
    assert both.unmet({"has_bay": True, "fixed_cable": False}).count("where ") == 2
    assert (Not(bay) & cable).unmet({}) == ""
    either = bay | cable | Feature("third", "there is a third", False)
    assert either.unmet({"third": True, "fixed_cable": False}) == ""
    why = "only where there is a bay sensor or the cable is fixed or there is a third"
    assert (
        either.unmet({"fixed_cable": False})
        == f"{why} (has_bay and fixed_cable and third are false)"
    )
    assert (cable & either).text.startswith("the cable is fixed and (there is a bay sensor or")
    assert (either & cable).unmet({}) == ""
