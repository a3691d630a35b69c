"""The sequence diagram of a case as inline SVG: two lifelines, and what passed between them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from testbay.report.excerpt import Gap
from testbay.report.markup import duration, fit, shown, sut_name, text, tool_name, width
from testbay.report.story import Act, ActEnd, Item, LinkAct, LinkEvent, Phase, Step
from testbay.report.wiretext import CALL, ERROR, OTHER, Message

WIDTH, TOOL, SUT = 720, 112, 588
TIME, MARGIN = 50, 601
HEAD = 200
MIDDLE = (TOOL + SUT) // 2
PAUSE = 5.0  # s without anything: drawn as a gap
PHASES = {
    "needs": "Prerequisites",
    "before": "Preparation",
    "main": "Test case",
    "post": "Rules over all messages",
    "restore": "Restoring",
}
NAMES = {"connect": "opened", "closed": "closed"}


class _Canvas:
    """Draws from top to bottom; ``y`` is the upper edge of what comes next."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.y = 34
        self.bars: list[str] = []
        self.parts: list[str] = []
        self.calls: dict[int, int] = {}
        self.last: float | None = None
        self.phase: Phase | None = None

    def draw(self, item: Item | Gap) -> None:
        if isinstance(item, Gap):
            self._band(f"{item.left_out:,} left out here", "gap")
            self.last = None
            return
        if isinstance(item, Phase):  # drawn when something happens in it
            self.phase = item
            return
        if self.phase is not None:
            self._phase(PHASES.get(self.phase.name, self.phase.name))
            self.phase = None
        if self.last is not None and item.t - self.last >= PAUSE:
            self._pause(item.t - self.last)
        self.last = item.t
        match item:
            case Message():
                self._message(item)
            case Step():
                self._failure(item)
            case Act():
                self._note(item.t, f"{'?' if item.question else '▸'} {item.text}", "act", SUT)
            case ActEnd(t, act):
                self._note(t, ended(act), "done", SUT)
            case LinkAct(t, what, how):
                told = "".join(f", {k} {shown(v)}" for k, v in how.items())
                self._note(t, f"▸ {what}{told}", "act", TOOL)
            case LinkEvent():
                self._event(item)

    def _time(self, t: float, y: int) -> None:
        self.parts.append(f'<text class="t" x="{TIME}" y="{y}">{t:.3f}</text>')

    def _message(self, m: Message) -> None:
        y = self.y + 22
        start, end = (SUT, TOOL) if m.incoming else (TOOL, SUT)
        tip = 7 if m.incoming else -7
        sort = {CALL: "c", ERROR: "e", OTHER: "e"}.get(m.sort, "r")
        if m.answers in self.calls:
            top = self.calls.pop(m.answers)
            side = start - 4
            self.bars.append(
                f'<rect class="bar" x="{side}" y="{top}" width="8" height="{y - top}"/>'
            )
        elif m.sort == CALL and m.answered:
            self.calls[m.number] = y
        classes = f"m {sort} bad" if m.bad else f"m {sort}"
        name, more = _caption(m)
        label = f'<tspan class="n">{text(name)}</tspan>' + (f" {text(more)}" if more else "")
        self._time(m.t, y + 3)
        self.parts.append(
            f'<a href="#{self.prefix}-f{m.number}" class="{classes}">'
            f'<text x="{MIDDLE}" y="{y - 6}">{label}</text>'
            f'<path d="M{start} {y}H{end}"/>'
            f'<path class="tip" d="M{end + tip} {y - 4}l{-tip} 4 {tip} 4"/></a>'
        )
        if m.step:
            self.parts.append(
                f'<text class="s{" bad" if m.bad else ""}" x="{MARGIN}" y="{y + 4}">'
                f"{text(_label(m.step, 18))}</text>"
            )
        self.y += 31

    def _phase(self, name: str) -> None:
        y = self.y + 16
        self.parts.append(
            f'<path class="ph" d="M0 {y - 4}H{WIDTH}"/>'
            f'<text class="ph" x="{MIDDLE}" y="{y}">{text(name)}</text>'
        )
        self.y += 26

    def _pause(self, seconds: float) -> None:
        self.parts.append(
            f'<text class="gap" x="{MIDDLE}" y="{self.y + 14}">'
            f"· · ·  {text(duration(seconds))}  · · ·</text>"
        )
        self.y += 24

    def _band(self, words: str, sort: str) -> None:
        self.parts.append(
            f'<rect class="{sort}" x="{TOOL - 14}" y="{self.y + 5}" width="{SUT - TOOL + 28}" '
            f'height="22" rx="3"/><text class="{sort}" x="{MIDDLE}" y="{self.y + 20}">'
            f"{text(words)}</text>"
        )
        self.y += 34

    def _note(self, t: float, words: str, sort: str, side: int) -> None:
        lines = _wrapped(words, 52, 3)
        room = max(width(line) for line in lines) * 6.4 + 20
        left = max(62.0, TOOL - room / 2) if side == TOOL else min(SUT - room / 2, WIDTH - 4 - room)
        self._box(t, lines, sort, round(left), round(room))

    def _failure(self, step: Step) -> None:
        failed = step.failed[0]
        numbered = any(c.isdigit() for c in step.label)
        head = f"step {step.label}" if numbered else step.label
        words = f"✗ {head}: {failed.text} — it was: {shown(failed.actual)}"
        href = f"#{self.prefix}-failed" if step.decisive else ""
        lines = _wrapped(words, 98 if not step.decisive else 90, 4)
        self._box(step.t, lines, "bad" if step.decisive else "soft", 62, WIDTH - 66, href)

    def _box(
        self, t: float, lines: list[str], sort: str, left: int, room: int, href: str = ""
    ) -> None:
        top, height = self.y + 4, 16 * len(lines) + 8
        self._time(t, top + height // 2 + 4)
        rows = "".join(
            f'<text x="{left + 10}" y="{top + 16 + 16 * i}">{text(line)}</text>'
            for i, line in enumerate(lines)
        )
        box = f'<rect x="{left}" y="{top}" width="{room}" height="{height}" rx="3"/>{rows}'
        opening, closing = (f'<a href="{href}"', "</a>") if href else ("<g", "</g>")
        self.parts.append(f'{opening} class="note {sort}">{box}{closing}')
        self.y += height + 8

    def _event(self, event: LinkEvent) -> None:
        words = connection_words(event.name, event.connection)
        told = [f"{k} {shown(v)}" for k, v in event.fields.items() if v not in ("", None, [], {})]
        words = fit(": ".join([words, ", ".join(told)]) if told else words, 72)
        y, room = self.y + 16, round(width(words) * 6.3 + 20)
        self._time(event.t, y + 3)
        self.parts.append(
            f'<g class="ev"><path d="M{TOOL} {y}H{SUT}"/><rect x="{MIDDLE - room // 2}" '
            f'y="{y - 10}" width="{room}" height="20" rx="10"/>'
            f'<text x="{MIDDLE}" y="{y + 4}">{text(words)}</text></g>'
        )
        self.y += 31


def diagram(items: Iterable[Item | Gap], sut: str, prefix: str) -> Iterator[str]:
    """Yield the diagram of a case.

    Args:
        prefix: of the ids of this attempt; messages link to the raw frames by it.
    """
    canvas = _Canvas(prefix)
    for item in items:
        canvas.draw(item)
    tool, other = text(tool_name(sut)), f"{text(sut_name(sut))} under test"
    low = canvas.y + 6
    height = low + (30 if low > 900 else 4)
    yield (
        f'<svg class="seq" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="Sequence diagram; the list of frames says the same in text">'
        f'<path class="life" d="M{TOOL} 28V{low}M{SUT} 28V{low}"/>'
    )
    yield from _heads(4, tool, other)
    yield from canvas.bars
    yield from canvas.parts
    if low > 900:
        yield from _heads(low, tool, other)
    yield "</svg>"


def _heads(y: int, tool: str, other: str) -> Iterator[str]:
    for x, name in ((TOOL, tool), (SUT, other)):
        yield (
            f'<g class="head"><rect x="{x - HEAD // 2}" y="{y}" width="{HEAD}" height="24" rx="3"/>'
            f'<text x="{x}" y="{y + 16}">{name}</text></g>'
        )


def connection_words(name: str, number: int) -> str:
    """Return what happened to a connection in words; the name is that of its event."""
    which = f" {number}" if number else ""
    return f"connection{which} {NAMES.get(name, name.replace('_', ' '))}"


def ended(act: Act) -> str:
    """Return how an act ended, who did it and how long it took."""
    by = f" by {act.by}" if act.by else ""
    took = f" in {duration(act.seconds)}"
    if act.question:
        return f"answered{by}{took}: {act.result}"
    if act.result == "closed":
        return f"done{by}{took}, as the SUT shows"
    return f"done{by}{took}" if act.result == "done" else f"not done{by}{took}: {act.result}"


def _caption(m: Message) -> tuple[str, str]:
    if m.sort == OTHER:
        name, more = "not a message of OCPP:", m.about
    elif m.sort == CALL:
        name, more = m.action, m.about
    elif m.action:
        name, more = f"{m.action} answer", m.about
    else:
        name, more = "answer to no open call", m.about
    name = fit(name, 44)
    columns = int((SUT - TOOL - 24 - 7.2 * width(name)) / 6.1)
    return name, fit(more, columns) if columns > 6 else ""


def _label(step: str, columns: int) -> str:
    """Return the label of a step; its end says most."""
    return step if len(step) <= columns else "…" + step[1 - columns :]


def _wrapped(words: str, columns: int, most: int) -> list[str]:
    lines = textwrap.wrap(words[: columns * (most + 1)], columns) or [""]
    if len(lines) > most:
        lines = [*lines[: most - 1], fit(" ".join(lines[most - 1 :]), columns)]
    return [fit(line, columns) for line in lines]
