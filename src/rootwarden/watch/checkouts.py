"""The file of check-outs, read again when it changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.checkout_file import read_checkouts, read_public_keys
from rootwarden.errors import InputError
from rootwarden.watch.journal import Level

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.detect.visits.checkout import Checkout
    from rootwarden.watch.journal import Journal

# In bytes.
LARGEST: Final = 256 * 1024**2


class CheckoutFile:
    """Gives the check-outs as the file has them now.

    When it cannot be read any more, what it said last goes on: at worst a new check-out is not known, and its visit
    pages.

    Args:
        path: `checkouts.jsonl`.
        keys: PEM file with the broker's public keys; without one nothing is believed.
        journal: Tells what cannot be read.

    Raises:
        InputError: When a file cannot be read at the start, or holds no key.
    """

    def __init__(self, path: Path, keys: Path | None, journal: Journal) -> None:
        self._path = path
        self._keys = read_public_keys(_content(keys), file=str(keys)) if keys is not None else ()
        self._journal = journal
        self._lock = threading.Lock()
        self._stamp = self._stamp_now()
        self._read = self._parsed()

    def __call__(self) -> tuple[Checkout, ...]:
        """The check-outs the file has now, or had when it could last be read."""
        with self._lock:
            try:
                stamp = self._stamp_now()
                if stamp != self._stamp:
                    self._read, self._stamp = self._parsed(), stamp
            except InputError as error:
                self._journal.say(Level.WARNING, "check-outs not read", why=error.message)
            return self._read

    def _stamp_now(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise _unreadable(self._path, error) from error
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _parsed(self) -> tuple[Checkout, ...]:
        read = read_checkouts(_content(self._path), self._keys, file=self._path.name)
        for each in read.unreadable:
            self._journal.say(Level.WARNING, "check-out not read", why=each)
        return read.checkouts


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(content) > LARGEST:
        raise InputError(f"`{path}` is larger than {LARGEST:,} bytes", hint="is it the right file?")
    return content


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"`{path}` cannot be read: {error.strerror or error}", hint="docs/checkouts.md says what is in it"
    )
