"""The page's part on one case: what was judged, who acted, what passed over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from testbay.report.diagram import PHASES, connection_words, diagram, ended
from testbay.report.excerpt import Gap
from testbay.report.journal_reader import Journal
from testbay.report.markup import (
    CLASSES,
    anchor,
    badge,
    brief,
    clip,
    clock,
    compact,
    day,
    duration,
    facts,
    plural,
    shown,
    text,
    values,
)
from testbay.report.story import Act, LinkAct, Phase, Remark, Result, Step, Story, tell
from testbay.report.summary import AttemptSummary, CaseSummary
from testbay.report.wiretext import LONGEST, Message
from testbay.scenario.verdict import Verdict

INLINE, MOST = 160, 4000
MOST_LEFT = 100


def case_html(
    journal: Journal, case: CaseSummary, group: int, config: dict[str, Any]
) -> Iterator[str]:
    """Yield a case: its row, and inside it everything that is known of it.

    Args:
        group: number of the group it belongs to, for the filter.
        config: of the run; what a case had otherwise is shown with it.
    """
    sort, last = CLASSES[case.verdict], case.last
    reason = "" if case.verdict is Verdict.PASS else clip(case.reason, 400)
    why = f"<span class=why>{text(reason)}</span>" if reason else ""
    more = f' <span class="tries">attempt {last.number}</span>' if len(case.attempts) > 1 else ""
    ran = case.verdict is not Verdict.NOT_APPLICABLE or last.checks > 0
    yield (
        f'<details class="case {sort}" id="{anchor(case.id)}" data-v="{sort}" data-g="{group}">'
        f"<summary>{badge(case.verdict)}<span class=id>{text(case.id)}</span>"
        f"<span class=ti>{text(case.title) or '(title not in the journal)'}{more}{why}</span>"
        f"<span class=num>{last.checks if ran else ''}</span>"
        f"<span class=num>{duration(last.seconds) if ran else ''}</span></summary><div class=body>"
    )
    yield from _attempt(journal, case, last, anchor(case.id), config)
    for attempt in reversed(case.attempts[:-1]):
        prefix = f"{anchor(case.id)}.{attempt.number}"
        yield (
            f'<details class="attempt" id="{prefix}"><summary>Attempt {attempt.number}: '
            f"{badge(attempt.verdict)} {text(clip(attempt.reason, 200))}</summary>"
        )
        yield from _attempt(journal, case, attempt, prefix, config)
        yield "</details>"
    yield "</div></details>\n"


def _attempt(
    journal: Journal,
    case: CaseSummary,
    attempt: AttemptSummary,
    prefix: str,
    config: dict[str, Any],
) -> Iterator[str]:
    source = attempt.source
    if source.skipped is not None:
        yield f'<p class="reason na">Not run. {text(attempt.reason)}</p>'
        return
    story = tell(journal.events(source), attempt.failed, source.unclaimed)
    shown_frames = {m.number for m in story.flow.items() if isinstance(m, Message)}
    yield _about(case, attempt, prefix)
    yield _reason(attempt, story, prefix)
    if story.readings:
        yield "<h4>How the text was read</h4><ul class=plain>"
        yield from (f"<li>{text(r)}</li>" for r in story.readings)
        yield "</ul>"
    yield from _remarks(story, prefix, shown_frames)
    steps = list(_steps(story, prefix, shown_frames))
    if steps or story.flow.count:
        yield '<div class="cols"><section><h4>Steps</h4>'
        yield from steps or ["<p class=soft>Nothing was judged.</p>"]
        yield '</section><section class="draw"><h4>Sequence</h4><div class="scroll">'
        yield from diagram(story.flow, case.sut, prefix)
        yield "</div></section></div>"
    if story.left:
        yield "<h4>Left behind</h4><ul class=plain>"
        yield from (f"<li>{text(clip(left, MOST))}</li>" for left in story.left[:MOST_LEFT])
        yield "</ul>"
    yield from _frames(story, prefix)
    yield from _surroundings(story, config)


def _about(case: CaseSummary, attempt: AttemptSummary, prefix: str) -> str:
    tries = f"{attempt.number} of {len(case.attempts)}" if len(case.attempts) > 1 else ""
    return facts(
        (
            ("Started", text(day(attempt.started))),
            ("Took", duration(attempt.seconds)),
            ("Validations", f"{attempt.checks}"),
            ("Attempt", tries),
            ("Lane", f"{attempt.lane}" if attempt.lane else ""),
            ("Seed", f"{attempt.seed}"),
            ("Link", f'<a href="#{prefix}">#{prefix}</a>'),
        )
    )


def _reason(attempt: AttemptSummary, story: Story, prefix: str) -> str:
    sort = CLASSES[attempt.verdict]
    if attempt.verdict is Verdict.PASS:
        return ""
    words = attempt.reason or "no reason is given"
    decided = any(isinstance(s, Step) and s.decisive for s in story.steps.items())
    link = f' <a href="#{prefix}-failed">Show the step</a>' if decided else ""
    parts = f'<p class="reason {sort}">{badge(attempt.verdict)} {text(words)}{link}</p>'
    if story.trace:
        parts += f"<pre class=trace>{text(clip(story.trace, 20_000))}</pre>"
    return parts


def _frame_link(number: int, prefix: str, shown_frames: set[int]) -> str:
    if number not in shown_frames:
        return ""
    return f' <a class=fr href="#{prefix}-f{number}" title="frame {number}">#{number}</a>'


def _remarks(story: Story, prefix: str, shown_frames: set[int]) -> Iterator[str]:
    if story.remarks.count:
        yield "<h4>Remarks</h4><ul class=plain>"
        for remark in story.remarks:
            if isinstance(remark, Gap):
                left = plural(remark.left_out, "more remark")
                yield f"<li class=soft>{left} left out here</li>"
            else:
                words = text(clip(remark.text, MOST))
                yield f"<li><span class=t>{remark.t:.3f}</span> {words}</li>"
        yield "</ul>"
    if story.unclaimed:
        yield "<h4>Messages that no step claimed</h4><ul class=plain>"
        yield from (_unclaimed(r, prefix, shown_frames) for r in story.unclaimed)
        yield "</ul>"


def _unclaimed(remark: Remark, prefix: str, shown_frames: set[int]) -> str:
    link = _frame_link(remark.frame, prefix, shown_frames)
    name = clip(remark.text, 100)
    if name.startswith("@"):
        name = connection_words(name[1:], remark.connection)
    return (
        f"<li><span class=t>{remark.t:.3f}</span> <b>{text(name)}</b> "
        f"<code>{text(brief(remark.payload, 160))}</code>{link}</li>"
    )


# -- steps -----------------------------------------------------------------------------------------


def _steps(story: Story, prefix: str, shown_frames: set[int]) -> Iterator[str]:
    open_, phase = False, ""
    for entry in story.steps:
        entered = entry.name if isinstance(entry, Phase) else phase
        if isinstance(entry, Step) and entry.phase:
            entered = entry.phase  # where its beginning is left out, a step still tells its phase
        if entered != phase and open_:
            yield "</ol>"
            open_ = False
        phase = entered
        if isinstance(entry, Phase):
            continue
        if not open_:
            head = text(PHASES.get(phase, phase))
            yield f"<h5>{head}</h5><ol class=steps>" if head else "<ol class=steps>"
            open_ = True
        match entry:
            case Gap(left_out):
                yield f"<li class=gap>{plural(left_out, 'step')} left out here</li>"
            case Step():
                yield _step(entry, prefix, shown_frames)
            case Act():
                yield _act(entry)
            case LinkAct():
                yield _link_act(entry)
    if open_:
        yield "</ol>"


def _line(t: float, label: str, sort: str, inner: str, id: str = "") -> str:
    named = f' id="{id}"' if id else ""
    return (
        f'<li class="{sort}"{named}><span class=t>{t:.3f}</span><span class=lb>{text(label)}</span>'
        f"<div>{inner}</div></li>"
    )


def _step(step: Step, prefix: str, shown_frames: set[int]) -> str:
    bad = bool(step.failed)
    sort = "bad" if bad else "ok" if step.results else "tool"
    links = "".join(_frame_link(n, prefix, shown_frames) for n in step.frames)
    inner = [f"<p class=what>{text(clip(step.what, 1000))}{links}</p>"]
    if step.sent is not None:
        inner.append(_payload("sent", step.sent))
    if step.results:
        inner.append("<ul class=oc>")
        inner.extend(map(_result, step.results))
        if step.left_out:
            inner.append(f"<li class=soft>{plural(step.left_out, 'more validation')} left out</li>")
        inner.append("</ul>")
    if step.reply is not None:
        inner.append(_reply(*step.reply))
    if bad and step.verdict == "PASS":
        inner.append("<p class=soft>This does not count for the verdict.</p>")
    return _line(
        step.t, step.label, sort, "".join(inner), f"{prefix}-failed" if step.decisive else ""
    )


def _result(result: Result) -> str:
    mark, sort, said = ("✓", "ok", "holds") if result.passed else ("✗", "bad", "does not hold")
    plain = result.passed and isinstance(result.actual, str)
    actual = result.actual if plain else shown(result.actual)
    wanted = ""
    if result.wanted and not (result.passed and result.wanted == actual):
        wanted = (
            f" <span class=w>(configured: <code>{text(clip(result.wanted, MOST))}</code>)</span>"
        )
    value = _long(actual)
    came = value if result.passed else f"it was {value}"
    return (
        f'<li class={sort}><span class=mk role=img aria-label="{said}">{mark}</span>'
        f"<span class=se>{text(clip(result.text, MOST))}{wanted}</span>"
        f"<span class=ac>{came}</span></li>"
    )


def _long(value: str) -> str:
    if len(value) <= INLINE:
        return f"<code>{text(value)}</code>"
    return (
        f"<details class=long><summary><code>{text(clip(value, INLINE))}</code></summary>"
        f"<code>{text(clip(value, MOST))}</code></details>"
    )


def _reply(reply: Any, by: str) -> str:
    chosen = "the default" if by == "default" else "chosen by the step"
    match reply:
        case {"@error": code, "description": said}:
            words = f"CALLERROR {code}" + (f" ({said})" if said else "")
        case {"@no answer": _}:
            return f"<p class=pl>not answered, {chosen}</p>"
        case _:
            words = brief(reply, 110) or "{}"
    return f"<p class=pl>answered <code>{text(words)}</code>, {chosen}</p>"


def _payload(word: str, payload: Any) -> str:
    return f"<p class=pl>{text(word)} {_long(compact(payload, MOST))}</p>"


def _act(act: Act) -> str:
    word = "question" if act.question else "action"
    told = ", ".join(f"{k} {shown(v)}" for k, v in act.parameters.items())
    more = f" <code>{text(clip(told, 300))}</code>" if told else ""
    name = f" <code class=nm>{text(act.name)}</code>" if act.name else ""
    how = text(ended(act)) if act.result else "not ended when the case was"
    sort = "act"
    if act.result not in ("done", "closed", "yes", "no"):
        sort = "act bad"
    inner = f"<p class=what>{text(act.text)}{name}{more}</p><p class=by>{how}</p>"
    return _line(act.t, word, sort, inner)


def _link_act(link: LinkAct) -> str:
    told = ", ".join(f"{k} {shown(v)}" for k, v in link.how.items())
    inner = f"<p class=what>{text(link.what)} <code>{text(clip(told, 300))}</code></p>"
    if link.seen:
        inner += _payload("seen", link.seen)
    return _line(link.t, "connection", "act", inner)


# -- frames and surroundings -----------------------------------------------------------------------


def _frames(story: Story, prefix: str) -> Iterator[str]:
    if not story.frames:
        return
    items = [m for m in story.flow.items() if isinstance(m, Message)]
    left = story.frames - len(items)
    note = f", {left:,} of them left out here" if left else ""
    yield (
        f'<details class="frames"><summary>{plural(story.frames, "raw frame")}{note}</summary>'
        "<div class=fl>"
    )
    expected = 1
    for m in items:
        if m.number > expected:
            yield _left_out(m.number - expected)
        expected = m.number + 1
        yield _frame(m, prefix)
    if expected <= story.frames:
        yield _left_out(story.frames - expected + 1)
    yield "</div></details>"


def _left_out(count: int) -> str:
    frames = "frame is" if count == 1 else "frames are"
    return f"<p class=gap>{count:,} {frames} left out here; the journal has them all.</p>"


def _frame(m: Message, prefix: str) -> str:
    way = "SUT → tool" if m.incoming else "tool → SUT"
    cut = ""
    if m.length > LONGEST:
        cut = f"<p class=soft>Cut here; the whole text has {m.length:,} characters.</p>"
    return (
        f'<details class="{"in" if m.incoming else "out"}{" bad" if m.bad else ""}" '
        f'id="{prefix}-f{m.number}"><summary><span class=no>{m.number}</span>'
        f"<span class=t>{m.t:.3f}</span><span class=at>{text(clock(m.at))}</span>"
        f"<span class=way>{way}</span><code>{text(m.text)}</code></summary>{cut}</details>"
    )


def _surroundings(story: Story, config: dict[str, Any]) -> Iterator[str]:
    own = {k: v for k, v in story.config.items() if k not in config or config[k] != v}
    if own:
        yield f"<details><summary>Configuration of this case</summary>{values(own)}</details>"
    if story.known:
        yield f"<details><summary>Known before the case</summary>{values(story.known)}</details>"
