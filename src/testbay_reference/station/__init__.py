"""A charging station for OCPP 1.6, simulated faithfully enough to develop a CSMS against."""

from testbay_reference.station.faults import FAULTS
from testbay_reference.station.options import StationOptions
from testbay_reference.station.station import Station
from testbay_reference.station_security.parts import SECURITY_PROFILES

__all__ = ["FAULTS", "SECURITY_PROFILES", "Station", "StationOptions"]
