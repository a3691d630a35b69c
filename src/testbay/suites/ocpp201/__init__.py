"""The official test cases for OCPP 2.0.1."""

OCPP = "2.0.1"
