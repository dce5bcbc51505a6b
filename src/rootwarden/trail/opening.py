"""A file, bytes or a stream, as something to read from."""

from __future__ import annotations

import errno
import io
import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


# Without waiting for a pipe's other end.
AT_ONCE: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Opened(NamedTuple):
    """What to read from, and how many bytes there are; 0 where nobody knows."""

    file: BinaryIO
    size: int


@contextmanager
def opened(source: Path | bytes | BinaryIO) -> Iterator[Opened]:
    """The source at its beginning; a file is closed afterwards, a stream is not.

    Raises:
        OSError: It cannot be read, or is no regular file: a pipe nobody writes to would never end.
    """
    if isinstance(source, bytes):
        yield Opened(io.BytesIO(source), len(source))
    elif isinstance(source, Path):
        with open(source, "rb", buffering=0, opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "it is not a regular file")
            yield Opened(file, status.st_size)
    else:
        yield Opened(source, 0)


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for a pipe's other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
