"""CSMSs that send what they must not."""

from __future__ import annotations

import pytest

from testbay.transport import frame

from .bad import (
    MANY,
    MASK,
    SENDS,
    Bad,
    against_csms,
    calls,
    says,
    sends_8_mib,
    writes,
)
from .raw_csms import RawCsms

# -- a bad CSMS -----------------------------------------------------------------------------------

TOKEN = '[3,"UID",{"idTagInfo":{"status":"Accepted"}}]'
BAD_CSMS = {
    "not JSON": Bad(
        says("hello", TOKEN),
        f"the text 'hello': the message is not JSON (line 1, column 1: expecting value); {SENDS}",
    ),
    "no frame": Bad(says("[]", TOKEN), f"the text '[]': the message is an empty array; {SENDS}"),
    "binary": Bad(says(b"\x00\x01", TOKEN), "a binary message: it has 2 bytes, '\\x00\\x01'; "),
    "8 MiB": Bad(sends_8_mib, "frame with 8388608 bytes exceeds limit of 1048576 bytes"),
    "invalid UTF-8": Bad(writes(frame(1, b"\xff")), "text that is not UTF-8: invalid start byte"),
    "mask": Bad(writes(frame(1, b"[]", mask=MASK)), "incorrect masking"),
    "unknown action": Bad(
        says(calls("u", "Dance"), TOKEN), "Dance is not a message of OCPP 1.6", "NotImplemented"
    ),
    "wrong direction": Bad(
        says(calls("u", "Heartbeat"), TOKEN),
        "Heartbeat is for a station to send, not for a csms",
        "NotSupported",
    ),
    "schema": Bad(
        says(calls("u", "Reset", type="Warm"), TOKEN),
        'Reset: type is "Warm", which is none of Hard, Soft',
        "PropertyConstraintViolation",
    ),
    "unknown id": Bad(says('[3,"nobody",{}]', TOKEN), "no call with the id nobody was sent"),
    "twice": Bad(says(TOKEN, TOKEN), "has been answered before"),
    "same id": Bad(
        says(calls("same", "ClearCache"), calls("same", "GetConfiguration"), TOKEN),
        "GetConfiguration: the message id same was used before on this connection",
    ),
    "bad answer": Bad(says('[3,"UID",{}]'), "the answer to Authorize: idTagInfo is missing"),
    "no answer": Bad(says(), "no answer in 30 s"),
    "hangs up": Bad(writes(cut=True), "the connection was closed by the system under test (1006"),
    "hangs up in mid-message": Bad(
        writes(frame(1, b'[3,"', length=40), cut=True), "ended in the middle of a message)"
    ),
}


@pytest.mark.parametrize("bad", BAD_CSMS.values(), ids=BAD_CSMS)
async def test_a_bad_csms(bad: Bad) -> None:
    csms = RawCsms({"answer to Authorize": bad.does})
    story = await against_csms(csms, "TC_003_CSMS", "TC_012_CSMS")
    assert story.verdicts() == ["FAIL", "PASS"]
    assert bad.told in story.reason()
    assert [e[2] for e in csms.errors] == ([bad.code] if bad.code else [])


@pytest.mark.parametrize("name", ["not JSON", "8 MiB", "hangs up", "no answer"])
async def test_a_bad_csms_while_preparing(name: str) -> None:
    bad = {"not JSON": says("hello")}.get(name, BAD_CSMS[name].does)
    csms = RawCsms({"answer to BootNotification": bad})
    story = await against_csms(csms, "TC_003_CSMS", "TC_012_CSMS")
    assert story.verdicts() == ["INCONCLUSIVE", "PASS"]
    assert "BootNotification was not answered with a result" in story.reason()


async def test_a_csms_that_calls_10_000_times() -> None:
    async def burst(csms: RawCsms) -> None:
        uid = csms.got[-1][1]
        for number in range(MANY):
            await csms.send(2, f"b{number}", "ClearCache", {})
        await csms.send(3, uid, {"idTagInfo": {"status": "Accepted"}})

    csms = RawCsms({"answer to Authorize": burst})
    story = await against_csms(csms, "TC_003_CSMS", "TC_012_CSMS")
    assert story.verdicts() == ["PASS", "PASS"]
    assert sum(f[0] == 3 and f[1].startswith("b") for f in csms.got) == MANY


@pytest.mark.parametrize(
    ("csms", "why"),
    [
        (
            RawCsms(refuses=401),
            "used: refused with status 401; it wants a password, or another one",
        ),
        (RawCsms(refuses=404), "used: refused with status 404; the path of the URL is wrong, or"),
        (RawCsms(subprotocol=None), "used: it did not choose the subprotocol ocpp1.6"),
        (RawCsms(subprotocol="ocpp2.0.1"), "used: unsupported subprotocol: ocpp2.0.1"),
    ],
)
async def test_a_csms_that_cannot_be_used(csms: RawCsms, why: str) -> None:
    story = await against_csms(csms, "TC_003_CSMS", "TC_012_CSMS")
    assert story.verdicts() == ["INCONCLUSIVE", "INCONCLUSIVE"]
    assert f"the CSMS at ws://127.0.0.1:40000/ocpp/CS001 cannot be {why}" in story.reason()
