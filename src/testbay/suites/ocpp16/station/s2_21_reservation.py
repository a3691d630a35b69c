"""Section 2.21: reservations of a connector and of the whole station, and their end."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq, omitted, one_of, present
from testbay.scenario.configured import Plus
from testbay.scenario.features import Not
from testbay.suites.ocpp16.actions import PLUG_IN, PRESENT_TOKEN
from testbay.suites.ocpp16.checks import ACCEPTED, HERE, NotSooner, no_longer, same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import (
    authorization_cache,
    cable_lock,
    local_start,
    reservations,
)
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting, can_be, reads
from testbay.suites.ocpp16.states.conditions import (
    all_occupied,
    others_unavailable,
    reserved,
    set_charge_point_unavailable,
    set_connector_occupied,
    set_connector_unavailable,
)
from testbay.suites.ocpp16.states.station import (
    OPTIONAL,
    authorized,
    charging,
    set_charge_point_faulted,
    set_connector_faulted,
)
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.21 Reservations")

ASKS = "AuthorizeRemoteTxRequests"
WHOLE_STATION = (reads("ReserveConnectorZeroSupported", "true"),)
DONE, AVAILABLE = eq("status", "Accepted"), eq("status", "Available")
RESERVED, PREPARING = eq("status", "Reserved"), eq("status", "Preparing")
OUR_TAG = same_text("idTag", cfg.valid_id_tag)
GROUP = {"parentIdTag": cfg.parent_id_tag}
IN_GROUP = {"idTagInfo": {"status": "Accepted", "parentIdTag": cfg.parent_id_tag}}
IN_SERVICE = one_of("connectorId", 0, cfg.connector_id)

BY_STATE = "The optional Authorize of step 5 is judged in the state Charging, as its step 5."
MEMBER = (
    "That the second token is of the group is told in each answer about it; the text gives the "
    "group in step 1 only."
)


# -- a connector ---------------------------------------------------------------------------------


@case(
    "TC_046_1_CS",
    "Reserved connector, used at the station",
    requires=reservations & local_start,
    before=(others_unavailable,),
    readings=(
        "The other card of step 5 is a second token that may charge; that no Authorize comes is "
        "watched for silence_time.",
    ),
)
async def tc_046_1_cs(t: StationTest) -> None:
    await t.reserve(1, DONE)
    await t.expect(3, "StatusNotification", RESERVED, where=HERE)
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag_2))
    await t.nothing(5, "Authorize", during=cfg.silence_time)
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag))
    await t.sequence(
        t.maybe(6, "Authorize", OUR_TAG, where=present("idTag"), reply=ACCEPTED),
        t.expect(8, "StatusNotification", PREPARING, where=HERE),
    )
    t.manual(PLUG_IN)
    await t.expect(
        10, "StartTransaction", eq("reservationId", t.reservation), OUR_TAG, reply=ACCEPTED
    )
    await t.expect(12, "StatusNotification", eq("status", "Charging"), where=HERE)


@case(
    "TC_046_2_CS",
    "Reserved connector, used by a remote start",
    requires=reservations,
    readings=(BY_STATE,),
)
async def tc_046_2_cs(t: StationTest) -> None:
    await t.reserve(1, DONE)
    await t.expect(3, "StatusNotification", RESERVED, where=HERE)
    await t.run(5, charging(authorize=OPTIONAL))
    start = t.received("StartTransaction")[-1]
    t.check(5, eq("reservationId", t.reservation), start)
    t.check(5, OUR_TAG, start)


@case(
    "TC_047_CS",
    "Reservation that nobody uses in time",
    requires=reservations,
    before=(others_unavailable,),
    readings=(
        "The status of step 5 is waited for until 30 s after the expiryDate, and fails when it "
        "comes more than settle_time before it: that is what the post scenario says.",
    ),
)
async def tc_047_cs(t: StationTest) -> None:
    await t.reserve(1, DONE, lasts=cfg.expiry_date_offset)
    await t.expect(3, "StatusNotification", RESERVED, where=HERE)
    late = Plus(cfg.expiry_date_offset, 30)
    over = await t.expect(5, "StatusNotification", AVAILABLE, where=HERE, within=late)
    t.review(5, [over], NotSooner(cfg.expiry_date_offset, t.reserved_at, cfg.settle_time))
    await t.run(7, charging(id_tag=cfg.valid_id_tag_2))


@case(
    "TC_048_1_CS",
    "Reservation of a connector with a fault",
    requires=reservations,
    before=(set_connector_faulted,),
    readings=("The answer has no connectorId; the one that step 2 names is that of the request.",),
)
async def tc_048_1_cs(t: StationTest) -> None:
    await t.reserve(1, eq("status", "Faulted"))


@case(
    "TC_048_2_CS",
    "Reservation of a connector that is in use",
    requires=reservations & Not(cable_lock),
    before=(set_connector_occupied,),
)
async def tc_048_2_cs(t: StationTest) -> None:
    await t.reserve(1, eq("status", "Occupied"))


@case(
    "TC_048_3_CS",
    "Reservation of a connector out of operation",
    requires=reservations,
    before=(set_connector_unavailable,),
)
async def tc_048_3_cs(t: StationTest) -> None:
    await t.reserve(1, eq("status", "Unavailable"))


@case(
    "TC_048_4_CS",
    "Reservation of a connector where there are no reservations",
    requires=Not(reservations),
)
async def tc_048_4_cs(t: StationTest) -> None:
    await t.reserve(1, eq("status", "Rejected"))


# -- the whole station ---------------------------------------------------------------------------


@case(
    "TC_049_CS",
    "Reservation of any connector, used by a remote start",
    requires=reservations,
    needs=WHOLE_STATION,
    before=(others_unavailable,),
    readings=(
        BY_STATE,
        "The status of step 3 may be that of the connector that is left, or of connector 0; the "
        "text names none.",
    ),
)
async def tc_049_cs(t: StationTest) -> None:
    await t.reserve(1, DONE, connector=0)
    await t.expect(3, "StatusNotification", RESERVED, where=IN_SERVICE)
    await t.run(5, charging(authorize=OPTIONAL))
    start = t.received("StartTransaction")[-1]
    t.check(5, eq("reservationId", t.reservation), start)
    t.check(5, OUR_TAG, start)


@case(
    "TC_050_1_CS",
    "Reservation of a station with a fault",
    requires=reservations,
    needs=WHOLE_STATION,
    before=(set_charge_point_faulted,),
)
async def tc_050_1_cs(t: StationTest) -> None:
    await t.reserve(1, eq("status", "Faulted"), connector=0)


@case(
    "TC_050_2_CS",
    "Reservation of a station whose connectors are all in use",
    requires=reservations & Not(cable_lock),
    needs=WHOLE_STATION,
    before=(all_occupied,),
)
async def tc_050_2_cs(t: StationTest) -> None:
    await t.reserve(1, eq("status", "Occupied"), connector=0)


@case(
    "TC_050_3_CS",
    "Reservation of a station out of operation",
    requires=reservations,
    needs=WHOLE_STATION,
    before=(set_charge_point_unavailable,),
)
async def tc_050_3_cs(t: StationTest) -> None:
    await t.reserve(1, eq("status", "Unavailable"), connector=0)


@case(
    "TC_050_4_CS",
    "Reservation of a station where there are no reservations",
    requires=Not(reservations),
)
async def tc_050_4_cs(t: StationTest) -> None:
    await t.reserve(1, eq("status", "Rejected"), connector=0)


# -- cancelling, and groups ----------------------------------------------------------------------


@case(
    "TC_051_CS",
    "Reservation that is cancelled",
    requires=reservations,
    before=(reserved,),
    readings=("That no reservationId is sent is judged in the StartTransaction of step 5.",),
)
async def tc_051_cs(t: StationTest) -> None:
    ours = {"reservationId": t.reservation}
    await t.call(1, "CancelReservation", ours, DONE)
    await t.expect(3, "StatusNotification", AVAILABLE, where=HERE)
    await t.run(5, charging(id_tag=cfg.valid_id_tag_2))
    start = t.received("StartTransaction")[-1]
    t.check("post", omitted("reservationId"), start)


@case(
    "TC_052_CS",
    "Cancelling a reservation that is not there",
    requires=reservations,
    before=(reserved,),
    readings=("That the reservation stays is watched for silence_time.",),
)
async def tc_052_cs(t: StationTest) -> None:
    unknown = {"reservationId": t.unknown_reservation}
    await t.call(1, "CancelReservation", unknown, eq("status", "Rejected"))
    ended = no_longer(cfg.connector_id, "Reserved")
    await t.nothing("post", "StatusNotification", where=ended, during=cfg.silence_time)


@case(
    "TC_053_1_CS",
    "Reservation for a group, used at the station",
    requires=reservations & local_start & authorization_cache,
    before=(others_unavailable,),
    readings=(
        MEMBER,
        "The reservationId that the text judges at step 5 comes with step 7.",
        "The text asks for no particular status in step 9.",
    ),
)
async def tc_053_1_cs(t: StationTest) -> None:
    await t.reserve(1, DONE, parent=GROUP)
    await t.expect(3, "StatusNotification", RESERVED, where=HERE)
    await t.run(5, authorized(id_tag=cfg.valid_id_tag_2, parent=cfg.parent_id_tag))
    t.manual(PLUG_IN)
    start = await t.expect(7, "StartTransaction", HERE, reply=IN_GROUP)
    t.check(5, eq("reservationId", t.reservation), start)
    await t.expect(9, "StatusNotification", where=HERE)


@case(
    "TC_053_2_CS",
    "Reservation for a group, used by a remote start",
    requires=reservations & Not(local_start) & authorization_cache,
    needs=(can_be(ASKS, "true"),),
    before=(Setting(ASKS, "true"), others_unavailable),
    readings=(
        MEMBER,
        f"{ASKS} is set to true: otherwise the station could not know the group.",
    ),
)
async def tc_053_2_cs(t: StationTest) -> None:
    await t.reserve(1, DONE, parent=GROUP)
    await t.expect(3, "StatusNotification", RESERVED, where=HERE)
    await t.run(5, charging(id_tag=cfg.valid_id_tag_2, parent=cfg.parent_id_tag))
    start = t.received("StartTransaction")[-1]
    t.check(5, eq("reservationId", t.reservation), start)
