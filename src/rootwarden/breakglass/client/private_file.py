"""Files nobody else may read: keys that come in, shares and exports that go out."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST: Final = 8 * 1024 * 1024
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


def write_private(path: Path, content: bytes | bytearray) -> None:
    """Write a new file of mode 0600, on the disk when this returns.

    Raises:
        UsageError: Something is there already, or it cannot be written.
    """
    try:
        with os.fdopen(os.open(path, _WRITE, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        hint = "name a file that is not there; nothing is written over"
        raise UsageError(f"`{path}` cannot be written: {error.strerror}", hint=hint) from error


def read_private(path: Path, *, most: int = 64 * 1024) -> bytearray:
    """Read a file that only its owner can reach.

    Raises:
        InputError: It cannot be read, is no plain file, is too large, or others can reach it.
    """
    return _read(path, most, private=True)


def read_bounded(path: Path, *, most: int = LARGEST) -> bytes:
    """Read a file anybody may see, up to a size.

    Raises:
        InputError: It cannot be read, is no plain file, or is too large.
    """
    return bytes(_read(path, most, private=False))


def _read(path: Path, most: int, *, private: bool) -> bytearray:
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}", hint="is it there, and yours?") from error
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise InputError(f"`{path}` is no plain file")
        if private and about.st_mode & 0o077:
            raise InputError(f"`{path}` is open to other users", hint=f"chmod 600 {path}")
        if about.st_size > most:
            raise InputError(f"`{path}` has more than {most:,} bytes", hint="is it the right file?")
        content = bytearray(about.st_size)
        with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
            read = file.readinto(content) or 0
    finally:
        os.close(descriptor)
    return content[:read]
