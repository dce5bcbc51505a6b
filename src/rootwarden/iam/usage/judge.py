"""Granted against used: all principals of dumps and log, each granted action with what can be said of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.instant import parse_instant
from rootwarden.iam.usage.caller import Caller, Kind
from rootwarden.iam.usage.census import Census
from rootwarden.iam.usage.chains import chains
from rootwarden.iam.usage.grants import GRANTED_TO_ALL, granted_mask, no_longer_granted
from rootwarden.iam.usage.last_accessed import LastAccessed
from rootwarden.iam.usage.result import (
    AccountCoverage,
    Chain,
    Doubt,
    PrincipalUsage,
    Usage,
    Why,
)
from rootwarden.iam.usage.spent import spent_by
from rootwarden.iam.usage.tally import Call, Covered, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rootwarden.iam.actions import ActionCatalogue
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.usage.mapping import EventMap
    from rootwarden.iam.usage.result import (
        UsedAction,
    )
    from rootwarden.iam.usage.spent import Spent
    from rootwarden.iam.usage.tally import Seen
    from rootwarden.iam.usage.visibility import Visibility

_PRINCIPALS: Final = (Kind.USER, Kind.ROLE, Kind.ROOT)
# Names that a report can hold; how many there are is told.
_MOST_IDENTITIES: Final = 50


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What bears on the verdicts beside log and policies.

    Attributes:
        start: The window's beginning, when it was asked for.
        end: Its end; without one the last event of the log.
        data_events: Services of which the user says that every trail has all data events.
        unread: Files that could not be read, by account; those of nobody knows whom under an empty text.
        last_accessed: What IAM says, by ARN.
        escalation: Actions that are part of some way up, by full name.
    """

    start: datetime | None = None
    end: datetime | None = None
    data_events: frozenset[str] = frozenset()
    unread: dict[str, int] = {}
    last_accessed: dict[str, LastAccessed] = {}
    escalation: frozenset[str] = frozenset()


class Judge:
    """Compares.

    Args:
        catalogue: Every action.
        events: From events to actions.
        visibility: What logs can show.
    """

    def __init__(self, catalogue: ActionCatalogue, events: EventMap, visibility: Visibility) -> None:
        self._catalogue = catalogue
        self._events = events
        self._visibility = visibility

    def usage(self, tally: Tally, holders: Sequence[Holder], accounts: Iterable[str], asked: Asked) -> Usage:
        """Compare what a log shows with what principals hold.

        Args:
            tally: What the log adds up to.
            holders: Users and roles of the account dumps; their powers have a bit for each action of the catalogue.
            accounts: Accounts with a dump.
            asked: What else bears on it.
        """
        census = Census(holders, tally.calls)
        calls = _together(tally.calls, census)
        identities = _together_identities(tally, census)
        dumps = frozenset(accounts)
        behind = chains(tally, census)
        reached: dict[Caller, set[str]] = defaultdict(set)
        for role, paths in behind.items():
            for path in paths:
                for caller in path:
                    reached[caller].add(role.arn)
        whole = _Whole(tally, dumps, asked, behind, reached, identities)
        everybody = sorted({*calls, *census.holders}, key=lambda one: (one.account, one.arn, one))
        told = (one for one in everybody if one.kind in _PRINCIPALS)
        return Usage(
            principals=tuple(self._one(one, calls.get(one, {}), census.holders.get(one), whole) for one in told),
            accounts=tuple(_coverage(account, whole) for account in sorted({*dumps, *tally.accounts})),
            others=dict(sorted(Counter(one.kind.value for one in calls if one.kind not in _PRINCIPALS).items())),
            catalogue=str(self._catalogue.edition),
            chains_cut=tally.sessions is None,
            undated=tally.undated,
        )

    def _one(self, caller: Caller, calls: Mapping[Call, Seen], holder: Holder | None, whole: _Whole) -> PrincipalUsage:
        spent = spent_by(calls, self._events, self._catalogue, caller.arn)
        mask = granted_mask(holder.powers) if holder is not None else 0
        used = self._visibility.mask(one.action for one in spent.used)
        unused, doubts = self._unused(caller, mask & ~used, spent, whole) if holder is not None else (0, ())
        return PrincipalUsage(
            arn=caller.arn or caller.id,
            kind=caller.kind.value,
            account=caller.account,
            granted=mask.bit_count() if holder is not None else None,
            exists=holder is not None if caller.account in whole.dumps and caller.kind is not Kind.ROOT else None,
            used=tuple(msgspec.structs.replace(one, granted=self._granted(one, mask, holder)) for one in spent.used),
            unused=self._visibility.names(unused),
            escalation=self._visibility.names(unused & self._visibility.mask(whole.asked.escalation)),
            unjudged=doubts,
            no_longer_granted=no_longer_granted(holder, spent.used) if holder is not None else (),
            unknown_events=spent.unknown,
            chains=self._chains(whole.behind.get(caller, {})),
            reached=tuple(sorted(whole.reached.get(caller, ()))),
            source_identities=tuple(sorted(whole.identities.get(caller, ()))[:_MOST_IDENTITIES]),
            unreadable=holder.powers.unreadable if holder is not None else (),
        )

    def _granted(self, one: UsedAction, mask: int, holder: Holder | None) -> bool | None:
        """Whether a used action is among those that are granted; `None` where nobody can tell."""
        if self._visibility.mask((one.action,)) & mask:
            return True
        if holder is None or holder.powers.unreadable or one.action.lower() == GRANTED_TO_ALL:
            return None
        return False

    def _chains(self, paths: Mapping[tuple[Caller, ...], set[Call]]) -> tuple[Chain, ...]:
        found = []
        for path, calls in paths.items():
            actions = {one.action for call in calls for one in self._events.of(call).needed}
            names = tuple(one.arn or f"{one.id} of {one.account}" for one in path)
            found.append(Chain(path=names, actions=tuple(sorted(actions))))
        return tuple(sorted(found, key=lambda one: one.path))

    def _unused(self, caller: Caller, left: int, spent: Spent, whole: _Whole) -> tuple[int, tuple[Doubt, ...]]:
        """Of actions that were granted and are not in the log: those unused, and those nobody can tell about."""
        seen, told = self._visibility, whole.asked.last_accessed.get(caller.arn)
        tried, untried = self._told_by_iam(left, told, whole)
        rest = left & ~tried & ~untried
        doubts = [Doubt(why=Why.ACCESSED, actions=seen.names(tried))] if tried else []
        for why, mask in self._hiding(caller, spent, whole):
            hidden = rest & mask
            if hidden:
                doubts.append(Doubt(why=why, actions=seen.names(hidden)))
                rest &= ~hidden
        return rest | untried, tuple(doubts)

    def _hiding(self, caller: Caller, spent: Spent, whole: _Whole) -> Iterable[tuple[Why, int]]:
        """Sets of actions the log of an account does not show, or may not, with the reason that comes first."""
        seen = self._visibility
        covered = whole.tally.accounts.get(caller.account)
        yield Why.NO_LOG, -1 if covered is None else 0
        yield Why.UNREAD, -1 if whole.unread(caller.account) else 0
        yield Why.NOT_RECORDED, seen.never
        yield Why.DATA_EVENT, seen.data & ~seen.of_services(whole.asked.data_events)
        yield Why.NO_CALL, ~seen.called
        yield Why.PERHAPS, seen.mask(spent.perhaps)
        if covered is not None:
            shown = seen.of_services(one for source in covered.sources for one in self._events.prefixes(source))
            kinds = (0 if covered.reads else seen.reads) | (0 if covered.writes else ~seen.reads)
            yield Why.LEFT_OUT, (seen.excludable & ~shown) | kinds
        yield Why.UNKNOWN_EVENT, seen.of_services(spent.unknown_services)

    def _told_by_iam(self, left: int, told: LastAccessed | None, whole: _Whole) -> tuple[int, int]:
        """Of some actions: those IAM says were tried in the window, and those it says were not."""
        end = whole.end
        if told is None or end is None:
            return 0, 0
        tried, untried = [], []
        for action in self._visibility.names(left):
            tells, last = told.of(action)
            if not tells:
                continue
            if last is not None and (whole.asked.start is None or last >= whole.asked.start):
                tried.append(action)
            elif told.covers(whole.asked.start, end):
                untried.append(action)
        return self._visibility.mask(tried), self._visibility.mask(untried)


class _Whole(msgspec.Struct, frozen=True):
    """What is the same for everybody."""

    tally: Tally
    dumps: frozenset[str]
    asked: Asked
    behind: dict[Caller, dict[tuple[Caller, ...], set[Call]]]
    reached: dict[Caller, set[str]]
    identities: dict[Caller, set[str]]

    @property
    def end(self) -> datetime | None:
        """The end of the window."""
        last = max((covered.seen.last for covered in self.tally.accounts.values()), default="")
        return self.asked.end or parse_instant(last)

    def unread(self, account: str) -> int:
        """Files that could not be read and may be about an account."""
        return self.asked.unread.get(account, 0) + self.asked.unread.get("", 0)


def _together(calls: Mapping[Caller, Mapping[Call, Seen]], census: Census) -> dict[Caller, dict[Call, Seen]]:
    """The calls of each principal, however the log names it."""
    sums = Tally()
    for caller in sorted(calls):
        sums.merge(Tally(calls={census.resolve(caller): {call: _copy(seen) for call, seen in calls[caller].items()}}))
    return sums.calls


def _copy(seen: Seen) -> Seen:
    named = None if seen.named is None else set(seen.named)
    return type(seen)(first=seen.first, last=seen.last, days=seen.days, named=named)


def _together_identities(tally: Tally, census: Census) -> dict[Caller, set[str]]:
    found: dict[Caller, set[str]] = defaultdict(set)
    for caller, identities in tally.identities.items():
        found[census.resolve(caller)] |= identities
    return dict(found)


def _coverage(account: str, whole: _Whole) -> AccountCoverage:
    covered = whole.tally.accounts.get(account, Covered())
    days = covered.seen.days
    span = days.bit_length() - ((days & -days).bit_length() - 1) if days else 0
    return AccountCoverage(
        id=account,
        first=covered.seen.first,
        last=covered.seen.last,
        days=covered.seen.day_count,
        days_without=span - covered.seen.day_count,
        data_events=tuple(sorted(covered.data)),
        reads=covered.reads,
        writes=covered.writes,
        dump=account in whole.dumps,
        unread=whole.unread(account),
    )
