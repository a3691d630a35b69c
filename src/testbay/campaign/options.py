"""What a tester asks of a run, and which of it makes sense together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from testbay.campaign.wrong import Wrong


@dataclass(frozen=True, slots=True)
class Options:
    """What a tester asks for. It stands in the journal, so that the run can go on after a kill.

    Args:
        reference: the embedded reference system is tested, not a vendor's.
        virtual: on the virtual clock, in this process.
        cases: ids; none of them: all cases.
        group: heading of a section, or a part of it.
        config: path of the configuration file.
        pics: path of the PICS, which chooses the cases and says what the product is.
        all: cases that do not apply are run all the same.
        security_profile: with which the system is connected; None: as is configured.
        lab: folder with certificates.
        lanes: how many reference systems are tested side by side; 0: as many as are useful.
        order: ``random``: shuffled by the seed; empty: as in the document.
        repeat: how often each case is run.
    """

    sut: str
    ocpp: str
    reference: bool = False
    virtual: bool = False
    cases: tuple[str, ...] = ()
    group: str = ""
    config: str = ""
    pics: str = ""
    all: bool = False
    listen: str = ""
    url: str = ""
    identity: str = ""
    actions: str = ""
    security_profile: int | None = None
    lab: str = ""
    seed: int = 1
    lanes: int = 0
    order: str = ""
    repeat: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return the options that are not as they are without being given."""
        plain = Options(self.sut, self.ocpp)
        kept = {k: v for k, v in asdict(self).items() if v != getattr(plain, k)}
        return {"sut": self.sut, "ocpp": self.ocpp, **kept}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Options:
        """Read what ``to_json`` has written; options of a later version are passed over."""
        known = [f.name for f in fields(cls)]
        kept: dict[str, Any] = {k: v for k, v in given.items() if k in known}
        return cls(**kept | {"cases": tuple(kept.get("cases", ()))})


def checked(options: Options) -> Options:
    """Return the options.

    Raises:
        Wrong: they do not go together.
    """
    for wrong, why in _combinations(options):
        if wrong:
            raise Wrong(why)
    return options


def _combinations(o: Options) -> tuple[tuple[bool, str], ...]:
    station, real = o.sut == "station", not o.reference
    return (
        (
            o.virtual and real,
            "--virtual runs in this process and needs --reference; a system outside it has the "
            "real clock",
        ),
        (
            not station and bool(o.listen),
            "--listen is for a station that connects to the tool; for a CSMS say --url",
        ),
        (
            station and bool(o.url),
            "--url is for a CSMS that the tool connects to; for a station say --listen",
        ),
        *(
            (
                o.reference and bool(value),
                f"{name} is for a system of your own; the reference system brings it along: leave "
                f"out {name} or --reference",
            )
            for name, value in (
                ("--listen", o.listen),
                ("--url", o.url),
                ("--identity", o.identity),
                ("--actions", o.actions),
                ("--lab", o.lab),
            )
        ),
        (o.lanes < 0, "--lanes is a number from 1 on"),
        (o.repeat < 1, "--repeat is a number from 1 on"),
        (
            o.lanes > 1 and real,
            "--lanes needs --reference: there is one system of your own, so there is one lane",
        ),
        (
            o.lanes > 0 and o.virtual,
            "--lanes needs the real clock: on the virtual clock one case runs after another",
        ),
    )
