"""What the parts of a running station share: its make, memory, clock and log."""

from dataclasses import dataclass

from testbay_reference.hardware import Memory
from testbay_reference.station.configuration import Configuration
from testbay_reference.station.faults import Faults
from testbay_reference.station.options import StationOptions
from testbay_reference.surroundings import Payload as Payload
from testbay_reference.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Context(Surroundings):
    """Hold what every part of one life of the station may use.

    Args:
        memory: for lists that the CSMS sends.
    """

    options: StationOptions
    faults: Faults
    config: Configuration
    memory: Memory
