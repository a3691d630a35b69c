"""What a run comes to for the certification, where there is a PICS: profiles, and performance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbay.campaign import suites
from testbay.campaign.certification import Ruling, certificate, rulings
from testbay.campaign.pics import Pics, PicsError, stated
from testbay.report.markup import visible
from testbay.report.performance import Measured
from testbay.report.summary import RunSummary
from testbay.scenario.verdict import Verdict

COUNTS = ("mandatory", "conditional")
"""What must pass for a certificate (document 2, 7.1.3)."""

FINE = (Verdict.PASS, Verdict.NOT_APPLICABLE)
NAMED = 12  # cases of a profile that have not passed


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of the certificate.

    Args:
        wanted: how many cases count.
        open: those that have not passed, with what became of them.
    """

    name: str
    wanted: int
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certification:
    """What a run says of a certificate.

    Args:
        kind: Full or Subset, or what it depends on.
        optional: optional cases that have not passed; they do not count.
    """

    kind: str
    profiles: tuple[Profile, ...]
    optional: tuple[str, ...]
    performance_by: str

    @property
    def complete(self) -> bool:
        """Whether every case that counts has passed."""
        return all(not profile.open for profile in self.profiles)


def certification(run: RunSummary) -> Certification | None:
    """Return what a run says of a certificate; None without a PICS that is understood."""
    if not run.pics or run.ocpp not in suites.MODULES:
        return None
    try:
        pics = stated("the PICS", run.ocpp, run.pics)
        ruled = [r for r in rulings(pics, suites.load(run.ocpp).cases) if r.profile and r.applies]
        return _of(pics, ruled, {case.id: case.verdict for case in run.cases})
    except PicsError:  # a damaged journal
        return None


def _of(pics: Pics, ruled: list[Ruling], verdicts: Mapping[str, Verdict]) -> Certification:
    def opened(rulings: list[Ruling]) -> tuple[str, ...]:
        missed = [r.case for r in rulings if verdicts.get(r.case) not in FINE]
        return tuple(f"{c} {verdicts[c].text if c in verdicts else 'not run'}" for c in missed)

    counting = [r for r in ruled if r.status in COUNTS]
    profiles = []
    for name in dict.fromkeys(r.profile for r in counting):
        own = [r for r in counting if r.profile == name]
        profiles.append(Profile(name, len(own), opened(own)))
    optional = opened([r for r in ruled if r.status == "optional" and r.case in verdicts])
    by = str(pics.answers.get("performance_communication", ""))
    return Certification(certificate(pics), tuple(profiles), optional, by)


def lines(run: RunSummary) -> Iterator[str]:
    """Yield the text that stands below the table of a run with a PICS."""
    found = certification(run)
    if found is None:
        return
    word = "all that counts has passed" if found.complete else "not yet"
    yield f"Certification of OCPP {run.ocpp} by the PICS ({found.kind}): {word}."
    for profile in found.profiles:
        yield f"  {profile.name}: {_passed(profile)}"
    if found.optional:
        yield f"  Optional, so not counted: {_named(found.optional)}"
    for system in run.systems:
        yield f"  Tested: {visible(', '.join(f'{k} {v}' for k, v in system.items()))}"
    if run.measured:
        by = f", over {found.performance_by}" if found.performance_by else ""
        yield f"  Performance{by} (median, longest of how many; stated):"
        for measured in run.measured:
            yield f"    {performance(measured)}"


def _passed(profile: Profile) -> str:
    told = f"{profile.wanted - len(profile.open)} of {profile.wanted} cases passed"
    return f"{told}; not {_named(profile.open)}" if profile.open else told


def _named(cases: tuple[str, ...]) -> str:
    more = f" and {len(cases) - NAMED} more" if len(cases) > NAMED else ""
    return f"{', '.join(cases[:NAMED])}{more}"


def performance(measured: Measured) -> str:
    """Return a performance value in one line."""
    of = f"{measured.middle:.3f} s, {measured.most:.3f} s of {measured.count}"
    if measured.stated is None:
        return f"{measured.text}: {of}"
    over = ", which is less" if measured.most > measured.stated else ""
    return f"{measured.text}: {of}; stated {measured.stated:g} s{over}"
