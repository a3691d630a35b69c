"""The token reader: what a presented token does depends on what the connector is doing.

Each connector has a reader of its own when the action names a connector; otherwise one reader
serves them all and the station chooses the connector. A token that did not start the running
transaction can stop it only as a member of the same group (3.10). The CSMS is therefore asked
about it exactly when the transaction has a group: without one, no answer could matter.
"""

from collections.abc import Callable, Mapping

from testbay_reference.station.authorization import Authorizer
from testbay_reference.station.cache import same
from testbay_reference.station.charging import Charging
from testbay_reference.station.connector import Connector, Holder
from testbay_reference.station.context import Context
from testbay_reference.station.reservations import Reservations
from testbay_reference.station.transactions import Transaction


class Reader:
    """Act on presented tokens.

    Args:
        in_service: tells whether new sessions may begin at all.
    """

    def __init__(
        self,
        context: Context,
        connectors: Mapping[int, Connector],
        charging: Charging,
        authorizer: Authorizer,
        reservations: Reservations,
        in_service: Callable[[], bool],
    ) -> None:
        self._context = context
        self._connectors = connectors
        self._charging = charging
        self._authorizer = authorizer
        self._reservations = reservations
        self._in_service = in_service

    def present(self, id_tag: str, number: int | None = None) -> None:
        """Read a token, at a connector or at the one reader for all."""
        connector = self._choose(id_tag) if number is None else self._connectors[number]
        self._context.note(f"connector {connector.number}: token {id_tag} presented")
        transaction = connector.transaction
        if transaction is not None:
            self._at_transaction(connector, transaction, id_tag)
        elif connector.held is not None and connector.outlet.locked:
            self._at_locked(connector, connector.held, id_tag)
        elif connector.authorized is not None:
            if connector.authorized.admits(id_tag):  # second presentation (4.9, B1)
                self._charging.forget(connector)
        elif self._reservations.bars(connector, id_tag):
            self._context.note(f"connector {connector.number}: reserved for another token")
        elif connector.free and self._in_service():
            connector.asking = True
            self._context.spawn(self._begin(connector, id_tag), f"token at {connector.number}")
        else:
            self._context.note(f"connector {connector.number}: no session can begin now")

    def _choose(self, id_tag: str) -> Connector:
        """Choose the connector that a token at the common reader is meant for."""
        connectors = tuple(self._connectors.values())
        for connector in connectors:
            if connector.transaction and same(connector.transaction.id_tag, id_tag):
                return connector
            if connector.authorized and connector.authorized.admits(id_tag):
                return connector
        reservations = self._reservations
        wishes: tuple[Callable[[Connector], bool], ...] = (
            lambda connector: connector.free and reservations.meant_for(connector, id_tag),
            lambda connector: connector.free and not connector.reserved and connector.occupied,
            lambda connector: connector.free and not connector.reserved,
            lambda connector: connector.free and not reservations.bars(connector, id_tag),
            lambda connector: bool(connector.transaction and connector.transaction.parent),
        )
        for wish in wishes:
            for connector in connectors:
                if wish(connector):
                    return connector
        return connectors[0]

    def _at_transaction(self, connector: Connector, transaction: Transaction, id_tag: str) -> None:
        faults = self._context.faults
        if same(transaction.id_tag, id_tag):
            if "ignores-own-token" in faults:
                return
            if "authorizes-own-token" in faults:
                job = self._stop_by_group(connector, transaction, id_tag)
                self._context.spawn(job, f"token at {connector.number}")
            else:
                self._charging.stop(connector, "Local", id_tag)
        elif "stops-on-foreign-token" in faults:
            self._charging.stop(connector, "Local", id_tag)
        elif transaction.parent is not None and not connector.asking:
            connector.asking = True
            job = self._stop_by_group(connector, transaction, id_tag)
            self._context.spawn(job, f"token at {connector.number}")

    def _at_locked(self, connector: Connector, held: Holder, id_tag: str) -> None:
        """Release the cable to the token that may have it (errata 3.5)."""
        known = self._authorizer.known(id_tag)
        if held.admits(id_tag, known.parent if known else None):
            self._charging.release(connector)

    async def _begin(self, connector: Connector, id_tag: str) -> None:
        try:
            decision = await self._authorizer.to_start(id_tag)
        finally:
            connector.asking = False
        if not decision.accepted:
            self._context.note(f"connector {connector.number}: {id_tag} may not charge")
            return
        holder = Holder(id_tag, decision.parent)
        if connector.free and self._reservations.admits(connector, holder):
            self._charging.authorize(connector, holder)

    async def _stop_by_group(
        self, connector: Connector, transaction: Transaction, id_tag: str
    ) -> None:
        try:
            decision = await self._authorizer.group(id_tag)
        finally:
            connector.asking = False
        if connector.transaction is not transaction:
            return
        holder = Holder(transaction.id_tag, transaction.parent)
        ignored = "ignores-parent-token" in self._context.faults
        if decision.accepted and holder.admits(id_tag, decision.parent) and not ignored:
            self._charging.stop(connector, "Local", id_tag)
        else:
            self._context.note(f"connector {connector.number}: {id_tag} may not stop this")
