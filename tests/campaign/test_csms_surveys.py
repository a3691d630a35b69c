"""What a CSMS is asked before a run: it may keep the station pending at first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from testbay.scenario.survey import Stated
from testbay.scenario.values import Answer, Lost, Received
from testbay.suites.ocpp16.csms_survey import CsmsSurvey as Survey16
from testbay.suites.ocpp201.csms_survey import CsmsSurvey as Survey201

VALUES = {"station_id": "CS001", "vendor_name": "V", "model": "M"}


class Asks:
    """A CSMS that answers one boot after the other."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.moments = list(answers), list[float]()

    async def __call__(self, action: str, payload: dict[str, Any]) -> Answer:
        assert action == "BootNotification"
        self.moments.append(asyncio.get_running_loop().time())
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def hear(self, action: str, within: float) -> Received | None:
        await asyncio.sleep(within)
        return None


def boots(status: str, interval: object = 20) -> dict[str, Any]:
    return {"status": status, "interval": interval}


@pytest.mark.parametrize("survey", [Survey16(), Survey201()])
@pytest.mark.parametrize(
    ("answers", "boot_at", "why", "found"),
    [
        ([boots("Accepted")], [0], "", 0),
        ([boots("Pending"), boots("Accepted")], [0, 20], "", 0),
        ([boots("Pending")], [0, 20, 40, 60], "the CSMS keeps the station CS001 pending", 0),
        ([boots("Pending", 0)], [0], "the CSMS keeps the station CS001 pending", 0),
        ([boots("Pending", "20")], [0], "the CSMS keeps the station CS001 pending", 0),
        ([boots("Pending", 3600)], [0], "the CSMS keeps the station CS001 pending", 0),
        ([boots("Pending"), boots("Rejected")], [0, 20], "", 1),
        ([Lost("no answer in 30 s")], [0], "", 1),
    ],
)
async def test_a_boot(
    survey: Survey16 | Survey201, answers: list[Answer], boot_at: list[int], why: str, found: int
) -> None:
    csms = Asks(*answers)
    began = asyncio.get_running_loop().time()
    reading = await survey.read(csms, Stated(values=VALUES))
    assert [round(at - began) for at in csms.moments] == boot_at
    assert len(reading.asked) == len(boot_at)
    assert (reading.why, len(reading.found)) == (why, found)
