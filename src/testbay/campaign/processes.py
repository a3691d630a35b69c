"""Reference systems as processes of their own, over real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from testbay.campaign.addresses import Unusable
from testbay.campaign.between import attend
from testbay.campaign.config import Configuration
from testbay.campaign.embedded import BASE, LOCAL
from testbay.campaign.files import EVERY, Files
from testbay.campaign.lane import Lane
from testbay.campaign.operators import HttpOperator
from testbay.campaign.profiles import PROFILE, profile_of, supported
from testbay.campaign.real import lane_for
from testbay.campaign.security import (
    as_csms,
    password_name,
    serial_number,
    signed_firmware,
    told_of_firmware,
)
from testbay.campaign.suites import Loaded
from testbay.clock.wall import now
from testbay.files import SCHEMES
from testbay.pki.dates import Calendar
from testbay.pki.keys import Random
from testbay.pki.lab import Lab
from testbay.roles.csms import CsmsEnd
from testbay.roles.desk import Desk
from testbay.roles.gate import MUTUAL, Gate
from testbay.roles.keyring import KINDS, Keyring
from testbay.roles.station import StationEnd
from testbay.scenario.product import Product

AT_ONCE = 3  # processes that start at the same time: more only keep each other waiting
START_TIMEOUT = 20.0  # s, for a reference process to say where it listens
STOP_TIMEOUT = 5.0  # s, for it to end after it was asked to
FRAMES = " \t\r\n│─╭╮╰╯"  # around what a command line says of an error
WIDE = {"COLUMNS": "500"}  # so that it says it on one line


_STARTING: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
"""What is held while a process starts, for each event loop: runs side by side share it."""


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
        loop = asyncio.get_running_loop()
        async with _STARTING.setdefault(loop, asyncio.Semaphore(AT_ONCE)):
            await self._start(arguments, wanted)

    async def _start(self, arguments: list[str], wanted: tuple[str, ...]) -> None:
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
            if found := re.search(r"(\w+) at ((?:http|wss?)://[^\s,]+)", self.last):
                self.said[f"{'secure ' * found[2].startswith('wss')}{found[1]}"] = found[2]
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


class Kit:
    """What the reference systems of a run have in common: a laboratory and file servers.

    Keys are random, and lie in a folder that is gone with the run.

    Args:
        uploads: where the files are kept that stations send; without, they are gone, too.
    """

    def __init__(self, uploads: Path | None = None) -> None:
        self.lab = Lab(Random(), Calendar.at(now()))
        self.folder = Path(tempfile.mkdtemp(prefix="testbay-keys-"))
        self.written = self.lab.write(self.folder)
        self.files = Files(Keyring(self.lab), uploads, EVERY)

    def text(self, name: str, content: str) -> str:
        """Write a text to a file of the folder and return its path."""
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    async def close(self) -> None:
        """Stop the file servers and forget the keys."""
        await self.files.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


async def reference_lane(
    suite: Loaded,
    sut: str,
    product: Product,
    configuration: Configuration,
    number: int,
    faults: tuple[str, ...] = (),
    kit: Kit | None = None,
) -> Lane:
    """Start a reference system as a process and return its lane.

    Args:
        kit: what it shares with others; without, it has one for itself.

    Raises:
        Unusable: it did not start.
    """
    started = _Started(suite, product, configuration, number, faults, kit or Kit())
    try:
        lane = await (started.station() if sut == "station" else started.csms())
    except BaseException:
        if kit is None:
            await started.kit.close()
        raise

    async def stop() -> None:
        await started.operator.close()
        await started.process.stop()
        if kit is None:
            await started.kit.close()

    lane.stop = stop
    return lane


@dataclass
class _Started:
    """A reference system that is being started."""

    suite: Loaded
    product: Product
    configuration: Configuration
    number: int
    faults: tuple[str, ...]
    kit: Kit

    def __post_init__(self) -> None:
        config, lab = self.configuration, self.kit.lab
        self.process, self.operator = Process(), HttpOperator("")
        self.identity = f"{config.connect.identity}-{self.number}"
        self.features = {**config.product, **self.product.features}
        self.profile = profile_of(self.features)
        known = config.values | {PROFILE: self.profile, "station_id": self.identity}
        self.values = known | signed_firmware(lab, known)
        self.password = str(self.values.get(password_name(self.values), "")) if self.profile else ""
        self.serial = serial_number(self.values)
        self.common = ["--ocpp", self.suite.ocpp, "--control", "0", *_faults(self.faults)]

    def _ring(self, lab: Lab | None = None) -> Keyring:
        return Keyring(lab or self.kit.lab, self.serial, issuing=self.kit.lab)

    def _lane(self, sut: str, end: CsmsEnd | StationEnd) -> Lane:
        scheme = SCHEMES[(self.number - 1) % len(SCHEMES)]  # so that each is used by some lane
        end.helpers = (Desk(self._ring(), self.kit.files.open, scheme, signing="rsa"),)
        return lane_for(
            self.suite,
            sut,
            end,
            self.operator,
            self.configuration,
            self.number,
            self.product.features,
            self.values,
        )

    async def station(self) -> Lane:
        """Listen for a reference station and start it."""
        timeout = self.configuration.connect.message_timeout
        end = CsmsEnd(self.suite.version, self.identity, password=self.password, timeout=timeout)
        lane = self._lane("station", end)
        attend(lane)
        port = await end.start(LOCAL, 0, Gate(self._ring().server, profile=self.profile))
        url = f"ws://{LOCAL}:{port}{BASE}"
        arguments = ["station", "--url", url, "--identity", self.identity, *self.common]
        try:
            secure = self._fitting("station", self._of_station())
            await self.process.start([*arguments, *secure, *_as_built(self.product)], ("actions",))
        except BaseException:
            await end.close()
            raise
        self._act()
        return lane

    def _fitting(self, sut: str, arguments: dict[str, list[str]]) -> list[str]:
        """Return the arguments for those options that such a system has."""
        from testbay_reference.systems import fitting, system

        _, options = system(self.suite.ocpp, sut)
        return [part for parts in fitting(options, arguments).values() for part in parts]

    def _of_station(self) -> dict[str, list[str]]:
        path = self.kit.written.path
        has = supported(self.features) or (0,)
        arguments = {
            "csms_roots": ["--csms-root", str(path("csms_root"))],
            "manufacturer_roots": ["--manufacturer-root", str(path("manufacturer_root"))],
            "v2g_roots": ["--v2g-root", str(path("v2g_root"))],
            "security_profiles": [part for n in has for part in ("--supports", str(n))],
        }
        if self.profile:
            arguments["security_profile"] = ["--security-profile", str(self.profile)]
            arguments["password"] = ["--password", self.password]
        if self.profile == MUTUAL:
            own = str(self.kit.written.client(self.serial))
            arguments["certificate"] = ["--certificate", own]
        return arguments

    async def csms(self) -> Lane:
        """Start a reference CSMS."""
        interval = ["--interval", str(self.values["heartbeat_interval"])]
        root = self.kit.folder / f"csms-{self.number}.pem"
        arguments = [
            *("csms", "--port", "0", *interval, *self._tokens()),
            *(*self.common, *self._fitting("csms", self._of_csms()), "--root", str(root)),
        ]
        listening = ("listening", "secure listening") if self.profile else ("listening",)
        await self.process.start([*arguments, *_as_built(self.product)], ("actions", *listening))
        trusted = self.kit.lab.root("csms_root") + root.read_text("ascii")
        end = StationEnd(
            self.suite.version,
            self.process.said["listening"],
            self.identity,
            password=self.password,
            profile=self.profile,
            keyring=self._ring(self.kit.lab.replaced({"csms_root": trusted})),
            other_url=self.process.said.get("secure listening", ""),
            timeout=self.configuration.connect.message_timeout,
        )
        self._act()
        return self._lane("csms", end)

    def _of_csms(self) -> dict[str, list[str]]:
        kit, path = self.kit, self.kit.written.path
        firmware: list[str] = []
        arguments = {
            "csms_root": ["--csms-root", str(path("csms_root_2"))],
            "manufacturer_root": ["--manufacturer-root", str(path("manufacturer_root"))],
            "firmware": firmware,
            "serials": ["--serial", f"{self.identity}={self.serial}"],
        }
        for n, (signature, certificate, location) in enumerate(told_of_firmware(self.values)):
            file = kit.text(f"signature-{self.number}-{n}.txt", signature)
            signer = kit.text(f"signer-{self.number}.pem", certificate)
            firmware += ["--signature", f"{location}={file}"]
            if not n:
                firmware += ["--signing-certificate", signer]
        if self.profile:
            shown = [str(kit.written.server("server", kind)) for kind in KINDS]
            pairs = [("--certificate", file, "--certificate-key", file) for file in shown]
            arguments |= {
                "certificates": [part for pair in pairs for part in pair],
                "secure_port": ["--secure-port", "0"],
                "client_roots": ["--client-root", str(path("csms_root"))],
                "security_profile": ["--security-profile", str(self.profile)],
                "passwords": [
                    "--password",
                    f"{self.identity}={as_csms(self.password, self.suite.version)}",
                ],
            }
        return arguments

    def _tokens(self) -> list[str]:
        """Return the arguments that tell a reference CSMS of the configured tokens."""
        return [
            f"--token={value}{'=' * bool(group)}{group}"
            if standing == "Accepted"
            else f"--{standing.lower()}={value}"
            for value, standing, group in self.suite.part("csms").reference.known(self.values)
        ]

    def _act(self) -> None:
        self.operator.url = self.process.said["actions"].removesuffix("/actions")


def _faults(names: tuple[str, ...]) -> list[str]:
    return [part for name in names for part in ("--fault", name)]


def _as_built(product: Product) -> list[str]:
    """Return the arguments for the options of a product."""
    if product.arguments:
        return list(product.arguments)
    known = {name: list(v) if isinstance(v, tuple) else v for name, v in product.options.items()}
    return [part for n, value in known.items() for part in ("--set", f"{n}={json.dumps(value)}")]
