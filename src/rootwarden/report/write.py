"""A report into a file, whole or not at all.

The text goes to a new file in the same folder, is flushed to the disk and then takes the name in one step, so that a
reader sees the old report or the new one and never half of one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from rootwarden.errors import UsageError
from rootwarden.report.encoding import well_formed


def write(path: Path, text: str) -> None:
    """Put `text` into the file at `path`, as UTF-8 with its line ends as they are.

    A file that is there keeps its permissions, a new one gets those the umask gives; a symbolic link stays a link and
    what it points to is replaced. A device or pipe (`/dev/stdout`) is written to directly.

    Raises:
        UsageError: The folder is missing or read-only, `path` is a folder, or the disk is full. Nothing is left behind.
    """
    write_bytes(path, well_formed(text).encode())


def write_bytes(path: Path, data: bytes) -> None:
    """As `write`, for what is no text.

    Raises:
        UsageError: As `write`.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = _mode(target)
        if mode is not None and not stat.S_ISREG(mode):
            _write_through(target, data)
        else:
            _replace(target, data, mode)
    except OSError as error:
        raise _refusal(path, error) from error


def _mode(target: Path) -> int | None:
    """Type and permissions of what is at `target`, or `None` when nothing is."""
    try:
        return target.stat().st_mode
    except FileNotFoundError:
        return None


def _write_through(target: Path, data: bytes) -> None:
    with target.open("wb") as file:
        file.write(data)


def _replace(target: Path, data: bytes, mode: int | None) -> None:
    fresh = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        # 0o666 less the umask, as for any file a person makes; O_EXCL: nobody else's file is ever opened.
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Make the new name durable; the report is whole either way, and some file systems cannot do this."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refusal(path: Path, error: OSError) -> UsageError:
    shown = well_formed(str(path))
    folder = well_formed(str(path.parent))
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return UsageError(f"cannot write `{shown}`: there is no folder `{folder}`", hint="make the folder first")
        case errno.EISDIR:
            return UsageError(f"cannot write `{shown}`: it is a folder", hint="give the name of a file in it")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return UsageError(
                f"cannot write `{shown}`: `{folder}` may not be written to", hint="choose a folder that is yours"
            )
        case errno.ENOSPC | errno.EDQUOT:
            return UsageError(
                f"cannot write `{shown}`: the disk is full", hint="free some space, or choose another disk"
            )
        case _:
            return UsageError(
                f"cannot write `{shown}`: {(error.strerror or 'it failed').lower()}", hint="choose another file"
            )
