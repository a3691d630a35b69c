"""Connections in the slots of a station: their data, and which of them comes first (B09, B10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testbay.scenario.case import Need
from testbay.scenario.checks import one_of
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.settings import Variable

if TYPE_CHECKING:
    from testbay.suites.ocpp201.station_test import StationTest

COMM = "OCPPCommCtrlr"
PRIORITY = Variable(COMM, "NetworkConfigurationPriority")
SECURE = 2  # the lowest security profile with TLS
PREFERRED = one_of("setVariableResult[0].attributeStatus", "Accepted", "RebootRequired")
CONNECTION = {
    "ocppVersion": "OCPP20",
    "ocppTransport": "JSON",
    "messageTimeout": cfg.message_timeout,
    "ocppInterface": cfg.ocpp_interface,
}
"""The data of a connection, but for its URL and its security profile."""


async def _two_slots(t: StationTest) -> bool:
    return bool(t.value(cfg.configuration_slot) != t.value(cfg.configuration_slot2))


SLOTS = Need("only where two slots for connections are configured", _two_slots)
ENDPOINTS = (
    "The tool has a second endpoint at the address by which the station has reached it: the same "
    "host and port, with another path before the identity.",
    "The data of both connections are the same but for their URL.",
    "The slot that is not in use is told by ActiveNetworkProfile, among the two configured ones.",
)


def secured(url: str, profile: int) -> str:
    """Return a URL with the scheme that a security profile wants."""
    return f"{'wss' if profile >= SECURE else 'ws'}:{url.partition(':')[2]}"


def stored(slot: int, url: Any, profile: Any = cfg.security_profile) -> dict[str, Any]:
    """Return the message that stores a connection in a slot."""
    data = {**CONNECTION, "ocppCsmsUrl": url, "securityProfile": profile}
    return {"configurationSlot": slot, "connectionData": data}


def preferring(*slots: int) -> dict[str, Any]:
    """Return the message that says in which order the slots are tried."""
    order = ",".join(str(slot) for slot in slots)
    return {"setVariableData": [{**PRIORITY.to_json(), "attributeValue": order}]}
