"""A file, bytes or a stream, as something to read from."""

from __future__ import annotations

import errno
import io
import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


@contextmanager
def opened(source: Path | bytes | BinaryIO) -> Iterator[BinaryIO]:
    """The source at its beginning; a file is closed afterwards, a stream is not.

    Raises:
        OSError: It cannot be read, or is no regular file: a pipe nobody writes to would never end.
    """
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, Path):
        with open(source, "rb", buffering=0, opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(errno.EINVAL, "it is not a regular file")
            yield file
    else:
        yield source


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for a pipe's other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
