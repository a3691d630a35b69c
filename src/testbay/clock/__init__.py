"""The two clocks: real time, and virtual time for runs inside one process."""

from testbay.clock.jumploop import EPOCH, JumpLoop, Stuck
from testbay.clock.localnet import LocalNet
from testbay.clock.virtual import VirtualLoop, run
from testbay.clock.wall import now, stamp

__all__ = ["EPOCH", "JumpLoop", "LocalNet", "Stuck", "VirtualLoop", "now", "run", "stamp"]
