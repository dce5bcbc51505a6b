"""Heads of the log a person saw, kept by their own program: a log that is not the one before is refused (BG-2).

One folder: for each log `NAME.jsonl` with the signed heads that were seen, newest last, in the form `audit verify`
reads, and `NAME.pem` with the checkpoint key they are signed with. The key is taken over the first time a log is seen;
another one is believed only after its owner put it there by hand.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rootwarden.breakglass.client.private_file import read_bounded
from rootwarden.breakglass.client.troubles import Distrusted
from rootwarden.breakglass.core import strict_base64
from rootwarden.detect.visits.checkout_file import read_public_keys
from rootwarden.errors import InputError, UsageError
from rootwarden.transparency.canonical import canonical
from rootwarden.transparency.head import Head, head_is_signed
from rootwarden.transparency.merkle import is_consistent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.broker.audit_views import Consistency, HeadView

MOST_KEPT: Final = 1000
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,127}")
_LARGEST: Final = 4 * 1024 * 1024
_HINT: Final = "approve nothing; keep the folder of heads, and show both to an auditor"


class Point(NamedTuple):
    """A size of the log, and its root in hexadecimal."""

    size: int
    root: str


class KeptHeads:
    """The folder of one person.

    Args:
        folder: Where; made on the first use, for its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def logs(self) -> tuple[str, ...]:
        """The logs that were seen."""
        return tuple(sorted(path.stem for path in self.folder.glob("*.jsonl") if _NAME.fullmatch(path.stem)))

    def heads(self, log: str) -> tuple[Head, ...]:
        """The heads kept of a log, newest last.

        Raises:
            InputError: The file cannot be read, or is damaged.
        """
        path = self._path(log, "jsonl")
        if not path.exists():
            return ()
        try:
            lines = read_bounded(path, most=_LARGEST).splitlines()
            return tuple(msgspec.json.decode(line, type=Head) for line in lines)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            hint = "restore it from a copy; without it nothing shows that the log is the one you saw"
            raise InputError(f"`{path}` is damaged", hint=hint) from error

    def keys(self, log: str) -> tuple[Ed25519PublicKey, ...]:
        """The checkpoint keys a log is believed with; none when it was never seen.

        Raises:
            InputError: The file cannot be read, or holds something else.
        """
        path = self._path(log, "pem")
        return read_public_keys(read_bounded(path, most=_LARGEST), file=str(path)) if path.exists() else ()

    def pem(self, log: str) -> bytes:
        """The same keys as a PEM file.

        Raises:
            InputError: The file cannot be read, or holds something else.
        """
        return b"".join(map(_pem, self.keys(log)))

    def trust(self, log: str, keys: tuple[Ed25519PublicKey, ...]) -> None:
        """Believe heads of a log that are signed with these keys, beside those before.

        Raises:
            UsageError: The folder cannot be written.
        """
        with self._locked(log):
            known = {_pem(key): None for key in (*keys, *self.keys(log))}
            self._write(self._path(log, "pem"), b"".join(known))

    def take(
        self, seen: HeadView, consistency: Callable[[int, int], Consistency], *points: Point
    ) -> tuple[Head, Head | None]:
        """Hold the log as it is shown against what was seen before, and keep its head.

        Args:
            seen: The log as the service shows it.
            consistency: Gives the proof between two sizes.
            points: Other sizes and roots that must be of the same log.

        Returns:
            The new head, and the one before it; none when the log is seen for the first time.

        Raises:
            Distrusted: It is not signed, shorter than it was, or another one.
            InputError: What is kept is damaged.
            UsageError: The folder cannot be written.
        """
        if not _NAME.fullmatch(seen.log):
            raise Distrusted("the log has a name no log has")
        with self._locked(seen.log):
            keys = self.keys(seen.log) or read_public_keys(seen.checkpoint_key.encode(), file="the service")
            head = _signed_head(seen, keys)
            kept = self.heads(seen.log)
            before = kept[-1] if kept else None
            for earlier in (*(() if before is None else (_point(before),)), *points):
                _check_grown(earlier, _point(head), consistency)
            if not self._path(seen.log, "pem").exists():
                self._write(self._path(seen.log, "pem"), b"".join(map(_pem, keys)))
            if before is None or head.size > before.size:
                newest = (*kept, head)[-MOST_KEPT:]
                lines = (canonical(msgspec.to_builtins(one)) + b"\n" for one in newest)
                self._write(self._path(seen.log, "jsonl"), b"".join(lines))
            return head, before

    def _path(self, log: str, ending: str) -> Path:
        if not _NAME.fullmatch(log):
            raise UsageError(f"`{log[:80]}` is no name of a log")
        return self.folder / f"{log}.{ending}"

    @contextmanager
    def _locked(self, log: str) -> Iterator[None]:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path(log, "lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(
                f"the folder of heads `{self.folder}` cannot be written: {error.strerror}", hint="give another --heads"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, path: Path, content: bytes) -> None:
        """Whole, or not at all, under the lock."""
        beside = path.with_suffix(path.suffix + ".new")
        try:
            with open(beside, "wb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o600)) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError as error:
            raise UsageError(f"`{path}` cannot be written: {error.strerror}", hint="is the disk full?") from error


def _signed_head(seen: HeadView, keys: tuple[Ed25519PublicKey, ...]) -> Head:
    head = seen.head
    if head is None:
        raise Distrusted("the service shows no signed head of its log", hint=_HINT)
    if not head_is_signed(head, keys):
        hint = (
            "if two administrators changed the key, put the new one there: `rootwarden breakglass heads --trust FILE`"
        )
        raise Distrusted("the head of the log is not signed with the checkpoint key that is kept", hint=hint)
    if (head.size, _point(head).root) != (seen.size, seen.root):
        raise Distrusted("the service shows another log than the one its head is over", hint=_HINT)
    return head


def _check_grown(earlier: Point, later: Point, consistency: Callable[[int, int], Consistency]) -> None:
    """Whether the later log begins with the earlier one (RFC 9162, section 2.1.4.2)."""
    if earlier.size > later.size:
        raise Distrusted(
            f"the log is shorter than it was: {later.size} entries, and {earlier.size} when you saw it", hint=_HINT
        )
    if earlier.size == later.size:
        grown = earlier.root == later.root
    else:
        grown = _is_proven(earlier, later, consistency(earlier.size, later.size))
    if not grown:
        raise Distrusted(f"the log is another one than you saw when it had {earlier.size} entries", hint=_HINT)


def _is_proven(earlier: Point, later: Point, told: Consistency) -> bool:
    try:
        path = [bytes.fromhex(one) for one in told.path]
        first, second = bytes.fromhex(earlier.root), bytes.fromhex(later.root)
    except ValueError:
        return False
    return is_consistent(first=earlier.size, first_root=first, second=later.size, second_root=second, path=path)


def _point(head: Head) -> Point:
    return Point(head.size, (strict_base64.decode(head.root) or b"").hex())


def _pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def as_line(head: Head) -> str:
    """A head for people: its size and the beginning of its root in groups."""
    root = _point(head).root
    groups = " ".join(root[at : at + 4] for at in range(0, 32, 4))
    return f"{head.size} entries, root {groups} …, {head.time}"
