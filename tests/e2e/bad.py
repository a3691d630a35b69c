"""What a bad peer does, and runs of cases against one."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import ConnectionClosed

from testbay.campaign.journal import line_of
from testbay.protocol.versions import OCPP16
from testbay.roles.csms import CsmsEnd
from testbay.roles.station import StationEnd

from .lab import Story, lane_of, run_on
from .raw_csms import RawCsms
from .raw_station import RawStation

Peer = RawStation | RawCsms
BadThing = Callable[[Any], Awaitable[None]]
MASK = b"\x01\x02\x03\x04"
SENDS = "OCPP-J sends JSON arrays such as [2, id, action, payload]"
ENDS = "the tool ends it with the close code"
MANY = 10_000
TO_CALL = "an answer has the id of its call, and there is one to each call"


# -- what peers do --------------------------------------------------------------------------------


def says(*texts: str | bytes) -> BadThing:
    """Send these; UID stands for the id of the call that was received last."""

    async def do(peer: Peer) -> None:
        for text in texts:
            uid = peer.got[-1][1] if peer.got else ""
            await peer.socket.send(text.replace("UID", uid) if isinstance(text, str) else text)

    return do


def writes(*parts: bytes, cut: bool = False) -> BadThing:
    """Write bytes below the messages, after which the connection does not last."""

    async def do(peer: Peer) -> None:
        for part in parts:
            peer.socket.transport.write(part)
        if cut:
            peer.socket.transport.abort()
        await peer.cut_off()

    return do


async def sends_8_mib(peer: Peer) -> None:
    with suppress(ConnectionClosed, OSError):
        await peer.socket.send("x" * 2**23)
    await peer.cut_off()


def calls(uid: str, action: str, **payload: Any) -> str:
    return json.dumps([2, uid, action, payload])


@dataclass(frozen=True)
class Bad:
    """Something a peer does.

    Args:
        does: the thing.
        told: what the reason has to say of it.
        code: of the CALLERROR that the peer has to get; empty: none.
        kept: what the journal has of it, if that is not what was sent.
    """

    does: BadThing
    told: str
    code: str = ""
    kept: str = ""


# -- running --------------------------------------------------------------------------------------


async def against_station(*cases: str, port: int = 0, **bad: Any) -> tuple[Story, RawStation]:
    """Run cases against a raw station.

    Args:
        bad: the moment with ``_`` for blanks, and what it does then.
    """
    end = CsmsEnd(OCPP16, "CS001", timeout=30)
    port = await end.start("127.0.0.1", port)
    moments = {moment.replace("_", " "): thing for moment, thing in bad.items()}
    station = RawStation(f"ws://127.0.0.1:{port}/ocpp/CS001", moments)
    lane = lane_of("station", end, station)
    station.start()
    try:
        story = await run_on(lane, *cases)
        readable(story)
        return story, station
    finally:
        await station.stop()
        await end.close()


async def against_csms(csms: RawCsms, *cases: str) -> Story:
    """Run cases against a raw CSMS."""
    port = await csms.start()
    end = StationEnd(OCPP16, f"ws://127.0.0.1:{port}/ocpp", "CS001", timeout=30)
    try:
        story = await run_on(lane_of("csms", end, csms), *cases)
        readable(story)
        return story
    finally:
        await end.close()
        await csms.stop()


def readable(story: Story) -> None:
    """See that every reason is one line, and every line of the journal JSON."""
    for ended in story.done.values():
        assert "\n" not in ended.reason
        assert len(ended.reason) < 600
        assert ended.trace == ""
    for stamped in story.journal[:2000]:
        assert json.loads(line_of(stamped))["kind"] == stamped.event.kind


def journal_of(story: Story) -> str:
    return json.dumps([s.to_json() for s in story.journal], default=str)


def in_journal(story: Story, text: str) -> bool:
    return json.dumps(text)[1:-1] in journal_of(story)
