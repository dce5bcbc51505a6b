"""Which objects there are to read: files, everything below folders, everything below `s3://` prefixes."""

from __future__ import annotations

import os
import stat
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import UsageError
from rootwarden.trail.counts import Problem
from rootwarden.trail.place_names import passed_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rootwarden.aws.objects import Objects
    from rootwarden.trail.place_names import Restriction

S3: Final = "s3://"
STDIN: Final = "-"
NOT_ASKED_FOR: Final = "files outside the accounts, regions and times asked for"


class Readable(msgspec.Struct, frozen=True):
    """An object to read.

    Attributes:
        name: Path, or `s3://BUCKET/KEY`.
        size: Bytes, as it is stored.
        stamp: What changes when its content does.
    """

    name: str
    size: int
    stamp: str


class Listing:
    """The objects below what a user named, listed as they are asked for.

    Args:
        targets: Files, folders, `s3://BUCKET/PREFIX`, or `-`.
        restriction: Which events are asked for.
        bucket: Makes access to a bucket.

    Attributes:
        passed_over: How many objects were left out, by the reason.
        unlisted: Folders that refused to say what is in them, so far.
    """

    def __init__(self, targets: Iterable[str], *, restriction: Restriction, bucket: Callable[[str], Objects]) -> None:
        self._targets = tuple(targets)
        self._restriction = restriction
        self._bucket = bucket
        self.passed_over: Counter[str] = Counter()
        self.unlisted: list[Problem] = []

    def check(self) -> None:
        """Refuse what cannot be read at all, before anything long begins.

        Raises:
            UsageError: When a target is no file, folder or bucket.
        """
        for target in self._targets:
            if target == STDIN:
                continue
            if target.startswith(S3):
                bucket_of(target)
            elif "://" in target:
                raise UsageError(f"`{target}` cannot be read", hint="give files, folders, s3://BUCKET/PREFIX, or -")
            elif not Path(target).exists():
                raise UsageError(f"there is no `{target}`", hint="give files, folders, s3://BUCKET/PREFIX, or -")

    def objects(self) -> Iterator[Readable]:
        """Every object to read, each once; standard input is not among them.

        Raises:
            RootwardenError: When a bucket cannot be listed.
        """
        for target in dict.fromkeys(self._targets):
            if target.startswith(S3):
                yield from self._in_bucket(target)
            elif target != STDIN:
                yield from self._in_folder(target)

    def _in_folder(self, target: str) -> Iterator[Readable]:
        if not os.path.isdir(target):  # noqa: PTH112 - names need not be text a Path prints back
            yield _on_disk(target)
            return
        waiting = [target]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.unlisted.append(Problem(folder, f"it cannot be listed: {error.strerror or error}".lower()))
                continue
            waiting.extend(entry.path for entry in reversed(found) if entry.is_dir(follow_symlinks=False))
            for entry in found:
                if not entry.is_dir(follow_symlinks=False) and self._wants(Path(entry.path).as_posix()):
                    yield _on_disk(entry.path)

    def _in_bucket(self, target: str) -> Iterator[Readable]:
        bucket, prefix = bucket_of(target)
        for each in self._bucket(target).pages(prefix):
            name = f"{S3}{bucket}/{each.name}"
            if each.name == prefix or self._wants(each.name):
                yield Readable(name, each.size, f"{each.etag} {each.size}")

    def _wants(self, name: str) -> bool:
        reason = passed_over(name)
        if not reason and not self._restriction.allows_file(name):
            reason = NOT_ASKED_FOR
        if reason:
            self.passed_over[reason] += 1
        return not reason


def bucket_of(target: str) -> tuple[str, str]:
    """Bucket and prefix of `s3://BUCKET/PREFIX`.

    Raises:
        UsageError: When it names no bucket.
    """
    bucket, _, prefix = target.removeprefix(S3).partition("/")
    if not bucket:
        raise UsageError(f"`{target}` names no S3 bucket", hint="write it as s3://BUCKET/PREFIX")
    return bucket, prefix


def _on_disk(path: str) -> Readable:
    """A file with what tells whether it changed; what is no regular file is refused when it is opened."""
    try:
        status = os.stat(path)  # noqa: PTH116 - as above
    except OSError:
        return Readable(path, 0, "")
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    # Whoever rewrites a file can set its time of change back, but not the time at which that was noted.
    return Readable(path, size, f"{status.st_mtime_ns} {status.st_ctime_ns} {status.st_size} {status.st_ino}")
