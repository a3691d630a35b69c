"""A CSMS before it is tested: whether it accepts the station, and what it says to the tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from testbay.scenario.survey import Asking, Finding, Reading, Stated, ask_again
from testbay.scenario.values import Answer, pick
from testbay.suites.ocpp201.stated import repeated

TOKENS: dict[str, tuple[str, ...]] = {
    "valid_idtoken": ("Accepted",),
    "valid_idtoken2": ("Accepted",),
    "invalid_idtoken": ("Invalid", "Unknown"),
}
"""The configured tokens, and what the cases need the CSMS to say of them."""
NOBODY = "NoAuthorization"


class CsmsSurvey:
    """Boots, and asks about every token; a CSMS tells nothing else of itself."""

    def may_ask(self, model: Any) -> bool:
        """Return whether the CSMS may be asked: it is the tool that begins."""
        return True

    async def read(self, call: Asking, stated: Stated) -> Reading:
        """Boot as the simulated station, then ask about the tokens."""
        values = stated.values
        station = {"vendorName": values["vendor_name"], "model": values["model"]}
        boot = {"reason": "PowerUp", "chargingStation": station}
        statuses = await ask_again(call, "BootNotification", boot, while_="Pending")
        said, status = [f"BootNotification: {one}" for one in statuses], statuses[-1]
        identity = values.get("station_id", "")
        if status == "Pending":
            return Reading(asked=said, why=f"the CSMS keeps the station {identity} pending")
        if status != "Accepted":
            why = f"the CSMS does not accept the station {identity}: {status}"
            return Reading(asked=said, found=[Finding("configuration", "values.station_id", why)])
        found: list[Finding] = []
        for token, wanted in TOKENS.items():
            name, kind = f"{token}_idtoken", values.get(f"{token}_type")
            if name not in values or kind == NOBODY:
                continue
            shown = {"idToken": {"idToken": values[name], "type": kind}}
            answered = await call("Authorize", shown)
            seen = (
                str(pick(answered, "idTokenInfo.status"))
                if isinstance(answered, dict)
                else str(answered)
            )
            said.append(f"Authorize with {name}: {seen}")
            if seen not in wanted:
                why = f"the CSMS says {seen} to it, but the cases need {' or '.join(wanted)}"
                found.append(Finding("configuration", f"values.{name}", why))
        return Reading(asked=said, found=found)

    async def look(self, call: Asking, stated: Stated) -> Reading:
        """Ask nothing: a CSMS shows no settings."""
        return Reading()

    def findings(self, reading: Reading, stated: Stated) -> list[Finding]:
        """Return what cannot be so."""
        return [*reading.found, *repeated(stated.values)]

    def put_back(
        self, before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]
    ) -> list[tuple[str, dict[str, Any], str]]:
        """Return nothing: a CSMS shows no settings."""
        return []

    def status_of(self, answer: Answer) -> str:
        """Return what a system says to a request that undoes something."""
        return str(answer)
