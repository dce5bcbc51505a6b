"""What a witness remembers: one file a log, replaced whole and flushed to the disk before anything is answered.

A log is watched only after somebody registered it. So a memory that was lost, or a folder that was mistaken, makes the
witness refuse the log: it never takes a shorter one for the first.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from rootwarden.breakglass.witness.messages import LogName, check_head
from rootwarden.errors import InputError, StoreError, UsageError
from rootwarden.transparency.head import Cosignature, Head

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_BYTES: Final = 256 * 1024
MOST_EVIDENCE: Final = 1000
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Remembered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is remembered of one log.

    Attributes:
        log: Its name.
        keys: Public keys its heads may be signed with, each PEM.
        head: The newest head that was cosigned.
        cosignature: What was signed for it.
    """

    log: LogName
    keys: tuple[str, ...]
    head: Head | None = None
    cosignature: Cosignature | None = None

    def public_keys(self) -> tuple[Ed25519PublicKey, ...]:
        """The keys.

        Raises:
            InputError: One is no Ed25519 key.
        """
        return tuple(read_public_key(each) for each in self.keys)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Two heads that do not belong to one log, or were not proven to: `reason` as in `Conflict`."""

    log: str
    reason: str
    seen: Head
    offered: Head


class Memory:
    """The folder of a witness; one process at a time holds it.

    Args:
        folder: Is made, with mode 0700, if there is none.

    Raises:
        UsageError: Another process holds it.
        StoreError: It cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise _unusable(folder, error) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise UsageError(f"another process holds `{folder}`", hint="one witness a folder") from error
        for left in folder.glob("*.new"):  # of a process that died before it was in place
            with suppress(OSError):
                left.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def logs(self) -> tuple[str, ...]:
        """The logs that are watched, in order of name."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.json") if _NAME.fullmatch(path.stem)))

    def register(self, log: str, keys: Sequence[str]) -> None:
        """Watch a log from now on, or change the keys of one that is watched.

        Args:
            log: Its name: lower-case letters, digits and hyphens.
            keys: Public keys, each PEM; the current one and those before it.

        Raises:
            InputError: The name or a key cannot be used.
            StoreError: It could not be written.
        """
        if not _NAME.fullmatch(log) or not keys:
            raise InputError(f"`{log}` cannot be watched", hint="give a short name and at least one public key")
        for each in keys:
            read_public_key(each)
        before = self.read(log) or Remembered(log=log, keys=())
        self.write(msgspec.structs.replace(before, keys=tuple(keys)))

    def read(self, log: str) -> Remembered | None:
        """What is remembered; `None` when the log is not watched.

        Raises:
            StoreError: The file cannot be read, or is not what this program wrote.
        """
        if not _NAME.fullmatch(log):
            return None  # a name from outside never becomes a path
        path = self._folder / f"{log}.json"
        try:
            content = _read(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            remembered = msgspec.json.decode(content, type=Remembered)
            if remembered.head is not None:
                check_head(remembered.head)
            remembered.public_keys()
        except (msgspec.DecodeError, UnicodeDecodeError, InputError) as error:
            hint = "the witness says nothing about this log until somebody has looked at the file"
            raise StoreError(f"`{path}` is damaged", hint=hint) from error
        if remembered.log != log:
            raise StoreError(f"`{path}` is of the log `{remembered.log}`", hint="was it renamed?")
        return remembered

    def write(self, remembered: Remembered) -> None:
        """Remember; when this returns it is on the disk.

        Raises:
            StoreError: It could not be written, and what was there before still is.
        """
        self._replace(self._folder / f"{remembered.log}.json", msgspec.json.encode(remembered))

    def keep(self, evidence: Evidence) -> None:
        """Keep two heads; the same two are kept once, and of one reason no more than a thousand.

        Raises:
            StoreError: They could not be written.
        """
        digest = hashlib.sha256(msgspec.json.encode(evidence)).hexdigest()[:32]
        path = self._folder / f"{evidence.log}.{evidence.reason}.{digest}"
        if not path.exists() and len(self._evidence_files(evidence.log, evidence.reason)) < MOST_EVIDENCE:
            self._replace(path, msgspec.json.encode(evidence))

    def evidence(self, log: str) -> tuple[Evidence, ...]:
        """What was kept of a log.

        Raises:
            StoreError: A file cannot be read.
        """
        kept = []
        for path in self._evidence_files(log, "*"):
            try:
                kept.append(msgspec.json.decode(_read(path), type=Evidence))
            except (OSError, msgspec.DecodeError) as error:
                raise StoreError(f"`{path}` cannot be read", hint="keep it, and look at it") from error
        return tuple(kept)

    def forks(self, log: str) -> int:
        """How many heads are kept as evidence of a fork."""
        return len(self._evidence_files(log, "fork")) if _NAME.fullmatch(log) else 0

    def _evidence_files(self, log: str, reason: str) -> list[Path]:
        return sorted(path for path in self._folder.glob(f"{log}.{reason}.*") if path.suffix != ".new")

    def _replace(self, path: Path, content: bytes) -> None:
        fresh = path.with_name(f"{path.name}.new")
        try:
            _write(fresh, content)
            fresh.replace(path)
            _flush_folder(self._folder)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise _unusable(path, error) from error


def read_public_key(pem: str) -> Ed25519PublicKey:
    """An Ed25519 public key.

    Raises:
        InputError: It is none.
    """
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError) as error:
        raise InputError("this is no public key in PEM", hint="`openssl pkey -in KEY -pubout` makes one") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("the public key is not Ed25519", hint="`openssl genpkey -algorithm ed25519` makes a pair")
    return key


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is no file")
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(0, f"it is larger than {MOST_BYTES} bytes")
    return content


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        written = 0
        while written < len(content):
            written += os.write(descriptor, content[written:])
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(path: Path, error: OSError) -> StoreError:
    why = error.strerror or type(error).__name__
    return StoreError(f"`{path}` cannot be used: {why}", hint="is the disk full, or the folder another user's?")
