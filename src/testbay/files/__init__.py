"""The file servers of the tool: firmware to be fetched, diagnostics and logs to be uploaded."""

from testbay.files.model import (
    SCHEMES,
    Certificate,
    FileServerError,
    Ftp,
    Limits,
    Upload,
)
from testbay.files.server import FileServer

__all__ = [
    "SCHEMES",
    "Certificate",
    "FileServer",
    "FileServerError",
    "Ftp",
    "Limits",
    "Upload",
]
