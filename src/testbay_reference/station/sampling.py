"""When the meter is read during a transaction: every so often, and aligned to the clock (3.16)."""

from datetime import datetime, timedelta
from math import floor

from testbay_reference.station.context import Context
from testbay_reference.station.transactions import Transaction, Transactions
from testbay_reference.timing import next_aligned, stamp

EARLY = timedelta(milliseconds=1)


class Sampling:
    """Read the meters of running transactions at the configured intervals."""

    def __init__(self, context: Context, transactions: Transactions) -> None:
        self._context = context
        self._transactions = transactions
        self._begun: dict[int, float] = {}
        context.config.on_change("MeterValueSampleInterval", self._restart)
        context.config.on_change("ClockAlignedDataInterval", self._align)

    def begin(self, transaction: Transaction) -> None:
        """Sample a transaction from now on."""
        self._begun[transaction.number] = self._context.timers.time()
        self._next(transaction)
        if len(self._begun) == 1:
            self._align()

    def end(self, transaction: Transaction) -> None:
        """Sample a transaction no more."""
        self._begun.pop(transaction.number, None)
        self._context.timers.cancel(("sample", transaction.number))
        if not self._begun:
            self._context.timers.cancel("aligned")

    def _restart(self) -> None:
        for transaction in self._transactions.running:
            self._next(transaction)

    def _next(self, transaction: Transaction) -> None:
        """Set the timer to the next multiple of the interval since the transaction began."""
        interval = self._context.config.number("MeterValueSampleInterval")
        name = ("sample", transaction.number)
        if interval == 0:
            self._context.timers.cancel(name)
            return
        if "meter-ignores-interval" in self._context.faults:
            interval *= 2
        begun = self._begun[transaction.number]
        passed = floor((self._context.timers.time() - begun) / interval + 1e-6)
        moment = begun + (passed + 1) * interval
        self._context.timers.at(name, moment, lambda: self._sample(transaction))

    def _sample(self, transaction: Transaction) -> None:
        config, stamp = self._context.config, self._context.stamp()
        stop = config.items("StopTxnSampledData")
        self._transactions.collect(transaction, stop, "Sample.Periodic", stamp)
        items = config.items("MeterValuesSampledData")
        self._transactions.send_values(transaction, items, "Sample.Periodic", stamp)
        self._next(transaction)

    def _align(self, last: datetime | None = None) -> None:
        """Set the timer to the next aligned point; only running transactions are sampled."""
        interval = self._context.config.number("ClockAlignedDataInterval")
        if interval == 0 or not self._begun:
            self._context.timers.cancel("aligned")
            return
        now = self._context.now()
        point = next_aligned(max(now, last or now), interval)
        if "meter-not-aligned" in self._context.faults:
            point += timedelta(seconds=interval / 3)
        self._wait_for(point)

    def _wait_for(self, point: datetime) -> None:
        seconds = (point - self._context.now()).total_seconds()
        self._context.timers.after("aligned", seconds, lambda: self._aligned(point))

    def _aligned(self, point: datetime) -> None:
        if point - self._context.now() > EARLY:  # the loop's clock ran ahead of the date
            self._wait_for(point)
            return
        config = self._context.config
        for transaction in self._transactions.running:
            stop = config.items("StopTxnAlignedData")
            self._transactions.collect(transaction, stop, "Sample.Clock", stamp(point))
            items = config.items("MeterValuesAlignedData")
            self._transactions.send_values(transaction, items, "Sample.Clock", stamp(point))
        self._align(point)
