"""Tokens of drivers: who may charge, and what the CSMS says about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Standing = Literal["Accepted", "Blocked", "Expired", "Invalid", "NoCredit", "Unknown"]


@dataclass(frozen=True, slots=True)
class Token:
    """Describe one token.

    Args:
        kind: its type, such as ISO14443.
        group: the group that it belongs to.
    """

    value: str
    standing: Standing = "Accepted"
    kind: str = "ISO14443"
    group: str | None = None

    def info(self) -> dict[str, Any]:
        """Return its idTokenInfo."""
        found: dict[str, Any] = {"status": self.standing}
        if self.group is not None:
            found["groupIdToken"] = {"idToken": self.group, "type": "Central"}
        return found


class Tokens:
    """Know tokens by their value, in whatever case it is written."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._tokens = {token.value.casefold(): token for token in tokens}

    def put(self, token: Token) -> None:
        """Add a token, or replace what was known about it."""
        self._tokens[token.value.casefold()] = token

    def info(self, shown: dict[str, Any]) -> dict[str, Any]:
        """Return the idTokenInfo of a token that a station shows (C01, C02)."""
        if shown["type"] == "NoAuthorization":
            return {"status": "Accepted"}
        token = self._tokens.get(shown["idToken"].casefold())
        return {"status": "Unknown"} if token is None else token.info()
