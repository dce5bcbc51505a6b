"""Events on their way from who reads them to who keeps them: in memory while they are few, then in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import msgspec

from rootwarden.trail.spool import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO, Self

# So many bytes of events are handed over in memory; what is more goes through a file.
IN_MEMORY: Final = 4 * 1024**2
_LENGTH: Final = 8


class HandOver:
    """Rows being collected.

    Args:
        folder: Where the file goes; when it is empty, everything stays in memory.
        in_memory: Bytes of events that are kept in memory.

    Attributes:
        rows: Rows, or the first of them.
        spilled: The file with the others; empty when there are none. Whoever reads it removes it.
    """

    def __init__(self, folder: str, *, in_memory: int = IN_MEMORY) -> None:
        self._folder = folder
        self._in_memory = in_memory
        self._held = 0
        self._file: BinaryIO | None = None
        self.rows: list[Row] = []
        self.spilled = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, rows: Iterable[Row]) -> None:
        """Take rows, in their order."""
        for row in rows:
            if self._held < self._in_memory or not self._folder:
                self._held += len(row.document)
                self.rows.append(row)
                continue
            if self._file is None:
                path = Path(self._folder) / uuid4().hex
                self._file, self.spilled = path.open("xb"), str(path)
            packed = msgspec.msgpack.encode(row)
            self._file.write(len(packed).to_bytes(_LENGTH, "big") + packed)


def spilled_rows(path: Path) -> Iterator[Row]:
    """The rows of a file of `HandOver`, which is gone when all are read."""
    with path.open("rb") as file:
        while head := file.read(_LENGTH):
            yield msgspec.msgpack.decode(file.read(int.from_bytes(head, "big")), type=Row)
    path.unlink()
