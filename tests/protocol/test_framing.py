import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from testbay.protocol.framing import (
    Call,
    CallError,
    CallResult,
    Malformed,
    decode,
    encode_call,
    encode_error,
    encode_result,
)


def malformed(data: str | bytes) -> Malformed:
    frame = decode(data)
    assert isinstance(frame, Malformed), frame
    return frame


def test_the_three_frames() -> None:
    raw = '[2, "1", "Reset", {"type": "Soft"}]'
    assert decode(raw) == Call("1", "Reset", {"type": "Soft"}, raw)
    raw = '[3,"1",{}]'
    assert decode(raw) == CallResult("1", {}, raw)
    raw = '[4,"1","NotSupported","no",{"a":1}]'
    assert decode(raw.encode()) == CallError("1", "NotSupported", "no", {"a": 1}, raw)


def test_encoding_is_compact_and_keeps_the_order_of_the_fields() -> None:
    assert (
        encode_call("1", "Authorize", {"b": 1, "a": "ü"}) == '[2,"1","Authorize",{"b":1,"a":"ü"}]'
    )
    assert encode_result("1", {}) == '[3,"1",{}]'
    assert encode_error("1", "GenericError") == '[4,"1","GenericError","",{}]'
    assert (
        encode_error("1", "GenericError", "no", {"x": 1}) == '[4,"1","GenericError","no",{"x":1}]'
    )


def test_null_may_stand_for_an_empty_payload() -> None:
    """4.2.1 and 4.2.2 allow both notations."""
    assert decode('[2,"1","Heartbeat",null]') == Call(
        "1", "Heartbeat", {}, '[2,"1","Heartbeat",null]'
    )
    assert decode('[3,"1",null]') == CallResult("1", {}, '[3,"1",null]')


def test_message_ids_have_36_characters_not_bytes() -> None:
    assert isinstance(decode(encode_call("ü" * 36, "Heartbeat", {})), Call)
    frame = malformed('[3,"' + "x" * 36 + '"]')
    assert frame.reason == "A CALLRESULT has 3 elements, this one has 2."
    frame = malformed(encode_call("x" * 37, "Heartbeat", {}))
    assert frame.reason == "The message id of the CALL is longer than 36 characters (37)."
    assert frame.uid == "x" * 37
    assert frame.code == "GenericError"


LONG = "9" * 5000


@pytest.mark.parametrize(
    ("data", "reason", "uid", "kind"),
    [
        ("", "The message is empty.", None, None),
        (" \n", "The message is empty.", None, None),
        ("{}", "The message is a JSON object, but must be a JSON array.", None, None),
        ('"hello"', 'The message is the text "hello", but must be a JSON array.', None, None),
        ("null", "The message is null, but must be a JSON array.", None, None),
        ("[]", "The message is an empty array.", None, None),
        ("[2]", "A CALL has 4 elements, this one has 1.", None, 2),
        ('[2,"1","Heartbeat"]', "A CALL has 4 elements, this one has 3.", "1", 2),
        ('[2,"1","Heartbeat",{},{}]', "A CALL has 4 elements, this one has 5.", "1", 2),
        ('[3,"1"]', "A CALLRESULT has 3 elements, this one has 2.", "1", 3),
        ('[4,"1","GenericError",""]', "A CALLERROR has 5 elements, this one has 4.", "1", 4),
        ('[2,17,"Heartbeat",{}]', "The message id of the CALL is 17, not a string.", None, 2),
        ("[3,null,{}]", "The message id of the CALLRESULT is null, not a string.", None, 3),
        ('[2,"1",5,{}]', "The action of the CALL is 5, not a string.", "1", 2),
        (
            '[2,"1","Heartbeat",[]]',
            "The payload of the CALL is a JSON array, but must be a JSON object.",
            "1",
            2,
        ),
        (
            '[3,"1","ok"]',
            'The payload of the CALLRESULT is the text "ok", but must be a JSON object.',
            "1",
            3,
        ),
        ('[4,"1",7,"",{}]', "The error code is 7, not a string.", "1", 4),
        ('[4,"1","GenericError",null,{}]', "The error description is null, not a string.", "1", 4),
        (
            '[4,"1","GenericError","",null]',
            "The error details are null, but must be a JSON object.",
            "1",
            4,
        ),
        (
            '[5,"1",{}]',
            "The message type number is 5, which is none of "
            "2 (CALL), 3 (CALLRESULT), 4 (CALLERROR).",
            "1",
            5,
        ),
        (
            '["2","1","Heartbeat",{}]',
            'The message type number is "2", which is none of '
            "2 (CALL), 3 (CALLRESULT), 4 (CALLERROR).",
            "1",
            None,
        ),
        (
            '[true,"1","Heartbeat",{}]',
            "The message type number is true, which is none of "
            "2 (CALL), 3 (CALLRESULT), 4 (CALLERROR).",
            "1",
            None,
        ),
        (
            '[2.0,"1","Heartbeat",{}]',
            "The message type number is 2.0, which is none of "
            "2 (CALL), 3 (CALLRESULT), 4 (CALLERROR).",
            "1",
            None,
        ),
        ('[2,"1","A",{"a":NaN}]', "The message contains NaN, which is not JSON.", "1", 2),
        (
            '[2,"1","A",{"a":-Infinity}]',
            "The message contains -Infinity, which is not JSON.",
            "1",
            2,
        ),
        (
            '[2,"1","A",{"a":1e400}]',
            "The message contains the number 1e400, which is too large.",
            "1",
            2,
        ),
        (
            f'[2,"1","A",{{"a":{LONG}}}]',
            "The message contains the number 99999999999999999999..., which is too large.",
            "1",
            2,
        ),
        (
            '[2,"1","A",{"a":1,"a":1}]',
            'The message has the name "a" twice in one JSON object.',
            "1",
            2,
        ),
        (
            '[2,"1","A",{"a":1,"\\u0061":2}]',
            'The message has the name "a" twice in one JSON object.',
            "1",
            2,
        ),
        (
            '[2,"1","A",{"a" :1,\n"b":[{"c"\t:1,"c":2}]}]',
            'The message has the name "c" twice in one JSON object.',
            "1",
            2,
        ),
        (
            '[2,"1","A",{"a":"x\\u0022:","a":"x\\u0022:"}]',
            'The message has the name "a" twice in one JSON object.',
            "1",
            2,
        ),
        (
            '[2,"1","A",{"a":"\\ud800"}]',
            "The message contains half of a surrogate pair (\\ud800 to \\udfff).",
            "1",
            2,
        ),
        ('\ufeff[2,"1","A",{}]', "The message begins with a byte order mark.", "1", 2),
        (b'\xef\xbb\xbf[2,"1","A",{}]', "The message begins with a byte order mark.", "1", 2),
        (
            b'[2,"1","A",{"a":"\xff"}]',
            "The message is not UTF-8: byte 0xff at position 17.",
            "1",
            2,
        ),
        (
            '[2,"1","A",{"a":}]',
            "The message is not JSON (line 1, column 17: expecting value).",
            "1",
            2,
        ),
        ('[2,"1","A",{}]]', "The message is not JSON (line 1, column 15: extra data).", "1", 2),
        ("[" * 100_000, "The message is nested too deeply.", None, None),
        ('[2,"1","A",' + "[" * 300 + "]" * 301, "The message is nested too deeply.", "1", 2),
        ("\ud800", "The message is not valid Unicode text.", None, None),
    ],
)
def test_what_cannot_be_read_says_why(
    data: str | bytes, reason: str, uid: str | None, kind: int | None
) -> None:
    frame = malformed(data)
    assert (frame.reason, frame.uid, frame.kind) == (reason, uid, kind)


def test_bytes_that_are_not_utf_8_stay_readable() -> None:
    assert malformed(b"[2,\xff").raw == "[2,\\xff"


@pytest.mark.parametrize(
    "text",
    [
        '[2,"1","A",{"a":{"a":1},"b":[{"a":1},{"a":1}]}]',
        '[2,"1","A",{"a":"\\":\\":"}]',
        '[2,"1","A",{"a":" : ","b":":"}]',
        '[2, "1", "A", {"t": "2026-01-31T12:00:00Z", "u" : "\\u00fc"}]',
        '\t[2,"1","A",{"a\\n":1,"a":2}]\n',
        '[2,"1","A",{"a":"\\ud83d\\ude00"}]',
    ],
)
def test_what_looks_like_a_repeated_name_but_is_none(text: str) -> None:
    assert isinstance(decode(text), Call)


def test_numbers_keep_every_digit_a_double_has() -> None:
    for text in ("8.1", "0.30000000000000004", "1e-7", "123456789012345.6", "9223372036854775807"):
        frame = decode(f'[2,"1","A",{{"n":{text}}}]')
        assert isinstance(frame, Call)
        assert frame.payload["n"] == json.loads(text)
        assert type(frame.payload["n"]) is type(json.loads(text))


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
PAYLOAD = st.dictionaries(TEXT, JSON, max_size=5)
UID = st.text(st.characters(exclude_categories=["Cs"]), max_size=36)


@given(UID, TEXT, PAYLOAD)
def test_what_is_encoded_is_decoded_again(uid: str, action: str, payload: dict[str, Any]) -> None:
    text = encode_call(uid, action, payload)
    assert decode(text) == Call(uid, action, payload, text)
    text = encode_result(uid, payload)
    assert decode(text) == CallResult(uid, payload, text)
    text = encode_error(uid, action, uid, payload)
    assert decode(text) == CallError(uid, action, uid, payload, text)


@given(
    st.binary()
    | st.text()
    | st.text('[]{}",:\\ \n23Na.e-+u0\ufeff\ud800')
    | JSON.map(json.dumps)
    | st.lists(JSON, max_size=6).map(json.dumps)
)
@example("[" * 5000)
@example('[2,"","",' + '{"":' * 400)
def test_decode_never_raises(data: str | bytes) -> None:
    frame = decode(data)
    if isinstance(frame, Malformed):
        assert frame.reason.endswith(".")
        frame.raw.encode()  # a journal can hold it
        assert frame.code in ("FormationViolation", "GenericError")


NAMES = st.sampled_from(["a", "b", ":", " :", '"', '":', '\\":', "\n", "ü", "\u2028"])
WHITE = st.text(" \t\r\n", max_size=2)


@st.composite
def texts(draw: st.DrawFn, depth: int = 2) -> str:
    """A JSON object as text with odd white space, odd escapes and now and then a repeated name."""

    def string() -> str:
        value = draw(NAMES)
        escaped = draw(st.booleans())
        if escaped:
            return '"' + "".join(f"\\u{ord(character):04x}" for character in value) + '"'
        return json.dumps(value, ensure_ascii=False)

    pairs = []
    for _ in range(draw(st.integers(0, 3))):
        value = draw(texts(depth - 1)) if depth and draw(st.booleans()) else string()
        if draw(st.booleans()):
            value = f"[{value}{draw(WHITE)}]"
        pairs.append(f"{string()}{draw(WHITE)}:{draw(WHITE)}{value}")
    return "{" + draw(WHITE) + ",".join(pairs) + "}"


@given(texts())
def test_repeated_names_are_found_wherever_they_are(text: str) -> None:
    repeated = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        repeated.append(len(dict(items)) != len(items))
        return dict(items)

    json.loads(text, object_pairs_hook=pairs)
    assert isinstance(decode(f'[2,"1","A",{text}]'), Malformed) == any(repeated)
