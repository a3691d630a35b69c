"""The tool as a CSMS: whom it lets in, what it says of the others, its acts on the connection."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus

from testbay.protocol.versions import OCPP16
from testbay.roles.csms import CsmsEnd
from testbay.scenario.verdict import CaseError

from .peers import Inbox, csms, dial, now, online, turns

URL = "it must connect to ws://127.0.0.1:40000/CP1"


def basic(text: str) -> dict[str, Any]:
    encoded = base64.b64encode(text.encode()).decode()
    return {"additional_headers": {"Authorization": f"Basic {encoded}"}}


NOTHING_SHOWN = {"scheme": "", "name": "", "password": "none", "bytes": 0, "hex": False}


# -- who is let in --------------------------------------------------------------------------------


async def test_the_station_under_test() -> None:
    async with csms() as (end, inbox), dial(end, "/a/b/CP1?x=1") as peer:
        assert await end.ready(5) == ""
        assert peer.subprotocol == "ocpp1.6"
        [asked, event] = inbox.messages
        assert asked.action == "@upgrade"
        assert asked.payload == {
            "path": "/a/b/CP1?x=1",
            "authorization": NOTHING_SHOWN,
            "subprotocols": ["ocpp1.6"],
            "secure": False,
        }
        assert (event.action, event.connection, event.is_event) == ("@connect", 1, True)
        assert event.payload == {
            "identity": "CP1",
            "subprotocol": "ocpp1.6",
            "deflate": False,
            "secure": False,
            "offered": ["ocpp1.6"],
            "profile": 0,
            "url": f"ws://127.0.0.1:{end.gate.listener.port}/a/b",
        }
        assert inbox.notices == []


async def test_an_identity_that_must_be_escaped() -> None:
    async with csms("Ch 1/ä") as (end, _), dial(end):
        assert end.url.endswith("/Ch%201%2F%C3%A4")
        assert await end.ready(5) == ""


@pytest.mark.parametrize(
    ("path", "whom"),
    [("/ocpp/CP%202", "with the identity 'CP 2'"), ("/", "without an identity")],
)
async def test_another_identity(path: str, whom: str) -> None:
    async with csms() as (end, inbox):
        with pytest.raises(InvalidStatus) as refused:
            await dial(end, path)
        why = f"a station {whom} was refused; CP1 is wanted"
        assert refused.value.response.status_code == 404
        assert refused.value.response.body == why.encode()
        assert inbox.notices == [why]
        assert await end.ready(5) == f"the station CP1 did not connect in 5 s ({why}); {URL}"


async def test_nobody_connects() -> None:
    async with csms() as (end, inbox):
        begun = now()
        assert await end.ready(5) == f"the station CP1 did not connect in 5 s (nobody tried); {URL}"
        assert now() - begun == 5
        assert inbox.notices == []


@pytest.mark.parametrize(
    ("host", "shown"), [("0.0.0.0", "ADDRESS"), ("::", "ADDRESS"), ("::1", "[::1]")]
)
async def test_the_url_says_where_to_dial(host: str, shown: str) -> None:
    end = CsmsEnd(OCPP16, "CP1")
    await end.start(host, 9000)
    assert end.url == f"ws://{shown}:9000/CP1"
    await end.close()


@pytest.mark.parametrize(
    ("offers", "told"),
    [
        (["ocpp2.0.1", "soap"], "offers ocpp2.0.1, soap"),
        (None, "offers no subprotocol"),
    ],
)
async def test_no_common_subprotocol(offers: Any, told: str) -> None:
    async with csms() as (end, inbox):
        async with dial(end, subprotocols=offers) as peer:
            with contextlib.suppress(ConnectionClosedError):  # it is closed as soon as it is open
                await peer.send('[2,"1","Heartbeat",{}]')
            await peer.wait_closed()
            assert (peer.close_code, peer.close_reason) == (1002, "no common subprotocol")
        why = f"CP1 was refused, as it {told}; it must offer ocpp1.6"
        assert inbox.notices == [why]
        assert [m.action for m in inbox.messages] == ["@upgrade"]
        assert (inbox.frames, inbox.breaches) == ([], [])
        assert f"in 1 s ({why}); " in await end.ready(1)


async def test_one_subprotocol_of_several() -> None:
    async with csms() as (end, inbox), dial(end, subprotocols=["ocpp2.0.1", "ocpp1.6"]) as peer:
        assert peer.subprotocol == "ocpp1.6"
        assert inbox.all("@connect")[0]["offered"] == ["ocpp2.0.1", "ocpp1.6"]


# -- passwords ------------------------------------------------------------------------------------


async def test_the_right_password() -> None:
    async with csms(password="geheim:ü") as (end, _), dial(end, **basic("CP1:geheim:ü")):
        assert await end.ready(5) == ""


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, "shows no name and password"),
        ({"additional_headers": {"Authorization": "Bearer x"}}, "shows no name and password"),
        (basic("CP1:wrong"), "shows another password than the configured one"),
        (basic("CP1"), "shows another password than the configured one"),
        (basic("cp1:geheim12"), "shows another name than CP1"),
        (
            {"additional_headers": {"Authorization": "Basic Ää=="}},
            "shows a name and password that are not Base64",
        ),
        (
            {"additional_headers": {"Authorization": "Basic %%%"}},
            "shows a name and password that are not Base64",
        ),
    ],
)
async def test_a_wrong_password(headers: Any, told: str) -> None:
    async with csms(password="geheim12") as (end, inbox):
        with pytest.raises(InvalidStatus) as refused:
            await dial(end, **headers)
        answer = refused.value.response
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="OCPP"'
        assert inbox.notices == [f"CP1 was refused, as it {told} for HTTP Basic authentication"]
        assert "geheim12" not in str(inbox.notices)
        assert inbox.notices[0] in await end.ready(1)


async def test_a_password_that_an_earlier_run_has_left() -> None:
    async with csms(password="configured-one") as (end, inbox):
        end.others = ("left-behind-last", "left-behind-first")
        with pytest.raises(InvalidStatus):
            await dial(end, **basic("CP1:wrong"))
        async with dial(end, **basic("CP1:left-behind-last")):
            assert await end.ready(5) == ""
        assert (end.password, end.others) == ("left-behind-last", ())
        told = "the station shows a password that an earlier part of this run has given it"
        assert inbox.notices[1:] == [told]
        for other in ("left-behind-first", "configured-one"):
            with pytest.raises(InvalidStatus):  # once it is in, it has one password
                await dial(end, **basic(f"CP1:{other}"))


@pytest.mark.parametrize("first", ["configured-one", "another-one"])
async def test_what_was_left_counts_until_a_password_is_known(first: str) -> None:
    async with csms(password="configured-one") as (end, _):
        end.others = ("left-behind",)
        if first == "configured-one":
            async with dial(end, **basic(f"CP1:{first}")):
                assert await end.ready(5) == ""
        else:  # a case has the station change it
            await end.link("k1", "password", {"value": first})
        with pytest.raises(InvalidStatus):
            await dial(end, **basic("CP1:left-behind"))


# -- those who do not come as stations ------------------------------------------------------------


async def says(end: CsmsEnd, data: bytes) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", 40000)
    writer.write(data)
    await turns()
    return writer


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            b"GET /CP1 HTTP/1.1\r\nHost: x\r\n\r\n",
            "did not ask for a WebSocket properly: missing Connection header",
        ),
        (b"hello\r\n\r\n", "did not ask for a WebSocket properly: invalid HTTP request line"),
        (b"", "did not ask for a WebSocket: no complete upgrade request within 30 s"),
    ],
)
async def test_no_websocket(data: bytes, told: str) -> None:
    async with csms() as (end, inbox):
        writer = await says(end, data)
        why = await end.ready(40)
        assert told in why
        assert why.endswith(URL)
        assert len(inbox.notices) == 1
        assert inbox.breaches == []
        writer.close()


async def test_who_goes_away_at_once() -> None:
    async with csms() as (end, inbox):
        (await says(end, b"")).close()
        await turns()
        [notice] = inbox.notices
        assert "did not ask for a WebSocket: the connection ended before a complete" in notice


async def test_the_same_reason_is_given_once() -> None:
    async with csms() as (end, inbox):
        for path in ("/A", "/B", "/B", "/C", "/D", "/B"):
            with pytest.raises(InvalidStatus):
                await dial(end, path)
        why = await end.ready(1)
        assert [name for name in "ABCD" if f"identity '{name}'" in why] == ["B", "C", "D"]
        assert why.count("was refused") == 3
        assert len(inbox.notices) == 6


async def test_old_reasons_are_forgotten() -> None:
    async with csms() as (end, _):
        with pytest.raises(InvalidStatus):
            await dial(end, "/A")
        async with dial(end):
            assert await end.ready(1) == ""
        await turns()
        assert "(nobody tried)" in await end.ready(1)


# -- one station, many connections ----------------------------------------------------------------


async def test_the_station_connects_again_while_it_is_connected() -> None:
    async with online() as (end, inbox, old):
        call = asyncio.get_running_loop().create_task(end.call("c1", "ClearCache", {}))
        await turns()
        async with dial(end) as new:
            await old.wait_closed()
            assert (old.close_code, old.close_reason) == (1000, "connected again")
            assert inbox.notices == [
                "CP1 connected again while it was connected; the older connection is closed"
            ]
            seen = [(m.action, m.connection) for m in inbox.messages if m.action != "@upgrade"]
            assert seen == [("@connect", 1), ("@connect", 2), ("@closed", 1)]
            assert (
                str(await call) == "the connection was closed by the tool (1000: connected again)"
            )
            assert await end.ready(1) == ""
            await new.send('[2,"u","Heartbeat",{}]')
            await turns()
            assert inbox.messages[-1].connection == 2


async def test_waiting_for_the_station() -> None:
    async with csms() as (end, _):
        waiting = asyncio.get_running_loop().create_task(end.ready(60))
        await asyncio.sleep(10)
        async with dial(end):
            assert await waiting == ""
            assert now() == pytest.approx(10, abs=0.1)


async def test_what_the_inbox_raises_ends_only_that_connection() -> None:
    class Broken(Inbox):
        def receive(self, message: Any) -> None:
            super().receive(message)
            if message.action == "Heartbeat":
                raise ValueError("a bug")

    async with csms() as (end, _):
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        inbox = Broken()
        end.attach(inbox)
        async with dial(end) as peer:
            await peer.send('[2,"u","Heartbeat",{}]')
            await peer.wait_closed()
        async with dial(end):
            assert await end.ready(1) == ""
        assert "this tool failed: ValueError" in inbox.all("@closed")[0]["reason"]


# -- acts on the connection -----------------------------------------------------------------------


async def test_close() -> None:
    async with online() as (end, inbox, peer):
        assert await end.link("k1", "close", {"code": 1001}) == {}
        await peer.wait_closed()
        assert peer.close_code == 1001
        assert inbox.messages[-1].payload == {
            "code": 1001,
            "by": "us",
            "clean": True,
            "reason": "",
        }


async def test_abort() -> None:
    async with online() as (end, inbox, peer):
        assert await end.link("k1", "abort", {}) == {}
        await peer.wait_closed()
        assert peer.close_code == 1006
        closed = inbox.messages[-1]
        assert (closed["by"], closed["clean"]) == ("us", False)


async def test_refuse_and_accept() -> None:
    async with online() as (end, inbox, peer):
        assert await end.link("k1", "refuse", {}) == {}
        await peer.wait_closed()
        for _ in range(2):
            with pytest.raises((OSError, InvalidMessage)):
                await dial(end)
        assert "(nobody tried)" in await end.ready(1)
        assert await end.link("k2", "accept", {}) == {}
        async with dial(end):
            assert await end.ready(1) == ""
        assert inbox.notices == []


async def test_acts_without_a_connection_do_nothing() -> None:
    async with csms() as (end, _):
        for act in ("close", "abort", "refuse", "accept"):
            assert await end.link("k", act, {}) == {}


async def test_an_unknown_act_is_an_error_of_the_case() -> None:
    async with csms() as (end, _):
        with pytest.raises(CaseError, match="this end cannot 'dial'"):
            await end.link("k1", "dial", {})


async def test_deflate() -> None:
    async with csms() as (end, inbox), dial(end, compression="deflate") as peer:
        assert inbox.all("@connect")[0]["deflate"] is True
        text = '[2,"u","Authorize",{"idTag":"' + "T" * 20 + '"}]'
        await peer.send(text)
        await turns()
        assert inbox.frames == [("in", text, 1)]


async def test_a_port_in_use() -> None:
    async with csms():
        with pytest.raises(OSError, match="in use"):
            await CsmsEnd(OCPP16, "CP1").start("127.0.0.1", 40000)


async def test_requests_for_one_url_are_turned_away() -> None:
    async with csms() as (end, inbox), dial(end, "/a/CP1"):
        assert await end.ready(5) == ""
        url = f"ws://127.0.0.1:{end.gate.listener.port}/b"
        await end.link("k1", "turn away", {"url": url})
        with pytest.raises(InvalidStatus):
            await dial(end, "/b/CP1")
        away = [m.payload["url"] for m in inbox.messages if m.action == "@turned_away"]
        assert away == [url]
        async with dial(end, "/a/CP1"):
            await end.link("k2", "accept", {})
        async with dial(end, "/b/CP1"):
            connected = [m for m in inbox.messages if m.action == "@connect"]
            assert connected[-1].payload["url"] == url


async def test_a_proxy_tells_how_it_was_reached() -> None:
    more = {"additional_headers": {"X-Forwarded-Host": "csms.example:8443"}}
    async with csms() as (end, inbox), dial(end, "/ocpp/CP1", **more):
        assert await end.ready(5) == ""
        connected = next(m for m in inbox.messages if m.action == "@connect")
        assert connected.payload["url"] == "ws://csms.example:8443/ocpp"
