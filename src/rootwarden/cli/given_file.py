"""Small files an option names, whole: never one that keeps us waiting, and one way to say that it cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

HINT: Final = "is this the right file?"


def given_bytes(file: Path, *, hint: str = HINT) -> bytes:
    """The content of a regular file of at most 64 MiB.

    Args:
        file: What the user named.
        hint: What to do when it cannot be read.

    Raises:
        UsageError: It cannot be read, is no regular file, or is larger.
    """
    from rootwarden.collect.disk import read_file

    try:
        return read_file(file)
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise UsageError(f"`{file}` cannot be read: {reason}", hint=hint) from error


def given_text(file: Path, *, hint: str = HINT) -> str:
    """The same as text.

    Raises:
        UsageError: It cannot be read, or is not UTF-8.
    """
    try:
        return given_bytes(file, hint=hint).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"`{file}` is not UTF-8 text", hint=hint) from error
