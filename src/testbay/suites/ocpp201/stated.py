"""What a vendor states of a station, held against the device model that it reports.

There is a rule for every feature of part 5 that a variable tells as well. A rule speaks only where
the variables leave no doubt; where there is no answer, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from testbay.scenario.survey import (
    Finding,
    Stated,
    against_pics,
    against_value,
    same_tokens,
)
from testbay.scenario.survey_stated import by_features, by_itself, by_rules
from testbay.suites.ocpp201.settings import members
from testbay.suites.ocpp201.told_variables import (
    Told,
    characteristic,
    number_of,
    value_of,
)

YES = "yes"
Rule = Callable[[Any, Told], str]
"""Returns what is otherwise than an answer says, or nothing."""

CONNECTOR_TYPE = "ConnectorType"
DIRECT = ("cccs1", "cccs2", "cg105")
"""Types of connectors for direct current only, in lower case."""
PROFILE = "SecurityCtrlr.SecurityProfile"
TYPES = "AuthCtrlr.SupportedIdTokenTypes"


# -- kinds of rules --------------------------------------------------------------------------------


def _offers(name: str, answer: Any, told: Told) -> str:
    """The variable is there, and not false for good, where the feature is there."""
    off = told.has(name) and not told.writable(name) and told.value(name) == "false"
    there = told.has(name) and not off
    if (answer == YES) == there:
        return ""
    if not told.has(name):
        return f"the station does not list {name}"
    return f"{name} is ReadOnly and false" if off else f"the station lists {name}"


def _one_of(names: tuple[str, ...], answer: Any, told: Told) -> str:
    """At least one of the variables is there, and not false for good."""
    wrong = [_offers(name, answer, told) for name in names]
    if answer == YES:
        return "" if not all(wrong) else f"the station lists none of {', '.join(names)}"
    return next((why for why in wrong if why), "")


def _both(names: tuple[str, ...], answer: Any, told: Told) -> str:
    """All the variables are there, or at least one is not."""
    lacking = [name for name in names if not told.has(name)]
    if (answer == YES) == (not lacking):
        return ""
    return f"the station {'does not list' if lacking else 'lists'} {', '.join(lacking or names)}"


def _writable(name: str, answer: Any, told: Told) -> str:
    """The variable can be written where the answer says so."""
    if not told.has(name) or (answer == YES) == told.writable(name):
        return ""
    return f"{name} can be written" if told.writable(name) else f"{name} is ReadOnly"


def _can_be_set(name: str, answer: Any, told: Told) -> str:
    """The variable is there and can be written where the answer says so."""
    if answer == YES and not told.has(name):
        return f"the station does not list {name}"
    return _writable(name, answer, told)


def _can_be(name: str, value: bool, answer: Any, told: Told) -> str:
    """A flag has this value, or can be given it."""
    if not told.has(name):
        return ""
    possible = told.writable(name) or told.true(name) == value
    if (answer == YES) == possible:
        return ""
    return f"{name} {'can be written' if told.writable(name) else f'is {told.shown(name)}'}"


def _true(name: str, answer: Any, told: Told) -> str:
    """A flag is true where the answer says so."""
    if (answer == YES) == told.true(name):
        return ""
    return (
        f"{name} is {told.shown(name)}" if told.has(name) else f"the station does not list {name}"
    )


def _member(name: str, member: str, answer: Any, told: Told) -> str:
    """A list can hold a member where the answer says so."""
    possible = told.possible(name)
    if possible is None:
        return ""
    there = member.casefold() in (m.casefold() for m in possible)
    if (answer == YES) == there:
        return ""
    return f"{name} can{'' if there else 'not'} hold {member}"


def _token_type(member: str, answer: Any, told: Told) -> str:
    """A type of token that can be used is one that is supported; it may be so in one way only."""
    listed = None if told.value(TYPES) is None else members(told.value(TYPES) or "")
    if answer != YES or listed is None or member.casefold() in (m.casefold() for m in listed):
        return ""
    return f"{TYPES} is {told.shown(TYPES)}"


def _list(name: str, answer: Any, told: Told) -> str:
    """A list can hold what the answer lists, and nothing else."""
    possible = told.possible(name)
    several = isinstance(answer, list | tuple)
    stated = [str(one) for one in answer] if several else members(str(answer))
    if possible is None or not stated:
        return ""
    same = {m.casefold() for m in possible} == {m.casefold() for m in stated}
    return "" if same else f"{name} can hold {', '.join(possible)}"


def _secured(profile: int, answer: Any, told: Told) -> str:
    """The security profile that is in use is one that is supported."""
    now = told.number(PROFILE)
    return "" if answer == YES or now != profile else f"{PROFILE} is {now:g}"


def _block(component: str, answer: Any, told: Told) -> str:
    """An optional functional block is there where it is to be certified."""
    available = f"{component}.Available"
    if answer != YES or told.true(available):
        return ""
    if told.has(available):
        return f"{available} is {told.shown(available)}"
    own = any(name.casefold().startswith(f"{component}.".casefold()) for name, _ in told.named())
    return "" if own else f"the station lists nothing of {component}"


# -- single rules ----------------------------------------------------------------------------------


def _cache(answer: Any, told: Told) -> str:
    available, enabled = "AuthCacheCtrlr.Available", "AuthCacheCtrlr.Enabled"
    if told.has(available):
        return _true(available, answer, told)
    return _offers(enabled, answer, told)


def _status_duration(answer: Any, told: Told) -> str:
    found = told.all_of("", "MinimumStatusDuration")
    if (answer == YES) == bool(found):
        return ""
    return f"the station lists {found[0][0]}" if found else "no MinimumStatusDuration is listed"


def _evse_reset(answer: Any, told: Told) -> str:
    found = told.all_of("EVSE", "AllowReset")
    if not found:
        return "AllowReset of no EVSE is listed" if answer == YES else ""
    able = [name for name, e in found if (value_of(e) or "").casefold() == "true"]
    if (answer == YES) == bool(able):
        return ""
    return f"{able[0]} is true" if able else f"{found[0][0]} is not true"


def _connector(letter: str, answer: Any, told: Told) -> str:
    """Some connector is a socket (s) or has a cable (c) where the answer says so."""
    kinds = _kinds(told)
    found = [kind for kind in kinds if kind.startswith(letter)]
    clear = bool(kinds) and all(kind[:1] in ("s", "c") for kind in kinds)
    if answer == YES:
        return "" if found or not clear else f"{CONNECTOR_TYPE} is {', '.join(kinds)}"
    return f"{CONNECTOR_TYPE} of a connector is {found[0]}" if found else ""


def _kinds(told: Told) -> list[str]:
    found = (value_of(entry) for _, entry in told.all_of("Connector", CONNECTOR_TYPE))
    return list(dict.fromkeys(kind for kind in found if kind))


def _direct_current(answer: Any, told: Told) -> str:
    found = [kind for kind in _kinds(told) if kind.casefold() in DIRECT]
    return f"{CONNECTOR_TYPE} of a connector is {found[0]}" if found and answer != YES else ""


def _phases(number: int, answer: Any, told: Told) -> str:
    """No connector has a number of phases that the station is said not to have."""
    found = told.all_of("Connector", "SupplyPhases")
    has = [name for name, entry in found if number_of(value_of(entry)) == number]
    return f"{has[0]} is {number}" if has and answer != YES else ""


def _evses(answer: Any, told: Told) -> str:
    there = len(told.places())
    return "" if not there or number_of(str(answer)) == there else f"it lists {there} EVSEs"


_EV_SIDE, _UNLOCK = "TxCtrlr.StopTxOnEVSideDisconnect", "OCPPCommCtrlr.UnlockOnEVSideDisconnect"
_START, _STOP = "TxCtrlr.TxStartPoint", "TxCtrlr.TxStopPoint"
_SIGNS = ("SampledDataCtrlr.SignReadings", "AlignedDataCtrlr.SignReadings")
_REMOTE = "AuthCtrlr.AuthorizeRemoteStart"
_SIGNING = ("SecurityCtrlr.CertSigningWaitMinimum", "SecurityCtrlr.CertSigningRepeatTimes")
_RATE, _MESSAGES = "SmartChargingCtrlr.RateUnit", "DisplayMessageCtrlr"
_PHASES = ((5, 1), (6, 2), (7, 3))

RULES: Mapping[str, Rule] = {
    "AS-2": partial(_true, "SecurityCtrlr.AdditionalRootCertificateCheck"),
    "AS-3": partial(_both, _SIGNING),
    "C-02": partial(_offers, "AuthCtrlr.OfflineTxForUnknownIdEnabled"),
    "C-03": partial(_offers, "TxCtrlr.MaxEnergyOnInvalidId"),
    "C-04": _status_duration,
    "C-06.1": partial(_can_be, _EV_SIDE, False),
    "C-06.2": partial(_can_be, _EV_SIDE, True),
    **{
        f"C-09.{i}": partial(_member, _START, point)
        for i, point in enumerate(
            (
                *("EVConnected", "Authorized", "DataSigned"),
                *("PowerPathClosed", "EnergyTransfer", "ParkingBayOccupancy"),
            ),
            1,
        )
    },
    **{
        f"C-10.{i}": partial(_member, _STOP, point)
        for i, point in enumerate(
            (
                *("EVConnected", "Authorized", "PowerPathClosed"),
                *("EnergyTransfer", "ParkingBayOccupancy"),
            ),
            1,
        )
    },
    "C-12.1": partial(_can_be, _UNLOCK, True),
    "C-12.2": partial(_can_be, _UNLOCK, False),
    "C-13": _evse_reset,
    "C-20": partial(_offers, "ChargingStation.AllowNewSessionsPendingFirmwareUpdate"),
    "C-21": partial(_offers, "OCPPCommCtrlr.QueueAllMessages"),
    "C-23": partial(_list, "ClockCtrlr.TimeSource"),
    "C-25": partial(_can_be_set, "ClockCtrlr.TimeOffset"),
    "C-26": partial(_can_be_set, "ClockCtrlr.TimeZone"),
    "C-28": partial(_offers, "AlignedDataCtrlr.SendDuringIdle"),
    **{
        f"C-{number}": partial(_token_type, member)
        for number, member in (
            *((30, "ISO14443"), (31, "ISO15693"), (32, "KeyCode"), (33, "Local")),
            *((34, "MacAddress"), (35, "NoAuthorization"), (36, "ISO14443")),
            *((37, "ISO15693"), (38, "Central"), (39, "NoAuthorization")),
        )
    },
    "C-40.1": partial(_list, "SampledDataCtrlr.TxStartedMeasurands"),
    "C-40.2": partial(_list, "SampledDataCtrlr.TxUpdatedMeasurands"),
    "C-40.3": partial(_list, "SampledDataCtrlr.TxEndedMeasurands"),
    "C-40.4": partial(_list, "AlignedDataCtrlr.Measurands"),
    "C-40.5": partial(_list, "AlignedDataCtrlr.TxEndedMeasurands"),
    "C-42": partial(_one_of, _SIGNS),
    "C-48.1": partial(_can_be, _REMOTE, True),
    "C-48.2": partial(_can_be, _REMOTE, False),
    "C-49": _cache,
    "C-51": partial(_writable, _START),
    "C-52": partial(_writable, _STOP),
    "C-53": partial(_offers, "AuthCacheCtrlr.LifeTime"),
    "C-54": partial(_list, "AuthCacheCtrlr.Policy"),
    "C-58": partial(_offers, "AuthCtrlr.DisableRemoteAuthorization"),
    "C-59": partial(_offers, "AuthCacheCtrlr.DisablePostAuthorize"),
    "C-61": partial(_secured, 1),
    "security_profile_2": partial(_secured, 2),
    "advanced_security": partial(_secured, 3),
    "DM-3": partial(_offers, "MonitoringCtrlr.OfflineQueuingSeverity"),
    "ISO-5": partial(_offers, "ISO15118Ctrlr.CentralContractValidationAllowed"),
    "LA-1": partial(_offers, "LocalAuthListCtrlr.Enabled"),
    "LA-3": partial(_offers, "LocalAuthListCtrlr.DisablePostAuthorize"),
    "R-2": partial(_true, "ReservationCtrlr.NonEvseSpecific"),
    "R-3": partial(_offers, "ReservationCtrlr.Enabled"),
    "SC-2.1": partial(_member, _RATE, "A"),
    "SC-2.2": partial(_member, _RATE, "W"),
    **{
        f"UI-1.{i}": partial(_member, f"{_MESSAGES}.SupportedPriorities", priority)
        for i, priority in enumerate(("AlwaysFront", "InFront", "NormalCycle"), 1)
    },
    **{
        f"UI-2.{i}": partial(_member, f"{_MESSAGES}.SupportedFormats", form)
        for i, form in enumerate(("ASCII", "HTML", "URI", "UTF8"), 1)
    },
    "HFS-1": partial(_connector, "s"),
    "HFS-2": partial(_connector, "c"),
    "HFS-4": _direct_current,
    **{f"HFS-{i}": partial(_phases, number) for i, number in _PHASES},
    "HFS-8": _evses,
    "local_authorization_list_management": partial(_block, "LocalAuthListCtrlr"),
    "smart_charging": partial(_block, "SmartChargingCtrlr"),
    "advanced_device_management": partial(_block, "MonitoringCtrlr"),
    "advanced_user_interface": partial(_block, "DisplayMessageCtrlr"),
    "reservation": partial(_block, "ReservationCtrlr"),
    "iso_15118_support": partial(_block, "ISO15118Ctrlr"),
}
"""By question of the PICS."""

FEATURES = {
    "fixed_cable": "HFS-2",
    "reset_evse": "C-13",
    "remote_start_asks": "C-48.1",
    "remote_start_asks_not": "C-48.2",
    "signing_timeout": "AS-3",
    "signing_meter": "C-42",
}
"""Features of the product that say the same as a question."""

SAID = {"vendor": "vendorName", "model": "model"}
"""Questions whose answers the station gives when it boots, perhaps in more or fewer words."""
EXACTLY = {"software_version": "firmwareVersion"}
"""The same, in these words."""


def disagreements(told: Told, stated: Stated) -> Iterator[Finding]:
    """Yield what the PICS, or without one the configuration, says otherwise than the station."""
    if stated.answers:
        yield from _answers(told, stated)
    else:
        yield from _features(told, stated)
    yield from _values(told, stated)


def _answers(told: Told, stated: Stated) -> Iterator[Finding]:
    yield from by_rules(RULES, told, stated)
    yield from _master_pass(told, stated)
    yield from by_itself(stated, SAID, EXACTLY)


def _master_pass(told: Told, stated: Stated) -> Iterator[Finding]:
    """Yield what is so of a master pass, with a display (C-07) or without one (C-08)."""
    name, asked = "AuthCtrlr.MasterPassGroupId", ("C-07", "C-08")
    answers = [stated.answers.get(question) for question in asked]
    for question, answer in zip(asked, answers, strict=True):
        if answer == YES and not told.has(name):
            yield against_pics(question, stated, f"the station does not list {name}")
    if None not in answers and YES not in answers and told.has(name):
        yield against_pics("C-08", stated, f"the station lists {name}")


def _features(told: Told, stated: Stated) -> Iterator[Finding]:
    yield from by_features(FEATURES, RULES, told, stated)
    several, there = stated.product.get("several_evses"), len(told.places())
    if several is not None and there and several != (there > 1):
        said = f"the configuration says {str(several).lower()}, but it lists {there} EVSEs"
        yield Finding("product", "product.several_evses", said)


# -- configured values -----------------------------------------------------------------------------

TOKENS = ("valid_idtoken_idtoken", "valid_idtoken2_idtoken", "invalid_idtoken_idtoken")
KINDS_OF_TOKENS = ("valid_idtoken_type", "valid_idtoken2_type")
WRITTEN = {
    "offline_threshold": "OCPPCommCtrlr.OfflineThreshold",
    "connection_timeout": "TxCtrlr.EVConnectionTimeOut",
    "transaction_updated_meter_values_interval": "SampledDataCtrlr.TxUpdatedInterval",
    "message_attempts_transaction_event": "OCPPCommCtrlr.MessageAttempts[TransactionEvent]",
    "message_attempts_transaction_event_interval": (
        "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]"
    ),
    "retry_back_off_wait_minimum": "OCPPCommCtrlr.RetryBackOffWaitMinimum",
    "cert_signing_wait_minimum": "SecurityCtrlr.CertSigningWaitMinimum",
}
"""Configured values that cases write to the station, with the variable."""
MEMBERS = {
    "configuration_slot": "OCPPCommCtrlr.NetworkConfigurationPriority",
    "configuration_slot2": "OCPPCommCtrlr.NetworkConfigurationPriority",
    "transaction_updated_measurands": "SampledDataCtrlr.TxUpdatedMeasurands",
}
"""Configured values that must be among what a list may hold."""
MEASURED = (
    *("connection_timeout", "heartbeat_interval", "retry_back_off_wait_minimum"),
    *("message_attempts_transaction_event_interval", "cert_signing_wait_minimum"),
)
"""Configured times that cases hold the station to, give or take max_time_deviation."""


def _values(told: Told, stated: Stated) -> Iterator[Finding]:
    yield from _building(told, stated.values)
    yield from _secure(told, stated)
    for name, variable in WRITTEN.items():
        yield from _limited(name, variable, told, stated.values)
    for name, variable in MEMBERS.items():
        allowed, value = told.allowed(variable), stated.values.get(name)
        lower = [m.casefold() for m in allowed or ()]
        if allowed and value is not None:
            other = [m for m in members(str(value)) if m.casefold() not in lower]
            if other:
                why = f"{variable} can hold {', '.join(allowed)} only"
                yield against_value(stated.values, name, why)
    for name in KINDS_OF_TOKENS:
        kind = stated.values.get(name)
        if kind is not None and (why := _token_type(str(kind), YES, told)):
            yield against_value(stated.values, name, why)
    yield from _too_short(stated.values)
    yield from repeated(stated.values)


def _too_short(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield times that no station could be seen to cut short."""
    slack = values.get("max_time_deviation")
    for name in MEASURED if slack is not None else ():
        value = values.get(name)
        if value is not None and value <= slack:
            why = f"max_time_deviation is {slack:g}: no pause would be too short"
            yield against_value(values, name, why)


def _building(told: Told, values: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is otherwise of EVSEs and connectors."""
    places = told.places()
    if not places:
        return
    wanted, evse = values.get("evse_count"), values.get("evse_id")
    if wanted is not None and wanted != len(places):
        yield against_value(values, "evse_count", f"it lists {len(places)} EVSEs")
    each = values.get("connectors_per_evse")
    other = [e for e, connectors in places.items() if each is not None and len(connectors) != each]
    if other:
        count = len(places[other[0]])
        why = f"EVSE {other[0]} has {count} {'connector' if count == 1 else 'connectors'}"
        yield against_value(values, "connectors_per_evse", why)
    if evse is not None and evse not in places:
        yield against_value(values, "evse_id", "it lists no such EVSE")
    elif evse is not None and values.get("connector_id", 1) not in places[evse]:
        why = f"EVSE {evse} lists no such connector"
        yield against_value(values, "connector_id", why)


def _secure(told: Told, stated: Stated) -> Iterator[Finding]:
    """Yield an identity or a security profile that is not the one of this connection."""
    values, identity = stated.values, told.value("SecurityCtrlr.Identity")
    if identity and values.get("station_id") and identity != values["station_id"]:
        yield against_value(values, "station_id", f"SecurityCtrlr.Identity is {identity!r}")
    used = next((n for n in (1, 2, 3) if values.get(f"on_profile_{n}")), None)
    now = told.number(PROFILE)
    if used is not None and now is not None and now != used:
        says = f"it is {now:g}, but the station is connected with security profile {used}"
        yield Finding("configuration", PROFILE, says)


def _limited(name: str, variable: str, told: Told, values: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a value that the station says it cannot take."""
    value, entry = values.get(name), told.entry(variable)
    if value is None or entry is None:
        return
    least, most = characteristic(entry, "minLimit"), characteristic(entry, "maxLimit")
    if least is not None and value < least:
        yield against_value(values, name, f"minLimit of {variable} is {least:g}")
    if most is not None and value > most:
        yield against_value(values, name, f"maxLimit of {variable} is {most:g}")


def repeated(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield tokens that are configured twice: a CSMS says one thing to a token."""
    return same_tokens(values, TOKENS)
