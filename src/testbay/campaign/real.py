"""Lanes for systems under test outside this process: a vendor's, or reference processes."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from testbay.campaign.between import attend
from testbay.campaign.config import IDENTITY, Configuration
from testbay.campaign.embedded import BASE, LOCAL, TOKENS, Product
from testbay.campaign.lane import MESSAGE_TIMEOUT, Lane
from testbay.campaign.operators import HttpOperator
from testbay.campaign.suites import Loaded
from testbay.campaign.wrong import Wrong
from testbay.roles.csms import CsmsEnd
from testbay.roles.end import ToolEnd
from testbay.roles.station import StationEnd
from testbay.scenario.role import Operator

START_TIMEOUT = 20.0  # s, for a reference process to say where it listens
STOP_TIMEOUT = 5.0  # s, for it to end after it was asked to
FRAMES = " \t\r\n│─╭╮╰╯"  # around what a command line says of an error
WIDE = {"COLUMNS": "500"}  # so that it says it on one line


class Unusable(Wrong):
    """The run cannot begin: an address is in use, a process does not start. The text says what."""


async def station_lane(suite: Loaded, configuration: Configuration, operator: Operator) -> Lane:
    """Listen for a vendor's station.

    Raises:
        Unusable: the address cannot be used.
    """
    connect = configuration.connect
    end = CsmsEnd(
        suite.version,
        connect.identity,
        password=connect.password,
        timeout=connect.message_timeout,
    )
    host, port = host_and_port(connect.listen)
    lane = _lane(suite, "station", end, operator, configuration)
    attend(lane)
    try:
        await end.start(host, port)
    except OSError as error:
        number = error.errno or 0
        why = os.strerror(number).lower() if number > 0 else str(error)
        raise Unusable(
            f"cannot listen at {connect.listen}: {why}; stop what uses it, or name another "
            "address with --listen"
        ) from None
    return lane


async def csms_lane(suite: Loaded, configuration: Configuration, operator: Operator) -> Lane:
    """Make a simulated station that will dial a vendor's CSMS.

    Raises:
        Unusable: the URL is no WebSocket URL.
    """
    connect = configuration.connect
    check_url(connect.url)
    end = StationEnd(
        suite.version,
        connect.url,
        connect.identity,
        password=connect.password,
        timeout=connect.message_timeout,
    )
    return _lane(suite, "csms", end, operator, configuration)


def check_url(url: str) -> None:
    """See that this is a URL that can be dialled.

    Raises:
        Unusable: it is not.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("ws", "wss") and parts.hostname and parts.port != 0
    except ValueError:  # its port is no number, or too large
        usable = False
    if not usable:
        raise Unusable(
            f"{url!r} is no URL of a CSMS; it begins with ws:// or wss://, such as "
            "ws://127.0.0.1:9000/ocpp"
        )
    if parts.query or parts.fragment:
        raise Unusable(f"{url!r} cannot be used: the identity comes last, so leave out ? and #")


def _lane(
    suite: Loaded,
    sut: str,
    end: CsmsEnd | StationEnd,
    operator: Operator,
    configuration: Configuration,
    number: int = 1,
    features: Mapping[str, bool] | None = None,
) -> Lane:
    part = suite.part(sut)
    product = {**configuration.product, **(features or {})}
    values = {
        **configuration.values,
        **product,
        IDENTITY: end.identity,
        MESSAGE_TIMEOUT: configuration.connect.message_timeout,
    }
    return Lane(
        number=number,
        end=end,
        operator=operator,
        model=part.make_model(values, {}),
        make_test=part.make_test,
        config=values,
        product=product,
        connect_timeout=configuration.connect.connect_timeout,
    )


def host_and_port(address: str) -> tuple[str, int]:
    """Split ``ADDR:PORT``.

    Raises:
        Unusable: it is not of that form.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise Unusable(f"{address!r} is no address; write ADDR:PORT, such as 127.0.0.1:9000")
    return host.strip("[]"), int(port)


# -- reference systems as processes ---------------------------------------------------------------


class Process:
    """A reference system in a process of its own, with its control port."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self.said: dict[str, str] = {}
        self.last = ""

    async def start(self, arguments: list[str], wanted: tuple[str, ...]) -> None:
        """Start it and wait until it has said where it listens.

        Args:
            wanted: what it must say, as ``name at URL`` on a line.

        Raises:
            Unusable: it did not, in time.
        """
        command = [sys.executable, "-m", "testbay.campaign.child", *arguments]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            stdin=asyncio.subprocess.PIPE,
            env={**os.environ, **WIDE},
            process_group=0,  # Ctrl-C is for the tool, which then ends its children
        )
        ready = asyncio.Event()
        self._reader = asyncio.get_running_loop().create_task(self._read(wanted, ready))
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await ready.wait()
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            await self.stop()
            raise
        if any(name not in self.said for name in wanted):
            await self.stop()
            raise Unusable(f"the reference system did not start: {self.last or 'it said nothing'}")

    async def _read(self, wanted: tuple[str, ...], ready: asyncio.Event) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = line.decode(errors="replace").strip(FRAMES)
            self.last = said or self.last
            if found := re.search(r"(\w+) at ((?:http|ws)://[^\s,]+)", self.last):
                self.said[found[1]] = found[2]
            if all(name in self.said for name in wanted):
                ready.set()
        ready.set()

    async def stop(self) -> None:
        """End it; a process that does not end is killed."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader is not None:
            await self._reader


async def reference_lane(
    suite: Loaded,
    sut: str,
    product: Product,
    configuration: Configuration,
    number: int,
    faults: tuple[str, ...] = (),
) -> Lane:
    """Start a reference system as a process and return its lane.

    Raises:
        Unusable: it did not start.
    """
    process, version, operator = Process(), suite.version, HttpOperator("")
    identity = f"{configuration.connect.identity}-{number}"
    timeout = configuration.connect.message_timeout
    common = ["--ocpp", suite.ocpp, "--control", "0", *_faults(faults)]
    if sut == "station":
        end = CsmsEnd(version, identity, timeout=timeout)
        lane = _lane(suite, sut, end, operator, configuration, number, product.features)
        attend(lane)
        url = f"ws://{LOCAL}:{await end.start(LOCAL, 0)}{BASE}"
        arguments = ["station", "--url", url, "--identity", identity, *common]
        try:
            await process.start([*arguments, *product.arguments], ("actions",))
        except BaseException:
            await end.close()
            raise
    else:
        tokens = _tokens(configuration.values)
        interval = ["--interval", str(configuration.values["heartbeat_interval"])]
        arguments = ["csms", "--port", "0", *interval, *tokens, *common]
        await process.start([*arguments, *product.arguments], ("actions", "listening"))
        dials = StationEnd(version, process.said["listening"], identity, timeout=timeout)
        lane = _lane(suite, sut, dials, operator, configuration, number, product.features)
    operator.url = process.said["actions"].removesuffix("/actions")

    async def stop() -> None:
        await operator.close()
        await process.stop()

    lane.stop = stop
    return lane


def _faults(names: tuple[str, ...]) -> list[str]:
    return [part for name in names for part in ("--fault", name)]


def _tokens(values: Mapping[str, Any]) -> list[str]:
    """Return the arguments that tell a reference CSMS of the configured tokens."""
    group = f"={values['parent_id_tag']}" if values.get("parent_id_tag") else ""
    option = {"Accepted": "token", "Blocked": "blocked", "Expired": "expired"}
    return [
        f"--{option[standing]}={values[name]}{group if standing == 'Accepted' else ''}"
        for name, standing in TOKENS.items()
        if name in values
    ]


__all__ = ["Process", "ToolEnd", "Unusable", "csms_lane", "reference_lane", "station_lane"]
