"""What was denied since a wave, held against what the replay foretold: go on, ask a person, or take everything back."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.attachment.foretold import group_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rootwarden.attachment.plan import Foretold
    from rootwarden.detect.visits.event import Event
    from rootwarden.iam.usage.refusals import Refusals

# How a refusal names what refused (IAM user guide, *Troubleshoot access denied error messages*).
_NAMED: Final = {"scp": "service control policy", "rcp": "resource control policy"}
_ANY: Final = "policy"
_FEDERATED: Final = "FederatedUser"
_SHOWN: Final = 20


class Denial(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that were denied: whose and which, how many, and whether the refusal names our kind of policy."""

    group: str
    calls: int
    clear: bool


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of the trail.

    Attributes:
        denials: Since the change, in accounts it reaches.
        until: Up to when the log tells of the accounts of the wave; `None` when it tells nothing of them.
        complete: Everything that was there was read.
    """

    denials: tuple[Denial, ...]
    until: datetime | None
    complete: bool


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What the denials come to.

    Attributes:
        foretold: Calls the replay foretold.
        unexpected: Calls nobody foretold, by group.
        unclear: Calls whose refusal does not say what refused, by group.
    """

    foretold: int
    unexpected: dict[str, int]
    unclear: dict[str, int]

    @property
    def exceeding(self) -> int:
        """How many calls nobody foretold."""
        return sum(self.unexpected.values())

    @property
    def words(self) -> str:
        """For people."""
        return (
            f"{self.foretold} denied as foretold, {self.exceeding} that nobody foretold, "
            f"{sum(self.unclear.values())} that do not say what denied them"
        )

    def shown(self) -> tuple[str, ...]:
        """The groups with the most calls nobody foretold, then the unclear ones."""
        most = [*Counter(self.unexpected).most_common(_SHOWN), *Counter(self.unclear).most_common(_SHOWN)]
        return tuple(f"{calls} times {group}" for group, calls in most[:_SHOWN])


def denials_in(
    events: Iterable[Event],
    *,
    since: datetime,
    accounts: Collection[str],
    kinds: Collection[str],
    refusals: Refusals,
) -> tuple[Denial, ...]:
    """The denied calls among events.

    Args:
        events: Of a trail.
        since: When the change began; an event without a time counts.
        accounts: Which it reaches: those of the caller, or of the resource.
        kinds: Of the policies: `scp`, `rcp`.
        refusals: How refused calls are named.
    """
    found: Counter[tuple[str, bool]] = Counter()
    for event in events:
        if not refusals.refused(event.error_code, event.error_message) or (
            event.instant is not None and event.instant < since
        ):
            continue
        if not {event.account, event.identity.account} & {*accounts}:
            continue
        message = event.error_message.lower()
        clear = any(_NAMED[kind] in message for kind in kinds)
        if clear or _ANY not in message:
            who = event.identity
            # A role, whatever its sessions are called; a federated user is one of its own.
            principal = who.arn if who.kind == _FEDERATED else who.issuer_arn or who.arn
            group = group_name(who.account or event.account, principal, event.source, event.name)
            found[group, clear] += 1
    return tuple(Denial(group=group, calls=calls, clear=clear) for (group, clear), calls in sorted(found.items()))


def judge(denials: Iterable[Denial], foretold: Foretold | None) -> Judged:
    """Hold denials against the replay; without one, nothing was foretold.

    More calls of a group in so short a time than the whole replay had are no longer the ones it foretold.
    """
    told = foretold.calls if foretold is not None else {}
    expected = 0
    unexpected: dict[str, int] = {}
    unclear: dict[str, int] = {}
    for one in denials:
        most = told.get(one.group, 0)
        if one.calls <= most:
            expected += one.calls
        elif one.clear:
            expected += most
            unexpected[one.group] = one.calls - most
        else:
            unclear[one.group] = one.calls
    return Judged(foretold=expected, unexpected=unexpected, unclear=unclear)
