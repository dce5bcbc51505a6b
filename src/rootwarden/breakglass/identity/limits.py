"""How often anybody may try (BG-16): enough for people in a hurry, too little for guessing, never a way to lock out.

Each actor, a network before the sign-in and a person after it, has a limit, and below it a small share that nobody
else can use up. What goes beyond the share is drawn from pools: one for each account, one for everything. So every
actor, every account and the whole are limited, and still somebody who keeps to their share is let through whatever
others do. The sum is bounded too: the pools and one share for each actor. A flood from a million networks gets a
million small shares; to stop that is the network's business, not ours.

Memory is bounded: the bucket that was not used for longest goes first. That frees an attacker only who has more
networks than buckets are kept, and so as many shares anyhow.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from typing import Final, TypeAlias

import msgspec

from rootwarden.breakglass.identity.refusals import TooManyError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# What one subscriber commonly gets: one address of IPv4, a /64 of IPv6.
_IPV6_PREFIX: Final = 64
_LONGEST_WAIT: Final = 3600.0


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A token bucket.

    Attributes:
        burst: How many at once, after a rest.
        per_minute: How many come back in a minute.
    """

    burst: int
    per_minute: float


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed; the defaults are many times what a visit takes.

    Attributes:
        network: Sign-in attempts from one network.
        person: Actions of one person.
        share: What of these nobody else can use up.
        account: Actions on one account beyond shares.
        everything: Sign-in attempts, and again actions, beyond shares.
    """

    network: Rate = Rate(burst=20, per_minute=20)
    person: Rate = Rate(burst=60, per_minute=60)
    share: Rate = Rate(burst=10, per_minute=10)
    account: Rate = Rate(burst=30, per_minute=30)
    everything: Rate = Rate(burst=100, per_minute=300)


class Buckets:
    """Token buckets by name, at most `most` of them.

    Args:
        rate: Of each.
        most: How many are remembered.
    """

    def __init__(self, rate: Rate, *, most: int) -> None:
        self._rate = rate
        self._most = most
        # Name to tokens left and when that was; the one used last stands last.
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def wait(self, name: str, now: float) -> float:
        """Seconds until there is a token; 0 when there is one. Takes nothing."""
        missing = 1 - self._tokens(name, now)
        if missing <= 0:
            return 0.0
        return min(missing * 60 / self._rate.per_minute, _LONGEST_WAIT) if self._rate.per_minute else _LONGEST_WAIT

    def take(self, name: str, now: float) -> None:
        """Take a token."""
        self._left[name] = (self._tokens(name, now) - 1, now)
        self._left.move_to_end(name)
        while len(self._left) > self._most:
            self._left.popitem(last=False)

    def _tokens(self, name: str, now: float) -> float:
        left, when = self._left.get(name, (float(self._rate.burst), now))
        # A clock that went back gives nothing, and takes nothing away.
        return min(self._rate.burst, left + max(0.0, now - when) * self._rate.per_minute / 60)


class Limits:
    """The limits of one instance.

    Args:
        rates: What is allowed.
        most: How many networks, people and accounts are remembered, each.
    """

    def __init__(self, rates: Rates | None = None, *, most: int = 10_000) -> None:
        rates = rates or Rates()
        # Two lots of everything, so that strangers cannot use up what people who are signed in share.
        self._strangers = _Actors(rates.network, rates, most)
        self._members = _Actors(rates.person, rates, most)
        self._lock = threading.Lock()

    def try_sign_in(self, source: Address, *, now: float) -> None:
        """Count an attempt of somebody unknown. It costs their network, and never a person or an account.

        Args:
            source: Where it comes from.
            now: Seconds of a clock that only goes forward.

        Raises:
            TooManyError: There were too many from there.
        """
        with self._lock:
            self._strangers.act(network_of(source), "", now)

    def act(self, person: str, *, now: float, account: str = "") -> None:
        """Count an action of somebody who is signed in.

        Args:
            person: Who.
            now: Seconds of a clock that only goes forward.
            account: What it is about, if it is about one.

        Raises:
            TooManyError: There were too many.
        """
        with self._lock:
            self._members.act(person, account, now)


class _Actors:
    """Actors of one kind, and the pools they share."""

    def __init__(self, limit: Rate, rates: Rates, most: int) -> None:
        self._limits = Buckets(limit, most=most)
        self._shares = Buckets(rates.share, most=most)
        self._accounts = Buckets(rates.account, most=most)
        self._everything = Buckets(rates.everything, most=1)

    def act(self, actor: str, account: str, now: float) -> None:
        pools = [(self._everything, ""), *([(self._accounts, account)] if account else [])]
        share_wait = self._shares.wait(actor, now)
        drawn = [(self._limits, actor), *(pools if share_wait else [(self._shares, actor)])]
        wait = max(buckets.wait(name, now) for buckets, name in drawn)
        if wait:
            raise TooManyError(max(self._limits.wait(actor, now), min(share_wait, wait)))
        for buckets, name in drawn:
            buckets.take(name, now)


def network_of(source: Address) -> str:
    """The network an address counts for."""
    if isinstance(source, ipaddress.IPv6Address):
        if source.ipv4_mapped is not None:
            return str(source.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(source), _IPV6_PREFIX), strict=False).network_address)
    return str(source)
