"""The tool as a station: it dials the CSMS under test."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any
from urllib.parse import quote, urlsplit

from testbay.protocol.versions import Version
from testbay.roles.beats import Beats
from testbay.roles.end import LEFT, NO_LAB, Impossible, ToolEnd
from testbay.roles.gate import HIGHEST, MUTUAL, SECURE
from testbay.roles.keyring import Keyring
from testbay.roles.passwords import basic
from testbay.scenario.values import Answer, Received, Reply
from testbay.scenario.verdict import CaseError
from testbay.transport.dialer import DialFailed, dial
from testbay.transport.events import Closed, Opened, TlsEstablished
from testbay.transport.probe import probe
from testbay.transport.settings import Identity, client_settings, pem
from testbay.transport.tls import Settings, tls_of_this_machine
from testbay.transport.wire import Wire

UNAUTHORIZED = 401
HINTS = {
    UNAUTHORIZED: "; it wants a password, or another one",
    403: "; it does not let this station in",
    404: "; the path of the URL is wrong, or it does not know this identity",
}
"""What a tester should look at, by the HTTP status of the answer."""

NAME_ITS_ROOT = (
    "; name the file with its root certificate by [lab] csms_root in the configuration, or by "
    "SSL_CERT_FILE=..., if it is yours"
)
OTHER_ROOT = "; its certificate does not lead to the root that is configured ([lab])"
STRANGE = "unknown_root"
OF_ANOTHER = (
    "the certificate that is shown ({}) is of the laboratory, and the configured one of the "
    "station is not: a CSMS that does not trust the root of the laboratory refuses it for that"
)
CLOSES = 5.0  # s, for a CSMS to end a connection without a subprotocol
PAUSES = (1.0, 2.0, 4.0)  # s, before each attempt to open a lost connection again
AGAIN = 2.0  # s, until a CSMS is dialled again that is down for a moment
SERVER_ERROR = 500  # what a proxy answers from here on while the CSMS behind it is down


class StationEnd(ToolEnd):
    """Dials, and dials again when a case asks for it.

    Args:
        url: of the CSMS, without the identity.
        identity: of the simulated station.
        password: for HTTP Basic authentication, as ``password_bytes`` reads it; empty: none is
            sent.
        profile: the security profile with which it connects (0: nothing is demanded).
        keyring: its certificates, and the roots that it trusts; without, those of this machine.
        other_url: of the CSMS where it is wanted encrypted if ``url`` is not, or the reverse; if
            both are, the one for higher security profiles; empty: the same host and port.
        timeout: how long an answer to the tool may take (s).
    """

    def __init__(
        self,
        version: Version,
        url: str,
        identity: str,
        *,
        password: str = "",
        profile: int = 0,
        keyring: Keyring | None = None,
        other_url: str = "",
        timeout: float = 30.0,
    ) -> None:
        super().__init__(version, "station", identity, timeout)
        self._redialling: asyncio.Task[None] | None = None
        self._beats = Beats(self._beat)
        self._met = False
        self._urls = {_secure(one): one for one in (other_url, url) if one}
        self._encrypted = _secure(url)
        self._above = other_url if _secure(other_url) == _secure(url) else ""
        self._first_profile = profile
        self.password = password
        self.others: tuple[str, ...] = ()
        """Passwords that the CSMS may want instead, if it has given one in an earlier run."""
        self.profile = profile
        self.keyring = keyring

    def call(self, uid: str, action: str, payload: dict[str, Any]) -> Coroutine[Any, Any, Answer]:
        """Send a request and wait for what comes back; a lost connection is opened again first."""
        if self._redialling is None:
            return self._beats.around(action, super().call(uid, action, payload))
        later = self._call_later(self._redialling, uid, action, payload)
        return self._beats.around(action, later)

    def answer(self, message: Received, reply: Reply) -> None:
        """Answer a request; one that sets the interval of heartbeats is heeded."""
        super().answer(message, reply)
        self._beats.answered(message.action, message.payload, reply)

    async def _beat(self, number: int) -> None:
        if self._current is not None:
            await super().call(f"beat{number}", "Heartbeat", {})

    async def _call_later(
        self, redialling: asyncio.Task[None], uid: str, action: str, payload: dict[str, Any]
    ) -> Answer:
        await asyncio.wait((redialling,))
        return await super().call(uid, action, payload)

    def _opened(self, wire: Wire, event: Opened) -> None:
        super()._opened(wire, event)
        self._beats.go_on()

    def closed(self, wire: Wire, event: Closed) -> None:
        """See a connection end; a station opens one again that it has not closed itself."""
        self._beats.pause()
        if event.by != "us" and self._current is None and self._redialling is None:
            self._redialling = asyncio.get_running_loop().create_task(self._redial())

    async def _redial(self) -> None:
        try:
            for pause in PAUSES:
                await asyncio.sleep(pause)
                if self._current is not None or (await self.act_dial())["upgraded"]:
                    return
        finally:
            self._redialling = None

    async def ready(self, timeout: float) -> str:
        """Dial unless the CSMS is connected; return why that failed, or nothing.

        A CSMS that was there before may be down for a moment: it is dialled until the time is over.
        """
        if self._current is not None:
            return ""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        seen = await self.act_dial(timeout=timeout)
        while self._met and _down(seen) and (left := until - loop.time() - AGAIN) > 0:
            await asyncio.sleep(AGAIN)
            if self._current is not None:
                return ""
            seen = await self.act_dial(timeout=left)
        for password in self.others if seen.get("http_status") == UNAUTHORIZED else ():
            tried = await self.act_dial(timeout=timeout, password=password)
            if tried["upgraded"]:
                self.inbox.notice(LEFT.format("CSMS", "wants"))
                seen, self.password = tried, password
                break
        if seen["upgraded"] and self._current is not None:
            self._met, self.others = True, ()
            return ""
        hint = HINTS.get(seen.get("http_status", 0), "")
        answered = seen["upgraded"] or "http_status" in seen
        how = "used" if answered else "reached"
        if "CERTIFICATE_VERIFY_FAILED" in seen["reason"]:
            hint = (
                NAME_ITS_ROOT if self.keyring is None or not self.keyring.verifies else OTHER_ROOT
            )
        if seen["reason"].endswith("CERTIFICATE_REQUIRED"):
            hint = "; it wants a certificate, as with security profile 3"
        return f"the CSMS at {self._url} cannot be {how}: {seen['reason']}{hint}"

    async def close(self) -> None:
        """End the connection."""
        self._beats.pause()
        if self._redialling is not None:
            self._redialling.cancel()
        await self.act_close()

    async def act_dial(
        self,
        subprotocols: list[str] | None = None,
        timeout: float = 30.0,
        security: int | None = None,
        password: str | None = None,
        name: str | None = None,
        certificate: str | None = None,
        tls_max: str | None = None,
        ciphers: list[str] | None = None,
    ) -> dict[str, Any]:
        """Connect; say how far that came, and with what.

        Args:
            security: the security profile to connect with; without, the one in use.
            password: to show; empty: no name and password are shown; without, the one in use.
            name: to show beside it; without, the identity.
            certificate: to show, by its flaw; empty: none is shown; without, the one in use.
            tls_max: the highest version of TLS that is offered, such as TLSv1.1.
            ciphers: IANA names of the suites that are offered for TLS 1.2 and below.
        """
        profile = self._profile(security)
        secure = profile >= SECURE if profile else self._encrypted
        url = self._address(secure, profile)
        result = await dial(
            self.handle,
            url,
            subprotocols=subprotocols or [self.version.subprotocol],
            headers=self._headers(profile, password, name),
            tls=self._settings(profile, certificate, tls_max, ciphers) if secure else None,
            open_timeout=timeout,
        )
        if isinstance(result, DialFailed):
            seen: dict[str, Any] = {"upgraded": False, "by": result.by, "reason": result.reason}
            if result.status is not None:
                seen["http_status"] = result.status
            seen |= {"stage": result.stage, "reached": result.heard, "late": result.late}
            seen["host"] = urlsplit(url).hostname or ""
            return seen | (_encryption(result.tls) if secure else {})
        more = {"stage": "open", "reached": True, "late": False}
        more["host"] = urlsplit(url).hostname or ""
        more |= _encryption(result.established) if secure else {}
        if result.subprotocol is None:
            ended = await _closes(result)  # as OCPP-J 3.1.2 wants it
            result.close(1002, "no common subprotocol")
            await result.wait_closed()
            why = f"it did not choose the subprotocol {self.version.subprotocol}"
            return {"upgraded": True, "reason": why, "ended": ended} | more
        return {"upgraded": True, "subprotocol": result.subprotocol, "reason": ""} | more

    async def act_probe(
        self, version: str | None = None, ciphers: list[str] | None = None
    ) -> dict[str, Any]:
        """Make a TLS handshake and nothing else; any certificate of the CSMS is taken.

        Args:
            version: the only version of TLS that is offered; without, TLS 1.2 and 1.3.
            ciphers: IANA names of the suites that are offered for TLS 1.2 and below.
        """
        parts = urlsplit(self._address(secure=True))
        identity = self._certificate(None) if self.profile == MUTUAL else None
        offered = tuple(ciphers) if ciphers is not None else None
        try:
            settings = client_settings(None, identity, version or "", version or "", offered)
        except ValueError as error:
            raise CaseError(str(error)) from None
        found = await probe(parts.hostname or "", parts.port or 443, settings)
        agreed = found.agreed
        return {
            "agreed": agreed is not None and not found.reason,
            "by": found.by or "",
            "reason": found.reason,
            "reached": found.heard,
            "late": found.late,
            "host": parts.hostname or "",
            "version": agreed.version if agreed else "",
            "cipher": agreed.cipher if agreed else "",
            "certificate": pem(agreed.peer_certificate) if agreed else "",
        }

    async def act_new_key(self, organization: str = "", kind: str = "ec") -> dict[str, Any]:
        """Make a new key; return the request to have it certified.

        Args:
            organization: the O of the subject; empty: the operator of the laboratory.
            kind: ec or rsa.
        """
        if self.keyring is None:
            raise Impossible(NO_LAB)
        return {"csr": self.keyring.new_key(organization, kind)}

    async def act_take_certificate(self, chain: str) -> dict[str, Any]:
        """Show a certificate from now on, if it is for a key that was made; say whether it is.

        Args:
            chain: PEM; empty: the one that was there at first is shown again.
        """
        if self.keyring is None:
            raise Impossible(NO_LAB)
        why = self.keyring.take(chain)
        return {"fits": not why, "why": why}

    async def act_above_stations(self) -> dict[str, Any]:
        """Return the roots to which certificates of stations lead; nothing: none is configured."""
        if self.keyring is None:
            raise Impossible(NO_LAB)
        return {"pem": self.keyring.above_stations()}

    async def act_require(self, profile: int) -> dict[str, Any]:
        """Connect with this security profile from now on."""
        self.profile = self._profile(profile)
        return {}

    async def act_password(self, value: str) -> dict[str, Any]:
        """Show this password from now on."""
        self.password, self.others = value, ()
        return {}

    async def act_reconnect(self) -> dict[str, Any]:
        """Close the connection and dial again."""
        await self.act_close()
        return await self.act_dial()

    def _profile(self, wanted: int | None) -> int:
        profile = self.profile if wanted is None else wanted
        if profile not in range(HIGHEST + 1):
            raise CaseError(f"there is no security profile {profile!r}; there are 0 to {HIGHEST}")
        return profile

    @property
    def _url(self) -> str:
        """Where it connects with the security profile that is in use."""
        return self._address(self.profile >= SECURE if self.profile else self._encrypted)

    def _address(self, secure: bool, profile: int | None = None) -> str:
        url = self._urls.get(secure) or self._urls[not secure]
        if self._above and (self.profile if profile is None else profile) > self._first_profile:
            url = self._above
        scheme = "wss" if secure else "ws"
        return f"{scheme}:{url.partition(':')[2].rstrip('/')}/{quote(self.identity, safe='')}"

    def _headers(
        self, profile: int, password: str | None, name: str | None
    ) -> tuple[tuple[str, str], ...]:
        """Return the headers; with a certificate, a password is shown only where a case says so."""
        if password is None:
            password = self.password if profile < MUTUAL else ""
        return (
            (("Authorization", basic(name or self.identity, password, self.version.hex_passwords)),)
            if password
            else ()
        )

    def _certificate(self, name: str | None) -> Identity | None:
        """Return the certificate that is shown: the one in use, none, or one with a flaw."""
        if name == "" or self.keyring is None:
            return None
        if name is None:
            return self.keyring.certificate()
        shown = self.keyring.certificate("" if name == "valid" else name)
        if name not in ("valid", STRANGE) and not self.keyring.flaws_tell():
            self.notice(OF_ANOTHER.format(name.replace("_", " ")))
        return shown

    def _settings(
        self,
        profile: int,
        certificate: str | None,
        tls_max: str | None,
        ciphers: list[str] | None,
    ) -> Settings:
        shown = None
        if profile == MUTUAL or certificate:
            shown = self._certificate(certificate)
        offered = tuple(ciphers) if ciphers is not None else None
        try:
            if self.keyring is not None:
                return self.keyring.dialling(shown, tls_max or "", offered)
            if tls_max or ciphers:
                return client_settings("", shown, tls_max or "", ciphers=offered)
        except ValueError as error:
            raise CaseError(str(error)) from None
        return tls_of_this_machine()


async def _closes(wire: Wire) -> bool:
    try:
        async with asyncio.timeout(CLOSES):
            await wire.wait_closed()
    except TimeoutError:
        return False
    return True


def _down(seen: dict[str, Any]) -> bool:
    """Return whether nobody has answered, or only a proxy for a CSMS that is not there."""
    if "http_status" in seen:
        return bool(seen["http_status"] >= SERVER_ERROR)
    return not seen["upgraded"] and not seen["reached"]


def _secure(url: str) -> bool:
    return url.startswith("wss:")


def _encryption(tls: TlsEstablished | None) -> dict[str, Any]:
    """Return what was agreed on, and what the CSMS has shown."""
    return {
        "tls": {"version": tls.version, "cipher": tls.cipher} if tls else {},
        "server_certificate": pem(tls.peer_certificate) if tls else "",
    }
