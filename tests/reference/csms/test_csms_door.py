"""Who gets in: path, list of stations, password, subprotocol (OCPP-J chapters 3 and 6)."""

import asyncio
import base64

import pytest
from csms_lab import OK, Lab
from websockets.exceptions import InvalidStatus

from testbay_reference.csms_security.door import authorized, identity_of


@pytest.mark.parametrize(
    ("path", "base", "identity"),
    [
        ("/ocpp/CP1", "ocpp", "CP1"),
        ("/CP1", "", "CP1"),
        ("/web/ocpp/CP1?x=1", "web/ocpp", "CP1"),
        ("/ocpp/RDAM%20123", "ocpp", "RDAM 123"),
        ("/ocpp/a%2Fb", "ocpp", "a/b"),
        ("/ocpp/%E2%82%AC", "ocpp", "€"),
        ("/ocpp/%FF", "ocpp", None),
        ("/ocpp/", "ocpp", None),
        ("/ocpp", "ocpp", None),
        ("/ocpp/a/b", "ocpp", None),
        ("/other/CP1", "ocpp", None),
    ],
)
def test_identity_of_a_path(path: str, base: str, identity: str | None) -> None:
    assert identity_of(path, base) == identity


def basic(user: str, password: bytes) -> str:
    return "Basic " + base64.b64encode(user.encode() + b":" + password).decode()


@pytest.mark.parametrize(
    ("headers", "fits"),
    [
        ([basic("CP1", b"secret")], True),
        ([basic("CP1", b"\x00\xff")], True),
        ([basic("CP1", b"wrong")], False),
        ([basic("CP2", b"secret")], False),
        ([basic("CP1", b"secret")] * 2, False),
        ([basic("CP1", b"secret").replace("Basic", "basic")], True),
        (["Bearer abc"], False),
        (["Basic !!!"], False),
        (["Basic"], False),
        ([], False),
    ],
)
def test_password(headers: list[str], fits: bool) -> None:
    assert authorized(headers, "CP1", [b"secret".hex(), "00ff"]) is fits


async def refused(lab: Lab, path: str, **options: object) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as caught:
        await lab.connect(path, **options)
    return caught.value


async def test_any_station_is_let_in_by_default(lab: Lab) -> None:
    await lab.open()
    await (await lab.connect("/ocpp/RDAM%20123")).boot()
    assert lab.record("RDAM 123")["registration"] == "Accepted"


async def test_unknown_stations_get_404(lab: Lab) -> None:
    await lab.open(stations=("CP1",))
    assert (await refused(lab, "/ocpp/CP2")).response.status_code == 404
    assert (await refused(lab, "/elsewhere/CP1")).response.status_code == 404
    assert "CP2" not in lab.csms.control.state()["stations"]
    await lab.station()


async def test_a_station_can_be_let_in_later(lab: Lab) -> None:
    await lab.open(stations=())
    assert (await refused(lab, "/ocpp/CP1")).response.status_code == 404
    await lab.act("set_station", station="CP1", password="sesame")
    assert (await refused(lab, "/ocpp/CP1")).response.status_code == 401
    headers = {"Authorization": basic("CP1", b"sesame")}
    await lab.connect("/ocpp/CP1", additional_headers=headers)
    assert lab.record()["needs_password"]
    assert "passwords" not in lab.record()


async def test_a_wrong_or_missing_password_gets_401(lab: Lab) -> None:
    await lab.open(passwords={"CP1": "sesame", "CP2": "hex:00FF"})
    missing = await refused(lab, "/ocpp/CP1")
    assert missing.response.status_code == 401
    assert missing.response.headers["WWW-Authenticate"].startswith("Basic ")
    wrong = {"Authorization": basic("CP1", b"open")}
    assert (await refused(lab, "/ocpp/CP1", additional_headers=wrong)).response.status_code == 401
    raw = {"Authorization": basic("CP2", b"\x00\xff")}
    await lab.connect("/ocpp/CP2", additional_headers=raw)
    await lab.connect("/ocpp/CP3")


async def test_the_subprotocol_is_chosen_among_those_offered(lab: Lab) -> None:
    await lab.open()
    station = await lab.connect(subprotocols=["ocpp2.0.1", "ocpp1.6"])
    assert station.ws.subprotocol == "ocpp1.6"


@pytest.mark.parametrize("offered", [["ocpp0.1"], None])
async def test_without_a_common_subprotocol_it_can_upgrade_and_close(
    lab: Lab, offered: list[str] | None
) -> None:
    await lab.open(refuse_other_subprotocols=False)
    station = await lab.connect(subprotocols=offered)
    assert station.ws.response is not None
    assert "Sec-WebSocket-Protocol" not in station.ws.response.headers
    code, reason = await station.closed()
    assert code == 1002
    assert "ocpp1.6" in (reason or "")


@pytest.mark.parametrize("offered", [["ocpp0.1"], None])
async def test_other_subprotocols_are_refused(lab: Lab, offered: list[str] | None) -> None:
    await lab.open()
    refusal = await refused(lab, "/ocpp/CP1", subprotocols=offered)
    assert refusal.response.status_code == 400
    await lab.connect()


async def test_deflate_is_an_option(lab: Lab) -> None:
    await lab.open(deflate=True)
    station = await lab.connect(compression="deflate")
    assert station.ws.response is not None
    assert "permessage-deflate" in station.ws.response.headers["Sec-WebSocket-Extensions"]
    assert (await station.boot())["status"] == "Accepted"


async def test_a_second_connection_replaces_the_first(lab: Lab) -> None:
    await lab.open()
    first = await lab.station()
    second = await lab.connect()
    code, reason = await first.closed()
    assert (code, reason) == (1000, "replaced by a newer connection")
    order = lab.begin("clear_cache")
    await second.obey("ClearCache")
    assert (await order)["answer"] == OK
    assert await second.call("Heartbeat")  # accepted once is enough (OCPP-J 5.4)


async def test_a_replaced_connection_gives_up_its_open_call(lab: Lab) -> None:
    await lab.open()
    first = await lab.station()
    order = lab.begin("clear_cache")
    await first.take("ClearCache")
    await lab.connect()
    await first.closed()
    assert (await order)["error"]["code"] == "ConnectionLost"
    assert lab.record()["connected"]


async def silent_peer(lab: Lab) -> asyncio.StreamWriter:
    """Connect as CP1 and then do nothing any more, as a station that has lost its network."""
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.port)
    head = "GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n"
    head += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
    writer.write(head.encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    return writer


async def test_a_dead_connection_is_replaced_and_does_not_hold_up_the_end(lab: Lab) -> None:
    await lab.open()
    writer = await silent_peer(lab)
    station = await lab.station()
    order = lab.begin("clear_cache")
    await station.obey("ClearCache")
    await order
    begin = asyncio.get_running_loop().time()
    await lab.csms.stop()
    assert asyncio.get_running_loop().time() - begin <= 10
    writer.close()


async def test_looking_at_the_port_leaves_no_trace(lab: Lab) -> None:
    await lab.open(passwords={"CP1": "sesame"})
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.port)
    writer.write(b"GET /ocpp/CP2 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 426")
    writer.close()
    await refused(lab, "/ocpp/CP1")
    assert lab.csms.control.state()["stations"] == {}


async def test_many_stations_at_once(lab: Lab) -> None:
    await lab.open()
    stations = [await lab.station(f"CP{i}") for i in range(20)]
    answers = await asyncio.gather(*(station.start() for station in stations))
    assert sorted(answer["transactionId"] for answer in answers) == list(range(1, 21))


async def test_stopping_closes_with_going_away(lab: Lab) -> None:
    await lab.open()
    station = await lab.station()
    await lab.csms.stop()
    assert (await station.closed())[0] == 1001
    await lab.csms.stop()  # once more does no harm


async def test_the_operator_can_hang_up(lab: Lab) -> None:
    await lab.open()
    station = await lab.station()
    closing = lab.begin("disconnect")
    assert (await station.closed())[0] == 1000
    assert await closing == {"station": "CP1"}
