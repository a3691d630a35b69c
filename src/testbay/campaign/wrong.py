"""What ends a run before it begins. Importing this costs nothing."""


class Wrong(Exception):
    """A run is asked for that cannot be; the text says what is wrong, where, and what to do."""
