"""Reading what a TLS client offers, however its bytes arrive."""

import ssl

import pytest

from testbay.transport import tls_client
from testbay.transport.ciphers import SUITES, iana_name, openssl_list, suite_name
from testbay.transport.events import ClientHello
from testbay.transport.hello import HelloReader

from . import pki


def hello_bytes(context: ssl.SSLContext, server_name: str | None = pki.HOST) -> bytes:
    """Return the first flight of a client."""
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=server_name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def read(*parts: bytes) -> ClientHello | None:
    reader = HelloReader()
    found = [hello for part in parts if (hello := reader.feed(part))]
    assert len(found) <= 1
    return found[0] if found else None


def in_records(data: bytes, size: int) -> bytes:
    """Put the handshake message into records of at most this many bytes."""
    message = data[5:]
    parts = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(data[:3] + len(part).to_bytes(2, "big") + part for part in parts)


def test_versions_suites_and_name() -> None:
    hello = read(hello_bytes(pki.client()))
    assert hello is not None
    assert hello.versions == ("TLSv1.3", "TLSv1.2")
    assert hello.server_name == "csms.test"
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in hello.cipher_suites
    assert "TLS_RSA_WITH_AES_128_GCM_SHA256" in hello.cipher_suites
    assert "TLS_RSA_WITH_AES_256_GCM_SHA384" in hello.cipher_suites
    assert 0x009C in hello.suite_numbers
    assert len(hello.cipher_suites) == len(hello.suite_numbers)


def test_the_order_is_the_clients() -> None:
    wanted = ["TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]
    context = tls_client(None, maximum=ssl.TLSVersion.TLSv1_2, ciphers=wanted)
    hello = read(hello_bytes(context, None))
    assert hello is not None
    offered = [name for name in hello.cipher_suites if "SCSV" not in name]
    assert offered == wanted
    assert hello.versions == ("TLSv1.2",)
    assert hello.server_name is None


def test_an_old_client_names_only_its_highest_version() -> None:
    context = tls_client(None, minimum=ssl.TLSVersion.TLSv1, maximum=ssl.TLSVersion.TLSv1_1)
    hello = read(hello_bytes(context, None))
    assert hello is not None
    assert hello.versions == ("TLSv1.1",)
    assert "TLS_RSA_WITH_AES_128_CBC_SHA" in hello.cipher_suites


@pytest.mark.parametrize("size", [1, 7, 100])
def test_bytes_can_come_in_any_segments(size: int) -> None:
    data = hello_bytes(pki.client())
    assert read(*[data[at : at + size] for at in range(0, len(data), size)]) == read(data)


@pytest.mark.parametrize("size", [1, 3, 64])
def test_the_hello_can_span_records(size: int) -> None:
    data = hello_bytes(pki.client())
    split = in_records(data, size)
    assert read(split) == read(data)
    assert read(*[split[at : at + 1] for at in range(len(split))]) == read(data)


def test_what_follows_the_hello_does_not_matter() -> None:
    data = hello_bytes(pki.client())
    assert read(data + b"\x14\x03\x03\x00\x01\x01") == read(data)


def with_first_suite(data: bytes, number: bytes) -> bytes:
    """Replace the first cipher suite of a hello in one record."""
    session_id_at = 5 + 4 + 2 + 32
    first = session_id_at + 1 + data[session_id_at] + 2
    return data[:first] + number + data[first + 2 :]


def test_grease_is_left_out() -> None:
    data = hello_bytes(pki.client())
    before, after = read(data), read(with_first_suite(data, b"\x8a\x8a"))
    assert before is not None
    assert after is not None
    assert after.suite_numbers == before.suite_numbers[1:]


def test_an_unknown_suite_is_a_number() -> None:
    hello = read(with_first_suite(hello_bytes(pki.client()), b"\xfe\xfe"))
    assert hello is not None
    assert hello.cipher_suites[0] == "0xFEFE"


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x15\x03\x03\x00\x02\x02\x28",  # an alert
        b"\x16\x00\x00\x00\x05hello",  # not TLS
        b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",  # a ServerHello
        b"\x16\x03\x01\x00\x08\x01\x00\x00\x04abcd",  # far too short
        b"\x16\x03\x01\x00\x04\x01\xff\xff\xff",  # far too long
    ],
)
def test_anything_else_is_no_hello(data: bytes) -> None:
    reader = HelloReader()
    assert reader.feed(data) is None
    assert reader.done
    assert reader.feed(hello_bytes(pki.client())) is None


def test_a_hello_cut_short_is_waited_for() -> None:
    data = hello_bytes(pki.client())
    reader = HelloReader()
    assert reader.feed(data[:-1]) is None
    assert not reader.done
    assert reader.feed(data[-1:]) is not None


@pytest.mark.parametrize("at", range(9, 140))
def test_damaged_hellos_do_no_harm(at: int) -> None:
    data = bytearray(hello_bytes(pki.client()))
    data[at] ^= 0xFF
    HelloReader().feed(bytes(data))


def test_names_of_suites() -> None:
    assert suite_name(0xC02B) == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    assert suite_name(0x1301) == "TLS_AES_128_GCM_SHA256"
    assert suite_name(0xBEEF) == "0xBEEF"
    assert iana_name("AES128-GCM-SHA256") == "TLS_RSA_WITH_AES_128_GCM_SHA256"
    assert iana_name("SOMETHING-NEW") == "SOMETHING-NEW"
    assert openssl_list(["TLS_RSA_WITH_AES_128_GCM_SHA256"]) == "AES128-GCM-SHA256"
    with pytest.raises(ValueError, match="no cipher suite TLS_RSA_WITH_RC4_128_SHA"):
        openssl_list(["TLS_RSA_WITH_RC4_128_SHA"])


def test_openssl_agrees_with_the_table() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    ids = {suite["name"]: suite["id"] & 0xFFFF for suite in context.get_ciphers()}
    known = {openssl: number for number, (_, openssl) in SUITES.items() if openssl}
    common = [name for name in known if name in ids]
    assert len(common) > 50
    assert [known[name] for name in common] == [ids[name] for name in common]
