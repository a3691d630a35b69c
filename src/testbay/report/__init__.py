"""Reports of a run, made from its journal alone: HTML, JUnit XML, JSON, rows for a terminal."""
