"""Log files as S3 holds them: `AWSLogs/o-…/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_…json.gz`."""

from __future__ import annotations

import gzip
from datetime import datetime
from enum import Enum, auto
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.simulator.trail.noise import noise
from rootwarden.simulator.trail.organization import ORGANIZATION_ID

if TYPE_CHECKING:
    from pathlib import Path

_NAME_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LEVEL: Final = 1
_CUT: Final = 0.7


class Oddity(Enum):
    """What is wrong with a log file: nothing, several gzip members, or its end is missing."""

    NONE = auto()
    SEVERAL_MEMBERS = auto()
    TRUNCATED = auto()


class LogFile(msgspec.Struct, frozen=True, kw_only=True):
    """One log file that will be written.

    Attributes:
        number: Which one.
        account: Whose.
        region: Of which region.
        at: When.
        bodies: Records the stories told.
        copies: How many of them are copies.
            late: How many are of an earlier day.
        noise: How many records of others.
        again: A fifth of the others' records are there twice.
        echoed: Another file, whose first records are in this one too.
        oddity: What is wrong with it.
    """

    number: int
    account: str
    region: str
    at: datetime
    bodies: tuple[bytes, ...]
    copies: int = 0
    late: int = 0
    noise: int = 0
    again: bool = False
    echoed: LogFile | None = None
    oddity: Oddity = Oddity.NONE

    @property
    def place(self) -> tuple[str, str, datetime]:
        """Account, region and time."""
        return self.account, self.region, self.at

    @property
    def key(self) -> str:
        """Its place below the folder, as S3 has it."""
        name = "".join(Random(f"name/{self.number}").choices(_NAME_LETTERS, k=16))  # noqa: S311 - made-up data, not a secret
        stem = f"{self.account}_CloudTrail_{self.region}_{self.at:%Y%m%dT%H%MZ}_{name}"
        day = f"{self.at:%Y/%m/%d}"
        return f"AWSLogs/{ORGANIZATION_ID}/{self.account}/CloudTrail/{self.region}/{day}/{stem}.json.gz"


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a log file."""

    key: str
    oddity: Oddity
    records: int
    copies: int
    late: int
    bytes: int
    inflated: int


def write_file(file: LogFile, seed: int, folder: Path) -> Written:
    """Write one log file; the same arguments give the same bytes.

    Raises:
        OSError: When it cannot be written.
    """
    random = Random(f"{seed}/file/{file.number}")  # noqa: S311 - made-up data, not a secret
    others = noise(seed, file.number, file.place, file.noise)
    again = others[: len(others) // 5] if file.again else []
    echo = _echo(file, seed)
    records = [*file.bodies, *others, *again, *echo]
    random.shuffle(records)
    if file.oddity is Oddity.TRUNCATED:
        # What the stories tell stands before the cut: a reader that keeps what it can loses nothing of root.
        told = set(file.bodies)
        records = [*file.bodies, *(each for each in records if each not in told)]
    content = b'{"Records":[' + b",".join(records) + b"]}"
    packed = _packed(content, file.oddity)
    path = folder / file.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed)
    return Written(
        key=file.key,
        oddity=file.oddity,
        records=len(records),
        copies=file.copies + len(again) + len(echo),
        late=file.late + (len(echo) if _later(file) else 0),
        bytes=len(packed),
        inflated=len(content),
    )


def _later(file: LogFile) -> bool:
    return file.echoed is not None and file.echoed.at.date() < file.at.date()


def _echo(file: LogFile, seed: int) -> list[bytes]:
    if file.echoed is None:
        return []
    other = file.echoed
    return noise(seed, other.number, other.place, other.noise // 5)


def _packed(content: bytes, oddity: Oddity) -> bytes:
    # Not by ISA-L: it makes other bytes of the same content, once in a hundred months (seen with isal 1.9, level 1).
    match oddity:
        case Oddity.SEVERAL_MEMBERS:
            places = [0, len(content) // 3, len(content) // 2, len(content)]
            parts = (content[begin:end] for begin, end in pairwise(places))
            return b"".join(gzip.compress(part, _LEVEL, mtime=0) for part in parts)
        case Oddity.TRUNCATED:
            packed = gzip.compress(content, _LEVEL, mtime=0)
            return packed[: int(len(packed) * _CUT)]
        case Oddity.NONE:
            return gzip.compress(content, _LEVEL, mtime=0)
