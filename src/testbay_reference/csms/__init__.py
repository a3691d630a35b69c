"""An OCPP 1.6 CSMS for those who build charging stations."""

from testbay_reference.csms.faults import FAULTS, UnknownFault
from testbay_reference.csms.options import CsmsOptions, SignedFirmware
from testbay_reference.csms.server import Csms
from testbay_reference.csms.tokens import Token
from testbay_reference.csms_security.identity import Identity

__all__ = ["FAULTS", "Csms", "CsmsOptions", "Identity", "SignedFirmware", "Token", "UnknownFault"]
