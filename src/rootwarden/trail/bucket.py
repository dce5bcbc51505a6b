"""Log files in S3: copied here one after the other, several at once, while earlier ones are read."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Final, cast

from rootwarden.aws.objects import Objects
from rootwarden.errors import RootwardenError
from rootwarden.trail.objects_to_read import S3, bucket_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from typing import BinaryIO

    from rootwarden.aws.door import Door
    from rootwarden.trail.objects_to_read import Readable

TOGETHER: Final = 8
# A log file has some hundred kilobytes; a larger one is copied to a temporary file instead of memory.
_IN_MEMORY: Final = 16 * 1024**2
_NEEDS: Final = (
    "reading a trail needs s3:ListBucket on the bucket, s3:GetObject on its objects and kms:Decrypt; docs/trail.md"
)


def objects_of(target: str, door: Door) -> Objects:
    """Access to the bucket of `s3://BUCKET/PREFIX`; names are whole keys.

    Raises:
        UsageError: When it names no bucket.
    """
    return Objects(door, bucket_of(target)[0], "", needs=_NEEDS)


def fetched(wanted: Iterable[Readable], door: Door) -> Iterator[tuple[Readable, BinaryIO | RootwardenError]]:
    """Objects in their order, each with its content, or with why it cannot be had.

    At most `TOGETHER` are being copied or wait to be read; a file is closed when the next one is asked for.
    """
    with ThreadPoolExecutor(TOGETHER) as pool:
        waiting: deque[tuple[Readable, Future[BinaryIO]]] = deque()
        for each in wanted:
            waiting.append((each, pool.submit(_copy, each, door)))
            if len(waiting) >= TOGETHER:
                yield from _done(*waiting.popleft())
        while waiting:
            yield from _done(*waiting.popleft())


def _done(each: Readable, copy: Future[BinaryIO]) -> Iterator[tuple[Readable, BinaryIO | RootwardenError]]:
    try:
        file = copy.result()
    except RootwardenError as error:
        yield each, error
        return
    with closing(file):
        yield each, file


def _copy(each: Readable, door: Door) -> BinaryIO:
    file = cast("BinaryIO", SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - closed by `_done`
    _, key = bucket_of(each.name)
    try:
        objects_of(S3 + bucket_of(each.name)[0], door).get(key, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file
