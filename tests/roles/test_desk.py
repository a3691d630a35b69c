"""The desk: it signs, hands out certificates, offers files and takes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from testbay.files import FileServer
from testbay.pki import firmware, inspect
from testbay.pki.dates import TIMELESS
from testbay.pki.keys import Seeded
from testbay.pki.lab import Lab
from testbay.pki.names import REQUESTS, ROOTS
from testbay.protocol.versions import OCPP16
from testbay.roles.csms import CsmsEnd
from testbay.roles.desk import NO_FILES, Desk, Firmware
from testbay.roles.end import NO_LAB
from testbay.roles.keyring import Keyring
from testbay.scenario.verdict import CaseError

LAB = Lab.seeded()
AT = inspect.certificate(LAB.root()).not_before


def end(**desk: Any) -> CsmsEnd:
    made = CsmsEnd(OCPP16, "CP1")
    made.helpers = (Desk(**{"keyring": Keyring(LAB, "CP1"), **desk}),)
    return made


@asynccontextmanager
async def serving(folder: Path, *schemes: str) -> AsyncIterator[FileServer]:
    server = FileServer(folder)
    await server.start(dict.fromkeys(schemes or ("http",), ("127.0.0.1", 0)))
    try:
        yield server
    finally:
        await server.stop()


def over(server: FileServer, **more: Any) -> CsmsEnd:
    async def files() -> FileServer:
        return server

    return end(files=files, **more)


# -- certificates ----------------------------------------------------------------------------------


@pytest.mark.parametrize("flaw", REQUESTS)
async def test_a_request_is_signed(flaw: str) -> None:
    made = LAB.request("CP1", 7)
    seen = await end().link("k", "sign", {"csr": made.csr, "flaw": flaw})
    assert seen.keys() == {"chain"}
    if not flaw:
        leaf, *_ = inspect.certificates(seen["chain"])
        assert leaf.public_key == inspect.csr(made.csr).public_key
        assert leaf.common_name == "CP1"


async def test_a_request_that_is_none() -> None:
    seen = await end().link("k", "sign", {"csr": "please"})
    assert list(seen) == ["error"]
    assert "not PEM" in seen["error"]


@pytest.mark.parametrize("name", ROOTS)
async def test_a_root_is_handed_out(name: str) -> None:
    assert await end().link("k1", "certificate", {"name": name}) == {"pem": LAB.root(name)}
    seen = await end().link("k2", "certificate", {"name": name, "flaw": "broken"})
    assert seen["pem"] != LAB.root(name)
    assert seen["pem"].startswith("-----BEGIN CERTIFICATE-----")


async def test_acts_that_cannot_be() -> None:
    acts: tuple[tuple[str, dict[str, Any]], ...] = (
        ("sign", {"csr": LAB.request("CP1").csr, "flaw": "odd"}),
        ("certificate", {"name": "odd"}),
        ("certificate", {"name": "csms_root", "flaw": "odd"}),
        ("firmware", {"flaw": "odd"}),
        ("place", {"kind": "odd"}),
        ("place", {"flaw": "odd"}),
        ("odd", {}),
    )
    for what, how in acts:
        with pytest.raises(CaseError, match="odd"):
            await end().link("k", what, how)


async def test_a_root_that_the_laboratory_lacks_is_said() -> None:
    lab = Lab(Seeded(1), TIMELESS, lacks=frozenset({"v2g_root"}))
    bare = end(keyring=Keyring(lab, "CP1"))
    acts = (
        ("sign", {"csr": LAB.request("CP1").csr, "use": "v2g"}),
        ("certificate", {"name": "v2g_root"}),
    )
    for what, how in acts:
        seen = await bare.link("k", what, how)
        assert "no v2g_root: testbay lab renew" in seen["impossible"]
    assert lab.root("csms_root") == LAB.root("csms_root")


async def test_what_there_is_not() -> None:
    bare = end(keyring=None)
    assert await bare.link("k1", "sign", {"csr": "x"}) == {"impossible": NO_LAB}
    assert await bare.link("k2", "certificate", {"name": "csms_root"}) == {"impossible": NO_LAB}
    for what in ("firmware", "place"):
        assert await end().link("k3", what, {}) == {"impossible": NO_FILES}


# -- firmware --------------------------------------------------------------------------------------


async def fetched(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url)


@pytest.mark.parametrize("signing", ["ec", "rsa"])
async def test_firmware_is_offered(tmp_path: Path, signing: str) -> None:
    async with serving(tmp_path) as server:
        desk = over(server, signing=signing)
        first, second = [await desk.link("k", "firmware", {}) for _ in range(2)]
        assert first["location"] != second["location"]
        image = (await fetched(first["location"])).content
        assert firmware.sha256(image) == first["sha256"]
        assert firmware.verifies(image, first["signature"], first["signingCertificate"])
        assert (
            inspect.verifies(first["signingCertificate"], "", LAB.root("manufacturer_root"), AT)
            == ""
        )
        key = inspect.certificate(first["signingCertificate"]).key
        assert key.casefold().startswith(signing)


@pytest.mark.parametrize("signing", ["ec", "rsa"])
@pytest.mark.parametrize("flaw", ["wrong_signature", "wrong_certificate", "missing_file"])
async def test_firmware_with_a_flaw(tmp_path: Path, flaw: str, signing: str) -> None:
    async with serving(tmp_path) as server:
        seen = await over(server, signing=signing).link("k", "firmware", {"flaw": flaw})
        there = await fetched(seen["location"])
        assert there.status_code == (404 if flaw == "missing_file" else 200)
        signed = seen["signature"], seen["signingCertificate"]
        if flaw != "missing_file":
            right = flaw != "wrong_signature"
            assert firmware.verifies(there.content, *signed) is right
        root = LAB.root("manufacturer_root")
        trusted = inspect.verifies(seen["signingCertificate"], "", root, AT)
        assert bool(trusted) is (flaw == "wrong_certificate")


async def test_firmware_of_the_tester(tmp_path: Path) -> None:
    other = LAB.signer(kind="rsa")
    image = b"the vendor's"
    own = Firmware(image, "", firmware.signature(image, other.key), other.chain)
    async with serving(tmp_path) as server:
        desk = over(server, firmware=own)
        seen = await desk.link("k1", "firmware", {})
        assert (await fetched(seen["location"])).content == image
        assert (seen["signature"], seen["signingCertificate"]) == (own.signature, own.certificate)
        wrong = await desk.link("k2", "firmware", {"flaw": "wrong_signature"})
        assert not firmware.verifies(image, wrong["signature"], own.certificate)
        strange = await desk.link("k3", "firmware", {"flaw": "wrong_certificate"})
        assert strange["signingCertificate"] != own.certificate
    elsewhere = end(firmware=Firmware(location="ftp://files.test/image"))
    seen = await elsewhere.link("k4", "firmware", {})
    assert (seen["location"], seen["sha256"]) == ("ftp://files.test/image", "")


# -- uploads ---------------------------------------------------------------------------------------


async def put(url: str, content: bytes) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.put(url, content=content)).status_code


async def test_what_is_uploaded_is_told(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        desk = over(server)
        assert await desk.link("k0", "uploads", {}) == {"files": [], "watched": False}
        place = await desk.link("k1", "place", {"kind": "logs"})
        assert await desk.link("k2", "uploads", {}) == {"files": [], "watched": True}
        loop = asyncio.get_running_loop()
        begin = loop.time()
        loop.call_later(1.47, asyncio.ensure_future, _soon(place))
        seen = await desk.link("k3", "uploads", {})
        assert loop.time() - begin == pytest.approx(1.47), "it is told as soon as it is there"
        assert seen["files"] == [
            {"name": "log.txt", "size": 3, "sha256": firmware.sha256(b"abc")}
        ], "the last bytes may be on their way"
        await desk.link("k4", "place", {"kind": "logs"})
        assert (await desk.link("k5", "uploads", {}))["files"] == []


async def _soon(place: dict[str, Any]) -> None:
    await put(f"{place['location']}log.txt", b"abc")


async def test_a_folder_that_takes_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        desk = over(server)
        place = await desk.link("k1", "place", {"flaw": "refused"})
        assert await put(f"{place['location']}x", b"abc") >= 400
        assert (await desk.link("k2", "uploads", {}))["files"] == []


async def test_a_folder_of_the_testers() -> None:
    desk = end(log_location="sftp://logs.test/in/")
    assert await desk.link("k1", "place", {}) == {"location": "sftp://logs.test/in/"}
    assert await desk.link("k2", "uploads", {}) == {"files": [], "watched": False}


# -- how files travel ------------------------------------------------------------------------------


async def scheme(desk: CsmsEnd, *among: str) -> str:
    seen = await desk.link("k", "place", {"among": list(among)})
    return urlsplit(seen["location"]).scheme if "location" in seen else str(seen["impossible"])


async def test_files_travel_as_the_station_can(tmp_path: Path) -> None:
    pair = LAB.server()
    from testbay.files import Certificate

    server = FileServer(tmp_path, certificates=[Certificate(pair.chain, pair.key)])
    await server.start({"http": ("127.0.0.1", 0), "https": ("127.0.0.1", 0)})
    assert await scheme(over(server)) == "http"
    assert await scheme(over(server), "ftp", "https") == "https"
    assert await scheme(over(server, scheme="https")) == "https"
    told = await scheme(over(server), "ftp", "ftps")
    assert "the station transfers files by ftp, ftps only" in told
    assert "[files] ftp" in told
    told = await scheme(over(server, scheme="ftp"))
    assert "name its address by [files] ftp" in told
    await server.stop()
