"""What can be wrong with certificates, keys and laboratories, as one sentence for a person."""

from __future__ import annotations


class LabError(Exception):
    """A laboratory, a certificate or a key cannot be used; the text says why and what to do."""


class NotPem(LabError):
    """A text is not what it should be: PEM of a certificate, a request or a key."""


class NoRoot(LabError):
    """A laboratory lacks a root, so that nobody can trust what it would sign in its place."""
