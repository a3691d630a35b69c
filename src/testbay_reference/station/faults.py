"""Misbehaviours by name: each switches a single behaviour of the station."""

from collections.abc import Iterable
from difflib import get_close_matches

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
    # cache
    "authorizes-despite-cache": "Sends Authorize for a cached token despite LocalPreAuthorize.",
    "caches-nothing": "Does not put tokens into its authorization cache.",
    "keeps-cache-after-clear": "Accepts ClearCache but goes on using the cached tokens.",
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
    # metering
    "no-meter-values": "Sends no MeterValues.",
    "meter-ignores-interval": "Samples the meter twice as rarely as configured.",
    "meter-misses-measurands": "Reports the first of the configured measurands only.",
    "meter-not-aligned": "Takes clock-aligned samples a third of an interval late.",
    "meter-never-rises": "Reports the same energy register whatever was charged.",
}


class Faults:
    """Tell which misbehaviours are switched on.

    Raises:
        ValueError: a name is not known; the message says which one is nearest.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = tuple(dict.fromkeys(names))
        for name in self.names:
            if name not in FAULTS:
                near = get_close_matches(name, FAULTS, 1, 0.0)
                hint = f"did you mean {near[0]}?" if near else "see --list-faults"
                raise ValueError(f"there is no fault {name!r}; {hint}")

    def __contains__(self, name: str) -> bool:
        assert name in FAULTS, f"{name} is not in the list of faults"
        return name in self.names
