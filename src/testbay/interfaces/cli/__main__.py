"""``python -m testbay.interfaces.cli``."""

from testbay.interfaces.cli.app import main

main()
