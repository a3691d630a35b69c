"""The embedded reference systems as systems under test, in this process, on either clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from testbay.campaign.config import IDENTITY
from testbay.campaign.files import Files
from testbay.campaign.lane import Lane
from testbay.campaign.operators import PluginOperator
from testbay.campaign.profiles import PROFILE, profile_of, supported
from testbay.campaign.security import (
    SEED,
    as_csms,
    password_name,
    serial_number,
    signed_firmware,
    told_of_firmware,
)
from testbay.campaign.suites import Loaded
from testbay.clock.wall import now
from testbay.pki.lab import Lab
from testbay.roles.csms import CsmsEnd
from testbay.roles.desk import Desk
from testbay.roles.gate import MUTUAL, Gate
from testbay.roles.keyring import KINDS, Keyring
from testbay.roles.station import StationEnd
from testbay.scenario.product import Product

LOCAL = "127.0.0.1"
BASE = "/ocpp"


class Interposer(Protocol):
    """Something between the system under test and its connections."""

    def start(self) -> None:
        """Begin, before there is any connection."""

    def join(self, connection: Any) -> Any:
        """Stand between the system and a connection; return what the system has in its stead."""

    async def stop(self) -> None:
        """End what is going on."""


MakeInterposer = Callable[[str], Interposer]
"""Makes an interposer for a system under test, ``station`` or ``csms``."""


@dataclass(frozen=True)
class Build:
    """What a run changes in a product: its configuration, its options, named faults.

    Args:
        host: what a station calls the tool; on the virtual clock also a name such as a.b.test.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    host: str = LOCAL


def features_of(
    suite: Loaded, sut: str, product: Product, config: Mapping[str, Any]
) -> dict[str, bool]:
    """Return what a product is and can do; a suite looks it up among the configured values."""
    given = {f.name: bool(config.get(f.name, f.default)) for f in suite.part(sut).features.values()}
    return given | dict(product.features)


def options_of(product: Product, build: Build) -> dict[str, Any]:
    """Return the options of a reference system; a mapping is added to that of the product."""
    made = {**product.options, **build.options}
    for name, value in product.options.items():
        if isinstance(value, Mapping):
            made[name] = {**value, **made[name]}
    return made


async def station_lane(
    suite: Loaded,
    product: Product,
    config: Mapping[str, Any],
    build: Build,
    interpose: MakeInterposer | None = None,
    number: int = 1,
    uploads: Path | None = None,
) -> Lane:
    """Start a reference station that dials the tool, and return its lane.

    Args:
        uploads: where the files go that it sends; without, they are gone with the lane.
    """
    from testbay_reference.link import directly
    from testbay_reference.systems import fitting, system

    make, make_options = system(suite.ocpp, "station")
    part = suite.part("station")
    features = features_of(suite, "station", product, config)
    profile = profile_of(features)
    values = {**config, **features, PROFILE: profile, **build.config}
    lab = Lab.seeded() if build.host == LOCAL else Lab.seeded(hosts=(build.host, LOCAL))
    ring = Keyring(lab, serial_number(values))
    files = Files(ring, uploads)
    end = CsmsEnd(
        suite.version,
        str(values[IDENTITY]),
        password=str(values[password_name(values)]) if profile else "",
    )
    files.say = end.notice
    end.helpers = (Desk(ring, files.open),)
    model = part.make_model(values, {})
    port = await end.start(LOCAL, 0, Gate(ring.server, profile=profile))
    between = interpose("station") if interpose is not None else None
    if between is not None:
        between.start()
    own, key = ring.certificate()
    secure: dict[str, Any] = {
        "security_profiles": supported(features),
        "csms_roots": (ring.root("csms_root"),),
        "manufacturer_roots": (ring.root("manufacturer_root"),),
        "v2g_roots": (ring.root("v2g_root"),),
    }
    if profile:
        secure |= {"security_profile": profile, "password": values[password_name(values)]}
    if profile == MUTUAL:
        secure |= {"certificate": own, "key": key}
    options = make_options(
        url=f"ws://{build.host}:{port}{BASE}",
        identity=end.identity,
        faults=build.faults,
        **fitting(make_options, {"seed": SEED, **secure}) | options_of(product, build),
    )
    station = make(options, now, between=between.join if between is not None else directly)
    running = asyncio.get_running_loop().create_task(station.run())

    async def stop() -> None:
        await station.stop()
        await running
        if between is not None:
            await between.stop()
        await files.stop()

    return _lane(suite, "station", number, end, station.control, model, values, features, stop)


async def csms_lane(
    suite: Loaded,
    product: Product,
    config: Mapping[str, Any],
    build: Build,
    interpose: MakeInterposer | None = None,
    number: int = 1,
    uploads: Path | None = None,
) -> Lane:
    """Start a reference CSMS for the tool to dial, and return its lane.

    Args:
        uploads: where the files go that it has sent to the tool; without, they are not kept.
    """
    from testbay_reference.csms import Identity, SignedFirmware
    from testbay_reference.link import directly
    from testbay_reference.store import Store
    from testbay_reference.systems import fitting, system, token

    make, make_options = system(suite.ocpp, "csms")

    part = suite.part("csms")
    features = features_of(suite, "csms", product, config)
    profile = profile_of(features)
    lab = Lab.seeded()
    values = {**config, **signed_firmware(lab, config), **features, PROFILE: profile}
    values |= build.config
    identity, serial = str(values[IDENTITY]), serial_number(values)
    files = Files(Keyring(lab, serial), uploads)
    between = interpose("csms") if interpose is not None else None
    if between is not None:
        between.start()
    secure: dict[str, Any] = {}
    if profile:
        pairs = (lab.server("server", kind) for kind in KINDS)
        secure = {
            "secure_port": 0,
            "certificates": tuple(Identity(one.chain, one.key) for one in pairs),
            "client_roots": (lab.root("csms_root"),),
            "security_profile": profile,
            "passwords": {identity: as_csms(str(values[password_name(values)]), suite.version)},
            "serials": {identity: serial},
        }
    secure |= {
        "names": lab.hosts,
        "csms_root": lab.root("csms_root_2"),
        "manufacturer_root": lab.root("manufacturer_root"),
        "firmware": tuple(SignedFirmware(*one) for one in told_of_firmware(values)),
        "seed": SEED,
    }
    options = make_options(
        host=LOCAL,
        tokens=tuple(token(suite.ocpp, *one) for one in part.reference.known(values)),
        faults=build.faults,
        **{
            "interval": values["heartbeat_interval"],
            **fitting(make_options, secure),
            **options_of(product, build),
        },
    )
    csms = make(options, now, Store(), between.join if between is not None else directly)
    await csms.start()
    ring = Keyring(lab, serial)
    if profile:  # it may show what its own authority has signed, too
        ring.lab = lab.replaced({"csms_root": "".join((lab.root("csms_root"), *csms.roots))})
    end = StationEnd(
        suite.version,
        f"ws://{LOCAL}:{csms.port}{BASE}",
        identity,
        password=str(values[password_name(values)]) if profile else "",
        profile=profile,
        keyring=ring,
        other_url=f"wss://{LOCAL}:{csms.secure_port}{BASE}" if profile else "",
    )
    end.helpers = (Desk(Keyring(lab, serial), files.open),)

    async def stop() -> None:
        await csms.stop()
        if between is not None:
            await between.stop()
        await files.stop()

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
