"""``testbay pics``: a vendor's statement about a product, and which cases apply by it."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from testbay.campaign.certification import Ruling, certificate, rulings
from testbay.campaign.form import load_form
from testbay.campaign.pics import Pics, contradictions, load, notes, template
from testbay.campaign.selection import suite_of
from testbay.interfaces.cli.listing import print_json
from testbay.interfaces.cli.template import write_new

WORDS = {True: "applies", False: "not applicable", None: "undetermined"}
UNLISTED = "Not part of the certification"
CONTRADICTORY, UNDETERMINED = 2, 3  # exit codes


def write_pics(file: Path | None, sut: str, ocpp: str) -> int:
    """Write a PICS with every question, or print it.

    Raises:
        Wrong: there is such a file already, or it cannot be written.
    """
    suite_of(ocpp)  # names the versions there are
    return write_new(file, template(load_form(ocpp), sut))


def check_pics(file: Path, json: bool) -> int:
    """Show which cases apply; return 2 for contradictions, 3 where answers are missing.

    Raises:
        PicsError: the file cannot be used.
    """
    pics = load(file)
    ruled = rulings(pics, suite_of(pics.form.ocpp).cases)
    wrong = contradictions(pics)
    if json:
        print_json(_summary(pics, ruled, wrong))
    else:
        print("\n".join(_lines(pics, ruled, wrong)))
    if wrong:
        return CONTRADICTORY
    return UNDETERMINED if any(r.applies is None for r in ruled) else 0


def _summary(pics: Pics, ruled: Sequence[Ruling], wrong: Sequence[str]) -> dict[str, object]:
    return {
        "ocpp": pics.form.ocpp,
        "sut": pics.sut,
        "certificate": certificate(pics),
        "contradictions": wrong,
        "notes": notes(pics),
        "unanswered": pics.unanswered,
        "cases": [asdict(r) | {"applies": WORDS[r.applies]} for r in ruled],
    }


def _lines(pics: Pics, ruled: Sequence[Ruling], wrong: Sequence[str]) -> Iterator[str]:
    width = max(60, shutil.get_terminal_size((120, 24)).columns)
    longest = max(len(r.case) for r in ruled)
    yield f"{pics.name}: a {pics.sut}, OCPP {pics.form.ocpp}, certificate {certificate(pics)}"
    for profile in sorted(dict.fromkeys(r.profile for r in ruled), key=_last):
        yield from ("", profile or UNLISTED)
        for r in (r for r in ruled if r.profile == profile):
            said = "; ".join(part for part in (r.why, *r.lacks) if part)
            head = f"  {r.case:{longest}}  {r.status:11}  {WORDS[r.applies]:14}  "
            yield from _wrapped(head, said, width)
    yield ""
    count = Counter(r.applies for r in ruled)
    told = ", ".join(f"{count[k]} {w}" for k, w in _COUNTED.items() if count[k])
    yield f"{len(ruled)} cases: {told}."
    if unanswered := pics.unanswered:
        yield from _wrapped("", f"Unanswered: {', '.join(unanswered)}.", width)
    for heading, sentences in (("Cannot be so", wrong), ("See whether it is so", notes(pics))):
        for sentence in sentences:
            yield from _wrapped("", f"{heading}: {sentence}.", width)


def _last(profile: str) -> bool:
    """Sort what is part of no profile behind the profiles."""
    return not profile


_COUNTED = {True: "apply", False: "do not apply", None: "wait for an answer"}


def _wrapped(head: str, said: str, width: int) -> Iterator[str]:
    indent = " " * len(head) if head else "  "
    yield from textwrap.wrap(
        f"{head}{said}", width, subsequent_indent=indent, drop_whitespace=True
    ) or [head]
