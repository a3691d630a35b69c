"""Reusable states and memory states (sections 2.26, 2.27 and 3.22 of the document)."""
