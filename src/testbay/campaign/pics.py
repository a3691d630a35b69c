"""A vendor's PICS: one TOML file with an answer to each question, written, read and checked."""

from __future__ import annotations

import difflib
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbay.campaign.conditions import YES, Answer
from testbay.campaign.form import DUT, UNANSWERED, Form, Question, has_form, load_form, sut_of
from testbay.campaign.suites import MODULES
from testbay.campaign.wrong import Wrong

WIDTH = 98
MOST = 1_000_000  # bytes; a file that is longer is no PICS


class PicsError(Wrong):
    """The PICS cannot be used; the text names file, question and what may be answered."""


@dataclass(frozen=True)
class Pics:
    """What a vendor states of a product.

    Args:
        name: of the file, for messages.
        answers: by question; those that are not answered are left out.
    """

    name: str
    form: Form
    answers: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def sut(self) -> str:
        """The system that it describes.

        Raises:
            PicsError: it does not say.
        """
        if DUT not in self.answers:
            question = self.form.questions[DUT]
            raise PicsError(
                f"{self.name}: {question.section}.{DUT} is unanswered, and all depends on it: "
                f"write {question.allowed}"
            )
        return sut_of(str(self.answers[DUT]))

    @property
    def unanswered(self) -> list[str]:
        """The questions to this system that should be answered and are not."""
        return [
            q.id
            for q in self.form.asked(self.sut)
            if q.id not in self.answers
            and q.kind != "texts"
            and (not q.only or self.answers.get(q.only) == YES)
        ]

    def said(self, question: str) -> str:
        """Return a question with its answer, in words."""
        asked = self.form.questions[question]
        given = self.answers.get(question)
        return f"{question} is {shown(given)} ({asked.ask})"


def shown(answer: Answer | None) -> str:
    """Return an answer in words."""
    if answer is None:
        return UNANSWERED
    return ", ".join(answer) if isinstance(answer, tuple) else str(answer)


# -- what it says of itself ------------------------------------------------------------------------


def contradictions(pics: Pics) -> list[str]:
    """Return what cannot be so, a sentence each."""
    strange = [
        f"{q.id} is asked of a {q.sut} only, and {pics.said(DUT)}: leave it unanswered"
        for q in pics.form.questions.values()
        if q.id in pics.answers and not q.is_for(pics.sut)
    ]
    return strange + [c.says for c in pics.form.contradictions if c.when.holds(pics.answers)]


def notes(pics: Pics) -> list[str]:
    """Return what may be so, but is worth a second look."""
    return [c.says for c in pics.form.notes if c.when.holds(pics.answers)]


def agreeing(pics: Pics) -> Pics:
    """Return the PICS.

    Raises:
        PicsError: it contradicts itself; every contradiction is named.
    """
    if found := contradictions(pics):
        raise PicsError(f"{pics.name} contradicts itself: {'; '.join(found)}")
    return pics


def product(pics: Pics) -> dict[str, bool]:
    """Return the properties of the product, as far as the answers say them."""
    known = {name: c.holds(pics.answers) for name, c in pics.form.features.items()}
    return {name: held for name, held in known.items() if held is not None}


def values(pics: Pics) -> dict[str, Any]:
    """Return the configured values that follow from the answers, where the file names none."""
    found: dict[str, Any] = {}
    for one in pics.form.values:
        if one.answer:
            if one.answer in pics.answers:
                found[one.name] = pics.answers[one.answer]
        elif one.when.holds(pics.answers):
            found[one.name] = one.value
    return found


# -- reading ---------------------------------------------------------------------------------------


def load(path: Path) -> Pics:
    """Read a PICS.

    Raises:
        PicsError: it is missing, unreadable, no TOML, or has an unknown question or answer.
    """
    tables = _tables(path)
    form = _form(path, tables.pop("ocpp", None))
    answers: dict[str, Answer] = {}
    for section, table in tables.items():
        if section not in form.sections:
            raise PicsError(f"{path}: {_unknown('table', section, form.sections)}")
        if not isinstance(table, dict):
            raise PicsError(f"{path}: {section} must be a table, [{section}]")
        for id, value in _flat(table, form):
            question = _asked(path, section, id, form)
            if value != UNANSWERED:
                answers[id] = _answer(path, question, value)
    return Pics(str(path), form, answers)


def version(path: Path) -> str:
    """Return the version that a PICS is for.

    Raises:
        PicsError: it is missing, unreadable, no TOML, or does not say.
    """
    return _form(path, _tables(path).get("ocpp")).ocpp


def stated(name: str, ocpp: str, given: Mapping[str, Any]) -> Pics:
    """Return a PICS of answers that a journal holds; questions there are no more are left out."""
    form = load_form(ocpp)
    read = {
        id: form.questions[id].read(value) for id, value in given.items() if id in form.questions
    }
    return Pics(name, form, {id: value for id, value in read.items() if value is not None})


def _tables(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MOST + 1)
        if len(data) > MOST:
            raise PicsError(f"{path}: is too long for a PICS")
        return tomllib.loads(data.decode("utf-8"))
    except FileNotFoundError:
        raise PicsError(
            f"{path}: there is no such file; testbay pics new {path} writes one"
        ) from None
    except UnicodeDecodeError:
        raise PicsError(f"{path}: the file is not UTF-8 text") from None
    except OSError as error:
        raise PicsError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PicsError(f"{path}: is not TOML: {error}") from None


def _form(path: Path, ocpp: Any) -> Form:
    if ocpp in list(MODULES):
        return load_form(ocpp)
    versions = [v for v in MODULES if has_form(v)]
    there = " or ".join(f'ocpp = "{v}"' for v in versions)
    was = f"it is {ocpp!r}" if ocpp is not None else "it is missing"
    raise PicsError(f"{path}: at its top must stand which version it is for, {there}; {was}")


def _flat(table: Mapping[str, Any], form: Form) -> Iterator[tuple[str, Any]]:
    """Yield questions and answers; an id with a point that was not quoted is put together."""
    for id, value in table.items():
        if isinstance(value, dict) and id not in form.questions:
            yield from ((f"{id}.{rest}", inner) for rest, inner in value.items())
        else:
            yield id, value


def _asked(path: Path, section: str, id: str, form: Form) -> Question:
    question = form.questions.get(id)
    if question is None:
        raise PicsError(f"{path}: {_unknown('question', id, form.questions)}")
    if question.section != section:
        raise PicsError(f"{path}: {id} stands in [{section}], but belongs in [{question.section}]")
    return question


def _answer(path: Path, question: Question, value: Any) -> Answer:
    answer = question.read(value)
    if answer is None:
        was = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
        raise PicsError(
            f'{path}: {question.id} is {was}, expected {question.allowed}, or "{UNANSWERED}" '
            f"({question.ask})"
        )
    return answer


def _unknown(what: str, name: str, there: Mapping[str, Any]) -> str:
    by_lower = {one.casefold(): one for one in there}
    near = difflib.get_close_matches(name.casefold(), by_lower, n=3)
    hint = f"did you mean {' or '.join(by_lower[n] for n in near)}?" if near else ""
    return f"there is no {what} {name}; {hint or 'testbay pics new shows all there are'}"


# -- writing ---------------------------------------------------------------------------------------


def template(form: Form, sut: str) -> str:
    """Return a file with every question to such a system, unanswered."""
    return "\n".join(_lines(form, sut)) + "\n"


def _lines(form: Form, sut: str) -> Iterator[str]:
    yield f"# PICS of a {sut} for OCPP {form.ocpp}: what the product is and can do."
    yield f'# Put an answer for each "{UNANSWERED}". The ids are those of the official form; where'
    yield "# it has none, they are names. testbay pics check FILE says which cases apply then, and"
    yield f"# testbay run {sut} --ocpp {form.ocpp} --pics FILE runs them."
    yield from ("", f'ocpp = "{form.ocpp}"')
    for section, heading in form.sections.items():
        asked = [q for q in form.asked(sut) if q.section == section]
        if asked:
            yield from ("", "", f"# {heading}", f"[{section}]")
        for question in asked:
            yield from _entry(question, sut)


def _entry(question: Question, sut: str) -> Iterator[str]:
    only = f"only where {question.only} is {YES}" if question.only else ""
    keys = f"key {', '.join(question.keys)}" if question.keys else ""
    more = "; ".join(part for part in (question.allowed, only, keys, question.more) if part)
    name = f'"{question.id}"' if "." in question.id else question.id
    value = sut if question.id == DUT else UNANSWERED
    yield ""
    for text in (question.ask, more):
        yield from textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="#   ")
    yield f'{name} = "{value}"'
