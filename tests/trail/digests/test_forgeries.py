"""Every way to change a trail's bucket is caught, online and of a copy; nothing forged is ever valid."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.trail.digests.worlds import START, World, counted, forger, told

from rootwarden.detect.visits.interest import Interest
from rootwarden.simulator import digest_forgeries as forgeries
from rootwarden.simulator.digests import HOUR, sample_log
from rootwarden.trail.digests import reading
from rootwarden.trail.digests.result import Verdict
from rootwarden.trail.scan import scan_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.trail.digests.result import Verification

HOURS = 8
FORGED = b'{"Records":[{"eventName":"ConsoleLogin","userIdentity":{"type":"Root"}}]}'


class Forgery(NamedTuple):
    """What is done, and what is found: the digests' and the log files' counts with metadata."""

    make: Callable[[World], object]
    digests: tuple[int, ...]
    files: tuple[int, ...]
    verdict: Verdict = Verdict.INVALID
    unlisted: tuple[int, int] = (0, 0)


def listed(world: World, hour: int) -> list[str]:
    return forgeries.listed_by(world.bucket, world.digests[hour])


def alter_log(world: World) -> None:
    forgeries.change_content(world.bucket, listed(world, 3)[0], b"GetCallerIdentity", b"NothingToSeeHere")


def append_member(world: World) -> None:
    forgeries.append_member(world.bucket, listed(world, 3)[0], FORGED)


def append_zeros(world: World) -> None:
    forgeries.append_bytes(world.bucket, listed(world, 3)[0], b"\0" * 512)


def cut_log(world: World) -> None:
    forgeries.cut(world.bucket, listed(world, 3)[0], 40)


def empty_log(world: World) -> None:
    forgeries.cut(world.bucket, listed(world, 3)[0], 0)


def remove_log(world: World) -> None:
    forgeries.remove(world.bucket, listed(world, 3)[0])


def plant_log(world: World) -> None:
    forgeries.plant(world.trail, START + 3.4 * HOUR, FORGED)


def plant_late_log(world: World) -> None:
    forgeries.plant(world.trail, START + HOURS * HOUR + timedelta(minutes=30), FORGED)


def plant_odd_name(world: World) -> None:
    folder = listed(world, 3)[0].rpartition("/")[0]
    forgeries.copy_to(world.bucket, listed(world, 3)[0], f"{folder}/evil.json.gz")


def plant_at_the_top(world: World) -> None:
    name = listed(world, 3)[0]
    forgeries.copy_to(
        world.bucket, name, f"AWSLogs/{name.split('/')[1]}/CloudTrail/us-east-1/{name.rpartition('/')[2]}"
    )


def alter_digest(world: World) -> None:
    forgeries.change_content(world.bucket, world.digests[3], b'"digestEndTime"', b' "digestEndTime"')


def alter_newest_digest(world: World) -> None:
    forgeries.change_content(world.bucket, world.digests[-1], b'"digestEndTime"', b' "digestEndTime"')


def append_to_digest(world: World) -> None:
    forgeries.append_member(world.bucket, world.digests[3], b"{}")


def junk_digest(world: World) -> None:
    forgeries.change_content(world.bucket, world.digests[3], b'"awsAccountId"', b'"account"')


def remove_digest(world: World) -> None:
    forgeries.remove(world.bucket, world.digests[3])


def remove_digest_and_logs(world: World) -> None:
    forgeries.remove(world.bucket, *listed(world, 3), world.digests[3])


def remove_two_digests_and_logs(world: World) -> None:
    forgeries.remove(world.bucket, *listed(world, 3), *listed(world, 4), world.digests[3], world.digests[4])


def remove_first_digests(world: World) -> None:
    forgeries.remove(world.bucket, *listed(world, 0), *listed(world, 1), world.digests[0], world.digests[1])


def move_digest(world: World) -> None:
    forgeries.copy_to(world.bucket, world.digests[3], world.digests[2])


def show_digest_twice(world: World) -> None:
    forgeries.copy_to(world.bucket, world.digests[3], world.digests[3].replace("T000000Z", "T003000Z"))


def sign_anew(world: World) -> None:
    """A whole hour rewritten with a key of one's own."""
    key = listed(world, 3)[0]
    forgeries.change_content(world.bucket, key, b"GetCallerIdentity", b"NothingToSeeHere")
    changed = world.trail.log_file(START + 3.4 * HOUR, gzip.decompress(world.bucket[key].content))
    forgeries.sign_anew(world.bucket, world.digests[3], [changed], forger())


WHOLE = (HOURS, 0, 0, 0)
FORGERIES = {
    "log file altered": Forgery(alter_log, WHOLE, (15, 1, 0, 0)),
    "member appended": Forgery(append_member, WHOLE, (15, 1, 0, 0)),
    "zeros appended": Forgery(append_zeros, WHOLE, (15, 1, 0, 0)),
    "log file cut": Forgery(cut_log, WHOLE, (15, 1, 0, 0)),
    "log file emptied": Forgery(empty_log, WHOLE, (15, 1, 0, 0)),
    "log file removed": Forgery(remove_log, WHOLE, (15, 0, 1, 0)),
    "log file planted": Forgery(plant_log, WHOLE, (16, 0, 0, 0), unlisted=(1, 0)),
    "log file planted after the newest digest": Forgery(
        plant_late_log, WHOLE, (16, 0, 0, 0), Verdict.UNKNOWN, unlisted=(0, 1)
    ),
    "log file of an odd name": Forgery(plant_odd_name, WHOLE, (16, 0, 0, 0), unlisted=(1, 0)),
    "log file outside of the days": Forgery(plant_at_the_top, WHOLE, (16, 0, 0, 0), unlisted=(1, 0)),
    "digest altered": Forgery(alter_digest, (7, 1, 0, 0), (14, 0, 0, 2)),
    "newest digest altered": Forgery(alter_newest_digest, (7, 1, 0, 0), (14, 0, 0, 2)),
    "member appended to a digest": Forgery(append_to_digest, (7, 1, 0, 0), (14, 0, 0, 0), unlisted=(0, 2)),
    "digest that is none": Forgery(junk_digest, (7, 1, 0, 0), (14, 0, 0, 0), unlisted=(0, 2)),
    "digest removed": Forgery(remove_digest, (7, 0, 1, 0), (14, 0, 0, 0), unlisted=(0, 2)),
    "digest and log files removed": Forgery(remove_digest_and_logs, (7, 0, 1, 0), (14, 0, 0, 0)),
    "two digests removed": Forgery(remove_two_digests_and_logs, (6, 0, 1, 0), (12, 0, 0, 0)),
    "first digests removed": Forgery(remove_first_digests, (6, 0, 1, 0), (12, 0, 0, 0)),
    "digest moved over another": Forgery(move_digest, (7, 1, 0, 0), (14, 0, 0, 0), unlisted=(0, 2)),
    "digest shown twice": Forgery(show_digest_twice, (8, 1, 0, 0), (16, 0, 0, 0)),
    "digest signed with another key": Forgery(sign_anew, (7, 1, 0, 0), (14, 0, 0, 1), unlisted=(0, 2)),
}
CASES = pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())


def unlisted(result: Verification) -> tuple[int, int]:
    return sum(each.unlisted.invalid for each in result.sites), sum(each.unlisted.unknown for each in result.sites)


def test_what_nobody_touched_is_valid(tmp_path: Path) -> None:
    result = World().hours(HOURS).verify(tmp_path)
    assert result.verdict is Verdict.VALID
    assert counted(result) == (WHOLE, (16, 0, 0, 0))
    assert (told(result), result.sites, result.chains[0].gaps) == ([], (), ())
    assert result.chains[0].proven_seconds == HOURS * 3600


@CASES
def test_with_metadata(forgery: Forgery, tmp_path: Path) -> None:
    world = World().hours(HOURS)
    forgery.make(world)
    result = world.verify(tmp_path)
    assert result.verdict is forgery.verdict
    assert counted(result) == (forgery.digests, forgery.files)
    assert unlisted(result) == forgery.unlisted


@CASES
def test_of_a_copy_without_metadata(forgery: Forgery, tmp_path: Path) -> None:
    """As with metadata, but for what only the newest digest's own signature could tell."""
    world = World().hours(HOURS)
    forgery.make(world)
    forgeries.drop_metadata(world.bucket)
    result = world.verify(tmp_path, origin=None)
    newest_only = forgery.make in (alter_newest_digest, plant_late_log)
    assert result.verdict is (Verdict.UNKNOWN if newest_only else Verdict.INVALID)
    valid, *_ = counted(result)[0]
    assert valid < HOURS


def test_two_adjacent_digests_are_a_gap_of_their_length(tmp_path: Path) -> None:
    world = World().hours(HOURS)
    remove_two_digests_and_logs(world)
    (chain,) = world.verify(tmp_path).chains
    assert [(gap.start, gap.end, gap.verdict) for gap in chain.gaps] == [
        (START + 3 * HOUR, START + 5 * HOUR, Verdict.MISSING)
    ]
    assert chain.gaps[0].seconds == 7200
    assert chain.proven_seconds == 6 * 3600


def test_an_altered_digest_leaves_its_time_unproven(tmp_path: Path) -> None:
    world = World().hours(HOURS)
    alter_digest(world)
    (chain,) = world.verify(tmp_path).chains
    assert [(gap.start, gap.end, gap.verdict) for gap in chain.gaps] == [
        (START + 3 * HOUR, START + 4 * HOUR, Verdict.INVALID)
    ]


def test_a_planted_log_is_unknown_until_the_next_digest_is_due(tmp_path: Path) -> None:
    world = World().hours(HOURS)
    plant_late_log(world)
    end = START + HOURS * HOUR
    early = world.verify(tmp_path, as_of=end + timedelta(minutes=119))
    late = world.verify_again(tmp_path, as_of=end + timedelta(minutes=120))
    assert [unlisted(each) for each in (early, late)] == [(0, 1), (1, 0)]
    assert [each.verdict for each in (early, late)] == [Verdict.UNKNOWN, Verdict.INVALID]


def test_what_was_appended_is_read_by_the_reader_and_caught_by_the_verifier(tmp_path: Path) -> None:
    """Both see all of a file: the forged sign-in of root is found in it, and the file is not valid."""
    world = World().hours(HOURS)
    append_member(world)
    name = listed(world, 3)[0]
    result = world.verify(tmp_path)
    assert told(result) == [("log_file", "invalid", name.rpartition("/")[2])]
    read = scan_file(tmp_path / name, Interest())
    assert [event.name for event in read.events] == ["ConsoleLogin"]
    assert read.counts.several_members == 1


@pytest.mark.parametrize("which", ["digest", "log file"])
def test_a_bomb_is_given_up_and_proves_nothing(which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_DIGEST", 1_000_000)
    monkeypatch.setattr(reading, "MOST_LOG", 1_000_000)
    world = World().hours(HOURS)
    key = world.digests[3] if which == "digest" else listed(world, 3)[0]
    forgeries.bomb(world.bucket, key, 50_000_000)
    result = world.verify(tmp_path)
    assert result.verdict is Verdict.UNKNOWN
    assert "MiB unpacked" in str(result) or "GiB unpacked" in str(result)
    assert key in {each.object for each in result.chains[0].findings}


def test_a_forged_newest_digest_of_a_copy_spoils_nothing_but_is_named(tmp_path: Path) -> None:
    """Without metadata it is not known which of two digests is wrong that contradict one another."""
    world = World().hours(HOURS)
    forgeries.drop_metadata(world.bucket)
    alter = world.bucket[world.digests[-1]]
    forgeries.change_content(
        world.bucket, world.digests[-1], b'"previousDigestSignature":"', b'"previousDigestSignature":"00'
    )
    assert alter != world.bucket[world.digests[-1]]
    result = world.verify(tmp_path)
    assert result.verdict is Verdict.INVALID
    assert counted(result)[0] == (6, 0, 0, 2)
    assert told(result)[1][:2] == ("contradiction", "invalid")


def test_a_log_that_contradicts_an_unproven_digest(tmp_path: Path) -> None:
    world = World().hours(HOURS)
    forgeries.drop_metadata(world.bucket)
    forgeries.change_content(world.bucket, listed(world, 7)[0], b"GetCallerIdentity", b"NothingToSeeHere")
    result = world.verify(tmp_path)
    assert result.verdict is Verdict.INVALID
    assert counted(result) == ((7, 0, 0, 1), (14, 0, 0, 2))
    assert ("contradiction", "invalid", listed(world, 7)[0].rpartition("/")[2]) in told(result)


def test_the_same_on_one_thread_and_on_many(tmp_path: Path) -> None:
    world = World().hours(HOURS)
    for forgery in (alter_log, plant_odd_name, plant_log, remove_digest):
        forgery(world)
    one = world.verify(tmp_path, workers=1)
    assert all(world.verify_again(tmp_path, workers=workers) == one for workers in (2, 3, 16))


def test_a_sample_is_what_a_reader_expects() -> None:
    assert sample_log(START).count(b"eventName") == 3
