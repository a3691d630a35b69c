"""Who the reference CSMS of OCPP 2.0.1 lets in, and how that changes."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Any

import pytest
from csms201_station import BOOT, Lab

from testbay.clock import now
from testbay_reference.control import Refused
from testbay_reference.csms201 import CsmsOptions
from testbay_reference.csms201.faults import FAULTS
from testbay_reference.csms201.security import Security
from testbay_reference.csms_security.door import Refusal, Visitor
from testbay_reference.csms_security.tls import Shown
from testbay_reference.named_faults import NamedFaults
from testbay_reference.store import Store

DIGITS = "00FF" * 8
TLS = Shown("TLSv1.3", "TLS_AES_128_GCM_SHA256", None)


def books(store: Store | None = None, *faults: str, **options: Any) -> Security:
    """Return the books of a CSMS that knows the password of CS1."""
    given = CsmsOptions(passwords={"CS1": DIGITS}, seed=1, **options)
    return Security(given, NamedFaults(FAULTS, faults), now, store or Store())


def visitor(password: str = "", name: str = "CS1", tls: Shown | None = None) -> Visitor:
    """Return a station that knocks; without a password it shows none."""
    shown = base64.b64encode(f"{name}:{password}".encode()).decode()
    return Visitor("CS1", (f"Basic {shown}",) if password else (), tls)


def status(answer: int | Refusal) -> int:
    """Return the security profile, or the status of a refusal."""
    return answer.status if isinstance(answer, Refusal) else answer


@pytest.mark.parametrize(
    ("knocks", "told"),
    [
        (visitor(DIGITS), 1),  # digits are the password itself, and stand for no bytes
        (visitor(DIGITS.lower()), HTTPStatus.UNAUTHORIZED),
        (visitor(DIGITS, "CS2"), HTTPStatus.UNAUTHORIZED),
        (visitor(), HTTPStatus.UNAUTHORIZED),
        (visitor(DIGITS, tls=TLS), HTTPStatus.FORBIDDEN),
    ],
)
def test_a_password_is_asked_for(knocks: Visitor, told: int) -> None:
    assert status(books(security_profile=1).admit(knocks)) == told


def test_only_a_password_that_was_taken_counts_and_outlives_a_restart() -> None:
    store = Store()
    security = books(store, security_profile=1)
    new = security.new_password()
    assert len(new) == 30
    security.password_refused("CS1", new)
    assert status(security.admit(visitor(DIGITS))) == 1
    security.password_taken("CS1", new)
    for one in (security, books(store, security_profile=1)):
        assert status(one.admit(visitor(DIGITS))) == HTTPStatus.UNAUTHORIZED
        assert status(one.admit(visitor(new))) == 1


def test_a_higher_profile_is_binding_once_it_was_used() -> None:
    security = books(security_profile=1)
    security.profile_stored("CS1", 2, 2)
    assert security.profiles("CS1") == (1,)
    security.priority_set("CS1", "1,2")  # the first slot is none of its own
    assert security.profiles("CS1") == (1, 2)
    security.connected(visitor(DIGITS))
    assert security.profiles("CS1") == (1, 2)
    security.connected(visitor(DIGITS, tls=TLS))
    assert status(security.admit(visitor(DIGITS))) == HTTPStatus.FORBIDDEN
    security.require("CS1", 1)
    assert status(security.admit(visitor(DIGITS))) == 1


async def test_the_answer_of_a_station_decides_which_password_counts(lab201: Lab) -> None:
    def answer(payload: dict[str, Any]) -> dict[str, Any]:
        [data] = payload["setVariableData"]
        about = {"component": data["component"], "variable": data["variable"]}
        return {"setVariableResult": [{**about, "attributeStatus": "Accepted"}]}

    station = await lab201.open({"SetVariables": answer}, seed=1)
    await station.call("BootNotification", BOOT)
    await lab201.act("change_password")
    [(_, asked)] = station.asked
    [data] = asked["setVariableData"]
    assert data["component"] == {"name": "SecurityCtrlr"}
    assert lab201.csms.security.passwords("CS1") == (data["attributeValue"].encode().hex(),)
    with pytest.raises(Refused, match="16 to 40"):
        await lab201.act("change_password", password="short")
    assert await station.call("SignCertificate", {"csr": "none"}) == {"status": "Rejected"}


def test_a_security_profile_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no security profile 4"):
        CsmsOptions(security_profile=4)
