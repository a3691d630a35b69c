"""Bytes and sockets: TLS, WebSocket, both ends of a connection. Knows no OCPP."""

from testbay.transport.dialer import DialFailed, dial
from testbay.transport.frames import frame
from testbay.transport.listener import Listener, listen
from testbay.transport.probe import Probed, probe
from testbay.transport.settings import client_settings, server_settings
from testbay.transport.tls import tls_client, tls_of_this_machine, tls_server
from testbay.transport.upgrade import Accept, Refuse, Upgrade
from testbay.transport.wire import Decide, Handler, Limits, Wire

__all__ = [
    "Accept",
    "Decide",
    "DialFailed",
    "Handler",
    "Limits",
    "Listener",
    "Probed",
    "Refuse",
    "Upgrade",
    "Wire",
    "client_settings",
    "dial",
    "frame",
    "listen",
    "probe",
    "server_settings",
    "tls_client",
    "tls_of_this_machine",
    "tls_server",
]
