"""A laboratory in a folder: made once, with random keys, and trusted by real systems."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

from testbay import clock
from testbay.pki import inspect
from testbay.pki.dates import Calendar
from testbay.pki.disk import (
    check_dates,
    read_certificates,
    read_identity,
    read_root,
    read_text,
    write_secret,
)
from testbay.pki.errors import LabError
from testbay.pki.identity import Identity
from testbay.pki.keys import Random
from testbay.pki.lab import OWNER, Lab, Place, recipe_of
from testbay.pki.names import KINDS, LATER, ROOTS, SAME, SERVERS, SIGNERS, Kind
from testbay.pki.pem import parse_certificate
from testbay.pki.subjects import check_serial

MANIFEST = "lab.json"
_FORM = 1  # of the folder
_VALID = "valid"  # stands for no flaw in names of files
_FOLDERS = {"root": "roots", "server": "servers", "signer": "signers", "client": "stations"}

STORED_ROOTS = tuple(root for root in ROOTS if root not in SAME)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a laboratory was made for."""

    hosts: tuple[str, ...]
    owner: str
    root_kind: Kind


def create(
    folder: Path,
    hosts: Sequence[str],
    owner: str = OWNER,
    *,
    root_kind: Kind = "ec",
    stations: Sequence[str] = (),
    own_root: Identity | None = None,
    now: datetime | None = None,
) -> Lab:
    """Make a laboratory with random keys in a new folder, whole or not at all.

    Args:
        hosts: names and addresses under which stations reach the tool, the main one first.
        owner: the name of the operator, which stations know as CpoName.
        root_kind: of the keys of the roots; "rsa" for stations that know nothing else.
        stations: serial numbers of stations that get a certificate and a key.
        own_root: an operator's root with its key, which then signs in the place of a new one.
        now: the current time; else the real one.

    Raises:
        LabError: the folder is in use or cannot be written, or a name cannot stand in a
            certificate; the text says which.
    """
    _must_be_free(folder)
    now = now or clock.now()
    held: dict[Place, Identity] = {}
    if own_root is not None:
        _must_be_root(own_root, now)
        held[Place("root", "csms_root", "", root_kind)] = own_root
    calendar = Calendar.at(now, roots=_span(own_root) if own_root else None)
    lab = Lab(Random(), calendar, tuple(hosts), owner, root_kind, held)
    places = [*_places(lab.root_kind), *_stations(stations)]
    made = {place: lab.identity(place) for place in places}
    with _new_folder(folder) as part:
        _write_manifest(part, lab)
        _write(part, made)
    return load(folder, now)


def load(folder: Path, now: datetime | None = None) -> Lab:
    """Return the laboratory in a folder; everything in it is looked at.

    Raises:
        LabError: a file is missing, cannot be read, does not belong to the others, or a
            certificate has expired; the text names the file and what to do.
    """
    now = now or clock.now()
    manifest = read_manifest(folder)
    again = f"make it anew with: testbay lab renew {folder}"
    held = _read_roots(folder, manifest.root_kind, now)
    operator = held[Place("root", "csms_root", "", manifest.root_kind)]
    lacks = _lacking(held)
    for place in _places(manifest.root_kind):
        if place.what != "root":
            held[place] = _read_leaf(folder, place, held, manifest.root_kind, now, again)
    held |= _read_stations(folder, now, again)
    calendar = Calendar.at(now, roots=_span(operator))
    return Lab(
        *(Random(), calendar, manifest.hosts, manifest.owner, manifest.root_kind, held),
        lacks=lacks,
    )


def renew(folder: Path, hosts: Sequence[str] = (), now: datetime | None = None) -> Lab:
    """Make all certificates of a laboratory anew, under the roots that it has.

    What trusts the roots need not be touched. Stations keep their keys. A root that it lacks,
    because an earlier testbay made it, is added.

    Args:
        hosts: names and addresses of the server; else those that it has.

    Raises:
        LabError: a root or its key is missing, cannot be read or has expired.
    """
    now = now or clock.now()
    manifest = read_manifest(folder)
    roots = _read_roots(folder, manifest.root_kind, now)
    lacking = _lacking(roots)
    operator = roots[Place("root", "csms_root", "", manifest.root_kind)]
    calendar = Calendar.at(now, roots=_span(operator))
    names = tuple(hosts) or manifest.hosts
    lab = Lab(Random(), calendar, names, manifest.owner, manifest.root_kind, roots)
    places = _places(manifest.root_kind)
    made = {p: lab.identity(p) for p in places if p.what != "root" or p.name in lacking}
    certified = {}
    for path, serial in _station_files(folder):
        with _remedied(_another(folder)):
            held = read_certificates(path)[0]
        key = parse_certificate(held.pem).public_key()
        certified[path] = lab.certify(serial, key)  # type: ignore[arg-type]
    for path, chain in certified.items():
        write_secret(path, chain)
    _write(folder, made)
    _write_manifest(folder, lab)
    return load(folder, now)


def add_station(folder: Path, serial: str, csr_pem: str = "", kind: Kind = "ec") -> Path:
    """Make a certificate for a station and return its file; the key is beside it.

    Args:
        csr_pem: a request of the station, which then keeps its key for itself.

    Raises:
        LabError: there is a certificate for this serial number, or it cannot be made.
    """
    lab = load(folder)
    place = Place("client", check_serial(serial), "", kind)
    path, key_path = files_of(folder, place)
    if path.exists():
        raise LabError(f"there is a certificate for {serial} already: {path}")
    if csr_pem:
        write_secret(path, lab.sign_csr(csr_pem, serial))
    else:
        identity = lab.client(serial, "", kind)
        write_secret(key_path, identity.key)
        write_secret(path, identity.chain)
    return path


def read_manifest(folder: Path) -> Manifest:
    """Return what the laboratory in a folder was made for.

    Raises:
        LabError: there is no laboratory in the folder, or one of another testbay.
    """
    path = folder / MANIFEST
    if not path.exists():
        said = "is no laboratory" if folder.is_dir() else "does not exist"
        raise LabError(f"{folder} {said}; make one with: testbay lab new {folder}")
    text = read_text(path, "laboratory")
    try:
        data = json.loads(text)
        form, hosts, owner = data["form"], data["hosts"], data["owner"]
        root_kind: Kind = data["root_kind"]
    except (ValueError, KeyError, TypeError) as error:
        raise LabError(f"{path} is damaged; make another laboratory") from error
    if form != _FORM or root_kind not in KINDS:
        raise LabError(f"{path} was written by another version of testbay; make a new laboratory")
    return Manifest(tuple(map(str, hosts)), str(owner), root_kind)


def files_of(folder: Path, place: Place) -> tuple[Path, Path]:
    """Return where the certificate of a place is, with its chain, and where its key."""
    if place.what == "root":
        label = place.name
    elif place.what == "signer":
        label = f"{place.flaw or _VALID}-{place.kind}"
    else:
        label = f"{quote(place.name, safe=' ')}-{place.kind}"
    under = folder / _FOLDERS[place.what]
    return under / f"{label}.pem", under / f"{label}.key"


def stations(folder: Path) -> Iterator[tuple[str, Path, bool]]:
    """Yield the serial numbers of stations with their certificate, and whether its key is there."""
    for path, serial in _station_files(folder):
        yield serial, path, path.with_suffix(".key").exists()


# -- reading ---------------------------------------------------------------------------------------


def _places(root_kind: Kind) -> Iterator[Place]:
    """Yield what every folder has."""
    yield from (Place("root", root, "", root_kind) for root in STORED_ROOTS)
    for kind in KINDS:
        yield from (Place("server", server, "", kind) for server in SERVERS)
        yield from (Place("signer", "", flaw, kind) for flaw in SIGNERS)


def _stations(serials: Sequence[str]) -> Iterator[Place]:
    for serial in dict.fromkeys(serials):
        yield from (Place("client", check_serial(serial), "", kind) for kind in KINDS)


def _read_roots(folder: Path, root_kind: Kind, now: datetime) -> dict[Place, Identity]:
    held = {}
    anew = "make a new laboratory with testbay lab new, and install its roots"
    for root in STORED_ROOTS:
        place = Place("root", root, "", root_kind)
        path, key_path = files_of(folder, place)
        if root in LATER and not path.exists() and not key_path.exists():
            continue
        with _remedied(anew):
            read_root(path, now)
            held[place] = read_identity(path, key_path, ours=True)
    return held


def _lacking(roots: Mapping[Place, Identity]) -> frozenset[str]:
    """Return the roots that are not there, as an earlier testbay did not make them."""
    return LATER - {place.name for place in roots}


def _read_leaf(
    folder: Path,
    place: Place,
    held: Mapping[Place, Identity],
    root_kind: Kind,
    now: datetime,
    again: str,
) -> Identity:
    recipe = recipe_of(place)
    path, key_path = files_of(folder, place)
    with _remedied(again):
        at = now if recipe.dates == "valid" else None
        identity = read_identity(path, key_path, at, ours=True)
    if recipe.rooted:
        root = held[Place("root", recipe.issuer, "", root_kind)]
        if why := inspect.verifies(identity.chain, "", root.chain, now):
            raise LabError(f"{path} does not belong to {recipe.issuer}: {why}; {again}")
    return identity


def _read_stations(folder: Path, now: datetime, again: str) -> dict[Place, Identity]:
    """Return the certificates of the stations whose keys are there."""
    held = {}
    for serial, path, has_key in stations(folder):
        if not has_key:
            continue
        kind: Kind = "rsa" if path.stem.endswith("-rsa") else "ec"
        with _remedied(_another(folder)):
            identity = read_identity(path, path.with_suffix(".key"), ours=True)
        with _remedied(again):
            check_dates(path, inspect.certificates(identity.chain)[0], now)
        held[Place("client", serial, "", kind)] = identity
    return held


def _station_files(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted((folder / _FOLDERS["client"]).glob("*.pem")):
        yield path, unquote(path.stem.rpartition("-")[0])


@contextmanager
def _remedied(what_to_do: str) -> Iterator[None]:
    try:
        yield
    except LabError as error:
        raise LabError(f"{error}; {what_to_do}") from error


def _another(folder: Path) -> str:
    return f"delete it, and its station gets another one from: testbay lab station {folder} SERIAL"


def _span(root: Identity) -> tuple[datetime, datetime]:
    held = inspect.certificate(root.chain)
    return held.not_before, held.not_after


# -- writing ---------------------------------------------------------------------------------------


def _must_be_free(folder: Path) -> None:
    if (folder / MANIFEST).exists():
        raise LabError(
            f"there is a laboratory in {folder} already, which systems may trust; choose another "
            f"folder, or make its certificates anew with: testbay lab renew {folder}"
        )
    if folder.is_dir() and any(folder.iterdir()):
        raise LabError(f"{folder} is not empty; choose another folder")
    if folder.exists() and not folder.is_dir():
        raise LabError(f"{folder} is a file; choose the name of a folder")


def _must_be_root(root: Identity, now: datetime) -> None:
    found = inspect.certificate(root.chain)
    who = f"the certificate {found.common_name!r}"
    if not found.authority or not found.self_signed:
        raise LabError(f"{who} is not that of a root, which is an authority and signs itself")
    if found.key_usage and "keyCertSign" not in found.key_usage:
        raise LabError(f"{who} cannot be the root: its key usage does not let it sign certificates")
    if found.path_length == 0:
        raise LabError(
            f"{who} cannot be the root: its path length allows no intermediate authority, "
            "and some certificates of a laboratory need one"
        )
    if not found.not_before <= now <= found.not_after:
        span = f"{found.not_before:%Y-%m-%d} to {found.not_after:%Y-%m-%d}"
        raise LabError(f"{who} cannot be the root: it is valid from {span}")


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write to, which gets its name when everything is in it."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise LabError(f"{folder} cannot be made: {error.strerror}") from error
    try:
        yield part
        part.rename(folder)
    except OSError as error:
        raise LabError(f"{folder} cannot be made: {error.strerror}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write(folder: Path, made: Mapping[Place, Identity]) -> None:
    for place, identity in made.items():
        path, key_path = files_of(folder, place)
        write_secret(key_path, identity.key)
        write_secret(path, identity.chain)


def _write_manifest(folder: Path, lab: Lab) -> None:
    data = {
        "form": _FORM,
        "hosts": list(lab.hosts),
        "owner": lab.owner,
        "root_kind": lab.root_kind,
    }
    write_secret(folder / MANIFEST, json.dumps(data, indent=2, ensure_ascii=False) + "\n")
