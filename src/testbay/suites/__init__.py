"""The suites: the test cases of each version of OCPP, which never import each other."""
