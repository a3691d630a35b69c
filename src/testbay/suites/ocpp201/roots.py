"""Root certificates that a station trusts: installed, listed, put back afterwards (M03, M05)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from testbay.pki.hashes import ALGORITHMS, hash_data, same
from testbay.scenario.case import state
from testbay.scenario.checks import Fact, Members, Outcome, Resolve, Spoil, eq
from testbay.scenario.values import ANY_CODE, Payload, pick
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp201 import secure
from testbay.suites.ocpp201.actions import CERTIFICATE, CLOSE
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.settings import Variable

if TYPE_CHECKING:
    from testbay.suites.ocpp201.station_test import StationTest

SECURITY, CHECK = "SecurityCtrlr", "AdditionalRootCertificateCheck"
KIND = "CSMSRootCertificate"
LISTED = "certificateHashDataChain"
OLD, NEW = "csms_root", "csms_root_2"  # roots of the laboratory
SUCCESSOR, PREDECESSOR = "successor", "predecessor"  # the same, but signed by the other one
ACCEPTED = eq("status", "Accepted")


def _entries(payload: Any) -> list[Any]:
    found = pick(payload, LISTED)
    entries = found if isinstance(found, list) else []
    return [e for e in entries if pick(e, "certificateType") == KIND]


def named(payload: Any, pem: str, issuer: str = "") -> Payload | None:
    """Return how an answer to GetInstalledCertificateIds names a root of the CSMS (PEM).

    Args:
        issuer: the certificate of its issuer; nothing where it is its own.
    """
    for entry in _entries(payload):
        told: Any = pick(entry, "certificateHashData")
        name = str(pick(told, "hashAlgorithm"))
        if name in ALGORITHMS and same(told, own := hash_data(pem, issuer, name)):
            return Payload.of({field: told[field] for field in own})
    return None


@dataclass(frozen=True, slots=True)
class Lists:
    """A root of the CSMS (PEM) is listed, by hash data that the tool calculates itself.

    Args:
        crossed: the same root, but signed by another one; it came back so after a case before.
        issuer: that other one.
    """

    certificate: str
    crossed: str = ""
    issuer: str = ""

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"{LISTED} names the certificate as {KIND}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (
            Fact(f"{LISTED}[*].certificateType", "eq", (KIND,)),
            Fact(LISTED, "satisfies"),
        )

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Look for the certificate among those that are listed."""
        found = named(payload, self.certificate)
        if found is None and self.crossed:
            found = named(payload, self.crossed, self.issuer)
        seen = f"{len(_entries(payload))} roots of the CSMS are listed"
        return Outcome(self.text, found is not None, seen, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the list with another hash in each place, and then of another kind."""
        places = range(len(_entries(payload)))
        yield Spoil(
            "set",
            LISTED,
            [{**e, "certificateType": "ManufacturerRootCertificate"} for e in _entries(payload)],
        )
        for place in places:
            yield Spoil("set", f"{LISTED}[{place}].certificateHashData.serialNumber", "FFF")


async def certificate(t: StationTest, name: str) -> str:
    """Return a root certificate as PEM."""
    return str((await t.link("certificate", CERTIFICATE(name=name)))["pem"])


async def listed(t: StationTest) -> Payload:
    """Return what the station says of its roots of the CSMS."""
    kind = {"certificateType": [KIND]}
    return await t.call("list", "GetInstalledCertificateIds", kind)


# -- states ----------------------------------------------------------------------------------------


def _on_another(t: StationTest, on: int = 0, **_: Any) -> bool:
    """Return whether a state is for another security profile, so that nothing is to be done."""
    return on not in (0, secure.profile_of(t))


@state(
    "CertificateInstalled",
    holds=_on_another,
    readings=("A root that the station has already is replaced by itself (M05.FR.17).",),
)
async def certificate_installed(t: StationTest, name: str = OLD, on: int = 0) -> None:
    """Install a root certificate of the CSMS, for good.

    Args:
        on: the security profile that it is for; 0: any.
    """
    root = {"certificateType": KIND, "certificate": await certificate(t, name)}
    await t.call(1, "InstallCertificate", root, ACCEPTED)


@state("CertificateInstalled")
async def manufacturer_root_installed(t: StationTest) -> None:
    """Install the root of the certificates that sign firmware, for good."""
    pem = await certificate(t, "manufacturer_root")
    root = {"certificateType": "ManufacturerRootCertificate", "certificate": pem}
    await t.call(1, "InstallCertificate", root, ACCEPTED)


@state("CertificateInstalled")
async def new_root_installed(t: StationTest) -> None:
    """Install another root certificate of the CSMS; after the case the station trusts the old."""
    replaces = await t.read(Variable(SECURITY, CHECK)) == "true"
    new = await certificate(t, SUCCESSOR if replaces else NEW)
    t.undo(partial(_old_root_again, t, new, replaces))
    await t.call(1, "InstallCertificate", {"certificateType": KIND, "certificate": new}, ACCEPTED)


async def _old_root_again(t: StationTest, new: str, replaced: bool) -> None:
    await t.online()
    if replaced:
        back = {"certificateType": KIND, "certificate": await certificate(t, PREDECESSOR)}
        await t.call("install again", "InstallCertificate", back, ACCEPTED)
    await t.serve("serve")
    await t.link("close", CLOSE)
    await t.expect(1, "@connect", within=cfg.reconnect_time)
    await t.online()
    if not replaced and (found := named(await listed(t), new)) is not None:
        await t.call("delete", "DeleteCertificate", {"certificateHashData": found}, ACCEPTED)


@state(
    "No root certificate of the CSMS is installed",
    readings=(
        "Roots that the tool knows are deleted, and installed again after the case. Where others "
        "are there, the case is inconclusive: the tool could not put them back.",
    ),
)
async def no_root_installed(t: StationTest) -> None:
    for name in (NEW, OLD):
        pem = await certificate(t, name)
        if (found := named(await listed(t), pem)) is not None:
            t.undo(partial(_installed_again, t, pem))
            gone = {"certificateHashData": found}
            await t.call("delete", "DeleteCertificate", gone, or_error=ANY_CODE)
    left = len(_entries(await listed(t)))
    if left:
        why = f"the station has {left} other root certificates of a CSMS, or keeps them"
        raise StopCase(Verdict.INCONCLUSIVE, f"{why}: delete them before this case")


async def _installed_again(t: StationTest, pem: str) -> None:
    await t.online()
    root = {"certificateType": KIND, "certificate": pem}
    await t.call("install again", "InstallCertificate", root, ACCEPTED)
