"""Peers on asyncio as they are, whatever the reference systems have mended in this process."""

from asyncio import sslproto
from typing import Any

import pytest

_protocol: Any = sslproto.SSLProtocol
AS_IT_IS = _protocol._on_handshake_complete  # nothing has run yet


@pytest.fixture(autouse=True)
def peers_without_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo ``testbay_reference.alerts`` for one test."""
    monkeypatch.setattr(_protocol, "_on_handshake_complete", AS_IT_IS)
