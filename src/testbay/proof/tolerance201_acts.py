"""What only systems of OCPP 2.0.1 may do otherwise between themselves and the tool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from testbay.proof.tolerance_acts import Place
from testbay.proof.tolerance_wire import CALL, RESULT, Frame, NoAct, Pair

VENDOR: list[dict[str, Any]] = [
    {
        "component": {"name": "ExampleFan", "instance": "left", "evse": {"id": 1}},
        "variable": {"name": "Speed"},
        "variableAttribute": [{"value": "1200", "mutability": "ReadOnly"}],
        "variableCharacteristics": {
            "dataType": "integer",
            "supportsMonitoring": True,
            "unit": "rpm",
        },
    },
    {
        "component": {"name": "ExampleDisplay"},
        "variable": {"name": "Brightness", "instance": "night"},
        "variableAttribute": [{"type": "Target", "value": "20"}, {"value": "20"}],
        "variableCharacteristics": {"dataType": "decimal", "supportsMonitoring": False},
    },
]
"""What only this vendor has."""


@dataclass
class Paged(NoAct):
    """Reports come in parts of another size.

    Args:
        size: how many variables a part has; 0: all.
    """

    size: int
    _kept: list[dict[str, Any]] = field(default_factory=list)

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Keep the parts of the system until there are all; send others."""
        if frame[0] != CALL or frame[2] != "NotifyReport":
            return False
        self.applied = True
        told = frame[3]
        self._kept += told.get("reportData", ())
        await pair.sut.send(orjson.dumps([RESULT, frame[1], {}]).decode())
        if told.get("tbc", False):
            return True
        data, self._kept = self._kept, []
        size = self.size or max(1, len(data))
        pages = [data[i : i + size] for i in range(0, len(data), size)] or [[]]
        head = {k: told[k] for k in ("requestId", "generatedAt")}
        for number, page in enumerate(pages):
            place = {"seqNo": number, "tbc": number < len(pages) - 1}
            report = {"reportData": page} if page else {}
            await pair.add("NotifyReport", {**head, **place, **report})
        return True


@dataclass
class Restated(NoAct):
    """Every event of a transaction tells its charging state, and where it is.

    Args:
        place: whether EVSE and connector are told again, too.
    """

    place: bool
    _info: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Add what an earlier event has told."""
        if frame[0] != CALL or frame[2] != "TransactionEvent":
            return False
        payload, info = frame[3], frame[3]["transactionInfo"]
        known = self._info.setdefault(info["transactionId"], {})
        for name, told in (("chargingState", info), ("evse", payload)):
            if name in told:
                known[name] = told[name]
        more = {"chargingState": known["chargingState"]} if "chargingState" in known else {}
        where = {"evse": known["evse"]} if self.place and "evse" in known else {}
        self.applied |= bool(more.keys() - info.keys() or where.keys() - payload.keys())
        frame[3] = {**where, **payload, "transactionInfo": {**more, **info}}
        return False


@dataclass
class LaterReset(NoAct):
    """What is set takes effect after a restart only.

    Args:
        place: the answer that says so.
    """

    place: Place

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Change the answer, once."""
        if self.applied or not self.place.fits(frame):
            return False
        self.applied = True
        results = [
            {**one, "attributeStatus": "RebootRequired"}
            if one["attributeStatus"] == "Accepted"
            else one
            for one in frame[2]["setVariableResult"]
        ]
        await pair.to_tool([*frame[:2], {**frame[2], "setVariableResult": results}])
        return True


@dataclass
class OwnComponents(NoAct):
    """A full report has components of the vendor, too."""

    _asked: dict[int, None] = field(default_factory=dict)

    async def from_tool(self, pair: Pair, frame: Frame) -> bool:
        """Note the requests for a report of everything."""
        if frame[0] == CALL and frame[3].get("reportBase") == "FullInventory":
            self._asked[frame[3]["requestId"]] = None
        return False

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Add them to every part of such a report that is the first."""
        report = frame[3] if frame[0] == CALL and frame[2] == "NotifyReport" else {}
        if report.get("seqNo") == 0 and report["requestId"] in self._asked:
            self.applied = True
            frame[3] = {**report, "reportData": [*VENDOR, *report["reportData"]]}
        return False
