"""Where the reader of a case is: names, blocks around, and how branches and loops change them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import CodeType, FunctionType
from typing import Any

from testbay.scenario.describe_values import (
    Computed,
    Pending,
    Scope,
    arguments,
    bare,
    evaluate,
    words,
)

_LISTED = 6  # members of a loop that are written out


@dataclass(frozen=True)
class Place:
    """Where the reader is.

    Args:
        prefix: labels of the states around.
        under: blocks, loops and conditions around.
        kind: the class of the test, for composite verbs.
        literal: whether numbers of steps must be written out here.
        callers: the functions on the way here.
        inside: reads the block of a ``with`` statement, at the ``yield`` of its function.
        returned: collects what the function returns.
    """

    scope: Scope
    file: str
    prefix: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    kind: type | None = None
    literal: bool = True
    callers: tuple[CodeType, ...] = ()
    inside: Callable[[Place], None] | None = None
    returned: list[Any] = field(default_factory=list)

    def beneath(self, *words: str) -> Place:
        """Return this place inside another block."""
        return replace(self, under=(*self.under, *(w for w in words if w)))

    def at(self, node: ast.AST) -> str:
        """Return file and line."""
        return f"{self.file}:{getattr(node, 'lineno', 0)}"


def annotated(function: FunctionType, parameter: str) -> type | None:
    """Return the class a parameter is annotated with, if the module can name it."""
    made = function.__annotations__.get(parameter)
    if isinstance(made, str):
        made = function.__globals__.get(made)
    return made if isinstance(made, type) else None


def is_test(value: Any, scope: Scope) -> bool:
    """Return whether a value is the test itself."""
    return isinstance(value, Computed) and value.text == scope.test


def verb_of(node: ast.AST, scope: Scope) -> str:
    """Return the verb, if this is a call on the test."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=verb)):
            return verb if owner == scope.test else ""
    return ""


def under_of(node: ast.AST, scope: Scope) -> ast.Call | None:
    """Return the call, if it labels the steps of a block."""
    labels = isinstance(node, ast.Call) and ast.unparse(node.func) == f"{scope.test}.recorder.under"
    return node if isinstance(node, ast.Call) and labels else None


def number_of(node: ast.expr, place: Place) -> int | str:
    """Return the number of a step; in a composite verb it may come from the arguments.

    Raises:
        ValueError: it is not written out.
    """
    written = isinstance(node, ast.Constant)
    value = evaluate(node, place.scope) if written or not place.literal else None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{place.at(node)}: the number of a step must be written out")
    return value


def texts(nodes: list[ast.expr], scope: Scope) -> list[str]:
    """Return arguments as they read."""
    return [str(v) for v in arguments(nodes, scope)]


def given(node: ast.Call, scope: Scope) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call, as its function would see them."""
    named = {k.arg: evaluate(k.value, scope) for k in node.keywords if k.arg}
    args: list[Any] = []
    for arg in node.args:
        args += arguments([arg], scope) if isinstance(arg, ast.Starred) else [evaluate(arg, scope)]
    return args, named


def bind(target: ast.expr, value: Any, scope: Scope) -> None:
    """Let a target have a value; long sources are shown by the name of the variable."""
    match target:
        case ast.Name(id=name):
            bound = value
            if isinstance(value, Computed) and not (value.label or value.configured):
                long = len(value.text) > 40 or "await" in value.text
                bound = replace(value, text=name) if long else value
            scope.names[name] = bound
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            fits = isinstance(value, list | tuple) and len(value) == len(parts)
            for i, part in enumerate(parts):
                bind(part, value[i] if fits else Computed(ast.unparse(part)), scope)
        case ast.Subscript(value=ast.Name(id=name), slice=index):
            _put(name, evaluate(index, scope), bare(value), scope)
        case ast.Starred(value=inner):
            bind(inner, Computed(ast.unparse(inner)), scope)


def _put(name: str, key: Any, value: Any, scope: Scope) -> None:
    held = scope.names.get(name)
    known = isinstance(held, dict) and not isinstance(key, Computed)
    scope.names[name] = {**held, key: value} if known and held is not None else Computed(name)


def changed(statement: ast.Expr, scope: Scope) -> None:
    """Forget a list or dict that a plain call on it may have changed."""
    match statement.value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            if isinstance(scope.names.get(name), list | dict | set):
                scope.names[name] = Computed(name)


def forget(body: Sequence[ast.stmt], scope: Scope) -> None:
    """What a loop changes is not known inside it."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                scope.names[node.id] = Computed(node.id)


def each(target: ast.expr, source: ast.expr, place: Place) -> Place | None:
    """Bind the variables of a loop; return the place inside it, None if it is never run."""
    scope = place.scope
    members = evaluate(source, scope)
    name = ast.unparse(target)
    if isinstance(members, Computed):
        bind(target, Computed(name), scope)
        return place.beneath(f"for each {name} in {words(source, scope)}")
    members = list(members)
    if not members:
        return None
    _bind_each(target, members, scope)
    if len(members) == 1:
        return place
    if all(hasattr(member, "judge") for member in members):
        return place.beneath(f"for each {name}")  # its step shows them
    listed = ", ".join(str(m) for m in members[:_LISTED])
    listed = listed if len(members) <= _LISTED else words(source, scope)
    return place.beneath(f"for each {name} in {listed}")


def _bind_each(target: ast.expr, members: list[Any], scope: Scope) -> None:
    if isinstance(target, ast.Name):
        each_in_turn = Computed(target.id, values=tuple(members), every=True)
        scope.names[target.id] = members[0] if len(members) == 1 else each_in_turn
    elif isinstance(target, ast.Tuple | ast.List):
        for i, part in enumerate(target.elts):
            _bind_each(part, [m[i] for m in members], scope)


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the names after two branches; what they set differently a run must say."""
    names = {**one, **other}
    for name in names:
        a, b = one.get(name), other.get(name)
        if a is b or b is None or a is None:
            names[name] = b if a is None else a
        elif isinstance(a, Pending) or isinstance(b, Pending):
            names[name] = a if isinstance(a, Pending) else b
        else:
            known = not (isinstance(a, Computed) or isinstance(b, Computed))
            names[name] = Computed(name, values=(a, b) if known else ())
    return names


def condition(test: ast.expr, scope: Scope) -> tuple[str, bool]:
    """Return a condition in words, and whether it is meant as it reads or the other way round."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        text, plain = condition(test.operand, scope)
        return text, not plain
    match test:
        case ast.Compare(
            left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]
        ):
            value = evaluate(left, scope)
            if isinstance(value, Computed) and value.awaited:
                return f"{value.text} comes", isinstance(op, ast.IsNot)
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=int(which))]):
            value = evaluate(left, scope)
            if isinstance(value, Computed) and which < len(value.first):
                return f"{value.first[which]} comes first", True
    value = evaluate(test, scope)
    if isinstance(value, Computed) and value.awaited:
        return f"{value.text} comes", True
    if isinstance(value, Computed) and value.label:
        return f"{value.text} is true" if value.path else f"{value.text} comes", True
    return value.text if isinstance(value, Computed) else words(test, scope), True
