"""A simulated charging station that speaks OCPP 2.0.1."""

from testbay_reference.station201.faults import FAULTS
from testbay_reference.station201.options import StationOptions
from testbay_reference.station201.station import Station

__all__ = ["FAULTS", "Station", "StationOptions"]
