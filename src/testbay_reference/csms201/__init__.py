"""A CSMS that speaks OCPP 2.0.1, to test stations against and to be tested."""

from testbay_reference.csms201.faults import FAULTS
from testbay_reference.csms201.options import CsmsOptions
from testbay_reference.csms201.server import Csms
from testbay_reference.csms201.tokens import Token

__all__ = ["FAULTS", "Csms", "CsmsOptions", "Token"]
