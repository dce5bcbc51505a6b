"""Silence is an alarm: what should have been heard by now and was not, as concerns. No clock: callers say when it is.

CloudTrail delivers a digest an hour for each account and region, also when nothing happened (*Digest file structure*,
CloudTrail user guide), so that an hour without one means something. Where a trail writes no digests, a canary tells:
a harmless call each day in each region, which must come through.

One cause is one concern: an account whose regions fall silent together has one, and when most of all fall silent
together it is the way here that is broken, which is one concern again.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.incident import Concern, ConcernKind, Reason, Severity
from rootwarden.facts.instant import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

_NAMED: Final = 8
# From so many sources on, most of them silent at once means the way here and not the sources.
_FEWEST_FOR_ALL: Final = 4


class Sign(StrEnum):
    """What was heard."""

    DIGEST = "digest"
    CANARY = "canary"
    ANYTHING = "anything"


class Source(msgspec.Struct, frozen=True, order=True):
    """What is expected to be heard, and where from.

    Attributes:
        sign: What.
        account: Twelve digits; empty for the queue as a whole.
        region: A region; empty for the queue as a whole.
    """

    sign: Sign
    account: str = ""
    region: str = ""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long each sign may be missing before it is said.

    Attributes:
        digest: An hour between digests, and CloudTrail may be late.
        canary: A day between canaries.
        anything: Between two messages of any kind, for a queue that should never rest.
    """

    digest: timedelta = timedelta(hours=3)
    canary: timedelta = timedelta(hours=26)
    anything: timedelta = timedelta(hours=2)

    def of(self, sign: Sign) -> timedelta:
        """For one sign."""
        return {Sign.DIGEST: self.digest, Sign.CANARY: self.canary, Sign.ANYTHING: self.anything}[sign]


def silences(
    heard: Mapping[Source, datetime | None], as_of: datetime, *, since: datetime, patience: Patience
) -> tuple[Concern, ...]:
    """What has been silent for too long.

    Args:
        heard: When each expected source was last heard; `None` if never.
        as_of: Now.
        since: When listening began: what was never heard is silent since then.
        patience: How long is too long.

    Returns:
        Concerns in order of account; the same silence has the same id until it is broken.
    """
    late = {
        source: last or since for source, last in heard.items() if as_of - (last or since) > patience.of(source.sign)
    }
    for sign in Sign:
        expected = [source for source in heard if source.sign is sign]
        missing = [source for source in expected if source in late]
        if len(expected) >= _FEWEST_FOR_ALL and 2 * len(missing) > len(expected):
            return (_of_all(missing, len(expected), late),)
    together: dict[tuple[str, Sign], list[Source]] = defaultdict(list)
    for source in sorted(late):
        together[source.account, source.sign].append(source)
    return tuple(_of_account(sources, late) for _, sources in sorted(together.items()))


def _of_all(missing: Sequence[Source], expected: int, late: Mapping[Source, datetime]) -> Concern:
    sign = missing[0].sign
    words = f"no {sign.value} from {len(missing)} of {expected} sources: the way from CloudTrail to here may be broken"
    return _concern("", f"no-{sign.value}", words, missing, late)


def _of_account(sources: Sequence[Source], late: Mapping[Source, datetime]) -> Concern:
    since, account, sign = min(late[source] for source in sources), sources[0].account, sources[0].sign
    if sign is Sign.ANYTHING:
        words = f"no message of any kind since {format_instant(since)}: the queue or what feeds it may be gone"
        return _concern(account, "no-message", words, sources, late)
    regions = sorted({source.region for source in sources})
    named = ", ".join(regions[:_NAMED]) + (f" and {len(regions) - _NAMED} more" if len(regions) > _NAMED else "")
    words = f"no {sign.value} from {named} since {format_instant(since)}: root could act there unseen"
    return _concern(account, f"no-{sign.value}", words, sources, late)


def _concern(
    account: str, code: str, words: str, sources: Iterable[Source], late: Mapping[Source, datetime]
) -> Concern:
    started = min(late[source] for source in sources)
    # Not of the sources: another region that falls silent too is the same silence, grown.
    digest = hashlib.sha256(f"{code}\n{account}\n{format_instant(started)}".encode()).hexdigest()[:16]
    return Concern(
        id=f"silence-{account or 'all'}-{digest}",
        kind=ConcernKind.SILENCE,
        account=account,
        actor="",
        started=started,
        severity=Severity.PAGE,
        reasons=(Reason(code=code, words=words, severity=Severity.PAGE),),
    )
