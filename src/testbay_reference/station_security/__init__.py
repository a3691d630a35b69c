"""Security that stations of every version have: credentials, roots, events, how they connect."""
