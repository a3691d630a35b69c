import subprocess
import sys

import pytest

from testbay.protocol import schemas
from testbay.protocol.versions import (
    OCPP16,
    OCPP201,
    VERSIONS,
    Version,
    by_name,
    by_subprotocol,
)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: v.name)
def test_every_schema_file_is_a_request_or_a_response_of_one_action(version: Version) -> None:
    files = sorted(path.name for path in schemas._folder(version).glob("*.json"))
    wanted = [version.request_file.format(action=action) for action in version.actions]
    wanted += [version.response_file.format(action=action) for action in version.actions]
    assert files == sorted(wanted)


def test_directions_of_1_6() -> None:
    assert len(OCPP16.station_sends) == 14
    assert len(OCPP16.csms_sends) == 26
    assert OCPP16.station_sends & OCPP16.csms_sends == {"DataTransfer"}
    assert OCPP16.sends("station") is OCPP16.station_sends
    assert OCPP16.sends("csms") is OCPP16.csms_sends


def test_directions_of_2_0_1() -> None:
    assert len(OCPP201.station_sends) == 25
    assert len(OCPP201.csms_sends) == 40
    assert OCPP201.station_sends & OCPP201.csms_sends == {"DataTransfer"}


def test_2_0_1_has_one_spelling_of_every_error_code() -> None:
    assert OCPP201.error_code("RpcFrameworkError") == "RpcFrameworkError"
    assert OCPP201.error_code("FormationViolation") is None
    assert OCPP201.unreadable_id == "-1"


def test_error_codes_of_1_6_with_the_spellings_a_peer_may_use() -> None:
    assert OCPP16.error_code("NotSupported") == "NotSupported"
    assert OCPP16.error_code("OccurenceConstraintViolation") == "OccurenceConstraintViolation"
    assert OCPP16.error_code("OccurrenceConstraintViolation") == "OccurenceConstraintViolation"
    assert OCPP16.error_code("FormatViolation") == "FormationViolation"
    assert OCPP16.error_code("notsupported") is None


@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: v.name)
def test_tables_agree_with_themselves(version) -> None:
    assert set(version.codes.values()) <= set(version.error_codes)
    assert set(version.error_aliases.values()) <= set(version.error_codes)
    assert not set(version.error_aliases) & set(version.error_codes)
    assert version.code("a rule nobody thought of") == version.codes["other"]
    assert by_name(version.name) is version
    assert by_subprotocol(version.subprotocol) is version


def test_an_unknown_version_is_named_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"OCPP 1\.5 is not known here; known: 1\.6, 2\.0\.1"):
        by_name("1.5")
    assert by_subprotocol("ocpp1.5") is None


def test_versions_alone_load_neither_the_json_nor_the_schema_library() -> None:
    code = (
        "import sys, testbay.protocol.versions\n"
        "print([m for m in ('orjson', 'jsonschema_rs', 'ocpp', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_schemas_are_read_without_importing_the_package_that_holds_them() -> None:
    code = (
        "import sys\n"
        "from testbay.protocol import schemas, versions\n"
        "assert not schemas.check_request(versions.OCPP16, 'Heartbeat', {})\n"
        "print('ocpp' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
