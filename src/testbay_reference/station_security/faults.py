"""Misbehaviours of the security of a station, whatever its version: name and sentence."""

SECURITY_FAULTS: dict[str, str] = {
    # TLS and passwords
    "tls-1.1": "Speaks TLS 1.0 and 1.1 only.",
    "accepts-old-tls": "Speaks TLS 1.0 and 1.1, too.",
    "old-cipher-suites": "Offers cipher suites with CBC and SHA-1 only.",
    "half-the-cipher-suites": "Offers cipher suites with keys of 128 bits only.",
    "accepts-any-server-certificate": "Does not look at the certificate of the CSMS.",
    "ignores-dates-of-server-certificate": "Accepts server certificates at any time.",
    "ignores-name-of-server": "Accepts server certificates of other hosts.",
    "accepts-wildcards": "Accepts server certificates whose name has a wildcard.",
    "shows-no-certificate": "Connects with security profile 3 without its certificate.",
    "password-with-profile-3": "Sends its password with security profile 3, too.",
    "sends-no-password": "Sends no password.",
    "password-as-digits": "Sends the hexadecimal digits of its password, not the bytes.",
    "authorizes-as-other-station": "Sends a user name that is not its identity.",
    "keeps-old-password": "Accepts a new password and goes on using the old one.",
    "new-password-garbled": "Accepts a new password and uses one that differs in its last digit.",
    "password-change-without-reconnect": "Stays connected after it was given a new password.",
    # certificates of the station
    "csr-with-weak-key": "Makes keys that are too short.",
    "csr-keeps-key": "Asks for a certificate of the key that it uses already.",
    "csr-without-operator": "Leaves the operator out of its certificate signing requests.",
    "csr-for-other-station": "Writes another serial number into its signing requests.",
    "csr-not-pem": "Sends its signing requests in DER, as hexadecimal digits.",
    "csr-signature-broken": "Sends signing requests with a signature that does not fit.",
    "accepts-any-signed-certificate": "Accepts whatever comes as its signed certificate.",
    "keeps-old-certificate": "Accepts a new certificate and goes on using the old one.",
    "new-certificate-without-reconnect": "Stays connected after it got a new certificate.",
    # roots
    "certificate-not-stored": "Accepts a root certificate without storing it.",
    "deleted-certificate-stays": "Accepts a DeleteCertificate and then does nothing.",
    "forgets-certificates-after-reset": "Has the roots of the factory after every reboot.",
    "hashes-whole-key-info": "Hashes a public key with its algorithm around it.",
    "hashes-subject-name": "Hashes the name of an issuer as text, not in DER.",
    "serial-number-in-decimal": "Lists serial numbers in decimal digits.",
    # security profiles and events
    "keeps-old-profile": "Accepts a higher security profile and never uses it.",
    "falls-back-to-old-profile": "Tries its old security profile when the new one fails once.",
    "no-security-events": "Sends no SecurityEventNotification.",
    "security-log-stays-empty": "Logs no security events.",
}
