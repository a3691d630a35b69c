"""The books of the CSMS: stations, tokens and counters, kept in a store across restarts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from testbay_reference.csms.options import CsmsOptions
from testbay_reference.csms.records import Registration, StationRecord, from_json, to_json
from testbay_reference.csms.tokens import Token, TokenBook, stamp
from testbay_reference.store import Store
