"""Who may charge: what is known here, what the CSMS says, what is allowed offline (3.5, 4.1)."""

from collections.abc import Callable
from dataclasses import dataclass

from testbay_reference.link import RpcError
from testbay_reference.outbox import lost
from testbay_reference.station.cache import Cache, Known
from testbay_reference.station.context import Context, Payload
from testbay_reference.station.local_list import LocalList
from testbay_reference.station.outbox import Outbox

VALID = ("Accepted", "ConcurrentTx")  # 3.5.2


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a token may charge, and the group it belongs to."""

    accepted: bool
    parent: str | None = None


class Authorizer:
    """Decide about tokens.

    Args:
        listed: has priority over the cache (3.5.3).
        conflict: hears of a token whose validity the CSMS sees otherwise than the list (3.5.2).
    """

    def __init__(
        self,
        context: Context,
        outbox: Outbox,
        cache: Cache,
        listed: LocalList,
        conflict: Callable[[str], None],
    ) -> None:
        self._context = context
        self._outbox = outbox
        self._cache = cache
        self._listed = listed
        self._conflict = conflict

    async def to_start(self, id_tag: str) -> Decision:
        """Decide whether a token may start a transaction; ask the CSMS where that is needed."""
        faults = self._context.faults
        if "starts-without-authorize" in faults:
            return Decision(True)
        known = self.known(id_tag)
        ahead = self._context.config.flag("LocalPreAuthorize")
        if self._outbox.online:
            trusted = known is not None and known.valid(self._context.now())
            listed = self._listed.find(id_tag) is not None
            asks = "authorizes-despite-local-list" if listed else "authorizes-despite-cache"
            if trusted and ahead and asks not in faults:
                return Decision(True, known.parent if known else None)
            decision = await self._ask(id_tag)
            if decision is not None:
                accepted = decision.accepted or "starts-despite-refusal" in faults
                return Decision(accepted, decision.parent)
        return self._offline(id_tag)

    async def group(self, id_tag: str) -> Decision:
        """Learn the group of a token that is to stop the transaction of another one.

        LocalPreAuthorize speaks of starting only, so online the CSMS is asked (4.1).
        """
        decision = await self._ask(id_tag) if self._outbox.online else None
        if decision is not None:
            return decision
        known = self.known(id_tag)
        if known is None or not known.valid(self._context.now()):
            return Decision(False)
        return Decision(True, known.parent)

    def known(self, id_tag: str) -> Known | None:
        """Return what the station knows about a token by itself."""
        listed = self._listed.find(id_tag)
        if listed is not None:
            return listed
        if self._context.config.flag("AuthorizationCacheEnabled"):
            return self._cache.find(id_tag)
        return None

    def learn(self, id_tag: str, info: Payload) -> None:
        """Take over what the CSMS said about a token; listed tokens are not cached (3.5.3)."""
        listed = self._listed.find(id_tag)
        if listed is not None:
            if listed.valid(self._context.now()) != (info["status"] in VALID):
                self._conflict(id_tag)
            return
        enabled = self._context.config.flag("AuthorizationCacheEnabled")
        if enabled and "caches-nothing" not in self._context.faults:
            self._cache.update(id_tag, info)

    def clear(self) -> bool:
        """Empty the cache; tell whether there is one (errata 3.23)."""
        if "AuthorizationCacheEnabled" not in self._context.config:
            return False
        if "keeps-cache-after-clear" not in self._context.faults:
            self._cache.clear()
        return True

    async def _ask(self, id_tag: str) -> Decision | None:
        """Ask the CSMS; None: the connection was lost before it answered."""
        answer = await self._outbox.ask("Authorize", {"idTag": id_tag})
        if isinstance(answer, RpcError):
            self._context.note(f"Authorize for {id_tag}: {answer.code} {answer.description}")
            return None if lost(answer) else Decision(False)
        info = answer["idTagInfo"]
        self.learn(id_tag, info)
        self._context.note(f"the CSMS says about {id_tag}: {info['status']}")
        return Decision(info["status"] == "Accepted", info.get("parentIdTag"))

    def _offline(self, id_tag: str) -> Decision:
        """Decide without the CSMS (3.5.4): known tokens by what is known, others by the key."""
        config = self._context.config
        known = self.known(id_tag)
        unknown_too = config.flag("AllowOfflineTxForUnknownId")
        if "refuses-offline" in self._context.faults:
            return Decision(False)
        if known is None:
            return Decision(unknown_too)
        local = config.flag("LocalAuthorizeOffline") or unknown_too
        return Decision(local and known.valid(self._context.now()), known.parent)
