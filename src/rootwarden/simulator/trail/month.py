"""The plan of a month: which story happens where and when, and which log files come of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.simulator.trail.files import LogFile, Oddity
from rootwarden.simulator.trail.ledger import Ledger
from rootwarden.simulator.trail.organization import MANAGEMENT, Organization, make_organization
from rootwarden.simulator.trail.signing import Given
from rootwarden.simulator.trail.stage import Stage
from rootwarden.simulator.trail.stories import MANAGES, STORIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rootwarden.simulator.trail.ledger import Delivered
    from rootwarden.simulator.trail.stories import Story


START: Final = datetime(2026, 3, 1, tzinfo=UTC)
# An account is left quiet for a day between two stories: nothing of one is read into the other.
_SLOT_DAYS: Final = 2
_DELIVERY: Final = timedelta(minutes=5)
_FILE_SIZE: Final = 500
_TOLD_NOISE, _MOST_TOLD_NOISE = 0.4, 220
_ECHO_SHARE, _AGAIN_SHARE, _MEMBERS_SHARE = 0.05, 0.1, 0.04
_MOST_ROUNDS: Final = 4
# Records behind the cut of a file whose end is missing are those of others.
_CUT_NOISE: Final = 200


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """What to make.

    Attributes:
        seed: The same seed gives the same bytes.
        accounts: Accounts of the organization, the management account and the audit account among them.
        days: How long.
        events: About how many distinct events; never fewer than the stories need.
        whole: Every log file has its end; else that of two is missing.
    """

    seed: int = 1
    accounts: int = 20
    days: int = 31
    events: int = 100_000
    whole: bool = False


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A month whose stories are told, and nothing written yet."""

    month: Month
    organization: Organization
    ledger: Ledger
    checkouts: tuple[Given, ...]
    untold: tuple[str, ...]


def tell(month: Month) -> Told:
    """Tell every story, each in an account and days of its own; in larger organizations several times.

    Where there are too few accounts and days for that, some stay untold.
    """
    organization = make_organization(month.accounts)
    ledger = Ledger()
    checkouts: list[Given] = []
    random = Random(f"{month.seed}/places")  # noqa: S311 - made-up visits are no secret
    places = list(_places(month, organization, random))
    untold = {story.name for story in STORIES} - {story.name for story, account, _ in places if account != MANAGEMENT}
    for number, (story, account, day) in enumerate(places):
        own = Random(f"{month.seed}/{number}/{story.name}")  # noqa: S311 - made-up data, not a secret
        stage = Stage(
            story=story.name,
            random=own,
            account=account,
            day=day,
            organization=organization,
            ledger=ledger,
            checkouts=checkouts,
        )
        story.tell(stage)
    checkouts.sort(key=lambda given: (given.line.start, given.line.lease))
    return Told(
        month=month, organization=organization, ledger=ledger, checkouts=tuple(checkouts), untold=tuple(sorted(untold))
    )


def _places(month: Month, organization: Organization, random: Random) -> Iterator[tuple[Story, str, datetime]]:
    slots = dict.fromkeys(organization.members[1:], month.days // _SLOT_DAYS)
    needed = sum(_slots(story) for story in STORIES)
    rounds = min(sum(slots.values()) // (2 * needed), _MOST_ROUNDS) or 1
    told = [story for _ in range(rounds) for story in STORIES]
    random.shuffle(told)
    if sum(slots.values()) >= needed:
        # The long ones first, or no account has room for them any more.
        told.sort(key=_slots, reverse=True)
    yield from _placed(told, slots, random)
    manages = {MANAGEMENT: month.days // _SLOT_DAYS}
    yield from _placed([story for _ in range(min(rounds, 2)) for story in MANAGES], manages, random)


def _placed(told: Sequence[Story], slots: dict[str, int], random: Random) -> Iterator[tuple[Story, str, datetime]]:
    agenda: dict[str, list[Story]] = {account: [] for account in slots}
    free = dict(slots)
    for story in told:
        # A small month tells what it has room for.
        if room := [account for account in agenda if _has_room(story, free[account], agenda[account])]:
            account = random.choice(room)
            agenda[account].append(story)
            free[account] -= _slots(story)
    for account, stories in agenda.items():
        random.shuffle(stories)
        slot = 0
        for story in stories:
            pause = random.randint(0, free[account])
            free[account] -= pause
            yield story, account, START + timedelta(days=_SLOT_DAYS * (slot + pause))
            slot += pause + _slots(story)


def _has_room(story: Story, left: int, agenda: Sequence[Story]) -> bool:
    return left >= _slots(story) and not (story.once and story in agenda)


def _slots(story: Story) -> int:
    return -(-(story.days + 1) // _SLOT_DAYS)


def log_files(told: Told) -> list[LogFile]:
    """The log files of a month: those in which root is, among others, and those of everybody else."""
    random = Random(f"{told.month.seed}/files")  # noqa: S311 - made-up data, not a secret
    groups: dict[tuple[str, str, datetime], list[Delivered]] = defaultdict(list)
    for each in told.ledger.delivered:
        groups[each.account, each.region, _delivery(each.at)].append(each)
    left = max(told.month.events - told.ledger.events, 0)
    share = min(int(left * _TOLD_NOISE / max(len(groups), 1)), _MOST_TOLD_NOISE)
    files: list[LogFile] = []
    for place, delivered in sorted(groups.items(), key=lambda group: group[0]):
        count = random.randint(0, 2 * share)
        files.append(_file(len(files), place, delivered, min(count, left), random))
        left -= files[-1].noise
    files += _others(told, len(files), left, random)
    return files if told.month.whole else _with_cuts(files)


def _file(
    number: int, place: tuple[str, str, datetime], delivered: list[Delivered], noise: int, random: Random
) -> LogFile:
    account, region, at = place
    return LogFile(
        number=number,
        account=account,
        region=region,
        at=at,
        bodies=tuple(each.body for each in delivered),
        copies=sum(each.copy for each in delivered),
        late=sum(each.happened.date() < at.date() for each in delivered),
        noise=noise,
        again=random.random() < _AGAIN_SHARE,
        oddity=Oddity.SEVERAL_MEMBERS if random.random() < _MEMBERS_SHARE else Oddity.NONE,
    )


def _others(told: Told, first: int, left: int, random: Random) -> list[LogFile]:
    files: list[LogFile] = []
    accounts, regions = told.organization.accounts, told.organization.regions
    while left > 0:
        count = min(random.randint(_FILE_SIZE * 3 // 5, _FILE_SIZE * 7 // 5), left)
        at = _delivery(START + timedelta(seconds=random.randrange(1800, told.month.days * 86_400)))
        place = (random.choice(accounts), random.choice(regions), at)
        echoed = _bare(files[-1]) if files and random.random() < _ECHO_SHARE else None
        if echoed is not None:
            place = (echoed.account, echoed.region, _delivery(echoed.at + timedelta(hours=random.randint(0, 60))))
        made = _file(first + len(files), place, [], count, random)
        made = msgspec.structs.replace(made, echoed=echoed)
        files.append(made)
        left -= count
    return files


def _bare(file: LogFile) -> LogFile:
    """A file without what it took from another, so that echoes of echoes do not pile up."""
    return msgspec.structs.replace(file, bodies=(), echoed=None)


def _with_cuts(files: list[LogFile]) -> list[LogFile]:
    """Cut off the end of one file without root, and of one whose root events stand before the cut."""
    for of_root in (True, False):
        usual = (n for n, each in enumerate(files) if bool(each.bodies) is of_root and each.oddity is Oddity.NONE)
        if (place := next(usual, None)) is not None:
            noise = max(files[place].noise, _CUT_NOISE)
            files[place] = msgspec.structs.replace(
                files[place], oddity=Oddity.TRUNCATED, again=False, echoed=None, noise=noise
            )
    return files


def _delivery(at: datetime) -> datetime:
    """Files are written every five minutes."""
    return at - timedelta(minutes=at.minute % 5, seconds=at.second, microseconds=at.microsecond) + _DELIVERY
