"""`testbay-reference station|csms`: run a reference system as a process of its own."""

import asyncio
import contextlib
import signal
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from testbay_reference.control import Control, serve_control
from testbay_reference.store import open_store

# OCPP mandates TLS_RSA_WITH_AES_*_GCM besides ECDHE; Python's default leaves the former out.
CIPHERS = "ECDHE+AESGCM:AES128-GCM-SHA256:AES256-GCM-SHA384"

Version = Literal["1.6"]
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
    password: Annotated[str | None, typer.Option(help="For HTTP Basic authentication.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the password.")] = None,
    ca: Annotated[Path | None, typer.Option(help="Root certificates to trust (PEM).")] = None,
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
    state: State = None,
    control: ControlPort = None,
    frames: Annotated[bool, typer.Option("--frames", help="Print every message.")] = False,
    fault: Faults = None,
    list_faults: ListFaults = False,
) -> None:
    """Run a charging station that connects to a CSMS."""
    from testbay_reference.station import FAULTS, Station, StationOptions

    if list_faults:
        _print_faults(FAULTS)
        return
    try:
        options = StationOptions(
            url=url,
            identity=identity,
            password=_password(password, password_file),
            ssl=_trust(ca) if url.startswith("wss:") else None,
            connectors=connectors,
            cable=cable,
            cable_lock=cable_lock,
            local_start=local_start,
            authorization_cache=cache,
            without=tuple(without or ()),
            refusal=refusal,
            power=power,
            rated_current=rated_current,
            grid_current=grid_current,
            phases=phases,
            power_loss=power_loss,
            hard_reset=hard_reset,
            short_power_flow=short_power_flow,
            read_only=tuple(read_only or ()),
            lacks=tuple(lacks or ()),
            keys=dict(_pairs(key or (), "--key")),
            vendor=vendor,
            model=model,
            serial=serial,
            firmware=firmware,
            faults=tuple(fault or ()),
        )
        trace = _trace if frames else _untraced
        device = Station(options, _now, open_store(state), log=_log, trace=trace)
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None
    _run(device.run, device.stop, device.control, control)


@app.command()
def csms(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at; 0: a free one.")] = 9000,
    base: Annotated[str, typer.Option(help="Path before the identity.")] = "ocpp",
    ocpp: Ocpp = "1.6",
    password: Annotated[
        list[str] | None, typer.Option(help="IDENTITY=PASSWORD of a station; repeatable.")
    ] = None,
    token: Annotated[
        list[str] | None, typer.Option(help="A token that may charge, as ID or ID=GROUP.")
    ] = None,
    blocked: Annotated[list[str] | None, typer.Option(help="A token that is blocked.")] = None,
    expired: Annotated[list[str] | None, typer.Option(help="A token that has expired.")] = None,
    accept_all: Annotated[bool, typer.Option(help="Accept tokens that are not known.")] = False,
    interval: Annotated[int, typer.Option(help="Heartbeat interval, in s.")] = 300,
    greet: Annotated[bool, typer.Option(help="Read and set the configuration after boot.")] = False,
    state: State = None,
    control: ControlPort = None,
    fault: Faults = None,
    list_faults: ListFaults = False,
) -> None:
    """Run a CSMS that stations connect to."""
    from testbay_reference.csms import FAULTS, Csms, CsmsOptions, Token

    if list_faults:
        _print_faults(FAULTS)
        return
    try:
        tokens = (text.partition("=") for text in token or ())
        options = CsmsOptions(
            host=host,
            port=port,
            base=base.strip("/"),
            passwords=dict(_pairs(password or (), "--password")),
            tokens=(
                *(Token(id_tag, parent=group or None) for id_tag, _, group in tokens),
                *(Token(id_tag, "Blocked") for id_tag in blocked or ()),
                *(Token(id_tag, "Expired") for id_tag in expired or ()),
            ),
            unknown_tokens="Accepted" if accept_all else "Invalid",
            interval=interval,
            greets=greet,
            faults=tuple(fault or ()),
        )
        system = Csms(options, _now, open_store(state))
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None

    async def run() -> None:
        _log(f"listening at ws://{host}:{await system.start()}/{options.base}")
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
    _log(f"{'sent' if sent else 'received'}: {text}")


def _untraced(_sent: bool, _text: str) -> None:
    return None


def _print_faults(faults: dict[str, str]) -> None:
    width = max(len(name) for name in faults)
    for name, sentence in faults.items():
        print(f"{name:{width}}  {sentence}")


def _password(text: str | None, file: Path | None) -> str | None:
    return file.read_text("utf-8").rstrip("\r\n") if file is not None else text


def _pairs(texts: Sequence[str], option: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"{option}: {text!r} must be written NAME=VALUE")
        pairs.append((name, value))
    return pairs


def _trust(ca: Path | None) -> Any:
    context = ssl.create_default_context(cafile=str(ca) if ca is not None else None)
    context.set_ciphers(CIPHERS)
    return context
