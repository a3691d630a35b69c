"""The tool as a station: it dials, and says why a CSMS cannot be used."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from testbay.protocol.versions import OCPP16
from testbay.roles.station import StationEnd
from testbay.scenario.values import Lost
from transport import pki

from .peers import Inbox, Server, now, serving, station, turns

OPEN = {"stage": "open", "reached": True, "late": False, "host": "127.0.0.1"}


def url(server: Server) -> str:
    return f"ws://127.0.0.1:{server.port}/ocpp/"


@asynccontextmanager
async def both(
    path: str = "ws://127.0.0.1:{port}/ocpp/", **options: Any
) -> AsyncIterator[tuple[Server, StationEnd, Inbox]]:
    """Have a raw CSMS listen, and the tool as a station that has not dialled yet."""
    async with (
        serving(**options) as server,
        station(path.format(port=server.port)) as (end, inbox),
    ):
        yield server, end, inbox


def refusing(status: int) -> Any:
    def decide(connection: ServerConnection, _: Request) -> Response:
        return connection.respond(status, "no\n")

    return decide


# -- dialling -------------------------------------------------------------------------------------


async def test_ready() -> None:
    async with serving() as server, station(url(server)) as (end, inbox):
        assert await end.ready(5) == ""
        await turns()
        assert server.paths == ["/ocpp/CP1"]
        assert "Authorization" not in server.headers[0]
        [event] = inbox.messages
        assert event.payload == {
            "identity": "CP1",
            "subprotocol": "ocpp1.6",
            "deflate": False,
            "secure": False,
        }
        assert await end.ready(5) == ""
        assert len(server.sockets) == 1


async def test_the_password() -> None:
    async with serving() as server, station(url(server), password="geheim12") as (end, _):
        assert await end.ready(5) == ""
        await turns()
        scheme, _, encoded = server.headers[0]["Authorization"].partition(" ")
        assert (scheme, base64.b64decode(encoded)) == ("Basic", b"CP1:geheim12")


def wanting(password: str) -> Any:
    """Return what lets in who shows this password."""
    right = "Basic " + base64.b64encode(f"CP1:{password}".encode()).decode()

    def decide(connection: ServerConnection, request: Request) -> Response | None:
        shown = request.headers.get("Authorization")
        return None if shown == right else connection.respond(401, "no\n")

    return decide


@pytest.mark.parametrize("wanted", ["configured-one", "left-behind-last", "left-behind-first"])
async def test_a_password_that_an_earlier_run_has_left(wanted: str) -> None:
    async with both(process_request=wanting(wanted)) as (_, end, inbox):
        end.password, end.others = "configured-one", ("left-behind-last", "left-behind-first")
        assert await end.ready(5) == ""
        assert (end.password, end.others) == (wanted, ())
        told = "the CSMS wants a password that an earlier part of this run has given it"
        assert inbox.notices == ([] if wanted == "configured-one" else [told])


async def test_none_of_the_passwords_fits() -> None:
    async with both(process_request=wanting("quite-another")) as (_, end, _):
        end.password, end.others = "configured-one", ("left-behind",)
        assert (await end.ready(5)).endswith("it wants a password, or another one")
        assert (end.password, end.others) == ("configured-one", ("left-behind",))


async def test_nobody_listens() -> None:
    async with serving() as server:
        pass
    async with station(url(server)) as (end, inbox):
        where = f"the CSMS at {url(server)}CP1"
        assert await end.ready(5) == f"{where} cannot be reached: connection refused"
        assert await end.call("c1", "Heartbeat", {}) == Lost(
            "the system under test is not connected"
        )
        assert inbox.messages == []


class Restarting:
    """A CSMS behind a proxy, which answers while it is down."""

    def __init__(self) -> None:
        self.up = True

    def decide(self, connection: ServerConnection, _: Request) -> Response | None:
        return None if self.up else connection.respond(503, "no\n")

    def start(self) -> None:
        self.up = True


@pytest.mark.parametrize(("back", "why"), [(20.0, ""), (40.0, "refused with status 503")])
async def test_a_csms_that_was_there_is_waited_for(back: float, why: str) -> None:
    csms, loop = Restarting(), asyncio.get_running_loop()
    async with both(process_request=csms.decide) as (server, end, _):
        assert await end.ready(30) == ""
        csms.up = False
        await turns()
        await server.sockets[0].close()
        await turns()
        began = loop.time()
        loop.call_later(back, csms.start)
        told = await end.ready(30)
        assert told.endswith(why)
        assert bool(told) == bool(why)
        assert began + min(back, 28) <= loop.time() < began + 32


async def test_a_csms_that_was_never_there_is_not_waited_for() -> None:
    csms, loop = Restarting(), asyncio.get_running_loop()
    csms.up = False
    async with both(process_request=csms.decide) as (_, end, _):
        began = loop.time()
        assert "refused with status 503" in await end.ready(30)
        assert loop.time() < began + 1


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "; it wants a password, or another one"),
        (403, "; it does not let this station in"),
        (404, "; the path of the URL is wrong, or it does not know this identity"),
        (500, ""),
    ],
)
async def test_a_csms_that_refuses(status: int, hint: str) -> None:
    async with both(process_request=refusing(status)) as (server, end, inbox):
        where = f"the CSMS at {url(server)}CP1"
        why = f"{where} cannot be used: refused with status {status}{hint}"
        assert await end.ready(5) == why
        assert (inbox.messages, inbox.notices, inbox.breaches) == ([], [], [])


async def test_a_csms_that_chooses_no_subprotocol() -> None:
    async with serving(subprotocols=None) as server, station(url(server)) as (end, _):
        why = await end.ready(5)
        assert why.endswith("cannot be used: it did not choose the subprotocol ocpp1.6")
        await turns()
        assert server.sockets[0].close_code == 1002
        assert (await end.link("k1", "dial", {})) == {
            "upgraded": True,
            "reason": "it did not choose the subprotocol ocpp1.6",
            "ended": False,
            **OPEN,
        }


async def test_a_csms_that_chooses_another_subprotocol() -> None:
    async with both(select_subprotocol=lambda *_: "ocpp2.0.1") as (_, end, inbox):
        why = await end.ready(5)
        assert why.endswith("cannot be used: unsupported subprotocol: ocpp2.0.1")
        assert (inbox.messages, inbox.notices) == ([], [])


async def test_a_server_that_says_nothing() -> None:
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(100)
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with station(f"ws://127.0.0.1:{port}") as (end, _):
        begun = now()
        assert "cannot be reached: not open within 5 s" in await end.ready(5)
        assert now() - begun == pytest.approx(5, abs=0.1)
    server.close()


async def test_a_server_that_speaks_no_http() -> None:
    async def odd(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test ready\r\n\r\n")

    server = await asyncio.start_server(odd, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with station(f"ws://127.0.0.1:{port}") as (end, inbox):
        assert "cannot be reached: " in await end.ready(5)
        assert inbox.breaches == []
    server.close()


# -- TLS ------------------------------------------------------------------------------------------


async def test_a_certificate_that_this_machine_does_not_trust() -> None:
    async with both("wss://csms.test:{port}", ssl=pki.server()) as (server, end, _):
        why = await end.ready(5)
        assert why.startswith(f"the CSMS at wss://csms.test:{server.port}/CP1 cannot be reached")
        assert "TLS refused: CERTIFICATE_VERIFY_FAILED (unable to get local" in why
        assert "; name the file with its root certificate by [lab] csms_root" in why


async def test_a_certificate_that_this_machine_trusts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.issue("root")))
    async with both("wss://csms.test:{port}", ssl=pki.server()) as (_, end, inbox):
        assert await end.ready(5) == ""
        assert len(inbox.all("@connect")) == 1


# -- acts on the connection -----------------------------------------------------------------------


async def test_close_and_dial() -> None:
    async with serving() as server, station(url(server)) as (end, inbox):
        await end.ready(5)
        assert await end.link("k1", "close", {}) == {}
        assert await end.call("c1", "Heartbeat", {}) == Lost(
            "the system under test is not connected"
        )
        seen = await end.link("k2", "dial", {})
        assert seen == {"upgraded": True, "subprotocol": "ocpp1.6", "reason": "", **OPEN}
        assert [m.action for m in inbox.messages] == ["@connect", "@closed", "@connect"]


async def test_dial_with_other_subprotocols() -> None:
    async with serving(subprotocols=["ocpp2.0.1"]) as server, station(url(server)) as (end, _):
        seen = await end.link("k1", "dial", {"subprotocols": ["ocpp9", "ocpp2.0.1"]})
        assert seen == {"upgraded": True, "subprotocol": "ocpp2.0.1", "reason": "", **OPEN}


async def test_dial_where_nobody_lets_in() -> None:
    async with both(process_request=refusing(404)) as (_, end, _):
        assert await end.link("k1", "dial", {}) == {
            "upgraded": False,
            "by": "peer",
            "reason": "refused with status 404",
            "http_status": 404,
            **OPEN,
            "stage": "upgrade",
        }


async def test_reconnect() -> None:
    async with serving() as server, station(url(server)) as (end, inbox):
        await end.ready(5)
        seen = await end.link("k1", "reconnect", {})
        assert seen["upgraded"] is True
        await turns()
        assert [s.close_code for s in server.sockets] == [1000, None]
        assert [m.connection for m in inbox.messages] == [1, 1, 2]


async def test_abort() -> None:
    async with serving() as server, station(url(server)) as (end, _):
        await end.ready(5)
        await turns()
        await end.link("k1", "abort", {})
        await server.sockets[0].wait_closed()
        assert server.sockets[0].close_code == 1006


async def test_a_csms_that_hangs_up_is_dialled_again() -> None:
    async with serving() as server, station(url(server)) as (end, inbox):
        await end.ready(5)
        await turns()
        await server.sockets[0].close(1011, "oh")
        await turns()
        assert inbox.messages[-1].payload == {
            "code": 1011,
            "by": "peer",
            "clean": True,
            "reason": "oh",
        }
        assert await end.ready(5) == ""
        assert len(server.sockets) == 2


async def test_closing_a_connection_whose_peer_does_not_answer() -> None:
    async def deaf(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        await asyncio.sleep(60)

    async with serving(deaf) as server, station(url(server)) as (end, inbox):
        await end.ready(5)
        await turns()
        begun = now()
        await end.link("k1", "close", {})
        assert now() - begun == pytest.approx(10, abs=0.1)
        assert "no answer to the close frame within 10 s" in inbox.messages[-1]["reason"]


# -- messages -------------------------------------------------------------------------------------


async def test_calls_both_ways() -> None:
    async with serving() as server, station(url(server)) as (end, inbox):
        await end.ready(5)
        call = asyncio.get_running_loop().create_task(end.call("c1", "Heartbeat", {}))
        assert await server.got.get() == [2, "1-c1", "Heartbeat", {}]
        [socket] = server.sockets
        await socket.send('[2,"r","Reset",{"type":"Soft"}]')
        await turns()
        end.answer(inbox.messages[-1], {"status": "Accepted"})
        assert await server.got.get() == [3, "r", {"status": "Accepted"}]
        await socket.send('[3,"1-c1",{"currentTime":"2030-01-01T00:00:00Z"}]')
        assert await call == {"currentTime": "2030-01-01T00:00:00Z"}
        await socket.send('[2,"r2","Heartbeat",{}]')
        assert await server.got.get() == [
            4,
            "r2",
            "NotSupported",
            "Heartbeat is for a station to send, not for a csms",
            {},
        ]


async def test_ping() -> None:
    async with serving() as server, station(url(server)) as (end, _):
        await end.ready(5)
        await turns()
        await asyncio.wait_for(await server.sockets[0].ping(), 1)


async def test_deflate_is_not_offered() -> None:
    async with serving(compression="deflate") as server, station(url(server)) as (end, inbox):
        await end.ready(5)
        assert inbox.messages[0]["deflate"] is False
        await turns()
        assert "Sec-WebSocket-Extensions" not in server.headers[0]


@pytest.mark.parametrize(
    ("first", "other", "profile", "dialled", "host"),
    [
        ("wss://127.0.0.1:9/ocpp", "wss://localhost:9/ocpp", 2, 2, "127.0.0.1"),
        ("wss://127.0.0.1:9/ocpp", "wss://localhost:9/ocpp", 2, 3, "localhost"),
        ("ws://127.0.0.1:9/ocpp", "wss://localhost:9/ocpp", 1, 1, "127.0.0.1"),
        ("ws://127.0.0.1:9/ocpp", "wss://localhost:9/ocpp", 1, 2, "localhost"),
        ("wss://127.0.0.1:9/ocpp", "ws://localhost:9/ocpp", 2, 1, "localhost"),
        ("wss://127.0.0.1:9/ocpp", "", 2, 3, "127.0.0.1"),
    ],
)
async def test_each_security_profile_has_its_url(
    first: str, other: str, profile: int, dialled: int, host: str
) -> None:
    end = StationEnd(OCPP16, first, "CS001", profile=profile, other_url=other)
    seen = await end.act_dial(security=dialled)
    assert (seen["stage"], seen["host"]) == ("connect", host)
