"""Misbehaviours in transferring files, whatever the version: name and sentence."""

FILE_FAULTS: dict[str, str] = {
    "transfer-not-repeated": "Tries to fetch or send a file once only.",
    "transfer-repeated-too-often": "Tries to fetch or send a file once more than it should.",
    "uploads-nothing": "Reports a file as uploaded without sending it.",
    "uploads-empty-file": "Uploads empty files.",
    "uploads-under-other-name": "Uploads files under a name that it did not announce.",
    "upload-failure-ignored": "Reports a file as uploaded that the server did not take.",
    "uploads-diagnostics-as-security-log": "Uploads its diagnostics where the log is wanted.",
    "firmware-signature-ignored": "Installs firmware whose signature does not fit.",
}
