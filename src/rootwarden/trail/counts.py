"""What was read, what was odd, and what could not be read: shown at the end, never a reason to stop."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable


class Problem(msgspec.Struct, frozen=True, order=True):
    """A file that could not be read to its end, or not at all: what people call it, and why."""

    file: str
    reason: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over files.

    Attributes:
        files: Files begun.
        ruled_out: Files the byte filter ruled out.
        packed: Bytes read.
        inflated: Bytes after inflating.
        records: Records that were split off, and looked at one by one.
        about: How many records the files hold, by the length of those at their beginning.
        wanted: Records that were wanted, duplicates included.
        unreadable: Records that may have been wanted and are no JSON.
        several_members: Files of more than one gzip member.
        irregular: Fields of wanted records that were of another kind than documented, and how often.
    """

    files: int = 0
    ruled_out: int = 0
    packed: int = 0
    inflated: int = 0
    records: int = 0
    about: int = 0
    wanted: int = 0
    unreadable: int = 0
    several_members: int = 0
    irregular: dict[str, int] = msgspec.field(default_factory=dict)


def total(parts: Iterable[Counts]) -> Counts:
    """The sum of counts, in any order."""
    numbers: Counter[str] = Counter()
    irregular: Counter[str] = Counter()
    for part in parts:
        for name in Counts.__struct_fields__:
            if name != "irregular":
                numbers[name] += getattr(part, name)
        irregular.update(part.irregular)
    return Counts(**numbers, irregular=dict(sorted(irregular.items())))
