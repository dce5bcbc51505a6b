"""What journals show of each wave: removed is what was looked at and seen to be gone, and nothing else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.credentials.rig import left
from tests.credentials.test_apply import ALL_HOLDER, KEY_HOLDER, with_hold
from tests.credentials.test_kill import killed_at
from tests.credentials.test_undo_and_verify import taken_back

from rootwarden.credentials.apply import Applying
from rootwarden.credentials.course import LEFT_ALONE, SAW, SAW_AT, works_of
from rootwarden.credentials.holdings import counted
from rootwarden.credentials.plan import State
from rootwarden.facts.instant import parse_instant
from rootwarden.fleet.removal import KINDS, removal_of
from rootwarden.fleet.removal_work import KIND_NAMES, any_of, wave_done
from rootwarden.rollout.entry import LONGEST_LINE, Kind, spelled
from rootwarden.rollout.reading import read_journal
from rootwarden.simulator.knobs import Deny

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.credentials.rig import Rig

    from rootwarden.credentials.plan import Plan
    from rootwarden.fleet.removal import Removal
    from rootwarden.fleet.removal_work import WaveDone, Work


def works(rig: Rig, *names: str) -> tuple[Work, ...]:
    files = names or ("journal.jsonl",)
    return tuple(work for name in files for work in works_of(read_journal(rig.folder / name).entries))


def course(rig: Rig, *names: str) -> Removal:
    """As `credentials progress` makes it of journals alone."""
    return removal_of((), works(rig, *names))


def waves(rig: Rig) -> list[WaveDone]:
    return [wave_done(work) for work in works(rig)]


def test_the_kinds_are_those_of_the_archive() -> None:
    assert tuple(KINDS) == KIND_NAMES


def test_what_was_removed_when_wave_by_wave(rig: Rig) -> None:
    plan = rig.plan(canaries=(ALL_HOLDER,), cap=4)
    for number in range(1, len(plan.waves.waves) + 1):
        rig.apply(plan, through=number)
        rig.sleep(1)
    found = course(rig)
    assert [(wave.number, wave.accounts, wave.none) for wave in found.waves] == [
        (wave.number, len(wave.accounts), len(wave.accounts)) for wave in plan.waves.waves
    ]
    days = [wave.ended.day for wave in found.waves if wave.ended is not None]
    assert days == list(range(2, 2 + len(plan.waves.waves)))
    assert {each.kind: each.removed for each in found.waves[0].removed} == {
        "password": 1,
        "access-key": 1,
        "certificate": 0,
        "mfa-device": 2,
    }
    first = found.points[0]
    assert (first.by, first.as_of, first.members, first.have, first.unknown) == (
        "the plan looked",
        plan.as_of,
        12,
        12,
        0,
    )
    have = [point.have for point in found.points]
    assert have == sorted(have, reverse=True)
    assert (found.points[-1].none, found.remaining, found.undecided) == (12, (), ())


def test_a_wave_that_was_not_begun_is_as_the_plan_saw_it(rig: Rig) -> None:
    plan = rig.plan(canaries=(ALL_HOLDER,))
    rig.sleep(2)
    rig.apply(plan, through=1)
    first, *rest = waves(rig)
    assert (first.none, first.unknown) == (1, 0)
    assert rest
    assert all((wave.have, wave.began, wave.planned) == (wave.accounts, None, plan.as_of) for wave in rest)
    found = course(rig)
    assert (len(found.remaining), found.undecided) == (11, ())
    assert found.points[0].as_of == plan.as_of
    assert {each.kind: each.have for each in found.points[0].kinds} == held(rig.plan("now"), plan)


def held(now: Plan, before: Plan) -> dict[str, int]:
    """Members with each kind, as the plan's own file has it; the canary's are gone since."""
    counts = [counted(one.seen) for one in before.accounts if one.seen is not None and one.state is State.READY]
    assert len([one for one in now.accounts if one.state is State.READY]) == len(counts) - 1
    return {kind: sum(bool(each[kind]) for each in counts) for kind in KIND_NAMES}


def test_a_journal_that_does_not_tell_what_the_plan_saw(rig: Rig) -> None:
    """As they were written before: what was not begun is not known, and the plot begins with the removal."""
    rig.apply(rig.plan(canaries=(ALL_HOLDER,)), through=1)
    entries = read_journal(rig.folder / "journal.jsonl").entries
    older = [
        msgspec.structs.replace(
            entry, parameters={name: each for name, each in entry.parameters.items() if name not in {SAW, SAW_AT}}
        )
        for entry in entries
    ]
    found = removal_of((), works_of(older))
    assert (len(found.undecided), found.remaining, found.points[0].by) == (11, (), "the removal begins")
    assert {wave.planned for wave in found.waves} == {None}


@pytest.mark.parametrize(
    "changed",
    [
        lambda _number: {SAW: "all"},
        lambda _number: {SAW: []},
        lambda number: {SAW: [[True, False]] * number},
        lambda number: {SAW: [None] * number},
        lambda number: {SAW: [["yes", 1, None, {}]] * number},
        lambda _number: {SAW_AT: "soon"},
        lambda _number: {SAW_AT: None},
    ],
    ids=["a word", "too few", "kinds missing", "nobody looked", "other values", "no instant", "null"],
)
def test_what_is_not_as_a_plan_is_written_down_shows_nothing(
    rig: Rig, changed: Callable[[int], dict[str, Any]]
) -> None:
    rig.apply(rig.plan())
    spoilt = [
        msgspec.structs.replace(entry, parameters=entry.parameters | changed(len(entry.parameters["accounts"])))
        if SAW in entry.parameters
        else entry
        for entry in read_journal(rig.folder / "journal.jsonl").entries
        if entry.kind is not Kind.SEEN
    ]
    found = removal_of((), works_of(spoilt))
    assert (found.points[0].unknown, found.remaining) == (12, ())


def test_a_plan_cannot_have_seen_anything_after_it_was_written_down(rig: Rig) -> None:
    rig.apply(rig.plan(), through=1)
    entries = read_journal(rig.folder / "journal.jsonl").entries
    later = [
        msgspec.structs.replace(entry, parameters=entry.parameters | {SAW_AT: "2099-01-01T00:00:00Z"})
        if SAW in entry.parameters
        else entry
        for entry in entries
    ]
    begun = parse_instant(entries[0].at)
    assert {look.at for work in works_of(later) for look in work.planned} == {begun}


@pytest.mark.parametrize("writes", range(6, 20))
def test_a_run_that_was_killed_calls_nothing_removed_that_nobody_saw(rig: Rig, writes: int) -> None:
    plan = rig.plan(canaries=(ALL_HOLDER,))
    killed_at(rig, plan, writes, "after")
    holders = set(left(rig.simulator.world))
    looks = [look for work in works(rig) for stretch in work.stretches for look in stretch.looks]
    assert looks
    assert not [look for look in looks if any_of(look.kinds) is False and look.account in holders]


def test_after_a_call_the_account_is_not_known_until_somebody_looks(rig: Rig) -> None:
    plan = rig.plan(canaries=(KEY_HOLDER,))
    rig.simulator.knobs.add(Deny(account=KEY_HOLDER, call="iam:DeleteAccessKey"))
    rig.apply(plan)
    (look,) = waves(rig)[:1]
    assert (look.have, look.none, look.unknown) == (0, 0, 1)
    found = course(rig)
    assert KEY_HOLDER in found.undecided
    assert KEY_HOLDER not in found.remaining


def test_a_sleeping_key_is_still_there(rig: Rig) -> None:
    plan = rig.plan(hold=with_hold(rig), wait_days=14)
    done = rig.apply(plan)
    assert course(rig).remaining == tuple(sorted(done.waiting))


def test_a_password_that_may_be_recovered_again_is_not_known(rig: Rig) -> None:
    plan = rig.plan()
    rig.apply(plan)
    before = sum(each.removed for wave in waves(rig) for each in wave.removed)
    rig.sleep(1)
    taken_back(rig, plan, ALL_HOLDER)
    found = course(rig)
    assert (found.remaining, found.undecided) == ((), (ALL_HOLDER,))
    assert sum(each.removed for wave in found.waves for each in wave.removed) == before - 1


def test_an_account_that_was_passed_over_is_not_known(rig: Rig) -> None:
    plan = rig.plan()
    rig.simulator.world.account(KEY_HOLDER).state = "SUSPENDED"
    rig.apply(plan)
    assert course(rig).undecided == (KEY_HOLDER,)


@pytest.mark.parametrize(
    ("call", "remaining", "undecided"),
    [
        pytest.param("iam:ListMFADevices", (KEY_HOLDER,), (), id="a key was seen"),
        pytest.param("iam:ListAccessKeys", (), (KEY_HOLDER,), id="its keys were not"),
    ],
)
def test_what_the_plan_left_alone_is_as_the_plan_saw_it(
    rig: Rig, call: str, remaining: tuple[str, ...], undecided: tuple[str, ...]
) -> None:
    rig.simulator.knobs.add(Deny(account=KEY_HOLDER, call=call))
    rig.apply(rig.plan())
    (alone,) = (wave for wave in waves(rig) if not wave.number)
    assert (alone.name, alone.accounts) == (LEFT_ALONE, 1)
    assert (alone.have, alone.unknown) == (len(remaining), len(undecided))
    found = course(rig)
    assert (found.remaining, found.undecided) == (remaining, undecided)


def test_two_journals_are_followed_in_order_of_time(rig: Rig) -> None:
    """A second plan finds what the first left alone."""
    rig.simulator.knobs.add(Deny(account=KEY_HOLDER, call="iam:ListMFADevices"))
    rig.apply(rig.plan(), "first.jsonl")
    rig.simulator.knobs.reset()
    rig.sleep(7)
    rig.apply(rig.plan("again"), "second.jsonl")
    assert left(rig.simulator.world) == []
    both = course(rig, "second.jsonl", "first.jsonl")
    assert (both.remaining, both.undecided, both.points[-1].none) == ((), (), 12)
    assert len({wave.journal for wave in both.waves}) == 2


def test_waves_are_announced_once_and_mended_after_a_kill(rig: Rig) -> None:
    plan = rig.plan(cap=2)
    for _ in range(3):
        killed_at(rig, plan, 2, "before")
    rig.apply(plan)
    entries = read_journal(rig.folder / "journal.jsonl").entries
    named = [account for entry in entries if "wave" in entry.parameters for account in entry.parameters["accounts"]]
    assert sorted(named) == sorted(one.account for one in plan.ready())


def test_a_wave_of_thousands_fits_into_lines(rig: Rig) -> None:
    plan = rig.plan()
    wave = msgspec.structs.replace(plan.waves.waves[0], accounts=tuple(f"{number:012d}" for number in range(5000)))
    large = msgspec.structs.replace(plan, waves=msgspec.structs.replace(plan.waves, waves=(wave,)))
    with rig.journal(plan) as journal:
        run = Applying(
            plan=large, journal=journal, members=rig.members(), clock=rig.clock, stop=threading.Event(), workers=1
        )
        with pytest.raises(KeyError):  # the accounts are made up: only what is announced counts here
            run.run()
    lines = [spelled(entry) for entry in read_journal(rig.folder / "journal.jsonl").entries]
    assert max(map(len, lines)) < LONGEST_LINE
    assert len(works(rig)[0].accounts) == 5000
