"""The tool's two ends: a CSMS for a station under test, and a station for a CSMS under test."""
