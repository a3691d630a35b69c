"""Tests of the scenario engine with scripted peers: no sockets, no version of OCPP."""
