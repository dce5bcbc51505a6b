"""What a place of an archive can do, whichever it is. Files come whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


class Entry(msgspec.Struct, frozen=True, order=True):
    """A file of an archive: its name below it, its size in bytes, and a stamp that another content would not have."""

    name: str
    size: int
    stamp: str = ""


class Place(Protocol):
    """Where files are kept."""

    @property
    def described(self) -> str:
        """What people call it."""
        ...

    def check(self) -> None:
        """Find out whether it can be reached and written."""
        ...

    def entries(self) -> tuple[Entry, ...]:
        """Every snapshot, in order of name."""
        ...

    def entry(self, name: str) -> Entry | None:
        """The file of a name, if it is there."""
        ...

    def bundles(self) -> tuple[Entry, ...]:
        """Every bundle, in order of name."""
        ...

    def unfinished(self) -> tuple[str, ...]:
        """What killed writers left behind; never taken for a snapshot."""
        ...

    def add(self, name: str, write: Callable[[Path], None]) -> None:
        """Have a file written, and show it once it is whole and durable."""
        ...

    def footer(self, entry: Entry) -> Path:
        """A file with the end of a snapshot, where Parquet keeps its metadata."""
        ...

    def fetch(self, names: Iterable[str]) -> dict[str, Path]:
        """The files on this machine, by name; whole, for as long as the place is open."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file."""
        ...

    def close(self) -> None:
        """Let go of what was fetched."""
        ...
