"""The vault's own folder: its age identity, the newest head it ever saw, its step ledger. Nobody else may read it."""

from __future__ import annotations

import fcntl
import os
import stat
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from rootwarden.breakglass.custody.age import Identity
from rootwarden.breakglass.custody.keys import forget
from rootwarden.breakglass.vault.troubles import VaultError

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.breakglass.custody.keys import Key

IDENTITY, HEAD, LEDGER = "identity.txt", "trusted-head.json", "steps.jsonl"
_HEAD_LIMIT: Final = 4096
_IDENTITY_LIMIT: Final = 4096
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS: Final = 0o077
_WRITABLE_BY_OTHERS: Final = 0o022


class TrustedHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newest head.

    Attributes:
        size: How many entries.
        root: Their root, in Base64.
        epoch: The highest epoch of any log that was taken in.
        key: The checkpoint key that two administrators put into the log, PEM; empty while it is the one that was told.
    """

    size: Annotated[int, msgspec.Meta(ge=0)]
    root: str
    epoch: Annotated[int, msgspec.Meta(ge=1)] = 1
    key: Annotated[str, msgspec.Meta(max_length=1024)] = ""


class StateFolder:
    """The folder, opened and checked; only one vault at a time holds it.

    Args:
        path: The folder.

    Raises:
        VaultError: It is not there, a link, readable by others, or another vault holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        _check_way_to(path)
        try:
            self._folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise VaultError(
                f"the state folder `{path}` cannot be opened: {error.strerror}",
                hint="a real folder of the vault's user, mode 0700",
            ) from error
        try:
            _check_private(os.fstat(self._folder), f"the state folder `{path}`")
            fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise VaultError(f"another vault holds the state folder `{path}`") from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._folder)

    def prepare(self) -> None:
        """Make what a first start needs: an identity, a trusted head over nothing, an empty step ledger.

        Raises:
            VaultError: Some of it is there: somebody took the rest away.
        """
        missing = [name for name in (HEAD, LEDGER, IDENTITY) if not self._has(name)]
        if missing and self._was_used():
            raise VaultError(
                f"`{missing[0]}` is missing from the state folder `{self.path}`",
                hint="restore it; without it the vault cannot tell an old log, or a step that was released",
                step="V1",
            )
        # The identity comes last: with it the folder is complete. A start that was cut off before begins again.
        if HEAD in missing:
            self._put(HEAD, msgspec.json.encode(TrustedHead(size=0, root="")))
        if LEDGER in missing:
            self._put(LEDGER, b"")
        if IDENTITY in missing:
            with Identity.fresh().file() as content:
                self._put(IDENTITY, content.content)

    def identity(self) -> Identity:
        """The vault's age identity, read anew each time, so that it is in memory for moments only.

        Raises:
            VaultError: The file is not private.
            CustodyError: It holds no identity.
        """
        content = self._read(IDENTITY, _IDENTITY_LIMIT)
        try:
            return Identity.read(content)
        finally:
            forget(content)

    def maker(self) -> Key:
        """The key by which the vault knows its own envelopes again, made from its identity.

        Raises:
            VaultError: The identity's file is not private.
            CustodyError: It holds no identity.
        """
        return self.identity().derive("envelope")

    def trusted(self) -> TrustedHead:
        """The newest head it ever saw.

        Raises:
            VaultError: The file is damaged; it is never taken for a head over nothing.
        """
        try:
            return msgspec.json.decode(self._read(HEAD, _HEAD_LIMIT), type=TrustedHead)
        except msgspec.MsgspecError:
            raise VaultError(
                f"`{HEAD}` in the state folder `{self.path}` is damaged",
                hint="restore it; without it an old log could not be told from the newest",
                step="V1",
            ) from None

    def remember(self, head: TrustedHead) -> None:
        """Put a newer head in its place, durably.

        Raises:
            VaultError: The disk refused.
        """
        try:
            self._put(HEAD, msgspec.json.encode(head))
        except OSError as error:
            raise VaultError(
                f"the newest head cannot be kept in `{self.path}`: {error.strerror}",
                hint="nothing was released; is the disk full?",
                step="V1",
            ) from error

    def _was_used(self) -> bool:
        """Whether a vault ran here: it has an identity, saw a log, or released a step."""
        if self._has(IDENTITY) or (self._has(HEAD) and self.trusted().size > 0):
            return True
        return self._has(LEDGER) and os.stat(LEDGER, dir_fd=self._folder, follow_symlinks=False).st_size > 0

    def _has(self, name: str) -> bool:
        try:
            os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def _read(self, name: str, limit: int) -> bytes:
        try:
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._folder)
        except OSError as error:
            raise VaultError(f"`{name}` in `{self.path}` cannot be opened: {error.strerror}") from error
        try:
            found = os.fstat(file)
            _check_private(found, f"`{name}` in `{self.path}`")
            if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_size > limit:
                raise VaultError(f"`{name}` in `{self.path}` is not a plain file of one name and at most {limit} bytes")
            return os.read(file, limit)
        finally:
            os.close(file)

    def _put(self, name: str, content: bytes | bytearray) -> None:
        """Put a file in its place, whole or not at all, and durably."""
        new = f"{name}.new"
        _take_away(new, self._folder)
        file = os.open(new, _NEW, 0o600, dir_fd=self._folder)
        try:
            with memoryview(content) as view:
                written = 0
                while written < len(content):
                    written += os.write(file, view[written:])
            os.fsync(file)
        finally:
            os.close(file)
        os.rename(new, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        os.fsync(self._folder)


def _take_away(name: str, folder: int) -> None:
    """Take a left-over file away, if there is one."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


def _check_private(found: os.stat_result, what: str) -> None:
    if found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
        raise VaultError(f"{what} belongs to somebody else, or others may use it", hint="`chown` and `chmod go=`")


def _check_way_to(path: Path) -> None:
    """Nobody else may put another folder in its place."""
    if not path.is_absolute():
        raise VaultError(f"the state folder `{path}` is not an absolute path")
    for parent in path.parents:
        try:
            found = parent.lstat()
        except OSError as error:
            raise VaultError(f"`{parent}` cannot be looked at: {error.strerror}") from error
        sticky = found.st_mode & stat.S_ISVTX
        others = found.st_mode & _WRITABLE_BY_OTHERS and not sticky
        if stat.S_ISLNK(found.st_mode) or found.st_uid not in (0, os.geteuid()) or others:
            raise VaultError(
                f"`{parent}`, on the way to the state folder, is a link, or others may change it",
                hint="every folder on the way belongs to root or to the vault's user, and others cannot write there",
            )
