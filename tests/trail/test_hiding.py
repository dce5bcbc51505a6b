"""Ways to keep a record of root out of `trail scan`, each found once: none of them works, or the file is named."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trail.records import ACCOUNT, WANTED, log, ordinary, root

from rootwarden.trail.limits import Limits
from rootwarden.trail.place_names import passed_over
from rootwarden.trail.scan import scan_file
from rootwarden.trail.spool import row_of

if TYPE_CHECKING:
    from rootwarden.trail.scan import ScannedFile

DEEP = 100_000
ROOT = json.dumps(root(7))
NAME = f"{ACCOUNT}_CloudTrail_eu-west-1_20260302T0805Z_abcdefgh.json.gz"


def scanned(data: bytes) -> ScannedFile:
    return scan_file(data, WANTED, name="fake")


def ids(found: ScannedFile) -> list[str]:
    return [event.id for event in found.events]


@given(st.lists(st.integers(0, len(ROOT)), max_size=12))
def test_members_of_a_few_bytes_hide_nothing(cuts: list[int]) -> None:
    """Pieces of gzip members are as short as who packed them likes; what is searched for may lie across many."""
    data = log(ordinary(), root(7), packed=False)
    borders = [0, *sorted(data.index(b'"Root"') + cut % 10 for cut in cuts), len(data)]
    members = [data[start:end] for start, end in pairwise(borders)]
    assert ids(scanned(b"".join(gzip.compress(each) for each in members))) == [root(7)["eventID"]]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param('{"Records":[%s],"Records":[]}', id="a second list that is empty"),
        pytest.param('{"Records":[%s],"\\u0052ecords":[]}', id="a second list, spelt otherwise"),
        pytest.param('{"Events":[%s],"Records":[]}', id="two lists of two kinds"),
        pytest.param('{"Records":[{"eventID":"e","Records":[%s]}]}', id="a list in what looks like a record"),
        pytest.param('{"Records":[{"eventName":"e","detail":%s}]}', id="a detail in what looks like a record"),
    ],
)
def test_what_stands_beside_a_record_hides_none(data: str) -> None:
    assert root(7)["eventID"] in ids(scanned((data % ROOT).encode()))


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param("[" * DEEP + "]" * DEEP, id="lists"),
        pytest.param('{"a":' * DEEP + '"}"' + "}" * DEEP, id="objects"),
        pytest.param("9" * 5000, id="a number longer than any reader takes"),
        pytest.param("-" + "9" * 5000, id="and below zero"),
    ],
)
@pytest.mark.parametrize("layout", ['{"Records":[%s]}', "%s\n", '{"Records":[%s,{}]}'])
def test_parameters_no_reader_takes_hide_nothing(parameters: str, layout: str) -> None:
    record = ROOT.replace('"readOnly"', f'"responseElements": {parameters}, "readOnly"')
    found = scanned((layout % record).encode())
    assert ids(found) == [root(7)["eventID"]]
    assert [row_of(event).key for event in found.events] == ids(found)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        (f"CloudTrail-Digest/AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/03/02/{NAME}", ""),
        (f"x/CloudTrail-Insight/AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/03/02/{NAME}", ""),
        (f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/03/02/{NAME}", ""),
        (
            f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/eu-west-1/2026/03/02/{NAME.replace('Trail_', 'Trail-Digest_')}",
            "digests",
        ),
        ("CloudTrail-Insight/x.json.gz", "Insights files"),
    ],
)
def test_a_prefix_whoever_changes_the_trail_chooses_hides_no_log_file(name: str, word: str) -> None:
    """`UpdateTrail` takes any prefix, `CloudTrail-Digest` among them."""
    assert passed_over(name) == word


@given(st.integers(300, 900), st.integers(0, 3))
def test_a_record_longer_than_many_windows_is_not_lost(window: int, before: int) -> None:
    records = [*(ordinary(number) for number in range(before)), root(7, requestParameters={"note": "x" * 5000})]
    records += [ordinary(number) for number in range(9, 30)]
    data = log(*records, packed=False)
    members = b"".join(gzip.compress(data[start : start + 200]) for start in range(0, len(data), 200))
    found = scan_file(members, WANTED, name="fake", limits=Limits(window=window, record=100_000))
    assert ids(found) == [root(7)["eventID"]]
