"""What is said when nothing is heard: once for one cause, and never while all is well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rootwarden.watch.silence import Patience, Sign, Source, silences

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
START = NOW - timedelta(days=9)
PATIENCE = Patience()
ONE, TWO = "000011112222", "000022223333"


def digest(account: str, region: str) -> Source:
    return Source(Sign.DIGEST, account, region)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def test_nothing_is_said_while_all_is_heard() -> None:
    heard = {digest(ONE, "eu-west-1"): ago(minutes=61), Source(Sign.CANARY, ONE, "eu-west-1"): ago(hours=25)}
    assert silences(heard, NOW, since=START, patience=PATIENCE) == ()


def test_regions_of_an_account_that_fall_silent_are_one_concern() -> None:
    heard = {
        digest(ONE, "eu-west-1"): ago(hours=5),
        digest(ONE, "us-east-1"): ago(hours=4),
        digest(ONE, "sa-east-1"): ago(hours=1),
        digest(TWO, "eu-west-1"): ago(hours=1),
        digest(TWO, "us-east-1"): ago(hours=1),
    }
    (said,) = silences(heard, NOW, since=START, patience=PATIENCE)
    assert said.account == ONE
    assert said.started == ago(hours=5)
    assert "eu-west-1, us-east-1" in said.reasons[0].words


def test_a_silence_keeps_its_id_while_it_grows_and_a_new_one_has_its_own() -> None:
    first = {digest(ONE, "eu-west-1"): ago(hours=5), digest(ONE, "us-east-1"): ago(hours=1)}
    grown = first | {digest(ONE, "us-east-1"): ago(hours=4)}
    later = first | {digest(ONE, "eu-west-1"): ago(hours=3.5)}
    ids = [silences(each, NOW, since=START, patience=PATIENCE)[0].id for each in (first, grown, later)]
    assert ids[0] == ids[1] != ids[2]


def test_most_sources_silent_at_once_are_one_concern_about_the_way_here() -> None:
    heard = {digest(f"{number:012}", "eu-west-1"): ago(hours=4) for number in range(800)}
    (said,) = silences(heard, NOW, since=START, patience=PATIENCE)
    assert said.account == ""
    assert "800 of 800 sources" in said.reasons[0].words


def test_what_was_never_heard_is_silent_since_listening_began() -> None:
    heard = {digest(ONE, "eu-west-1"): None}
    assert silences(heard, NOW, since=ago(hours=1), patience=PATIENCE) == ()
    (said,) = silences(heard, NOW, since=START, patience=PATIENCE)
    assert said.started == START


_SOURCES = st.dictionaries(
    st.builds(
        Source, st.sampled_from(Sign), st.sampled_from([ONE, TWO, ""]), st.sampled_from(["eu-west-1", "us-east-1"])
    ),
    st.none() | st.integers(0, 500).map(lambda hours: ago(hours=hours)),
    max_size=9,
)


@given(_SOURCES)
def test_every_silent_source_is_said_and_no_heard_one(heard: dict[Source, datetime | None]) -> None:
    said = silences(heard, NOW, since=START, patience=PATIENCE)
    late = {source for source, last in heard.items() if NOW - (last or START) > PATIENCE.of(source.sign)}
    assert bool(said) == bool(late)
    if not any(each.account == "" for each in said):
        assert {each.account for each in said} == {source.account for source in late}
    assert len({each.id for each in said}) == len(said)
