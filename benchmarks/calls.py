"""CPU per call round trip: testbay's two ends, the ``ocpp`` package, and plain websockets.

Each pair talks over loopback TCP in one process. Testbay and ``ocpp`` validate both messages at
both ends, route by action, keep a time-out per call; testbay's CSMS also writes the journal's
line of every frame, as the tool's end does in a run.

All pairs are open at once and take turns in short rounds, so that whatever else the machine does
weighs on all of them alike; a ratio is the median of the ratios within each round.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from time import process_time
from typing import Any

import orjson
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.payloads import BOOT_ANSWER, MESSAGES
from testbay.campaign.journal import line_of
from testbay.protocol.versions import by_name
from testbay.roles.csms import CsmsEnd
from testbay.roles.station import StationEnd
from testbay.scenario import events
from testbay.scenario.values import Received

Once = Callable[[str], Awaitable[Any]]
HOST = "127.0.0.1"


class _Recording:
    """An inbox that answers and, at the end that has the journal, records every frame."""

    def __init__(self, end: Any, ocpp: str, records: bool) -> None:
        self.end, self.records, self.lines, self.wrong = end, records, 0, 0
        self._messages = MESSAGES[ocpp]
        self._loop = asyncio.get_running_loop()

    def receive(self, message: Received) -> None:
        if not message.is_event:
            self.end.answer(message, self._messages[message.action][1])

    def frame(self, direction: str, text: str, connection: int) -> None:
        if not self.records:
            return
        frame = events.Frame(direction, text, connection)
        line_of(events.Stamped(self._loop.time(), "2030-01-01T00:00:00.000Z", "T", 1, frame))
        self.lines += 1

    def violated(self, uid: str, where: str, sentences: tuple[str, ...]) -> None:
        self.wrong += 1

    def notice(self, text: str) -> None:
        pass


@asynccontextmanager
async def testbay_pair(ocpp: str) -> AsyncIterator[Once]:
    """Open the tool's CSMS and the tool's station."""
    version = by_name(ocpp)
    csms = CsmsEnd(version, "CP1")
    inbox = _Recording(csms, ocpp, records=True)
    csms.attach(inbox)
    port = await csms.start(HOST, 0)
    station = StationEnd(version, f"ws://{HOST}:{port}", "CP1")
    station.attach(_Recording(station, ocpp, records=False))
    assert not await station.ready(5)
    ids = itertools.count()

    async def once(action: str) -> Any:
        return await station.call(f"c{next(ids)}", action, MESSAGES[ocpp][action][0])

    yield once
    assert inbox.lines > 0
    assert not inbox.wrong
    await station.close()
    await csms.close()


def _package16() -> tuple[Any, Any, dict[str, Callable[[], Any]]]:
    """Return the two ends of the ``ocpp`` package for 1.6, and what makes its requests."""
    from ocpp.routing import on
    from ocpp.v16 import ChargePoint, call, call_result
    from ocpp.v16.datatypes import MeterValue, SampledValue

    class Csms(ChargePoint):
        @on("BootNotification")
        def on_boot(self, **_: Any) -> Any:
            return call_result.BootNotification(
                current_time=BOOT_ANSWER["currentTime"], interval=300, status="Accepted"
            )

        @on("MeterValues")
        def on_meter(self, **_: Any) -> Any:
            return call_result.MeterValues()

    meter = MESSAGES["1.6"]["MeterValues"][0]["meterValue"][0]
    values = [SampledValue(**value) for value in meter["sampledValue"]]
    return (
        ChargePoint,
        Csms,
        {
            "BootNotification": lambda: call.BootNotification(
                charge_point_vendor="Vendor", charge_point_model="Model", firmware_version="1.2.3"
            ),
            "MeterValues": lambda: call.MeterValues(
                connector_id=1,
                transaction_id=7,
                meter_value=[MeterValue(timestamp=meter["timestamp"], sampled_value=values)],
            ),
        },
    )


def _package201() -> tuple[Any, Any, dict[str, Callable[[], Any]]]:
    """Return the same for 2.0.1."""
    from ocpp.routing import on
    from ocpp.v201 import ChargePoint, call, call_result

    class Csms(ChargePoint):
        @on("BootNotification")
        def on_boot(self, **_: Any) -> Any:
            return call_result.BootNotification(
                current_time=BOOT_ANSWER["currentTime"], interval=300, status="Accepted"
            )

        @on("TransactionEvent")
        def on_event(self, **_: Any) -> Any:
            return call_result.TransactionEvent()

    boot, event = (MESSAGES["2.0.1"][name][0] for name in ("BootNotification", "TransactionEvent"))
    meter = event["meterValue"][0]
    values = [
        {**value, "unit_of_measure": value["unitOfMeasure"]} for value in meter["sampledValue"]
    ]
    for value in values:
        del value["unitOfMeasure"]
    station = {"vendor_name": "Vendor", "model": "Model", "firmware_version": "1.2.3"}
    return (
        ChargePoint,
        Csms,
        {
            "BootNotification": lambda: call.BootNotification(
                charging_station=station, reason=boot["reason"]
            ),
            "TransactionEvent": lambda: call.TransactionEvent(
                event_type="Updated",
                timestamp=event["timestamp"],
                trigger_reason="MeterValuePeriodic",
                seq_no=3,
                transaction_info={"transaction_id": "CS001-7", "charging_state": "Charging"},
                evse={"id": 1, "connector_id": 1},
                meter_value=[{"timestamp": meter["timestamp"], "sampled_value": values}],
            ),
        },
    )


PACKAGES = {"1.6": _package16, "2.0.1": _package201}


@asynccontextmanager
async def ocpp_pair(ocpp: str) -> AsyncIterator[Once]:
    """Open the same with the ``ocpp`` package at both ends."""
    logging.getLogger("ocpp").setLevel(logging.ERROR)
    make_station, make_csms, requests = PACKAGES[ocpp]()
    names: Any = [by_name(ocpp).subprotocol]

    async def serve_one(ws: ServerConnection) -> None:
        try:
            await make_csms("CP1", ws).start()
        except Exception:  # the end of the connection
            return

    async with serve(serve_one, HOST, 0, subprotocols=names, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"ws://{HOST}:{port}/CP1"
        async with connect(url, subprotocols=names, compression=None, proxy=None) as ws:
            station = make_station("CP1", ws)
            listening = asyncio.get_running_loop().create_task(station.start())
            yield lambda action: station.call(requests[action]())
            listening.cancel()


@asynccontextmanager
async def plain_pair(ocpp: str) -> AsyncIterator[Once]:
    """Open websockets and orjson alone: no validation, no routing, no time-out, no record."""

    async def serve_one(ws: ServerConnection) -> None:
        async for text in ws:
            frame = orjson.loads(text)
            answer = MESSAGES[ocpp][frame[2]][1]
            await ws.send(orjson.dumps([3, frame[1], answer]), text=True)

    async with serve(serve_one, HOST, 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://{HOST}:{port}/CP1", compression=None, proxy=None) as ws:
            ids = itertools.count()

            async def once(action: str) -> Any:
                request = MESSAGES[ocpp][action][0]
                await ws.send(orjson.dumps([2, str(next(ids)), action, request]), text=True)
                return orjson.loads(await ws.recv())

            yield once


PAIRS = {"testbay": testbay_pair, "ocpp": ocpp_pair, "plain": plain_pair}


@dataclass(frozen=True)
class Row:
    """What was measured of one message, round by round.

    Args:
        name: version and action.
        testbay: CPU seconds of a round trip.
        ocpp: those of the ``ocpp`` package, as a multiple of testbay's.
        plain: those of testbay, as a multiple of plain websockets'.
    """

    name: str
    testbay: Sequence[float]
    ocpp: Sequence[float]
    plain: Sequence[float]


async def measure(ocpp: str, action: str, rounds: int, calls: int) -> Row:
    """Measure one message with all pairs in turn."""
    async with AsyncExitStack() as stack:
        once = {name: await stack.enter_async_context(PAIRS[name](ocpp)) for name in PAIRS}

        async def cost(pair: str) -> float:
            gc.collect()  # nobody pays for what another pair has left
            started = process_time()
            for _ in range(calls):
                await once[pair](action)
            return (process_time() - started) / calls

        for pair in PAIRS:  # warm: imports, schemas
            await cost(pair)
        seen = [{pair: await cost(pair) for pair in PAIRS} for _ in range(rounds)]
    return Row(
        f"{ocpp} {action}",
        [s["testbay"] for s in seen],
        [s["ocpp"] / s["testbay"] for s in seen],
        [s["testbay"] / s["plain"] for s in seen],
    )


def table(rounds: int = 31, calls: int = 100) -> list[Row]:
    """Measure every message."""
    messages = [(v, a) for v, actions in MESSAGES.items() for a in actions]
    return [asyncio.run(measure(v, a, rounds, calls)) for v, a in messages]


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median and the quartiles around it: (first, median, third)."""
    first, median, third = statistics.quantiles(values, n=4)
    return first, median, third
