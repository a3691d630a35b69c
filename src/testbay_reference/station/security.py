"""The security whitepaper put together: who keeps what, and what follows from what."""

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from testbay_reference.link import Answer, Rpc
from testbay_reference.outbox import Result
from testbay_reference.station.context import Context, Payload
from testbay_reference.station.outbox import Outbox
from testbay_reference.station.passwords import authorization_key, password_bytes
from testbay_reference.station_security.access import Access
from testbay_reference.station_security.own_certificate import Own, OwnCertificate
from testbay_reference.station_security.security_events import SecurityEvents
from testbay_reference.station_security.trust import Trust

BASIC = (1, 2)
SECURE = (2, 3)


class Security:
    """Keep credentials and roots, tell security events, and know how to connect.

    Args:
        connection: the open connection.
        reconnect: ends the connection and makes another one.
    """

    def __init__(
        self,
        context: Context,
        outbox: Outbox,
        connection: Callable[[], Rpc | None],
        reconnect: Callable[[], None],
    ) -> None:
        self._context = context
        self._outbox = outbox
        self._connection = connection
        self._reconnect = reconnect
        self.events = SecurityEvents(context, outbox)
        self.trust = Trust(context, self.events)
        self.own = OwnCertificate(context, self.trust, self.events, self._ask, self._renewed)
        self.access = Access(
            context, self.trust, self.own, self.events, context.options.address, password_bytes
        )
        config = context.config
        if "AuthorizationKey" in config:
            self._password = config.text("AuthorizationKey")
            config.after("AuthorizationKey", self._password_changed)
        if "SecurityProfile" in config:
            self._profile = int(config.text("SecurityProfile"))
            config.guard("SecurityProfile", self._may_raise)
            config.on_change("SecurityProfile", self._profile_changed)
            config.after("SecurityProfile", self._profile_in_effect)

    @property
    def handlers(self) -> dict[str, Any]:
        """Return the handlers by action; each call shows that the CSMS knows the whitepaper."""
        found = self.trust.handlers | self.own.handlers
        return {action: self.of_whitepaper(handler) for action, handler in found.items()}

    def of_whitepaper(self, handler: Callable[[Payload], Any]) -> Callable[[Payload], Any]:
        """Return a handler that also takes note of who sends such calls."""

        async def handle(payload: Payload) -> Answer:
            self.events.known()
            answer: Answer = handler(payload)
            return (await answer) if isawaitable(answer) else answer

        return handle

    def booted(self, reset: str | None) -> None:
        """Take note that the station has booted.

        Args:
            reset: why, if it did not just get power.
        """
        if self.access.profile:
            self.events.known()
        self.events.happened("StartupOfTheDevice")
        if reset is not None:
            self.events.happened("ResetOrReboot", reset)

    def online(self) -> None:
        """Begin ordinary operation over a connection: the CSMS has accepted the station."""
        self.access.accepted()
        self.events.deliver()
        self.own.look_at_age()

    def _ask(self, action: str, payload: Payload, answered: Callable[[Result], None]) -> None:
        """Send a message, accepted by the CSMS or not (A00.FR.806)."""
        rpc = self._connection()
        if self._outbox.online or rpc is None:
            self._outbox.send(action, payload, answered)
        else:
            self._context.spawn(_call(rpc, action, payload, answered), action)

    def _password_changed(self) -> None:
        config = self._context.config
        self._context.store.set("password_before", self._password)
        self._password = config.text("AuthorizationKey")
        self.events.happened("ReconfigurationOfSecurityParameters", "AuthorizationKey was changed")
        stays = "password-change-without-reconnect" in self._context.faults
        if self.access.profile != 3 and not stays:
            self._reconnect()

    def _may_raise(self, value: str) -> bool:
        """Tell whether the station can use a security profile (A05.FR.01 to 05)."""
        wanted, current = int(value), int(self._context.config.text("SecurityProfile"))
        if wanted <= current:
            return "lowers-security-profile" in self._context.faults and wanted < current
        missing = ""
        if wanted not in self._context.options.security_profiles:
            missing = "this station does not have it"
        elif wanted in BASIC and not self._has_password():
            missing = "there is no password that is long enough"
        elif wanted in SECURE and not self.trust.csms:
            missing = "there is no root certificate of the CSMS"
        elif wanted == 3 and not self.own.usable:
            missing = "there is no valid certificate of the station"
        if missing:
            self._context.note(f"security profile {wanted} is not possible: {missing}")
        return not missing

    def _has_password(self) -> bool:
        config = self._context.config
        if "AuthorizationKey" not in config:
            return False
        try:
            authorization_key(config.text("AuthorizationKey"))
        except ValueError:
            return False
        return True

    def _profile_changed(self) -> None:
        now = int(self._context.config.text("SecurityProfile"))
        if now > self._profile:
            self.access.try_profile(self._profile)
        self._profile = now
        self.events.known()
        self.events.happened("ReconfigurationOfSecurityParameters", f"security profile {now}")

    def _profile_in_effect(self) -> None:
        self.access.settle()
        self._reconnect()

    def _renewed(self, before: Own) -> None:
        self.access.try_certificate(before)
        stays = "new-certificate-without-reconnect" in self._context.faults
        if self.access.profile == 3 and not stays:
            self._reconnect()


async def _call(
    rpc: Rpc, action: str, payload: Payload, answered: Callable[[Result], None]
) -> None:
    answered(await rpc.call(action, payload))
