"""Who may charge: what is known here, what the CSMS says, what is allowed offline (C)."""

from dataclasses import dataclass

from testbay_reference.link import RpcError
from testbay_reference.outbox import lost
from testbay_reference.station201.cache import Cache, Known
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.local_list import LocalList
from testbay_reference.station201.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a token may charge, and the group it belongs to."""

    accepted: bool
    group: str | None = None


NO = Decision(False)


class Authorizer:
    """Decide about tokens.

    Args:
        listed: has priority over the cache (C13.FR.01).
    """

    def __init__(self, context: Context, outbox: Outbox, cache: Cache, listed: LocalList) -> None:
        self._context = context
        self._outbox = outbox
        self._cache = cache
        self._listed = listed

    async def decide(self, token: Payload) -> Decision:
        """Say whether a token may charge; ask the CSMS where that is needed and possible."""
        variables = self._context.variables
        if token["type"] == "NoAuthorization" or not variables.flag("AuthCtrlr.Enabled", True):
            return Decision(True)
        if "no-authorize" in self._context.faults:
            return Decision(True)
        if not self._outbox.online:
            return self._offline(token)
        known = self.known(token)
        alone = variables.flag("AuthCtrlr.DisableRemoteAuthorization")
        ahead = variables.flag("AuthCtrlr.LocalPreAuthorize")
        if known is not None and known.valid and (ahead or alone):
            return Decision(True, known.group)
        if alone:
            return NO
        if "asks-afterwards" in self._context.faults:
            self._context.timers.after(("ask", id(token)), 0.2, lambda: self._ask_late(token))
            return Decision(True)
        answer = await self._outbox.ask("Authorize", {"idToken": token})
        if isinstance(answer, RpcError):
            return self._offline(token) if lost(answer) else NO
        return self._learned(token, answer["idTokenInfo"])

    def in_group(self, token: Payload) -> Decision:
        """Say by what is known here whether a token is valid, and its group (C01.FR.03)."""
        known = self.known(token)
        return Decision(True, known.group) if known is not None and known.valid else NO

    def known(self, token: Payload) -> Known | None:
        """Return what the station knows about a token by itself."""
        return self._listed.find(token) or self._cache.find(token)

    def learn(self, token: Payload, info: Payload) -> None:
        """Take over what the CSMS said about a token; what is listed is not cached (C13.FR.01)."""
        if token["type"] not in ("NoAuthorization", "Central"):
            self._cache.learn(token, info)

    def _ask_late(self, token: Payload) -> None:
        self._outbox.send("Authorize", {"idToken": token})

    def _learned(self, token: Payload, info: Payload) -> Decision:
        self.learn(token, info)
        self._context.note(f"the CSMS says about {token['idToken']}: {info['status']}")
        if info["status"] != "Accepted":
            return NO
        return Decision(True, info.get("groupIdToken", {}).get("idToken"))

    def _offline(self, token: Payload) -> Decision:
        """Decide without the CSMS: a known token by what is known, others by a variable."""
        variables = self._context.variables
        known = self.known(token)
        unknown_too = variables.flag("AuthCtrlr.OfflineTxForUnknownIdEnabled")
        if known is None:
            return Decision(unknown_too)
        trusted = unknown_too or variables.flag("AuthCtrlr.LocalAuthorizeOffline")
        return Decision(True, known.group) if known.valid and trusted else NO
