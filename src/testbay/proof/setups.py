"""In which set-ups a case is proved: some checks can only fail in a second configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from testbay.proof.dress import MoreProfiles
from testbay.scenario.case import TestCase


@dataclass(frozen=True)
class Setup:
    """A way to run a case.

    Args:
        config: configured values that differ.
        options: options of the reference system that differ.
        faults: named misbehaviours that are allowed here (a choice that the text leaves open).
        features: properties of the product that differ.
        product: name of the product; empty: the first that meets what the case requires.
        dress: what the wire makes of each frame of the system, to stand for another one.
    """

    label: str = "as it is"
    config: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    features: Mapping[str, bool] = field(default_factory=dict)
    product: str = ""
    dress: Callable[[list[Any]], list[Any]] | None = None


PLAIN = Setup()
_LISTS_AND_LIMITS = MoreProfiles(
    ("LocalAuthListManagement", "SmartCharging"),
    {
        "LocalAuthListEnabled": ("true", False),
        "LocalAuthListMaxLength": ("100", True),
        "SendLocalListMaxLength": ("20", True),
        "ChargeProfileMaxStackLevel": ("10", True),
        "ChargingScheduleAllowedChargingRateUnit": ("Current,Power", True),
        "ChargingScheduleMaxPeriods": ("24", True),
        "MaxChargingProfilesInstalled": ("10", True),
    },
)
_WITHOUT_ASKING = {"AuthorizeRemoteTxRequests": "false"}
_MODES_1_AND_2 = Setup("modes 1 and 2 only", product="modes 1 and 2 only")
_SECOND_CONNECTOR = Setup("second connector", config={"connector_id": 2})
_ABSOLUTE = Setup("absolute limits of a session", options={"session_kind": "Absolute"})
_POWER = Setup("limits in W", config={"charging_rate_unit": "W", "number_phases": 1})
_WATTS = Setup("limits in W", config={"charging_rate_unit": "W", "local_limit": 22080.0})
_ACCEPTS_DATA = Setup("data is accepted", options={"vendors": {"org.testbay.unsupported": ()}})

_MORE: dict[str, tuple[Setup, ...]] = {
    "TC_003_CS": (_MODES_1_AND_2,),
    "TC_005_2_CS": (Setup("fixed cable", product="fixed cable"),),
    "TC_005_3_CS": (Setup("fixed cable", product="fixed cable"),),
    "TC_010_CS": (
        Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),
        _MODES_1_AND_2,
    ),
    "TC_011_1_CS": (Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),),
    "TC_011_2_CS": (Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),),
    "TC_015_CS": (Setup("stopped after the boot", options={"hard_reset": "after"}),),
    "TC_019_CS": (Setup("more profiles", dress=_LISTS_AND_LIMITS),),
    "TC_068_CS": (Setup("shared reader", features={"shared_reader": True}),),
    "TC_069_CS": (Setup("shared reader", features={"shared_reader": True}),),
    "TC_024_CS": (Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),),
    "TC_032_2_CS": (Setup("the transaction goes on", options={"power_loss": "resume"}),),
    "TC_041_CS": (Setup("no local start", product="no local start"),),
    "TC_042_1_CS": (Setup("refused by CALLERROR", options={"refusal": "error"}),),
    "TC_043_1_CS": (Setup("refused by CALLERROR", options={"refusal": "error"}),),
    "TC_046_2_CS": (Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),),
    "TC_049_CS": (Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),),
    "TC_054_CS": (Setup("status of firmware and diagnostics", options={"file_status": True}),),
    "TC_056_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_057_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_059_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_066_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_067_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_072_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_082_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_017_1_CSMS": (_SECOND_CONNECTOR,),
    "TC_017_2_CSMS": (_SECOND_CONNECTOR,),
    "TC_018_1_CSMS": (_SECOND_CONNECTOR,),
    "TC_030_CSMS": (_SECOND_CONNECTOR,),
    "TC_032_1_CSMS": (_SECOND_CONNECTOR,),
    "TC_043_5_CSMS": (Setup("asks for the version", options={"asks_list_version": True}),),
    "TC_046_CSMS": (_SECOND_CONNECTOR,),
    "TC_048_3_CSMS": (_SECOND_CONNECTOR,),
    "TC_051_CSMS": (_SECOND_CONNECTOR,),
    "TC_053_CSMS": (_SECOND_CONNECTOR,),
    "TC_054_CSMS": (_SECOND_CONNECTOR,),
    "TC_056_CSMS": (_SECOND_CONNECTOR, _POWER),
    "TC_057_CSMS": (_SECOND_CONNECTOR, _ABSOLUTE),
    "TC_059_CSMS": (_SECOND_CONNECTOR, _ABSOLUTE),
    "TC_064_CSMS": (_ACCEPTS_DATA,),
    "TC_066_CSMS": (_SECOND_CONNECTOR, _POWER),
    "TC_067_CSMS": (_SECOND_CONNECTOR, _POWER),
}


def setups_of(case: TestCase) -> tuple[Setup, ...]:
    """Return the set-ups of a case: as it is, and those that it needs besides."""
    return (PLAIN, *_MORE.get(case.id, ()))
