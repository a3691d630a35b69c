"""What the reference station of OCPP 2.0.1 reports, and changes of it; what is found in it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from testbay.scenario.survey import Reading, Stated
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.station_survey import StationSurvey
from testbay.suites.ocpp201.told_variables import Told
from testbay_reference.station201.device_model import DeviceModel
from testbay_reference.station201.options import StationOptions
from testbay_reference.station201.variables import variables
from testbay_reference.store import Store

Entry = dict[str, Any]
OPTIONS = StationOptions(url="ws://x", identity="CS001", password="sixteen-or-more!")
VALUES = {v.name: v.default for v in vars(cfg).values() if hasattr(v, "default")}
COMM = "OCPPCommCtrlr"


def model(*added: Entry, without: str = "", **options: Any) -> list[Entry]:
    """Return what the reference station reports, and more; other options make another one."""
    values = {k: getattr(OPTIONS, k) for k in ("url", "identity", "password")}
    station = DeviceModel(variables(StationOptions(**values | options)), Store(), {}, (), ())
    station.compute("ClockCtrlr.DateTime", lambda: "2030-01-01T00:00:00Z")
    found = [station.entry(v) for v in station.all() if v.key != without]
    told = Told(found)
    assert not without or len(found) < len(list(station.all()))
    named = {name for name, _ in Told(added).named()}
    return [e for name, e in told.named() if name not in named] + list(added)  # type: ignore[misc]


def variable(
    name: str,
    value: str | None = None,
    kind: str = "string",
    access: str = "ReadWrite",
    **more: Any,
) -> Entry:
    """Return an entry by its name, ``Component@1.2.Name[instance]``."""
    owner, _, rest = name.rpartition(".")
    component, _, place = owner.partition("@")
    about: dict[str, Any] = {"name": component}
    if place:
        about["evse"] = dict(zip(("id", "connectorId"), map(int, place.split(".")), strict=False))
    bare, _, instance = rest.rstrip("]").partition("[")
    named = {"name": bare, **({"instance": instance} if instance else {})}
    attribute = {"mutability": access, **({"value": value} if value is not None else {})}
    kinds = {"dataType": kind, "supportsMonitoring": False, **more}
    return {
        "component": about,
        "variable": named,
        "variableAttribute": [attribute],
        "variableCharacteristics": kinds,
    }


def changed(name: str, change: Callable[[Entry], Any], **options: Any) -> list[Entry]:
    """Return the reference's device model with a change of one entry."""
    entries = model(**options)
    entry = copy.deepcopy(Told(entries).entry(name))
    assert entry is not None, name
    change(entry)  # type: ignore[arg-type]
    return [entry if e is Told(entries).entry(name) else e for e in entries]  # type: ignore[misc]


def attribute(**fields: Any) -> Callable[[Entry], Any]:
    return lambda entry: entry["variableAttribute"][0].update(fields)


def trait(**fields: Any) -> Callable[[Entry], Any]:
    def change(entry: Entry) -> None:
        kinds = entry["variableCharacteristics"]
        kinds.update(fields)
        for field in [f for f in fields if fields[f] is None]:
            del kinds[field]

    return change


def found(
    entries: list[Entry],
    answers: dict[str, Any] | None = None,
    about: dict[str, Any] | None = None,
    product: dict[str, bool] | None = None,
    **values: Any,
) -> list[str]:
    stated = Stated(answers or {}, {}, VALUES | values, product or {}, about or {})
    return [f"{f.sort} {f}" for f in StationSurvey().findings(Reading(entries), stated)]
