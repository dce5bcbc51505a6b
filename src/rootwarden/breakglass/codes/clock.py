"""Can the clock be trusted for a code? Decided from readings, without reading a clock.

A code for a step of tomorrow is a code in advance, so a host whose clock somebody moves must not serve. Three laws:

1. The wall clock is not before the newest log entry.
2. Since the last trusted instant the wall clock and the steady clock advanced alike (2 s), within one start of the
   machine.
3. Somebody else's time is within 5 s. That is an authenticated source that can be reached now; else a reference taken
   earlier, from two people who attested it or from a source, carried on by the steady clock. Its bound grows by
   100 ppm, so that it carries at most half a day; a restart of the machine ends it.

Law 2 alone would let a clock be moved by a little, again and again; law 3 bounds the sum.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from rootwarden.errors import InputError
from rootwarden.facts.instant import sensible

# Law 2: how far wall and steady clock may part.
APART_SECONDS: Final = 2.0
# Law 3: how far the wall clock may be from somebody else's time, all bounds added.
BOUND_SECONDS: Final = 5.0
# A quartz clock in a room runs within this.
DRIFT: Final = 100e-6
# A source that was asked longer ago than this is one taken earlier.
FRESH_SECONDS: Final = 60.0
# Sources that are further apart than this and their own bounds contradict each other.
SOURCES_APART_SECONDS: Final = 2.0
FEWEST_HOSTS: Final = 2
FEWEST_PEOPLE: Final = 2
# A machine that runs for three hundred years.
_LONGEST_STEADY: Final = 1e10


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What this machine's clocks said at one moment.

    Attributes:
        wall: The wall clock.
        steady: Seconds of a clock that is never set and counts suspended time too.
        boot: Which start of the machine the steady clock counts from.

    Raises:
        InputError: No clock says that.
    """

    wall: datetime
    steady: float
    boot: str

    def __post_init__(self) -> None:
        if self.wall.tzinfo is None or not sensible(self.wall) or not 0 <= self.steady <= _LONGEST_STEADY:
            raise InputError("a reading of the clocks is out of all range")


class Kind(StrEnum):
    """Who says what time it is."""

    WITNESS = "witness"
    HOST = "host"
    PEOPLE = "people"


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else's time, and what our clocks said then.

    Attributes:
        kind: Who said it.
        names: The witness or host, or the people who attested it.
        instant: The time they said.
        uncertainty: By how many seconds it may be wrong, the way to us included.
        at: What our clocks said.

    Raises:
        InputError: Instant or uncertainty are none.
    """

    kind: Kind
    names: tuple[str, ...]
    instant: datetime
    uncertainty: float
    at: Reading

    def __post_init__(self) -> None:
        # A negative uncertainty would vouch for a clock that is off.
        in_range = self.instant.tzinfo is not None and sensible(self.instant) and 0 <= self.uncertainty <= BOUND_SECONDS
        if not in_range:
            raise InputError("a reference of time is out of all range, or more uncertain than it may be")


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the clock is judged on.

    Attributes:
        now: Our clocks.
        newest_entry: Instant of the newest log entry; `None` when the log is empty.
        trusted: Our clocks when they were last judged trusted; `None` at the first start.
        sources: What sources that can be reached say now.
        carried: References taken earlier: the newest attestation, the newest source a judgement was based on.
    """

    now: Reading
    newest_entry: datetime | None = None
    trusted: Reading | None = None
    sources: tuple[Reference, ...] = ()
    carried: tuple[Reference, ...] = ()


class Reason(StrEnum):
    """Why a clock is not trusted."""

    BEFORE_LOG = "before the newest log entry"
    STEADY_BACK = "steady clock went back"
    PARTED = "wall and steady clock parted"
    SOURCES_DISAGREE = "sources disagree"
    OFF = "too far from a source"
    NO_REFERENCE = "no source and no attestation"
    WORN_OUT = "the reference is too old"


class Trusted(msgspec.Struct, frozen=True, kw_only=True):
    """The wall clock may be used.

    Attributes:
        bound: By how many seconds it may be off at most.
        basis: The reference that says so, to be carried on.
    """

    bound: float
    basis: Reference


class Untrusted(msgspec.Struct, frozen=True, kw_only=True):
    """No code now.

    Attributes:
        reason: Which law.
        message: What is seen.
        hint: What to do.
    """

    reason: Reason
    message: str
    hint: str


Judgement: TypeAlias = Trusted | Untrusted
_ATTEST: Final = "set the clock, then let two people read an independent one and attest it"


def judge(seen: Observation) -> Judgement:
    """Whether codes may be served at the wall clock's time. What is not known is not trusted."""
    return _before_log(seen) or _parted(seen) or _beside_others(seen)


def _before_log(seen: Observation) -> Untrusted | None:
    if seen.newest_entry is None or seen.now.wall >= seen.newest_entry:
        return None
    behind = (seen.newest_entry - seen.now.wall).total_seconds()
    return Untrusted(
        reason=Reason.BEFORE_LOG,
        message=f"the clock is {behind:.0f} s before the newest log entry",
        hint="set the clock; if the entry is the one that is wrong, wait, or start a new epoch",
    )


def _parted(seen: Observation) -> Untrusted | None:
    since = _last_trusted(seen)
    if since is None or since.boot != seen.now.boot:
        # Steady clocks of two starts of the machine say nothing about each other; law 3 must carry alone.
        return None
    steady = seen.now.steady - since.steady
    if steady < 0:
        return Untrusted(
            reason=Reason.STEADY_BACK,
            message="the steady clock went back, which it never does",
            hint="this host was rolled back or copied: compare the log's head with those kept elsewhere",
        )
    apart = (seen.now.wall - since.wall).total_seconds() - steady
    if abs(apart) <= APART_SECONDS:
        return None
    return Untrusted(
        reason=Reason.PARTED,
        message=f"the wall clock was moved {'ahead' if apart > 0 else 'back'} by {abs(apart):.1f} s",
        hint=_ATTEST,
    )


def _last_trusted(seen: Observation) -> Reading | None:
    """The last trusted instant; what two people attested later is one too, so that a clock put right counts again."""
    attested = [each.at for each in seen.carried if _is_attestation(each, seen.now)]
    known = [each for each in (*attested, seen.trusted) if each is not None]
    same_boot = [each for each in known if each.boot == seen.now.boot]
    return max(same_boot, key=lambda each: each.steady, default=None)


def _beside_others(seen: Observation) -> Judgement:
    fresh = _usable_sources(seen)
    if fresh:
        return _beside_sources(seen.now, fresh)
    carried = [each for each in seen.carried if _can_be_carried(each, seen.now)]
    if not carried:
        return Untrusted(
            reason=Reason.NO_REFERENCE,
            message="no time source can be reached, and nobody attested the time since this machine started",
            hint="let two people read an independent clock and attest it",
        )
    # Only the newest: an older one that happens to agree does not overrule it.
    newest = max(carried, key=lambda each: each.at.steady)
    return _beside_carried(seen.now, newest)


def _usable_sources(seen: Observation) -> list[Reference]:
    """Fresh ones; a single host says too little, because it proves its name and not its clock."""
    fresh = [each for each in seen.sources if _is_fresh(each, seen.now)]
    witnesses = [each for each in fresh if each.kind is Kind.WITNESS]
    hosts = {each.names: each for each in fresh if each.kind is Kind.HOST}
    return witnesses + (list(hosts.values()) if len(hosts) >= FEWEST_HOSTS else [])


def _beside_sources(now: Reading, sources: list[Reference]) -> Judgement:
    ordered = sorted(sources, key=lambda each: _offset(each, now))
    middle = ordered[(len(ordered) - 1) // 2]
    agreeing = [each for each in ordered if _agree(each, middle, now)]
    if 2 * len(agreeing) <= len(ordered):
        apart = _offset(ordered[-1], now) - _offset(ordered[0], now)
        return Untrusted(
            reason=Reason.SOURCES_DISAGREE,
            message=f"time sources are {apart:.1f} s apart, and no majority of them agrees",
            hint="see which of them is wrong, and take it out of the list of sources",
        )
    bound = _bound(middle, now)
    if bound <= BOUND_SECONDS:
        return Trusted(bound=bound, basis=middle)
    offset = _offset(middle, now)
    return Untrusted(
        reason=Reason.OFF,
        message=f"the clock is {abs(offset):.1f} s {'ahead of' if offset > 0 else 'behind'} {_named(middle)}",
        hint="set the clock, then let two people attest it; an attestation does not overrule a source",
    )


def _beside_carried(now: Reading, carried: Reference) -> Judgement:
    bound, offset = _bound(carried, now), _offset(carried, now)
    if bound <= BOUND_SECONDS:
        return Trusted(bound=bound, basis=carried)
    if abs(offset) + carried.uncertainty <= BOUND_SECONDS:
        hours = _age(carried, now) / 3600
        return Untrusted(
            reason=Reason.WORN_OUT,
            message=f"the time of {_named(carried)} is {hours:.1f} h old, and may be off by {bound:.1f} s",
            hint="let two people attest the time again, or make a time source reachable",
        )
    side = "ahead of" if offset > 0 else "behind"
    return Untrusted(
        reason=Reason.OFF,
        message=f"the clock is {abs(offset):.1f} s {side} the time of {_named(carried)}",
        hint=_ATTEST,
    )


def _is_attestation(reference: Reference, now: Reading) -> bool:
    return reference.kind is Kind.PEOPLE and _can_be_carried(reference, now)


def _is_fresh(reference: Reference, now: Reading) -> bool:
    return abs(_age(reference, now)) <= FRESH_SECONDS


def _can_be_carried(reference: Reference, now: Reading) -> bool:
    enough = reference.kind is not Kind.PEOPLE or len(set(reference.names)) >= FEWEST_PEOPLE
    return enough and reference.at.boot == now.boot and _age(reference, now) >= 0


def _age(reference: Reference, now: Reading) -> float:
    """Seconds since it was taken; never, when that was another start of the machine."""
    return now.steady - reference.at.steady if reference.at.boot == now.boot else float("inf")


def _offset(reference: Reference, now: Reading) -> float:
    """By how many seconds the wall clock is ahead of it, carried on by the steady clock."""
    expected = reference.instant + timedelta(seconds=now.steady - reference.at.steady)
    return (now.wall - expected).total_seconds()


def _bound(reference: Reference, now: Reading) -> float:
    return abs(_offset(reference, now)) + reference.uncertainty + DRIFT * abs(_age(reference, now))


def _agree(one: Reference, other: Reference, now: Reading) -> bool:
    apart = abs(_offset(one, now) - _offset(other, now))
    return apart <= SOURCES_APART_SECONDS + one.uncertainty + other.uncertainty


def _named(reference: Reference) -> str:
    return " and ".join(f"`{name}`" for name in reference.names)
