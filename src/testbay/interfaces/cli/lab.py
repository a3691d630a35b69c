"""``testbay lab``: the certificates of a run against real systems."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from testbay import clock
from testbay.campaign.wrong import Wrong
from testbay.interfaces.cli.listing import print_json
from testbay.pki import folder as folders
from testbay.pki import inspect
from testbay.pki.disk import read_certificates, read_identity, read_request
from testbay.pki.errors import LabError
from testbay.pki.identity import Identity
from testbay.pki.lab import Lab, Place, recipe_of
from testbay.pki.names import ROOTS, Kind

WIDTH = 98
MAKE_V2G = "a V2G root, which testbay lab renew {} adds"
SOON = 30  # days in which the end of a certificate is worth a remark


def new_lab(
    folder: Path,
    hosts: Sequence[str],
    owner: str,
    stations: Sequence[str],
    root_kind: Kind,
    root: tuple[Path | None, Path | None],
) -> int:
    """Make a laboratory and show it.

    Args:
        root: files of an own root and of its key, both or none.

    Raises:
        Wrong: it cannot be made; the text says why.
    """
    with _wrong():
        lab = folders.create(
            folder,
            hosts,
            owner,
            root_kind=root_kind,
            stations=stations,
            own_root=_own_root(*root),
        )
    print("\n".join(_lines(folder, lab, clock.now(), everything=False)))
    return 0


def show_lab(folder: Path, json: bool) -> int:
    """Show what a laboratory holds, until when, and which file goes where.

    Raises:
        Wrong: it cannot be used; the text says why and what to do.
    """
    with _wrong():
        lab = folders.load(folder)
        if json:
            print_json(_summary(folder, lab))
        else:
            print("\n".join(_lines(folder, lab, clock.now(), everything=True)))
    return 0


def renew_lab(folder: Path, hosts: Sequence[str]) -> int:
    """Make the certificates of a laboratory anew, under the same roots.

    Raises:
        Wrong: it cannot be done; the text says why and what to do.
    """
    with _wrong():
        lab = folders.renew(folder, hosts)
    print(f"The certificates in {folder} are new, for {', '.join(lab.hosts)}.")
    print("Its roots are as before: what trusts them need not be touched.")
    return 0


def add_station(folder: Path, serial: str, csr: Path | None, kind: Kind) -> int:
    """Make a certificate for a station and say where it is.

    Raises:
        Wrong: it cannot be done; the text says why and what to do.
    """
    with _wrong():
        request = read_request(csr) if csr is not None else ""
        path = folders.add_station(folder, serial, request, kind)
    print(path)
    if csr is None:
        print(path.with_suffix(".key"))
    return 0


def _own_root(certificate: Path | None, key: Path | None) -> Identity | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise Wrong("an own root signs with its key: give both, --root FILE and --root-key FILE")
    return read_identity(certificate, key)


@contextmanager
def _wrong() -> Iterator[None]:
    try:
        yield
    except LabError as error:
        raise Wrong(str(error)) from error


# -- showing ---------------------------------------------------------------------------------------


def _lines(folder: Path, lab: Lab, now: datetime, everything: bool) -> Iterator[str]:
    server = inspect.certificates(lab.server().chain)[0]
    yield f"Laboratory {folder}, of the operator {lab.owner!r}, for {', '.join(lab.hosts)}"
    days = (server.not_after - now).days
    soon = f" (in {days} days; then: testbay lab renew {folder})" if days <= SOON else ""
    yield f"Its certificates are valid until {server.not_after:%Y-%m-%d}{soon}."
    yield ""
    yield "What to install before a run over TLS:"
    yield from _paragraph("a station under test", _for_station(folder, lab))
    yield from _paragraph("a CSMS under test", _for_csms(folder, lab))
    if not everything:
        yield ""
        yield f"What each certificate is: testbay lab show {folder}"
        return
    yield from _table("Roots", _root_rows(lab))
    for what in ("server", "signer"):
        title = {"server": "Servers", "signer": "Signers of firmware"}[what]
        yield from _table(title, _leaf_rows(lab, what))
    yield from _table("Stations", _station_rows(folder))


def _for_station(folder: Path, lab: Lab) -> str:
    roots = [
        folders.files_of(folder, Place("root", r, "", lab.root_kind))[0]
        for r in ("csms_root", "manufacturer_root", "v2g_root")
    ]
    v2g = f"{roots[2]} as V2G root" if "v2g_root" not in lab.lacks else MAKE_V2G.format(folder)
    return (
        f"{roots[0]} as root of the CSMS, {roots[1]} as root of the manufacturer; for security "
        "profile 3 also a certificate and its key, see: testbay lab station --help; for ISO 15118 "
        f"{v2g}"
    )


def _for_csms(folder: Path, lab: Lab) -> str:
    root = folders.files_of(folder, Place("root", "csms_root", "", lab.root_kind))[0]
    return f"{root} as root of the certificates that stations show (security profile 3)"


def _paragraph(head: str, text: str) -> Iterator[str]:
    yield from textwrap.wrap(
        f"{head}: {text}",
        WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


Rows = Sequence[tuple[str, str, str]]


def _table(title: str, rows: Rows) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield title
    width = max(len(name) for name, _, _ in rows)
    for name, dates, text in rows:
        yield f"  {name:{width}}  {dates}  {text}"


def _root_rows(lab: Lab) -> Rows:
    return [
        (root, _dates(inspect.certificate(lab.root(root))), text)
        for root, text in ROOTS.items()
        if root in folders.STORED_ROOTS and root not in lab.lacks
    ]


def _leaf_rows(lab: Lab, what: str) -> Rows:
    places = [p for p in lab.held if p.what == what and p.kind == "ec"]
    return [
        (
            place.name or place.flaw or "valid",
            _dates(inspect.certificates(lab.identity(place).chain)[0]),
            recipe_of(place).text,
        )
        for place in places
    ]


def _station_rows(folder: Path) -> Rows:
    return [
        (serial, _dates(read_certificates(path)[0]), _with_key(path, has_key))
        for serial, path, has_key in folders.stations(folder)
    ]


def _with_key(path: Path, has_key: bool) -> str:
    return f"{path.name}, {'with its key' if has_key else 'the station has the key'}"


def _dates(certificate: inspect.Certificate) -> str:
    return f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}"


def _summary(folder: Path, lab: Lab) -> dict[str, object]:
    return {
        "hosts": lab.hosts,
        "owner": lab.owner,
        "certificates": [
            {
                "what": place.what,
                "name": place.name,
                "flaw": place.flaw,
                "key": place.kind,
                "file": str(folders.files_of(folder, place)[0]),
                "not_before": f"{held.not_before:%Y-%m-%d}",
                "not_after": f"{held.not_after:%Y-%m-%d}",
                "serial_number": held.serial_number,
                "fingerprint": held.fingerprint,
            }
            for place, identity in lab.held.items()
            for held in inspect.certificates(identity.chain)[:1]
        ],
    }
