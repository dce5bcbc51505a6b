"""What every report on incidents is told from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.visits.incident import Concern, Incident
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from rootwarden.detect.visits.incident import Severity

_NONE: Mapping[str, str] = MappingProxyType({})


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the log was read, and what of it could not be.

    Attributes:
        files: Files or objects read.
        events: Records read, duplicates too.
        root_events: Distinct events of root.
        trouble: One line for each thing that was not read as it should be, with its file; empty when all was well.
    """

    files: int = 0
    events: int = 0
    root_events: int = 0
    trouble: tuple[str, ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents and concerns with what a reader needs beside them.

    Attributes:
        source: What was read, in the user's words.
        as_of: Until when it was looked at; `None` when nothing says.
        incidents: Visits of root.
        concerns: What is no visit and still needs eyes.
        read: How much was read.
        accounts: Names of accounts by id.
        tasks: Titles of root-only tasks by id.
        actions: What to do next, by id of incident or concern, the most urgent first.
    """

    source: str
    as_of: Instant | None = None
    incidents: tuple[Incident, ...] = ()
    concerns: tuple[Concern, ...] = ()
    read: Read = Read()
    accounts: Mapping[str, str] = _NONE
    tasks: Mapping[str, str] = _NONE
    actions: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def name(self, account: str) -> str:
        """`111122223333 payments`, the id alone, or that no event says."""
        name = self.accounts.get(account, "")
        return f"{account} {name}" if account and name else account or "account not known"

    def by_severity(self) -> tuple[Incident | Concern, ...]:
        """Everything, the most severe first, then by time; what has no time comes first among its own."""
        return tuple(sorted((*self.incidents, *self.concerns), key=_order))

    def count(self, severity: Severity) -> int:
        """How many incidents and concerns have this severity."""
        return sum(each.severity is severity for each in self.by_severity())


def _order(each: Incident | Concern) -> tuple[int, float, str]:
    return (-each.severity.rank, each.started.timestamp() if each.started else float("-inf"), each.id)
