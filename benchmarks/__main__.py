"""Print the benchmark tables: ``python -m benchmarks``. Goals are shown, never enforced here."""

from __future__ import annotations

from benchmarks import calls, cases, memory, starting


def main() -> None:
    """Measure and print."""
    print("CPU per call round trip over loopback, both ends validated (medians of one run)")
    print(f"  {'message':24}{'testbay':>12}{'ocpp / testbay':>18}{'testbay / plain':>18}")
    for name, micro, ocpp, plain in calls.table():
        print(f"  {name:24}{micro:9.1f} us{ocpp:17.1f}x{plain:17.2f}x")
    print("  goals: at least 8x cheaper than ocpp (2.0.1: 10x),")
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
