"""Print the benchmark tables: ``python -m benchmarks``. Goals are shown, never enforced here."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import calls, cases, memory, starting


def _spread(values: Sequence[float], form: str) -> str:
    """Write a median with the quartiles around it."""
    first, median, third = (format(value, form) for value in calls.spread(values))
    return f"{median} ({first}-{third})"


def main() -> None:
    """Measure and print."""
    print("CPU per call round trip over loopback, both ends validated")
    print("(median of rounds in which all take turns; half of the rounds lie in the brackets)")
    print(f"  {'message':24}{'testbay':>18}{'ocpp / testbay':>26}{'testbay / plain':>26}")
    for row in calls.table():
        cost = _spread([seconds * 1e6 for seconds in row.testbay], ".0f")
        ratios = f"{_spread(row.ocpp, '.1f'):>26}{_spread(row.plain, '.2f'):>26}"
        print(f"  {row.name:24}{cost:>18}{ratios}")
    print("  testbay in microseconds; goals: at least 8x cheaper than ocpp (2.0.1: 10x),")
    print("  at most 1.5x dearer than websockets + orjson")
    for version, goal in (("1.6", 10), ("2.0.1", 15)):
        count, median, worst, total = cases.table(version)
        print(f"\nCases of OCPP {version} on the virtual clock (CPU)")
        print(
            f"  {count} cases: median {median * 1e3:.1f} ms (goal 15), worst {worst * 1e3:.1f} ms"
        )
        print(f"  one run of all: {total:.2f} s (goal {goal})")
    print("\nStart of the command line (wall clock, median)")
    for command, seconds, goal in starting.table():
        print(f"  {command:26}{seconds:6.2f} s (goal {goal})")
    print("\nMemory of a journal of 100,000 frames (peak of Python's allocations)")
    for what, mib in memory.table():
        print(f"  {what:44}{mib:7.1f} MiB")


if __name__ == "__main__":
    main()
