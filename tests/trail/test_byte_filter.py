"""The filter may let anything in. What it must never do is rule out a file that holds something wanted."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.trail.records import ACCOUNT, WANTED, log, ordinary, root
from tests.trail.spellings import spelled

from rootwarden import packs
from rootwarden.detect.visits.interest import Calls, Interest, interest_of
from rootwarden.trail.byte_filter import Search, filter_of
from rootwarden.trail.covers import covers
from rootwarden.trail.limits import Limits
from rootwarden.trail.scan import scan_file

ROOTS = [
    "".join(letters) for letters in ("Root", "root", "ROOT", "rOOT", "RooT", "rOot", "roOt", "ROOt", "rooT", "RoOt")
]
SHIPPED = interest_of(packs.detections())


def by_type(kind: str) -> dict[str, Any]:
    return ordinary(1, userIdentity={"type": kind, "accountId": ACCOUNT})


def by_issuer(kind: str) -> dict[str, Any]:
    identity = {"type": "FederatedUser", "sessionContext": {"sessionIssuer": {"type": kind, "arn": "arn:x"}}}
    return ordinary(1, userIdentity=identity)


WANTED_RECORDS = st.one_of(
    st.sampled_from(ROOTS).map(by_type),
    st.sampled_from(ROOTS).map(by_issuer),
    st.sampled_from([{"arn": f"arn:aws:iam::{ACCOUNT}:root"}, {"arn": "arn:aws:iam:::ROOT"}]).map(
        lambda identity: ordinary(1, userIdentity=identity, eventType="AwsServiceEvent")
    ),
    st.sampled_from(sorted((call[0], call[1] or "any.amazonaws.com") for call in SHIPPED.literals())).map(
        lambda call: ordinary(1, eventName=call[0], eventSource=call[1])
    ),
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A log file with one wanted record in some spelling, between ordinary ones."""
    text = draw(spelled(draw(WANTED_RECORDS)))
    around = ",".join(json.dumps(ordinary(number)) for number in range(draw(st.integers(0, 2))))
    records = f"{around},{text}" if around else text
    return f'{{"Records":[{records}]}}'.encode("utf-8", "surrogatepass")


def found(data: bytes, limits: Limits = Limits()) -> int:  # noqa: B008 - frozen
    return len(scan_file(data, SHIPPED, limits=limits).events)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(files())
def test_no_spelling_of_what_is_wanted_is_missed(data: bytes) -> None:
    assert found(data) == found(gzip.compress(data, 1)) == 1


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(max_examples=20_000, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(files())
def test_no_spelling_of_what_is_wanted_is_missed_at_length(data: bytes) -> None:
    assert found(data) == 1


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(files(), st.lists(st.integers(0, 1_000_000), max_size=6))
def test_no_place_where_pieces_end_hides_anything(data: bytes, cuts: list[int]) -> None:
    ends = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    for keep in (True, False):
        search = Search(filter_of(SHIPPED), keep=keep)
        for start, end in itertools.pairwise(ends):
            search.add(data[start:end])
        assert search.may_hold()


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(files(), st.integers(0, 1_000_000), st.integers(1, 400))
def test_no_place_where_windows_end_hides_anything(data: bytes, place: int, width: int) -> None:
    """Windows far smaller than a record; what is found of one in several is still seen as part of one."""
    start = place % len(data)
    search = Search(filter_of(SHIPPED))
    parts = []
    for begin, end in ((0, start), (start, start + width), (start + width, len(data))):
        search.add(data[begin:end])
        parts.append(search.holds_part())
        search.next_window()
    assert any(parts)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=1), min_size=1, max_size=12), st.data())
def test_any_text_can_be_looked_for(text: str, data: st.DataObject) -> None:
    interest = Interest(calls=frozenset(), mentions=frozenset({text}))
    record = ordinary(1, requestParameters={"some": ["where", text]})
    spelling = data.draw(spelled(record)).encode("utf-8", "surrogatepass")
    assert len(scan_file(b'{"Records":[' + spelling + b"]}", interest).events) == 1


def test_inner_json_with_escapes_of_its_own() -> None:
    inner = json.dumps(root(1)).replace('"Root"', '"\\u0052oot"')
    for text in (json.dumps(inner), json.dumps(inner).replace("u0052", "\\u00750052")):
        assert found(b'{"eventData":' + text.encode() + b"}\n") == 1


ORDINARY_FILES = {
    "paths": ordinary(1, requestParameters={"path": "/dev/root"}),
    "names that hold the word": ordinary(1, requestParameters={"rootDeviceType": "ebs", "x": "chroot", "Roots": "y"}),
    "the same call of another service": ordinary(1, eventName="DetachPolicy", eventSource="iot.amazonaws.com"),
    "another call of the same service": ordinary(1, eventSource="organizations.amazonaws.com"),
    "escapes of other letters": ordinary(1, requestParameters={"x": "<&>"}),
}


@pytest.mark.parametrize("record", ORDINARY_FILES.values(), ids=ORDINARY_FILES.keys())
def test_ordinary_files_are_ruled_out(record: dict[str, Any]) -> None:
    data = log(record, packed=False).replace(b"<", b"\\u003c")
    assert scan_file(data, WANTED).counts.ruled_out == 1


def test_few_searches_stand_for_many_names() -> None:
    assert len(SHIPPED.literals()) > 30
    assert len(filter_of(SHIPPED).needles) <= 6


def test_each_pair_is_covered_by_a_search_that_names_it() -> None:
    draw = random.Random(5)
    for _ in range(50):
        pairs = {
            (b'"' + bytes(draw.choices(b"ABCab", k=8)), draw.choice([b"", b'"xyz.host', b'"qrs.host']))
            for _ in range(draw.randrange(1, 12))
        }
        chosen = covers(pairs)
        for name, source in pairs:
            assert any((word in name or word in source) and name in names for word, names in chosen)


def test_hostile_words_take_no_longer_than_long() -> None:
    """A megabyte of nothing but near misses is looked through once."""
    data = log(ordinary(1, requestParameters={"x": "root" * 250_000}), packed=False)
    assert scan_file(data, WANTED).events == ()
    escapes = log(ordinary(1, requestParameters={"x": "@"}), packed=False).replace(b"@", b"\\u003c" * 100_000)
    assert scan_file(escapes, WANTED).events == ()


def test_an_interest_wants_by_name_and_source() -> None:
    interest = Interest(calls=frozenset({Calls(frozenset({"A"}), frozenset({"s"})), Calls(frozenset({"B"}))}))
    assert interest.literals() == (("A", "s"), ("B", ""))
    assert interest.wants({"eventName": "A", "eventSource": "s"})
    assert not interest.wants({"eventName": "A", "eventSource": "t"})
    assert interest.wants({"eventName": "B"})
    assert not interest.wants({"eventName": ["B"], "eventSource": {}, "userIdentity": "Root"})
