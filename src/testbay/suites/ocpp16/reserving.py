"""How a case reserves a connector of a station."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from testbay.clock.wall import stamp
from testbay.scenario.checks import Judges
from testbay.scenario.engine import Seconds
from testbay.suites.ocpp16.configured import cfg

if TYPE_CHECKING:
    from testbay.suites.ocpp16.station_test import StationTest

LONG = 3600.0  # s, longer than a case takes


async def reserve(
    t: StationTest,
    step: int,
    checks: Judges,
    connector: Any = cfg.connector_id,
    lasts: Seconds = LONG,
    parent: dict[str, Any] | None = None,
) -> None:
    """Reserve a connector (0: any) for the token of the cases.

    Args:
        lasts: how long it is reserved (s).
        parent: with ``parentIdTag``, if the group of the token may charge as well.
    """
    await t.finish_actions()
    t.reserved_at = t.recorder.elapsed()
    lasting = timedelta(seconds=float(t.value(lasts)))
    wanted = {
        "connectorId": connector,
        "expiryDate": stamp(t.now() + lasting),
        "idTag": cfg.valid_id_tag,
        "reservationId": t.fresh(),
        **(parent or {}),
    }
    await t.call(step, "ReserveNow", wanted, checks)
