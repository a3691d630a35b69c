"""The body of a case is a few lines of verbs in the order of the table, and nothing else."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from testbay.scenario.case import TestCase
from testbay.scenario.describe import describe
from testbay.scenario.describe_values import source_of

from . import guarded

LINES = 40
_STATEMENTS = (
    *(ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return),
    *(ast.If, ast.For, ast.With, ast.AsyncWith),
)
_FORBIDDEN = ("asyncio", "time", "print", "open", "sleep", "random", "eval", "exec", "input")
_EXPRESSIONS = (ast.Yield, ast.YieldFrom)


def problems(name: str, function: ast.AST) -> list[str]:
    """Return what the body of a case has that it must not have."""
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    texts = []
    if function.name != name:
        texts.append(f"{name}: the function is called {function.name}")
    if isinstance(function, ast.FunctionDef):
        texts.append(f"{name}: the function is not async")
    lines = (function.end_lineno or 0) - function.lineno + 1
    if lines > LINES:
        texts.append(f"{name}: {lines} lines, at most {LINES} are allowed")
    arguments = function.args.args
    test = arguments[0].arg if arguments else ""
    if len(arguments) != 1 or arguments[0].annotation is None:
        texts.append(f"{name}: the function takes the test, annotated with its class")
    texts += [f"{name}, line {n}: {what}" for n, what in _statements(function.body, test)]
    return texts


def _statements(body: list[ast.stmt], test: str) -> Iterator[tuple[int, str]]:
    for statement in body:
        line = statement.lineno
        if not isinstance(statement, _STATEMENTS):
            yield line, f"{type(statement).__name__.lower()} is not allowed"
            continue
        if isinstance(statement, ast.Expr) and not _is_verb(statement.value, test):
            yield line, f"only verbs of {test} may stand alone: {ast.unparse(statement)}"
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.stmt):
                yield from _statements([child], test)
            else:
                yield from _expressions(child, test)


def _is_verb(node: ast.expr, test: str) -> bool:
    """Whether it is ``await t...``, a call on ``t``, or a docstring."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.Await):
        return True  # what may be awaited is asked of every expression
    return isinstance(node, ast.Call) and _on(node.func, test)


def _expressions(node: ast.AST, test: str) -> Iterator[tuple[int, str]]:
    line = getattr(node, "lineno", 0)
    match node:
        case ast.Await(value=value):
            if not _may_be_awaited(value, test):
                yield line, f"only verbs of {test} may be awaited: {ast.unparse(node)}"
        case ast.Name(id=name) if name in _FORBIDDEN:
            yield line, f"{name} is not allowed"
        case ast.Attribute(attr=name) if name in ("sleep", "now_utc"):
            yield line, f"{name} is not allowed"
        case ast.Yield() | ast.YieldFrom():
            yield line, "yield is not allowed"
    for child in ast.iter_child_nodes(node):
        yield from _expressions(child, test)


def _may_be_awaited(node: ast.expr, test: str) -> bool:
    match node:
        case ast.Call(func=function):
            return _on(function, test)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _may_be_awaited(left, test) and _may_be_awaited(right, test)
        case ast.Name():
            return True  # an expectation made before
    return False


def _on(function: ast.expr, test: str) -> bool:
    match function:
        case ast.Attribute(value=ast.Name(id=owner)):
            return owner == test
    return False


def unreadable(case: TestCase) -> list[str]:
    """Return why a case cannot be read: a number that is not written out, an unknown verb."""
    try:
        describe(case)
    except ValueError as error:
        return [f"{case.id}: {error}"]
    return []


# -- the project ----------------------------------------------------------------------------------


@pytest.mark.parametrize("id", guarded.cases())
def test_the_body_is_verbs_and_plain_python(id: str) -> None:
    case = guarded.cases()[id]
    assert problems(id.lower(), source_of(case.body)[1]) == []
    assert unreadable(case) == []


# -- the guard sees what is wrong -----------------------------------------------------------------

GOOD = '''
async def tc_x(t: Test) -> None:
    """Odd because of 4.2."""
    t.manual(PLUG_IN)
    one = t.expect(1, "A")
    await one
    await (t.expect(1, "A") | t.expect(3, "B"))
    async with t.forbid("post", "C"):
        for n in (1, 2):
            with t.round(f"{n}"):
                if answer := await t.maybe(5, "D"):
                    await t.call(7, "E", {"f": [k for k in answer]})
    t.transaction = 3
    return
'''


def test_it_accepts_the_language() -> None:
    assert problems("tc_x", ast.parse(GOOD).body[0]) == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("try:\n    await t.expect(1, 'A')\nfinally:\n    pass", "try is not allowed"),
        ("while True:\n    await t.expect(1, 'A')", "while is not allowed"),
        ("import math", "import is not allowed"),
        ("def inner():\n    return 1", "functiondef is not allowed"),
        ("assert True", "assert is not allowed"),
        ("pass", "pass is not allowed"),
        ("await asyncio.sleep(1)", "only verbs of t may be awaited: await asyncio.sleep(1)"),
        (
            "await other.expect(1, 'A')",
            "only verbs of t may be awaited: await other.expect(1, 'A')",
        ),
        ("x = asyncio.get_running_loop()", "asyncio is not allowed"),
        ("if t.has(x):\n    print('x')", "only verbs of t may stand alone: print('x')"),
        ("x = [print(n) for n in (1, 2)]", "print is not allowed"),
        ("helper(t)", "only verbs of t may stand alone: helper(t)"),
        ("t.model.facts.clear()", "only verbs of t may stand alone: t.model.facts.clear()"),
        ("x = yield", "yield is not allowed"),
        ("x = 1\n" * 40, "41 lines, at most 40 are allowed"),
    ],
)
def test_it_sees_what_is_not_allowed(body: str, wrong: str) -> None:
    source = "async def tc_x(t: Test) -> None:\n" + textwrap.indent(body, "    ")
    found = problems("tc_x", ast.parse(source).body[0])
    assert [text.partition(": ")[2] for text in found][:1] == [wrong]


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("async def tc_y(t: Test) -> None: ...", "tc_x: the function is called tc_y"),
        ("def tc_x(t: Test) -> None: ...", "tc_x: the function is not async"),
        ("async def tc_x(t) -> None: ...", "tc_x: the function takes the test, annotated with"),
    ],
)
def test_it_sees_what_is_wrong_with_the_function(source: str, wrong: str) -> None:
    assert problems("tc_x", ast.parse(source).body[0])[0].startswith(wrong)


async def tc_number(t: Any) -> None:
    n = 1
    await t.expect(n, "Heartbeat")


async def tc_verb(t: Any) -> None:
    await t.dance(1)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [(tc_number, "the number of a step must be written out"), (tc_verb, "has no verb dance")],
)
def test_it_sees_what_cannot_be_read(body: Callable[[Any], Any], wrong: str) -> None:
    [text] = unreadable(TestCase("TC_X", "", "station", "1.6", "", body))
    assert text.startswith("TC_X: test_form_of_cases.py:")
    assert text.endswith(wrong)
