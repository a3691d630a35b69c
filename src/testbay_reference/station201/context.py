"""What the parts of a running station share: its make, its variables, clock and log."""

from dataclasses import dataclass

from testbay_reference.named_faults import NamedFaults
from testbay_reference.station201.device_model import DeviceModel
from testbay_reference.station201.options import StationOptions
from testbay_reference.surroundings import Payload as Payload
from testbay_reference.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Context(Surroundings):
    """Hold what every part of one life of the station may use.

    Args:
        variables: the device model with its present values.
    """

    options: StationOptions
    faults: NamedFaults
    variables: DeviceModel
