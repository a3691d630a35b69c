"""3.16 Upload of diagnostics."""

from __future__ import annotations

from testbay.suites.ocpp16.actions import FETCH_DIAGNOSTICS
from testbay.suites.ocpp16.csms_test import CsmsTest
from testbay.suites.ocpp16.registry import csms

GROUP = "3.16 Diagnostics"
FILE = {"fileName": "diagnostics.txt"}
SIMULATED = "The simulated station uploads no file: it says so only."


@csms("TC_045_1_CSMS", "Diagnostics are uploaded", group=GROUP, readings=(SIMULATED,))
async def tc_045_1_csms(t: CsmsTest) -> None:
    t.manual(FETCH_DIAGNOSTICS)
    await t.expect(1, "GetDiagnostics", reply=FILE)
    await t.diagnostics(3, "Uploading")
    await t.diagnostics(5, "Uploaded")


@csms("TC_045_2_CSMS", "The upload of diagnostics fails", group=GROUP, readings=(SIMULATED,))
async def tc_045_2_csms(t: CsmsTest) -> None:
    t.manual(FETCH_DIAGNOSTICS)
    await t.expect(1, "GetDiagnostics", reply=FILE)
    await t.diagnostics(3, "Uploading")
    await t.diagnostics(5, "UploadFailed")
