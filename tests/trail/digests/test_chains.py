"""Starts and stops, the time asked about, backfill chains, organizations, many regions, odd clocks, keys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.trail.digests.worlds import ACCOUNT, BUCKET, START, World, counted, forger, key, told

from rootwarden.simulator import digest_forgeries as forgeries
from rootwarden.simulator.digests import HOUR, DigestedTrail, SigningKey, sample_log, write_copy
from rootwarden.trail.digests import verify
from rootwarden.trail.digests.location import Origin, Site
from rootwarden.trail.digests.result import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.trail.digests.result import Gap, Verification

END = START + 6 * HOUR


def gaps(result: Verification) -> list[Gap]:
    return [gap for chain in result.chains for gap in chain.gaps]


def stopped(world: World) -> World:
    """Two hours, a last digest of twenty minutes, nothing for one hour, then two hours."""
    world.hours(2)
    world.digests.append(world.trail.deliver(START + 2 * HOUR, [sample_log(START)], length=timedelta(minutes=20)))
    world.trail.stop()
    again = START + 2 * HOUR + timedelta(minutes=80)
    for hour in range(2):
        world.digests.append(world.trail.deliver(again + hour * HOUR, [sample_log(again)]))
    return world


def test_a_stop_and_a_start_are_a_break_in_coverage(tmp_path: Path) -> None:
    result = stopped(World()).verify(tmp_path)
    assert result.verdict is Verdict.UNKNOWN
    assert counted(result) == ((5, 0, 0, 0), (7, 0, 0, 0))
    (gap,) = gaps(result)
    assert (gap.seconds, gap.verdict) == (3600, Verdict.UNKNOWN)
    assert "a new chain starts" in gap.reason
    assert (result.chains[0].starts, result.chains[0].proven_seconds) == (2, 2 * 3600 + 1200 + 2 * 3600)


def test_the_last_digest_before_a_stop_has_its_signature_nowhere_but_in_its_metadata(tmp_path: Path) -> None:
    world = stopped(World())
    forgeries.drop_metadata(world.bucket)
    result = world.verify(tmp_path)
    assert counted(result)[0] == (3, 0, 0, 2)
    names = {world.digests[place].rpartition("/")[2] for place in (2, 4)}
    assert {name for kind, verdict, name in told(result) if verdict == "unknown"} == names


def test_a_restart_without_a_pause_is_no_gap(tmp_path: Path) -> None:
    world = World().hours(2)
    world.trail.stop()
    result = world.hours(2, first=2).verify(tmp_path)
    assert (result.verdict, gaps(result), result.chains[0].starts) == (Verdict.VALID, [], 2)


def test_a_copy_of_a_part_says_that_the_chain_goes_further_back(tmp_path: Path) -> None:
    world = World().hours(6)
    forgeries.remove(world.bucket, *forgeries.listed_by(world.bucket, world.digests[0]), world.digests[0])
    result = world.verify(tmp_path, since=None)
    assert (result.verdict, counted(result)[0]) == (Verdict.UNKNOWN, (5, 0, 0, 0))
    assert told(result)[0][:2] == ("beginning", "unknown")
    asked = world.verify_again(tmp_path, since=START + HOUR)
    assert (asked.verdict, told(asked)) == (Verdict.VALID, [])
    earlier = world.verify_again(tmp_path, since=START)
    assert (earlier.verdict, counted(earlier)[0]) == (Verdict.INVALID, (5, 0, 1, 0))
    assert [(gap.start, gap.end, gap.verdict) for gap in gaps(earlier)] == [(START, START + HOUR, Verdict.MISSING)]


def test_a_chain_that_starts_later_than_asked(tmp_path: Path) -> None:
    result = World().hours(3).verify(tmp_path, since=START - 5 * HOUR)
    assert [(gap.seconds, gap.verdict) for gap in gaps(result)] == [(5 * 3600, Verdict.UNKNOWN)]


def test_without_a_beginning_asked_for_a_start_is_the_beginning(tmp_path: Path) -> None:
    assert World().hours(3).verify(tmp_path, since=None).verdict is Verdict.VALID


def test_only_the_time_asked_about(tmp_path: Path) -> None:
    world = World().hours(6)
    forgeries.change_content(world.bucket, forgeries.listed_by(world.bucket, world.digests[0])[0], b"Get", b"Put")
    forgeries.remove(world.bucket, world.digests[5])
    result = world.verify(tmp_path, since=START + HOUR, until=START + 4 * HOUR)
    assert (result.verdict, counted(result)) == (Verdict.VALID, ((3, 0, 0, 0), (6, 0, 0, 0)))
    assert result.chains[0].proven_seconds == 3 * 3600


def test_the_digest_after_the_time_asked_about_proves_the_last_within(tmp_path: Path) -> None:
    world = World().hours(6)
    forgeries.drop_metadata(world.bucket)
    assert world.verify(tmp_path, until=START + 5 * HOUR).verdict is Verdict.VALID
    assert world.verify_again(tmp_path, until=END).verdict is Verdict.UNKNOWN


def test_what_lies_between_is_clipped_to_what_is_asked(tmp_path: Path) -> None:
    half = timedelta(minutes=30)
    result = World().hours(6).verify(tmp_path, since=START + HOUR + half, until=START + 4 * HOUR + half)
    assert (result.verdict, counted(result)[0]) == (Verdict.VALID, (4, 0, 0, 0))
    assert result.chains[0].proven_seconds == 3 * 3600


@pytest.mark.parametrize(("minutes", "verdict"), [(119, Verdict.VALID), (120, Verdict.UNKNOWN)])
def test_a_chain_that_ends_too_early(minutes: int, verdict: Verdict, tmp_path: Path) -> None:
    """The newest digests deleted, or logging ended: that cannot be told, and is not passed over."""
    result = World().hours(6).verify(tmp_path, as_of=END + timedelta(minutes=minutes))
    assert result.verdict is verdict
    assert [gap.seconds for gap in gaps(result)] == [minutes * 60] * (verdict is Verdict.UNKNOWN)


def test_time_that_no_digest_asked_about_covers(tmp_path: Path) -> None:
    world = World().hours(3)
    result = world.verify(tmp_path, since=START + 10 * HOUR, as_of=START + 20 * HOUR)
    assert (result.verdict, result.chains) == (Verdict.UNKNOWN, ())
    assert not result.sites[0].digests_here


def test_backfill_digests_are_a_chain_of_their_own(tmp_path: Path) -> None:
    world = World().hours(6)
    backfill = DigestedTrail(world.bucket, BUCKET, world.site, key(), backfill=True)
    for hour in (1, 4):
        backfill.deliver(START + hour * HOUR, [sample_log(START + hour * HOUR, events=9)])
    result = world.verify(tmp_path)
    assert result.verdict is Verdict.VALID
    assert [(chain.backfill, chain.digests.valid, chain.gaps) for chain in result.chains] == [
        (False, 6, ()),
        (True, 2, ()),
    ]


def test_the_key_of_a_backfill_digest_is_that_of_the_hour_it_was_made_in(tmp_path: Path) -> None:
    """Made a day after the hour it is about, when the keys were others; a copy without metadata cannot tell."""
    world = World().hours(6)
    made = SigningKey("us-east-1", START + 20 * HOUR, START + 80 * HOUR)
    world.keys.append(made)
    backfill = DigestedTrail(world.bucket, BUCKET, world.site, made, backfill=True)
    name = backfill.deliver(START + HOUR, [sample_log(START, events=9)])
    assert world.verify(tmp_path / "with").verdict is Verdict.VALID
    forgeries.drop_metadata(world.bucket)
    result = world.verify(tmp_path / "without", until=START + 5 * HOUR)
    assert told(result) == [("digest", "unknown", name.rpartition("/")[2])]
    assert "when it was made is in its metadata" in result.chains[1].findings[0].reason


def test_an_organization_in_many_accounts_and_regions(tmp_path: Path) -> None:
    world = World(prefix="some/prefix", organization="o-exampleorg00").hours(4)
    for account, region in (("111111111111", "us-east-1"), ("111111111111", "eu-west-1"), (ACCOUNT, "eu-west-1")):
        site = Site("some/prefix", "o-exampleorg00", account, region)
        world.keys.append(key(region))
        other = DigestedTrail(world.bucket, BUCKET, site, key(region))
        for hour in range(4):
            other.deliver(START + hour * HOUR, [sample_log(START)])
    result = world.verify(tmp_path)
    assert result.verdict is Verdict.VALID
    places = [(chain.site.organization, chain.site.account, chain.site.region) for chain in result.chains]
    assert places == [
        ("o-exampleorg00", account, region)
        for account in (ACCOUNT, "111111111111")
        for region in ("eu-west-1", "us-east-1")
    ]
    assert result.seen_sites == 4


def test_trouble_in_one_account_stays_there(tmp_path: Path) -> None:
    world = World().hours(4)
    other = DigestedTrail(world.bucket, BUCKET, Site("", "", "111111111111", "us-east-1"), key())
    spoiled = [other.deliver(START + hour * HOUR, [sample_log(START)]) for hour in range(4)]
    forgeries.cut(world.bucket, spoiled[1], 30)
    result = world.verify(tmp_path)
    assert [chain.verdict for chain in result.chains] == [Verdict.VALID, Verdict.INVALID]


def test_two_trails_that_deliver_to_one_place(tmp_path: Path) -> None:
    world = World().hours(4)
    second = DigestedTrail(world.bucket, BUCKET, world.site, key(), trail="second_trail", home_region="eu-west-1")
    for hour in range(4):
        second.deliver(START + hour * HOUR, [sample_log(START, events=7)])
    result = world.verify(tmp_path)
    assert result.verdict is Verdict.VALID
    assert [(chain.trail, chain.home_region) for chain in result.chains] == [
        ("example-trail", "us-east-1"),
        ("second_trail", "eu-west-1"),
    ]


def test_keys_are_rotated(tmp_path: Path) -> None:
    world = World().hours(3)
    world.trail.key = key(number=1)
    world.keys.append(key(number=1))
    assert world.hours(3, first=3).verify(tmp_path).verdict is Verdict.VALID


def test_without_its_key_nothing_is_known(tmp_path: Path) -> None:
    world = World().hours(3)
    world.keys = [key("eu-west-1")]
    result = world.verify(tmp_path)
    assert (result.verdict, counted(result)) == (Verdict.UNKNOWN, ((0, 0, 0, 3), (0, 0, 0, 6)))
    assert "is not in `keys.json`" in result.chains[0].findings[0].reason


def test_a_key_of_another_region_proves_nothing(tmp_path: Path) -> None:
    world = World().hours(3)
    world.keys = [world.keys[0]]
    world.keys[0].public, kept = msgspec.structs.replace(world.keys[0].public, region="eu-west-1"), world.keys[0].public
    try:
        result = world.verify(tmp_path)
    finally:
        world.keys[0].public = kept
    assert counted(result)[0] == (0, 0, 0, 3)


def test_a_key_that_was_not_valid_then(tmp_path: Path) -> None:
    world = World()
    old = SigningKey("us-east-1", START - timedelta(days=90), START + timedelta(minutes=30))
    world.trail.key = old
    world.keys = [old]
    result = world.hours(3).verify(tmp_path)
    assert counted(result)[0] == (1, 2, 0, 0)
    assert "its public key is valid from" in result.chains[0].findings[0].reason


def test_a_forger_has_the_fingerprint_but_not_the_key(tmp_path: Path) -> None:
    world = World()
    world.trail.key = forger()
    result = world.hours(3).verify(tmp_path)
    assert counted(result)[0] == (0, 3, 0, 0)


def test_clocks_that_overlap_or_stand_still(tmp_path: Path) -> None:
    """Digests whose periods overlap, and one of no length: signed, so they are what CloudTrail wrote."""
    world = World().hours(2)
    world.trail.deliver(START + HOUR, [sample_log(START, events=5)], length=timedelta(minutes=70))
    world.trail.deliver(START + 2 * HOUR + timedelta(minutes=15), length=timedelta(0))
    result = world.verify(tmp_path)
    assert counted(result)[0] == (4, 0, 0, 0)
    assert [gap.seconds for gap in gaps(result)] == [300]
    assert result.chains[0].proven_seconds == 2 * 3600 + 600


def test_a_digest_that_ends_before_it_begins(tmp_path: Path) -> None:
    world = World().hours(2)
    name = world.trail.digest(START + 4 * HOUR, START + 3 * HOUR, [])
    result = world.verify(tmp_path)
    assert ("digest", "invalid", name.rpartition("/")[2]) in told(result)


def test_a_clock_that_was_set_back_is_no_missing_digest(tmp_path: Path) -> None:
    world = World().hours(3)
    world.trail.deliver(START + 90 * timedelta(minutes=1), length=timedelta(minutes=45))
    result = world.verify(tmp_path)
    assert counted(result)[0] == (4, 0, 0, 0)


def test_a_gap_that_cloudtrail_itself_left(tmp_path: Path) -> None:
    world = World().hours(2)
    result = world.hours(2, first=4).verify(tmp_path)
    (gap,) = gaps(result)
    assert (gap.seconds, gap.verdict, gap.reason) == (7200, Verdict.UNKNOWN, "CloudTrail wrote no digest for it")
    assert counted(result)[0] == (4, 0, 0, 0)


def test_a_copy_of_what_lies_below_a_prefix(tmp_path: Path) -> None:
    """Its origin is read from the digests, or given; a wrong one is no proof."""
    world = World(prefix="trails").hours(3)
    write_copy(world.bucket, tmp_path, metadata=True)
    below = tmp_path / "trails"
    assert world.verify_again(below, origin=None).verdict is Verdict.VALID
    assert world.verify_again(below, origin=Origin(BUCKET, "trails/")).verdict is Verdict.VALID
    for wrong in (Origin("another-bucket", "trails/"), Origin(BUCKET, "")):
        assert counted(world.verify_again(below, origin=wrong))[0] == (0, 3, 0, 0)


def test_two_buckets_in_one_copy_are_pointed_out(tmp_path: Path) -> None:
    world = World().hours(2)
    world.trail.bucket_name = "another-bucket"
    result = world.hours(2, first=2).verify(tmp_path, origin=None)
    assert result.verdict is Verdict.UNKNOWN
    assert told(result)[0][:2] == ("place", "unknown")
    assert counted(result) == ((4, 0, 0, 0), (8, 0, 0, 0))


def test_log_files_of_a_region_without_digests_are_unknown(tmp_path: Path) -> None:
    world = World().hours(2)
    forgeries.copy_to(
        world.bucket,
        forgeries.log_files(world.bucket)[0],
        f"AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/03/01/{ACCOUNT}_CloudTrail_eu-west-1_20260301T2020Z_fake.json.gz",
    )
    result = world.verify(tmp_path)
    assert (result.verdict, result.seen_sites) == (Verdict.UNKNOWN, 2)
    assert [each.site.region for each in result.sites] == ["eu-west-1"]


@pytest.mark.parametrize("names", [10, 2048])
def test_months_are_compared_and_forgotten_as_they_pass(
    names: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Log files and names of digests older than a month are let go of while digests are still read."""
    monkeypatch.setattr(verify, "_MOST_NAMES", names)
    world = World()
    for day in range(80):
        world.trail.deliver(START + day * 24 * HOUR, [sample_log(START + day * 24 * HOUR)], length=24 * HOUR)
    planted = forgeries.plant(world.trail, START + 30 * HOUR, b"{}")
    result = world.verify(tmp_path)
    assert counted(result) == ((80, 0, 0, 0), (80, 0, 0, 0))
    assert told(result) == [("unlisted", "invalid", planted.rpartition("/")[2])]
