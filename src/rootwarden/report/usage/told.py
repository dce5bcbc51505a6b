"""What a report about usage says beside the usage itself."""

from __future__ import annotations

import msgspec

from rootwarden.iam.usage.result import Usage


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a report needs.

    Attributes:
        source: What was read.
        start: The window's beginning as it was asked for, or empty.
        end: Its end, or empty.
        files: How many files were read.
        records: About how many records they held.
        trouble: What could not be read, in words.
        usage: What was found.
    """

    source: str
    start: str = ""
    end: str = ""
    files: int = 0
    records: int = 0
    trouble: tuple[str, ...] = ()
    usage: Usage
