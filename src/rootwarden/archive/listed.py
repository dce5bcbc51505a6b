"""What is in an archive: its snapshots, and the files that cannot be used."""

from __future__ import annotations

import msgspec

from rootwarden.archive.place import Entry
from rootwarden.archive.snapshot import Snapshot


class Kept(msgspec.Struct, frozen=True):
    """A snapshot of an archive: its file and its card."""

    entry: Entry
    snapshot: Snapshot


class Broken(msgspec.Struct, frozen=True):
    """A file of an archive that cannot be used, and why."""

    name: str
    reason: str


class Listing(msgspec.Struct, frozen=True):
    """What is in an archive: snapshots by organization and instant, and files that cannot be used."""

    kept: tuple[Kept, ...]
    broken: tuple[Broken, ...]
