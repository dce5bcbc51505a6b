"""What the removal of root credentials shows between two runs of an archive: looks at single accounts, wave by wave.

A look is by an AssumeRoot session into one account, so it tells of that account what a run would, at another instant.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rootwarden.facts.instant import Instant

# Kinds of credentials, in the order looks tell of them.
KIND_NAMES: Final = ("password", "access-key", "certificate", "mfa-device")


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of one account.

    Attributes:
        account: Twelve digits.
        at: When.
        kinds: Whether it has each kind, in the order of `KIND_NAMES`; `None` where nobody looked since it was changed.
    """

    account: str
    at: Instant
    kinds: tuple[bool | None, ...]


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """What one run did in one wave.

    Attributes:
        ended: Its last instant.
        looks: The last look at each account.
    """

    ended: Instant
    looks: tuple[Look, ...]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal shows of one wave, over all runs that worked on it.

    Attributes:
        journal: The first digits of the digest of its first line.
        organization: Whose accounts.
        announced: When its journal was begun.
        number: Of the wave; 0 for the accounts the plan left alone.
        name: Of the wave.
        accounts: Every account of it.
        stretches: What each run did, in order of time.
        removed: How many credentials of each kind were removed and stayed so.
        planned: What the plan saw of its accounts, where the journal tells.
    """

    journal: str
    organization: str
    announced: Instant
    number: int
    name: str
    accounts: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    removed: tuple[int, ...]
    planned: tuple[Look, ...] = ()

    @property
    def title(self) -> str:
        """`wave 2, /Root/Workloads`."""
        return f"wave {self.number}, {self.name}" if self.number else self.name


class RemovedKind(msgspec.Struct, frozen=True, kw_only=True):
    """How many credentials of one kind were removed."""

    kind: str
    removed: int


class WaveDone(msgspec.Struct, frozen=True, kw_only=True):
    """How far one wave of one journal has come, as its own looks show it, and before them that of the plan.

    Attributes:
        journal: The first digits of the digest of its first line.
        number: Of the wave; 0 for the accounts the plan left alone.
        name: Of the wave.
        accounts: How many.
        have: Those that were seen to have a credential, last.
        none: Those that were seen to have none, last.
        unknown: Those nobody looked at since they were changed, or at all.
        began: When the first run worked on it ended its first look; `None` when none did.
        ended: When the last one did.
        removed: Credentials that were removed, by kind.
        planned: When the plan looked at its accounts; `None` where the journal does not tell what it saw.
    """

    journal: str
    number: int
    name: str
    accounts: int
    have: int
    none: int
    unknown: int
    began: Instant | None
    ended: Instant | None
    removed: tuple[RemovedKind, ...]
    planned: Instant | None


def any_of(kinds: tuple[bool | None, ...]) -> bool | None:
    """Any of them, in three values."""
    return True if True in kinds else None if None in kinds else False


def wave_done(work: Work) -> WaveDone:
    """A wave, counted."""
    last = {look.account: any_of(look.kinds) for look in work.planned}
    last |= {look.account: any_of(look.kinds) for stretch in work.stretches for look in stretch.looks}
    told = [last.get(account) for account in work.accounts]
    looks = [look.at for stretch in work.stretches for look in stretch.looks]
    return WaveDone(
        journal=work.journal,
        number=work.number,
        name=work.name,
        accounts=len(told),
        have=told.count(True),
        none=told.count(False),
        unknown=told.count(None),
        began=min(looks, default=None),
        ended=max(looks, default=None),
        planned=max((look.at for look in work.planned), default=None),
        removed=tuple(
            RemovedKind(kind=kind, removed=count) for kind, count in zip(KIND_NAMES, work.removed, strict=True)
        ),
    )
