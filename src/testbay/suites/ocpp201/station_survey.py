"""A station before it is tested: its whole device model, and what of it cannot be so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from testbay.protocol.device_model import ANY, standard_variable
from testbay.roles.csms_model201 import CsmsModel201
from testbay.scenario.survey import Asking, Finding, Reading, Stated
from testbay.scenario.values import Answer, pick
from testbay.suites.ocpp201.device_findings import absent, undocumented
from testbay.suites.ocpp201.settings import equal
from testbay.suites.ocpp201.stated import disagreements
from testbay.suites.ocpp201.told_variables import Entry, Told, text_at, value_of

EVERYTHING, WRITABLE = "FullInventory", "ConfigurationInventory"
REQUESTS = {EVERYTHING: 1, WRITABLE: 2}
"""Which request asks for which report."""
PATIENCE = 30.0  # s, for the next part of a report
MOST_PARTS = 2000
ITS_OWN = (
    "ocppcommctrlr.heartbeatinterval",
    "ocppcommctrlr.networkconfigurationpriority",
    "authctrlr.localpreauthorize",
    "clockctrlr.",
    "securityctrlr.",
)
"""What changes by the way: by each boot, by another connection, for all cases, by time."""


class StationSurvey:
    """Asks for the full inventory, whose parts come one after another (B07)."""

    def may_ask(self, model: Any) -> bool:
        """Return whether the station has been accepted, as far as is known."""
        return not isinstance(model, CsmsModel201) or model.facts.accepted is not False

    async def read(self, call: Asking, stated: Stated) -> Reading:
        """Read the whole device model."""
        return await _read(call, EVERYTHING)

    async def look(self, call: Asking, stated: Stated) -> Reading:
        """Read what can be written; everything where that cannot be asked for alone."""
        found = await _read(call, WRITABLE)
        return found if not found.why or found.entries else await _read(call, EVERYTHING)

    def findings(self, reading: Reading, stated: Stated) -> list[Finding]:
        """Return what cannot be so: by the documents, by the PICS, by the configuration."""
        if reading.why:
            return list(reading.found)
        told = Told(reading.entries)
        return [*reading.found, *undocumented(told), *disagreements(told, stated)]

    def put_back(
        self, before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]
    ) -> list[tuple[str, dict[str, Any], str]]:
        """Return what has changed in the standard variables that can be written."""
        return list(_changed(Told(before), Told(now)))

    def status_of(self, answer: Answer) -> str:
        """Return what the station says to a variable that is written."""
        if not isinstance(answer, dict):
            return str(answer)
        return str(pick(answer, "setVariableResult[0].attributeStatus"))


async def _read(call: Asking, report: str) -> Reading:
    """Ask for a report and take all its parts."""
    request = REQUESTS[report]
    answer = await call("GetBaseReport", {"requestId": request, "reportBase": report})
    status = answer.get("status") if isinstance(answer, dict) else str(answer)
    if status != "Accepted":
        return Reading(why=f"GetBaseReport ({report}) was not accepted: {status}")
    entries: list[dict[str, Any]] = []
    numbers: list[Any] = []
    while len(numbers) < MOST_PARTS:
        part = await call.hear("NotifyReport", PATIENCE)
        if part is None:
            return _cut_off(report, entries, len(numbers))
        if part.get("requestId") != request:
            continue
        numbers.append(part.get("seqNo"))
        if not part.servable:
            why = f"part {len(numbers)} of its {report} is not valid, so the rest is not read"
            return Reading(entries, why, found=[Finding("documents", "NotifyReport", why)])
        entries += [dict(e) for e in part.get("reportData") or () if isinstance(e, dict)]
        if not part.get("tbc", False):
            break
    else:
        return Reading(entries, f"its {report} does not end after {MOST_PARTS} parts")
    return Reading(
        entries,
        asked=[f"GetBaseReport {report}: {len(entries)} variables in {len(numbers)} parts"],
        found=list(_misnumbered(numbers)),
        absent=absent(Told(entries)),
    )


def _cut_off(report: str, entries: list[dict[str, Any]], parts: int) -> Reading:
    after = f"after part {parts}" if parts else "after it was accepted"
    why = f"of its {report} nothing came for {PATIENCE:g} s {after}, although more was to come"
    return Reading(entries, why, found=[Finding("documents", "NotifyReport", why)])


def _misnumbered(numbers: list[Any]) -> Iterator[Finding]:
    if numbers != list(range(len(numbers))):
        shown = ", ".join(str(n) for n in numbers)
        says = f"the parts have the numbers {shown}, expected 0, 1, 2 ..."
        yield Finding("documents", "NotifyReport.seqNo", says)


def _changed(before: Told, now: Told) -> Iterator[tuple[str, dict[str, Any], str]]:
    for name, entry in before.named():
        was, present = value_of(entry), now.entry(name)
        if was is None or present is None or not before.writable(name) or not _kept(entry):
            continue
        value = value_of(present)
        if value is None or not equal(value, was):
            named = {key: entry[key] for key in ("component", "variable")}
            data = {"setVariableData": [{**named, "attributeValue": was}]}
            yield "SetVariables", data, f"{name} is {now.shown(name)}, it was {was!r}"


def _kept(entry: Entry) -> bool:
    """Return whether a variable is a standard one that keeps its value by itself."""
    component, variable = text_at(entry, "component.name"), text_at(entry, "variable.name")
    found = standard_variable(component, variable, text_at(entry, "variable.instance"))
    own = f"{component}.{variable}".casefold()
    standard = found is not None and found.component != ANY
    return standard and not any(own.startswith(other) for other in ITS_OWN)
