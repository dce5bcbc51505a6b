"""The keys that seal cookies and forms: a file of the broker's, with the newest key first, outside every database."""

from __future__ import annotations

import os
import re
import secrets
import stat
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

KEPT: Final = 3
_BYTES: Final = 32
_LONGEST: Final = 4096
_KEY: Final = re.compile(rf"[0-9a-f]{{{2 * _BYTES}}}")


def read_keys(path: Path) -> tuple[bytes, ...]:
    """The keys, the one to seal with first.

    Raises:
        UsageError: It is not there, not a plain file of this user's alone, or does not hold keys.
    """
    lines = _content(path).split()
    if not lines or not all(_KEY.fullmatch(line) for line in lines):
        raise UsageError(f"`{path}` does not hold session keys", hint="each line is 64 hexadecimal digits")
    return tuple(bytes.fromhex(line) for line in lines)


def rotate_keys(path: Path) -> tuple[bytes, ...]:
    """Put a new key before the others, and make the file where there is none; the oldest go.

    Returns:
        All that are kept now.

    Raises:
        UsageError: The file cannot be read or written.
    """
    before = read_keys(path) if path.is_symlink() or path.exists() else ()
    keys = (secrets.token_bytes(_BYTES), *before)[:KEPT]
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write("".join(f"{key.hex()}\n" for key in keys))
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(path)
    except OSError as error:
        raise UsageError(
            f"`{path}` cannot be written: {error.strerror}", hint="is the folder there, and yours?"
        ) from error
    return keys


def _content(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(
            f"`{path}` cannot be read: {error.strerror}", hint="it must be a plain file, and yours"
        ) from error
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o077 or about.st_uid != os.geteuid():
            raise UsageError(f"others can reach `{path}`", hint=f"chmod 600 {path}, and let the broker own it")
        return os.read(descriptor, _LONGEST).decode("ascii", "replace")
    finally:
        os.close(descriptor)
