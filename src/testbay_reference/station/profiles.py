"""The feature profiles besides Core, and how a station without one of them answers (3.2, 3.3)."""

from collections.abc import Callable, Iterable
from typing import Any

from testbay_reference.link import Answer

OPTIONAL = (
    "FirmwareManagement",
    "LocalAuthListManagement",
    "Reservation",
    "SmartCharging",
    "RemoteTrigger",
)
"""In the order in which SupportedFeatureProfiles lists them."""

_REFUSALS: dict[str, dict[str, dict[str, Any]]] = {
    "LocalAuthListManagement": {
        "GetLocalListVersion": {"listVersion": -1},  # 5.10
        "SendLocalList": {"status": "NotSupported"},  # 7.47
    },
    "Reservation": {
        "ReserveNow": {"status": "Rejected"},  # 5.13
        "CancelReservation": {"status": "Rejected"},  # 5.1
    },
}


def refusals(absent: Iterable[str]) -> dict[str, Callable[[dict[str, Any]], Answer]]:
    """Return the answers that OCPP has for calls of profiles that the station lacks.

    Calls of other profiles have none; they are refused with the CALLERROR NotSupported.
    """
    found: dict[str, Callable[[dict[str, Any]], Answer]] = {}
    for profile in absent:
        for action, answer in _REFUSALS.get(profile, {}).items():
            found[action] = _always(answer)
    return found


def _always(answer: dict[str, Any]) -> Callable[[dict[str, Any]], Answer]:
    return lambda _payload: dict(answer)
