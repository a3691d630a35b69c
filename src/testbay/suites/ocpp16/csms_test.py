"""The verbs of a case whose system under test is a CSMS; the tool is its station."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from testbay.roles.attempts import UPGRADED
from testbay.roles.station_model16 import StationModel16
from testbay.scenario.checks import Judges, eq
from testbay.scenario.test import Test
from testbay.scenario.values import Payload, Received, Reply
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp16.actions import (
    CERTIFICATE,
    CHANGE_AVAILABILITY,
    CUT,
    DELETE_CERTIFICATE,
    DIAL,
    NEW_KEY,
    OLD_PASSWORD,
    PASSWORD,
    RECONNECT,
    REQUIRE,
    SET_SECURITY_PROFILE,
    TAKE_CERTIFICATE,
)
from testbay.suites.ocpp16.chains import serial_number
from testbay.suites.ocpp16.checks import HERE, same_text
from testbay.suites.ocpp16.configured import cfg

ACCEPTED = {"status": "Accepted"}
"""As ``reply=``: the station does what it is asked for."""

REJECTED = {"status": "Rejected"}
"""As ``reply=``: the station does not do what it is asked for."""

TOKEN_ACCEPTED = eq("idTagInfo.status", "Accepted")
"""The CSMS lets the token charge."""

CHOSEN = (
    *("CancelReservation", "ClearChargingProfile", "GetDiagnostics", "GetLocalListVersion"),
    *("RemoteStartTransaction", "RemoteStopTransaction", "ReserveNow", "SendLocalList"),
    *("SetChargingProfile", "TriggerMessage", "UnlockConnector"),
)
CHOSEN_SECURELY = (
    *("CertificateSigned", "ExtendedTriggerMessage", "GetLog", "InstallCertificate"),
    "SignedUpdateFirmware",
)
TAKEN_BY_CASES = ("authorizationkey", "securityprofile")
"""Settings that the station changes only where a case says so, in lower case."""

AMBIENT = (
    *("ChangeConfiguration", "ClearChargingProfile", "DataTransfer", "GetCompositeSchedule"),
    *("GetConfiguration", "GetLocalListVersion", "SendLocalList", "SetChargingProfile"),
    *("ExtendedTriggerMessage", "GetInstalledCertificateIds", "InstallCertificate"),
    *("TriggerMessage", "@connect", "@client_hello", "@tls", "@tls_refused"),
)
COLD_STARTS = ("TC_001_CSMS",)  # they boot the station themselves
MOST_BOOTS = 5
LONGEST_PENDING = 300  # s, until the next boot
MOST_ROUNDS = 10
TAKES = "a CSMS may need a moment until what was accepted counts"
MUTUAL = 3  # the security profile in which the station shows a certificate


@dataclass
class CsmsTest(Test):
    """A case against a CSMS."""

    model: StationModel16

    # -- what the engine asks of the suite --------------------------------------------------------

    def answer_matters(self, message: Received) -> bool:
        """Return whether steps choose between answers to this message."""
        if message.action in CHOSEN:
            return self.recorder.phase == "main"
        chosen = message.action in CHOSEN_SECURELY or (
            message.action == "ChangeConfiguration"
            and str(message.get("key")).casefold() in TAKEN_BY_CASES
        )
        return chosen and self.recorder.phase in ("before", "main", "restore")

    def ambient(self, message: Received) -> bool:
        """Return whether it may come at any time; that a CSMS hangs up is worth a remark."""
        if message.action == "@closed":
            return bool(message.get("by") == "us")
        return message.action in AMBIENT

    async def prepare(self) -> None:
        """Bring the simulated station to where every case begins (1.3): accepted and idle."""
        from testbay.suites.ocpp16.states.csms import booted

        self.undo(self.return_to_idle)
        if self.model.resetting:
            await self.link("restart", RECONNECT)
        if self.recorder.case in COLD_STARTS and not self.model.transactions:
            return
        if not self.model.registered:
            await self.reach(booted)
            await self.settle()
        await self.return_to_idle()
        self.box.put_aside("idle/put aside")  # what the CSMS said meanwhile is no step of the case

    def begin(self) -> None:
        """Keep what the CSMS said during the preparations from the steps of the case."""
        self.box.put_aside("before/put aside")

    async def settle(self) -> None:
        """Let the CSMS say all it has to say to a station that has booted."""
        for _ in range(MOST_ROUNDS):
            start = self.mark()
            await self.wait(cfg.settle_time, "what a CSMS sends after a boot has come by then")
            if self.mark() == start:
                return

    async def return_to_idle(self) -> None:
        """Stop what runs, and report every connector as available and in operation."""
        self.model.forget()
        if not self.model.registered:
            return
        with self.recorder.under("idle"):
            for transaction in list(self.model.transactions.values()):
                await self.stop(1, "Local", transaction.connector)
            for connector in range(self.value(cfg.number_of_connectors) + 1):
                if self.model.statuses.get(connector) != "Available":
                    await self.status(3, "Available", connector)
            for action, payload in self.model.unfinished():
                await self.call(5, action, dict(payload))

    async def operative_again(self) -> None:
        """Have the CSMS put back into operation what a case has had taken out of it."""
        self.manual(CHANGE_AVAILABILITY(operative=True))
        await self.expect(1, "ChangeAvailability", eq("type", "Operative"), where=HERE)

    # -- what cases ask ---------------------------------------------------------------------------

    @property
    def charging(self) -> bool:
        """Whether a transaction runs on the connector of the cases, and energy flows."""
        here = self.value(cfg.connector_id)
        return here in self.model.transactions and self.model.statuses.get(here) == "Charging"

    @property
    def transaction(self) -> int:
        """The id that the CSMS has given to the transaction on the connector of the cases."""
        return self.transaction_at(cfg.connector_id)

    def transaction_at(self, connector: Any) -> int:
        """Return the id of the transaction on a connector; without one the case ends."""
        running = self.model.transactions.get(self.value(connector))
        if running is None:
            why = "the CSMS has given no transaction id, but the case needs one"
            raise StopCase(self.recorder.bad, why)
        return running.id

    def arrived(self, message: Received) -> datetime:
        """Return when a message came."""
        return self.now() - timedelta(seconds=self.recorder.elapsed() - message.at)

    @property
    def reservation(self) -> int:
        """The id that the CSMS has given to the reservation that the connector is used with."""
        found = self.model.reservations.at(self.value(cfg.connector_id), self.now())
        if found is None:
            raise StopCase(self.recorder.bad, "nothing is reserved, but the case needs it")
        return found.id

    def meter(self, connector: Any, when: str) -> int:
        """Return what the meter of a connector reads at a time stamp (Wh)."""
        return self.model.meter(self.value(connector), datetime.fromisoformat(when))

    @property
    def wanted_limit(self) -> float:
        """The limit that cases set: 6 A, or 6000 W."""
        return 6.0 if self.value(cfg.charging_rate_unit) == "A" else 6000.0

    def drop_reservations(self) -> None:
        """Cancel at the station what is reserved there, without a word to the CSMS."""
        self.model.reservations.made.clear()

    def remark(self, text: str) -> None:
        """Tell the reader of the report something that is not judged."""
        self.recorder.remark(text)

    def check_registered(self) -> None:
        """End the case where the CSMS has not accepted the boot: then nothing may be sent (4.2).

        A connection that was lost and came back needs no other boot (OCPP-J 5.3).
        """
        came_back = self.model.connection and not self.model.registration
        if not self.model.registered and not came_back:
            seen = self.model.registration or "it has hung up"
            why = f"the CSMS has not accepted the station, which must not go on then: {seen}"
            raise StopCase(self.recorder.bad, why)

    def interval(self, answer: Payload, otherwise: Any = cfg.heartbeat_interval) -> float:
        """Return the interval of an answer to a boot (s); 0 leaves it to the station (4.2)."""
        given = answer.get("interval")
        return float(given if isinstance(given, int) and given > 0 else self.value(otherwise))

    # -- verbs: what the station sends ------------------------------------------------------------

    async def boot(self, step: int | str, *checks: Judges) -> Payload:
        """Send a BootNotification."""
        payload = {
            "chargePointVendor": cfg.vendor_name,
            "chargePointModel": cfg.model,
            "chargePointSerialNumber": serial_number(self.value),
        }
        return await self.call(step, "BootNotification", payload, *checks)

    async def status(
        self,
        step: int | str,
        status: str,
        connector: Any = cfg.connector_id,
        error: str = "NoError",
    ) -> None:
        """Report the status of a connector."""
        await self.call(
            step,
            "StatusNotification",
            {
                "connectorId": connector,
                "errorCode": error,
                "status": status,
                "timestamp": self.stamp(),
            },
        )

    async def connectors_report(
        self, step: int | str, status: str, *, here: str = "", first: int = 0
    ) -> None:
        """Report the status of connector 0 and of each connector, as one does after a boot.

        Args:
            here: the status of the connector of the cases, if it is another one.
            first: 1 leaves out connector 0, the station.
        """
        self.check_registered()
        for connector in range(first, self.value(cfg.number_of_connectors) + 1):
            mine = here and connector == self.value(cfg.connector_id)
            with self.round(f"connector {connector}"):
                await self.status(step, here if mine else status, connector)

    async def authorize(
        self, step: int, *checks: Judges, id_tag: Any = cfg.valid_id_tag
    ) -> Payload:
        """Ask whether a token may charge."""
        return await self.call(step, "Authorize", {"idTag": id_tag}, *checks)

    async def start(
        self,
        step: int,
        *checks: Judges,
        id_tag: Any = cfg.valid_id_tag,
        at: str = "",
        reserved: bool = False,
    ) -> Payload:
        """Tell that a transaction has started on the connector of the cases.

        Args:
            at: the time stamp of its start, where that was earlier.
            reserved: whether it uses the reservation of the connector.
        """
        when = at or self.stamp()
        payload = {
            "connectorId": cfg.connector_id,
            "idTag": id_tag,
            "meterStart": self.meter(cfg.connector_id, when),
            "timestamp": when,
        }
        if reserved:
            payload = {**payload, "reservationId": self.reservation}
        return await self.call(step, "StartTransaction", payload, *checks)

    async def stop(
        self, step: int, reason: str, connector: Any = cfg.connector_id, at: str = ""
    ) -> Payload:
        """Tell that the transaction on a connector has ended.

        Args:
            at: the time stamp of its end, where that was earlier.
        """
        when = at or self.stamp()
        return await self.call(
            step,
            "StopTransaction",
            {
                "transactionId": self.transaction_at(connector),
                "meterStop": self.meter(connector, when),
                "timestamp": when,
                "reason": reason,
            },
        )

    async def meter_values(self, step: int) -> None:
        """Send the present reading of the meter at the connector of the cases."""
        when = self.stamp()
        reading = {
            "value": str(self.meter(cfg.connector_id, when)),
            "context": "Trigger",
            "measurand": "Energy.Active.Import.Register",
            "unit": "Wh",
        }
        await self.call(
            step,
            "MeterValues",
            {
                "connectorId": cfg.connector_id,
                "meterValue": [{"timestamp": when, "sampledValue": [reading]}],
            },
        )

    async def firmware(self, step: int, status: str) -> None:
        """Report how the update of the firmware goes."""
        await self.call(step, "FirmwareStatusNotification", {"status": status})

    async def diagnostics(self, step: int, status: str) -> None:
        """Report how the upload of diagnostics goes."""
        await self.call(step, "DiagnosticsStatusNotification", {"status": status})

    # -- verbs: security --------------------------------------------------------------------------

    @property
    def security_profile(self) -> int:
        """The security profile that the station is on."""
        return int(self.model.setting("SecurityProfile"))

    def has_root(self, use: str) -> bool:
        """Return whether the CSMS has installed a root certificate for this use."""
        return any(one.use == use for one in self.model.security.installed)

    async def root(self, name: str) -> str:
        """Return a root certificate that the CSMS has been given to install (PEM)."""
        return str((await self.link("configured", CERTIFICATE(name=name)))["pem"])

    async def remove_root(self, use: str) -> None:
        """Have the CSMS delete the root certificate that it has installed last."""
        if self.has_root(use):
            self.manual(DELETE_CERTIFICATE(use=use))
            await self.expect(1, "DeleteCertificate")

    def hash_with(self, algorithm: str) -> None:
        """Name installed certificates by this algorithm from now on."""
        self.model.security.algorithm = algorithm

    def must_be_answered(self, message: Received, reply: Reply) -> None:
        """End the case where a request came too early and was answered otherwise by default."""
        if message.reply != reply:
            why = f"{message.action} came too early: it was answered by default before the step "
            raise StopCase(Verdict.INCONCLUSIVE, f"{why}could choose")

    async def request_certificate(self, step: int, asked: Received, *checks: Judges) -> str:
        """Make a new key and ask for a certificate, as was asked; return the request (PEM)."""
        self.must_be_answered(asked, ACCEPTED)
        kind = "rsa" if self.value(cfg.signing_algorithm) == "RSA" else "ec"
        made = await self.link(
            "new key", NEW_KEY(organization=self.model.setting("CpoName"), kind=kind)
        )
        await self.call(step, "SignCertificate", {"csr": made["csr"]}, *checks)
        return str(made["csr"])

    async def take_certificate(self, label: str, signed: Received) -> None:
        """Show this certificate on connections to come, until the case is over."""
        self.must_be_answered(signed, ACCEPTED)
        chain = str(signed["certificateChain"])
        await self.link(label, TAKE_CERTIFICATE(chain=chain), eq("fits", True))
        self.undo(lambda: self.drop_certificate(chain))

    async def drop_certificate(self, chain: str) -> None:
        """Show the certificate again that is configured, if the CSMS still takes it."""
        await self.link("certificate", TAKE_CERTIFICATE(chain=""))
        if self.security_profile < MUTUAL:
            return
        self.model.offline = True
        if not (await self.link("certificate", RECONNECT))["upgraded"]:
            await self.link("certificate", TAKE_CERTIFICATE(chain=chain))
            await self.link("certificate", RECONNECT)
            self.remark(
                "the CSMS no longer takes the configured certificate of the station: the run goes "
                "on with the one that it has signed; give the station a certificate afterwards"
            )

    async def take_password(self, step: int, told: Received) -> None:
        """Connect again with this password, until the case is over."""
        self.must_be_answered(told, ACCEPTED)
        await self.link("password", PASSWORD(value=told["value"]))
        self.undo(self.drop_password)
        await self.reconnect(step)

    async def drop_password(self) -> None:
        """Have the CSMS go back to the password that is configured."""
        old = self.value(cfg.authorization_key)
        if self.model.connection:
            self.manual(OLD_PASSWORD)
            key = same_text("key", "AuthorizationKey")
            await self.expect(1, "ChangeConfiguration", where=key, reply=ACCEPTED)
        await self.link("password", PASSWORD(value=old))
        await self.reconnect("password")

    async def take_profile(self, step: int, told: Received) -> None:
        """Restart, and connect with this security profile, until the case is over.

        Raises:
            StopCase: it does not trust the certificate of the CSMS.
        """
        self.must_be_answered(told, ACCEPTED)
        profile = self.security_profile
        before = int(self.value(cfg.security_profile))
        await self.link("profile", REQUIRE(profile=profile))
        self.undo(lambda: self.drop_profile(before))
        await self.wait(cfg.settle_time, TAKES)
        seen = await self.link(step, RECONNECT)
        if seen.get("by") == "us":
            why = (
                f"the station does not trust the CSMS: {seen.get('reason')}; name the root of its "
            )
            raise StopCase(Verdict.INCONCLUSIVE, f"{why}certificate as csms_root")
        self.check(step + 1, UPGRADED, seen)

    async def drop_profile(self, profile: int) -> None:
        """Have the station put back on this security profile, which OCPP cannot do (A00.FR.005)."""
        self.manual(SET_SECURITY_PROFILE(profile=profile))
        await self.link("profile", REQUIRE(profile=profile))
        self.model.changed.pop("SecurityProfile", None)
        await self.reconnect("profile")

    async def security_event(self, step: int, kind: str) -> None:
        """Tell of a security event."""
        payload = {"type": kind, "timestamp": self.stamp()}
        await self.call(step, "SecurityEventNotification", payload)

    async def signed_firmware(self, step: int, status: str, update: Received) -> None:
        """Report how a signed update of the firmware goes."""
        payload = {"status": status, "requestId": update["requestId"]}
        await self.call(step, "SignedFirmwareStatusNotification", payload)

    async def log_status(self, step: int, status: str, wish: Received) -> None:
        """Report how the upload of a log goes."""
        payload = {"status": status, "requestId": wish["requestId"]}
        await self.call(step, "LogStatusNotification", payload)

    # -- verbs: the connection --------------------------------------------------------------------

    async def reconnect(self, step: int | str) -> None:
        """Close the connection and open another one, without a restart (OCPP-J 5.3)."""
        await self.wait(cfg.settle_time, TAKES)
        self.model.offline = True
        await self.link(step, RECONNECT, UPGRADED)

    async def go_offline(self, step: int) -> None:
        """Lose the connection, and go on."""
        self.model.offline = True
        await self.link(step, CUT)

    async def lose_power(self, step: int) -> None:
        """Go down without a word."""
        await self.link(step, CUT)

    async def come_back(self, step: int) -> None:
        """Connect again, after it was lost or the station was without power."""
        await self.link(step, DIAL)
