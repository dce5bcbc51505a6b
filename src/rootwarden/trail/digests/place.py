"""Where digests and log files are looked at: a copy on this machine, or the bucket itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from rootwarden.trail.digests.digest import Metadata
    from rootwarden.trail.digests.location import Origin, Site


class NotThere(Exception):  # noqa: N818 - it becomes `missing`, never an error for people
    """There is no such object."""


class CannotRead(Exception):  # noqa: N818 - it becomes `unknown`, never an error for people
    """An object is there, or may be, and could not be read; its text is the reason."""


class BrokenOff(CannotRead):
    """The network broke off in the middle; another try may do."""


class Place(Protocol):
    """Objects by name. Names have slashes, and are seen from the place."""

    @property
    def described(self) -> str:
        """What people call it."""
        ...

    @property
    def origin(self) -> Origin | None:
        """Where its objects were when CloudTrail signed for them, if that is known."""
        ...

    def sites(self) -> tuple[Site, ...]:
        """Every account and region that has digests or log files."""
        ...

    def names(self, folder: str, after: str = "") -> Iterator[str]:
        """The names below a folder in order of their days, read while they are asked for.

        Of the folders that come before `after`, nothing; what lies in no day's folder always.
        """
        ...

    def opened(self, name: str) -> AbstractContextManager[Opened]:
        """An object's bytes and metadata. Raises `NotThere` or `CannotRead`, also while it is read."""
        ...


class Opened:
    """An object that is being read.

    Args:
        chunks: Its bytes, piece by piece.
        metadata: Reads what S3 keeps beside it; an empty `Metadata` when nobody told.
    """

    def __init__(self, chunks: Iterable[bytes], metadata: Callable[[], Metadata]) -> None:
        self.chunks = chunks
        self.metadata = metadata
