"""The messages of the SUT in one case: their order, who claimed them, what may not come."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from testbay.scenario.checks import Judges, Resolve
from testbay.scenario.values import NO_ANSWER, Payload, Received

_OURS = re.compile(r"[ack]\d+")  # ids of actions, calls and acts on the connection


class Order(Protocol):
    """What the suite says about order."""

    @property
    def by_arrival(self) -> bool:
        """Whether a message never has to stand before one that came earlier."""

    def in_order(self, earlier: Received, later: Received) -> bool:
        """Return whether ``earlier`` may stand at an earlier step than ``later``."""

    def due(self, message: Received) -> bool:
        """Return whether all messages that belong before this one have come."""

    def parts(self, message: Received) -> Sequence[Payload]:
        """Return what a message reports, as messages that report one thing; nothing: it is one."""


@dataclass(eq=False)
class Watch:
    """What may not arrive, from a position in the log on."""

    actions: tuple[str, ...]
    where: Judges | None
    start: int
    hit: list[Received] = field(default_factory=list)


@dataclass
class Mailbox:
    """Log, claims, watches, and the line that the last stimulus drew (semantics 3, 7 and 10).

    Args:
        patience: how long a message waits for one that belongs before it (s).
        line: position of the first message that can be the effect of the last stimulus.
        line_drawn: how many claims there were when the line was drawn.
        floor: position of the first message that a step to come can still take.
    """

    order: Order
    resolve: Resolve
    elapsed: Callable[[], float]
    patience: float = 5.0
    log: list[Received] = field(default_factory=list)
    claims: list[Received] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    line: int = 0
    line_drawn: int = 0
    floor: int = 0
    by_action: bool = False
    waited: bool = True

    def __post_init__(self) -> None:
        self._alike: dict[str, list[Received]] = {}
        self._heads: dict[str, int] = {}
        self._early: list[Received] = []
        self._uids: dict[str, int] = {}
        self._silent: dict[str, int] = {}
        self._top = 0
        self._since = 0

    # -- taking in ----------------------------------------------------------------------------

    def add(self, message: Received) -> list[Received]:
        """Take in a message, and return its further reports, which have been taken in after it.

        The message itself is then about the first of them only.
        """
        payloads = self.order.parts(message) if message.servable else ()
        message.payload = payloads[0] if payloads else message.payload
        self._add(message)
        parts = [
            Received(
                message.wire_uid,
                message.action,
                payload,
                message.connection,
                reply=NO_ANSWER,  # the whole is answered
                whole=message,
            )
            for payload in payloads[1:]
        ]
        for part in parts:
            self._add(part)
        return parts

    def _add(self, message: Received) -> None:
        """Give a message its place and a unique id, and show it to the watches."""
        message.position, message.at = len(self.log), self.elapsed()
        message.wire_uid, message.uid = message.uid, self._unique(message.uid)
        self.log.append(message)
        self._alike.setdefault(message.action, []).append(message)
        if not self.order.due(message):
            self._early.append(message)
        for watch in self.watches:
            self.show(watch, message)

    def _unique(self, uid: str) -> str:
        seen = self._uids.get(uid, 1 if _OURS.fullmatch(uid) else 0)
        unique = uid if not seen else f"{uid}#{seen + 1}"
        while seen and unique in self._uids:
            seen += 1
            unique = f"{uid}#{seen + 1}"
        self._uids[uid] = seen + 1
        self._uids.setdefault(unique, 1)
        return unique

    def show(self, watch: Watch, message: Received) -> None:
        """Let a watch see a message."""
        if (
            not message.claimed
            and message.position >= watch.start
            and message.action in watch.actions
            and (watch.where is None or watch.where.judge(message.payload, self.resolve).passed)
        ):
            watch.hit.append(message)

    def next_settled(self) -> float | None:
        """Seconds until a message that waits for its predecessor stops waiting, or None."""
        now = self.elapsed()
        self._early = [m for m in self._early if not m.claimed and m.at + self.patience > now]
        return min((m.at + self.patience - now for m in self._early), default=None)

    # -- stimulus -------------------------------------------------------------------------------

    def stimulus(self, *, by_action: bool = False) -> None:
        """Draw the line: what came before cannot be the effect of what is done now."""
        self._since = len(self.log)
        if self.waited:
            self.line, self.by_action, self.waited = len(self.log), by_action, False
            self.line_drawn = len(self.claims)

    def since(self) -> int:
        """Position from which silence counts: the last stimulus or claim."""
        return max(self._since, self._top)

    # -- claiming -------------------------------------------------------------------------------

    def of(self, action: str) -> list[Received]:
        """Return all messages of an action, in the order of arrival; not to be changed."""
        return self._alike.get(action, [])

    @property
    def lost(self) -> float | None:
        """When the connection ended that the other end has not opened again (s), if so."""
        closed, opened = self.of("@closed"), self.of("@connect")
        if not closed or closed[-1].get("by") == "us":
            return None
        last, again = closed[-1], opened[-1].position if opened else -1
        older = opened and last.connection < opened[-1].connection
        return None if older or again > last.position else last.at

    def first_unclaimed(self, action: str) -> int:
        """Return the index, among the messages of an action, before which all are claimed."""
        return self._heads.get(action, 0)

    def settled(self, message: Received) -> bool:
        """Return whether it has its predecessors, or has waited long enough for them."""
        return self.order.due(message) or self.elapsed() >= message.at + self.patience

    def ordered(self, message: Received, among: Sequence[Received] = ()) -> bool:
        """Return whether it came after the stimulus and after what earlier steps claimed."""
        if message.position < self.line:
            return False
        if self.order.by_arrival and message.position >= self._top:
            return True
        beside = {m.position for m in among}
        return all(self.order.in_order(m, message) for m in self.claims if m.position not in beside)

    def take(self, message: Received, label: str) -> None:
        """Claim a message for a step."""
        self.claims.append(message)
        self._top = max(self._top, message.position + 1)
        self._close(message, label)

    def put_aside(self, label: str) -> None:
        """Keep all that has come so far from the steps to come; it belongs to none of them."""
        for message in self.unclaimed():
            self._close(message, label)
        self.floor = len(self.log)

    def silence_ends(self, actions: tuple[str, ...]) -> None:
        """Note that one of these messages, had it come so far, has been judged as forbidden."""
        self._silent.update(dict.fromkeys(actions, len(self.log)))

    def floor_of(self, action: str) -> int:
        """Return the position of the first message of an action that order can be about."""
        return max(self.floor, self._silent.get(action, 0))

    def _close(self, message: Received, label: str) -> None:
        message.claimed = label
        alike, head = self._alike[message.action], self.first_unclaimed(message.action)
        while head < len(alike) and alike[head].claimed:
            head += 1
        self._heads[message.action] = head

    def unclaimed(self, *actions: str) -> list[Received]:
        """Return the messages of these actions (all, if none is named) that no step claimed."""
        return [m for m in self.log if not m.claimed and (not actions or m.action in actions)]
