"""What the tool does besides the connection: it signs, hands out certificates, serves files."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from testbay.roles.end import NO_LAB, Impossible
from testbay.roles.keyring import Keyring
from testbay.scenario.verdict import CaseError

if TYPE_CHECKING:
    from testbay.files import FileServer
    from testbay.files.model import Kind as Folder
    from testbay.pki.lab import Lab
    from testbay.pki.names import Kind

CROSSED: dict[str, tuple[Callable[[Lab], str], str]] = {
    "successor": (lambda lab: lab.successor(), "csms_root"),
    "predecessor": (lambda lab: lab.predecessor(), "csms_root_2"),
}
"""Roots that another one has signed, and which."""
FLAWS = ("wrong_signature", "wrong_certificate", "missing_file", "not_firmware")
MISSING = "does_not_exist_"  # before the name of a file that there is not (TC_044_2)
OpenFiles = Callable[[], Awaitable["FileServer"]]

IMAGE_SIZE = 64 * 1024  # bytes of a firmware image that the tool makes
LATE = 2.0  # s in which an upload must be there that the station says it has made

NO_FILES = (
    "there is no file server: name an address for one in the configuration, such as "
    '[files] http = "ADDR:PORT" (docs/testing-a-station.md)'
)


@dataclass(frozen=True, slots=True)
class Firmware:
    """A firmware image of the tester's, for stations that do not take one of the tool's.

    Args:
        image: its bytes; none: the tool makes one.
        location: where it lies already, on a server of the tester's.
        signature: of the image, in base64.
        certificate: with which the signature is checked (PEM).
    """

    image: bytes = b""
    location: str = ""
    signature: str = ""
    certificate: str = ""


@dataclass
class Desk:
    """Acts for a case, found by ``ToolEnd.link``.

    Args:
        files: gives the file servers, which may start only now; None: there are none.
        scheme: how files travel unless a case says so; empty: the first there is.
        firmware: what the tester has configured of it.
        log_location: a folder on a server of the tester's; empty: one of the tool's.
        signing: with which keys firmware is signed: rsa is RSA-PSS (white paper L01.FR.04), ec is
            ECDSA, whose signatures are the same each time, as the virtual clock needs them.
    """

    keyring: Keyring | None = None
    files: OpenFiles | None = None
    scheme: str = ""
    firmware: Firmware = field(default_factory=Firmware)
    log_location: str = ""
    signing: Kind = "ec"
    _images: int = 0
    _offered: str = ""
    _held: str = ""
    _place: str = ""

    # -- certificates ---------------------------------------------------------------------------

    def _keys(self) -> Keyring:
        if self.keyring is None:
            raise Impossible(NO_LAB)
        return self.keyring

    async def act_sign(self, csr: str, flaw: str = "", use: str = "") -> dict[str, Any]:
        """Sign what a station has asked to be signed; the subject stays as it is.

        Args:
            flaw: of the chain, one of those of ``pki.names.REQUESTS``.
            use: v2g: for ISO 15118, under v2g_root; else under the root of the operator.
        """
        from testbay.pki.errors import LabError, NoRoot

        keys = self._keys()
        try:
            return {"chain": (keys.issuing or keys.lab).sign_csr(csr, flaw=flaw, use=use)}
        except NoRoot as error:
            raise Impossible(str(error)) from None
        except KeyError as error:
            raise CaseError(str(error.args[0])) from None
        except LabError as error:
            return {"error": str(error)}

    async def act_certificate(self, name: str, flaw: str = "") -> dict[str, Any]:
        """Return a root certificate to install.

        Args:
            name: of a root of the lab, or successor: csms_root_2, signed by csms_root (with its
                ``issuer``), or predecessor: the other way round.
            flaw: broken: it is no PEM any more.
        """
        if flaw not in ("", "broken"):
            raise CaseError(f"there is no flaw {flaw!r} of a root certificate")
        from testbay.pki.errors import LabError, NoRoot
        from testbay.pki.lab import broken

        keys = self._keys()
        if name in CROSSED:
            cross, above = CROSSED[name]
            try:
                return {"pem": cross(keys.lab), "issuer": keys.root(above)}
            except LabError as error:
                raise Impossible(str(error)) from None
        try:
            found = keys.root(name)
        except NoRoot as error:
            raise Impossible(str(error)) from None
        return {"pem": broken(found) if flaw else found}

    # -- files ----------------------------------------------------------------------------------

    async def _server(self) -> FileServer:
        if self.files is None:
            raise Impossible(NO_FILES)
        return await self.files()

    def _scheme(self, server: FileServer, among: Sequence[str]) -> str:
        """Return how a file travels: as configured, else by the first that the station names."""
        there = server.schemes
        if self.scheme and self.scheme not in there:
            raise Impossible(
                f"files are to travel by {self.scheme}, but the file server speaks "
                f"{', '.join(there) or 'nothing'}: name its address by [files] {self.scheme}"
            )
        fits = [scheme for scheme in there if scheme in among]
        if among and not fits and not self.scheme:
            raise Impossible(
                f"the station transfers files by {', '.join(among)} only, the file server speaks "
                f"{', '.join(there)}: name an address such as [files] {among[0]}"
            )
        return self.scheme or (fits or there)[0]

    async def act_firmware(
        self, flaw: str = "", among: Sequence[str] = (), held: bool = False
    ) -> dict[str, Any]:
        """Offer a firmware image; return where it is, its hash, and what proves its origin.

        Args:
            flaw: wrong_signature, wrong_certificate, missing_file, or not_firmware: bytes that no
                station takes for firmware.
            among: the schemes by which the station can fetch it; nothing: any.
            held: its transfer does not end before it is let go; not on a server of the tester's.
        """
        if flaw not in ("", *FLAWS):
            raise CaseError(f"there is no flaw {flaw!r} of a firmware image")
        self._images, self._offered = self._images + 1, ""
        image, location = self.firmware.image, self.firmware.location
        if flaw == "not_firmware":
            image = hashlib.shake_256(b"not firmware").digest(IMAGE_SIZE)
        elif not image and not location:
            from testbay.pki import firmware

            image = firmware.image(f"2.{self._images}.0", IMAGE_SIZE, self._images)
        if not location or flaw in ("missing_file", "not_firmware"):
            location = await self._offer(image, among, missing=flaw == "missing_file")
            await self._hold(location, held)
        signature, certificate = self._signed(image, flaw)
        return {
            "location": location,
            "signature": signature,
            "signingCertificate": certificate,
            "sha256": hashlib.sha256(image).hexdigest() if image else "",
        }

    async def _offer(self, image: bytes, among: Sequence[str], *, missing: bool) -> str:
        server = await self._server()
        name = server.fresh(f"{MISSING if missing else ''}firmware-{self._images}.bin")
        self._offered = name
        if not missing:
            server.offer(name, image)
        return server.url(name, self._scheme(server, among))

    async def act_fetched(self) -> dict[str, Any]:
        """Return how often the image that was offered last has been fetched, as a whole.

        ``watched`` is false where it is on a server of the tester's.
        """
        if not self._offered:
            return {"times": 0, "watched": False}
        server = await self._server()
        return {"times": server.fetched(self._offered), "watched": True}

    def _signed(self, image: bytes, flaw: str) -> tuple[str, str]:
        from testbay.pki import firmware

        if self.firmware.signature and flaw != "wrong_certificate":
            wrong = flaw == "wrong_signature"
            signature = self.firmware.signature
            return firmware.spoiled(signature) if wrong else signature, self.firmware.certificate
        if self.keyring is None:  # an update without signature needs none
            return "", ""
        of = "unknown_root" if flaw == "wrong_certificate" else ""
        signer = self.keyring.lab.signer(of, self.signing)
        signature = firmware.signature(image, signer.key)
        return firmware.spoiled(signature) if flaw == "wrong_signature" else signature, signer.chain

    async def act_place(
        self,
        kind: str = "diagnostics",
        flaw: str = "",
        among: Sequence[str] = (),
        held: bool = False,
    ) -> dict[str, Any]:
        """Make a folder for uploads; return where it is.

        Args:
            kind: diagnostics or logs.
            flaw: refused: whatever is uploaded there is refused.
            among: the schemes by which the station can upload; nothing: any.
            held: uploads do not end before they are let go; not on a server of the tester's.
        """
        if kind not in ("diagnostics", "logs") or flaw not in ("", "refused"):
            raise CaseError(f"there is no folder for {kind!r} that is {flaw!r}")
        if self.log_location and not flaw:
            self._place = ""
            return {"location": self.log_location}
        server = await self._server()
        folder: Folder = "logs" if kind == "logs" else "diagnostics"
        place = server.place(folder, self._scheme(server, among), takes=not flaw)
        self._place = place
        await self._hold(place, held)
        return {"location": place}

    async def _hold(self, url: str, held: bool) -> None:
        if held:
            self._held = url
            (await self._server()).hold(url)

    async def act_let_go(self) -> dict[str, Any]:
        """Let the transfer end that is held."""
        if self._held:
            (await self._server()).let_go(self._held)
        self._held = ""
        return {}

    async def act_uploads(self) -> dict[str, Any]:
        """Return what has been uploaded to the folder that was made last.

        ``watched`` is false where that folder is on a server of the tester's.
        """
        if not self._place:
            return {"files": [], "watched": False}
        server = await self._server()
        came = await server.uploaded(self._place, LATE)  # its last bytes may be on their way
        files = [{"name": u.name, "size": u.size, "sha256": u.sha256} for u in came]
        return {"files": files, "watched": True}
