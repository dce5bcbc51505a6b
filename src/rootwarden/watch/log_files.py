"""One log file fetched from its bucket and scanned, whatever is wrong with it."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, cast

import msgspec

from rootwarden.alert.reading import ReadObject
from rootwarden.aws.objects import Objects
from rootwarden.detect.visits.event import Event
from rootwarden.errors import AccessError, AwsError, StoreError, UsageError
from rootwarden.trail.limits import Limits
from rootwarden.trail.scan import Scan
from rootwarden.watch.messages import Object
from rootwarden.watch.troubles import Found, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.aws.door import Door
    from rootwarden.detect.visits.interest import Interest

# CloudTrail's files are far smaller; larger ones go through a file.
IN_MEMORY: Final = 16 * 1024**2
# So many events of one file are handed on at once: one that holds nothing but root's fills no memory.
PART: Final = 2_000
_NEEDS: Final = (
    "the watcher needs s3:GetObject on the trail's objects, and kms:Decrypt of its key; to who may not list the "
    "bucket, S3 says the same of an object that is not there"
)
_LIMITS: Final = Limits(inflated=8 * 1024**3)


class Bucket(Protocol):
    """What the watcher asks of a bucket."""

    def get(self, name: str, into: BinaryIO) -> None:
        """Copy an object into a file.

        Raises:
            AccessError, AwsError, UsageError: When it cannot be read to its end.
        """
        ...


class ReadFile(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one log file.

    Attributes:
        object: Which.
        events: The last part of what was wanted in it; parts before were handed on.
        records: How many records it held.
        wanted: How many events of it were wanted, in all parts.
        found: What went wrong; `None` when it was read to its end.
    """

    object: Object
    events: tuple[Event, ...] = ()
    records: int = 0
    wanted: int = 0
    found: Found | None = None

    @property
    def comes_again(self) -> bool:
        """Whether trying again may help: what is unreadable stays so."""
        return self.found is not None and self.found.trouble is not Trouble.UNREADABLE


class LogFiles:
    """Reads log files.

    Args:
        bucket: Gives a bucket by name.
    """

    def __init__(self, bucket: Callable[[str], Bucket]) -> None:
        self._bucket = bucket

    def read(self, item: Object, interest: Interest, part: Callable[[tuple[Event, ...]], None]) -> ReadFile:
        """Read one.

        Args:
            item: Which.
            interest: What is wanted.
            part: Takes full parts of what was wanted, as they come; from the calling thread.

        Raises:
            StoreError: When there is no room here to work in.
        """
        try:
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spooled:
                file = cast("BinaryIO", spooled)
                self._bucket(item.bucket).get(item.key, file)
                file.seek(0)
                return _scanned(item, file, interest, part)
        except (AccessError, UsageError, AwsError) as error:
            return ReadFile(object=item, found=Found(trouble=_trouble(error), where=name_of(item), why=error.message))
        except OSError as error:
            hint = "is the disk of temporary files full?"
            raise StoreError(f"a log file cannot be worked on: {error.strerror or error}", hint=hint) from error


def buckets(door: Door) -> Callable[[str], Bucket]:
    """Every bucket through one door."""
    return lambda name: Objects(door, name, "", needs=_NEEDS)


def name_of(item: Object) -> str:
    """`s3://bucket/key`."""
    return f"s3://{item.bucket}/{item.key}"


def as_read(item: Object, wanted: int = 0) -> ReadObject:
    """The object as it is remembered: another content under the same name is another object."""
    return ReadObject(name=name_of(item), version=item.etag, events=wanted)


def _scanned(item: Object, file: BinaryIO, interest: Interest, part: Callable[[tuple[Event, ...]], None]) -> ReadFile:
    scan = Scan(file, interest, name=name_of(item), limits=_LIMITS)
    pending: list[Event] = []
    wanted = 0
    for event in scan.events():
        wanted += 1
        pending.append(event)
        if len(pending) >= PART:
            part(tuple(pending))
            pending.clear()
    counts = scan.counts()
    why = "; ".join(problem.reason for problem in scan.problems)
    found = Found(trouble=Trouble.UNREADABLE, where=name_of(item), why=why) if why else None
    return ReadFile(
        object=item, events=tuple(pending), records=max(counts.records, counts.about), wanted=wanted, found=found
    )


def _trouble(error: AccessError | UsageError | AwsError) -> Trouble:
    if isinstance(error, UsageError):
        return Trouble.MISSING
    return Trouble.DENIED if isinstance(error, AccessError) else Trouble.UNREACHABLE
