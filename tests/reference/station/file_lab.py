"""A station, its CSMS and a file server, with firmware and signatures of the laboratory."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from station_lab import Lab as Bench
from station_lab import lab

from testbay.files import Certificate, FileServer
from testbay.pki import firmware as images
from testbay.pki.lab import Lab

PKI = Lab.seeded()
NEVER = "2030-01-01T00:00:00Z"  # long ago, at any time of a run
IMAGE = images.image("2.0.0", 300_000)
GARBAGE = b"\x00\x01\x02" * 1000
PLAIN, SIGNED = "FirmwareStatusNotification", "SignedFirmwareStatusNotification"
DIAGNOSTICS, LOG = "DiagnosticsStatusNotification", "LogStatusNotification"
UP_TO_REBOOT = ["Downloading", "Downloaded", "Installing"]
UP_TO_SIGNED_REBOOT = ["Downloading", "Downloaded", "SignatureVerified", "Installing"]


@dataclass
class Desk:
    """What a test of files works with."""

    bench: Bench
    server: FileServer
    said: list[str] = field(default_factory=list)
    scheme: str = "http"
    requests: int = 0

    @property
    def peer(self):
        return self.bench.peer

    def location(self, name="fw.bin", content=IMAGE):
        """Offer an image and return where; without content there is nothing."""
        if content is not None:
            self.server.offer(name, content)
        return self.server.url(name, self.scheme)

    async def update(self, location=None, at=NEVER, **more):
        payload = {"location": location or self.location(), "retrieveDate": at, **more}
        return await self.peer.call("UpdateFirmware", payload)

    async def signed_update(
        self, location=None, *, flaw="", signature=None, at=NEVER, install=None, kind="ec", **more
    ):
        self.requests += 1
        signer = PKI.signer(flaw, kind)
        signed = signature or images.signature(IMAGE, PKI.signer("", kind).key)
        firmware = {
            "location": location or self.location(),
            "retrieveDateTime": at,
            "signingCertificate": signer.chain,
            "signature": signed,
        } | ({"installDateTime": install} if install else {})
        payload = {"requestId": self.requests, "firmware": firmware, **more}
        return (await self.peer.call("SignedUpdateFirmware", payload))["status"]

    async def diagnostics(self, location=None, **more):
        where = location or self.server.place("diagnostics", self.scheme)
        return await self.peer.call("GetDiagnostics", {"location": where, **more})

    async def log(self, kind="SecurityLog", location=None, log=None, **more):
        self.requests += 1
        where = location or self.server.place("logs", self.scheme)
        wanted = {"remoteLocation": where} | (log or {})
        payload = {"logType": kind, "requestId": self.requests, "log": wanted, **more}
        return await self.peer.call("GetLog", payload)

    def statuses(self, action=PLAIN, since=0):
        """Return the statuses that a message reported."""
        return [payload["status"] for payload in self.peer.payloads(action, since)]

    @property
    def versions(self):
        """Return the firmware version of every boot."""
        return [boot["firmwareVersion"] for boot in self.peer.payloads("BootNotification")]

    async def settle(self, seconds=30.0):
        await asyncio.sleep(seconds)


ROOTS = {
    "csms_roots": (PKI.root("csms_root"),),
    "manufacturer_roots": (PKI.root("manufacturer_root"),),
}
"""What the station trusts: the roots of the laboratory."""


@asynccontextmanager
async def beside(bench, schemes=("http",), limits=None):
    """Put a file server beside a station and its CSMS."""
    identity = PKI.server("server")
    said = []
    with TemporaryDirectory() as folder:
        server = FileServer(
            Path(folder),
            certificates=[Certificate(identity.chain, identity.key)],
            limits=limits,
            say=said.append,
        )
        await server.start(dict.fromkeys(schemes, ("127.0.0.1", 0)))
        try:
            yield Desk(bench, server, said, schemes[0])
        finally:
            await server.stop()


@asynccontextmanager
async def desk(script=None, *, schemes=("http",), limits=None, **options):
    """Run the three together."""
    async with (
        lab(script, **(ROOTS | options)) as bench,
        beside(bench, schemes, limits) as files,
    ):
        yield files
