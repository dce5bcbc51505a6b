"""A copy of the log as files, as `audit verify` reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.client.private_file import write_private
from rootwarden.breakglass.store.log_file import ENTRIES, HEADS
from rootwarden.errors import UsageError
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.transparency.head import Head


def write_copy(folder: Path, entries: bytes, head: Head) -> int:
    """Write entries and the head over them.

    The service may have gone on between head and entries: those after the head are left out.

    Args:
        folder: A new or empty one.
        entries: An entry a line.
        head: The newest head that was checked.

    Returns:
        How many entries there are.

    Raises:
        UsageError: The folder cannot be written, or holds a copy.
    """
    lines = entries.splitlines(keepends=True)[: head.size]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"`{folder}` cannot be made: {error.strerror}") from error
    write_private(folder / ENTRIES, b"".join(lines))
    write_private(folder / HEADS, canonical(msgspec.to_builtins(head)) + b"\n")
    return len(lines)
