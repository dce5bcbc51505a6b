"""What CloudTrail shows of root's keys, as planning takes it: the uses of each, and what could not be read. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.visits.findings import RootKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """The logs somebody gave.

    Attributes:
        given: Whether any were.
        keys: What each long-term key of root is used for.
        unread: Why parts of them could not be read, by part; a key may have been used in any of these.
    """

    given: bool = False
    keys: tuple[RootKey, ...] = ()
    unread: tuple[str, ...] = ()

    def of(self, keys: Iterable[str], account: str = "") -> tuple[RootKey, ...]:
        """What some keys are used for, each key once.

        Ids of keys are never used twice, so an event counts for its key whatever account it names, or none.

        Args:
            keys: Their ids.
            account: Also the keys the logs show of this account, which may be gone, or could not be listed.
        """
        wanted = {*keys, *(use.access_key for use in self.keys if account and use.account == account)}
        found: dict[str, RootKey] = {}
        for use in self.keys:
            if use.access_key in wanted:
                other = found.get(use.access_key)
                found[use.access_key] = use if other is None else _together(other, use)
        return tuple(found.values())

    def doubts(self, keys: Iterable[str]) -> Iterator[str]:
        """Why it cannot be told of some keys when they were used, though logs were given."""
        timed = {use.access_key: use for use in self.of(keys)}
        for key in keys:
            use = timed.get(key)
            if use is not None and use.last is None:
                yield f"when the key {key} was used is not known: CloudTrail shows {events_of(use)}, none with a time"
            if self.unread:
                more = f", and {len(self.unread) - 1} more" if len(self.unread) > 1 else ""
                yield f"what CloudTrail shows of the key {key} is not known: not read in full: {self.unread[0]}{more}"


def events_of(use: RootKey) -> str:
    """`1 event`, `12 events`."""
    return f"{use.events} event{'' if use.events == 1 else 's'}"


def _together(one: RootKey, other: RootKey) -> RootKey:
    """Two uses of one key as one."""
    firsts = [each for each in (one.first, other.first) if each is not None]
    lasts = [each for each in (one.last, other.last) if each is not None]
    return RootKey(
        account=one.account or other.account,
        access_key=one.access_key,
        events=one.events + other.events,
        first=min(firsts, default=None),
        last=max(lasts, default=None),
        services=_sum(one.services, other.services),
        operations=_sum(one.operations, other.operations),
        addresses=_sum(one.addresses, other.addresses),
        agents=_sum(one.agents, other.agents),
        regions=_sum(one.regions, other.regions),
        more=one.more or other.more,
    )


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}
