"""`testbay-reference station|csms`: run a reference system as a process of its own."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from testbay_reference import systems
from testbay_reference.control import Control, serve_control
from testbay_reference.store import open_store

if TYPE_CHECKING:
    from testbay_reference.csms import Identity


Version = Literal["1.6", "2.0.1"]
Faults = Annotated[
    list[str] | None, typer.Option("--fault", help="Misbehave; may be given more than once.")
]
ListFaults = Annotated[bool, typer.Option("--list-faults", help="List the faults and end.")]
State = Annotated[
    Path | None, typer.Option("--state", help="Directory for what survives a restart.")
]
ControlPort = Annotated[
    int | None, typer.Option("--control", help="Serve the actions over HTTP at this port.")
]
Others = Annotated[
    list[str] | None,
    typer.Option("--set", help="Any other option of the system, as NAME=VALUE; repeatable."),
]
Ocpp = Annotated[Version, typer.Option("--ocpp", help="Version of OCPP.")]

app = typer.Typer(
    help="Reference systems for OCPP: a charging station and a CSMS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def station(
    url: Annotated[str, typer.Option(help="Endpoint of the CSMS, ws:// or wss://.")] = "",
    identity: Annotated[str, typer.Option(help="Identity of the station.")] = "CP1",
    ocpp: Ocpp = "1.6",
    password: Annotated[
        str | None,
        typer.Option(help="For HTTP Basic authentication; 32 to 40 hexadecimal digits are bytes."),
    ] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the password.")] = None,
    secure_url: Annotated[
        str, typer.Option(help="Endpoint for security profiles 2 and 3, if it is another one.")
    ] = "",
    security_profile: Annotated[
        int, typer.Option(help="Security profile that is in use: 0 to 3.", min=0, max=3)
    ] = 0,
    supports: Annotated[
        list[int] | None,
        typer.Option(help="Security profile that it has; repeatable. 0: none. Else all."),
    ] = None,
    csms_root: Annotated[
        list[Path] | None,
        typer.Option("--csms-root", "--ca", help="Root of the CSMS (PEM); repeatable."),
    ] = None,
    manufacturer_root: Annotated[
        list[Path] | None, typer.Option(help="Root of the manufacturer (PEM); repeatable.")
    ] = None,
    v2g_root: Annotated[
        list[Path] | None, typer.Option(help="Root for ISO 15118 (PEM); repeatable.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="Certificate of the station with its chain (PEM).")
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option(help="Its private key (PEM), unless it is in the same file.")
    ] = None,
    csr_key: Annotated[
        Literal["ec", "rsa"], typer.Option(help="Kind of the keys that it makes.")
    ] = "ec",
    hash_algorithm: Annotated[
        Literal["SHA256", "SHA384", "SHA512"], typer.Option(help="How it lists certificates.")
    ] = "SHA256",
    profile_change: Annotated[
        Literal["reboot", "reconnect"],
        typer.Option(help="What makes it use a higher security profile."),
    ] = "reboot",
    fallback: Annotated[
        float, typer.Option(help="When it gives up a security profile that never worked, in s.")
    ] = 300.0,
    seed: Annotated[int | None, typer.Option(help="Make the same keys every time.")] = None,
    connectors: Annotated[int, typer.Option(help="How many connectors there are.")] = 2,
    cable: Annotated[Literal["detachable", "fixed"], typer.Option()] = "detachable",
    cable_lock: Annotated[bool, typer.Option(help="Sockets hold the plug.")] = True,
    local_start: Annotated[bool, typer.Option(help="There is a token reader.")] = True,
    cache: Annotated[bool, typer.Option(help="There is an authorization cache.")] = True,
    without: Annotated[
        list[str] | None, typer.Option(help="Feature profile that it lacks; repeatable.")
    ] = None,
    refusal: Annotated[
        Literal["answer", "error"], typer.Option(help="How it refuses calls of those.")
    ] = "answer",
    power: Annotated[float, typer.Option(help="What a vehicle draws, in W.")] = 11040.0,
    rated_current: Annotated[
        float, typer.Option(help="What one connector can carry, in A per phase.")
    ] = 32.0,
    grid_current: Annotated[
        float | None, typer.Option(help="What all connectors together may draw, in A per phase.")
    ] = None,
    phases: Annotated[int, typer.Option(help="Phases of the station: 1 or 3.")] = 3,
    power_loss: Annotated[
        Literal["before", "after", "resume"],
        typer.Option(help="When transactions end at a power loss, or that they go on after it."),
    ] = "before",
    hard_reset: Annotated[
        Literal["before", "after"], typer.Option(help="When they end at a hard reset.")
    ] = "before",
    short_power_flow: Annotated[
        float, typer.Option(help="Modes 1 and 2 only: power flows this long at plug-in, in s.")
    ] = 0.0,
    key: Annotated[
        list[str] | None, typer.Option(help="Configuration value as NAME=VALUE; repeatable.")
    ] = None,
    read_only: Annotated[
        list[str] | None, typer.Option(help="Key that the CSMS may not write; repeatable.")
    ] = None,
    lacks: Annotated[
        list[str] | None, typer.Option(help="Optional key that it does not have; repeatable.")
    ] = None,
    vendor: Annotated[str, typer.Option()] = "Testbay",
    model: Annotated[str, typer.Option()] = "Reference station",
    serial: Annotated[str | None, typer.Option()] = None,
    firmware: Annotated[str, typer.Option()] = "1.0.0",
    file_transfer: Annotated[
        list[str] | None,
        typer.Option(help="How files travel: FTP, FTPS, HTTP, HTTPS; repeatable. Else all."),
    ] = None,
    install_seconds: Annotated[
        float, typer.Option(help="How long it takes to install firmware, in s.")
    ] = 5.0,
    activation: Annotated[
        Literal["reboot", "reset", "at once"],
        typer.Option(help="What makes it run new firmware; it waits for a reset."),
    ] = "reboot",
    unsigned_firmware: Annotated[
        Literal["unsecured", "always", "never"],
        typer.Option(help="When it obeys UpdateFirmware; unsecured: without security profile."),
    ] = "unsecured",
    others: Others = None,
    state: State = None,
    control: ControlPort = None,
    frames: Annotated[bool, typer.Option("--frames", help="Print every message.")] = False,
    fault: Faults = None,
    list_faults: ListFaults = False,
) -> None:
    """Run a charging station that connects to a CSMS."""
    from testbay_reference.station import SECURITY_PROFILES
    from testbay_reference.station_files.parts import FILE_TRANSFER

    if list_faults:
        _print_faults(systems.faults(ocpp, "station"))
        return
    try:
        given = {
            "url": url,
            "identity": identity,
            "password": _password(password, password_file),
            "secure_url": secure_url,
            "security_profiles": tuple(n for n in (supports or SECURITY_PROFILES) if n),
            "security_profile": security_profile,
            "csms_roots": tuple(_text(file) for file in csms_root or ()),
            "manufacturer_roots": tuple(_text(file) for file in manufacturer_root or ()),
            "v2g_roots": tuple(_text(file) for file in v2g_root or ()),
            "certificate": _text(certificate),
            "key": _text(private_key or certificate),
            "csr_key": csr_key,
            "hash_algorithm": hash_algorithm,
            "profile_change": profile_change,
            "fallback": fallback,
            "seed": seed,
            "connectors": connectors,
            "cable": cable,
            "cable_lock": cable_lock,
            "local_start": local_start,
            "authorization_cache": cache,
            "without": tuple(without or ()),
            "refusal": refusal,
            "power": power,
            "rated_current": rated_current,
            "grid_current": grid_current,
            "phases": phases,
            "power_loss": power_loss,
            "hard_reset": hard_reset,
            "short_power_flow": short_power_flow,
            "read_only": tuple(read_only or ()),
            "lacks": tuple(lacks or ()),
            "keys": dict(_pairs(key or (), "--key")),
            "vendor": vendor,
            "model": model,
            "serial": serial,
            "firmware": firmware,
            "file_transfer": tuple(file_transfer or FILE_TRANSFER),
            "install_seconds": install_seconds,
            "activation": activation,
            "unsigned_firmware": unsigned_firmware,
            "faults": tuple(fault or ()),
        }
        options = systems.options(ocpp, "station", given, others or ())
        make, _ = systems.system(ocpp, "station")
        trace = _trace if frames else _untraced
        device = make(options, _now, open_store(state), log=_log, trace=trace)
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None
    _run(device.run, device.stop, device.control, control)


@app.command()
def csms(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen at without TLS; 0: a free one, -1: none.")
    ] = 9000,
    secure_port: Annotated[
        int | None, typer.Option(help="Port to listen at with TLS; 0: a free one.")
    ] = None,
    base: Annotated[str, typer.Option(help="Path before the identity.")] = "ocpp",
    ocpp: Ocpp = "1.6",
    password: Annotated[
        list[str] | None,
        typer.Option(help="IDENTITY=PASSWORD of a station, or =hex:DIGITS; repeatable."),
    ] = None,
    security_profile: Annotated[
        int, typer.Option(help="Which one stations have to use; 0: none in particular.")
    ] = 0,
    station_profile: Annotated[
        list[str] | None,
        typer.Option(help="IDENTITY=PROFILE of a station with its own; repeatable."),
    ] = None,
    serial: Annotated[
        list[str] | None,
        typer.Option(help="IDENTITY=SERIAL in the certificate of a station; repeatable."),
    ] = None,
    cpo_name: Annotated[
        str, typer.Option(help="Operator that certificates of stations must name.")
    ] = "",
    name: Annotated[
        list[str] | None, typer.Option(help="Host in server certificates of its own; repeatable.")
    ] = None,
    certificate: Annotated[
        list[Path] | None, typer.Option(help="Server certificate (PEM); repeatable.")
    ] = None,
    certificate_key: Annotated[
        list[Path] | None, typer.Option(help="Its key (PEM), in the same order.")
    ] = None,
    authority: Annotated[
        list[Path] | None, typer.Option(help="Certificate that signs others (PEM); repeatable.")
    ] = None,
    authority_key: Annotated[
        list[Path] | None, typer.Option(help="Its key (PEM), in the same order.")
    ] = None,
    client_root: Annotated[
        list[Path] | None,
        typer.Option(help="Root of certificates of stations (PEM); repeatable."),
    ] = None,
    client_certificates: Annotated[
        Literal["none", "optional", "required"] | None,
        typer.Option(help="Whether TLS asks stations for one."),
    ] = None,
    csms_root: Annotated[
        Path | None, typer.Option(help="Root to install in stations (PEM); none: its own.")
    ] = None,
    manufacturer_root: Annotated[
        Path | None, typer.Option(help="Root of the manufacturer, to install in stations (PEM).")
    ] = None,
    signature: Annotated[
        list[str] | None,
        typer.Option(help="URL=FILE: signature of a firmware image in base64; repeatable."),
    ] = None,
    signing_certificate: Annotated[
        Path | None, typer.Option(help="Certificate to those signatures (PEM).")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Makes keys and passwords repeat; none: random.")
    ] = None,
    root: Annotated[
        Path | None, typer.Option(help="Write there the root that stations have to trust.")
    ] = None,
    token: Annotated[
        list[str] | None, typer.Option(help="A token that may charge, as ID or ID=GROUP.")
    ] = None,
    blocked: Annotated[list[str] | None, typer.Option(help="A token that is blocked.")] = None,
    expired: Annotated[list[str] | None, typer.Option(help="A token that has expired.")] = None,
    invalid: Annotated[list[str] | None, typer.Option(help="A token that is not valid.")] = None,
    accept_all: Annotated[bool, typer.Option(help="Accept tokens that are not known.")] = False,
    interval: Annotated[int, typer.Option(help="Heartbeat interval, in s.")] = 300,
    greet: Annotated[bool, typer.Option(help="Read and set the configuration after boot.")] = False,
    others: Others = None,
    state: State = None,
    control: ControlPort = None,
    fault: Faults = None,
    list_faults: ListFaults = False,
) -> None:
    """Run a CSMS that stations connect to."""
    from testbay_reference.csms import SignedFirmware

    if list_faults:
        _print_faults(systems.faults(ocpp, "csms"))
        return
    try:
        tokens = (text.partition("=") for text in token or ())
        refused = {"Blocked": blocked, "Expired": expired, "Invalid": invalid}
        given = {
            "host": host,
            "port": None if port < 0 else port,
            "secure_port": secure_port,
            "certificates": _identities(certificate, certificate_key, "--certificate"),
            "names": tuple(name or ("localhost", "127.0.0.1")),
            "authorities": _identities(authority, authority_key, "--authority"),
            "client_roots": tuple(_text(file) for file in client_root or ()),
            "client_certificates": client_certificates,
            "security_profile": security_profile,
            "security_profiles": _numbers(station_profile or (), "--station-profile"),
            "serials": dict(_pairs(serial or (), "--serial")),
            "cpo_name": cpo_name,
            "csms_root": _text(csms_root),
            "manufacturer_root": _text(manufacturer_root),
            "firmware": tuple(
                SignedFirmware(_text(Path(file)).strip(), _text(signing_certificate), location)
                for location, _, file in (text.rpartition("=") for text in signature or ())
            ),
            "seed": seed,
            "base": base.strip("/"),
            "passwords": dict(_pairs(password or (), "--password")),
            "tokens": (
                *(systems.token(ocpp, value, group=group) for value, _, group in tokens),
                *(
                    systems.token(ocpp, v, word)
                    for word, some in refused.items()
                    for v in some or ()
                ),
            ),
            "unknown_tokens": "Accepted" if accept_all else "Invalid",
            "interval": interval,
            "greets": greet,
            "faults": tuple(fault or ()),
        }
        options = systems.options(ocpp, "csms", given, others or ())
        make, _ = systems.system(ocpp, "csms")
        system = make(options, _now, open_store(state))
        if root is not None:
            root.write_text("".join(system.roots))
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None

    async def run() -> None:
        await system.start()
        for scheme, used in (("ws", system.port), ("wss", system.secure_port)):
            if used is not None:
                _log(f"listening at {scheme}://{host}:{used}/{options.base}")
        await asyncio.Event().wait()

    _run(run, system.stop, system.control, control)


def _run(
    run: Callable[[], Awaitable[None]],
    stop: Callable[[], Awaitable[None]],
    control: Control,
    port: int | None,
) -> None:
    """Run a system until it is asked to end by SIGTERM or SIGINT."""
    try:
        asyncio.run(_until_signal(run, stop, control, port))
    except OSError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


async def _until_signal(
    run: Callable[[], Awaitable[None]],
    stop: Callable[[], Awaitable[None]],
    control: Control,
    port: int | None,
) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    async with contextlib.AsyncExitStack() as stack:
        if port is not None:
            used = await stack.enter_async_context(serve_control(control, port))
            _log(f"actions at http://127.0.0.1:{used}/actions, see /docs")
        running = asyncio.ensure_future(run())
        asking = asyncio.ensure_future(asked.wait())
        await asyncio.wait((running, asking), return_when=asyncio.FIRST_COMPLETED)
        asking.cancel()
        if not running.done():
            await stop()
            running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  the one real clock of a process that serves people


def _log(line: str) -> None:
    print(f"{_now().strftime('%H:%M:%S.%f')[:-3]}  {line}", flush=True)


def _trace(sent: bool, text: str) -> None:
    lower = text.lower()
    for call, password in (
        ("changeconfiguration", "authorizationkey"),
        ("setvariables", "basicauthpassword"),
    ):
        if f'"{call}"' in lower and f'"{password}"' in lower:
            text = "a message that sets a password, which is not shown"
    _log(f"{'sent' if sent else 'received'}: {text}")


def _untraced(_sent: bool, _text: str) -> None:
    return None


def _print_faults(faults: Mapping[str, str]) -> None:
    width = max(len(name) for name in faults)
    for name, sentence in faults.items():
        print(f"{name:{width}}  {sentence}")


def _password(text: str | None, file: Path | None) -> str | None:
    return file.read_text("utf-8").rstrip("\r\n") if file is not None else text


def _text(file: Path | None) -> str:
    try:
        return file.read_text("utf-8") if file is not None else ""
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not text; PEM or base64 is wanted") from error


def _identities(
    certificates: Sequence[Path] | None, keys: Sequence[Path] | None, option: str
) -> "tuple[Identity, ...]":
    from testbay_reference.csms import Identity

    if len(certificates or ()) != len(keys or ()):
        raise ValueError(f"{option} and {option}-key belong together: give as many of each")
    both = zip(certificates or (), keys or (), strict=True)
    return tuple(Identity(_text(certificate), _text(key)) for certificate, key in both)


def _numbers(texts: Sequence[str], option: str) -> dict[str, int]:
    found = {}
    for name, value in _pairs(texts, option):
        if not value.isdecimal():
            raise ValueError(f"{option}: {value!r} is not a number")
        found[name] = int(value)
    return found


def _pairs(texts: Sequence[str], option: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"{option}: {text!r} must be written NAME=VALUE")
        pairs.append((name, value))
    return pairs
