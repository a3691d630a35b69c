"""The misbehaviours that this station can be given on purpose, by name."""

from testbay_reference.station_files.faults import FILE_FAULTS
from testbay_reference.station_security.faults import SECURITY_FAULTS

FAULTS = {
    **SECURITY_FAULTS,
    **FILE_FAULTS,
    # certificates
    "csr-for-other-use": "Asks for a certificate for ISO 15118 as for one for its connection.",
    "asks-once": "Does not ask again for a certificate that does not come.",
    "refuses-signed-certificates": "Rejects every certificate that was signed for it.",
    "asks-too-soon": "Asks again for a certificate in half of the time.",
    # booting and the connection
    "no-boot-notification": "Never sends a BootNotification.",
    "boots-without-status": "Reports no connector after a boot.",
    "resets-nothing": "Says that it resets itself, and does not.",
    "no-startup-event": "Sends no security event after a boot.",
    "reports-nothing": "Accepts to report and does not.",
    "never-reconnects": "Does not connect again once the connection is lost.",
    "reconnects-once": "Does not connect again once the connection is lost for a second time.",
    "hurries-back": "Connects again at once, without any pause.",
    "never-doubles": "Makes the same pause before each attempt to connect.",
    "gives-up-refused": "Does not try again where it is not let in.",
    "gives-up-refused-twice": "Does not try again where it has not been let in two times.",
    "tries-once-more": "Tries each of its connections once more than it should.",
    "falls-back-elsewhere": "Has a wrong address for all connections but the first of them.",
    "stores-no-connection": "Says that it stores the data of a connection, and does not.",
    "raises-profile-unprepared": "Goes to a higher security profile without certificates for it.",
    "keeps-lower-connections": "Keeps the connections with a lower security profile for later.",
    "no-fallback": "Goes on with the first of its connections where that cannot be opened.",
    "tells-nothing-new": "Reports no status after it was offline.",
    "lock-failure-not-reported": "Does not report a lock that does not hold.",
    "trigger-does-nothing": "Accepts to send a message that is asked for, and does not.",
    # availability
    "takes-all-down": "Puts all of itself out of operation where only a part of it is meant.",
    "toggles-availability": "Changes its availability to what it is not, whatever is asked for.",
    "goes-down-at-once": "Goes out of operation at once where a transaction has to end first.",
    # remote control
    "stops-though-rejected": "Says that there is no such transaction, and ends the one there is.",
    "unlocks-though-charging": "Says that it unlocks nothing during a transaction, and ends it.",
    "boots-though-rejected": "Says that it sends no BootNotification, and sends one.",
    # memory and queue
    "forgets-reservations": "Does not know its reservations any more after a restart.",
    "caches-nothing": "Does not remember what the CSMS says about tokens.",
    "keeps-cache-after-clear": "Says that its cache is empty, and keeps it.",
    "forgets-offline": "Does not say of queued events that they are from offline times.",
    "ignores-tokens-offline": "Ends no session by a token while it is offline.",
    "repeats-once-more": "Sends an event that is not answered once more than it should.",
    # sessions
    "no-authorize": "Lets everybody charge without asking.",
    "asks-afterwards": "Lets everybody charge, and asks whether they may a moment later.",
    "occupied-not-reported": "Does not report that a cable was plugged in.",
    "charging-not-reported": "Does not report that energy flows.",
    "charges-anyway": "Charges some seconds after a cable has come, though nobody may.",
    "no-transaction": "Begins no transactions.",
    "keeps-transaction-after-stop": "Does not end a transaction when it should.",
}
"""Name and sentence of each."""
