"""Reads the steps of a case, and of the states and composite verbs inside it, from their source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from testbay.scenario import describe_values as reading
from testbay.scenario.case import LeaveOut, State
from testbay.scenario.configured import Configured
from testbay.scenario.describe_facts import Step, shown
from testbay.scenario.describe_place import (
    Place,
    annotated,
    bind,
    changed,
    condition,
    each,
    forget,
    given,
    is_test,
    merged,
    number_of,
    texts,
    under_of,
    verb_of,
)
from testbay.scenario.describe_values import Computed, Pending, Scope, bare, evaluate, words
from testbay.scenario.describe_verbs import (
    NUMBERED,
    action_of,
    noted,
    pause_of,
    steps_of,
    written,
)
from testbay.scenario.test import Test

BLOCKS = {
    "any_order": "any order",
    "sequence": "in sequence",
    "collect": "repeatedly",
    "which": "whichever comes first",
}


@dataclass
class Reader:
    """Collects what it reads: steps, readings of states, configured values."""

    steps: list[Step] = field(default_factory=list)
    readings: dict[str, None] = field(default_factory=dict)
    seen: dict[str, Configured] = field(default_factory=dict)

    # -- functions ------------------------------------------------------------------------------

    def kind(self, body: Callable[..., Any]) -> type | None:
        """Return the class of the test that a body gets."""
        function, _ = reading.source_of(body)
        return annotated(function, next(iter(reading.signature(function).parameters)))

    def start(self, kind: type | None = None) -> Place:
        """Return the place where a case begins."""
        return Place(Scope({}, {}, "", self.seen), "", kind=kind)

    def body(self, body: Callable[..., Any], chosen: dict[str, Any], place: Place) -> None:
        """Read the body of a case, or of a state with its parameters."""
        function, tree = reading.source_of(body)
        parameters = reading.signature(function).parameters
        test = next(iter(parameters))
        names = {n: p.default for n, p in parameters.items() if p.default is not p.empty}
        inner = replace(
            place,
            scope=self._scope(function, {**names, **chosen}, test),
            kind=annotated(function, test) or place.kind,
            file=Path(function.__code__.co_filename).name,
            literal=True,
            callers=self._enter(function, place, tree),
            inside=None,
            returned=[],
        )
        self._run(tree, inner)

    def _scope(self, function: FunctionType, names: dict[str, Any], test: str) -> Scope:
        taken = reading.enclosed(function)
        known = {n: v for n, v in {**taken, **names}.items() if n != test}
        return Scope(known, function.__globals__, test, self.seen)

    def _enter(self, function: FunctionType, place: Place, node: ast.AST) -> tuple[CodeType, ...]:
        if function.__code__ in place.callers:
            raise ValueError(f"{place.at(node)}: {function.__name__} calls itself")
        return (*place.callers, function.__code__)

    def _run(self, tree: reading.Function, place: Place) -> None:
        self.block(tree.body, place)
        for name in list(place.scope.names):
            held = place.scope.names[name]
            if isinstance(held, Pending) and not held.shown:
                self._held(held, place)

    def _inline(
        self,
        called: Callable[..., Any],
        node: ast.Call | ast.Attribute,
        args: list[Any],
        named: dict[str, Any],
        place: Place,
    ) -> None:
        """Read a composite verb, or a function that gets the test, where it is called."""
        function, tree = reading.source_of(called)
        try:
            bound = reading.signature(function).bind(*args, **named)
        except TypeError as error:
            raise ValueError(f"{place.at(node)}: {error}") from None
        bound.apply_defaults()
        marked = (n for n, v in bound.arguments.items() if is_test(v, place.scope))
        test = next(marked, next(iter(bound.arguments), ""))
        inner = replace(
            place,
            scope=self._scope(function, dict(bound.arguments), test),
            kind=annotated(function, test) or place.kind,
            file=Path(function.__code__.co_filename).name,
            literal=False,
            callers=self._enter(function, place, node),
            returned=[],
        )
        inner.scope.results = place.scope.results
        place.scope.results.pop(node, None)
        self._run(tree, inner)
        if len(inner.returned) == 1:
            place.scope.results[node] = _named(inner.returned[0], words(node, place.scope))

    # -- statements -----------------------------------------------------------------------------

    def block(self, statements: Sequence[ast.stmt], place: Place) -> bool:
        """Read statements; True if what follows them is never reached."""
        for statement in statements:
            match statement:
                case ast.If():
                    after = self._if(statement, place)
                    if after is None:
                        return True
                    place = after
                case ast.Return(value=value):
                    if value is not None:
                        self.expression(value, place)
                        place.returned.append(evaluate(value, place.scope))
                    return True
                case ast.Raise() | ast.Continue() | ast.Break():
                    return True
                case _:
                    self._statement(statement, place)
        return False

    def _statement(self, statement: ast.stmt, place: Place) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                start = len(self.steps)
                self.expression(value, place)
                if len(self.steps) > start and _awaited_later(statement):
                    del self.steps[start:]
                    place.scope.names[ast.unparse(targets[0])] = Pending(value)
                    return
                for target in targets:
                    bind(target, evaluate(value, place.scope), place.scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.expression(value, place)
                bind(target, evaluate(value, place.scope), place.scope)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                self.expression(value, place)
                place.scope.names[name] = Computed(name)
            case ast.For() | ast.AsyncFor():
                self.expression(statement.iter, place)
                self._loop(statement, place)
            case ast.While(test=test, body=body):
                self.expression(test, place)
                forget(body, place.scope)
                self.block(body, place.beneath(f"while {condition(test, place.scope)[0]}"))
            case ast.With() | ast.AsyncWith():
                self._with(list(statement.items), statement.body, place)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                place.scope.names[name] = Computed(name)
            case ast.Expr(value=value):
                self.expression(value, place)
                changed(statement, place.scope)
            case _:
                for child in ast.iter_child_nodes(statement):
                    if isinstance(child, ast.expr):
                        self.expression(child, place)
                    elif isinstance(child, ast.stmt):
                        self.block([child], place)
                    elif isinstance(child, ast.ExceptHandler | ast.match_case):
                        self.block(child.body, place)

    def _if(self, statement: ast.If, place: Place) -> Place | None:
        """Read a condition with its branches; return where what follows it stands."""
        self.expression(statement.test, place)
        chosen = evaluate(statement.test, place.scope)
        if not isinstance(chosen, Computed):
            branch = statement.body if chosen else statement.orelse
            return None if self.block(branch, place) else place
        text, plain = condition(statement.test, place.scope)
        word, other = ("if", "unless") if plain else ("unless", "if")
        before = dict(place.scope.names)
        ended = self.block(statement.body, place.beneath(f"{word} {text}"))
        one, place.scope.names = place.scope.names, dict(before)
        ended_too = self.block(statement.orelse, place.beneath(f"{other} {text}"))
        place.scope.names = merged(one, place.scope.names)
        if ended and ended_too:
            return None
        if ended or ended_too:
            return place.beneath(f"{other if ended else word} {text}")
        return place

    def _loop(self, loop: ast.For | ast.AsyncFor, place: Place) -> None:
        forget(loop.body, place.scope)
        if (inner := each(loop.target, loop.iter, place)) is not None:
            self.block(loop.body, inner)

    def _with(self, items: list[ast.withitem], body: list[ast.stmt], place: Place) -> None:
        if not items:
            self.block(body, place)
            return
        node, rest = items[0].context_expr, items[1:]
        verb = verb_of(node, place.scope)
        if isinstance(node, ast.Call) and verb == "round":
            label = evaluate(node.args[0], place.scope)
            self._with(rest, body, place.beneath(f"round {label}"))
        elif isinstance(node, ast.Call) and verb == "forbid":
            self.expression(node, place)
            named = " or ".join(texts(node.args[1:], place.scope))
            self._with(rest, body, place.beneath(f"without {named}"))
        elif (labelled := under_of(node, place.scope)) is not None:
            labels = tuple(texts(labelled.args, place.scope))
            self._with(rest, body, replace(place, prefix=(*place.prefix, *labels)))
        elif verb and not hasattr(Test, verb):
            self.expression(node, replace(place, inside=self._rest_of_with(rest, body, place)))
        else:
            self.expression(node, place)
            self._with(rest, body, place)

    def _rest_of_with(
        self, items: list[ast.withitem], body: list[ast.stmt], outer: Place
    ) -> Callable[[Place], None]:
        def read(at: Place) -> None:
            self._with(items, body, replace(outer, prefix=at.prefix, under=at.under))

        return read

    # -- expressions ----------------------------------------------------------------------------

    def _held(self, held: Pending, place: Place) -> None:
        held.shown = True
        self.expression(held.node, place)

    def expression(self, node: ast.AST, place: Place) -> None:
        """Read the verbs inside an expression, in the order of their evaluation."""
        scope = place.scope
        names = reading.mentions(node)
        if scope.test not in names and ":=" not in names and names.isdisjoint(scope.pending()):
            return
        match node:
            case ast.Name(id=name):
                held = scope.names.get(name)
                if isinstance(held, Pending):
                    self._held(held, place)
            case ast.Call():
                self._call(node, place)
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner == scope.test:
                made = getattr(place.kind, name, None)
                if isinstance(made, property) and made.fget and not hasattr(Test, name):
                    self._inline(made.fget, node, [Computed(scope.test)], {}, place)
            case ast.IfExp(test=test, body=one, orelse=other):
                self.expression(test, place)
                chosen = evaluate(test, scope)
                if not isinstance(chosen, Computed):
                    self.expression(one if chosen else other, place)
                    return
                text, plain = condition(test, scope)
                self.expression(one, place.beneath(f"{'if' if plain else 'unless'} {text}"))
                self.expression(other, place.beneath(f"{'unless' if plain else 'if'} {text}"))
            case ast.ListComp(elt=elt) | ast.GeneratorExp(elt=elt) | ast.SetComp(elt=elt):
                inner = place
                for part in node.generators:
                    self.expression(part.iter, inner)
                    entered = each(part.target, part.iter, inner)
                    if entered is None:
                        return
                    inner = entered
                self.expression(elt, inner)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                self.expression(left, place.beneath("one of"))
                self.expression(right, place.beneath("one of"))
            case ast.NamedExpr(target=target, value=value):
                self.expression(value, place)
                bind(target, evaluate(value, scope), scope)
            case ast.Yield() if place.inside is not None:
                place.inside(place)
            case ast.Lambda():
                return
            case _:
                for child in ast.iter_child_nodes(node):
                    self.expression(child, place)

    def _call(self, node: ast.Call, place: Place) -> None:
        scope = place.scope
        verb = verb_of(node, scope)
        args: list[ast.expr] = [a.value if isinstance(a, ast.Starred) else a for a in node.args]
        inner = place
        if verb in BLOCKS:
            inner = place.beneath(self._around(verb, node, scope))
        elif not verb:
            self.expression(node.func, place)
        start = len(self.steps)
        for part in (*args, *(k.value for k in node.keywords)):
            if verb == "which" and isinstance(part, ast.Name):
                continue  # shown where it is awaited
            self.expression(part, inner)
        if verb == "collect":
            self._until(node, place, start)
        elif verb in NUMBERED:
            self.steps += steps_of(written(verb, node, place))
        elif verb == "run":
            call = written(verb, node, place)
            self.preparation(call.rest[0], place, verb, node, str(call.number))
        elif verb == "manual":
            self.steps.append(action_of(node, place))
        elif verb == "wait":
            self.steps.append(pause_of(node, place))
        elif verb == "reach":
            self.preparation(bare(evaluate(node.args[0], scope)), place, "reach", node)
        elif verb and not hasattr(Test, verb):
            self._composite(verb, node, place)
        elif not verb:
            self._function(node, place)

    def _around(self, verb: str, node: ast.Call, scope: Scope) -> str:
        named = {k.arg: bare(evaluate(k.value, scope)) for k in node.keywords}
        until, during = named.get("until"), named.get("during")
        text = BLOCKS[verb]
        if until is not None:
            text += f" until {getattr(until, 'text', until)}"
        return text + (f" for {during} s" if during is not None else "")

    def _until(self, node: ast.Call, place: Place, start: int) -> None:
        """What ends a collection must come: it belongs to the first expectation."""
        until = next((k.value for k in node.keywords if k.arg == "until"), None)
        if until is not None and start < len(self.steps):
            first = self.steps[start]
            judged = noted(evaluate(until, place.scope), place, "until")
            self.steps[start] = replace(first, checks=(*first.checks, judged))

    def _composite(self, verb: str, node: ast.Call, place: Place) -> None:
        method = getattr(place.kind, verb, None)
        if method is None:
            kind = place.kind.__name__ if place.kind else "the class of the test, not annotated,"
            raise ValueError(f"{place.at(node)}: {kind} has no verb {verb}")
        parameters = list(reading.signature(reading.source_of(method)[0]).parameters)
        if place.literal and parameters[1:2] == ["step"] and node.args:
            number_of(node.args[0], place)
        args, named = given(node, place.scope)
        self._inline(method, node, [Computed(place.scope.test), *args], named, place)

    def _function(self, node: ast.Call, place: Place) -> None:
        """Read a function that gets the test, or the entering of a state by hand."""
        passed = [*node.args, *(k.value for k in node.keywords)]
        if not any(isinstance(a, ast.Name) and a.id == place.scope.test for a in passed):
            return
        called = evaluate(node.func, place.scope)
        owner = getattr(called, "__self__", None)
        if isinstance(owner, State) and called.__name__ == "enter":
            self.body(owner.body, dict(owner.parameters), place)
        elif isinstance(called, FunctionType):
            args, named = given(node, place.scope)
            self._inline(called, node, args, named, place)

    # -- preparations -----------------------------------------------------------------------------

    def preparation(
        self, what: Any, place: Place, verb: str, node: ast.AST, number: str = ""
    ) -> None:
        """Read a state, or show a setting by its name."""
        inner = what
        while isinstance(inner, LeaveOut):
            inner = inner.inner
        place.scope.note(inner)
        name = getattr(what, "name", str(what))
        prefix = (*place.prefix, number, name) if number else (*place.prefix, name)
        row = Step("/".join(prefix), verb, name, state=name, where=place.at(node))
        if not isinstance(inner, State):
            known = hasattr(inner, "enter")
            row = replace(row, verb="setting") if known else replace(row, checks=(shown(inner),))
            self.steps.append(replace(row, under=place.under))
            return
        if verb == "reach" and inner.held is not None:
            place = place.beneath("unless it holds")
        self.steps.append(replace(row, under=place.under))
        self.readings.update(dict.fromkeys(inner.readings))
        self.body(inner.body, dict(inner.parameters), replace(place, prefix=prefix))


def _awaited_later(statement: ast.Assign) -> bool:
    """Whether a variable holds expectations that somebody will await."""
    alone = len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name)
    return alone and not any(isinstance(n, ast.Await) for n in ast.walk(statement.value))


def _named(value: Any, text: str) -> Any:
    """Show what a function of the suite computes by its call."""
    plain = isinstance(value, Computed) and not (value.label or value.configured or value.values)
    return Computed(text) if plain else value
