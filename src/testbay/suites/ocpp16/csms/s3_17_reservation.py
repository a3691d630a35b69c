"""3.17 Reservations."""

from __future__ import annotations

from testbay.scenario.checks import differs, eq
from testbay.suites.ocpp16.actions import (
    CANCEL_RESERVATION,
    CHANGE_AVAILABILITY,
    RESERVE,
    RESERVE_ANY,
    RESERVE_FOR_GROUP,
)
from testbay.suites.ocpp16.checks import HERE, After, same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import ACCEPTED, REJECTED, CsmsTest
from testbay.suites.ocpp16.features import reservations
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import charging

GROUP = "3.17 Reservations"
FOR_TOKEN = same_text("idTag", cfg.valid_id_tag)
ASK = RESERVE(id_tag=cfg.valid_id_tag)
WANTED = (
    "The text validates no idTag, and of connectorId only what it is not: both must be what the "
    "operator named."
)


@csms(
    "TC_046_CSMS",
    "A connector is reserved, then used",
    group=GROUP,
    requires=reservations,
)
async def tc_046_csms(t: CsmsTest) -> None:
    t.manual(ASK)
    await t.expect(1, "ReserveNow", HERE, FOR_TOKEN, reply=ACCEPTED)
    await t.status(3, "Reserved")
    await t.run(5, charging(reserved=True))


@csms(
    "TC_047_CSMS",
    "A connector is reserved and not used in time",
    group=GROUP,
    requires=reservations,
    readings=(
        "The current time is any moment from when the operator is asked until the message comes.",
    ),
)
async def tc_047_csms(t: CsmsTest) -> None:
    asked = t.now()
    t.manual(ASK(seconds=cfg.expiry_date_offset))
    made = await t.expect(1, "ReserveNow", HERE, FOR_TOKEN, reply=ACCEPTED)
    t.check(1, After("expiryDate", cfg.expiry_date_offset, asked, t.arrived(made)), made)
    await t.status(3, "Reserved")
    await t.wait(cfg.expiry_date_offset, "the driver does not come before the expiry date")
    await t.status(5, "Available")


@csms(
    "TC_048_1_CSMS",
    "A connector cannot be reserved, it has a fault",
    group=GROUP,
    requires=reservations,
)
async def tc_048_1_csms(t: CsmsTest) -> None:
    t.manual(ASK)
    await t.expect(1, "ReserveNow", HERE, FOR_TOKEN, reply={"status": "Faulted"})


@csms(
    "TC_048_2_CSMS",
    "A connector cannot be reserved, it is occupied",
    group=GROUP,
    requires=reservations,
)
async def tc_048_2_csms(t: CsmsTest) -> None:
    await t.status(1, "Preparing")
    t.manual(ASK)
    await t.expect(3, "ReserveNow", HERE, FOR_TOKEN, reply={"status": "Occupied"})


@csms(
    "TC_048_3_CSMS",
    "A connector cannot be reserved, it is out of operation",
    group=GROUP,
    requires=reservations,
    readings=("In the end the operator puts the connector back into operation.",),
)
async def tc_048_3_csms(t: CsmsTest) -> None:
    t.undo(t.operative_again)
    t.manual(CHANGE_AVAILABILITY(operative=False))
    await t.expect(1, "ChangeAvailability", HERE, eq("type", "Inoperative"), reply=ACCEPTED)
    await t.status(3, "Unavailable")
    t.manual(ASK)
    await t.expect(5, "ReserveNow", HERE, FOR_TOKEN, reply={"status": "Unavailable"})


@csms(
    "TC_048_4_CSMS",
    "A connector cannot be reserved, the station accepts no reservations",
    group=GROUP,
    requires=reservations,
)
async def tc_048_4_csms(t: CsmsTest) -> None:
    t.manual(ASK)
    await t.expect(1, "ReserveNow", HERE, FOR_TOKEN, reply=REJECTED)


@csms(
    "TC_049_CSMS",
    "Any connector of the station is reserved",
    group=GROUP,
    requires=reservations,
    readings=(
        "The text does not say which connector is reported as Reserved: it is the connector of "
        "the cases, because connector 0 cannot be Reserved (4.9).",
        "The text validates no idTag: it must be the token that the operator named.",
    ),
)
async def tc_049_csms(t: CsmsTest) -> None:
    t.manual(RESERVE_ANY(id_tag=cfg.valid_id_tag))
    await t.expect(1, "ReserveNow", eq("connectorId", 0), FOR_TOKEN, reply=ACCEPTED)
    await t.status(3, "Reserved")


@csms(
    "TC_051_CSMS",
    "A reservation is cancelled",
    group=GROUP,
    requires=reservations,
    readings=(WANTED,),
)
async def tc_051_csms(t: CsmsTest) -> None:
    t.manual(ASK)
    made = await t.expect(
        1, "ReserveNow", differs("connectorId", 0), HERE, FOR_TOKEN, reply=ACCEPTED
    )
    await t.status(3, "Reserved")
    t.manual(CANCEL_RESERVATION)
    same_one = eq("reservationId", made["reservationId"])
    await t.expect(5, "CancelReservation", same_one, reply=ACCEPTED)
    await t.status(7, "Available")


@csms(
    "TC_052_CSMS",
    "A reservation cannot be cancelled, the station does not know it any more",
    group=GROUP,
    requires=reservations,
    readings=(
        "The text validates nothing of ReserveNow and CancelReservation: connectorId and idTag "
        "must be what the operator named, reservationId that of step 1.",
        "The tool cancels the reservation at the simulated station, which does not report that.",
    ),
)
async def tc_052_csms(t: CsmsTest) -> None:
    t.manual(ASK)
    made = await t.expect(1, "ReserveNow", HERE, FOR_TOKEN, reply=ACCEPTED)
    await t.status(3, "Reserved")
    t.drop_reservations()
    t.manual(CANCEL_RESERVATION)
    same_one = eq("reservationId", made["reservationId"])
    await t.expect(5, "CancelReservation", same_one, reply=REJECTED)


@csms(
    "TC_053_CSMS",
    "A connector is reserved, then used with another token of the group",
    group=GROUP,
    requires=reservations,
    readings=(
        WANTED,
        "The group is the configured one: ReserveNow must name it, because step 1 has a "
        "parentIdTag. Authorize.conf need not (5.13), but it must not name another one.",
    ),
)
async def tc_053_csms(t: CsmsTest) -> None:
    t.manual(RESERVE_FOR_GROUP(id_tag=cfg.valid_id_tag))
    await t.expect(
        1,
        "ReserveNow",
        differs("connectorId", 0),
        HERE,
        FOR_TOKEN,
        same_text("parentIdTag", cfg.parent_id_tag),
        reply=ACCEPTED,
    )
    await t.status(3, "Reserved")
    member = charging(id_tag=cfg.valid_id_tag_2, parent=cfg.parent_id_tag, reserved=True)
    await t.run(5, member)
