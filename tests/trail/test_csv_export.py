"""Tables as Athena and CloudTrail Lake export them."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trail.records import ACCOUNT, WANTED, log, root

from rootwarden.trail.hive_text import HiveTextError, read_struct
from rootwarden.trail.scan import scan_file

if TYPE_CHECKING:
    from rootwarden.detect.visits.event import Event
    from rootwarden.trail.scan import ScannedFile

COLUMNS = ("eventversion", "useridentity", "eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress")
MORE = ("requestparameters", "readonly", "eventid", "recipientaccountid", "partition_day")
IDENTITY = (
    f"{{type=Root, principalid={ACCOUNT}, arn=arn:aws:iam::{ACCOUNT}:root, accountid={ACCOUNT}, invokedby=null, "
    "accesskeyid=ASIAFAKEFAKEFAKEFAKE, username=null, sessioncontext={attributes={mfaauthenticated=true, "
    "creationdate=2026-03-02T08:00:11Z}, sessionissuer=null, ec2roledelivery=null, webidfederationdata={}}}"
)
ROLE = IDENTITY.replace("type=Root", "type=AssumedRole").replace(":root", ":role/x")


def table(*rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS + MORE) -> bytes:
    paper = io.StringIO(newline="")
    writer = csv.writer(paper, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows(rows)
    return paper.getvalue().encode()


def row(identity: str = IDENTITY, number: int = 1, request: str = '{"userName":"x"}') -> tuple[str, ...]:
    return (
        *(
            "1.11",
            identity,
            "2026-03-02T08:04:00Z",
            "iam.amazonaws.com",
            "DeactivateMFADevice",
            "us-east-1",
            "198.51.100.7",
        ),
        *(request, "false", f"00000000-0000-4000-8000-{number:012d}", ACCOUNT, "2026/03/02"),
    )


def scanned(data: bytes) -> ScannedFile:
    return scan_file(data, WANTED)


def only(data: bytes) -> Event:
    found = scanned(data)
    assert found.problems == ()
    (event,) = found.events
    return event


@pytest.mark.parametrize("packed", [False, True])
def test_a_row_is_a_record(packed: bool) -> None:
    data = table(row(), row(ROLE, 2))
    event = only(gzip.compress(data) if packed else data)
    assert (event.id[-2:], event.name, event.account, event.region) == (
        "01",
        "DeactivateMFADevice",
        ACCOUNT,
        "us-east-1",
    )
    assert event.read_only is False
    assert event.identity.kind == "Root"
    assert event.identity.access_key == "ASIAFAKEFAKEFAKEFAKE"
    assert event.identity.mfa is True
    assert event.identity.session_started is not None
    assert event.text("requestParameters", "userName") == "x"
    assert event.irregular == ()


@pytest.mark.parametrize(
    "columns", [tuple(map(str.upper, COLUMNS + MORE)), tuple(f" {name} " for name in COLUMNS + MORE)]
)
def test_names_of_columns_in_any_letter_case(columns: tuple[str, ...]) -> None:
    assert only(table(row(), columns=columns)).identity.kind == "Root"


def test_structs_as_json() -> None:
    identity = json.dumps({"type": "Root", "accountid": ACCOUNT, "sessioncontext": {"attributes": {}}})
    assert only(table(row(identity))).identity.account == ACCOUNT


def test_whole_records_in_a_column() -> None:
    data = table((json.dumps(root(5)),), (json.dumps({"eventName": "X"}),), columns=("eventjson",))
    assert only(data).id[-2:] == "05"


def test_a_byte_order_mark() -> None:
    assert only(b"\xef\xbb\xbf" + table(row())).identity.kind == "Root"


def test_cells_over_several_lines_and_bytes_that_are_no_utf8() -> None:
    data = table(row(request='{"a":\n"b\r\nc"}')).replace(b"198.51.100.7", b"198.51\xff")
    assert only(data).address == "198.51�"


def test_short_and_long_rows() -> None:
    data = table(row()[:5], (*row(number=2), "more", "cells"), ())
    assert len(scanned(data).events) == 2


def test_an_identity_that_cannot_be_read_is_counted_and_the_file_named() -> None:
    found = scanned(table(row("{type=Root, arn"), row(number=2)))
    assert [event.id[-2:] for event in found.events] == ["02"]
    assert found.counts.unreadable == 1
    assert [each.reason for each in found.problems] == ["1 of its records cannot be read"]


def test_a_table_without_end_is_given_up() -> None:
    data = table(row()) + b'"' + b"x" * 40_000_000
    found = scanned(data)
    assert len(found.events) == 1
    assert "cannot be read" in found.problems[0].reason


def test_other_tables_hold_no_record() -> None:
    found = scanned(b"name,size\r\nroot,7\r\n")
    assert [each.reason for each in found.problems] == ["it holds no CloudTrail record"]


STRUCTS: dict[str, Any] = {
    "{}": {},
    "{a=1}": {"a": "1"},
    " {a=1, b=null, c=} ": {"a": "1", "b": None, "c": ""},
    "{a={b={c=x y}}, d=[1, 2], e=[{f=g}]}": {"a": {"b": {"c": "x y"}}, "d": ["1", "2"], "e": [{"f": "g"}]},
    "{a=x, y, b=z}": {"a": "x, y", "b": "z"},
}


@pytest.mark.parametrize(("text", "value"), STRUCTS.items())
def test_structs(text: str, value: Any) -> None:
    assert read_struct(text) == value


@pytest.mark.parametrize("text", ["", "x", "{", "{a", "{a=1", "{a=1}x", "[1]", "{a=[1}", "{a=" * 40 + "}" * 40])
def test_what_is_no_struct(text: str) -> None:
    with pytest.raises(HiveTextError):
        read_struct(text)


@given(st.text(alphabet="{}[]=,ab1 ", max_size=60))
def test_any_text_ends(text: str) -> None:
    with contextlib.suppress(HiveTextError):
        assert isinstance(read_struct(text), dict)


def test_a_log_is_no_table() -> None:
    assert scanned(log(root(1), packed=False)).counts.wanted == 1
