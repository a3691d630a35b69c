"""The standard device model: complete, without contradictions, found without case."""

import json
from pathlib import Path

import pytest

from testbay.protocol import device_model
from testbay.protocol.device_model import ANY, LISTS, standard_variable, standard_variables

KINDS = {"string", "decimal", "integer", "dateTime", "boolean", *LISTS}
MUTABILITY = {"ReadOnly", "WriteOnly", "ReadWrite"}


def test_every_variable_stands_there_once():
    named = [(v.component, v.name, v.instance) for v in standard_variables()]
    assert len(named) == len(set(named)) > 250


def test_types_and_mutability_are_those_of_the_messages():
    assert {v.kind for v in standard_variables()} == KINDS
    assert {m for v in standard_variables() for m in v.mutability} == MUTABILITY


def test_of_what_is_required_the_mutability_is_known():
    required = [v for v in standard_variables() if v.required]
    assert len(required) == 70
    assert [v for v in required if not v.mutability or v.component == ANY] == []


def test_a_block_is_a_controller_with_variables():
    components = {v.component for v in standard_variables()}
    assert {block.split("[")[0] for v in standard_variables() for block in v.when} <= components


def test_the_file_says_nothing_that_is_not_read():
    fields = {"component", "variable", "instance", "required", "when", "mutability"}
    written = json.loads(Path(device_model.__file__).with_name("device_model_201.json").read_text())
    assert {f for entry in written for f in entry} == fields | {"type", "units", "values"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("ocppcommctrlr", "OFFLINETHRESHOLD"), "OCPPCommCtrlr.OfflineThreshold"),
        (("DeviceDataCtrlr", "ItemsPerMessage", "GetReport"), None),
        (("ClockCtrlr", "NtpServerUri", "1"), "ClockCtrlr.NtpServerUri[*]"),
        (("EVSE", "ACCurrent", "L1"), "*.ACCurrent"),
        (("Vendor", "Enabled"), "*.Enabled"),
    ],
)
def test_a_variable_is_found_without_case(asked: tuple[str, ...], found: str | None):
    assert str(standard_variable(*asked)) == (found or "DeviceDataCtrlr.ItemsPerMessage[GetReport]")


@pytest.mark.parametrize(
    "asked", [("Vendor", "Thing"), ("DeviceDataCtrlr", "ItemsPerMessage", "Other")]
)
def test_what_is_not_standard_is_not_found(asked: tuple[str, ...]):
    assert standard_variable(*asked) is None


def test_what_every_station_lets_be_written_is_writable():
    assert standard_variables()
    writable = {str(v): v.writable for v in standard_variables()}
    assert writable["OCPPCommCtrlr.OfflineThreshold"]
    assert writable["SecurityCtrlr.BasicAuthPassword"]
    assert not writable["AuthCtrlr.AuthorizeRemoteStart"]
    assert not writable["ClockCtrlr.DateTime"]
