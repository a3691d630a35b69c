"""Lanes for systems under test of the tester's, outside this process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from testbay.campaign.addresses import Unusable, check_url, host_and_port
from testbay.campaign.between import attend
from testbay.campaign.config import IDENTITY, Configuration
from testbay.campaign.credentials import (
    file_servers,
    firmware_of,
    keyring,
    log_location,
    root_path,
)
from testbay.campaign.files import Files
from testbay.campaign.lane import MESSAGE_TIMEOUT, Lane
from testbay.campaign.suites import Loaded
from testbay.clock import now
from testbay.files import FileServerError
from testbay.roles.csms import CsmsEnd
from testbay.roles.desk import Desk
from testbay.roles.gate import Gate
from testbay.roles.keyring import Keyring
from testbay.roles.station import StationEnd
from testbay.scenario.role import Operator


async def station_lane(
    suite: Loaded,
    configuration: Configuration,
    operator: Operator,
    uploads: Path | None = None,
    others: Sequence[str] = (),
) -> Lane:
    """Listen for a vendor's station.

    Args:
        uploads: where the files are kept that it sends.
        others: passwords that it may have instead of the configured one, the likeliest first.

    Raises:
        Wrong: an address or a certificate cannot be used.
    """
    connect = configuration.connect
    ring = keyring(configuration, "station")
    end = CsmsEnd(
        suite.version,
        connect.identity,
        password=connect.password,
        timeout=connect.message_timeout,
    )
    end.trusted = root_path(configuration)
    end.others, end.mark = tuple(others), _mark()
    files = file_servers(configuration, ring, uploads)
    host, port = host_and_port(connect.listen)
    lane = lane_for(suite, "station", end, operator, configuration)
    attend(lane)
    gate = Gate(ring.server if ring is not None else None, profile=connect.security_profile)
    try:
        await end.start(host, port, gate)
    except OSError as error:
        number = error.errno or 0
        why = os.strerror(number).lower() if number > 0 else str(error)
        raise Unusable(
            f"cannot listen at {connect.listen}: {why}; stop what uses it, or name another "
            "address with --listen"
        ) from None
    try:
        await _equip(lane, end, configuration, ring, files)
    except BaseException:
        await end.close()
        raise
    return lane


async def csms_lane(
    suite: Loaded,
    configuration: Configuration,
    operator: Operator,
    uploads: Path | None = None,
    others: Sequence[str] = (),
) -> Lane:
    """Make a simulated station that will dial a vendor's CSMS.

    Args:
        others: passwords that it may want instead of the configured one, the likeliest first.

    Raises:
        Wrong: the URL is no WebSocket URL, or a certificate cannot be used.
    """
    connect = configuration.connect
    check_url(connect.url)
    if connect.other_url:
        check_url(connect.other_url)
    ring = keyring(configuration, "csms")
    end = StationEnd(
        suite.version,
        connect.url,
        connect.identity,
        password=connect.password,
        profile=connect.security_profile,
        keyring=ring,
        other_url=connect.other_url,
        timeout=connect.message_timeout,
    )
    end.others, end.mark = tuple(others), _mark()
    lane = lane_for(suite, "csms", end, operator, configuration)
    await _equip(lane, end, configuration, ring, file_servers(configuration, ring, uploads))
    return lane


def _mark() -> str:
    """Return what no other run has: no sender uses an id of a message twice (part 4, 4.1.4)."""
    return f"{int(now().timestamp() * 1000):x}-"


def password_of(lane: Lane) -> str | None:
    """Return the password that is in use at present; None: that is not known."""
    end = lane.end
    assert isinstance(end, CsmsEnd | StationEnd)
    return end.password if not end.others else None


async def _equip(
    lane: Lane,
    end: CsmsEnd | StationEnd,
    configuration: Configuration,
    ring: Keyring | None,
    files: Files | None,
) -> None:
    """Give an end what cases need besides the connection.

    Raises:
        Unusable: a file server cannot listen.
        Wrong: a file of the tester's cannot be read.
    """
    firmware, log = firmware_of(configuration), log_location(configuration)
    if files is not None:
        files.say = end.notice
        try:
            await files.open()
        except FileServerError as error:
            raise Unusable(str(error)) from None
        lane.stop = files.stop
    end.helpers = (
        Desk(
            ring,
            files.open if files is not None else None,
            configuration.files.scheme,
            firmware,
            log,
            signing="rsa",
        ),
    )


def lane_for(
    suite: Loaded,
    sut: str,
    end: CsmsEnd | StationEnd,
    operator: Operator,
    configuration: Configuration,
    number: int = 1,
    features: Mapping[str, bool] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Lane:
    """Make the lane of an end; it has what is configured.

    Args:
        features: of the product, where they differ from the configured ones.
        more: values that differ from the configured ones.
    """
    part = suite.part(sut)
    product = {**configuration.product, **(features or {})}
    values = {
        **configuration.values,
        **(more or {}),
        **product,
        IDENTITY: end.identity,
        MESSAGE_TIMEOUT: configuration.connect.message_timeout,
    }
    return Lane(
        number=number,
        end=end,
        operator=operator,
        model=part.make_model(values, {}),
        make_test=part.make_test,
        config=values,
        product=product,
        connect_timeout=configuration.connect.connect_timeout,
    )
