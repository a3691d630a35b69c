"""Renew the certificate of a station: its request, checked and signed, and what comes of it."""

from cryptography import x509

from testbay_reference.certificates import certificates_of
from testbay_reference.control import Refused
from testbay_reference.csms.desk import Desk, Payload
from testbay_reference.csms.ledger import Ledger
from testbay_reference.csms.records import StationRecord
from testbay_reference.csms_security.authority import not_pem
from testbay_reference.csms_security.csr import BadRequest, read_request
from testbay_reference.csms_security.signing import signed


def sign_certificate(ledger: Ledger, station: StationRecord, payload: Payload) -> Payload:
    """Answer SignCertificate: whether a certificate will follow (A02.FR.11 and 12)."""
    if ledger.faulty("rejects-certificate-requests"):
        return {"status": "Rejected"}
    try:
        _read(ledger, station, payload["csr"])
    except BadRequest as error:
        station.remark(f"SignCertificate was rejected: {error}")
        return {"status": "Rejected"}
    return {"status": "Accepted"}


async def send_certificate(desk: Desk, station: StationRecord, csr: str) -> Payload:
    """Sign a request that has been checked, and send the station its certificate."""
    ledger = desk.ledger
    if ledger.faulty("never-sends-certificate"):
        return {}
    number = ledger.next_number("certificate")
    made = signed(ledger, _read(ledger, station, csr), f"certificate {number} of a station")
    serial = f"{certificates_of(made, 'the new certificate')[0].serial_number:x}"
    chain = not_pem(made) if ledger.faulty("certificate-not-pem") else made

    def then(answer: Payload) -> None:
        if answer["status"] == "Accepted":
            station.issued, station.renewed = (*station.issued, serial), True
        else:
            station.remark(f"the certificate with serial number {serial} was rejected")

    try:
        return await desk.command(station, "CertificateSigned", {"certificateChain": chain}, then)
    except Refused as refused:
        station.remark(str(refused))
        return {}


def _read(ledger: Ledger, station: StationRecord, csr: str) -> x509.CertificateSigningRequest:
    return read_request(csr, ledger.serials(station.identity), ledger.options.cpo_name)
