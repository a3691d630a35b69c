"""Tokens of EV drivers: who may charge, and what the CSMS says about them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Standing = Literal["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"]


def stamp(moment: datetime) -> str:
    """Write an aware moment as OCPP wants it: ISO 8601 in UTC, with milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime:
    """Read a time stamp of a station; one without an offset is taken as UTC.

    Raises:
        ValueError: it is no time stamp.
    """
    moment = datetime.fromisoformat(text.upper())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Token:
    """Describe one token.

    Args:
        status: what the CSMS says about it; ConcurrentTx is said to StartTransaction only.
        parent: name of the group that the token belongs to.
        expiry: from this moment on an accepted token counts as expired; aware.

    Raises:
        ValueError: it cannot be written in a message.
    """

    id_tag: str
    status: Standing = "Accepted"
    parent: str | None = None
    expiry: datetime | None = None

    def __post_init__(self) -> None:
        for text in (self.id_tag, self.parent or ""):
            if len(text) > 20:
                raise ValueError(f"token {text!r} is too long: 20 characters are the most")
        if self.expiry is not None and self.expiry.tzinfo is None:
            raise ValueError(f"the expiry of token {self.id_tag!r} needs a time zone")

    def info(self, now: datetime) -> dict[str, Any]:
        """Return the idTagInfo of this token at a moment."""
        over = self.expiry is not None and self.expiry <= now
        usable = self.status in ("Accepted", "ConcurrentTx")
        info: dict[str, Any] = {"status": "Expired" if over and usable else self.status}
        if self.expiry is not None:
            info["expiryDate"] = stamp(self.expiry)
        if self.parent is not None:
            info["parentIdTag"] = self.parent
        return info


class TokenBook:
    """Know tokens by their id, in whatever case it is written (OCPP 1.6, 7.28).

    Args:
        unknown: what is said about tokens that are not in the book.
    """

    def __init__(self, tokens: Iterable[Token], unknown: Standing = "Invalid") -> None:
        self._tokens: dict[str, Token] = {}
        self._unknown: Standing = unknown
        for token in tokens:
            self.put(token)

    def __iter__(self) -> Iterator[Token]:
        return iter(tuple(self._tokens.values()))

    def put(self, token: Token) -> None:
        """Add a token, or replace what was known about it."""
        self._tokens[token.id_tag.casefold()] = token

    def drop(self, id_tag: str) -> bool:
        """Forget a token; tell whether it was known."""
        return self._tokens.pop(id_tag.casefold(), None) is not None

    def get(self, id_tag: str) -> Token | None:
        """Return what is known about a token."""
        return self._tokens.get(id_tag.casefold())

    def info(self, id_tag: str, now: datetime) -> dict[str, Any]:
        """Return the idTagInfo of any token, known or not."""
        token = self.get(id_tag)
        return {"status": self._unknown} if token is None else token.info(now)


def same_token(one: str, other: str) -> bool:
    """Tell whether two idTags are the same token."""
    return one.casefold() == other.casefold()
