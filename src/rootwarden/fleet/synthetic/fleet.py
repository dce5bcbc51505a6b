"""A synthetic fleet in full: accounts with names and assets, every root use with its instant, samples of all of it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from math import log
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.fleet.synthetic.assets import Assets, draw_assets
from rootwarden.fleet.synthetic.plan import plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.fleet.published import Published
    from rootwarden.fleet.synthetic.plan import PlannedAccount

_WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
# Older than any key has to be, so that old keys fit into every account's life.
_YOUNGEST: Final = timedelta(days=120)
# The report is made so long before the as-of, and every use of the week before that: each is seen by its own sample.
REPORT_LEAD: Final = timedelta(minutes=20)
_MARGIN: Final = timedelta(hours=1)
_OPENED: Final = datetime(2014, 3, 1, tzinfo=UTC)
_OLDEST_KEY_AGE: Final = timedelta(days=2500)
# Keys are rotated between a sample and the first use of the next week, so that no use is lost with its key.
_ROTATION: Final = timedelta(weeks=8)
_AFTER_SAMPLE: Final = timedelta(minutes=30)
_USED_BEFORE: Final = 0.7


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One life of an access key: from `made` until the next one is."""

    made: datetime


class SyntheticAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account and its root user.

    Attributes:
        id: Twelve digits, visibly fake.
        name: Unique in its organization.
        organization: `o-fake…`.
        management: It is its organization's management account.
        created: When it was created.
        mfa: Root has an MFA device.
        users: Names of its IAM users.
        assets: Counts at each sample.
        keys: Lives of root's access key, in order; empty without one.
        console_uses: Every console sign-in of root.
        key_uses: Every use of root's key.
    """

    id: str
    name: str
    organization: str
    management: bool
    created: datetime
    mfa: bool
    users: tuple[str, ...]
    assets: tuple[Assets, ...]
    keys: tuple[Key, ...]
    console_uses: tuple[datetime, ...]
    key_uses: tuple[datetime, ...]


class SyntheticFleet(msgspec.Struct, frozen=True, kw_only=True):
    """A whole fleet.

    Attributes:
        seed: What it was drawn from.
        accounts: In order of organization and id.
        samples: Instants each organization is looked at, by its id.
    """

    seed: int
    accounts: tuple[SyntheticAccount, ...]
    samples: dict[str, tuple[datetime, ...]]

    def first(self, organizations: int) -> SyntheticFleet:
        """So many organizations of it, the first by their ids, as they are in the whole."""
        kept = set(sorted(self.samples)[:organizations])
        return SyntheticFleet(
            seed=self.seed,
            accounts=tuple(one for one in self.accounts if one.organization in kept),
            samples={one: instants for one, instants in self.samples.items() if one in kept},
        )


def synthetic_fleet(study: Published, seed: int) -> SyntheticFleet:
    """Draw a fleet whose study gives the figures of a published one.

    Args:
        study: The figures.
        seed: The same seed gives the same fleet.

    Raises:
        InternalError: When no fleet has these figures.
    """
    planned = plan(study.counts, study.weeks, seed)
    random = Random(f"{seed}/details")  # noqa: S311 - made-up data, not a secret
    samples = _samples(study, planned)
    assets = draw_assets([each.size for each in planned], study.counts.iam_users, study.weeks, random)
    opened = min(instants[0] for instants in samples.values())
    accounts = []
    for number, (each, mine) in enumerate(zip(planned, assets, strict=True)):
        home = organization_id(each.organization)
        created = _between(random, _OPENED, opened - _YOUNGEST)
        first = number == 0 or planned[number - 1].organization != each.organization
        before = samples[home][0] - _WEEK - _DAY
        keys = _keys(each, created, samples[home], random)
        accounts.append(
            SyntheticAccount(
                id=f"0000{number:08d}",
                name=f"{'management' if first else 'workload'}-{number:04d}",
                organization=home,
                management=first,
                created=created,
                mfa=each.mfa,
                users=tuple(f"user-{place:04d}" for place in range(mine[0].iam_users)),
                assets=mine,
                keys=keys,
                console_uses=_uses(each.console, samples[home], created, before, random),
                key_uses=_uses(each.keys, samples[home], keys[0].made, before, random) if keys else (),
            )
        )
    return SyntheticFleet(seed=seed, accounts=tuple(accounts), samples=samples)


def organization_id(number: int) -> str:
    """Shaped as AWS shapes them, and visibly fake."""
    return f"o-fake{number:06d}"


def _samples(study: Published, planned: Sequence[PlannedAccount]) -> dict[str, tuple[datetime, ...]]:
    """Each organization is sampled at an hour of its own, every week."""
    first = datetime.combine(study.first, time(2), tzinfo=UTC)
    numbers = sorted({each.organization for each in planned})
    return {
        organization_id(number): tuple(
            first + timedelta(minutes=5 * number) + _WEEK * week for week in range(study.weeks)
        )
        for number in numbers
    }


def _uses(
    weeks: frozenset[int], samples: Sequence[datetime], since: datetime, before: datetime, random: Random
) -> tuple[datetime, ...]:
    """Uses in the given weeks, several in some; and for most accounts one long before the first sample."""
    uses = [_between(random, since, before)] if random.random() < _USED_BEFORE and since < before else []
    # As often in a week as uses at a steady rate would be, if so many of the weeks have any.
    share = min(len(weeks), len(samples) - 0.5) / len(samples)
    rate = -log(1 - share)
    for week in sorted(weeks):
        first, last = samples[week] - _WEEK + _MARGIN, samples[week] - REPORT_LEAD - _MARGIN
        uses += [_between(random, first, last) for _ in range(_at_least_one(random, rate))]
    return tuple(sorted(uses))


def _at_least_one(random: Random, rate: float) -> int:
    """A Poisson number of the given mean, drawn until it is not 0."""
    while True:
        count, left = 0, random.expovariate(1.0)
        while left < rate:
            count, left = count + 1, left + random.expovariate(1.0)
        if count:
            return count


def _keys(planned: PlannedAccount, created: datetime, samples: Sequence[datetime], random: Random) -> tuple[Key, ...]:
    """An old key was made before the period and stays; a rotated one never becomes old."""
    if not planned.holds_key:
        return ()
    if not planned.rotates:
        return (Key(made=_between(random, max(created, samples[0] - _OLDEST_KEY_AGE), samples[0] - 100 * _DAY)),)
    made = [samples[0] - random.randint(2, 7) * _WEEK + _AFTER_SAMPLE]
    while made[-1] + _ROTATION < samples[-1]:
        made.append(made[-1] + _ROTATION)
    return tuple(Key(made=each) for each in made)


def _between(random: Random, first: datetime, last: datetime) -> datetime:
    """A whole second between two instants."""
    return first + timedelta(seconds=random.randrange(max(int((last - first).total_seconds()), 1)))
