"""The HTTP of an upgrade: what a server can answer, and how requests and answers are shown."""

from __future__ import annotations

import http
from dataclasses import dataclass

from websockets.datastructures import Headers as HeaderMap
from websockets.http11 import Response

from testbay.transport.events import MASK, Headers, Party, UpgradeAnswered

_BODY_SHOWN = 1000  # characters
_VARYING = ("date", "sec-websocket-accept", "sec-websocket-key")


@dataclass(frozen=True, slots=True)
class Accept:
    """Open the connection."""

    subprotocol: str | None = None
    """What the answer names, whether it was offered or not; None for no such header."""
    headers: Headers = ()
    """Sent in addition; a standard header of the same name is replaced."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with an HTTP status instead of opening the connection."""

    status: int
    body: str = ""
    headers: Headers = ()
    """Sent in addition, such as WWW-Authenticate; a standard one of the same name is replaced."""


Upgrade = Accept | Refuse
"""The answer of a server to an upgrade request."""


def answered(by: Party, response: Response) -> UpgradeAnswered:
    """Describe an answer to an upgrade request."""
    return UpgradeAnswered(
        by=by,
        status=response.status_code,
        headers=shown(response.headers),
        subprotocol=first(response.headers, "Sec-WebSocket-Protocol"),
        body=bytes(response.body[: 4 * _BODY_SHOWN]).decode(errors="replace")[:_BODY_SHOWN],
    )


def refusal(upgrade: Refuse) -> Response:
    """Make the HTTP response that refuses an upgrade."""
    try:
        phrase = http.HTTPStatus(upgrade.status).phrase
    except ValueError:
        phrase = ""
    body = upgrade.body.encode()
    headers = HeaderMap(
        [
            ("Connection", "close"),
            ("Content-Length", str(len(body))),
            ("Content-Type", "text/plain; charset=utf-8"),
        ]
    )
    merge(headers, upgrade.headers)
    return Response(upgrade.status, phrase, headers, body)


def merge(headers: HeaderMap, more: Headers) -> None:
    """Add headers; those there already under the same name give way."""
    for name in dict.fromkeys(name for name, _ in more):
        if name in headers:
            del headers[name]
    for name, value in more:
        headers[name] = value


def shown(headers: HeaderMap) -> Headers:
    """Return the headers as an event shows them."""
    return tuple(
        (name, MASK if name.lower() in _VARYING else value) for name, value in headers.raw_items()
    )


def first(headers: HeaderMap, name: str) -> str | None:
    """Return the first header of a name."""
    return next(iter(headers.get_all(name)), None)


def listed(headers: HeaderMap, name: str) -> tuple[str, ...]:
    """Return the values of a header that is a list, over all its lines."""
    parts = ",".join(headers.get_all(name)).split(",")
    return tuple(part.strip() for part in parts if part.strip())
