"""The cases of 3.21 against the reference CSMS: conforming, built otherwise, with faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from csms16_lab import CONFIG, SUITE

from testbay.campaign.embedded import LANES, Build
from testbay.campaign.lane import Lane
from testbay.campaign.runner import Run
from testbay.campaign.virtual import Recorded, product_for, run_case
from testbay.clock import VirtualLoop
from testbay.pki.lab import Lab
from testbay.proof.prove import prove_case
from testbay.roles.certificates import LONG_ENOUGH
from testbay.roles.station_model16 import StationModel16
from testbay.scenario.product import Product
from testbay.scenario.replay import rejudge
from testbay.scenario.role import Action, Performed
from testbay.scenario.values import Payload, Received
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp16.chains import SIGNED_AS_WANTED
from testbay.suites.ocpp16.csms_test import ACCEPTED, CsmsTest
from testbay.suites.ocpp16.products import CSMSS

CASES = tuple(
    f"TC_{number}_CSMS"
    for number in (
        *("073", "074", "075_1", "075_2", "076", "077", "078", "079", "080", "081"),
        *("083", "085", "086", "087", "088"),
    )
)
BUILT = {product.name: product for product in CSMSS}
ON = {n: f"security profile {n}" for n in (1, 2, 3)}
DIGITS = "00FF" * 4 + "0A" * 12


def pairs() -> list[tuple[str, str]]:
    """Return each case with each product that it can be run against."""
    return [
        (case, name)
        for case in CASES
        for name in BUILT
        if product_for(SUITE.cases[case], SUITE, name)[0] is not None
    ]


def product_of(case: str, name: str = "") -> Product:
    """Return a product for a case: the one of that name, or the first that will do."""
    found, why = product_for(SUITE.cases[case], SUITE, name)
    assert found is not None, why
    return found


def against(
    case: str,
    *faults: str,
    product: str = "",
    config: Mapping[str, Any] | None = None,
    features: Mapping[str, bool] | None = None,
    **options: Any,
) -> Recorded:
    """Run a case against the reference CSMS."""
    built = product_of(case, product)
    built = replace(built, features={**built.features, **(features or {})})
    build = Build(config or {}, options, faults)
    return run_case(SUITE.cases[case], SUITE, built, CONFIG, build=build)


def test_each_security_profile_has_its_cases() -> None:
    on = {name: [c for c, n in pairs() if n == name] for name in ON.values()}
    everywhere = [c for c in CASES if c[3:6] not in ("073", "074", "083", "085", "086", "087")]
    assert on[ON[1]] == sorted([*everywhere, "TC_073_CSMS", "TC_083_CSMS", "TC_085_CSMS"])
    assert on[ON[2]] == sorted([*on[ON[1]], "TC_086_CSMS"])
    assert on[ON[3]] == sorted([*everywhere, "TC_074_CSMS", "TC_086_CSMS", "TC_087_CSMS"])


@pytest.mark.parametrize(
    ("case", "features", "why"),
    [
        ("TC_075_1_CSMS", {"security_profile_2": False, "security_profile_3": False}, True),
        ("TC_075_2_CSMS", {"security_profile_2": False}, False),
        ("TC_077_CSMS", {"security_profile_3": False}, True),
        ("TC_079_CSMS", {"security_profile_1": False, "security_profile_2": False}, False),
        ("TC_080_CSMS", {"firmware_management": False}, True),
        ("TC_083_CSMS", {"security_profile_2": False}, True),
        ("TC_083_CSMS", {"security_profile_3": False}, False),
    ],
)
def test_what_is_not_supported_makes_a_case_not_applicable(
    case: str, features: dict[str, bool], why: bool
) -> None:
    found, because = product_for(SUITE.cases[case], SUITE, config=features)
    assert bool(because) is why
    assert (found is None) is why


def test_an_upgrade_needs_a_profile_to_upgrade_to() -> None:
    case = SUITE.cases["TC_083_CSMS"]
    assert case.requires is not None
    on_2 = {"on_profile_0": False, "on_profile_2": True, "security_profile_3": False}
    assert "security profile 3" in case.requires.unmet(on_2)


# -- conforming ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "product"), pairs())
def test_a_conforming_csms_passes(case: str, product: str) -> None:
    run = against(case, product=product)
    assert (run.ended.verdict, run.ended.reason) == (Verdict.PASS, "")
    assert run.test.recorder.remarks == []


@pytest.mark.parametrize(("case", "product"), pairs())
def test_a_csms_that_greets_passes_too(case: str, product: str) -> None:
    run = against(case, product=product, greets=True)
    assert (run.ended.verdict, run.test.recorder.remarks) == (Verdict.PASS, [])


@pytest.mark.parametrize("case", CASES)
def test_every_check_can_fail(case: str) -> None:
    proof = prove_case("1.6", case)
    assert (proof.broken, proof.tried, proof.untried) == ("", {}, {})


@pytest.mark.parametrize("product", [ON[1], ON[2]])
@pytest.mark.parametrize("case", ["TC_073_CSMS", "TC_083_CSMS", "TC_085_CSMS"])
def test_a_password_may_be_configured_in_hexadecimal(case: str, product: str) -> None:
    run = against(case, product=product, config={"authorization_key": DIGITS})
    assert (run.ended.verdict, run.test.recorder.remarks) == (Verdict.PASS, [])


@pytest.mark.parametrize("case", [c for c, n in pairs() if n == ON[3]])
@pytest.mark.parametrize("asks", ["required", "optional"])
def test_a_csms_may_look_at_certificates_in_the_handshake_or_at_the_upgrade(
    case: str, asks: str
) -> None:
    assert against(case, product=ON[3], client_certificates=asks).ended.verdict == Verdict.PASS


@pytest.mark.parametrize("fault", ["rsa-certificate-only", "ec-certificate-only"])
@pytest.mark.parametrize(
    ("case", "product"), [(c, n) for c, n in pairs() if n != "csms" and c[3:6] not in "086 087"]
)
def test_one_kind_of_certificate_is_enough_but_where_suites_for_both_are_demanded(
    case: str, product: str, fault: str
) -> None:
    assert against(case, fault, product=product).ended.verdict == Verdict.PASS


def test_a_csms_may_complete_the_upgrade_and_close() -> None:
    run = against("TC_088_CSMS", refuse_other_subprotocols=False)
    assert run.ended.verdict == Verdict.PASS


def test_the_station_asks_for_a_certificate_of_the_configured_kind() -> None:
    for algorithm, key in (("ECDSA", "EC, 256 bits"), ("RSA", "RSA, 2048 bits")):
        run = against("TC_074_CSMS", config={"signing_algorithm": algorithm})
        judged = {
            o.text: o for r in run.test.recorder.results if r.label == "5" for o in r.outcomes
        }
        assert judged[LONG_ENOUGH.text].actual == key
        signed = judged[SIGNED_AS_WANTED.text]  # the authority of the reference is of the kind EC
        assert str(signed.actual).startswith("ecdsa-with-SHA256")
        assert signed.passed is (algorithm == "ECDSA")


# -- with faults -----------------------------------------------------------------------------------

ECDSA = {"signing_algorithm": "ECDSA"}


@pytest.mark.parametrize(
    ("fault", "case", "label"),
    [
        ("sends-nothing", "TC_073_CSMS", "1"),
        ("makes-short-passwords", "TC_073_CSMS", "1"),
        ("makes-long-passwords", "TC_073_CSMS", "1"),
        ("sends-passwords-as-text", "TC_073_CSMS", "1"),
        ("keeps-old-password", "TC_073_CSMS", "4"),
        ("sends-nothing", "TC_074_CSMS", "1"),
        ("rejects-certificate-requests", "TC_074_CSMS", "4"),
        ("never-sends-certificate", "TC_074_CSMS", "5"),
        ("certificate-not-pem", "TC_074_CSMS", "5"),
        ("certificate-for-another-key", "TC_074_CSMS", "5"),
        ("certificate-for-another-name", "TC_074_CSMS", "5"),
        ("certificate-with-short-key", "TC_074_CSMS", "5"),
        ("certificate-signed-by-other-algorithm", "TC_074_CSMS", "5"),
        ("refuses-renewed-certificate", "TC_074_CSMS", "8"),
        ("sends-nothing", "TC_075_1_CSMS", "1"),
        ("installs-another-root", "TC_075_1_CSMS", "1"),
        ("installs-another-root", "TC_075_2_CSMS", "1"),
        ("deletes-without-looking", "TC_076_CSMS", "SHA256/3"),
        ("deletes-by-sha256", "TC_076_CSMS", "SHA384/5"),
        ("deletes-another-certificate", "TC_076_CSMS", "SHA256/5"),
        ("certificate-for-another-key", "TC_077_CSMS", "5"),
        ("ignores-security-events", "TC_077_CSMS", "8"),
        ("installs-another-root", "TC_078_CSMS", "1"),
        ("ignores-security-events", "TC_078_CSMS", "4"),
        ("fetches-diagnostics-instead-of-security-log", "TC_079_CSMS", "1"),
        ("ignores-file-notices", "TC_079_CSMS", "4"),
        ("sends-firmware-unsigned", "TC_080_CSMS", "1"),
        ("ignores-file-notices", "TC_080_CSMS", "4"),
        ("ignores-security-events", "TC_080_CSMS", "16"),
        ("sends-firmware-unsigned", "TC_081_CSMS", "1"),
        ("keeps-profile", "TC_083_CSMS", "1"),
        ("raises-profile-too-far", "TC_083_CSMS", "1"),
        ("sends-soft-instead-of-hard-reset", "TC_083_CSMS", "3"),
        ("refuses-new-profile", "TC_083_CSMS", "6"),
        ("accepts-old-profile", "TC_083_CSMS", "12"),
        ("locks-out-after-refusal", "TC_083_CSMS", "14"),
        ("accepts-missing-password", "TC_085_CSMS", "2"),
        ("accepts-any-password", "TC_085_CSMS", "2"),
        ("locks-out-after-refusal", "TC_085_CSMS", "4"),
        ("one-tls-handshake", "TC_086_CSMS", "2"),
        ("lacks-ecdhe-ecdsa-aes128", "TC_086_CSMS", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256/2"),
        ("lacks-ecdhe-ecdsa-aes256", "TC_086_CSMS", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384/2"),
        ("lacks-rsa-aes128", "TC_086_CSMS", "TLS_RSA_WITH_AES_128_GCM_SHA256/2"),
        ("lacks-rsa-aes256", "TC_086_CSMS", "TLS_RSA_WITH_AES_256_GCM_SHA384/2"),
        ("rsa-certificate-only", "TC_086_CSMS", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256/2"),
        ("ec-certificate-only", "TC_086_CSMS", "TLS_RSA_WITH_AES_128_GCM_SHA256/2"),
        ("tls-1.1", "TC_086_CSMS", "TLSv1.1/2"),
        ("lacks-rsa-aes256", "TC_087_CSMS", "TLS_RSA_WITH_AES_256_GCM_SHA384/4"),
        ("tls-1.1", "TC_087_CSMS", "TLSv1.1/4"),
        ("asks-no-client-certificate", "TC_087_CSMS", "no certificate/4"),
        ("picks-first-subprotocol", "TC_088_CSMS", "2"),
        ("picks-unoffered-subprotocol", "TC_088_CSMS", "4"),
        ("names-no-subprotocol", "TC_088_CSMS", "4"),
        ("refuses-several-subprotocols", "TC_088_CSMS", "4"),
    ],
)
def test_a_fault_fails_its_case_at_its_step(fault: str, case: str, label: str) -> None:
    ended = against(case, fault, config=ECDSA).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, label)


def test_a_csms_must_not_trust_every_root() -> None:
    roots = tuple(Lab.seeded().root(name) for name in ("csms_root", "stranger_root"))
    ended = against("TC_087_CSMS", client_roots=roots).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "unknown root/4")


@pytest.mark.parametrize("fault", ["refuses-new-profile", "accepts-old-profile"])
def test_the_upgrade_to_certificates_fails_where_that_to_tls_does(fault: str) -> None:
    label = {"refuses-new-profile": "6", "accepts-old-profile": "12"}[fault]
    ended = against("TC_083_CSMS", fault, product=ON[2]).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, label)


@pytest.mark.parametrize("fault", ["server-certificate-self-signed", "server-certificate-expired"])
def test_a_csms_that_cannot_be_trusted_is_told_so(fault: str) -> None:
    ended = against("TC_086_CSMS", fault).ended
    assert ended.verdict == Verdict.INCONCLUSIVE
    assert "CERTIFICATE_VERIFY_FAILED" in ended.reason


@pytest.mark.parametrize("fault", ["server-certificate-self-signed", "server-certificate-expired"])
def test_a_csms_that_cannot_be_trusted_after_the_upgrade_is_told_so(fault: str) -> None:
    run = against("TC_083_CSMS", fault)
    assert run.ended.verdict == Verdict.INCONCLUSIVE
    assert "the station does not trust the CSMS" in run.ended.reason
    assert "CERTIFICATE_VERIFY_FAILED" in run.ended.reason
    assert run.ended.reason.endswith("name the root of its certificate as csms_root")
    assert run.test.recorder.remarks == []  # everything has been put back


def test_a_request_that_was_answered_otherwise_before_ends_the_case() -> None:
    test = against("TC_073_CSMS").test
    message = Received("1", "ChangeConfiguration", Payload(), reply={"status": "Rejected"})
    with pytest.raises(StopCase, match="by default before the step could choose") as stopped:
        test.must_be_answered(message, ACCEPTED)  # type: ignore[attr-defined]
    assert stopped.value.verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize("faults", [(), ("sends-nothing",), ("one-tls-handshake",)])
@pytest.mark.parametrize("case", CASES)
def test_a_record_gives_the_same_result_again(case: str, faults: tuple[str, ...]) -> None:
    def make(role: Any, operator: Any, recorder: Any, known: Any, *, seed: int) -> CsmsTest:
        model = StationModel16(recorder.config, known)
        return CsmsTest(role, operator, recorder, model, seed)

    run = against(case, *faults)
    lines = [json.loads(json.dumps(s.to_json(), default=str)) for s in run.journal]
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        again = runner.run(rejudge(SUITE.cases[case], lines, make))
    assert again == run.ended


# -- one after the other ---------------------------------------------------------------------------


class Unwilling:
    """An operator who does not do what is asked for when a case is over."""

    def __init__(self, inner: Any, *unwilling: str) -> None:
        self.inner, self.unwilling = inner, unwilling

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        if action.name in self.unwilling and parameters:
            return Performed("there is no such button", "script")
        done: Performed = await self.inner.perform(uid, action, parameters, closed)
        return done


def one_after_the_other(
    cases: list[str], product: Product, *unwilling: str
) -> tuple[dict[str, Any], dict[str, list[str]], dict[str, Any]]:
    """Run cases with one station; return how they ended, their remarks, and what the CSMS says."""

    async def main() -> tuple[dict[str, Any], dict[str, list[str]], dict[str, Any]]:
        lane: Lane = await LANES["csms"](SUITE, product, CONFIG, Build())
        control = lane.operator._control  # type: ignore[attr-defined]
        lane.operator = Unwilling(lane.operator, *unwilling)  # type: ignore[assignment]
        remarks: dict[str, list[str]] = {}
        make = lane.make_test

        def keep(*args: Any, **more: Any) -> Any:
            test = make(*args, **more)
            remarks[test.recorder.case] = test.recorder.remarks
            return test

        lane.make_test = keep
        run = Run([SUITE.cases[name] for name in cases], lambda _: None)
        await run.on([lane])
        [station] = control.state()["stations"].values()
        await lane.end.close()
        assert lane.stop is not None
        await lane.stop()
        return run.done, remarks, station

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("name", BUILT)
def test_one_station_does_all_cases_and_everything_is_put_back(name: str, backwards: bool) -> None:
    listed = [case for case, c in SUITE.cases.items() if c.sut == "csms"]
    done, remarks, station = one_after_the_other(
        [*reversed(listed)] if backwards else listed, BUILT[name]
    )
    assert {e.verdict for e in done.values()} == {Verdict.PASS, Verdict.NOT_APPLICABLE}
    assert not any(remarks.values())
    rejected = [text for text in station["remarks"] if not text.startswith("the certificate with")]
    assert rejected == []  # that one belongs to TC_077


def test_a_profile_that_is_not_put_back_is_told_and_spoils_no_other_case() -> None:
    cases = ["TC_083_CSMS", "TC_085_CSMS", "TC_073_CSMS", "TC_079_CSMS"]
    done, remarks, _ = one_after_the_other(cases, BUILT[ON[2]], "set_security_profile")
    assert any("not restored" in text for text in remarks["TC_083_CSMS"])
    verdicts = [done[case].verdict for case in ("TC_085_CSMS", "TC_073_CSMS", "TC_079_CSMS")]
    assert verdicts == [Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE, Verdict.PASS]
    assert "another case has left the system so that" in done["TC_085_CSMS"].reason


def test_a_password_that_is_not_put_back_is_told_and_used_on() -> None:
    cases = ["TC_073_CSMS", "TC_085_CSMS", "TC_001_CSMS"]
    done, remarks, _ = one_after_the_other(cases, BUILT[ON[1]], "change_password")
    assert any("not restored" in text for text in remarks["TC_073_CSMS"])
    assert [e.verdict for e in done.values()] == [Verdict.PASS] * 3


def test_a_password_that_the_csms_does_not_use_is_dropped() -> None:
    run = against("TC_073_CSMS", "keeps-old-password")
    assert run.test.recorder.remarks == []
    assert run.lane.end.password == CONFIG["authorization_key"]  # type: ignore[attr-defined]
