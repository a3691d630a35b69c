"""The test cases of OCPP 1.6: station under test (section 2 of the document), CSMS (section 3)."""

OCPP = "1.6"
