"""A first look keeps nothing of a file, and rules out nothing that a reading in full would find."""

from __future__ import annotations

import gzip
import io
import json
import os
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trail.records import WANTED, log, ordinary, root

from rootwarden import packs
from rootwarden.detect.visits.interest import interest_of
from rootwarden.trail.byte_filter import filter_of
from rootwarden.trail.first_look import first_look, look_through
from rootwarden.trail.inflate import PIECE, Inflation
from rootwarden.trail.limits import Limits
from rootwarden.trail.scan import Scan, scan_file

if TYPE_CHECKING:
    from rootwarden.trail.first_look import Look

SHIPPED = interest_of(packs.detections())
FILLER = ordinary(9, requestParameters={"x": "y" * PIECE})
LEFT = ordinary(7, eventName="LeaveOrganization", eventSource="organizations.amazonaws.com")
LISTED = ordinary(8, eventName="ListAccounts", eventSource="organizations.amazonaws.com")


class Pipe(io.BytesIO):
    """What can be read once."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise AssertionError


def looked(data: bytes) -> Look:
    inflation = Inflation(io.BytesIO(data), Limits())
    return first_look(inflation, inflation.pieces(), filter_of(SHIPPED))


def looked_through(data: bytes, folder: Path, limits: Limits | None = None) -> Look:
    path = folder / "file"
    path.write_bytes(data)
    return look_through(path, filter_of(SHIPPED), limits or Limits())


def ids(scan: Scan) -> list[str]:
    return [event.id[-2:] for event in scan.events()]


FILES: dict[str, tuple[bytes, list[str], int]] = {
    "nothing": (log(FILLER, FILLER), [], 1),
    "in the first piece": (log(root(1), FILLER, FILLER), ["01"], 0),
    "in a later piece": (log(FILLER, FILLER, root(1)), ["01"], 0),
    "in the first and in a later piece": (log(root(1), FILLER, FILLER, root(2)), ["01", "02"], 0),
    "name and source, in a later piece": (log(FILLER, FILLER, LEFT), ["07"], 0),
    "a source alone, in a later piece": (log(FILLER, FILLER, LISTED), [], 1),
    "not packed, in a later piece": (log(FILLER, FILLER, root(1), packed=False), ["01"], 0),
    "several members": (log(FILLER, FILLER) + log(root(1)), ["01"], 0),
    "a damaged end": (log(FILLER, FILLER, root(1), FILLER)[:-9], ["01"], 0),
    "a table": (b"eventname,useridentity\nListUsers,\n", [], 0),
}


@pytest.mark.parametrize(("data", "wanted", "ruled_out"), FILES.values(), ids=FILES.keys())
def test_a_file_gives_the_same_read_once_or_looked_at_first(
    data: bytes, wanted: list[str], ruled_out: int, tmp_path: Path
) -> None:
    path = tmp_path / "file.json.gz"
    path.write_bytes(data)
    found = [
        (ids(scan), scan.counts().ruled_out, scan.counts().inflated, [each.reason for each in scan.problems])
        for scan in (Scan(source, SHIPPED, name="-") for source in (path, data, Pipe(data)))
    ]
    assert found[0][:2] == (wanted, ruled_out)
    assert found[0] == found[1] == found[2]


def test_a_name_in_a_piece_that_was_let_go_is_not_lost() -> None:
    """The end of the first piece between a record's name and its source."""
    named = json.dumps({"eventName": "LeaveOrganization", "requestParameters": {"x": "z" * 2000}})[:-1]
    rest = {key: value for key, value in LEFT.items() if key not in {"eventName", "requestParameters"}}
    text = f"{named},{json.dumps(rest)[1:]}"
    head = log(ordinary(1, requestParameters={"x": ""}), packed=False)[:-2]
    for shift in range(0, 2400, 97):
        filler = ordinary(1, requestParameters={"x": "y" * (PIECE - len(head) - shift)})
        data = log(filler, packed=False)[:-2] + b"," + text.encode() + b"]}"
        assert [event.id[-2:] for event in scan_file(data, SHIPPED).events] == ["07"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([root(1), LEFT, LISTED, FILLER, ordinary(3)]), max_size=6), st.booleans())
def test_only_what_holds_nothing_is_ruled_out(records: list[dict[str, Any]], packed: bool) -> None:
    wanted = [each["eventID"] for each in records if each in (root(1), LEFT)]
    with TemporaryDirectory() as folder:
        through = looked_through(log(*records, packed=packed), Path(folder))
        found = [event.id for event in scan_file(Path(folder) / "file", SHIPPED).events]
    for look in (looked(log(*records, packed=packed)), through):
        assert not (look.ruled_out and (wanted or look.found or look.first))
    assert found == wanted
    assert [event.id for event in scan_file(log(*records, packed=packed), SHIPPED).events] == wanted


def test_what_is_read_starts_where_the_file_stood() -> None:
    file = io.BytesIO(b"before" + log(FILLER, FILLER, root(1)))
    file.seek(6)
    assert ids(Scan(file, WANTED, name="-")) == ["01"]


@pytest.mark.parametrize("from_disk", [True, False], ids=["a file", "bytes"])
def test_looking_through_a_file_takes_the_memory_of_a_few_pieces(from_disk: bool, tmp_path: Path) -> None:
    data = log(*[FILLER] * 60)
    path = tmp_path / "file.json.gz"
    path.write_bytes(data)
    source = path if from_disk else data
    scan_file(source, SHIPPED)
    tracemalloc.start()
    try:
        assert scan_file(source, SHIPPED).counts.inflated > 60 * PIECE
        assert tracemalloc.get_traced_memory()[1] < 4 * PIECE
    finally:
        tracemalloc.stop()


LOG = log(FILLER, FILLER)
USUAL: dict[str, tuple[bytes, Limits, bool]] = {
    "one member": (LOG, Limits(), True),
    "a source without a name": (log(LISTED, FILLER, FILLER), Limits(), True),
    "a source without a name, in a later piece": (log(FILLER, LISTED, FILLER), Limits(), False),
    "several members": (LOG + LOG, Limits(), False),
    "bytes behind the member": (LOG + b"x", Limits(), False),
    "cut off": (LOG[:-1], Limits(), False),
    "a wrong checksum": (LOG[:-8] + b"\0\0\0\0" + LOG[-4:], Limits(), False),
    "not packed": (log(FILLER, packed=False), Limits(), False),
    "no log": (gzip.compress(b"eventVersion"), Limits(), False),
    "an empty member": (gzip.compress(b""), Limits(), False),
    "an empty file": (b"", Limits(), False),
    "more than it may inflate to": (LOG, Limits(inflated=PIECE), False),
    "more than it may pack": (LOG, Limits(ratio_from=PIECE), False),
}


@pytest.mark.parametrize(("data", "limits", "ruled_out"), USUAL.values(), ids=USUAL.keys())
def test_a_file_is_ruled_out_at_once_only_when_it_is_a_log_file_as_they_are(
    data: bytes, limits: Limits, ruled_out: bool, tmp_path: Path
) -> None:
    look = looked_through(data, tmp_path, limits)
    assert (look.ruled_out, look.found) == (ruled_out, False)


def test_what_is_no_small_regular_file_is_left_to_the_reader_that_can_tell(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.write(LOG)
        file.truncate(1024**2 + 1)
    os.mkfifo(tmp_path / "pipe")
    refused = (tmp_path / "pipe", tmp_path, tmp_path / "missing")
    for path in (large, *refused):
        look = look_through(path, filter_of(SHIPPED), Limits())
        assert not look.ruled_out
        assert not look.found
    # Zeros behind a member are what tapes and some stores fill up with.
    assert scan_file(large, SHIPPED).counts.ruled_out == 1
    assert all(scan_file(path, SHIPPED).problems for path in refused)
