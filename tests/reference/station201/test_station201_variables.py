"""The device model: as the standard has it, read and written."""

from typing import Any

import pytest
from station201_lab import lab201

from testbay.protocol.device_model import LISTS, standard_variable, standard_variables
from testbay_reference.station201.device_model import Variable
from testbay_reference.station201.options import StationOptions
from testbay_reference.station201.variables import variables

MODEL = variables(StationOptions("ws://csms.test", "CS1"))
COMM = {"component": {"name": "OCPPCommCtrlr"}}
THRESHOLD = {**COMM, "variable": {"name": "OfflineThreshold"}}


def test_it_has_every_required_variable():
    places: dict[str, list[Any]] = {
        "EVSE": [(1, None), (2, None)],
        "Connector": [(1, 1), (2, 1)],
    }
    have = {(v.component, v.name, v.instance, v.evse, v.connector) for v in MODEL}
    for v in standard_variables():
        if v.required and not v.when:
            for place in places.get(v.component, [(None, None)]):
                assert (v.component, v.name, v.instance, *place) in have, v


@pytest.mark.parametrize("variable", MODEL, ids=lambda v: v.key)
def test_a_variable_is_as_the_standard_has_it(variable: Variable):
    known = standard_variable(variable.component, variable.name, variable.instance)
    assert known is not None
    assert variable.kind == known.kind
    assert not known.mutability or variable.mutability in known.mutability
    assert variable.unit in known.units if known.units else not variable.unit
    assert not known.values or set(variable.values) <= set(known.values)
    assert bool(variable.values) or variable.kind not in LISTS


@pytest.mark.parametrize("variable", MODEL, ids=lambda v: v.key)
def test_its_value_from_the_factory_is_one_that_it_admits(variable: Variable):
    assert variable.value is None or variable.admits(variable.value)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer", ("0", "17"), ("17.5", "1e3", "1_0", "", "true", "abc")),
        ("decimal", ("1", "1.5", "-2"), ("nan", "inf", "1e3", "true", "")),
        ("boolean", ("true", "false"), ("1", "True", "")),
        ("dateTime", ("2030-01-01T00:00:00Z",), ("2030-01-01", "2030-01-01T00:00:00", "60")),
    ],
)
def test_values_are_checked_by_their_type(kind: str, good: tuple[str, ...], bad: tuple[str, ...]):
    variable = Variable("Component", "Name", kind=kind)
    assert [value for value in good if not variable.admits(value)] == []
    assert [value for value in bad if variable.admits(value)] == []


async def _set(bench: Any, value: str, **named: Any) -> str:
    data = {**THRESHOLD, "attributeValue": value, **named}
    answer = await bench.peer.call("SetVariables", {"setVariableData": [data]})
    return str(answer["setVariableResult"][0]["attributeStatus"])


async def _get(bench: Any, **named: Any) -> dict[str, Any]:
    asked = {"getVariableData": [{**THRESHOLD, **named}]}
    answer = await bench.peer.call("GetVariables", asked)
    return dict(answer["getVariableResult"][0])


async def test_a_value_that_was_set_is_read():
    async with lab201() as bench:
        assert await _set(bench, "120") == "Accepted"
        assert (await _get(bench))["attributeValue"] == "120"


async def test_what_is_not_there_is_told_apart():
    async with lab201() as bench:
        nowhere = {"component": {"name": "Nowhere"}}
        nothing = {"variable": {"name": "Nothing"}}
        assert await _set(bench, "1", **nowhere) == "UnknownComponent"
        assert await _set(bench, "1", **nothing) == "UnknownVariable"
        assert await _set(bench, "1", attributeType="Target") == "NotSupportedAttributeType"
        assert await _set(bench, "abc") == "Rejected"
        assert (await _get(bench, **nowhere))["attributeStatus"] == "UnknownComponent"
        assert (await _get(bench, attributeType="MaxSet"))["attributeStatus"] == (
            "NotSupportedAttributeType"
        )


async def test_what_can_only_be_written_is_not_read():
    async with lab201(write_only=("OCPPCommCtrlr.OfflineThreshold",)) as bench:
        assert await _set(bench, "120") == "Accepted"
        read = await _get(bench)
        assert read["attributeStatus"] == "Rejected"
        assert "attributeValue" not in read
