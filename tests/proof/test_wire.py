"""The wire makes the one fault that it is told, and passes everything else on."""

from dataclasses import replace
from typing import Any

import pytest

from testbay.campaign import suites
from testbay.campaign.virtual import product_for
from testbay.proof.derive import Base
from testbay.proof.fault import WireFault, put
from testbay.proof.prove import _Bench, failed_checks
from testbay.proof.setups import PLAIN, Setup
from testbay.protocol.versions import OCPP16
from testbay.scenario.values import OMITTED
from testbay.scenario.verdict import Verdict


def bench(case_id: str) -> _Bench:
    suite = suites.load("1.6")
    case = suite.cases[case_id]
    product, _ = product_for(case, suite)
    assert product is not None
    return _Bench(case, suite, product, PLAIN)


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        ("a", 2, {"a": 2, "b": [{"c": 1}]}),
        ("b[0].c", 5, {"a": 1, "b": [{"c": 5}]}),
        ("b[1]", 7, {"a": 1, "b": [{"c": 1}, 7]}),
        ("x.y", 3, {"a": 1, "b": [{"c": 1}], "x": {"y": 3}}),
        ("a", OMITTED, {"b": [{"c": 1}]}),
        ("b[0]", OMITTED, {"a": 1, "b": []}),
        ("nowhere", OMITTED, {"a": 1, "b": [{"c": 1}]}),
    ],
)
def test_put_changes_a_copy(path: str, value: Any, wanted: Any) -> None:
    payload = {"a": 1, "b": [{"c": 1}]}
    assert put(payload, path, value) == wanted
    assert payload == {"a": 1, "b": [{"c": 1}]}


def test_without_a_fault_the_case_passes() -> None:
    assert bench("TC_003_CS").run().ended.verdict == Verdict.PASS
    assert bench("TC_012_CSMS").run().ended.verdict == Verdict.PASS


def first(case_id: str, action: str, at: int = -1) -> tuple[str, dict[str, Any]]:
    run = bench(case_id).run()
    message = run.test.received(action)[at]
    return message.wire_uid, dict(message.payload)


def test_a_dropped_message_is_missing_and_the_station_does_not_notice() -> None:
    uid, _ = first("TC_003_CS", "StartTransaction")
    reply = {"transactionId": 1, "idTagInfo": {"status": "Accepted"}}
    run = bench("TC_003_CS").run(WireFault("drop", uid, reply=reply))
    assert ("5", "StartTransaction is sent in time") in failed_checks(run)
    assert not run.test.received("StartTransaction")


def test_a_repeated_message_comes_twice() -> None:
    uid, _ = first("TC_003_CS", "Authorize")
    run = bench("TC_003_CS").run(WireFault("repeat", uid))
    assert len(run.test.received("Authorize")) == 2


def test_a_delayed_message_comes_later() -> None:
    uid, _ = first("TC_003_CS", "Authorize")
    reply = {"idTagInfo": {"status": "Accepted"}}
    plain = bench("TC_003_CS").run()
    run = bench("TC_003_CS").run(WireFault("delay", uid, value=3.0, reply=reply))
    moved = run.test.received("Authorize")[0].at - plain.test.received("Authorize")[0].at
    assert moved == pytest.approx(3.0, abs=0.1)


def test_an_answer_becomes_an_error() -> None:
    run = bench("TC_012_CSMS").run()
    uid = next(u for u in run.test.payloads if u.startswith("c"))
    wire = Base(run, OCPP16).wire_ids[uid]
    changed = bench("TC_012_CSMS").run(WireFault("error", wire))
    assert changed.ended.verdict == Verdict.INCONCLUSIVE
    assert "CALLERROR InternalError" in changed.ended.reason


def test_a_run_that_ends_in_error_kills_nothing() -> None:
    run = bench("TC_003_CS").run()
    object.__setattr__(run.ended, "verdict", Verdict.ERROR)
    assert failed_checks(run) == set()


def test_an_answer_is_lost_or_has_another_code() -> None:
    lost = bench("TC_027_CS").run(WireFault("drop", _answer("TC_027_CS")))
    assert ("2", _MAY_BE_REFUSED) in failed_checks(lost)
    assert "no answer in 30 s" in lost.ended.reason
    error = Setup("refused by CALLERROR", options={"refusal": "error"})
    refused = replace(bench("TC_043_1_CS"), setup=error)
    recoded = refused.run(WireFault("recode", _answer("TC_043_1_CS")))
    assert "CALLERROR InternalError" in recoded.ended.reason


_MAY_BE_REFUSED = "RemoteStartTransaction is answered with a result, or with CALLERROR of any code"


def _answer(case_id: str) -> str:
    run = bench(case_id).run()
    called = [u for u in run.test.payloads if u.startswith("c")]
    return Base(run, OCPP16).wire_ids[called[-1]]


def secure(case_id: str) -> _Bench:
    suite = suites.load("1.6")
    product, _ = product_for(suite.cases[case_id], suite, "security profile 3")
    assert product is not None
    return _Bench(suite.cases[case_id], suite, product, PLAIN)


def test_the_wire_stands_inside_of_tls() -> None:
    """What both ends show each other in the handshake is their own, with a fault or without."""
    for case_id in ("TC_087_CS", "TC_087_CSMS"):
        run = secure(case_id).run()
        assert run.ended.verdict == Verdict.PASS, run.ended.reason
        assert run.test.received("@tls")
    uid = run.test.box.log[-1].wire_uid
    spoiled = secure("TC_087_CS").run(WireFault("set", uid, "unknownField", 1))
    assert spoiled.test.received("@tls")[0]["certificate"].startswith("-----BEGIN")
