"""What a trail shows denied since a change of guardrails began, and up to when it tells."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rootwarden.facts.instant import parse_instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rootwarden.attachment.denials import Watched
    from rootwarden.attachment.plan import Plan
    from rootwarden.attachment.progress import Progress

# CloudTrail names a file after its account and the minute it was delivered in
# (CloudTrail user guide, *Log file name format*).
_DELIVERED: Final = re.compile(r"(\d{12})_CloudTrail_[a-z0-9-]+_(\d{8}T\d{4})Z_")
_NEVER: Final = datetime.fromtimestamp(0, UTC)


def watched(plan: Plan, progress: Progress, paths: tuple[str, ...], *, profile: str, region: str) -> Watched:
    """Read a trail since the first wave.

    Raises:
        RootwardenError: Something is not there, or cannot be listed.
    """
    from rootwarden.attachment.denials import Watched, denials_in
    from rootwarden.cli.trail_reading import Asked, listing_of, read, tell
    from rootwarden.detect.visits.interest import Interest
    from rootwarden.iam.usage.refusals import refusals_of
    from rootwarden.packs.event_names import event_names

    refusals = refusals_of(event_names())
    began = progress.since()
    asked = Asked(paths=paths, start=began, profile=profile, region=region)
    with read(asked, Interest(calls=frozenset(), refusals=refusals)) as (done, spool):
        denials = denials_in(
            spool.events(),
            since=parse_instant(began) or _NEVER,
            accounts=progress.reached(),
            kinds={one.kind for one in plan.policies},
            refusals=refusals,
        )
        tell(done, f"{sum(one.calls for one in denials):,} denied calls since {began}")
    listing, _ = listing_of(asked)
    wave = next((one.accounts for one in plan.waves if one.number == progress.waiting), ())
    until = newest((each.name for each in listing.objects()), frozenset(wave) or progress.reached())
    return Watched(denials=denials, until=until, complete=not done.unread and not done.interrupted)


def newest(names: Iterable[str], accounts: Collection[str]) -> datetime | None:
    """Up to when logs tell of accounts: when their newest was delivered, or its last record where no name says it.

    Args:
        names: Of the logs.
        accounts: Whose; what others did says nothing of them.

    Returns:
        `None` when no log is of them.
    """
    found = max((_until(name, accounts) for name in names), default=_NEVER)
    return found if found > _NEVER else None


def _until(name: str, accounts: Collection[str]) -> datetime:
    found = _DELIVERED.search(name)
    if found is not None:
        mine = found[1] in accounts
        return datetime.strptime(found[2], "%Y%m%dT%H%M").replace(tzinfo=UTC) if mine else _NEVER
    if name.startswith("s3://"):
        return _NEVER
    from rootwarden.trail.usage import UsageScan

    times = (
        parse_instant(call.time or "")
        for calls in UsageScan(Path(name), name=name).calls()
        for call in calls
        if call.account in accounts
    )
    return max((each for each in times if each is not None), default=_NEVER)
