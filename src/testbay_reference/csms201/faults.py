"""The misbehaviours that this CSMS can be given on purpose, by name."""

from testbay_reference.csms_security.faults import SECURITY_FAULTS

FAULTS = {
    "accepts-any-password": "Lets every station in, whatever password it shows.",
    "never-answers": "Answers nothing.",
    "sends-nothing": "Sends no request that it is asked for.",
    "accepts-every-token": "Says that every token may charge.",
    "picks-first-subprotocol": "Chooses the first subprotocol that is offered.",
    "stays-without-subprotocol": "Keeps a connection for which no subprotocol was agreed to.",
    "ignores-limits": "Asks for more variables at once than a station takes.",
    "serves-before-boot": "Answers a station that it has not accepted.",
    "few-tls-handshakes": "Ends every handshake of TLS after the fourth.",
    "accepts-other-names": "Looks at the password alone, and not at the name beside it.",
    "takes-refused-password": "Wants a new password although the station did not accept it.",
    **SECURITY_FAULTS,
}
"""Name and sentence of each."""
