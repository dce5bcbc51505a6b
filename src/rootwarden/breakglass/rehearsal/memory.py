"""A log in memory: what tests and benchmarks keep entries in where a database does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rootwarden.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from rootwarden.transparency.head import Head


class MemoryKeeper:
    """Keeps everything until the process ends; `refuses` is an error to raise instead of writing."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.heads: list[Head] = []
        self.blobs: dict[str, bytes] = {}
        self.drafts: dict[str, tuple[bytes, datetime]] = {}
        self.refuses: Exception | None = None

    def size(self) -> int:
        """How many entries there are."""
        return len(self.entries)

    def read(self, start: int = 0) -> Iterable[bytes]:
        """Entries from a place on."""
        return self.entries[start:]

    def append(
        self,
        expected_size: int,
        entries: Sequence[bytes],
        head: Head,
        *,
        draft: str = "",
        beside: Callable[[Any], object] | None = None,
    ) -> None:
        """Write entries and the head over them, and burn a draft; there are no rows beside them."""
        del beside
        if self.refuses is not None:
            raise self.refuses
        if expected_size != len(self.entries):
            raise StoreError("the log moved on")
        self.entries.extend(entries)
        self.heads.append(head)
        self.drafts.pop(draft, None)

    def newest_head(self) -> Head | None:
        """The newest head."""
        return self.heads[-1] if self.heads else None

    def put_blob(self, digest: str, content: bytes) -> None:
        """Keep a sealed blob."""
        self.blobs[digest] = content

    def blob(self, digest: str) -> bytes | None:
        """A sealed blob."""
        return self.blobs.get(digest)

    def put_draft(self, name: str, document: bytes, expires: datetime) -> None:
        """Keep a draft."""
        self.drafts[name] = (document, expires)

    def draft(self, name: str, now: datetime) -> bytes | None:
        """A draft that has not expired."""
        document, expires = self.drafts.get(name, (b"", now))
        return document if now < expires else None

    def burn_draft(self, name: str) -> bool:
        """Take a draft away."""
        return self.drafts.pop(name, None) is not None
