"""testbay tests OCPP charging stations and central systems against the official test cases."""

__version__ = "0.1.0"
