"""The generated month holds what its truth says: read back by a reader that shares nothing with the product."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pytest
from tests.trail.month_reader import day_of, distinct, everything, instant, is_root, log_files, read, said

from rootwarden.simulator.trail.ledger import Ledger
from rootwarden.simulator.trail.month import START, Month, tell
from rootwarden.simulator.trail.organization import MANAGEMENT, make_organization
from rootwarden.simulator.trail.stage import Stage
from rootwarden.simulator.trail.stories import MANAGES, STORIES
from rootwarden.simulator.trail.truth import Truth
from rootwarden.simulator.trail.write import write_month

if TYPE_CHECKING:
    from datetime import datetime

    from tests.trail.month_reader import Json, Seen

READS = ("Get", "List", "Describe", "Head", "Lookup", "Search", "View", "Download", "BatchGet")
NEITHER = {"ConsoleLogin", "CheckMfa", "GetSigninToken", "CreateOAuth2Token", "ExternalIdPDirectoryLogin"}


class Made(NamedTuple):
    folder: Path
    truth: Truth
    seen: list[Seen]


@pytest.fixture(scope="module", params=[1, 2])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    place = tmp_path_factory.mktemp("month")
    folder, aside = place / "trail", place / "aside"
    write_month(Month(seed=request.param, events=20_000), folder, aside=aside)
    return Made(folder, msgspec.json.decode((aside / "truth.json").read_bytes(), type=Truth), list(everything(folder)))


def roots(made: Made) -> list[Json]:
    return distinct([each.record for each in made.seen if is_root(each.record)])


def test_every_story_is_told(made: Made) -> None:
    told = {visit.story for visit in made.truth.visits} | {concern.story for concern in made.truth.concerns}
    silent = {"wallet.somebody-else", "checked-out.approved-only"}
    assert made.truth.untold == ()
    assert told | silent == {story.name for story in (*STORIES, *MANAGES)}
    assert not told & silent


def test_root_is_there_where_truth_says_and_nowhere_else(made: Made) -> None:
    found = roots(made)
    assert {record["eventID"] for record in found if "eventID" in record} == {
        event.event_id for event in made.truth.root_events
    }
    assert len(found) == made.truth.counts.root_events == sum(visit.events for visit in made.truth.visits)
    of_visits = [each for visit in made.truth.visits for each in visit.event_ids]
    assert sorted(of_visits) == sorted(event.event_id for event in made.truth.root_events)


def test_visits_are_what_their_records_say(made: Made) -> None:
    by_id = {record["eventID"]: record for record in roots(made) if "eventID" in record}
    for visit in made.truth.visits:
        records = [by_id[each] for each in visit.event_ids]
        instants = [each for each in map(instant, records) if each is not None]
        unnamed = visit.events - len(records)
        assert {account(record) for record in records} == {visit.account}
        if unnamed == 0:
            assert visit.ended == max(instants, default=None)
            assert sum(map(changes, records)) == visit.writes, visit.story
            starts = [each for each in map(session, records) if each is not None]
            assert visit.started == min([*instants, *starts], default=None)
        assert sum(map(failed, records)) == visit.failed_sign_ins


def account(record: Json) -> str:
    arn = record["userIdentity"].get("arn", "")
    return record.get("recipientAccountId") or (arn.split(":")[4] if arn else "")


def changes(record: Json) -> bool:
    if record.get("errorCode") or record["eventName"] in NEITHER:
        return False
    if "readOnly" in record:
        return not said(record["readOnly"])
    return not record["eventName"].startswith(READS)


def failed(record: Json) -> bool:
    return record["eventSource"] == "signin.amazonaws.com" and "errorMessage" in record and "errorCode" not in record


def session(record: Json) -> datetime | None:
    attributes = record["userIdentity"].get("sessionContext", {}).get("attributes", {})
    return instant({"eventTime": attributes.get("creationDate")})


def test_concerns_are_about_others(made: Made) -> None:
    by_id = {each.record["eventID"]: each.record for each in made.seen if "eventID" in each.record}
    for concern in made.truth.concerns:
        assert bool(concern.event_ids) != bool(concern.lease)
        for each in concern.event_ids:
            assert concern.kind == "denial_of_wallet" or not is_root(by_id[each])


def doers(account: str) -> set[tuple[str, str]]:
    """Who does what concerns are made of, and to which account, when every story is told in one account."""
    organization, ledger = make_organization(20), Ledger()
    for story in MANAGES if account == MANAGEMENT else STORIES:
        stage = Stage(
            story=story.name,
            random=Random(f"{account}/{story.name}"),
            account=account,
            day=START,
            organization=organization,
            ledger=ledger,
            checkouts=[],
        )
        story.tell(stage)
    records = {record.get("eventID"): record for record in (json.loads(each.body) for each in ledger.delivered)}
    return {
        (concern.account, records[each]["userIdentity"]["arn"])
        for concern in ledger.concerns
        for each in concern.event_ids
        if concern.account != account or account == MANAGEMENT
    }


def test_stories_of_two_accounts_never_reach_for_a_third_as_one_doer() -> None:
    found = [doers(account) for account in ("111100000005", "111100000006", MANAGEMENT)]
    assert [len(each) for each in found] == [2, 2, 1]
    assert len(set().union(*found)) == 5


@pytest.mark.parametrize("seed", [23, 25, 34])
def test_events_without_any_time_are_told_once_in_an_account(seed: int) -> None:
    drafts = tell(Month(seed=seed, accounts=60, events=0)).ledger.drafts
    found = Counter(draft.account for draft in drafts if draft.story == "odd.no-time-at-all")
    assert len(found) > 1
    assert set(found.values()) == {1}


def test_counts(made: Made) -> None:
    counts, truncated = made.truth.counts, set(made.truth.irregular.truncated)
    assert len(log_files(made.folder)) == counts.files
    lost = counts.records - len(made.seen)
    assert 0 < lost < 1000
    whole = [each for each in made.seen if each.file not in truncated]
    assert len({each.file for each in made.seen} & truncated) == len(truncated) == 2
    copies = len(whole) - len(distinct([each.record for each in whole]))
    assert 0.9 * counts.copies <= copies <= counts.copies
    assert sum("addendum" in each.record for each in made.seen) == counts.addenda > 5
    late = sum(1 for each in made.seen if (at := instant(each.record)) and day_of(each.file) > f"{at:%Y-%m-%d}")
    timeless = sum(instant(each.record) is None for each in made.seen)
    assert 0 < timeless < 20
    assert 0 <= counts.late - late <= timeless
    assert late > 20


def test_files_are_of_one_account_and_region(made: Made) -> None:
    homes = defaultdict(set)
    for each in made.seen:
        homes[each.file].add((each.record.get("recipientAccountId"), each.record["awsRegion"]))
    for file, places in homes.items():
        _, _, account, _, region, *_, name = file.split("/")
        assert {place for place in places if place[0]} == {(account, region)}
        assert name.startswith(f"{account}_CloudTrail_{region}_")


def test_irregular_files(made: Made) -> None:
    cut = {file for file in log_files(made.folder) if not read(made.folder, file)[1]}
    assert cut == set(made.truth.irregular.truncated)
    for file in made.truth.irregular.several_members:
        assert len(gzip.decompress((made.folder / file).read_bytes())) > 0
        assert (made.folder / file).read_bytes().count(b"\x1f\x8b\x08") >= 3
    for file in made.truth.irregular.no_log_files:
        assert (made.folder / file).exists()


def test_spellings_that_a_search_for_root_misses(made: Made) -> None:
    of_root = {event.event_id for event in made.truth.root_events}
    hidden = 0
    for file in log_files(made.folder):
        if file in made.truth.irregular.truncated:
            continue
        content = gzip.decompress((made.folder / file).read_bytes())
        records = json.loads(content)["Records"]
        if any(record.get("eventID") in of_root for record in records):
            hidden += b'"type":"Root"' not in content
    assert hidden > 5


def test_background_looks_like_root(made: Made) -> None:
    others = [each.record for each in made.seen if not is_root(each.record)]
    text = Counter(
        word
        for record in others
        for word in ('"Root"', ':root"', "/dev/root", "AssumeRoot")
        if word in json.dumps(record)
    )
    assert all(text[word] > 20 for word in ('"Root"', ':root"', "/dev/root"))
    assert text["AssumeRoot"] > 2
    size = made.truth.counts.inflated / made.truth.counts.records
    assert 1_200 < size < 1_600


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    sums = []
    for name, seed in (("first", 5), ("again", 5), ("other", 6)):
        folder = tmp_path / name / "trail"
        write_month(
            Month(seed=seed, events=3_000),
            folder,
            aside=tmp_path / name / "aside",
        )
        sums.append(whole_sum(tmp_path / name))
    assert sums[0] == sums[1] != sums[2]


def whole_sum(folder: Path) -> str:
    made = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        made.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return made.hexdigest()


@pytest.mark.parametrize(("accounts", "days"), [(3, 2), (3, 31), (20, 4), (6, 14)])
def test_a_small_month_tells_what_it_has_room_for(tmp_path: Path, accounts: int, days: int) -> None:
    write_month(Month(accounts=accounts, days=days, events=0), tmp_path / "trail", aside=tmp_path / "aside")
    truth = msgspec.json.decode((tmp_path / "aside" / "truth.json").read_bytes(), type=Truth)
    told = {visit.story for visit in truth.visits} | {concern.story for concern in truth.concerns}
    every = {story.name for story in STORIES}
    assert truth.untold
    assert set(truth.untold) < every
    # What is told in the management account may be untold elsewhere.
    managed = {story.name for story in MANAGES}
    assert not (told - managed) & set(truth.untold)
    assert told | set(truth.untold) | {"wallet.somebody-else", "checked-out.approved-only"} >= every


def test_the_page_lists_every_story() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulate-trail.md").read_text(encoding="utf-8")
    table = page.partition("## The stories")[2]
    rows = [f"| `{story.name}` | {str(story.tell.__doc__).strip()} |" for story in STORIES]
    assert [line for line in table.splitlines() if line.startswith("| `")] == rows
    assert len({story.name for story in STORIES}) == len(STORIES)
