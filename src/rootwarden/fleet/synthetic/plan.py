"""The plan of a synthetic fleet: who uses root in which week, how, and from what kind of account.

Made by satisfying constraints one after the other: uses by account, their organizations and weeks, key uses among
them, MFA, sizes, keys that are only held. What is free is drawn at random; a draw that leads nowhere is drawn again.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import msgspec

from rootwarden.errors import InternalError
from rootwarden.fleet.parameters import SIZES
from rootwarden.fleet.synthetic.drawing import parts, subset
from rootwarden.fleet.synthetic.weeks import spread_over_weeks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rootwarden.fleet.published import Counts

_MOST_ACCOUNTS = 60
_ATTEMPTS = 400
_KEY_USERS = 10
_MOST_KEY_ONLY = 6
_GUARDED = 0.6
_SIZE_ODDS = (60, 28, 12)


class PlannedAccount(msgspec.Struct, kw_only=True):
    """One account of the plan; filled in step by step.

    Attributes:
        organization: Index of its organization.
        console: Weeks with a console use.
        keys: Weeks with a key use.
        size: `small`, `medium` or `large`.
        mfa: Root has MFA.
        holds_key: Root has an active key.
        rotates: The key is rotated before it is old.
    """

    organization: int
    console: frozenset[int] = frozenset()
    keys: frozenset[int] = frozenset()
    size: str = ""
    mfa: bool = True
    holds_key: bool = False
    rotates: bool = False

    @property
    def weeks(self) -> frozenset[int]:
        """Weeks with a use."""
        return self.console | self.keys


def plan(counts: Counts, weeks: int, seed: int) -> tuple[PlannedAccount, ...]:
    """A fleet with these counts; the same seed gives the same fleet.

    Raises:
        InternalError: When the counts contradict each other, or no fleet was found.
    """
    for attempt in range(_ATTEMPTS):
        random = Random(f"{seed}/{attempt}")  # noqa: S311 - made-up data, not a secret
        made = _attempt(counts, weeks, random)
        if made is not None:
            return made
    raise InternalError("no fleet with these counts was found")


def _attempt(counts: Counts, weeks: int, random: Random) -> tuple[PlannedAccount, ...] | None:
    uses = draw_uses(counts, weeks, random)
    key_only = [place for place, each in enumerate(uses) if 1 < each <= _MOST_KEY_ONLY]
    lonely = random.sample(key_only, counts.organizations_used - counts.console_organizations)
    homes = _homes(counts, len(uses), lonely, random)
    used = spread_over_weeks(uses, homes, weeks, counts.organization_weeks, random)
    if used is None:
        return None
    users = [PlannedAccount(organization=home, console=used[place]) for place, home in enumerate(homes)]
    _use_keys(counts, users, lonely, random)
    fleet = users + _others(counts, homes, random)
    steps = (_leave_unguarded, _give_sizes, _give_keys)
    if not all(step(counts, fleet, random) for step in steps):
        return None
    return tuple(sorted(fleet, key=lambda each: each.organization))


def draw_uses(counts: Counts, weeks: int, random: Random) -> list[int]:
    """Uses of each account with one: the top ones make half together but not without the last of them.

    With half the uses at least among the top, taking away the least of the top leaves less than half when that least is
    more than what they have above half.
    """
    top, repeat, single = counts.half_of_uses_by, counts.repeat_accounts, counts.accounts_used - counts.repeat_accounts
    half = -(-counts.uses // 2)
    above = random.randint(0, 9)
    floor = max(above + 1, weeks // 2 - 1)
    heavy = parts(random, half + above, [floor] * top, [weeks] * top)
    rest = parts(random, counts.repeat_uses - sum(heavy), [2] * (repeat - top), [min(heavy)] * (repeat - top))
    return [*heavy, *rest, *[1] * single]


def _homes(counts: Counts, users: int, lonely: Sequence[int], random: Random) -> list[int]:
    """The organization of each account with uses; a lonely one has it for itself."""
    shared = counts.organizations_used - len(lonely)
    together = parts(random, users - len(lonely), [1] * shared, [users] * shared)
    slots = [home for home, many in enumerate(together) for _ in range(many)]
    random.shuffle(slots)
    alone = iter(range(shared, counts.organizations_used))
    return [next(alone) if place in lonely else slots.pop() for place in range(users)]


def _others(counts: Counts, homes: Sequence[int], random: Random) -> list[PlannedAccount]:
    """The accounts without uses; every organization has at least one account."""
    there = [homes.count(organization) for organization in range(counts.organizations)]
    least = [max(1, many) for many in there]
    sizes = parts(random, counts.accounts, least, [max(many, _MOST_ACCOUNTS) for many in least])
    return [
        PlannedAccount(organization=organization, mfa=random.random() < _GUARDED)
        for organization, size in enumerate(sizes)
        for _ in range(size - there[organization])
    ]


def _use_keys(counts: Counts, users: list[PlannedAccount], lonely: Sequence[int], random: Random) -> None:
    """Turn uses into key uses: all of the lonely accounts', some of others', some of these beside a console use."""
    for place in lonely:
        users[place].keys, users[place].console = users[place].console, frozenset()
        users[place].holds_key = True
    young = counts.key_uses - counts.old_key_uses
    rotating = counts.key_accounts - counts.old_key_accounts
    old = counts.old_key_uses - sum(len(users[place].keys) for place in lonely)
    able = [each for place, each in enumerate(users) if place not in lonely and len(each.console) > _KEY_USERS // 2]
    chosen = random.sample(able, rotating + min(_KEY_USERS, len(able) - rotating))
    for rotates, group, total in ((True, chosen[:rotating], young), (False, chosen[rotating:], old)):
        most = [len(each.console) - 1 for each in group]
        for each, many in zip(group, parts(random, total, [1] * len(group), most), strict=True):
            each.keys = frozenset(random.sample(sorted(each.console), many))
            each.holds_key = True
            each.rotates = rotates
    moments = [(each, week) for each in chosen for week in sorted(each.keys)]
    both = set(random.sample(range(len(moments)), counts.both_uses))
    for number, (each, week) in enumerate(moments):
        if number not in both:
            each.console -= {week}


def _leave_unguarded(counts: Counts, fleet: list[PlannedAccount], random: Random) -> bool:
    """Take MFA from accounts with console uses, in the given number of organizations, with the given number of uses."""
    by_home: dict[int, list[PlannedAccount]] = {}
    for each in fleet:
        if each.console:
            by_home.setdefault(each.organization, []).append(each)
    homes = sorted(by_home)
    for _ in range(_ATTEMPTS):
        without = random.sample(homes, counts.organizations_without_mfa)
        kept = {home: min(by_home[home], key=lambda each: len(each.console)) for home in without}
        free = [each for home in without for each in by_home[home] if each is not kept[home]]
        wanted = counts.uses_without_mfa - sum(len(each.console) for each in kept.values())
        chosen = subset(random, [(each, len(each.console)) for each in free], wanted) if wanted >= 0 else None
        if chosen is not None:
            for each in (*kept.values(), *chosen):
                each.mfa = False
            return True
    return False


def _give_sizes(counts: Counts, fleet: list[PlannedAccount], random: Random) -> bool:
    """Sizes by which the uses split as wanted; those of accounts without uses are free."""
    left = dict(zip(SIZES, (counts.small_uses, counts.medium_uses, counts.large_uses), strict=True))
    users = [each for each in fleet if each.weeks]
    random.shuffle(users)
    for each in sorted(users, key=lambda each: -len(each.weeks)):
        fitting = [size for size in SIZES if left[size] >= len(each.weeks)]
        if not fitting:
            return False
        (each.size,) = random.choices(fitting, weights=[left[size] for size in fitting])
        left[each.size] -= len(each.weeks)
    for each in fleet:
        if not each.weeks:
            (each.size,) = random.choices(SIZES, weights=_SIZE_ODDS)
    return not any(left.values())


def _give_keys(counts: Counts, fleet: list[PlannedAccount], random: Random) -> bool:
    """Keys that are held and not used, until accounts and organizations with keys are as many as wanted."""
    held = {each.organization for each in fleet if each.holds_key}
    others = sorted({each.organization for each in fleet} - held)
    more = counts.key_organizations - len(held)
    missing = counts.key_accounts - sum(each.holds_key for each in fleet)
    if not 0 <= more <= min(missing, len(others)):
        return False
    new = random.sample(others, more)
    firsts = [random.choice([each for each in fleet if each.organization == home]) for home in new]
    _hold(firsts)
    spare = [each for each in fleet if each.organization in held | set(new) and not each.holds_key]
    if len(spare) < missing - more:
        return False
    _hold(random.sample(spare, missing - more))
    return True


def _hold(accounts: Iterable[PlannedAccount]) -> None:
    for each in accounts:
        each.holds_key = True
