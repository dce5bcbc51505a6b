"""The head a person saw last, kept in a file of their own, as the pages keep it in the browser (BG-5).

A broker that shows one history to one person and another to the next is found out by this: each client goes on only
from the log it saw before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import RootwardenError, UsageError
from rootwarden.transparency.merkle import is_consistent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

LONGEST: Final = 4096


class ForkError(RootwardenError):
    """The log shown now does not continue the one that was seen before."""

    exit_code = 1


class SeenHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A head as it was seen.

    Attributes:
        log: Name of the log.
        size: How many entries.
        root: Their root hash, in hexadecimal.
        epoch: Of the log.
    """

    log: str
    size: int
    root: str
    epoch: int = 1


class KeptHead:
    """A file that holds the newest head somebody saw.

    Args:
        path: The file; it is made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> SeenHead | None:
        """The head kept; nothing before the first.

        Raises:
            UsageError: The file cannot be read, or holds no head: it is not taken for empty.
        """
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(LONGEST), type=SeenHead)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeError) as error:
            raise UsageError(
                f"`{self._path}` holds no head that was seen: {error}",
                hint="restore it, or compare the log with heads kept elsewhere before you remove it",
            ) from error

    def check(self, shown: SeenHead, prove: Callable[[int, int], Sequence[str]]) -> None:
        """Keep what is shown now if it continues what was seen before.

        Args:
            shown: The head shown now.
            prove: Gives the consistency path between two sizes, hashes in hexadecimal.

        Raises:
            ForkError: It does not continue it.
            UsageError: The file cannot be read or written.
        """
        before = self.read()
        if before is not None and before.size:
            if before.log != shown.log:
                raise ForkError(f"this is the log `{shown.log}`, and `{before.log}` was seen before", hint=_HINT)
            self._check_continues(before, shown, prove)
        if before is None or shown.size >= before.size:
            self._write(shown)

    def accept(self, shown: SeenHead) -> None:
        """Go by another history from now on, as after a new epoch that people were told of.

        Raises:
            UsageError: It is of no newer epoch, or the file cannot be written.
        """
        before = self.read()
        if before is not None and shown.epoch <= before.epoch:
            raise UsageError("no new epoch began since", hint=_HINT)
        self._write(shown)

    @staticmethod
    def _check_continues(before: SeenHead, shown: SeenHead, prove: Callable[[int, int], Sequence[str]]) -> None:
        older, newer = (before, shown) if before.size <= shown.size else (shown, before)
        path = () if older.size == newer.size or not older.size else prove(older.size, newer.size)
        try:
            grew = older.size > 0 and is_consistent(
                first=older.size,
                first_root=bytes.fromhex(older.root),
                second=newer.size,
                second_root=bytes.fromhex(newer.root),
                path=[bytes.fromhex(one) for one in path],
            )
        except ValueError:
            grew = False
        if not grew:
            raise ForkError(
                f"the log had {before.size} entries, and the {shown.size} it shows now do not continue them", hint=_HINT
            )

    def _write(self, head: SeenHead) -> None:
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(head))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        except OSError as error:
            raise UsageError(f"`{self._path}` cannot be written: {error.strerror}") from error


_HINT: Final = "approve nothing here; tell an auditor, and compare the heads that are kept elsewhere"
