"""What the name of a log file tells: CloudTrail's layout of a bucket (*Finding your CloudTrail log files*).

Names are a hint, and only rule a file out where that cannot lose an event. A file holds what happened before it was
delivered, sometimes long before: one delivered before `--from` has nothing to give, one after `--to` may have.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

_FILE: Final = re.compile(
    r"AWSLogs/(?:o-[a-z0-9]{10,32}/)?(?P<account>[0-9]{12})/CloudTrail/(?P<region>[a-z0-9-]{5,25})/"
    r"[0-9]{4}/[0-9]{2}/[0-9]{2}/(?P=account)_CloudTrail_(?P=region)_(?P<delivered>[0-9]{8}T[0-9]{4})Z_[^/]+\Z"
)
_DELIVERED: Final = re.compile(r"[0-9]{12}_CloudTrail_[^/]+\Z")
_LOG: Final = re.compile(r"(?i)\.(json|jsonl|ndjson|csv|log)(\.gz)?\Z|\.gz\Z")
_APART: Final = {"CloudTrail-Digest": "digests", "CloudTrail-Insight": "Insights files"}
_MARGIN: Final = timedelta(days=1)


class Restriction(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are asked for; an empty restriction asks for all.

    Attributes:
        start: From this instant on.
        end: Before this instant.
        accounts: Only of these accounts.
        regions: Only of these regions.
    """

    start: datetime | None = None
    end: datetime | None = None
    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def allows(self, *, account: str, region: str, instant: datetime | None) -> bool:
        """Whether an event is asked for; one without account, region or time always is, because nobody knows."""
        return (
            (not self.accounts or not account or account in self.accounts)
            and (not self.regions or not region or region in self.regions)
            and (instant is None or self.start is None or instant >= self.start)
            and (instant is None or self.end is None or instant < self.end)
        )

    def allows_file(self, name: str) -> bool:
        """Whether a file may hold an event that is asked for, by its whole name."""
        found = _FILE.search(name)
        if found is None:
            return True
        if (self.accounts and found["account"] not in self.accounts) or (
            self.regions and found["region"] not in self.regions
        ):
            return False
        delivered = _instant(found["delivered"])
        return self.start is None or delivered is None or delivered + _MARGIN >= self.start


def is_delivered(name: str) -> bool:
    """Whether the last part of a name is that of a log file of CloudTrail.

    What precedes it says less: a trail's prefix is chosen by whoever may change the trail.
    """
    return _DELIVERED.match(name.rpartition("/")[2]) is not None


def passed_over(name: str) -> str:
    """Why a file found below a folder or prefix is no log: a word for the count of those; empty when it may be one."""
    parts = name.split("/")
    if not is_delivered(name):
        for part, word in _APART.items():
            if part in parts:
                return word
    return "" if _LOG.search(name) else "files of other kinds"


def _instant(written: str) -> datetime | None:
    try:
        return datetime.strptime(written, "%Y%m%dT%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
