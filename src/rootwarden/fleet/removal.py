"""How far the removal of members' root credentials has come: counts at every run of an archive.

Takes the observation table, gives for each run how many members have a root credential, how many have none, and of how
many nobody knows. An account that a later run did not look at is not known from then on: that it was left out proves
nothing. What journals of the removal show between the runs is taken in where it happened. The management account and
accounts in no organization keep their credentials and are not counted.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl

from rootwarden.errors import InputError
from rootwarden.facts.instant import Instant
from rootwarden.fleet.observation import ACTIVE_STATES, STATE_SUFFIX, checked
from rootwarden.fleet.removal_work import Look, WaveDone, any_of, wave_done

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.fleet.removal_work import Work

# Kinds of credentials with the fact that tells of each.
KINDS: Final = {
    "password": "password_present",
    "access-key": "access_keys_present",
    "certificate": "certificates_present",
    "mfa-device": "mfa_active",
}
_FACTS: Final = (*KINDS.values(), "position", "organization_id")
READ: Final = (
    *("run_id", "as_of", "account_id", "account_state", "readable", "has_root_user"),
    *(name for fact in _FACTS for name in (fact, fact + STATE_SUFFIX)),
)
PLAN_LOOKED: Final = "the plan looked"
# These keep their root user.
_KEEP: Final = ("management", "standalone")


_NOT_LOOKED_AT: Final = (None,) * len(KINDS)


class KindCount(msgspec.Struct, frozen=True, kw_only=True):
    """Members with one kind of credential, and those of which nobody knows."""

    kind: str
    have: int
    unknown: int


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """How it stood after one run.

    Attributes:
        as_of: The instant the run judged at.
        members: Members counted: active, or seen before and not looked at now.
        have: Those with any root credential.
        none: Those with none.
        unknown: Those of which nobody knows, `unseen` among them.
        unseen: Members of earlier runs that no longer are in the run of their organization.
        kinds: The same for each kind of credential.
        by: Which wave of a journal shows it, that a plan looked, or that a removal begins; empty for a run of the
            archive.
    """

    as_of: Instant
    members: int
    have: int
    none: int
    unknown: int
    unseen: int
    kinds: tuple[KindCount, ...]
    by: str = ""


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """The whole course.

    Attributes:
        points: One a run, one for what a plan saw, and one for each wave a journal worked on, in order of time.
        kept: Accounts of the last runs that keep their root user: management and standalone.
        remaining: Members with a credential at the end, by id.
        undecided: Members of which nobody knows at the end, by id.
        waves: How far each wave of the journals has come.
    """

    points: tuple[Point, ...]
    kept: int
    remaining: tuple[str, ...]
    undecided: tuple[str, ...]
    waves: tuple[WaveDone, ...] = ()


class _Seen(msgspec.Struct, frozen=True):
    """One member as it was seen last: whether it has each kind, and any; `None` where nobody knows."""

    kinds: tuple[bool | None, ...]
    any: bool | None
    run: str
    at: datetime


class _Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of what a journal shows."""

    at: datetime
    organization: str
    by: str
    announced: tuple[str, ...] = ()
    looks: tuple[Look, ...] = ()


def removal_of(batches: Iterable[pl.LazyFrame], works: Iterable[Work] = ()) -> Removal:
    """Follow members through the runs, and through what was done between them.

    Args:
        batches: Parts of the observation table, each of whole runs, in order of time; `READ` are the columns read.
        works: What journals of the removal show.

    Raises:
        InputError: There is no run, or a table is not one of ours.
    """
    course = _Course(works)
    for batch in batches:
        frame = _cells(checked(batch, READ)).sort("as_of", "run_id", "account_id")
        for (_, run), rows in frame.group_by("as_of", "run_id", maintain_order=True):
            course.take(str(run), rows)
    course.work_until(None)
    if not course.points:
        raise InputError("there is no run to follow", hint="`rootwarden archive list` names the runs")
    return course.told()


class _Course:
    """Members by organization, run after run."""

    def __init__(self, works: Iterable[Work]) -> None:
        self.points: list[Point] = []
        self._works = tuple(works)
        self._waiting = deque(sorted(_happenings(self._works), key=lambda one: one.at))
        self._members: dict[tuple[str, str], _Seen] = {}
        self._kept: set[tuple[str, str]] = set()
        self._runs: dict[str, str] = {}

    def take(self, run: str, rows: pl.DataFrame) -> None:
        as_of: datetime = rows["as_of"][0]
        self.work_until(as_of)
        for account, organization, counts, position, *kinds in rows.select(
            "account_id", "organization", "counts", "position", *KINDS
        ).iter_rows():
            self._runs[organization] = run
            key = (organization, account)
            if not counts or position in _KEEP:
                self._members.pop(key, None)
                self._kept.discard(key)
                if counts:
                    self._kept.add(key)
            else:
                self._members[key] = _Seen(tuple(kinds), any_of(tuple(kinds)), run, as_of)
        self._points_add(as_of)

    def work_until(self, as_of: datetime | None) -> None:
        """Take in what journals show up to an instant; all that is left, when none is given."""
        while self._waiting and (as_of is None or self._waiting[0].at <= as_of):
            happened = self._waiting.popleft()
            news = [self._announced(happened, account) for account in happened.announced]
            news += [self._looked(happened.organization, look) for look in happened.looks]
            if any(news):
                self._points_add(happened.at, happened.by)

    def _announced(self, happened: _Happened, account: str) -> bool:
        """Count an account that is to be changed, and that no run has seen."""
        key = self._key(happened.organization, account)
        if key in self._members or key in self._kept:
            return False
        self._members[key] = _Seen(_NOT_LOOKED_AT, None, self._runs.setdefault(key[0], ""), happened.at)
        return True

    def _looked(self, organization: str, look: Look) -> bool:
        """Take one look in; one that is older than that of a run, or at who keeps root, tells nothing new."""
        key = self._key(organization, look.account)
        before = self._members.get(key)
        if key in self._kept or (before is not None and before.at > look.at):
            return False
        self._members[key] = _Seen(look.kinds, any_of(look.kinds), self._runs.setdefault(key[0], ""), look.at)
        return True

    def _key(self, organization: str, account: str) -> tuple[str, str]:
        """Where an account stands: a run that could not read its organization has it under none."""
        without = ("", account)
        return without if without in self._members or without in self._kept else (organization, account)

    def told(self) -> Removal:
        """All of it."""
        last = [(account, self._now(organization, seen)) for (organization, account), seen in self._members.items()]
        return Removal(
            points=tuple(self.points),
            kept=len(self._kept),
            remaining=tuple(sorted(account for account, seen in last if seen.any)),
            undecided=tuple(sorted(account for account, seen in last if seen.any is None)),
            waves=tuple(wave_done(each) for each in self._works),
        )

    def _now(self, organization: str, seen: _Seen) -> _Seen:
        """A member as it is known now: what the last run of its organization left out is not known."""
        if seen.run == self._runs[organization]:
            return seen
        return _Seen(_NOT_LOOKED_AT, None, seen.run, seen.at)

    def _points_add(self, as_of: datetime, by: str = "") -> None:
        now = [self._now(organization, seen) for (organization, _), seen in self._members.items()]
        unseen = sum(seen.run != self._runs[organization] for (organization, _), seen in self._members.items())
        point = Point(
            as_of=as_of,
            members=len(now),
            have=sum(seen.any is True for seen in now),
            none=sum(seen.any is False for seen in now),
            unknown=sum(seen.any is None for seen in now),
            unseen=unseen,
            kinds=tuple(
                KindCount(
                    kind=kind,
                    have=sum(seen.kinds[number] is True for seen in now),
                    unknown=sum(seen.kinds[number] is None for seen in now),
                )
                for number, kind in enumerate(KINDS)
            ),
            by=by,
        )
        # Runs of several organizations at one instant make one point.
        if self.points and (self.points[-1].as_of, self.points[-1].by) == (point.as_of, by):
            self.points.pop()
        self.points.append(point)


def _happenings(works: Iterable[Work]) -> Iterator[_Happened]:
    """What journals show, each piece at its instant: what the plan saw, who was to be changed, what each run saw."""
    works = tuple(works)
    for journal in dict.fromkeys(work.journal for work in works):
        mine = [work for work in works if work.journal == journal]
        announced = tuple(account for work in mine for account in work.accounts)
        if planned := tuple(look for work in mine for look in work.planned):
            # Accounts of the plan that it did not look into are counted from then on, too: nobody knows.
            yield _Happened(
                at=min(look.at for look in planned),
                organization=mine[0].organization,
                by=PLAN_LOOKED,
                announced=announced,
                looks=planned,
            )
        yield _Happened(
            at=mine[0].announced, organization=mine[0].organization, by="the removal begins", announced=announced
        )
        for work in mine:
            for one in work.stretches:
                yield _Happened(at=one.ended, organization=work.organization, by=work.title, looks=one.looks)


def _cells(frame: pl.LazyFrame) -> pl.DataFrame:
    """The columns that are followed; a fact that is absent is a no, one that is not known nothing."""
    kinds = {
        kind: pl.when(pl.col("readable")).then(
            pl.when(pl.col(fact + STATE_SUFFIX) == "absent").then(statement=False).otherwise(pl.col(fact))
        )
        for kind, fact in KINDS.items()
    }
    return frame.select(
        "run_id",
        "as_of",
        "account_id",
        "position",
        organization=pl.coalesce("organization_id", pl.lit("")),
        counts=pl.col("has_root_user") & pl.col("account_state").is_in(ACTIVE_STATES),
        **kinds,
    ).collect()
