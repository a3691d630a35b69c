"""What survives a restart: named JSON values, in memory or in a file of the state directory."""

from pathlib import Path
from typing import Any

import orjson


class Store:
    """Keep named JSON values in memory; what is read and written is copied."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a name, or the default if it was never set."""
        found = self._values.get(name)
        return default if found is None else orjson.loads(found)

    def set(self, name: str, value: Any) -> None:
        """Keep a value under a name; an equal value costs nothing."""
        text = orjson.dumps(value)
        if self._values.get(name) != text:
            self._values[name] = text
            self._save()

    def _save(self) -> None:
        """Write everything where it survives the process; in memory there is nothing to do."""


class FileStore(Store):
    """Keep the values in `state.json` of a directory, replaced as a whole at every change.

    Raises:
        ValueError: the file is there but is not what this class writes.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__()
        directory.mkdir(parents=True, exist_ok=True)
        self._file = directory / "state.json"
        if self._file.exists():
            try:
                values = orjson.loads(self._file.read_bytes())
                self._values = {name: orjson.dumps(value) for name, value in values.items()}
            except (orjson.JSONDecodeError, AttributeError) as error:
                raise ValueError(f"{self._file} cannot be read; remove it to start anew") from error

    def _save(self) -> None:
        values = {name: orjson.Fragment(text) for name, text in self._values.items()}
        beside = self._file.with_suffix(".new")
        beside.touch(0o600)  # there are passwords and private keys in it
        beside.write_bytes(orjson.dumps(values))
        beside.replace(self._file)


def open_store(directory: Path | None) -> Store:
    """Return the store of a state directory, or one in memory without a directory."""
    return Store() if directory is None else FileStore(directory)
