"""Misbehaviours by name: each switches a single behaviour of the station."""

from collections.abc import Iterable
from difflib import get_close_matches

from testbay_reference.station_files.faults import FILE_FAULTS
from testbay_reference.station_security.faults import SECURITY_FAULTS

FAULTS: dict[str, str] = {
    # answering
    "answers-late": "Answers every call of the CSMS only after 45 seconds.",
    "never-answers": "Does not answer calls of the CSMS.",
    # booting and staying in touch
    "boot-retry-ignores-interval": "Repeats a BootNotification after 1 second.",
    "boot-gives-up": "Sends no further BootNotification once one was not accepted.",
    "boots-without-boot-notification": "Sends no BootNotification after a start or restart.",
    "boots-without-status": "Reports no statuses after its BootNotification was accepted.",
    "boot-reports-connectors-only": "Reports no status of connector 0 after a boot.",
    "boot-reports-always-available": "Reports every connector as Available after a boot.",
    "talks-before-accepted": "Reports statuses as soon as it is connected, accepted or not.",
    "silent-while-pending": "Does not answer calls while its registration is Pending.",
    "heartbeat-ignores-interval": "Sends Heartbeats twice as rarely as the CSMS asked for.",
    "no-heartbeat": "Sends no Heartbeat.",
    "never-reconnects": "Does not connect again after a connection was lost.",
    # starting
    "preparing-not-reported": "Does not report the status Preparing.",
    "charging-not-reported": "Does not report the status Charging.",
    "starts-without-authorize": "Accepts every token without asking the CSMS.",
    "starts-despite-refusal": "Starts a transaction although the CSMS refused the token.",
    "starts-on-plug-in": "Starts a transaction when a cable is plugged in, without a token.",
    "never-starts": "Lets energy flow but sends no StartTransaction.",
    "ignores-connection-timeout": "Keeps waiting for the cable after ConnectionTimeOut.",
    "connection-timeout-doubled": "Waits twice the ConnectionTimeOut for the cable.",
    # stopping
    "never-stops": "Ends transactions without a StopTransaction.",
    "finishing-not-reported": "Does not report the status Finishing.",
    "stuck-in-finishing": "Stays in Finishing after the cable was removed.",
    "stops-on-foreign-token": "Lets any presented token stop a running transaction.",
    "ignores-own-token": "Does not stop the transaction when its own token is presented again.",
    "ignores-parent-token": "Does not stop the transaction for another token of the same group.",
    "authorizes-own-token": "Sends Authorize for the token that started the transaction.",
    "ignores-ev-disconnect": "Does not notice that the cable left the vehicle.",
    "stops-on-ev-disconnect-despite-setting": "Ignores StopTransactionOnEVSideDisconnect false.",
    "stays-locked-on-ev-disconnect": "Ignores UnlockConnectorOnEVSideDisconnect true.",
    "remote-stop-ignores-id": "Stops what is running at any remote stop, rejected or not.",
    # offline
    "refuses-offline": "Refuses every token while it is offline.",
    "drops-offline-meter-values": "Loses the meter values of the time without a connection.",
    "delivers-newest-values-first": "Delivers queued meter values in the reverse order.",
    "stamps-values-at-delivery": "Gives meter values the time at which they are sent.",
    "keeps-charging-refused-token": "Goes on charging after the CSMS refused the token.",
    "stops-refused-token-despite-setting": "Ignores StopTransactionOnInvalidId false.",
    # faults of the hardware
    "starts-despite-lock-failure": "Starts a transaction although the lock does not hold.",
    "lock-failure-not-reported": "Does not report a ConnectorLockFailure.",
    "faulted-not-reported": "Does not report the status Faulted.",
    "starts-while-faulted": "Starts a transaction at a connector that is Faulted.",
    # cache
    "authorizes-despite-cache": "Sends Authorize for a cached token despite LocalPreAuthorize.",
    "caches-nothing": "Does not put tokens into its authorization cache.",
    "keeps-cache-after-clear": "Accepts ClearCache but goes on using the cached tokens.",
    # local authorization list
    "authorizes-despite-local-list": "Sends Authorize for a listed token.",
    "local-list-not-stored": "Accepts a local authorization list without storing it.",
    "local-list-full-adds": "Adds a full list to the entries that there are.",
    "local-list-differential-replaces": "Replaces the whole list by a differential update.",
    "local-list-ignores-version": "Accepts a differential update whose version is not newer.",
    "local-list-without-limit": "Accepts lists that are longer than its limits.",
    "local-list-conflict-not-reported": "Reports no LocalListConflict.",
    "forgets-local-list-after-reset": "Has an empty local authorization list after every reboot.",
    # reservation
    "reserved-not-reported": "Does not report the status Reserved.",
    "reservation-ignored": "Accepts reservations and lets every token charge.",
    "reservation-asks-about-others": "Sends Authorize for tokens that a reservation excludes.",
    "reservation-ignores-parent": "Refuses tokens of the group that a reservation names.",
    "reservation-never-expires": "Keeps reservations beyond their expiryDate.",
    "reservation-expires-early": "Ends reservations half way to their expiryDate.",
    "reservation-blocks-after-end": "Refuses other tokens after a reservation has ended.",
    "reservation-survives-transaction": "Keeps a reservation that was used.",
    "cancel-reservation-does-nothing": "Accepts a CancelReservation and then does nothing.",
    "forgets-reservation-after-reset": "Has no reservations after a reboot.",
    # remote trigger
    "trigger-does-nothing": "Accepts a TriggerMessage and then does nothing.",
    "triggers-before-answer": "Sends a triggered message before its answer to TriggerMessage.",
    "trigger-first-connector-only": "Sends one message where all connectors were asked for.",
    "rejected-trigger-sends": "Sends the message of a TriggerMessage that it rejected.",
    # remote control
    "authorizes-remote-start-despite-setting": "Ignores AuthorizeRemoteTxRequests false.",
    "remote-start-without-authorize": "Ignores AuthorizeRemoteTxRequests true.",
    "remote-start-does-nothing": "Accepts a remote start and then does nothing.",
    "remote-start-on-next-connector": "Starts remotely on another connector than asked.",
    "remote-stop-does-nothing": "Accepts a remote stop and then does nothing.",
    "reset-without-reboot": "Accepts a Reset and then does nothing.",
    "reset-keeps-transaction": "Loses the running transaction at a Reset.",
    "forgets-unavailable-after-reset": "Is operative after every reboot.",
    "availability-not-reported": "Does not report the status Unavailable.",
    "unlock-keeps-transaction": "Unlocks the connector on command and goes on charging.",
    "unlocks-fixed-cable": "Claims to have unlocked a cable that is fixed.",
    # configuration
    "configuration-not-applied": "Accepts changes of the configuration without making them.",
    "configuration-list-incomplete": "Lists every second key when asked for all.",
    # smart charging
    "charging-profiles-not-stored": "Accepts charging profiles without storing them.",
    "charging-profiles-ignored": "Lets vehicles take what they want, whatever the profiles say.",
    "forgets-charging-profiles-after-reset": "Has no charging profiles after a reboot.",
    "stack-levels-reversed": "Lets the lowest stack level prevail instead of the highest.",
    "no-fallback-after-duration": "Has no limit when the schedule of the highest level is over.",
    "ignores-station-limit": "Leaves ChargePointMaxProfile out of all calculations.",
    "ignores-session-limit": "Leaves TxProfile out of all calculations.",
    "default-limit-for-later-sessions-only": "Keeps a new TxDefaultProfile from running sessions.",
    "default-limit-of-all-connectors-wins": "Prefers the TxDefaultProfile of connector 0.",
    "tx-profile-survives-transaction": "Uses a TxProfile for later transactions too.",
    "remote-start-ignores-profile": "Starts remotely without the charging profile that was given.",
    "clear-profiles-does-nothing": "Accepts a ClearChargingProfile and then does nothing.",
    "clear-profiles-ignores-criteria": "Clears all charging profiles, whichever were meant.",
    "composite-restarts-schedules": "Reports schedules as if each of them began now.",
    "composite-ignores-later-limits": "Reports the limit of now for the whole composite schedule.",
    # metering
    "no-meter-values": "Sends no MeterValues.",
    "meter-ignores-interval": "Samples the meter twice as rarely as configured.",
    "meter-misses-measurands": "Reports the first of the configured measurands only.",
    "meter-not-aligned": "Takes clock-aligned samples a third of an interval late.",
    "meter-never-rises": "Reports the same energy register whatever was charged.",
    # files
    **FILE_FAULTS,
    "firmware-not-downloaded": "Reports and installs firmware without fetching it.",
    "firmware-made-up": "Reports firmware fetched, verified and installed without fetching it.",
    "download-failure-ignored": "Goes on with an update whose firmware it could not fetch.",
    "retrieve-date-ignored": "Fetches firmware at once, whenever it may.",
    "install-date-ignored": "Installs firmware at once, whenever it should.",
    "invalid-firmware-installed": "Installs whatever it has fetched.",
    "signing-certificate-ignored": "Accepts every certificate for signed firmware.",
    "firmware-interrupts-transactions": "Installs firmware while transactions are running.",
    "firmware-update-without-reboot": "Uses new firmware without a reboot.",
    "firmware-update-not-canceled": "Goes on with an update besides the one in its place.",
    "firmware-version-unchanged": "Reports the old firmware version after an update.",
    "installed-not-reported": "Does not report that new firmware is installed.",
    "stays-unavailable-after-update": "Leaves connectors Unavailable after a failed update.",
    # security
    **SECURITY_FAULTS,
    "lowers-security-profile": "Accepts a security profile that is lower.",
}


class Faults:
    """Tell which misbehaviours are switched on.

    A name alone holds always; `NAME@2` from the second boot on, so that the station gets as far as
    it has to for the misbehaviour to matter.

    Raises:
        ValueError: a name is not known; the message says which one is nearest.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.boots = 0
        self._since: dict[str, int] = {}
        for text in names:
            name, at, boot = text.partition("@")
            if name not in FAULTS:
                near = get_close_matches(name, FAULTS, 1, 0.0)
                hint = f"did you mean {near[0]}?" if near else "see --list-faults"
                raise ValueError(f"there is no fault {name!r}; {hint}")
            if at and not boot.isdecimal():
                raise ValueError(f"fault {text!r}: after @ comes the number of a boot")
            self._since[name] = int(boot or 0)

    def __contains__(self, name: str) -> bool:
        assert name in FAULTS, f"{name} is not in the list of faults"
        since = self._since.get(name)
        return since is not None and since <= self.boots
