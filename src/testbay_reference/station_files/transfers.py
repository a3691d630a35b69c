"""How files are transferred, how often and when (chapter 8; 6.25, 6.55; errata 3.50)."""

from collections.abc import Iterator

from testbay_reference.certificates import pem_of
from testbay_reference.files import Transfer
from testbay_reference.station_files.parts import Faults, Options
from testbay_reference.station_security.tls import Settings, context
from testbay_reference.station_security.trust import Trust


def way(options: Options, trust: Trust) -> Transfer:
    """Return how this station transfers files; it trusts the roots of the CSMS, if it has any."""
    roots = "".join(pem_of(root) for root in (*trust.csms, *trust.fallback))
    return Transfer(
        tls=lambda: context(Settings(roots)),
        schemes=tuple(name.lower() for name in options.file_transfer),
        timeout=options.file_timeout,
        method=options.upload_method,
    )


def tries(retries: int, faults: Faults) -> int:
    """Return how often a transfer is tried that may be repeated so often."""
    if "transfer-not-repeated" in faults:
        return 1
    return max(0, retries) + (2 if "transfer-repeated-too-often" in faults else 1)


def attempts(number: int, interval: float) -> Iterator[float]:
    """Yield the pause before each attempt, in s."""
    for attempt in range(number):
        yield interval if attempt else 0.0
