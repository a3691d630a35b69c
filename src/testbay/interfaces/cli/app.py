"""The commands and their options; what they do stands in modules of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from testbay import __version__
from testbay.campaign.wrong import Wrong

Sut = Literal["station", "csms"]

INTERRUPTED = 130

_Ocpp = Annotated[str, typer.Option("--ocpp", metavar="V", help="Version of OCPP.")]
_AnyOcpp = Annotated[str, typer.Option("--ocpp", metavar="V", help="Version of OCPP; else all.")]
_OcppOf = Annotated[
    str,
    typer.Option(
        "--ocpp", metavar="V", help="Version of OCPP; else that of the cases or the PICS, or 1.6."
    ),
]
_AnySut = Annotated[Sut | None, typer.Option("--sut", help="System under test; else both.")]
_Cases = Annotated[
    list[str] | None, typer.Option("--case", metavar="ID", help="A case; may be given repeatedly.")
]
_Group = Annotated[
    str, typer.Option("--group", metavar="G", help="Heading of a section, or a part of it.")
]
_JsonOut = Annotated[bool, typer.Option("--json", help="As JSON.")]
_JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the verdicts as JSON.")
]
_JunitFile = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write the verdicts as JUnit XML.")
]
_NewFile = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Else it is printed.")]
_OneSut = Annotated[Sut, typer.Option("--sut", help="System under test.")]
_Config = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Configuration, see testbay config new.")
]
_Listen = Annotated[
    str, typer.Option(metavar="ADDR:PORT", help="Where a station connects to the tool.")
]
_Url = Annotated[
    str, typer.Option(metavar="URL", help="Where the CSMS listens, without the identity.")
]
_Identity = Annotated[str, typer.Option(metavar="ID", help="Identity of the station.")]
_SecurityProfile = Annotated[
    int | None, typer.Option(metavar="N", help="With which the system is connected: 0 to 3.")
]
_Certificates = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Certificates, see testbay lab new.")
]
_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a run.")]

app = typer.Typer(
    name="testbay",
    help="Test OCPP charging stations and CSMSs against the official test cases.",
    epilog=(
        "Exit codes: 0 every verdict PASS or NOT APPLICABLE, 1 some FAIL, 2 wrong usage or "
        "configuration, 3 INCONCLUSIVE but no FAIL, 4 ERROR."
    ),
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
config_app = typer.Typer(help="The configuration file.", rich_markup_mode=None)
app.add_typer(config_app, name="config")
pics_app = typer.Typer(
    help="The PICS: what a vendor states of a product, and which cases apply by it.",
    rich_markup_mode=None,
)
app.add_typer(pics_app, name="pics")
lab_app = typer.Typer(
    help="The laboratory: roots, certificates and keys for runs over TLS.", rich_markup_mode=None
)
app.add_typer(lab_app, name="lab")


def main() -> None:
    """Run the command line and end with its exit code."""
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code. What is wrong is one sentence on stderr."""
    try:
        code = app(list(arguments), prog_name="testbay", standalone_mode=False)
    except Wrong as wrong:
        return _fail(str(wrong))
    except typer.TyperException as wrong:
        return _fail(f"{_lower(wrong.format_message())} (see testbay --help)")
    except BrokenPipeError:
        return 1
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:
        return _broken(error)
    return code if isinstance(code, int) else 0


def _fail(sentence: str) -> int:
    print(f"testbay: {' '.join(sentence.split())}", file=sys.stderr)
    return 2


def _broken(error: Exception) -> int:
    import traceback

    traceback.print_exception(error)
    print(f"testbay: this is a bug of testbay: {type(error).__name__}: {error}", file=sys.stderr)
    return 4


def _lower(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:]}".rstrip(".")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"testbay {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def top(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> int | None:
    """Test OCPP charging stations and CSMSs against the official test cases."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)
    return None


# -- what there is ---------------------------------------------------------------------------------


@app.command("list")
def list_(
    ocpp: _AnyOcpp = "", sut: _AnySut = None, group: _Group = "", json: _JsonOut = False
) -> int:
    """List the test cases."""
    from testbay.interfaces.cli.listing import list_cases

    return list_cases(ocpp, sut or "", group, json)


@app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="[ID]", help="A test case.")] = "",
    all: Annotated[bool, typer.Option("--all", help="Every case.")] = False,
    requirement: Annotated[
        str, typer.Option(metavar="R", help="Which cases touch it, such as E03.FR.05, or E03.")
    ] = "",
    coverage: Annotated[
        bool, typer.Option("--coverage", help="All requirements with the cases that touch them.")
    ] = False,
    ocpp: _AnyOcpp = "",
    sut: _AnySut = None,
    json: _JsonOut = False,
) -> int:
    """Show the steps, validations, states and readings of a case; or requirements."""
    from testbay.interfaces.cli.listing import show_cases

    return show_cases(id, all, requirement, coverage, ocpp, sut or "", json)


@config_app.command("new")
def config_new(
    file: _NewFile = None,
    sut: _OneSut = "station",
    ocpp: _Ocpp = "1.6",
) -> int:
    """Write a configuration file with every value, its meaning and its default."""
    from testbay.interfaces.cli.template import write_template

    return write_template(file, sut, ocpp)


@pics_app.command("new")
def pics_new(
    file: _NewFile = None,
    sut: _OneSut = "station",
    ocpp: _Ocpp = "1.6",
) -> int:
    """Write a PICS with every question, what may be answered, and no answer."""
    from testbay.interfaces.cli.pics import write_pics

    return write_pics(file, sut, ocpp)


@pics_app.command("check")
def pics_check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A PICS.")], json: _JsonOut = False
) -> int:
    """Show for every case whether it applies, and why not; name what cannot be so."""
    from testbay.interfaces.cli.pics import check_pics

    return check_pics(file, json)


_Lab = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a laboratory.")]
_Hosts = Annotated[
    list[str] | None,
    typer.Option(
        "--host", metavar="NAME", help="Name or address of the tool's server, the main one first."
    ),
]


@lab_app.command("new")
def lab_new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")],
    host: _Hosts = None,
    owner: Annotated[
        str, typer.Option(metavar="NAME", help="The operator, which stations know as CpoName.")
    ] = "testbay",
    station: Annotated[
        list[str] | None,
        typer.Option(metavar="SERIAL", help="Make a certificate for a station, too."),
    ] = None,
    root_keys: Annotated[
        Literal["ec", "rsa"], typer.Option("--root-keys", help="Kind of the keys of the roots.")
    ] = "ec",
    root: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An operator's root (PEM), else a new one.")
    ] = None,
    root_key: Annotated[Path | None, typer.Option(metavar="FILE", help="The key of it.")] = None,
) -> int:
    """Make a laboratory: every certificate that the cases need, good and flawed."""
    from testbay.interfaces.cli.lab import new_lab

    hosts = tuple(host or ("127.0.0.1", "localhost"))
    return new_lab(folder, hosts, owner, tuple(station or ()), root_keys, (root, root_key))


@lab_app.command("show")
def lab_show(folder: _Lab, json: _JsonOut = False) -> int:
    """Show what is in a laboratory, until when it is valid, and what to install where."""
    from testbay.interfaces.cli.lab import show_lab

    return show_lab(folder, json)


@lab_app.command("renew")
def lab_renew(folder: _Lab, host: _Hosts = None) -> int:
    """Make the certificates anew, under the same roots, perhaps for other hosts."""
    from testbay.interfaces.cli.lab import renew_lab

    return renew_lab(folder, tuple(host or ()))


@lab_app.command("station")
def lab_station(
    folder: _Lab,
    serial: Annotated[str, typer.Argument(metavar="SERIAL", help="Serial number of the station.")],
    csr: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A request of the station (PEM), which keeps its key."),
    ] = None,
    key: Annotated[
        Literal["ec", "rsa"], typer.Option("--key", help="Kind of the new key without --csr.")
    ] = "ec",
) -> int:
    """Make a certificate for a station."""
    from testbay.interfaces.cli.lab import add_station

    return add_station(folder, serial, csr, key)


# -- running ---------------------------------------------------------------------------------------


@app.command("run")
def run_(
    sut: Annotated[Sut | None, typer.Argument(help="System under test.")] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="Test the reference system that comes with testbay.")
    ] = False,
    virtual: Annotated[
        bool,
        typer.Option("--virtual", help="On the virtual clock: waits take no time; no pausing."),
    ] = False,
    ocpp: _OcppOf = "",
    case: _Cases = None,
    group: _Group = "",
    config: _Config = None,
    pics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PICS that chooses, see testbay pics new.")
    ] = None,
    all: Annotated[
        bool, typer.Option("--all", help="Run what does not apply to the product, too.")
    ] = False,
    listen: _Listen = "",
    url: _Url = "",
    identity: _Identity = "",
    actions: Annotated[
        str, typer.Option(metavar="URL", help="Automation API that acts; else you are asked.")
    ] = "",
    security_profile: _SecurityProfile = None,
    lab: _Certificates = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the run; else runs/DATE-SUT.")
    ] = None,
    json: _JsonFile = None,
    junit: _JunitFile = None,
    order: Annotated[
        Literal["document", "random"], typer.Option(help="Order of the cases.")
    ] = "document",
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Of every random choice; else 1, of a random order any."),
    ] = None,
    repeat: Annotated[int, typer.Option(metavar="N", help="Run each case so often.")] = 1,
    lanes: Annotated[
        int, typer.Option(metavar="N", help="Reference systems side by side.", show_default=False)
    ] = 0,
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Go on with a run that was ended early.")
    ] = None,
    again: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="With --resume: run this case once more; repeatable."),
    ] = None,
) -> int:
    """Run test cases against a station or a CSMS."""
    from testbay.interfaces.cli import running

    if resume is not None:
        given = {
            "--reference": reference,
            "--virtual": virtual,
            "--ocpp": ocpp,
            "--case": case,
            "--group": group,
            "--config": config,
            "--pics": pics,
            "--all": all,
            "--listen": listen,
            "--url": url,
            "--identity": identity,
            "--actions": actions,
            "--security-profile": security_profile is not None,
            "--lab": lab,
            "--out": out,
            "--order": order != "document",
            "--seed": seed is not None,
            "--repeat": repeat != 1,
            "--lanes": lanes,
        }
        running.only_resume([name for name, value in given.items() if value])
        return running.go_on(resume, sut or "", json, junit, again or ())
    if again:
        raise Wrong("--again is for a run that there is: say which one with --resume DIR")
    if sut is None:
        raise Wrong("say what is tested: testbay run station, or testbay run csms")
    from testbay.campaign.options import Options
    from testbay.campaign.selection import version_of

    options = Options(
        sut=sut,
        ocpp=version_of(ocpp, case or (), pics),
        reference=reference,
        virtual=virtual,
        cases=tuple(case or ()),
        group=group,
        config=str(config.absolute()) if config is not None else "",
        pics=str(pics.absolute()) if pics is not None else "",
        all=all,
        listen=listen,
        url=url,
        identity=identity,
        actions=actions,
        security_profile=security_profile,
        lab=str(lab.absolute()) if lab is not None else "",
        seed=running.seed_of(order, seed),
        lanes=lanes,
        order="" if order == "document" else order,
        repeat=repeat,
    )
    return running.begin(options, out, json, junit)


@app.command("check")
def check_(
    sut: Annotated[Sut, typer.Argument(help="System under test.")],
    reference: Annotated[
        bool, typer.Option("--reference", help="Ask the reference system that comes with testbay.")
    ] = False,
    ocpp: _OcppOf = "",
    case: _Cases = None,
    group: _Group = "",
    config: _Config = None,
    pics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PICS, see testbay pics new.")
    ] = None,
    listen: _Listen = "",
    url: _Url = "",
    identity: _Identity = "",
    security_profile: _SecurityProfile = None,
    lab: _Certificates = None,
    json: _JsonOut = False,
) -> int:
    """Hold PICS and configuration against the connected system, before a run."""
    from testbay.campaign.options import Options
    from testbay.campaign.selection import version_of
    from testbay.interfaces.cli.checking import check

    options = Options(
        sut=sut,
        ocpp=version_of(ocpp, case or (), pics),
        reference=reference,
        virtual=reference,
        cases=tuple(case or ()),
        group=group,
        config=str(config.absolute()) if config is not None else "",
        pics=str(pics.absolute()) if pics is not None else "",
        listen=listen,
        url=url,
        identity=identity,
        security_profile=security_profile,
        lab=str(lab.absolute()) if lab is not None else "",
    )
    return check(options, json)


@app.command()
def demo(
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the runs; else runs/DATE-demo.")
    ] = None,
) -> int:
    """Run cases against both reference systems, side by side."""
    from testbay.interfaces.cli.demo import run_demo

    return run_demo(out)


# -- reading and proving ---------------------------------------------------------------------------


@app.command()
def report(folder: _Folder, json: _JsonFile = None, junit: _JunitFile = None) -> int:
    """Write the reports of a run again, from its journal."""
    from testbay.interfaces.cli.reports import report_again

    return report_again(folder, json, junit)


@app.command()
def rejudge(folder: _Folder, case: _Cases = None) -> int:
    """Judge a recorded run again, without a system under test."""
    from testbay.interfaces.cli.judging import judge_again

    return judge_again(folder, tuple(case or ()))


@app.command()
def prove(
    ocpp: _AnyOcpp = "",
    sut: _AnySut = None,
    case: _Cases = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the result as JSON.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(metavar="N", help="Processes side by side.", show_default=False)
    ] = 0,
    tolerance: Annotated[
        bool, typer.Option("--tolerance", help="Prove that no conforming system fails, instead.")
    ] = False,
    sample: Annotated[
        int, typer.Option(metavar="N", help="With --tolerance: try one kind of variant in N, once.")
    ] = 1,
) -> int:
    """Prove that every check can fail, by faults made for it."""
    from testbay.interfaces.cli.proving import prove_cases, tolerate_cases

    if tolerance:
        return tolerate_cases(ocpp, sut or "", tuple(case or ()), json, jobs, sample)
    return prove_cases(ocpp, sut or "", tuple(case or ()), json, jobs)
