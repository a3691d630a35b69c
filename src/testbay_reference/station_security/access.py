"""How the station gets to the CSMS: security profile, password, certificate (whitepaper 2, A05)."""

from base64 import b64encode
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection

from testbay_reference.certificates import pem_of
from testbay_reference.dialling import Attempt
from testbay_reference.station_security.own_certificate import Own, OwnCertificate
from testbay_reference.station_security.parts import Station
from testbay_reference.station_security.security_events import SecurityEvents
from testbay_reference.station_security.tls import context as tls_context
from testbay_reference.station_security.tls import meaning, root_of, settings
from testbay_reference.station_security.trust import Trust

SECURE = (2, 3)


class Access:
    """Know with what to connect, and what to make of success and failure.

    What was changed is on trial until the CSMS has accepted the station with it: until then the
    station can go back to what it had (A05.FR.08), and keeps it for that.

    Args:
        address: gives the URL to connect to, with TLS or without.
        encoded: gives the bytes that are sent for a password.
    """

    def __init__(
        self,
        context: Station,
        trust: Trust,
        own: OwnCertificate,
        events: SecurityEvents,
        address: Callable[[bool], str],
        encoded: Callable[[str], bytes],
    ) -> None:
        self._context = context
        self._trust = trust
        self._own = own
        self._events = events
        self._address = address
        self._encoded = encoded
        self._trouble: str | None = None
        self._since: float | None = None
        self._with_fallback = False
        self._secure = False
        self._turn = 0
        self.profile = 0
        self.settle()

    def settle(self) -> None:
        """Use the security profile of the configuration from now on."""
        options, config = self._context.options, self._context.config
        self.profile = options.security_profile
        if "SecurityProfile" in config and "keeps-old-profile" not in self._context.faults:
            self.profile = int(config.text("SecurityProfile"))

    def attempt(self) -> Attempt:
        """Return with what to connect now."""
        faults, profile = self._context.faults, self.profile
        if "falls-back-to-old-profile" in faults and self._turn % 2:
            profile = int(self._context.store.get("profile_before", profile))
        url = self._address(profile in SECURE)
        tls = None
        if url.startswith("wss:"):
            roots = self._trust.fallback if self._with_fallback else self._trust.csms
            own = self._own.current
            if profile != 3 or "shows-no-certificate" in faults:
                own = Own()
            tls = tls_context(settings([pem_of(root) for root in roots], *own, faults))
        return Attempt(url, self._authorization(profile), tls)

    def failed(self, error: BaseException) -> None:
        """Take note that an attempt has failed."""
        self._turn += 1
        event = meaning(error)
        if event is not None:
            # A CSMS that stays as it is shall not find hundreds of the same event.
            self._events.happened(*event, tell=event[0] != self._trouble)
            self._trouble = event[0]
            if event[0] == "InvalidCentralSystemCertificate" and self._trust.fallback:
                self._with_fallback = not self._with_fallback  # M05.FR.13
        time = self._context.timers.time()
        self._since = time if self._since is None else self._since
        if time - self._since >= self._context.options.fallback:
            self._go_back()

    def opened(self, ws: ClientConnection) -> None:
        """Take note that there is a connection."""
        self._turn = 0
        self._trouble = self._since = None
        tls = ws.transport.get_extra_info("ssl_object")
        self._secure = tls is not None
        self._trust.in_use = root_of(tls)

    def closed(self) -> None:
        """Take note that the connection has ended."""
        self._trust.in_use = None

    def garbled(self, why: str) -> None:
        """Take note of something from the CSMS that is not a message."""
        self._events.happened("InvalidMessages", why)

    def accepted(self) -> None:
        """Take note that the CSMS has accepted the station over this connection."""
        self._context.store.set("trial", {})
        if self._secure and not self._with_fallback:
            self._trust.drop_fallback()
        self._with_fallback = False

    def try_profile(self, before: int) -> None:
        """Keep the security profile from before until the new one has worked."""
        self._context.store.set("profile_before", before)
        self._try({"profile": before})

    def try_certificate(self, before: Own) -> None:
        """Keep the certificate from before until the new one has worked."""
        if before.chain and self.profile == 3:
            self._try({"own": list(before)})

    def _try(self, before: dict[str, object]) -> None:
        self._since = None
        self._context.store.set("trial", before | self._context.store.get("trial", {}))

    def _go_back(self) -> None:
        trial = self._context.store.get("trial", {})
        self._context.store.set("trial", {})
        if "own" in trial:
            self._own.go_back(Own(*trial["own"]))
        if "profile" in trial and int(trial["profile"]) < self.profile:
            self._context.note("the new security profile does not work; back to the one before")
            self._context.config.put("SecurityProfile", str(trial["profile"]))
            self.settle()
            what = f"security profile {self.profile} again"
            self._events.happened("ReconfigurationOfSecurityParameters", what)

    def _authorization(self, profile: int) -> str | None:
        """Return the header of HTTP Basic authentication (A00.FR.204 and 205)."""
        options, faults = self._context.options, self._context.faults
        text = self._password()
        skipped = profile == 3 and "password-with-profile-3" not in faults
        if not text or skipped or "sends-no-password" in faults:
            return None
        password = self._encoded(text)
        if "password-as-digits" in faults:
            password = password.hex().encode()
        user = options.identity
        if "authorizes-as-other-station" in faults:
            user = f"{user}-2"
        return "Basic " + b64encode(user.encode() + b":" + password).decode()

    def _password(self) -> str:
        config, store, faults = self._context.config, self._context.store, self._context.faults
        if "AuthorizationKey" not in config:
            return self._context.options.password_text
        text = config.text("AuthorizationKey")
        before = store.get("password_before")
        if before is not None and "keeps-old-password" in faults:
            return str(before)
        if before is not None and "new-password-garbled" in faults:
            return text[:-1] + ("1" if text.endswith("0") else "0")
        return text
