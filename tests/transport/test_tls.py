"""TLS over memory: both ends of a handshake, what they tell and who refuses."""

import ssl
import warnings

import pytest

from testbay.transport import tls_client, tls_server
from testbay.transport.events import ClientHello, TlsEstablished, TlsRefused
from testbay.transport.tls import Tls

from . import pki


class Pair:
    """A client and a server that pass each other their bytes."""

    def __init__(self, client: ssl.SSLContext, server: ssl.SSLContext) -> None:
        self.client = Tls(client, pki.HOST, server=False)
        self.server = Tls(server, None, server=True)
        self.client.start()
        self.at_client = b""
        self.at_server = b""

    def exchange(self) -> None:
        """Pass on bytes until both ends are silent."""
        while True:
            up, down = self.client.output(), self.server.output()
            if not up and not down:
                return
            if up:
                self.at_server += self.server.receive(up)
            if down:
                self.at_client += self.client.receive(down)


def shake(client: ssl.SSLContext, server: ssl.SSLContext) -> Pair:
    pair = Pair(client, server)
    pair.exchange()
    return pair


def test_a_handshake_tells_the_same_at_both_ends() -> None:
    pair = shake(pki.client("good"), pki.server(client_ca="root"))
    hello, established = pair.server.events
    (at_client,) = pair.client.events
    assert isinstance(hello, ClientHello)
    assert isinstance(established, TlsEstablished)
    assert isinstance(at_client, TlsEstablished)
    assert established.version == at_client.version == "TLSv1.3"
    assert established.cipher == at_client.cipher == "TLS_AES_256_GCM_SHA384"
    assert established.peer_certificate is not None
    assert at_client.peer_certificate is not None
    assert not established.resumed


def test_data_goes_both_ways() -> None:
    pair = shake(pki.client(), pki.server())
    large = bytes(range(256)) * 1000
    pair.client.send(large)
    pair.server.send(b"hello")
    pair.server.send(b" world")
    pair.exchange()
    assert pair.at_server == large
    assert pair.at_client == b"hello world"
    assert pair.client.heard
    assert pair.client.silent_stage is None


def test_the_end_is_announced() -> None:
    pair = shake(pki.client(), pki.server())
    pair.server.send(b"last words")
    pair.server.close()
    pair.exchange()
    assert pair.at_client == b"last words"
    assert pair.client.ended
    pair.client.close()
    pair.client.close()
    pair.client.send(b"too late")
    pair.exchange()
    assert pair.at_server == b""


@pytest.mark.parametrize(
    ("flaw", "alert", "detail"),
    [
        ("expired", "CERTIFICATE_EXPIRED", "certificate has expired"),
        ("not yet valid", "BAD_CERTIFICATE", "certificate is not yet valid"),
        ("unknown root", "UNKNOWN_CA", "unable to get local issuer certificate"),
        ("wrong name", "BAD_CERTIFICATE", "Hostname mismatch"),
    ],
)
@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_flawed_server_certificate(
    flaw: str, alert: str, detail: str, maximum: ssl.TLSVersion
) -> None:
    pair = shake(pki.client(maximum=maximum), pki.server(flaw))
    ours, theirs = pair.client.refused, pair.server.refused
    assert ours is not None
    assert (ours.by, ours.reason) == ("us", "CERTIFICATE_VERIFY_FAILED")
    assert detail in ours.detail
    assert theirs == TlsRefused("peer", alert)
    assert not pair.server.established


@pytest.mark.parametrize(
    ("certificate", "maximum", "ours", "theirs"),
    [
        ("", "TLSv1_3", "PEER_DID_NOT_RETURN_A_CERTIFICATE", "CERTIFICATE_REQUIRED"),
        ("", "TLSv1_2", "PEER_DID_NOT_RETURN_A_CERTIFICATE", "HANDSHAKE_FAILURE"),
        ("expired", "TLSv1_3", "CERTIFICATE_VERIFY_FAILED", "CERTIFICATE_EXPIRED"),
        ("expired", "TLSv1_2", "CERTIFICATE_VERIFY_FAILED", "CERTIFICATE_EXPIRED"),
        ("unknown root", "TLSv1_3", "CERTIFICATE_VERIFY_FAILED", "UNKNOWN_CA"),
    ],
)
def test_a_flawed_client_certificate(
    certificate: str, maximum: str, ours: str, theirs: str
) -> None:
    client = pki.client(certificate, maximum=ssl.TLSVersion[maximum])
    pair = shake(client, pki.server(client_ca="root"))
    assert pair.server.refused is not None
    assert (pair.server.refused.by, pair.server.refused.reason) == ("us", ours)
    assert pair.client.refused == TlsRefused("peer", theirs)
    # With TLS 1.3 the client had finished its handshake before it was refused.
    assert pair.client.established == (maximum == "TLSv1_3")


def test_versions_that_do_not_meet() -> None:
    old = tls_client(None, minimum=ssl.TLSVersion.TLSv1, maximum=ssl.TLSVersion.TLSv1_1)
    pair = shake(old, pki.server())
    assert pair.server.refused == TlsRefused("us", "UNSUPPORTED_PROTOCOL")
    assert pair.client.refused is not None
    assert pair.client.refused.by == "peer"
    assert "PROTOCOL_VERSION" in pair.client.refused.reason
    (hello,) = [one for one in pair.server.events if isinstance(one, ClientHello)]
    assert hello.versions == ("TLSv1.1",)


def test_an_old_version_at_both_ends_is_the_control() -> None:
    old = {"minimum": ssl.TLSVersion.TLSv1, "maximum": ssl.TLSVersion.TLSv1_1}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        server = tls_server(pki.issue(pki.HOST, issuer="root"), **old)
        pair = shake(tls_client(pki.issue("root"), **old), server)
    assert pair.client.established
    assert pair.server.established
    established = pair.server.events[-1]
    assert isinstance(established, TlsEstablished)
    assert established.version == "TLSv1.1"


@pytest.mark.parametrize(
    ("suite", "kind"),
    [
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", ""),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", ""),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "rsa"),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "rsa"),
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", "rsa"),
        ("TLS_RSA_WITH_AES_256_GCM_SHA384", "rsa"),
    ],
)
def test_each_cipher_suite_can_be_probed(suite: str, kind: str) -> None:
    one = tls_client(pki.issue("root"), maximum=ssl.TLSVersion.TLSv1_2, ciphers=[suite])
    pair = shake(one, pki.server(kind))
    (established,) = pair.client.events
    assert isinstance(established, TlsEstablished)
    assert established.cipher == suite


def test_no_common_cipher_suite() -> None:
    # A certificate with an EC key cannot serve suites with RSA.
    one = tls_client(
        pki.issue("root"),
        maximum=ssl.TLSVersion.TLSv1_2,
        ciphers=["TLS_RSA_WITH_AES_128_GCM_SHA256"],
    )
    pair = shake(one, pki.server())
    assert pair.server.refused == TlsRefused("us", "NO_SHARED_CIPHER")
    assert pair.client.refused == TlsRefused("peer", "HANDSHAKE_FAILURE")


def test_settings_that_fail_by_themselves_are_our_mistake() -> None:
    # Asked for TLS 1.1 without its security level, OpenSSL never sends a ClientHello. Whoever
    # takes that for the refusal of a peer has a test that cannot fail.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    tls = Tls(context, pki.HOST, server=False)
    with pytest.raises(ValueError, match="fail without a peer"):
        tls.start()


def test_plain_http_at_a_tls_server() -> None:
    server = Tls(pki.server(), None, server=True)
    assert server.receive(b"GET / HTTP/1.1\r\nHost: csms.test\r\n\r\n") == b""
    assert server.refused == TlsRefused("us", "HTTP_REQUEST")
    assert server.receive(b"more") == b""


def test_the_first_refusal_stands() -> None:
    pair = shake(pki.client(), pki.server("expired"))
    first = pair.server.refused
    pair.server.receive(b"\x15\x03\x03\x00\x02\x02\x28")
    assert pair.server.refused is first
    assert [type(one) for one in pair.server.events] == [ClientHello, TlsRefused]


def test_where_a_silent_peer_stands() -> None:
    tls = Tls(pki.client(), pki.HOST, server=False)
    tls.start()
    assert tls.silent_stage == "handshake"
    pair = shake(pki.client(), pki.server())
    assert pair.client.silent_stage == "first read"
    assert pair.server.silent_stage is None
    older = shake(pki.client(maximum=ssl.TLSVersion.TLSv1_2), pki.server())
    assert older.client.silent_stage is None


def test_sessions_are_not_resumed_by_tickets() -> None:
    client, server = pki.client(maximum=ssl.TLSVersion.TLSv1_3), pki.server()
    assert server.num_tickets == 0
    first = shake(client, server)
    assert isinstance(first.client.events[0], TlsEstablished)
    assert not first.client.events[0].resumed


def test_weak_suites_can_be_asked_for() -> None:
    context = tls_client(None, ciphers=["TLS_RSA_WITH_NULL_SHA256"])
    assert any(suite["name"] == "NULL-SHA256" for suite in context.get_ciphers())
