"""Take the file out of a form, as browsers and some stations upload (RFC 7578)."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesHeaderParser


def boundary_of(content_type: str) -> bytes | None:
    """Return what separates the parts of a form; None: this is no form with files."""
    message = Message()
    message["Content-Type"] = content_type
    if message.get_content_type() != "multipart/form-data":
        return None
    boundary = message.get_param("boundary")
    return boundary.encode("latin-1", "replace") if isinstance(boundary, str) else b""


def file_name(disposition: str) -> str:
    """Return the name of a file in a Content-Disposition header; empty: there is none."""
    message = Message()
    message["Content-Disposition"] = disposition
    return message.get_filename("") or ""


def first_file(body: bytes, boundary: bytes) -> tuple[str, bytes]:
    """Return name and content of the first file of a form.

    Raises:
        ValueError: there is none, or the form is damaged; a sentence.
    """
    mark = b"\r\n--" + boundary
    parts = (b"\r\n" + body).split(mark)
    if not boundary or len(parts) < 3 or not parts[-1].startswith(b"--"):
        raise ValueError("the form is damaged: its parts do not end as its header says")
    for part in parts[1:-1]:
        head, blank, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = BytesHeaderParser().parsebytes(head + b"\r\n\r\n")
        name = file_name(str(headers.get("Content-Disposition", "")))
        if blank and name:
            return name, content
    raise ValueError("the form has no file with a name")
