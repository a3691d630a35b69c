"""Named misbehaviours of a reference system: which there are, and which are switched on."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches


class NamedFaults:
    """Tell which misbehaviours are switched on.

    Args:
        known: a sentence about each of them, by its name.
        names: those that are switched on.

    Raises:
        ValueError: a name is not known; the message says which one is nearest.
    """

    def __init__(self, known: Mapping[str, str], names: Iterable[str] = ()) -> None:
        self._known = known
        self.names = tuple(dict.fromkeys(names))
        for name in self.names:
            if name not in known:
                near = get_close_matches(name, known, 1, 0.0)
                hint = f"did you mean {near[0]}?" if near else "see --list-faults"
                raise ValueError(f"there is no fault {name!r}; {hint}")

    def __contains__(self, name: str) -> bool:
        assert name in self._known, f"{name} is not in the list of faults"
        return name in self.names
