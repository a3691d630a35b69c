"""Modules are small, and what is public says what it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from . import guarded

LINES = 500
Public = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def too_long(name: str, source: str) -> list[str]:
    """Return whether a module is too long."""
    lines = len(source.splitlines())
    return [f"{name} has {lines} lines, at most {LINES} are allowed"] if lines > LINES else []


def undocumented(name: str, source: str) -> list[str]:
    """Return public classes and functions without a docstring, and a module without one."""
    tree = ast.parse(source)
    texts = [] if ast.get_docstring(tree) else [f"{name} has no docstring"]
    return texts + [f"{name}:{n.lineno} {n.name} has no docstring" for n in _silent(tree)]


def _silent(tree: ast.Module) -> Iterator[Public]:
    for node in tree.body:
        if not isinstance(node, Public) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node) and not _registered(node):
            yield node


def _registered(node: Public) -> bool:
    """Whether a decorator with a title says what it is: a case or a state."""
    calls = [d for d in node.decorator_list if isinstance(d, ast.Call)]
    firsts = [c.args[0] for c in calls if c.args]
    return any(isinstance(a, ast.Constant) and isinstance(a.value, str) for a in firsts)


# -- the project ----------------------------------------------------------------------------------


def test_no_module_is_too_long() -> None:
    files = [p for p in guarded.modules("src", "tests") if p.is_file()]
    assert [t for p in files for t in too_long(guarded.shown(p), p.read_text("utf-8"))] == []


def test_public_classes_and_functions_have_docstrings() -> None:
    files = list(guarded.modules("src"))
    found = [t for p in files for t in undocumented(guarded.shown(p), p.read_text("utf-8"))]
    assert found == []


# -- the guard sees what is wrong -----------------------------------------------------------------


def test_it_sees_a_module_that_is_too_long() -> None:
    assert too_long("a.py", "x = 1\n" * 501) == ["a.py has 501 lines, at most 500 are allowed"]
    assert too_long("a.py", "x = 1\n" * 500) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = 1", ["a.py has no docstring"]),
        ('"""M."""\ndef f(): return 1', ["a.py:2 f has no docstring"]),
        ('"""M."""\nasync def f(): return 1', ["a.py:2 f has no docstring"]),
        ('"""M."""\nclass C:\n    x = 1', ["a.py:2 C has no docstring"]),
        ('"""M."""\ndef _f(): return 1\nclass _C:\n    def f(self): return 1', []),
        ('"""M."""\n@case("TC_1", "Title")\nasync def tc_1(t): return 1', []),
    ],
)
def test_it_sees_what_has_no_docstring(source: str, found: list[str]) -> None:
    assert undocumented("a.py", source) == found
