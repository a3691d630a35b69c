import json
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from functools import cache
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbay.protocol import schemas
from testbay.protocol.framing import Call, decode
from testbay.protocol.schemas import (
    Violation,
    check_request,
    check_response,
    enum_members,
    field,
    fields,
    has_path,
)
from testbay.protocol.versions import OCPP16, VERSIONS, Version

from .payloads import MESSAGES, full


def check(action: str, response: bool, payload: Any) -> tuple[Violation, ...]:
    return (check_response if response else check_request)(OCPP16, action, payload)


def profile(limit: Any, rate: Any = 0.0) -> dict[str, Any]:
    payload: dict[str, Any] = full("SetChargingProfile", False)
    schedule = payload["csChargingProfiles"]["chargingSchedule"]
    schedule["minChargingRate"] = rate
    schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": limit}]
    return payload


def sent(payload: dict[str, Any], *, limit: str) -> dict[str, Any]:
    """Return a payload as it comes off the wire with a number in exactly this notation."""
    text = json.dumps([2, "1", "SetChargingProfile", payload]).replace('"LIMIT"', limit)
    frame = decode(text)
    assert isinstance(frame, Call)
    return frame.payload


@pytest.mark.parametrize(("action", "response"), MESSAGES)
def test_a_full_payload_has_no_violation(action: str, response: bool) -> None:
    assert check(action, response, full(action, response)) == ()


@pytest.mark.parametrize("tenths", range(401))
def test_every_multiple_of_a_tenth_is_one(tenths: int) -> None:
    """With binary floats 134 of these 401 are rejected."""
    for text in (f"{tenths // 10}.{tenths % 10}", f"{tenths // 10}.{tenths % 10}0"):
        assert check_request(OCPP16, "SetChargingProfile", sent(profile("LIMIT"), limit=text)) == ()


@pytest.mark.parametrize("text", ["8.15", "0.05", "1e-2", "39.99", "0.30000000000000004", "8.101"])
def test_what_is_no_multiple_of_a_tenth(text: str) -> None:
    [violation] = check_request(OCPP16, "SetChargingProfile", sent(profile("LIMIT"), limit=text))
    where = "csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0].limit"
    assert violation.path == where
    shown = json.dumps(float(text))
    assert violation.text == f"{where} is {shown}, which is not a multiple of 0.1"
    assert (violation.constraint, violation.value) == ("multipleOf", float(text))


@given(st.integers(-(10**13), 10**13), st.integers(0, 9))
def test_multiples_are_judged_as_decimals(tenths: int, hundredth: int) -> None:
    text = str(Decimal(tenths) / 10 + Decimal(hundredth) / 100)
    found = check_request(OCPP16, "SetChargingProfile", sent(profile("LIMIT"), limit=text))
    assert (found == ()) == (hundredth == 0)


def test_a_number_means_the_nearest_double() -> None:
    """RFC 8259, 6: 17 digits of a double are that double, not a finer number beside it."""
    text = "8.0999999999999996"
    assert check_request(OCPP16, "SetChargingProfile", sent(profile("LIMIT"), limit=text)) == ()


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31t12:00:00z",
        "2026-01-31T12:00:00.1Z",
        "2026-01-31T12:00:00.486123456Z",
        "2026-01-31T12:00:00+00:00",
        "2026-01-31T12:00:00-00:00",
        "2026-01-31T12:00:00+14:00",
        "2026-01-31T12:00:00.5-09:30",
        "2016-12-31T23:59:60Z",
    ],
)
def test_time_stamps_that_rfc_3339_allows(stamp: str) -> None:
    assert check_response(OCPP16, "Heartbeat", {"currentTime": stamp}) == ()


@pytest.mark.parametrize(
    ("stamp", "zone"),
    [
        ("2026-01-31T12:00:00", " with a time zone"),
        ("2026-01-31T12:00:00.123", " with a time zone"),
        ("2026-01-31 12:00:00Z", ""),
        ("2026-01-31T12:00:00+0100", ""),
        ("2026-01-31T12:00Z", ""),
        ("2026-02-30T12:00:00Z", ""),
        ("2026-01-31T24:00:00Z", ""),
        ("2026-01-31", ""),
        ("", ""),
    ],
)
def test_time_stamps_that_it_does_not_allow(stamp: str, zone: str) -> None:
    [violation] = check_response(OCPP16, "Heartbeat", {"currentTime": stamp})
    assert violation == Violation(
        "currentTime",
        "format",
        stamp,
        f'currentTime is "{stamp}", which is not a date and time{zone} '
        "(such as 2026-01-31T12:00:00Z)",
        "PropertyConstraintViolation",
    )


@pytest.mark.parametrize(
    "location",
    ["ftp://u:p%40@10.0.0.1:21/f w.bin", "https://example.org/ü?a={b}#c", "ftp://[::1]/x", "s:x"],
)
def test_locations_are_uris_that_may_need_escaping(location: str) -> None:
    assert check_request(OCPP16, "GetDiagnostics", {"location": location}) == ()


@pytest.mark.parametrize("location", ["", "firmware.bin", "//host/x", "1:x", "%zz://x"])
def test_locations_that_are_no_uris(location: str) -> None:
    [violation] = check_request(OCPP16, "GetDiagnostics", {"location": location})
    assert violation.text == f'location is "{location}", which is not a URI'


@pytest.mark.parametrize(
    ("action", "payload", "path", "text", "code"),
    [
        (
            "Authorize",
            {"idTag": "x" * 23},
            "idTag",
            "idTag is longer than 20 characters (23)",
            "PropertyConstraintViolation",
        ),
        ("Authorize", {}, "idTag", "idTag is missing", "OccurenceConstraintViolation"),
        ("Authorize", {"idTag": 5}, "idTag", "idTag is 5, not a string", "TypeConstraintViolation"),
        (
            "Authorize",
            {"idTag": None},
            "idTag",
            "idTag is null, not a string",
            "TypeConstraintViolation",
        ),
        (
            "Authorize",
            {"idTag": "a", "vendor": {}},
            "vendor",
            "vendor is not a field of this message",
            "FormationViolation",
        ),
        (
            "Reset",
            {"type": "soft"},
            "type",
            'type is "soft", which is none of Hard, Soft',
            "PropertyConstraintViolation",
        ),
        (
            "UnlockConnector",
            {"connectorId": 1.0},
            "connectorId",
            "connectorId is 1.0, not an integer without a decimal point or exponent "
            "of at most 64 bits",
            "TypeConstraintViolation",
        ),
        (
            "UnlockConnector",
            {"connectorId": True},
            "connectorId",
            "connectorId is true, not an integer",
            "TypeConstraintViolation",
        ),
        (
            "UnlockConnector",
            [],
            "",
            "the payload is a list, not an object",
            "TypeConstraintViolation",
        ),
    ],
)
def test_a_violation_is_a_sentence(
    action: str, payload: Any, path: str, text: str, code: str
) -> None:
    [violation] = check_request(OCPP16, action, payload)
    assert (violation.path, violation.text, violation.code) == (path, text, code)


def test_a_path_leads_through_lists() -> None:
    payload = full("MeterValues", False)
    payload["meterValue"][1]["sampledValue"][0]["unit"] = "kilo"
    [violation] = check_request(OCPP16, "MeterValues", payload)
    assert violation.path == "meterValue[1].sampledValue[0].unit"
    assert violation.text == (
        'meterValue[1].sampledValue[0].unit is "kilo", '
        "which is none of Wh, kWh, varh, kvarh, W, kW, VA, kVA and 9 more"
    )


def test_a_misspelt_field_is_recognised() -> None:
    missing, extra = check_request(OCPP16, "Authorize", {"idtag": "x"})[::-1]
    assert missing.text == "idTag is missing"
    assert extra.text == "idtag is not a field of this message (the name is idTag)"
    payload = full("BootNotification", False)
    payload["chargePointVendorr"] = payload.pop("chargePointVendor")
    texts = [violation.text for violation in check_request(OCPP16, "BootNotification", payload)]
    assert (
        "chargePointVendorr is not a field of this message (is chargePointVendor meant?)" in texts
    )


def test_a_long_value_is_shortened_and_secrets_that_are_too_long_are_not_shown() -> None:
    [violation] = check_request(OCPP16, "Reset", {"type": "x" * 900})
    assert len(violation.text) < 120
    payload = {"key": "AuthorizationKey", "value": "5ecret" * 100}
    [violation] = check_request(OCPP16, "ChangeConfiguration", payload)
    assert violation.text == "value is longer than 500 characters (600)"


def test_all_violations_are_found_at_once() -> None:
    found = check_request(OCPP16, "StatusNotification", {"connectorId": "1", "info": 3, "x": 0})
    assert sorted(violation.path for violation in found) == [
        "connectorId",
        "errorCode",
        "info",
        "status",
        "x",
    ]
    assert found == check_request(
        OCPP16, "StatusNotification", {"connectorId": "1", "info": 3, "x": 0}
    )


def test_an_unknown_action_is_a_violation() -> None:
    [violation] = check_request(OCPP16, "TransactionEvent", {})
    assert violation == Violation(
        "",
        "action",
        "TransactionEvent",
        "TransactionEvent is not a message of OCPP 1.6",
        "NotImplemented",
    )
    with pytest.raises(KeyError, match=r"OCPP 1\.6 has no message TransactionEvent"):
        schemas.schema(OCPP16, "TransactionEvent")


@pytest.mark.parametrize("action", ["", "../Reset", "ResetResponse", "reset"])
def test_an_action_is_never_taken_for_a_file_name(action: str) -> None:
    [violation] = check_request(OCPP16, action, {})
    assert violation.code == "NotImplemented"


def test_what_the_errata_and_the_official_schemas_say() -> None:
    unit = "transactionData[0].sampledValue[0].unit"
    assert {"Celsius", "Celcius"} <= set(enum_members(OCPP16, "StopTransaction", unit))
    unit = "meterValue[0].sampledValue[0].unit"
    members = enum_members(OCPP16, "MeterValues", unit)
    assert {"Celsius", "Celcius"} <= set(members)
    assert "Hertz" not in members
    assert check_request(OCPP16, "MeterValues", {"connectorId": 1, "meterValue": []}) == ()
    stop = {"transactionId": 1, "meterStop": 2, "timestamp": "2026-01-31T12:00:00Z"}
    assert check_request(OCPP16, "StopTransaction", stop) == ()


def test_fields_are_described() -> None:
    assert enum_members(OCPP16, "Reset", "type") == ("Hard", "Soft")
    assert enum_members(OCPP16, "Reset", "status", response=True) == ("Accepted", "Rejected")
    assert enum_members(OCPP16, "Authorize", "idTag") == ()
    assert has_path(OCPP16, "MeterValues", "meterValue[0].sampledValue[12].unit")
    assert has_path(OCPP16, "MeterValues", "meterValue[].sampledValue[-1]")
    assert has_path(OCPP16, "MeterValues", "")
    for path in ("meterValue.sampledValue", "meterValue[x]", "meterValue[0", "connectorid", "[0]"):
        assert not has_path(OCPP16, "MeterValues", path)
    assert not has_path(OCPP16, "Nothing", "x")
    assert not has_path(OCPP16, "Authorize", "idTag", response=True)
    assert has_path(OCPP16, "Authorize", "idTagInfo.expiryDate", response=True)
    tag = field(OCPP16, "Authorize", "idTag")
    assert tag is not None
    assert (tag.types, tag.required, tag.rules) == (("string",), True, {"maxLength": 20})
    log = field(OCPP16, "GetLog", "log.oldestTimestamp")  # behind a reference
    assert log is not None
    assert (log.format, log.required) == ("date-time", False)
    whole = field(OCPP16, "Reset", "")
    assert whole is not None
    assert (whole.types, whole.fields) == (("object",), ("type",))


@pytest.mark.parametrize(("action", "response"), MESSAGES)
def test_each_field_that_is_described_can_be_sent(action: str, response: bool) -> None:
    """Taking out each required field, and only those, is a violation that names it."""
    for found in fields(OCPP16, action, response):
        payload = full(action, response)
        path = found.path.replace("[]", "[0]")
        *outer, last = path.replace("[", ".").replace("]", "").split(".")
        target = payload
        for part in outer:
            target = target[int(part) if part.isdigit() else part]
        if last.isdigit():
            continue
        target = target if isinstance(target, dict) else {}
        del target[last]
        wanted = [(path, f"{path} is missing")] if found.required else []
        assert [(v.path, v.text) for v in check(action, response, payload)] == wanted


ODD = st.sampled_from(
    [
        *(None, True, 0, -1, 1.0, 2**70, 0.05, "", "x" * 600, "Accepted", "2026-01-31"),
        *([], {}, [{}], {"a": {"b": [1]}}),
    ]
).map(deepcopy)


def _slots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a payload: the object or list and the key."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in inside:
        yield value, key
        if isinstance(part, dict | list):
            yield from _slots(part)


@st.composite
def damaged(draw: st.DrawFn, version: Version) -> tuple[str, bool, Any]:
    action, response = draw(st.sampled_from(version.actions)), draw(st.booleans())
    payload = deepcopy(full(action, response, version))
    for _ in range(draw(st.integers(1, 3))):
        if not (slots := list(_slots(payload))):
            break
        holder, key = draw(st.sampled_from(slots))
        if isinstance(holder, dict) and draw(st.booleans()):
            holder["extra" if draw(st.booleans()) else key.swapcase()] = draw(ODD)
        if draw(st.booleans()):
            holder[key] = draw(ODD)
        else:
            del holder[key]
    return action, response, payload


def _exactly(value: Any, draft: str) -> Any:
    """Return a value with exact numbers; draft 6 counts 1.0 among the integers, draft 4 does not.

    The other validator knows that of floats, but not of decimals.
    """

    def number(text: str) -> Decimal | int:
        exact = Decimal(text)
        return int(exact) if "draft-06" in draft and exact == int(exact) else exact

    return json.loads(json.dumps(value), parse_float=number)


@cache
def _other(version: Version, action: str, response: bool) -> Any:
    schema = _exactly(schemas.schema(version, action, response), "")
    return jsonschema.validators.validator_for(schema)(schema)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_the_verdict_is_that_of_another_validator(version: Version, data: st.DataObject) -> None:
    action, response, payload = data.draw(damaged(version))
    check = check_response if response else check_request
    found = check(version, action, payload)
    # The other one checks no formats here: violations of a format are ours alone.
    draft = schemas.schema(version, action, response)["$schema"]
    judged = _other(version, action, response).is_valid(_exactly(payload, draft))
    assert any(v.constraint != "format" for v in found) == (not judged)
    for violation in found:
        assert violation.text
        assert "is not valid under" not in violation.text
        assert violation.code in version.error_codes


def test_a_payload_as_deep_as_a_frame_can_be() -> None:
    deep: Any = {}
    for _ in range(240):
        deep = {"a": [deep]} if isinstance(deep, dict) and len(deep) == 0 else [deep]
    found = check_request(OCPP16, "Authorize", {"idTag": deep})
    assert [violation.constraint for violation in found] == ["type"]
