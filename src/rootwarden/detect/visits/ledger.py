"""What is known of root's visits while events are still being read: nothing here depends on their order.

Two readers may each read a part of the events into a ledger of their own; merged, the ledgers are what one reader of
all of them would hold. A ledger grows with the number of sessions, not with that of events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from rootwarden.detect.visits.counts import Counts
from rootwarden.detect.visits.door import Door
from rootwarden.detect.visits.incident import Shape
from rootwarden.detect.visits.key_use import KeyUse
from rootwarden.detect.visits.runs import Runs
from rootwarden.detect.visits.shape import Joins
from rootwarden.detect.visits.toward import Toward
from rootwarden.detect.visits.visit import Hit, Summary
from rootwarden.detect.visits.wallet import Wallet

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.detect.visits.visit import Seen

K = TypeVar("K")

_TOKENS = frozenset({"signin:CreateOAuth2Token", "signin:AuthorizeOAuth2Access"})


class Ledger(msgspec.Struct, kw_only=True):
    """Parts of visits, by what can be said of an event without any other.

    Attributes:
        quiet: The longest silence within a visit of a key or service, in seconds.
        joins: What events say about the sessions of others.
        sessions: By account, second of issue, access key, and federated user.
        sign_ins: By account and second.
        tokens: `aws login`: by account, second and the key that was given out.
        doors: Other events of the sign-in page, by account.
        keys: Long-term keys, by account and key.
        loose: Temporary keys whose session does not say when it began.
        services: By account, service, and second of issue of the session behind it (-1: not said).
        service_events: By account.
        timeless: What has neither a time nor a session, by account.
        key_uses: What each long-term key is used for.
        toward: What others did to become root.
        wallet: Stages of denial of wallet, and identities root made.
        call_hits: What detections say of an AssumeRoot call, by its event.
        counts: How many events were read, and what was odd about them.
    """

    quiet: int
    joins: Joins = msgspec.field(default_factory=Joins)
    sessions: dict[tuple[str, int, str, str], Summary] = msgspec.field(default_factory=dict)
    sign_ins: dict[tuple[str, int], Summary] = msgspec.field(default_factory=dict)
    tokens: dict[tuple[str, int, str], Summary] = msgspec.field(default_factory=dict)
    doors: dict[str, Door] = msgspec.field(default_factory=dict)
    keys: dict[tuple[str, str], Runs] = msgspec.field(default_factory=dict)
    loose: dict[tuple[str, str], Runs] = msgspec.field(default_factory=dict)
    services: dict[tuple[str, str, int], Runs] = msgspec.field(default_factory=dict)
    service_events: dict[str, Runs] = msgspec.field(default_factory=dict)
    timeless: dict[str, Summary] = msgspec.field(default_factory=dict)
    key_uses: dict[tuple[str, str], KeyUse] = msgspec.field(default_factory=dict)
    toward: Toward = msgspec.field(default_factory=Toward)
    wallet: Wallet = msgspec.field(default_factory=Wallet)
    call_hits: dict[str, tuple[Hit, ...]] = msgspec.field(default_factory=dict)
    counts: Counts = msgspec.field(default_factory=Counts)

    def add(self, seen: Seen) -> None:
        """Take one root event in."""
        if seen.shape is Shape.ACCESS_KEY:
            _at(self.key_uses, (seen.account, seen.access_key), KeyUse).add(seen)
        if seen.second is None and (seen.started is None or seen.shape in _BY_TIME):
            _at(self.timeless, seen.account, Summary).add(seen)
        elif seen.shape in _BY_TIME:
            self._runs_of(seen).add(seen)
        elif seen.started is not None:
            session = (seen.account, seen.started, "" if seen.party else seen.access_key, seen.party)
            _at(self.sessions, session, Summary).add(seen)
        elif seen.shape is Shape.SIGN_IN:
            self._add_at_door(seen)
        else:
            self._quiet(self.loose, (seen.account, seen.access_key)).add(seen)

    def merge(self, other: Ledger) -> None:
        """Take in all that another reader holds."""
        self.joins.merge(other.joins)
        self.toward.merge(other.toward)
        self.wallet.merge(other.wallet)
        self.call_hits |= other.call_hits
        self.counts.merge(other.counts)
        _merge(self.sessions, other.sessions, Summary)
        _merge(self.sign_ins, other.sign_ins, Summary)
        _merge(self.tokens, other.tokens, Summary)
        _merge(self.timeless, other.timeless, Summary)
        _merge(self.doors, other.doors, Door)
        _merge(self.key_uses, other.key_uses, KeyUse)
        for mine, theirs in ((self.keys, other.keys), (self.loose, other.loose)):
            for key, runs in theirs.items():
                self._quiet(mine, key).merge(runs)
        for service, runs in other.services.items():
            self._quiet(self.services, service).merge(runs)
        for account, runs in other.service_events.items():
            self._quiet(self.service_events, account).merge(runs)

    def _runs_of(self, seen: Seen) -> Runs:
        if seen.shape is Shape.SERVICE:
            return self._quiet(self.service_events, seen.account)
        if seen.shape is Shape.FORWARDED:
            started = -1 if seen.started is None else seen.started
            return self._quiet(self.services, (seen.account, seen.party, started))
        return self._quiet(self.keys, (seen.account, seen.access_key))

    def _add_at_door(self, seen: Seen) -> None:
        second = seen.stamp[0]
        if seen.signed_in:
            _at(self.sign_ins, (seen.account, second), Summary).add(seen)
        elif seen.action in _TOKENS and not seen.knock:
            _at(self.tokens, (seen.account, second, seen.issued), Summary).add(seen)
        else:
            _at(self.doors, seen.account, Door).add(seen)

    def _quiet(self, runs: dict[K, Runs], key: K) -> Runs:
        return _at(runs, key, lambda: Runs(quiet=self.quiet))


# Shapes whose events are cut where it was quiet, whatever session is behind them.
_BY_TIME = frozenset({Shape.SERVICE, Shape.FORWARDED, Shape.ACCESS_KEY})

P = TypeVar("P", Summary, Door, KeyUse)
V = TypeVar("V", Summary, Door, KeyUse, Runs)


def _at(parts: dict[K, V], key: K, empty: Callable[[], V]) -> V:
    part = parts.get(key)
    if part is None:
        part = parts[key] = empty()
    return part


def _merge(mine: dict[K, P], theirs: dict[K, P], empty: Callable[[], P]) -> None:
    for key, part in theirs.items():
        _at(mine, key, empty).merge(part)
