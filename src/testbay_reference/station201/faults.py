"""The misbehaviours that this station can be given on purpose, by name."""

from testbay_reference.station import faults as of_16

SECURITY = (
    *(
        "tls-1.1",
        "accepts-old-tls",
        "old-cipher-suites",
        "half-the-cipher-suites",
        "accepts-any-server-certificate",
    ),
    *("ignores-dates-of-server-certificate", "ignores-name-of-server", "accepts-wildcards"),
    *("shows-no-certificate", "password-with-profile-3", "sends-no-password"),
    *("password-as-digits", "authorizes-as-other-station", "keeps-old-password"),
    *("new-password-garbled", "password-change-without-reconnect", "csr-with-weak-key"),
    *("csr-keeps-key", "csr-without-operator", "csr-for-other-station", "csr-not-pem"),
    *("csr-signature-broken", "accepts-any-signed-certificate", "keeps-old-certificate"),
    *("new-certificate-without-reconnect", "certificate-not-stored", "deleted-certificate-stays"),
    *("forgets-certificates-after-reset", "hashes-whole-key-info", "hashes-subject-name"),
    *("serial-number-in-decimal", "keeps-old-profile", "falls-back-to-old-profile"),
    *("no-security-events", "security-log-stays-empty", "uploads-nothing"),
    *("uploads-empty-file", "uploads-under-other-name", "upload-failure-ignored"),
    *("uploads-diagnostics-as-security-log", "transfer-not-repeated"),
    *("transfer-repeated-too-often", "firmware-signature-ignored"),
)
"""Misbehaviours of what a station has in common with one for OCPP 1.6."""

FAULTS = {name: of_16.FAULTS[name] for name in SECURITY} | {
    # certificates
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
    "falls-back-elsewhere": "Has a wrong address for all connections but the first of them.",
    "stores-no-connection": "Says that it stores the data of a connection, and does not.",
    "raises-profile-unprepared": "Goes to a higher security profile without certificates for it.",
    "keeps-lower-connections": "Keeps the connections with a lower security profile for later.",
    "no-fallback": "Goes on with the first of its connections where that cannot be opened.",
    "tells-nothing-new": "Reports no status after it was offline.",
    "lock-failure-not-reported": "Does not report a lock that does not hold.",
    "trigger-does-nothing": "Accepts to send a message that is asked for, and does not.",
    # memory and queue
    "forgets-reservations": "Does not know its reservations any more after a restart.",
    "caches-nothing": "Does not remember what the CSMS says about tokens.",
    "keeps-cache-after-clear": "Says that its cache is empty, and keeps it.",
    "forgets-offline": "Does not say of queued events that they are from offline times.",
    "repeats-once-more": "Sends an event that is not answered once more than it should.",
    # sessions
    "no-authorize": "Lets everybody charge without asking.",
    "occupied-not-reported": "Does not report that a cable was plugged in.",
    "charging-not-reported": "Does not report that energy flows.",
    "no-transaction": "Begins no transactions.",
    "keeps-transaction-after-stop": "Does not end a transaction when it should.",
}
"""Name and sentence of each."""
