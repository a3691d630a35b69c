"""Misbehaviours of the CSMS by name: each a habit that no single altered message can show."""

from collections.abc import Iterable
from difflib import get_close_matches

from testbay_reference.csms_security.faults import SECURITY_FAULTS

FAULTS: dict[str, str] = {
    **SECURITY_FAULTS,
    # who is let in
    "accepts-any-password": "Lets a station in whatever password it gives.",
    "accepts-unknown-stations": "Lets stations in that are not on its list.",
    "compares-passwords-as-digits": "Wants the hexadecimal digits of a password, not its bytes.",
    "picks-first-subprotocol": "Agrees to the first subprotocol offered, whatever it is.",
    "names-no-subprotocol": "Does not tell which of several subprotocols it agrees to.",
    "picks-unoffered-subprotocol": "Agrees to ocpp2.0.1, where several others are offered.",
    "refuses-several-subprotocols": "Refuses stations that offer more than one subprotocol.",
    # booting
    "closes-after-boot": "Closes the connection as soon as it has accepted a station.",
    "forgets-registration": "Treats a station that comes back as one that never booted.",
    "greets": "Reads and changes the settings of every station that has booted, unasked.",
    "serves-before-boot": "Serves stations that it has not accepted.",
    # answering
    "answers-late": "Answers every call of a station only after a minute (option `late`).",
    "clock-runs-behind": "Tells the stations a time that is one hour behind.",
    "ignores-file-notices": "Answers nothing that stations tell about firmware and logs.",
    "ignores-security-events": "Does not answer SecurityEventNotification.",
    "never-answers": "Does not answer calls of a station.",
    # tokens and transactions
    "accepts-every-token": "Accepts every token, whether it is known, blocked or expired.",
    "believes-stations-about-tokens": "Accepts every token in StartTransaction without a look.",
    "forgets-transactions": "Gives transactions an id but keeps no record of them.",
    "ignores-stop": "Neither answers StopTransaction nor notes that the transaction is over.",
    "refuses-every-token": "Calls every token invalid.",
    "transaction-ids-repeat": "Gives every transaction the same id.",
    # commands
    "deletes-another-certificate": "Deletes another certificate than the one wanted.",
    "deletes-by-sha256": "Names a certificate by SHA-256 whatever the station uses.",
    "deletes-without-looking": "Deletes a certificate without asking how the station names it.",
    "fetches-diagnostics-instead-of-security-log": "Asks for the wrong one of the two logs.",
    "installs-another-root": "Installs a root certificate that nobody has given it.",
    "keeps-profile": "Sets the security profile that a station has already.",
    "local-list-version-repeats": "Sends every local list with the version of the one before.",
    "makes-long-passwords": "Makes passwords of 21 bytes.",
    "makes-short-passwords": "Makes passwords of 15 bytes.",
    "profile-numbers-repeat": "Gives every charging profile the same number.",
    "raises-profile-too-far": "Raises the security profile one higher than wanted.",
    "reads-one-key-at-a-time": "Asks for settings one by one, even when all were wanted.",
    "remote-stop-does-nothing": "Tells the operator that it stops a transaction; sends nothing.",
    "repeats-commands": "Sends every command twice.",
    "restarts-message-ids": "Begins to count its message ids anew on every connection.",
    "sends-firmware-unsigned": "Sends UpdateFirmware where signed firmware was wanted.",
    "sends-full-list-always": "Sends the whole local list when one token was to be added.",
    "sends-hard-instead-of-soft-reset": "Asks for a hard reset when a soft one was wanted.",
    "sends-nothing": "Tells the operator that a command was sent but sends nothing.",
    "sends-passwords-as-text": "Writes passwords as text, not in hexadecimal.",
    "sends-soft-instead-of-hard-reset": "Asks for a soft reset when a hard one was wanted.",
    "stops-oldest-transaction": "Stops the oldest transaction it knows of, not the one wanted.",
    "unlocks-first-connector": "Unlocks connector 1, whichever connector was wanted.",
}


class UnknownFault(ValueError):
    """Name a fault that this CSMS does not have."""


def check_faults(names: Iterable[str]) -> None:
    """Make sure that all these faults exist.

    Raises:
        UnknownFault: one does not; the message names the nearest one that does.
    """
    for name in names:
        if name not in FAULTS:
            near = get_close_matches(name, FAULTS, 1, 0.0)
            raise UnknownFault(f"the CSMS has no fault {name!r}; did you mean {near[0]!r}?")
