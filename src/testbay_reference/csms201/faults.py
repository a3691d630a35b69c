"""The misbehaviours that this CSMS can be given on purpose, by name."""

from testbay_reference.csms.faults import FAULTS as OLDER

_AS_BEFORE = (
    *("accepts-any-client-certificate", "accepts-missing-password", "accepts-old-password"),
    *("accepts-old-profile", "asks-no-client-certificate", "keeps-old-password"),
    *("locks-out-after-refusal", "refuses-every-password", "refuses-new-profile"),
    *("refuses-renewed-certificate", "ec-certificate-only", "lacks-ecdhe-ecdsa-aes128"),
    *("lacks-ecdhe-ecdsa-aes256", "lacks-rsa-aes128", "lacks-rsa-aes256", "one-tls-handshake"),
    *("plain-on-secure-port", "rsa-certificate-only", "server-certificate-expired"),
    *("server-certificate-for-another-name", "server-certificate-self-signed"),
    *("short-server-key", "tls-1.1", "weak-ciphers", "certificate-expired"),
    *("certificate-for-another-key", "certificate-for-another-name", "certificate-not-pem"),
    *("certificate-of-unknown-authority", "certificate-signed-by-other-algorithm"),
    *("certificate-with-short-key", "never-sends-certificate", "rejects-certificate-requests"),
)
"""Those of the door, of TLS and of the authority, which do not depend on the version of OCPP."""

FAULTS = {
    "accepts-any-password": "Lets every station in, whatever password it shows.",
    "never-answers": "Answers nothing.",
    "sends-nothing": "Sends no request that it is asked for.",
    "accepts-every-token": "Says that every token may charge.",
    "picks-first-subprotocol": "Chooses the first subprotocol that is offered.",
    "ignores-limits": "Asks for more variables at once than a station takes.",
    "serves-before-boot": "Answers a station that it has not accepted.",
    "few-tls-handshakes": "Ends every handshake of TLS after the fourth.",
    "accepts-other-names": "Looks at the password alone, and not at the name beside it.",
    "takes-refused-password": "Wants a new password although the station did not accept it.",
    **{name: OLDER[name] for name in _AS_BEFORE},
}
"""Name and sentence of each."""
