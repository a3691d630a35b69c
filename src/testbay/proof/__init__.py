"""The proof that every check can fail: each case is run again with a fault made for each check."""
