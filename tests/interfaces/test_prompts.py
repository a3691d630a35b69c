"""Questions at the terminal: one at a time, closed by themselves, never waiting for nobody."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
from collections.abc import Iterator

import pytest

from testbay.interfaces.cli.prompts import NOBODY, Nobody, Terminal
from testbay.scenario.role import Action, Performed

PLUG_IN = Action("plug_in", "Plug the cable in")

pytestmark = pytest.mark.real_clock


class Person:
    """Types at a terminal."""

    def __init__(self) -> None:
        self.keyboard, self.screen = pty.openpty()
        self.pauses: list[str] = []

    def type(self, text: str) -> None:
        os.write(self.keyboard, text.encode())

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        self.pauses.append("pause")
        yield
        self.pauses.append("go on")

    def operator(self) -> Terminal:
        return Terminal(self.paused, lambda: "TC_1", self.screen)


@pytest.fixture
def person() -> Iterator[Person]:
    made = Person()
    yield made
    os.close(made.keyboard)
    with contextlib.suppress(OSError):
        os.close(made.screen)


async def shown(capsys: pytest.CaptureFixture[str], text: str) -> str:
    """Wait until a text is shown."""
    said = ""
    while text not in said:
        await asyncio.sleep(0)
        said += capsys.readouterr().out
    return said


async def test_enter_says_that_it_is_done(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    operator = person.operator()
    asked = asyncio.ensure_future(
        operator.perform("a3", PLUG_IN, {"connector": 1, "side": "both"}, asyncio.Event())
    )
    said = await shown(capsys, "Enter when")
    assert "TC_1 a3: Plug the cable in\n  connector = 1\n" in said
    assert '  side = "both"\n' in said
    person.type("\n")
    assert await asked == Performed("done", "person")
    assert person.pauses == ["pause", "go on"]


async def test_a_text_says_why_it_is_not_done(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = asyncio.ensure_future(person.operator().perform("a1", PLUG_IN, {}, asyncio.Event()))
    await shown(capsys, "Enter when")
    person.type("the cable is too short\n")
    assert await asked == Performed("the cable is too short", "person")


async def test_the_effect_closes_the_question(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = asyncio.Event()
    asked = asyncio.ensure_future(person.operator().perform("a1", PLUG_IN, {}, closed))
    await shown(capsys, "Enter when")
    closed.set()
    assert await asked == Performed("closed", "person")
    assert "seen: it is done" in capsys.readouterr().out


async def test_questions_of_several_lanes_come_one_at_a_time(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    operator = person.operator()
    event = asyncio.Event()
    both = [asyncio.ensure_future(operator.perform(u, PLUG_IN, {}, event)) for u in ("a1", "b1")]
    assert "b1" not in await shown(capsys, "Enter when")
    person.type("\n")
    await both[0]
    assert not both[1].done()
    await shown(capsys, "Enter when")
    person.type("no\n")
    assert [(await x).result for x in both] == ["done", "no"]


async def test_what_was_typed_before_is_not_the_answer(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    person.type("\n")
    asked = asyncio.ensure_future(person.operator().perform("a1", PLUG_IN, {}, asyncio.Event()))
    await shown(capsys, "Enter when")
    person.type("later\n")
    assert (await asked).result == "later"


async def test_a_question_that_is_given_up_frees_the_terminal(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    operator = person.operator()
    asked = asyncio.ensure_future(operator.perform("a1", PLUG_IN, {}, asyncio.Event()))
    await shown(capsys, "Enter when")
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    again = asyncio.ensure_future(operator.perform("a2", PLUG_IN, {}, asyncio.Event()))
    await shown(capsys, "a2: Plug")
    person.type("\n")
    assert (await again).result == "done"


async def test_the_end_of_the_input_is_no_answer(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    operator = person.operator()
    asked = asyncio.ensure_future(operator.perform("a1", PLUG_IN, {}, asyncio.Event()))
    await shown(capsys, "Enter when")
    person.type("\x04")
    assert (await asked).result == "the input has ended"
    assert (await operator.perform("a2", PLUG_IN, {}, asyncio.Event())).result != "done"


@pytest.mark.parametrize(
    ("typed", "answer"), [("y\n", True), ("No\n", False), ("?\n", None), ("perhaps\ny\n", True)]
)
async def test_what_only_a_person_can_see(
    person: Person, capsys: pytest.CaptureFixture[str], typed: str, answer: bool | None
) -> None:
    asked = asyncio.ensure_future(person.operator().confirm("a1", "Is the light green?"))
    for line in typed.splitlines(keepends=True):
        await shown(capsys, "y, n, or ?")
        person.type(line)
    assert (await asked).answer is answer


async def test_without_a_terminal_nothing_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert await Nobody().perform("a1", PLUG_IN, {}, asyncio.Event()) == Performed(NOBODY, "nobody")
    assert (await Nobody().confirm("a2", "Is it?")).answer is None
    assert capsys.readouterr().out == ""


async def test_what_is_typed_between_questions_is_heard(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    terminal = person.operator()
    terminal.listen(heard.put_nowait)
    person.type("p\n")
    assert await heard.get() == "p"
    asked = asyncio.create_task(terminal.perform("a1", PLUG_IN, {}, asyncio.Event()))
    await shown(capsys, "Enter when it is done")
    person.type("\n")
    assert (await asked).result == "done"
    person.type(" P \n")
    assert await heard.get() == "P"
