"""What each verb of the language shows: the steps that one call of it declares."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from testbay.scenario.describe_facts import Role, Shown, Step, payload, shown
from testbay.scenario.describe_place import Place, number_of
from testbay.scenario.describe_values import Computed, arguments, bare, evaluate, words
from testbay.scenario.role import Action
from testbay.scenario.values import NO_ANSWER, CallError


@dataclass(frozen=True)
class Written:
    """A call of a verb as it is written: its number, its other arguments, and where it stands."""

    verb: str
    node: ast.Call
    place: Place
    number: int | str
    rest: list[Any]
    named: dict[str, Any]
    limit: str = ""

    @property
    def after(self) -> str:
        """The number of what comes back."""
        return str(self.number + 1 if isinstance(self.number, int) else self.number)

    def step(self, number: int | str, verb: str, what: Any, **more: Any) -> Step:
        """Return a step at this place."""
        label = "/".join((*self.place.prefix, str(number)))
        timed = self.limit and verb == self.verb
        under = self.place.beneath(self.limit).under if timed else self.place.under
        return Step(label, verb, str(what), under=under, where=self.place.at(self.node), **more)

    def judged(self, checks: Sequence[Any], role: Role = "check", under: str = "") -> list[Shown]:
        """Return validations as they are shown."""
        return [
            noted(c, self.place, role, under) for check in checks for c in _in_turn(check, role)
        ]


def _in_turn(check: Any, role: Role) -> Sequence[Any]:
    """Return the validations that the variable of a loop is in turn: all of them must hold."""
    found = bare(check)
    if role == "check" and isinstance(found, Computed) and found.every:
        return found.values
    return (check,)


def noted(check: Any, place: Place, role: Role = "check", under: str = "") -> Shown:
    """Return a validation as it is shown, its configured values noted."""
    made = shown(bare(check), role, under)
    for fact in made.facts:
        place.scope.note(fact.values)
    return made


def written(verb: str, node: ast.Call, place: Place) -> Written:
    """Read the arguments of a verb with a number.

    Raises:
        ValueError: the number is missing or not written out.
    """
    if not node.args:
        raise ValueError(f"{place.at(node)}: {verb} needs the number of its step")
    number, scope = number_of(node.args[0], place), place.scope
    rest = arguments(node.args[1:], scope)
    named = {k.arg: bare(evaluate(k.value, scope)) for k in node.keywords if k.arg}
    scope.note([*rest, *named.values()])
    limit = f"within {named['within']} s" if named.get("within") is not None else ""
    limit = f"for {named['during']} s" if named.get("during") is not None else limit
    return Written(verb, node, place, number, rest, named, limit)


def steps_of(call: Written) -> list[Step]:
    """Return the steps that a call of a numbered verb declares."""
    return _VERBS[call.verb](call)


def action_of(node: ast.Call, place: Place) -> Step:
    """Return what somebody is asked to do."""
    action = bare(evaluate(node.args[0], place.scope))
    place.scope.note(action)
    asked = Written("manual", node, place, "", [], {})
    if isinstance(action, Action):
        return asked.step("", "manual", action.text, checks=payload(dict(action.parameters)))
    return asked.step("", "manual", action, checks=(shown(action),))


def pause_of(node: ast.Call, place: Place) -> Step:
    """Return a wait, with its reason."""
    seconds, why = (*arguments(node.args, place.scope), "", "")[:2]
    place.scope.note(seconds)
    return Written("wait", node, place, "", [], {}).step("", "wait", f"{why} ({seconds} s)")


def _expect(call: Written) -> list[Step]:
    action, *checks = call.rest
    where = call.named.get("where")
    judged = call.judged([where] if where is not None else [], "where") + call.judged(checks)
    optional = call.verb == "maybe"
    about = {"actions": _actions([action]), "optional": optional}
    sent = call.step(call.number, call.verb, action, direction="sut", checks=tuple(judged), **about)
    reply = call.named.get("reply")
    if reply is NO_ANSWER or str(action).startswith("@"):
        return [sent]
    if isinstance(reply, CallError):
        chosen: tuple[Shown, ...] = (Shown(str(reply), (), "payload"),)
    else:
        chosen = () if reply is None else payload(reply)
    return [sent, call.step(call.after, "answer", action, checks=chosen, response=True, **about)]


def _call(call: Written) -> list[Step]:
    action, *rest = call.rest
    sent = payload(rest[0] if rest else {})
    error, or_error = call.named.get("error"), call.named.get("or_error")
    if error is not None:
        judged = [Shown(f"is a CALLERROR {_codes(error)}", ())]
    else:
        judged = call.judged(rest[1:])
    if or_error is not None:
        judged.append(Shown(f"or is a CALLERROR {_codes(or_error)}", ()))
    about = {"actions": _actions([action])}
    back = {"direction": "sut", "checks": tuple(judged), "response": True, **about}
    return [
        call.step(call.number, "call", action, checks=sent, **about),
        call.step(call.after, "answer", action, **back),
    ]


def _codes(error: Any) -> str:
    return " or ".join(str(c) for c in (error if isinstance(error, tuple) else (error,)))


def _silence(call: Written) -> list[Step]:
    where = call.named.get("where")
    judged = call.judged([where] if where is not None else [], "where")
    text = f"no {' or '.join(str(a) for a in call.rest)}"
    about = {"actions": _actions(call.rest), "direction": "sut", "checks": tuple(judged)}
    return [call.step(call.number, call.verb, text, **about)]


def _ahead(call: Written) -> list[Step]:
    [silence] = _silence(call)
    return [replace(silence, what=f"{silence.what} before the answer")]


def _confirm(call: Written) -> list[Step]:
    return [call.step(call.number, "confirm", call.rest[0])]


def _link(call: Written) -> list[Step]:
    act, *checks = call.rest
    steps = [call.step(call.number, "link", act)]
    if checks:
        judged = tuple(call.judged(checks))
        steps.append(call.step(call.after, "seen", act, direction="sut", checks=judged))
    return steps


def _check(call: Written) -> list[Step]:
    check, value, *subjects = call.rest
    path = value.path if isinstance(value, Computed) else ""
    return [_again(call, [value, *subjects], call.judged([check], "check", path), 2)]


def _review(call: Written) -> list[Step]:
    messages, *checks = call.rest
    return [_again(call, messages, call.judged(checks), 1)]


def _again(call: Written, subjects: Any, judged: list[Shown], place: int) -> Step:
    messages = _messages(subjects)
    actions = tuple(dict.fromkeys(a for m in messages for a in m.actions))
    response = bool(messages) and all(m.response for m in messages)
    what = " and ".join(actions) or words(call.node.args[place], call.place.scope)
    about = {"actions": actions, "direction": "sut", "response": response}
    return call.step(call.number, call.verb, what, checks=tuple(judged), **about)


_VERBS: dict[str, Callable[[Written], list[Step]]] = {
    "expect": _expect,
    "maybe": _expect,
    "call": _call,
    "nothing": _silence,
    "forbid": _silence,
    "not_ahead": _ahead,
    "confirm": _confirm,
    "link": _link,
    "check": _check,
    "review": _review,
}
NUMBERED = frozenset(_VERBS)


def _actions(names: Sequence[Any]) -> tuple[str, ...]:
    """Return the names of messages that are known; a loop variable stands for several."""
    known: list[str] = []
    for name in names:
        known += [str(v) for v in name.values] if isinstance(name, Computed) else [str(name)]
    return tuple(known)


def _messages(value: Any) -> list[Computed]:
    if isinstance(value, list | tuple):
        return [m for part in value for m in _messages(part)]
    return [value] if isinstance(value, Computed) and value.label else []
