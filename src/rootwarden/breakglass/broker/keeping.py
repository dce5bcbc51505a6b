"""What the broker needs of whoever keeps the log; `breakglass.store` does it with a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from rootwarden.transparency.head import Head


class Keeper(Protocol):
    """Keeps entries in order, heads, sealed blobs, and drafts that wait for a signature."""

    def size(self) -> int:
        """How many entries there are."""
        ...

    def read(self, start: int = 0) -> Iterable[bytes]:
        """Entries from a place on, in order."""
        ...

    def append(
        self,
        expected_size: int,
        entries: Sequence[bytes],
        head: Head,
        *,
        draft: str = "",
        beside: Callable[[Any], object] | None = None,
    ) -> None:
        """Write entries and the head over them, and burn a draft; all or nothing, durable when it returns.

        Args:
            expected_size: How many entries there are, as far as the writer knows.
            entries: In canonical form.
            head: Over the log with them.
            draft: One that is burnt with them, if it is there.
            beside: Changes rows beside the log in the same transaction, given what the keeper keeps them with.

        Raises:
            LogMoved: Somebody else wrote meanwhile.
            StoreError: The database cannot.
        """
        ...

    def newest_head(self) -> Head | None:
        """The newest head that was written."""
        ...

    def put_blob(self, digest: str, content: bytes) -> None:
        """Keep a sealed blob under its SHA-256."""
        ...

    def blob(self, digest: str) -> bytes | None:
        """A sealed blob."""
        ...

    def put_draft(self, name: str, document: bytes, expires: datetime) -> None:
        """Keep, or replace, a draft until it expires."""
        ...

    def draft(self, name: str, now: datetime) -> bytes | None:
        """A draft that has not expired."""
        ...

    def burn_draft(self, name: str) -> bool:
        """Take a draft away; whether it was still there. Of two who burn one, one is told yes."""
        ...
