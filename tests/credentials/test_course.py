"""What journals show of each wave: removed is what was looked at and seen to be gone, and nothing else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.credentials.rig import left
from tests.credentials.test_apply import ALL_HOLDER, KEY_HOLDER, with_hold
from tests.credentials.test_kill import killed_at
from tests.credentials.test_undo_and_verify import taken_back

from rootwarden.credentials.apply import Applying
from rootwarden.credentials.course import LEFT_ALONE, works_of
from rootwarden.fleet.removal import KINDS, removal_of
from rootwarden.fleet.removal_work import KIND_NAMES, any_of, wave_done
from rootwarden.rollout.entry import LONGEST_LINE, spelled
from rootwarden.rollout.reading import read_journal
from rootwarden.simulator.knobs import Deny

if TYPE_CHECKING:
    from tests.credentials.rig import Rig

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
    unknown = [point.unknown for point in found.points]
    assert unknown[0] == 12
    assert unknown == sorted(unknown, reverse=True)
    assert (found.points[-1].none, found.remaining, found.undecided) == (12, (), ())


def test_a_wave_that_was_not_begun_is_not_known(rig: Rig) -> None:
    rig.apply(rig.plan(canaries=(ALL_HOLDER,)), through=1)
    first, *rest = waves(rig)
    assert (first.none, first.unknown) == (1, 0)
    assert all((wave.none, wave.unknown, wave.began) == (0, wave.accounts, None) for wave in rest)
    assert len(course(rig).undecided) == 11


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
    assert course(rig).remaining == ()


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


def test_what_the_plan_left_alone_is_not_known(rig: Rig) -> None:
    rig.simulator.knobs.add(Deny(account=KEY_HOLDER, call="iam:ListMFADevices"))
    rig.apply(rig.plan())
    (alone,) = (wave for wave in waves(rig) if not wave.number)
    assert (alone.name, alone.accounts, alone.unknown) == (LEFT_ALONE, 1, 1)
    assert course(rig).undecided == (KEY_HOLDER,)


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
