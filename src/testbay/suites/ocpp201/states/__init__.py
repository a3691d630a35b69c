"""Reusable and memory states that the cases begin with or pass through."""
