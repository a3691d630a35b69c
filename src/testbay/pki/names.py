"""What a laboratory holds, as data: roots, and how each certificate differs from a good one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["ec", "rsa"]
Dates = Literal["valid", "expired", "not_yet_valid"]

KINDS: tuple[Kind, ...] = ("ec", "rsa")

ROOTS: Mapping[str, str] = {
    "csms_root": "root of the operator, for the CSMS and its stations; both trust it",
    "csms_root_2": "another root of the operator, to install, list and delete",
    "station_root": "root of the certificates of stations: the same one as csms_root",
    "manufacturer_root": "root of the manufacturer, for certificates that sign firmware",
    "manufacturer_root_2": "another root of the manufacturer, to install, list and delete",
    "v2g_root": "root of ISO 15118, for certificates that stations show to vehicles",
    "stranger_root": "a root that nobody must trust",
}
LATER = frozenset({"v2g_root"})
"""Roots that laboratories of an earlier testbay do not have."""
SAME: Mapping[str, str] = {"station_root": "csms_root"}
"""Roots that are another one: stations belong to the hierarchy of the operator (whitepaper 2.6.2),
and check what was signed for them against the root that they have installed for the CSMS."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a certificate is made; without arguments, a good one."""

    text: str
    """What it is, for people."""
    issuer: str = "csms_root"
    """The root that signs; empty if it signs itself."""
    via: Literal["", "intermediate", "leaf"] = ""
    """Who signs in the root's place: an intermediate authority, or one that is no authority."""
    dates: Dates = "valid"
    subject: Literal["right", "other", "wildcard"] = "right"
    owner: Literal["right", "other"] = "right"
    purpose: Literal["server", "client", "signing", "both"] = "server"
    weak: bool = False
    """A key that is too short: 1024 bits with RSA, 192 with elliptic curves."""
    damaged: bool = False
    """The signature does not fit."""
    incomplete: bool = False
    """The chain lacks the intermediate authority."""

    @property
    def rooted(self) -> bool:
        """Whether a path leads to its root, whatever else is wrong with it."""
        broken = self.damaged or self.incomplete or self.via == "leaf" or not self.issuer
        return self.dates == "valid" and not broken


SERVERS: Mapping[str, Recipe] = {
    "server": Recipe("valid"),
    "server_2": Recipe("valid, under csms_root_2", issuer="csms_root_2"),
    "server_chain": Recipe("valid, under an intermediate authority", via="intermediate"),
    "expired": Recipe("expired", dates="expired"),
    "not_yet_valid": Recipe("not valid before a date to come", dates="not_yet_valid"),
    "unknown_root": Recipe("under a root that nobody trusts", issuer="stranger_root"),
    "self_signed": Recipe("signed by itself, under no root", issuer=""),
    "wrong_host": Recipe("for another host", subject="other"),
    "wildcard": Recipe("with a wildcard in the place of the host's name", subject="wildcard"),
    "incomplete_chain": Recipe(
        "sent without its intermediate authority", via="intermediate", incomplete=True
    ),
    "no_authority": Recipe("signed by a certificate that is no authority", via="leaf"),
    "bad_signature": Recipe("with a signature that does not fit", damaged=True),
    "wrong_use": Recipe("for clients only", purpose="client"),
    "weak_key": Recipe("with a key that is too short", weak=True),
}
"""Certificates of the server, by name."""

CLIENTS: Mapping[str, Recipe] = {
    "": Recipe("valid", purpose="client"),
    "chain": Recipe("valid, under an intermediate authority", via="intermediate", purpose="client"),
    "expired": Recipe("expired", dates="expired", purpose="client"),
    "not_yet_valid": Recipe(
        "not valid before a date to come", dates="not_yet_valid", purpose="client"
    ),
    "unknown_root": Recipe(
        "under a root that nobody trusts", issuer="stranger_root", purpose="client"
    ),
    "self_signed": Recipe("signed by itself, under no root", issuer="", purpose="client"),
    "wrong_name": Recipe(
        "for the serial number of another station", subject="other", purpose="client"
    ),
    "wrong_owner": Recipe("of another operator", owner="other", purpose="client"),
    "no_authority": Recipe(
        "signed by a certificate that is no authority", via="leaf", purpose="client"
    ),
    "bad_signature": Recipe("with a signature that does not fit", damaged=True, purpose="client"),
    "wrong_use": Recipe("for servers only"),
    "weak_key": Recipe("with a key that is too short", weak=True, purpose="client"),
}
"""Certificates of stations, by flaw."""

_MANUFACTURER = "manufacturer_root"
SIGNERS: Mapping[str, Recipe] = {
    "": Recipe("valid", issuer=_MANUFACTURER, purpose="signing"),
    "expired": Recipe("expired", issuer=_MANUFACTURER, dates="expired", purpose="signing"),
    "not_yet_valid": Recipe(
        "not valid before a date to come",
        issuer=_MANUFACTURER,
        dates="not_yet_valid",
        purpose="signing",
    ),
    "unknown_root": Recipe(
        "under a root that nobody trusts", issuer="stranger_root", purpose="signing"
    ),
    "self_signed": Recipe("signed by itself, under no root", issuer="", purpose="signing"),
    "wrong_root": Recipe("under the root of the operator", purpose="signing"),
    "bad_signature": Recipe(
        "with a signature that does not fit", issuer=_MANUFACTURER, damaged=True, purpose="signing"
    ),
    "wrong_use": Recipe("for servers only", issuer=_MANUFACTURER),
    "weak_key": Recipe(
        "with a key that is too short", issuer=_MANUFACTURER, weak=True, purpose="signing"
    ),
}
"""Certificates that sign firmware, by flaw."""

VEHICLES = Recipe("for ISO 15118", issuer="v2g_root", via="intermediate", purpose="both")
"""The certificate of a station for ISO 15118; its CSMS may see the same one (A00.FR.428)."""

REQUESTS: Mapping[str, str] = {
    "": "valid",
    "chain": "valid, under an intermediate authority",
    "expired": "expired",
    "not_yet_valid": "not valid before a date to come",
    "unknown_root": "under a root that nobody trusts",
    "wrong_key": "for another key than the one of the request",
    "wrong_name": "for another serial number than the one of the request",
    "wrong_owner": "of another operator than the one of the request",
    "wrong_use": "for servers only",
    "bad_signature": "with a signature that does not fit",
    "broken": "PEM that is damaged",
}
"""What can be wrong with the answer to a certificate signing request."""

OTHER_HOST = "another-host.invalid"
OTHER_SERIAL = "ANOTHER-STATION"
OTHER_OWNER = "Another Operator"
MANUFACTURER = "testbay manufacturer"
