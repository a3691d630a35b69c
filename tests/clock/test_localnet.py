"""The network inside the process: looks like TCP, needs no DNS, leaves the rest to the real one."""

import asyncio
import errno
import socket
import threading

import pytest

from testbay.clock import VirtualLoop


def loop() -> VirtualLoop:
    running = asyncio.get_running_loop()
    assert isinstance(running, VirtualLoop)
    return running


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


async def test_any_host_name_reaches_a_port_that_is_served_here() -> None:
    server = await asyncio.start_server(echo, "127.0.0.1", 8443)
    reader, writer = await asyncio.open_connection("csms.example.org", 8443)
    writer.write(b"hello")
    assert await reader.read(100) == b"hello"
    assert loop().time() == 0.0
    writer.close()
    server.close()


async def test_both_ends_name_themselves_like_tcp() -> None:
    names: list[tuple[str, object]] = []

    class Server(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            names.append(("peer", transport.get_extra_info("peername")))
            names.append(("own", transport.get_extra_info("sockname")))

    server = await loop().create_server(Server, "127.0.0.1", 9000)
    transport, _ = await loop().create_connection(asyncio.Protocol, "csms.test", 9000)
    second, _ = await loop().create_connection(asyncio.Protocol, "csms.test", 9000)
    await asyncio.sleep(1)
    assert server.sockets[0].getsockname() == ("127.0.0.1", 9000)
    assert server.sockets[0].family == socket.AF_INET
    assert transport.get_extra_info("peername") == ("127.0.0.1", 9000)
    assert transport.get_extra_info("sockname") == ("127.0.0.1", 50_000)
    assert names == [
        ("peer", ("127.0.0.1", 50_000)),
        ("own", ("127.0.0.1", 9000)),
        ("peer", ("127.0.0.1", 50_001)),
        ("own", ("127.0.0.1", 9000)),
    ]
    transport.close()
    second.close()
    server.close()


async def test_port_0_is_a_free_port() -> None:
    taken = await loop().create_server(asyncio.Protocol, "127.0.0.1", 40_000)
    first = await loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    second = await loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    ports = [server.sockets[0].getsockname()[1] for server in (taken, first, second)]
    assert ports == [40_000, 40_001, 40_002]
    for server in (taken, first, second):
        server.close()


async def test_a_port_in_use_is_an_error_until_its_server_closes() -> None:
    server = await loop().create_server(asyncio.Protocol, "127.0.0.1", 9000)
    with pytest.raises(OSError, match="9000 is in use") as caught:
        await loop().create_server(asyncio.Protocol, "127.0.0.1", 9000)
    assert caught.value.errno == errno.EADDRINUSE
    server.close()
    again = await loop().create_server(asyncio.Protocol, "127.0.0.1", 9000)
    again.close()


async def test_a_port_whose_server_has_closed_refuses() -> None:
    server = await loop().create_server(asyncio.Protocol, "127.0.0.1", 9000)
    server.close()
    with pytest.raises(ConnectionRefusedError):
        await loop().create_connection(asyncio.Protocol, "csms.test", 9000)


async def test_a_host_under_test_exists_only_here() -> None:
    with pytest.raises(ConnectionRefusedError):
        await loop().create_connection(asyncio.Protocol, "nobody.test", 1)
    assert not loop().held


async def test_a_port_that_was_never_served_goes_to_the_real_network() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: nothing else can have the port
        with pytest.raises(ConnectionRefusedError):
            await loop().create_connection(asyncio.Protocol, "127.0.0.1", taken.getsockname()[1])
    assert loop().time() == 0.0


async def test_a_real_tcp_connection_holds_the_clock() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_slowly() -> None:
            connection, _ = server.accept()
            with connection:
                threading.Event().wait(0.05)
                connection.sendall(b"late")

        thread = threading.Thread(target=serve_slowly)
        thread.start()
        reader, writer = await asyncio.open_connection(*server.getsockname())
        assert await asyncio.wait_for(reader.read(100), 30) == b"late"
        assert loop().time() == 0.0
        writer.close()
        await writer.wait_closed()
        thread.join()
    await asyncio.sleep(3600)  # the clock is free again
    assert loop().time() == 3600.0


async def test_names_are_resolved_without_dns() -> None:
    server = await loop().create_server(asyncio.Protocol, "127.0.0.1", 9000)
    (found,) = await loop().getaddrinfo("anything.example.org", 9000)
    assert found[4] == ("127.0.0.1", 9000)
    assert not loop().held
    server.close()


async def test_large_transfers_do_not_let_the_clock_jump() -> None:
    server = await asyncio.start_server(echo, "127.0.0.1", 9000)
    reader, writer = await asyncio.open_connection("csms.test", 9000)
    payload = bytes(range(256)) * 20_000
    async with asyncio.timeout(0.001):
        writer.write(payload)
        assert await reader.readexactly(len(payload)) == payload
    writer.close()
    server.close()
