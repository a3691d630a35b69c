"""Expressions of a case, evaluated without a run: what only a run knows stays as its source."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import itertools
import linecache
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from types import CodeType, FunctionType
from typing import Any

from testbay.scenario.configured import Configured, Plus
from testbay.scenario.features import All, Either, Feature, Not

Function = ast.FunctionDef | ast.AsyncFunctionDef
MOST = 1000  # members of an iterator that are looked at
_SAFE = {
    *(abs, all, any, bool, dict, divmod, enumerate, filter, float, frozenset, getattr, int, len),
    *(list, map, max, min, range, reversed, round, set, sorted, str, sum, tuple, zip, bytes),
}
_BUILTINS = {id(value) for value in vars(builtins).values() if callable(value)} - {
    id(value) for value in _SAFE
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Computed:
    """A value that only a run knows.

    Args:
        text: how a person reads it.
        values: what it may be, where that is known (the variable of a loop).
        every: whether it is each of them in turn, and not one of them.
        configured: the configured value that it is, if the case has resolved one.
        label: the step of the message that it was taken from.
        actions: the action of that message.
        response: whether that message is an answer.
        path: where in that message it stands.
        awaited: whether it is the message itself, which may have stayed away.
        many: whether it is a list of such messages.
        first: the messages of which it says which one comes first.
    """

    text: str
    values: tuple[Any, ...] = ()
    configured: Any = None
    label: str = ""
    actions: tuple[str, ...] = ()
    response: bool = False
    path: str = ""
    awaited: bool = False
    many: bool = False
    first: tuple[str, ...] = ()
    every: bool = False

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__  # inside a dict or a tuple, too

    def inside(self, part: Any) -> Computed:
        """Return what stands at a key or index of it."""
        if self.many:
            return replace(self, text=f"{self.text}[{part}]", many=False)
        path = f"{self.path}[{part}]" if isinstance(part, int) else f"{self.path}.{part}"
        path = path.removeprefix(".")
        return replace(self, text=f"{path} of step {self.label}", path=path, awaited=False)


@dataclass(slots=True, eq=False)
class Pending:
    """An expectation that a variable holds; it is shown wherever the variable is awaited."""

    node: ast.expr
    shown: bool = False


@dataclass
class Scope:
    """The names that an expression sees.

    Args:
        test: the name of the parameter that is the test.
        seen: collects the configured values that are met, by name.
        results: what calls and properties of the test have given, by their node.
    """

    names: dict[str, Any]
    around: Mapping[str, Any]
    test: str
    seen: dict[str, Configured] = field(default_factory=dict)
    results: dict[ast.expr, Any] = field(default_factory=dict)

    def lookup(self, name: str) -> Any:
        """Return the value of a name; Computed if a run must say."""
        if name == self.test:
            return Computed(name)
        if name in self.names:
            value = self.names[name]
            return evaluate(value.node, self) if isinstance(value, Pending) else value
        if name in self.around:
            return self.around[name]
        return getattr(builtins, name, Computed(name))

    def pending(self) -> list[str]:
        """Return the variables that hold expectations."""
        return [n for n, v in self.names.items() if isinstance(v, Pending)]

    def note(self, value: Any) -> None:
        """Note the configured values inside a value."""
        if isinstance(value, Configured):
            self.seen.setdefault(value.name, value)
        elif isinstance(value, Plus):
            self.note(value.value)
            self.note(value.more)
        elif isinstance(value, Computed):
            self.note(value.configured)
        elif isinstance(value, dict):
            for part in value.values():
                self.note(part)
        elif isinstance(value, list | tuple):
            for part in value:
                self.note(part)
        elif is_dataclass(value) and not isinstance(value, type):
            for part in fields(value):
                self.note(getattr(value, part.name, None))


# -- source ---------------------------------------------------------------------------------------


@functools.cache
def _functions(filename: str) -> dict[tuple[str, int], Function]:
    found = {}
    for node in ast.walk(ast.parse("".join(linecache.getlines(filename)))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found[node.name, first] = node
    return found


@functools.cache
def _function_of(code: CodeType) -> Function:
    found = _functions(code.co_filename).get((code.co_name, code.co_firstlineno))
    if found is None:
        raise ValueError(f"the source of {code.co_name} is not at hand ({code.co_filename})")
    return found


def source_of(function: Callable[..., Any]) -> tuple[FunctionType, Function]:
    """Return a function without its decorators, and its syntax tree.

    Raises:
        ValueError: it is no Python function, or its source is not at hand.
    """
    inner = inspect.unwrap(function)
    if not isinstance(inner, FunctionType):
        raise ValueError(f"{function} is no function whose source can be read")
    if inner.__code__.co_filename not in linecache.cache:
        linecache.lazycache(inner.__code__.co_filename, inner.__globals__)
    return inner, _function_of(inner.__code__)


signature = functools.cache(inspect.signature)
_source = functools.cache(ast.unparse)


def enclosed(function: FunctionType) -> dict[str, Any]:
    """Return what the function has taken along from the functions around it."""
    names = function.__code__.co_freevars
    return {n: c.cell_contents for n, c in zip(names, function.__closure__ or (), strict=True)}


# -- text -----------------------------------------------------------------------------------------


class _Readable(ast.NodeTransformer):
    """Write configured values, messages and the verbs of a test as a person reads them."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def visit_Call(self, node: ast.Call) -> ast.AST:
        shown: ast.AST | None = _resolved(node, self.scope)
        match node:
            case ast.Call(func=ast.Name(id="int" | "float" | "str"), args=[inner]):
                shown = inner
            case ast.Call(func=ast.Name(id="range"), args=[*start, end]):
                return ast.Name(self._range(start, end))
            case ast.Call(args=[asked]) if self._of_test(node.func):
                condition = evaluate(asked, self.scope)
                if isinstance(condition, Feature | Not | All | Either):
                    return ast.Name(condition.text)
            case ast.Call(args=[], keywords=[]) if shown is None and self._of_test(node.func):
                shown = node.func
        made: ast.AST = self.generic_visit(node) if shown is None else self.visit(shown)
        return made

    def _range(self, start: list[ast.expr], end: ast.expr) -> str:
        first = ast.unparse(self.visit(start[0])) if start else "0"
        match end:
            case ast.BinOp(left=last, op=ast.Add(), right=ast.Constant(value=1)):
                return f"{first} to {ast.unparse(self.visit(last))}"
        return f"{first} to {ast.unparse(self.visit(end))} - 1"

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        parts = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                parts.append(f"{{{ast.unparse(self.visit(part.value))}}}")
            elif isinstance(part, ast.Constant):
                parts.append(str(part.value))
        return ast.Name("".join(parts))

    def _of_test(self, node: ast.AST) -> bool:
        owner = node.value if isinstance(node, ast.Attribute) else None
        return isinstance(owner, ast.Name) and owner.id == self.scope.test

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if self._of_test(node):
            return ast.Name(node.attr)
        value = evaluate(node, self.scope)
        if isinstance(value, Configured):
            return ast.Name(str(value))
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        value = evaluate(node, self.scope)
        if isinstance(value, Computed) and value.label:
            return ast.Name(value.text)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        value = self.scope.lookup(node.id)
        if isinstance(value, str | int | float):
            return ast.Constant(value)
        return ast.Name(str(value)) if isinstance(value, Computed | Configured) else node


def words(node: ast.AST, scope: Scope) -> str:
    """Return the source of an expression with names as a person reads them."""
    if isinstance(node, ast.Slice):  # the only expression that cannot stand alone
        return ast.unparse(node)
    copied = ast.parse(_source(node), mode="eval").body
    return ast.unparse(_Readable(scope).visit(copied))


# -- values ---------------------------------------------------------------------------------------


def evaluate(node: ast.expr, scope: Scope) -> Any:
    """Return the value of an expression, or Computed with its text."""
    value = _evaluate(node, scope)
    if isinstance(value, Configured | Plus):
        scope.note(value)
    return value


def _evaluate(node: ast.expr, scope: Scope) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return scope.lookup(name)
        case ast.Attribute(value=owner, attr=name):
            if node in scope.results:
                return scope.results[node]
            if isinstance(owner, ast.Name) and owner.id == scope.test:
                return Computed(name)
            return _attribute(evaluate(owner, scope), name)
        case ast.Tuple(elts=members):
            return tuple(arguments(members, scope))
        case ast.List(elts=members):
            return arguments(members, scope)
        case ast.Dict(keys=keys, values=values):
            return _dict(keys, values, scope)
        case ast.Subscript(value=owner, slice=index):
            return _subscript(evaluate(owner, scope), evaluate(index, scope))
        case ast.Await(value=inner) | ast.NamedExpr(value=inner):
            return evaluate(inner, scope)
        case ast.IfExp(test=test, body=one, orelse=other):
            return _either(node, test, one, other, scope)
        case ast.BoolOp(op=op, values=parts):
            return _chain(isinstance(op, ast.And), parts, scope)
        case ast.Call():
            return _call(node, scope)
    return _plain(node, scope)


def bare(value: Any) -> Any:
    """Return the configured value where a case has resolved one; anything else as it is."""
    return value.configured if isinstance(value, Computed) and value.configured else value


def arguments(nodes: list[ast.expr], scope: Scope) -> list[Any]:
    """Return the values of arguments or members; a starred one that is unknown stays one value."""
    values: list[Any] = []
    for node in nodes:
        if not isinstance(node, ast.Starred):
            values.append(bare(evaluate(node, scope)))
            continue
        several = evaluate(node.value, scope)
        if isinstance(several, Computed) and _tuples(several.values):
            values.extend(itertools.chain.from_iterable(several.values))
        elif isinstance(several, Computed):
            values.append(replace(several, text=f"*{several.text}"))
        else:
            values.extend(itertools.islice(several, MOST))
    return values


def _tuples(values: tuple[Any, ...]) -> bool:
    return bool(values) and all(isinstance(v, tuple) for v in values)


def _dicts(values: tuple[Any, ...]) -> bool:
    return bool(values) and all(isinstance(v, dict) for v in values)


def _attribute(owner: Any, name: str) -> Any:
    if isinstance(owner, Computed) and owner.label and name == "payload":
        return owner
    unknown = Computed(f"{owner.text}.{name}" if isinstance(owner, Computed) else name)
    return unknown if isinstance(owner, Computed) else getattr(owner, name, unknown)


def _dict(keys: list[ast.expr | None], values: list[ast.expr], scope: Scope) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for key, node in zip(keys, values, strict=True):
        value = bare(evaluate(node, scope))
        if key is not None:
            made[evaluate(key, scope)] = value
        elif isinstance(value, dict):
            made.update(value)
        elif isinstance(value, Computed) and _dicts(value.values):
            for either in value.values:
                made.update(either)
        else:
            made[f"**{value}"] = value
    return made


def _subscript(owner: Any, index: Any) -> Any:
    if isinstance(owner, Computed) and owner.label and isinstance(index, str | int):
        return owner.inside(index)
    try:
        return owner[index]
    except Exception:
        return Computed(f"{owner}[{index!r}]")


def _either(node: ast.expr, test: ast.expr, one: ast.expr, other: ast.expr, scope: Scope) -> Any:
    chosen = evaluate(test, scope)
    if not isinstance(chosen, Computed):
        return evaluate(one if chosen else other, scope)
    both = [bare(evaluate(one, scope)), bare(evaluate(other, scope))]
    message = next((v for v in both if isinstance(v, Computed) and v.label), None)
    if message is not None:
        return message
    known = not any(isinstance(v, Computed) for v in both)
    return Computed(words(node, scope), values=tuple(both) if known else ())


def _chain(all_of: bool, parts: list[ast.expr], scope: Scope) -> Any:
    """Evaluate ``and`` or ``or``; what does not decide is left out."""
    values = [evaluate(part, scope) for part in parts]
    unknown = [v for v in values if isinstance(v, Computed)]
    decisive = (v for v in values if not isinstance(v, Computed) and bool(v) is not all_of)
    for value in decisive:
        return value
    if not unknown:
        return values[-1]
    word = " and " if all_of else " or "
    return unknown[0] if len(unknown) == 1 else Computed(word.join(v.text for v in unknown))


def _resolved(node: ast.Call, scope: Scope) -> ast.expr | None:
    """Return what a call ``t.value(...)`` resolves."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="value"), args=[inner]):
            return inner if owner == scope.test else None
    return None


def _call(node: ast.Call, scope: Scope) -> Any:
    if (inner := _resolved(node, scope)) is not None:
        value = evaluate(inner, scope)
        if isinstance(value, Configured | Plus):
            return Computed(str(value), configured=value)
        return value
    if (message := _message(node, scope)) is not None:
        return message
    called = evaluate(node.func, scope)
    if isinstance(called, Computed) or not callable(called) or id(called) in _BUILTINS:
        return Computed(words(node, scope))
    args = arguments(node.args, scope)
    named = {k.arg: bare(evaluate(k.value, scope)) for k in node.keywords if k.arg}
    try:
        made = called(*args, **named)
    except Exception:
        return Computed(words(node, scope))
    if inspect.iscoroutine(made):
        made.close()
        return Computed(words(node, scope))
    if isinstance(made, Iterator):
        made = tuple(itertools.islice(made, MOST))
    if isinstance(made, str | int | float) and _unknown([*args, *named.values()]):
        return Computed(words(node, scope))
    return made


def _unknown(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_unknown(v) for v in value)
    return isinstance(value, Computed | Configured | Plus)


def _message(node: ast.Call, scope: Scope) -> Any:
    """Return what a verb, or ``message.get(...)``, gives."""
    if not isinstance(node.func, ast.Attribute):
        return None
    owner, verb = node.func.value, node.func.attr
    if isinstance(owner, ast.Name) and owner.id == scope.test:
        args = node.args
        if verb in ("expect", "maybe", "call") and len(args) > 1:
            label, action = evaluate(args[0], scope), evaluate(args[1], scope)
            if verb == "call" and isinstance(label, int):
                label += 1
            return Computed(
                f"step {label}",
                label=str(label),
                actions=(str(action),),
                response=verb == "call",
                awaited=verb == "maybe",
            )
        if verb in ("any_order", "sequence", "collect"):
            if any(isinstance(a, ast.Starred) for a in args):
                return Computed(f"{verb}(...)")
            found = [evaluate(a, scope) for a in args]
            many = verb == "collect"
            return [replace(m, many=many) if isinstance(m, Computed) else m for m in found]
        if verb == "which":
            return Computed("which", first=tuple(str(evaluate(a, scope)) for a in args))
        if verb == "received":
            actions = tuple(str(v) for v in arguments(args, scope))
            return Computed(f"all {' and '.join(actions)}", label="all", actions=actions, many=True)
        return scope.results.get(node, Computed(words(node, scope)))
    if verb == "get" and node.args:
        value = evaluate(owner, scope)
        key = evaluate(node.args[0], scope)
        if isinstance(value, Computed) and value.label and isinstance(key, str | int):
            return value.inside(key)
    return None


@functools.cache
def _loads(node: ast.expr) -> tuple[str, ...]:
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    made = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return tuple(dict.fromkeys(n.id for n in names if n.id not in made))


@functools.cache
def mentions(node: ast.AST) -> frozenset[str]:
    """Return the names in a part of a source; ``:=`` stands for what binds or yields there."""
    parts = list(ast.walk(node))
    binds = {":=" for n in parts if isinstance(n, ast.Yield | ast.NamedExpr)}
    return frozenset(binds | {n.id for n in parts if isinstance(n, ast.Name)})


@functools.cache
def _compiled(node: ast.expr) -> CodeType:
    return compile(ast.Expression(node), "<case>", "eval")


def _plain(node: ast.expr, scope: Scope) -> Any:
    """Evaluate any other expression as Python does, if it needs nothing of a run."""
    names = {name: scope.lookup(name) for name in _loads(node)}
    if any(_needs_run(value) for value in names.values()):
        return Computed(words(node, scope))
    if any(isinstance(n, ast.Await) for n in ast.walk(node)):
        return Computed(words(node, scope))
    try:
        made = eval(_compiled(node), {"__builtins__": builtins, **names})
    except Exception:
        return Computed(words(node, scope))
    return made


def _needs_run(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_needs_run(v) for v in value)
    return isinstance(value, Computed)
