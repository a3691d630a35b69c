"""Faults in what the tool hears of connections."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from testbay.proof.fault import WireFault
from testbay.proof.hearing import MISHEARD, OVERHEARD, UNHEARD, HardOfHearing
from testbay.proof.prove import prove_case
from testbay.scenario.values import Payload, Received


class End:
    """An end that hands in what it is told to."""

    def __init__(self) -> None:
        self.inbox: Any = None

    def attach(self, inbox: Any) -> None:
        self.inbox = inbox

    def tell(self, uid: str, action: str, **seen: Any) -> None:
        self.inbox.receive(Received(uid, action, Payload.of(seen)))


class Inbox:
    def __init__(self) -> None:
        self.heard: list[tuple[str, str, Any]] = []
        self.violated = self.notice = self.frame = lambda *_: None

    def receive(self, message: Received) -> None:
        self.heard.append((message.uid, message.action, dict(message.payload)))


def hear(fault: WireFault) -> list[tuple[str, str, Any]]:
    end, inbox = End(), Inbox()
    deaf = HardOfHearing(end, fault)  # type: ignore[arg-type]
    deaf.attach(inbox)
    for number in (1, 3, 5):
        end.tell(f"@{number}", "@connect", profile=1)
        end.tell(f"@{number + 1}", "@tls", version="TLSv1.3")
    end.tell("7", "Heartbeat")
    return inbox.heard


async def test_from_an_event_on_none_of_its_kind_is_heard() -> None:
    heard = hear(WireFault(UNHEARD, "@3", frame=("@connect", {})))
    assert [uid for uid, _, _ in heard] == ["@1", "@2", "@4", "@6", "7"]


async def test_one_event_is_heard_wrongly() -> None:
    heard = hear(WireFault(MISHEARD, "@4", "version", "TLSv1.1", frame=("@tls", {})))
    versions = [seen["version"] for _, action, seen in heard if action == "@tls"]
    assert versions == ["TLSv1.3", "TLSv1.1", "TLSv1.3"]


async def test_an_event_is_heard_that_there_was_not() -> None:
    end, inbox = End(), Inbox()
    at = asyncio.get_running_loop().time() + 5
    fault = WireFault(OVERHEARD, value=at, frame=("@connect", {}))
    HardOfHearing(end, fault).attach(inbox)  # type: ignore[arg-type]
    await asyncio.sleep(4.9)
    assert inbox.heard == []
    await asyncio.sleep(0.2)
    assert [action for _, action, _ in inbox.heard] == ["@connect"]


@pytest.mark.parametrize(
    ("case", "check", "killed_by"),
    [
        ("TC_073_CS", ("3", "@connect is sent in time"), "the reference system keeps-old-password"),
        ("TC_073_CS", ("6", "@connect is sent in time"), "unheard @connect"),
        ("TC_087_CS", ("4", "certificate is shown, in X.509"), "misheard @tls"),
        ("TC_078_CS", ("wildcard/7", "no @connect comes"), "overheard"),
    ],
)
def test_misbehaviour_comes_before_what_is_made_up(
    case: str, check: tuple[str, str], killed_by: str
) -> None:
    assert prove_case("1.6", case).killed[check].startswith(killed_by)
