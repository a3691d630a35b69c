"""What the transfer of files has to know of the station that it is in, whatever its version."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol

from testbay_reference.station_security.parts import Faults as Faults
from testbay_reference.store import Store
from testbay_reference.surroundings import Spawn

FILE_TRANSFER = ("FTP", "FTPS", "HTTP", "HTTPS")


class Options(Protocol):
    """How the station is built, as the options of each version describe it."""

    @property
    def identity(self) -> str: ...
    @property
    def file_transfer(self) -> tuple[str, ...]: ...
    @property
    def upload_method(self) -> Literal["PUT", "POST"]: ...
    @property
    def file_timeout(self) -> float: ...
    @property
    def file_retries(self) -> int: ...
    @property
    def file_retry_interval(self) -> float: ...
    @property
    def upload_seconds(self) -> float: ...


class Station(Protocol):
    """The station itself: its make, its memory, its clock, its log, and what runs jobs for it."""

    @property
    def options(self) -> Options: ...
    @property
    def faults(self) -> Faults: ...
    @property
    def store(self) -> Store: ...
    @property
    def now(self) -> Callable[[], datetime]: ...
    @property
    def note(self) -> Callable[[str], None]: ...
    @property
    def spawn(self) -> Spawn: ...
