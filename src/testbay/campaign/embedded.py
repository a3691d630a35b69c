"""The embedded reference systems as systems under test, in this process, on either clock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from testbay.campaign.config import IDENTITY
from testbay.campaign.lane import Lane
from testbay.campaign.operators import PluginOperator
from testbay.campaign.suites import Loaded
from testbay.campaign.wrong import Wrong
from testbay.clock.wall import now
from testbay.roles.csms import CsmsEnd
from testbay.roles.station import StationEnd

LOCAL = "127.0.0.1"
BASE = "/ocpp"


class Interposer(Protocol):
    """Something on the wire between the tool and the system under test."""

    async def start(self) -> int:
        """Listen and return the port."""

    async def stop(self) -> None:
        """End all connections."""


class MakeInterposer(Protocol):
    """Makes an interposer in front of the end that listens."""

    def __call__(self, upstream: str, sut: str) -> Interposer: ...


@dataclass(frozen=True)
class Product:
    """A way to build a reference system, with the features that it then has.

    Args:
        options: of the object, in this process.
        arguments: of its command line, for a process of its own.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    features: Mapping[str, bool] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


PRODUCTS: dict[tuple[str, str], tuple[Product, ...]] = {
    ("1.6", "station"): (
        Product("detachable cable"),
        Product(
            "fixed cable",
            {"cable": "fixed"},
            {"fixed_cable": True, "mechanical_lock": False},
            ("--cable", "fixed"),
        ),
        Product(
            "modes 1 and 2 only",
            {"short_power_flow": 3.0},
            {"mode_1_2_only": True},
            ("--short-power-flow", "3"),
        ),
        Product(
            "no local start",
            {"local_start": False},
            {"local_start": False, "local_stop": False},
            ("--no-local-start",),
        ),
        Product(
            "no local list",
            {"without": ("LocalAuthListManagement",)},
            {"local_list": False},
            ("--without", "LocalAuthListManagement"),
        ),
        Product(
            "no reservations",
            {"without": ("Reservation",)},
            {"reservations": False},
            ("--without", "Reservation"),
        ),
        Product(
            "no back-up power",
            {"power_loss": "after"},
            {"stops_before_power_loss": False, "stops_after_power_loss": True},
            ("--power-loss", "after"),
        ),
    ),
    ("1.6", "csms"): (Product("csms"),),
}
"""The products that together run every case."""

_WITHOUT = {
    "local_list": "LocalAuthListManagement",
    "reservations": "Reservation",
    "smart_charging": "SmartCharging",
    "remote_trigger": "RemoteTrigger",
}
"""Feature profiles that a reference station can be built without, by the feature."""


def tailored(sut: str, name: str, features: Mapping[str, bool]) -> Product:
    """Return a reference system that is built as these features say.

    Args:
        features: every feature of the suite.

    Raises:
        Wrong: it cannot be built like this.
    """
    if sut == "csms":
        return Product(name, {}, features)
    has = features.__getitem__
    if has("fixed_cable") and has("mechanical_lock"):
        raise Wrong("the reference station has no lock at its side where its cable is fixed")
    before, after = has("stops_before_power_loss"), has("stops_after_power_loss")
    without = tuple(profile for feature, profile in _WITHOUT.items() if not has(feature))
    loss = "before" if before else "after" if after else "resume"
    chosen: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
        ("cable", "fixed", ("--cable", "fixed") if has("fixed_cable") else ()),
        ("cable_lock", False, () if has("mechanical_lock") else ("--no-cable-lock",)),
        ("local_start", False, () if has("local_start") else ("--no-local-start",)),
        ("authorization_cache", False, () if has("authorization_cache") else ("--no-cache",)),
        ("short_power_flow", 3.0, ("--short-power-flow", "3") if has("mode_1_2_only") else ()),
        ("power_loss", loss, ("--power-loss", loss)),
        ("without", without, tuple(part for name in without for part in ("--without", name))),
    )
    options = {option: value for option, value, arguments in chosen if arguments}
    arguments = tuple(part for _, _, arguments in chosen for part in arguments)
    return Product(name, options, features, arguments)


TOKENS: dict[str, Literal["Accepted", "Blocked", "Expired"]] = {
    "valid_id_tag": "Accepted",
    "valid_id_tag_2": "Accepted",
    "blocked_id_tag": "Blocked",
    "expired_id_tag": "Expired",
}
"""What the reference CSMS knows of the configured tokens; all others are invalid."""


@dataclass(frozen=True)
class Build:
    """What a run changes in a product: its configuration, its options, named faults."""

    config: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def features_of(
    suite: Loaded, sut: str, product: Product, config: Mapping[str, Any]
) -> dict[str, bool]:
    """Return what a product is and can do; a suite looks it up among the configured values."""
    given = {f.name: bool(config.get(f.name, f.default)) for f in suite.part(sut).features.values()}
    return given | dict(product.features)


async def station_lane(
    suite: Loaded,
    product: Product,
    config: Mapping[str, Any],
    build: Build,
    interpose: MakeInterposer | None = None,
    number: int = 1,
) -> Lane:
    """Start a reference station that dials the tool, and return its lane."""
    from testbay_reference.station import Station, StationOptions

    part = suite.part("station")
    features = features_of(suite, "station", product, config)
    values = {**config, **features, **build.config}
    end = CsmsEnd(suite.version, str(values[IDENTITY]))
    model = part.make_model(values, {})
    port = await end.start(LOCAL, 0)
    between = None
    if interpose is not None:
        between = interpose(f"ws://{LOCAL}:{port}", "client")
        port = await between.start()
    options = StationOptions(
        url=f"ws://{LOCAL}:{port}{BASE}",
        identity=end.identity,
        faults=build.faults,
        **{**product.options, **build.options},
    )
    station = Station(options, now)
    running = asyncio.get_running_loop().create_task(station.run())

    async def stop() -> None:
        await station.stop()
        await running
        if between is not None:
            await between.stop()

    return _lane(suite, "station", number, end, station.control, model, values, features, stop)


async def csms_lane(
    suite: Loaded,
    product: Product,
    config: Mapping[str, Any],
    build: Build,
    interpose: MakeInterposer | None = None,
    number: int = 1,
) -> Lane:
    """Start a reference CSMS for the tool to dial, and return its lane."""
    from testbay_reference.csms import Csms, CsmsOptions, Token
    from testbay_reference.store import Store

    part = suite.part("csms")
    features = features_of(suite, "csms", product, config)
    values = {**config, **features, **build.config}
    options = CsmsOptions(
        host=LOCAL,
        tokens=tuple(
            Token(str(values[name]), standing, str(values.get("parent_id_tag", "")) or None)
            for name, standing in TOKENS.items()
            if name in values
        ),
        faults=build.faults,
        **{"interval": values["heartbeat_interval"], **product.options, **build.options},
    )
    csms = Csms(options, now, Store())
    port = await csms.start()
    between = None
    if interpose is not None:
        between = interpose(f"ws://{LOCAL}:{port}", "server")
        port = await between.start()
    end = StationEnd(suite.version, f"ws://{LOCAL}:{port}{BASE}", str(values[IDENTITY]))

    async def stop() -> None:
        await csms.stop()
        if between is not None:
            await between.stop()

    model = part.make_model(values, {})
    return _lane(suite, "csms", number, end, csms.control, model, values, features, stop)


def _lane(
    suite: Loaded,
    sut: str,
    number: int,
    end: CsmsEnd | StationEnd,
    control: Any,
    model: Any,
    values: dict[str, Any],
    features: dict[str, bool],
    stop: Any,
) -> Lane:
    return Lane(
        number=number,
        end=end,
        operator=PluginOperator(control, "reference"),
        model=model,
        make_test=suite.part(sut).make_test,
        config=values,
        product=features,
        stop=stop,
    )


LANES = {"station": station_lane, "csms": csms_lane}
