"""``python -m testbay_reference``."""

from testbay_reference.cli import main

main()
