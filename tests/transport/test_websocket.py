"""The WebSocket protocol without I/O: both ends, right and wrong bytes."""

import pytest
from websockets.uri import parse_uri

from testbay.transport import Accept, Refuse, frame
from testbay.transport.events import (
    BadMessage,
    BadUpgrade,
    BinaryMessage,
    Headers,
    Opened,
    PingReceived,
    PongReceived,
    TextMessage,
    TransportEvent,
    UpgradeAnswered,
    UpgradeRequest,
)
from testbay.transport.upgrade import Upgrade
from testbay.transport.websocket import WebSocket, client_end, server_end

from .peers import upgrade_request

MASK = b"\x01\x02\x03\x04"
DATE = "Tue, 01 Jan 2030 00:00:00 GMT"


def masked(opcode: int, payload: bytes = b"", **how: bool | int) -> bytes:
    return frame(opcode, payload, mask=MASK, **how)  # type: ignore[arg-type]


def opened_server(max_size: int = 1000, deflate: bool = False) -> WebSocket:
    server = server_end(max_size, deflate)
    extra = ["Sec-WebSocket-Extensions: permessage-deflate"] if deflate else []
    list(server.receive(upgrade_request(extra=extra)))
    list(server.answer(Accept("ocpp1.6"), DATE))
    server.output()
    assert server.is_open
    return server


def pair(
    upgrade: Upgrade,
    subprotocols: tuple[str, ...] = ("ocpp1.6",),
    headers: Headers = (),
    deflate: bool = False,
) -> tuple[WebSocket, WebSocket, list[TransportEvent], list[TransportEvent]]:
    """Carry out an upgrade; return both ends with what they told."""
    client = client_end(parse_uri("ws://csms.test/CP1?x=1"), subprotocols, headers, deflate=deflate)
    server = server_end(deflate=deflate)
    client.begin()
    at_server = list(server.receive(client.output()))
    at_server += server.answer(upgrade if server.acceptable else None, DATE)
    at_client = list(client.receive(server.output()))
    return client, server, at_client, at_server


# ---- upgrades -----------------------------------------------------------------------------------


def test_an_upgrade_with_all_its_facts() -> None:
    headers = (("Authorization", "Basic c2VjcmV0"), ("X-Serial", "42"))
    client, server, at_client, at_server = pair(Accept("ocpp1.6"), headers=headers)
    request, answer, opened = at_server
    assert isinstance(request, UpgradeRequest)
    assert request.path == "/CP1?x=1"
    assert request.subprotocols == ("ocpp1.6",)
    assert request.authorization == "Basic c2VjcmV0"
    assert ("X-Serial", "42") in request.headers
    assert ("Sec-WebSocket-Key", "(masked)") in request.headers
    assert isinstance(answer, UpgradeAnswered)
    assert (answer.by, answer.status, answer.subprotocol) == ("us", 101, "ocpp1.6")
    assert ("Date", "(masked)") in answer.headers
    assert opened == Opened("ocpp1.6", "/CP1?x=1", deflate=False)
    theirs, opened = at_client
    assert isinstance(theirs, UpgradeAnswered)
    assert (theirs.by, theirs.status, theirs.subprotocol) == ("peer", 101, "ocpp1.6")
    assert opened == Opened("ocpp1.6", "/CP1?x=1", deflate=False)
    assert client.is_open
    assert server.is_open


def test_several_subprotocols_in_their_order() -> None:
    _, _, _, at_server = pair(Accept("ocpp1.6"), ("ocpp2.0.1", "ocpp1.6"))
    assert isinstance(at_server[0], UpgradeRequest)
    assert at_server[0].subprotocols == ("ocpp2.0.1", "ocpp1.6")


def test_no_subprotocol_is_agreed_on() -> None:
    client, server, at_client, _ = pair(Accept(None))
    assert at_client[1] == Opened(None, "/CP1?x=1", deflate=False)
    assert client.subprotocol is None
    assert server.subprotocol is None


def test_a_subprotocol_that_was_not_offered() -> None:
    client, server, at_client, _ = pair(Accept("ocpp2.0.1"))
    answer, bad = at_client
    assert isinstance(answer, UpgradeAnswered)
    assert (answer.status, answer.subprotocol) == (101, "ocpp2.0.1")
    assert bad == BadUpgrade("unsupported subprotocol: ocpp2.0.1")
    assert not client.opened
    assert server.is_open


def test_a_refusal_with_headers_and_body() -> None:
    refusal = Refuse(401, "no", (("WWW-Authenticate", "Basic"), ("Content-Type", "text/html")))
    client, server, at_client, at_server = pair(refusal)
    (answer,) = at_client
    assert isinstance(answer, UpgradeAnswered)
    assert (answer.status, answer.body) == (401, "no")
    assert ("WWW-Authenticate", "Basic") in answer.headers
    assert [value for name, value in answer.headers if name == "Content-Type"] == ["text/html"]
    assert client.failure == ("peer", "refused with status 401")
    assert server.failure == ("us", "refused with status 401")
    assert isinstance(at_server[-1], UpgradeAnswered)
    assert server.output() == b""
    assert server.finished


@pytest.mark.parametrize("status", [403, 404, 429, 503, 599])
def test_any_status_can_refuse(status: int) -> None:
    _, _, (answer,), _ = pair(Refuse(status))
    assert isinstance(answer, UpgradeAnswered)
    assert answer.status == status


def test_a_standard_header_can_be_replaced() -> None:
    _, server, _, at_server = pair(
        Accept("ocpp1.6"), headers=(("sec-websocket-version", "8"), ("Host", "elsewhere"))
    )
    request, bad, answer = at_server
    assert isinstance(request, UpgradeRequest)
    assert ("Host", "elsewhere") in request.headers
    assert bad == BadUpgrade("invalid Sec-WebSocket-Version header: 8")
    assert isinstance(answer, UpgradeAnswered)
    assert answer.status == 400
    assert not server.opened


@pytest.mark.parametrize(
    ("request_bytes", "status", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426, "missing Connection header"),
        (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", 405, "POST"),
        (b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", 505, "HTTP/1.0"),
    ],
)
def test_requests_that_are_no_upgrade(request_bytes: bytes, status: int, reason: str) -> None:
    server = server_end()
    request, bad = server.receive(request_bytes)
    assert isinstance(request, UpgradeRequest)
    assert isinstance(bad, BadUpgrade)
    assert reason in bad.reason
    assert not server.acceptable
    (answer,) = server.answer(None, DATE)
    assert isinstance(answer, UpgradeAnswered)
    assert answer.status == status


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"hello\r\n\r\n", "invalid HTTP request line: hello"),
        (b"\x00\xff\x00\xff\r\n", "invalid HTTP request line"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "invalid HTTP header line: no colon"),
        (b"GET /" + b"x" * 9000, "no more than 8192 bytes"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200, "no more than 128 headers"),
    ],
)
def test_garbage_instead_of_a_request(data: bytes, reason: str) -> None:
    server = server_end()
    (bad,) = server.receive(data)
    assert isinstance(bad, BadUpgrade)
    assert reason in bad.reason
    assert len(bad.reason) < 300
    server.output()
    assert server.finished


def test_garbage_instead_of_an_answer() -> None:
    client = client_end(parse_uri("ws://csms.test/"))
    client.begin()
    (bad,) = client.receive(b"SSH-2.0-OpenSSH_9.0\r\n")
    assert isinstance(bad, BadUpgrade)
    assert "invalid HTTP status line" in bad.reason


def test_an_answer_without_length_ends_with_the_connection() -> None:
    client = client_end(parse_uri("ws://csms.test/"))
    client.begin()
    assert not list(client.receive(b"HTTP/1.1 403 Forbidden\r\n\r\ngo away"))
    (answer,) = client.receive_end()
    assert isinstance(answer, UpgradeAnswered)
    assert (answer.status, answer.body) == (403, "go away")


def test_deflate_is_agreed_on_only_by_both() -> None:
    client, server, (_, opened), _ = pair(Accept("ocpp1.6"), deflate=True)
    assert isinstance(opened, Opened)
    assert opened.deflate
    text = "x" * 10_000
    client.send_text(text.encode())
    sent = client.output()
    assert len(sent) < 200
    assert list(server.receive(sent)) == [TextMessage(text)]
    assert not opened_server(deflate=False)._protocol.extensions


# ---- messages -----------------------------------------------------------------------------------


def test_text_and_binary() -> None:
    server = opened_server()
    data = masked(1, "grün".encode()) + masked(2, b"\x00\xff") + masked(1)
    assert list(server.receive(data)) == [
        TextMessage("grün"),
        BinaryMessage(b"\x00\xff"),
        TextMessage(""),
    ]


def test_bytes_can_come_one_by_one() -> None:
    server = opened_server()
    data = masked(1, b"x" * 200) + masked(1, b"second")
    told = [event for at in range(len(data)) for event in server.receive(data[at : at + 1])]
    assert told == [TextMessage("x" * 200), TextMessage("second")]


def test_messages_in_fragments_with_a_ping_between() -> None:
    server = opened_server()
    data = (
        masked(1, "gr\u00fcn".encode()[:3], fin=False)  # cut in the middle of a character
        + masked(9, b"?")
        + masked(0, b"", fin=False)
        + masked(0, "gr\u00fcn".encode()[3:])
        + masked(2, b"a", fin=False)
        + masked(0, b"b")
    )
    assert list(server.receive(data)) == [
        PingReceived(b"?"),
        TextMessage("grün"),
        BinaryMessage(b"ab"),
    ]
    assert server.output() == frame(10, b"?")


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        (masked(1, b"\xff\xfe"), 1007, "text that is not UTF-8: invalid start byte at byte 0"),
        (masked(1, b"\xed\xa0\x80"), 1007, "text that is not UTF-8"),
        (masked(1, b"ok \xc3", fin=False) + masked(0, b"("), 1007, "text that is not UTF-8"),
        (frame(1, b"naked"), 1002, "incorrect masking"),
        (masked(3, b"?"), 1002, "invalid opcode"),
        (masked(1, b"?", rsv=4), 1002, "reserved bits must be 0"),
        (masked(9, b"x" * 126), 1002, "control frame too long"),
        (masked(9, b"x", fin=False), 1002, "fragmented control frame"),
        (masked(0, b"x"), 1002, "unexpected continuation frame"),
        (masked(1, b"x", fin=False) + masked(1, b"y"), 1002, "expected a continuation frame"),
        (masked(8, b"\x03"), 1002, "close frame too short"),
        (masked(8, b"\x03\xed"), 1002, "invalid status code"),
        (masked(8, b"\x03\xe8\xff"), 1007, "invalid start byte"),
        (masked(1, b"", length=1001), 1009, "1001 bytes"),
        (masked(1, b"x" * 600, fin=False) + masked(0, b"y" * 600), 1009, "600 bytes"),
    ],
)
def test_messages_that_break_the_protocol(data: bytes, code: int, reason: str) -> None:
    server = opened_server()
    good = list(server.receive(masked(1, b"before") + data + masked(1, b"after")))
    assert good[0] == TextMessage("before")
    assert len(good) == 2
    bad = good[1]
    assert isinstance(bad, BadMessage)
    assert bad.code == code
    assert reason in bad.reason
    sent = server.output()
    assert sent[0] == 0x88
    assert int.from_bytes(sent[2:4], "big") == code
    assert server.finished
    assert not list(server.receive(masked(1, b"later")))


def test_a_bomb_of_zeros_is_not_unpacked() -> None:
    server = opened_server(max_size=100_000, deflate=True)
    client = client_end(parse_uri("ws://csms.test/"), deflate=True)
    client.begin()
    peer = server_end(deflate=True)
    list(peer.receive(client.output()))
    list(peer.answer(Accept(), DATE))
    list(client.receive(peer.output()))
    client.send_text(b"0" * 2**24)
    bomb = client.output()
    assert len(bomb) < 100_000
    (bad,) = server.receive(bomb)
    assert isinstance(bad, BadMessage)
    assert bad.code == 1009


def test_compressed_garbage() -> None:
    server = opened_server(deflate=True)
    (bad,) = server.receive(masked(1, b"\xff\xff\xff\xff", rsv=4))
    assert isinstance(bad, BadMessage)
    assert bad.code == 1002


# ---- control frames -----------------------------------------------------------------------------


def test_pings_are_answered_unless_switched_off() -> None:
    server = opened_server()
    assert list(server.receive(masked(9, b"1"))) == [PingReceived(b"1")]
    assert server.output() == frame(10, b"1")
    server.set_auto_pong(False)
    assert list(server.receive(masked(9, b"2"))) == [PingReceived(b"2")]
    assert server.output() == b""
    assert list(server.receive(masked(1, b"text"))) == [TextMessage("text")]
    assert server.send_pong(b"3")
    assert server.output() == frame(10, b"3")
    server.set_auto_pong(True)
    list(server.receive(masked(9, b"4")))
    assert server.output() == frame(10, b"4")


def test_pongs_are_told() -> None:
    server = opened_server()
    assert server.send_ping(b"?")
    assert server.output() == frame(9, b"?")
    assert list(server.receive(masked(10, b"?"))) == [PongReceived(b"?")]


def test_a_close_frame_is_answered() -> None:
    server = opened_server()
    assert not list(server.receive(masked(8, b"\x0f\xa0bye")))
    assert server.output() == frame(8, b"\x0f\xa0bye")
    assert server.finished
    assert server.close_frames == ((4000, "bye"), (4000, "bye"), "peer")
    assert not server.send_text(b"too late")
    assert not server.send_binary(b"too late")
    assert not server.send_close(1000, "")


def test_an_empty_close_frame_has_code_1005() -> None:
    server = opened_server()
    list(server.receive(masked(8)))
    assert server.output() == frame(8)
    assert server.close_frames == ((1005, ""), (1005, ""), "peer")


def test_our_close_frame_is_first() -> None:
    server = opened_server()
    assert server.send_close(1001, "restart")
    assert server.closing
    assert server.close_frames == (None, (1001, "restart"), "us")
    assert list(server.receive(masked(1, b"in flight"))) == [TextMessage("in flight")]
    list(server.receive(masked(8, b"\x03\xe9")))
    assert server.close_frames == ((1001, ""), (1001, "restart"), "us")


@pytest.mark.parametrize(("code", "reason"), [(1005, ""), (999, ""), (1000, "x" * 124)])
def test_a_close_frame_that_cannot_be(code: int, reason: str) -> None:
    server = opened_server()
    with pytest.raises(ValueError, match=str(code)):
        server.send_close(code, reason)


def test_the_end_in_mid_message_is_known() -> None:
    server = opened_server()
    list(server.receive(masked(1, b"hello")[:-1]))
    assert server.mid_message
    server = opened_server()
    list(server.receive(masked(1, b"hello", fin=False)))
    assert server.mid_message
    server = opened_server()
    list(server.receive(masked(1, b"hello")))
    assert not server.mid_message
    assert not list(server.receive_end())
    assert not list(server.receive_end())
    assert not list(server.receive(masked(1, b"after the end")))


# ---- frames on purpose --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_frames_of_all_lengths(size: int) -> None:
    server = opened_server(max_size=100_000)
    assert list(server.receive(masked(1, b"x" * size))) == [TextMessage("x" * size)]
    assert server.send_text(b"x" * size)
    assert server.output() == frame(1, b"x" * size)
