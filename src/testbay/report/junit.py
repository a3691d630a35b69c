"""JUnit XML, as build servers read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

from testbay.report.journal_reader import Journal
from testbay.report.summary import CaseSummary, RunSummary, summarise
from testbay.scenario.verdict import Verdict

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {
    Verdict.FAIL: "failure",
    Verdict.INCONCLUSIVE: "error",
    Verdict.ERROR: "error",
    Verdict.NOT_APPLICABLE: "skipped",
}


def write_junit(journal: Journal, target: Path) -> None:
    """Write the verdicts as JUnit XML.

    Raises:
        OSError: the file cannot be written.
    """
    target.write_text("".join(junit(summarise(journal))), encoding="utf-8", newline="\n")


def junit(run: RunSummary) -> Iterator[str]:
    """Yield the document: one suite for each group, one more for what was not run."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    name = f"OCPP {run.ocpp} {run.sut}".strip()
    every = list(run.cases)
    skipped = len(run.not_run)
    yield f"<testsuites{_attributes({'name': name, **_totals(every, skipped)})}>\n"
    for group, cases in run.groups.items():
        about = {"name": group or name, **_totals(cases)}
        if cases[0].attempts[0].started:
            about["timestamp"] = cases[0].attempts[0].started
        yield f"  <testsuite{_attributes(about)}>\n"
        yield from _properties(_run_facts(run), "    ")
        for case in cases:
            yield from _case(case)
        yield "  </testsuite>\n"
    if run.not_run:
        yield f"  <testsuite{_attributes({'name': 'not run', **_totals([], skipped)})}>\n"
        why = run.stopped or "the run was ended before the case was begun"
        for id in run.not_run:
            about = {"classname": _class(run.ocpp, run.sut), "name": id}
            yield f"    <testcase{_attributes(about)}>"
            yield f"<skipped{_attributes({'message': f'not run: {why}'})}/></testcase>\n"
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _case(case: CaseSummary) -> Iterator[str]:
    last = case.last
    about = {
        "classname": _class(case.ocpp, case.sut),
        "name": f"{case.id} {case.title}".strip(),
        "time": f"{last.seconds:.3f}",
    }
    yield f"    <testcase{_attributes(about)}>\n"
    facts = {"id": case.id, "verdict": case.verdict.text, "checks": str(last.checks)}
    if last.failed:
        facts["step"] = last.failed
    if len(case.attempts) > 1:
        facts["attempts"] = str(len(case.attempts))
    yield from _properties(facts, "      ")
    element = _ELEMENTS.get(case.verdict)
    if element is not None:
        told = {"message": case.reason, "type": case.verdict.text}
        yield f"      <{element}{_attributes(told)}/>\n"
    if earlier := case.attempts[:-1]:
        lines = (f"attempt {a.number}: {a.verdict.text} {a.reason}".strip() for a in earlier)
        yield f"      <system-out>{_text(chr(10).join(lines))}</system-out>\n"
    yield "    </testcase>\n"


def _totals(cases: list[CaseSummary], skipped: int = 0) -> dict[str, str]:
    elements = [_ELEMENTS.get(c.verdict) for c in cases]
    return {
        "tests": str(len(cases) + skipped),
        "failures": str(elements.count("failure")),
        "errors": str(elements.count("error")),
        "skipped": str(elements.count("skipped") + skipped),
        "time": f"{sum(c.last.seconds for c in cases):.3f}",
    }


def _run_facts(run: RunSummary) -> dict[str, str]:
    facts = {"ocpp": run.ocpp, "sut": run.sut, "testbay": run.version, "clock": run.clock}
    system = {k: str(v) for about in run.systems[:1] for k, v in about.items()}
    return facts | system | ({} if run.seed is None else {"seed": str(run.seed)})


def _properties(facts: Mapping[str, str], indent: str) -> Iterator[str]:
    yield f"{indent}<properties>\n"
    for name, value in facts.items():
        yield f"{indent}  <property{_attributes({'name': name, 'value': value})}/>\n"
    yield f"{indent}</properties>\n"


def _class(ocpp: str, sut: str) -> str:
    return ".".join(["testbay", f"ocpp{ocpp.replace('.', '')}", sut or "sut"])


def _attributes(values: Mapping[str, str]) -> str:
    return "".join(f" {k}={quoteattr(_legal(v))}" for k, v in values.items())


def _text(value: str) -> str:
    return _legal(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _legal(value: str) -> str:
    """Write what XML cannot hold as an escape."""
    return _FORBIDDEN.sub(lambda m: f"\\u{ord(m[0]):04x}", value)
