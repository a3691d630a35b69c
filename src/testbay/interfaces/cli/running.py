"""``testbay run``: begins a run or goes on with one, shows it, writes its reports whatever comes.

The first Ctrl-C ends the running cases, the second one the process; the journal stays intact.
SIGUSR1, or p and Enter, lets the run wait between two cases, and go on.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from testbay.campaign import kept, start
from testbay.campaign.journal import NAME, Journal
from testbay.campaign.options import Options
from testbay.campaign.resume import Earlier
from testbay.campaign.runner import STOPPED, Run
from testbay.campaign.start import Plan
from testbay.campaign.wrong import Wrong
from testbay.clock import now
from testbay.interfaces.cli.prompts import Terminal, operator
from testbay.interfaces.cli.reports import HTML, tell_result, writable, write_reports
from testbay.interfaces.cli.screen import Screen, screen
from testbay.scenario import events
from testbay.scenario.execute import Ended

RUNS = Path("runs")
INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)
PAUSE, PAUSE_KEY = signal.SIGUSR1, "p"
PAUSING = (
    "pausing: what is running ends, and nothing else begins, until p and Enter, or SIGUSR1, again"
)


def begin(options: Options, out: Path | None, json: Path | None, junit: Path | None) -> int:
    """Begin a run; return the exit code."""
    plan = start.plan(options)
    writable(json, junit)
    return carry_out([Job(plan, fresh(out, options.sut))], json, junit)


def seed_of(order: str, given: int | None) -> int:
    """Return the seed of a run; a random order that nobody has asked for gets a new one."""
    if given is not None:
        return given
    return int(now().timestamp()) % 1_000_000 if order == "random" else 1


def go_on(
    folder: Path, sut: str, json: Path | None, junit: Path | None, again: Sequence[str] = ()
) -> int:
    """Go on with a run that was ended early, or repeat cases of it; return the exit code."""
    plan, earlier = start.resumed(folder, again)
    if sut not in ("", plan.options.sut):
        raise Wrong(f"the run in {folder} tests a {plan.options.sut}, not a {sut}")
    writable(json, junit)
    return carry_out([Job(plan, folder, earlier)], json, junit)


def only_resume(given: Sequence[str]) -> None:
    """Refuse options beside ``--resume``.

    Raises:
        Wrong: there are some.
    """
    if given:
        raise Wrong(
            f"--resume goes on with the options of the run that was started: leave out "
            f"{', '.join(given)}"
        )


def fresh(out: Path | None, what: str) -> Path:
    """Return a folder for a new run.

    Raises:
        Wrong: there is a run already, or it cannot be made.
    """
    name = f"{now().astimezone():%Y-%m-%d-%H%M%S}-{what}"
    folder, count = out or RUNS / name, 1
    while out is None and folder.exists():
        count += 1
        folder = RUNS / f"{name}-{count}"
    if (folder / NAME).exists():
        raise Wrong(
            f"{folder} holds a run already; go on with it by --resume {folder}, or name another "
            "folder with --out"
        )
    return folder


@dataclass
class Job:
    """A run that is to be carried out, with its journal, which begins with its first event.

    Args:
        failed: why its journal could not be written on.
        broken: what has ended it while others go on beside it.
    """

    plan: Plan
    folder: Path
    earlier: Earlier | None = None
    run: Run | None = None
    case: str = ""
    failed: str = ""
    broken: Exception | None = None
    _journal: Journal | None = None

    @property
    def done(self) -> Mapping[str, Ended]:
        """What ended before the run was resumed."""
        return dict(self.earlier.done) if self.earlier is not None else {}

    def sink(self, shown: Screen) -> events.Sink:
        """Return what is to be told of the run: it writes first and shows then."""
        show = shown.sink(self.plan, self.done)

        def tell(stamped: events.Stamped) -> None:
            if not self.failed:
                self._write(stamped)
            self.case = stamped.case
            show(stamped)

        return tell

    def _write(self, stamped: events.Stamped) -> None:
        try:
            if self._journal is None:
                self._journal = Journal(self.folder, self.plan.secrets, kept.read(self.folder))
            self._journal(stamped)
        except OSError as error:
            name, why = self.folder / NAME, error.strerror
            if self._journal is None:
                raise Wrong(f"{name} cannot be written: {why}; name another folder") from None
            self.failed = f"{name} cannot be written: {why}"
            if self.run is not None:
                self.run.stop(self.failed)

    @property
    def begun(self) -> bool:
        """Whether there is anything to report."""
        return self._journal is not None

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()


def carry_out(jobs: Sequence[Job], json: Path | None = None, junit: Path | None = None) -> int:
    """Carry out runs side by side, then write and tell what came of them; return the exit code."""
    shown = screen()
    try:
        for job in jobs:
            if job.plan.options.reference:
                _introduce(job, shown)
        if jobs[0].plan.options.virtual:
            _virtual(jobs[0], shown)
        else:
            asyncio.run(_real(jobs, shown))
    finally:
        shown.close()
        for job in jobs:
            job.close()
        results = [(j.folder, write_reports(j.folder, json, junit)) for j in jobs if j.begun]
    codes = [tell_result(summary) for _, summary in results]
    print(end="\n" if results else "")
    for folder, _ in results:
        print(f"Report:  {folder / HTML}\nJournal: {folder / NAME}")
    for job in jobs:
        if job.broken is not None:
            raise job.broken
        if job.failed:
            raise Wrong(f"{job.failed}; then testbay run --resume {job.folder} goes on")
    return max(codes, key=(0, 3, 1, 4).index)


def _introduce(job: Job, shown: Screen) -> None:
    plan, options = job.plan, job.plan.options
    of = f"the reference {options.sut}{' on the virtual clock' if options.virtual else ''}"
    if not options.reference:
        of = {
            "station": f"the station that connects to {plan.address}",
            "csms": f"the CSMS at {plan.address}",
        }[options.sut]
    count = f"{len(plan.cases)} {'case' if len(plan.cases) == 1 else 'cases'}"
    how = f", each {options.repeat} times" if options.repeat > 1 else ""
    how += f", in random order (seed {options.seed})" if options.order else ""
    shown.say(f"OCPP {options.ocpp}: {count} against {of}{how}")
    for line in plan.needs:
        shown.say(line)
    if job.earlier is not None:
        done = len(job.earlier.done)
        shown.say(f"going on in {job.folder}: {done} ended before and are not run again")


# -- on either clock -------------------------------------------------------------------------------


def _virtual(job: Job, shown: Screen) -> None:
    asked = ""

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            _at_once(shown)
        asked = STOPPED

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    before[PAUSE] = signal.signal(PAUSE, signal.SIG_IGN)  # nothing is waited for that could wait
    try:
        start.run_virtual(
            job.plan, job.sink(shown), job.earlier, lambda: asked or job.failed, job.folder
        )
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _real(jobs: Sequence[Job], shown: Screen) -> None:
    tasks: list[asyncio.Task[None]] = []
    asked = False

    def stop() -> None:
        nonlocal asked
        if asked:
            _at_once(shown)
        asked = True
        shown.say("\nstopping: what the cases have set is put back; Ctrl-C again ends at once")
        for job, task in zip(jobs, tasks, strict=True):
            if job.run is not None:
                job.run.stop()
            else:
                task.cancel()

    def pause() -> None:
        runs = [job.run for job in jobs if job.run is not None]
        paused = any(run.paused for run in runs)
        for run in runs:
            if paused:
                run.go_on()
            else:
                run.pause()
        if runs:
            shown.say(f"\n{'going on' if paused else PAUSING}")

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(PAUSE, pause)
    try:
        tasks += [loop.create_task(_beside(job, jobs, shown, pause)) for job in jobs]
        for failed in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(failed, asyncio.CancelledError):
                raise KeyboardInterrupt
            if failed is not None:
                raise failed
    finally:
        for number in (*SIGNALS, PAUSE):
            loop.remove_signal_handler(number)


async def _beside(job: Job, jobs: Sequence[Job], shown: Screen, pause: Callable[[], None]) -> None:
    """Carry out a run; what ends it does not end those beside it, but is told at once."""
    try:
        await _one(job, shown, pause)
    except Exception as error:
        if len(jobs) == 1:
            raise
        job.broken, of = error, job.plan.options
        shown.say(f"\nOCPP {of.ocpp}, {of.sut}: ended, while the others go on: {error}")


async def _one(job: Job, shown: Screen, pause: Callable[[], None]) -> None:
    def begun(run: Run) -> None:
        job.run = run
        if not job.plan.options.reference:
            _introduce(job, shown)

    def typed(text: str) -> None:
        if text.lower() == PAUSE_KEY:
            pause()

    person = operator(shown.paused, lambda: job.case)
    if isinstance(person, Terminal):
        person.listen(typed)
    await start.run_real(job.plan, job.sink(shown), person, job.earlier, begun, job.folder)


def _at_once(shown: Screen) -> None:
    shown.close()
    print("ended at once; testbay run --resume goes on with the run", file=sys.stderr, flush=True)
    os._exit(INTERRUPTED)
