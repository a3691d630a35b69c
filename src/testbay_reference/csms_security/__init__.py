"""Security that CSMSs of every version have: the door, TLS, and who signs certificates."""
