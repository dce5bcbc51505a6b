"""Reading the user's files: whole, not too large, and never from something that could keep us waiting."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from rootwarden.collect.evidence import MAXIMUM_BYTES

if TYPE_CHECKING:
    from pathlib import Path


def read_file(path: Path) -> bytes:
    """The content of a regular file.

    Raises:
        OSError: It cannot be read, is no regular file (a pipe nobody writes to would never end), or is larger than
            64 MiB; `strerror` says which.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        content = b"" if status.st_size > MAXIMUM_BYTES else file.read(MAXIMUM_BYTES + 1)
        if max(status.st_size, len(content)) > MAXIMUM_BYTES:
            raise OSError(errno.EFBIG, "it is larger than 64 MiB")
        return content


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for a pipe's other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
