"""A reference system as a child process, which ends when the process that started it is gone.

``python -m testbay.campaign.child station ...``, with a pipe as its input that nobody writes to.
"""

import os
import sys
import threading


def main() -> None:
    """Run the command line of the reference systems until the input ends."""
    threading.Thread(target=_watch, daemon=True).start()
    from testbay_reference.cli import main as reference

    reference()


def _watch() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)  # whoever started it was killed; nobody is left to be told anything


if __name__ == "__main__":
    main()
