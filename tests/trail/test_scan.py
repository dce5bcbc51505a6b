from __future__ import annotations

import gzip
import io
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.trail.records import ACCOUNT, WANTED, log, ordinary, root

from rootwarden.trail.limits import Limits
from rootwarden.trail.scan import Scan, scan_file

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.detect.visits.interest import Interest

NOISE = [ordinary(number) for number in range(100, 130)]
FILE = [*NOISE, root(1), *NOISE, root(2)]
SMALL = Limits(window=4096, record=100_000)


def ids(data: bytes, limits: Limits = Limits(), interest: Interest = WANTED) -> list[str]:  # noqa: B008 - frozen
    return [event.id[-2:] for event in scan_file(data, interest, limits=limits).events]


def lines(*records: dict[str, Any], end: str = "\n") -> bytes:
    return "".join(json.dumps(each) + end for each in records).encode()


def enveloped(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "0",
        "detail-type": "AWS Console Sign In via CloudTrail",
        "source": "aws.signin",
        "detail": record,
    }


def batch(*messages: dict[str, Any]) -> bytes:
    return json.dumps(
        {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": json.dumps(each)} for each in messages]}
    ).encode()


LAYOUTS: dict[str, bytes] = {
    "log file": log(*FILE),
    "log file, not packed": log(*FILE, packed=False),
    "log file, pretty": json.dumps({"Records": FILE}, indent=2).encode(),
    "log file, pretty, packed": gzip.compress(json.dumps({"Records": FILE}, indent=2).encode()),
    "byte order mark": b"\xef\xbb\xbf" + log(*FILE, packed=False),
    "blank lines around it": b"\n \r\n" + log(*FILE, packed=False) + b"\n\n",
    "other keys beside the records": json.dumps({"a": [1], "Records": FILE, "z": {"b": []}}).encode(),
    "bare list": json.dumps(FILE).encode(),
    "JSON Lines": lines(*FILE),
    "JSON Lines, packed": gzip.compress(lines(*FILE)),
    "JSON Lines with CR LF": lines(*FILE, end="\r\n"),
    "JSON Lines without the last end": lines(*FILE).rstrip(),
    "JSON Lines with empty lines": lines(*FILE, end="\n\n"),
    "objects in a row": lines(*FILE, end=""),
    "pretty objects in a row": "\n".join(json.dumps(each, indent=1) for each in FILE).encode(),
    "log files as lines": b"\n".join(log(*part, packed=False) for part in (FILE[:40], FILE[40:])),
    "two gzip members": log(*FILE[:40]) + log(*FILE[40:]),
    "gzip members and zeros": log(*FILE[:40]) + b"\0" * 300 + log(*FILE[40:]) + b"\0" * 1000,
    "EventBridge events as lines": lines(*map(enveloped, FILE)),
    "CloudTrail Lake, objects": lines(*({"eventData": each} for each in FILE)),
    "CloudTrail Lake, texts": lines(*({"eventData": json.dumps(each)} for each in FILE)),
    "answer of LookupEvents": json.dumps(
        {"Events": [{"EventId": each["eventID"], "CloudTrailEvent": json.dumps(each)} for each in FILE]}, indent=4
    ).encode(),
    "CloudWatch Logs batch": batch(*FILE),
}


@pytest.mark.parametrize("data", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_layout_gives_the_events_in_order(data: bytes) -> None:
    found = scan_file(data, WANTED)
    assert [event.id[-2:] for event in found.events] == ["01", "02"]
    assert found.problems == ()
    assert found.counts.files == 1
    assert found.counts.wanted == 2


# Documents of these kinds are small: an answer holds at most fifty events, a batch a megabyte.
SMALL_ONES = {"other keys beside the records", "answer of LookupEvents", "CloudWatch Logs batch"}
LARGE = {name: data for name, data in LAYOUTS.items() if name not in SMALL_ONES}


@pytest.mark.parametrize("data", LARGE.values(), ids=LARGE.keys())
def test_windows_change_nothing(data: bytes) -> None:
    found = scan_file(data, WANTED, limits=SMALL)
    assert [event.id[-2:] for event in found.events] == ["01", "02"]
    assert found.problems == ()


def test_one_bare_record_is_a_file() -> None:
    assert ids(json.dumps(root(7)).encode()) == ["07"]
    assert ids(json.dumps(root(7), indent=2).encode()) == ["07"]
    assert ids(json.dumps(enveloped(root(7))).encode()) == ["07"]


def test_what_nobody_wants_is_ruled_out_undecoded() -> None:
    found = scan_file(log(*NOISE), WANTED)
    assert found.counts.ruled_out == 1
    assert found.counts.records == 0
    assert found.counts.about == len(NOISE)


def test_calls_of_others_are_read_by_name_and_by_what_they_mention() -> None:
    named = ordinary(3, eventName="AssumeRoot")
    mentioned = ordinary(4, requestParameters={"deep": [{"er": "arn:aws:iam::000011112222:user/made-by-root"}]})
    longer = ordinary(5, requestParameters={"a": "xarn:aws:iam::000011112222:user/made-by-root"})
    assert ids(log(named, mentioned, longer)) == ["03", "04"]


DAMAGE: dict[str, tuple[bytes, list[str], str]] = {
    "cut in the gzip stream": (log(*FILE)[:-60], ["01"], "the gzip stream ends in the middle"),
    "cut before the checksum": (log(*FILE)[:-8], ["01", "02"], "the gzip stream ends in the middle"),
    "cut JSON": (log(*FILE, packed=False)[:-30], ["01"], "the JSON ends in the middle"),
    "cut JSON, nothing wanted": (log(*NOISE, packed=False)[:-30], [], "the JSON ends in the middle"),
    "cut JSON Lines": (lines(*FILE)[:-30], ["01"], "the JSON ends in the middle"),
    "wrong checksum": (log(*FILE)[:-8] + b"\0" * 8, ["01", "02"], "no gzip stream"),
    "bytes behind the last member": (log(*FILE) + b"forged", ["01", "02"], "bytes follow the last gzip member"),
    "it holds no CloudTrail record": (b"%PDF-1.7 not a log\n", [], "it holds no CloudTrail record"),
    "other JSON": (b'{"hello": ["world"]}', [], "it holds no CloudTrail record"),
    "UTF-16": (json.dumps({"Records": FILE}).encode("utf-16"), [], "it holds no CloudTrail record"),
}


@pytest.mark.parametrize(("data", "used", "reason"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_named_and_what_came_before_is_used(data: bytes, used: list[str], reason: str) -> None:
    found = scan_file(data, WANTED, name="some file")
    assert [event.id[-2:] for event in found.events] == used
    assert [each.file for each in found.problems] == ["some file"]
    assert reason in found.problems[0].reason


@pytest.mark.parametrize("data", [log(), b'{"Records":[]}', b""], ids=["packed", "plain", "nothing"])
def test_an_empty_file_is_no_problem(data: bytes) -> None:
    found = scan_file(data, WANTED)
    assert found.events == ()
    assert found.problems == ()


ODD: dict[str, bytes] = {
    "bytes that are no UTF-8": log(root(1), packed=False).replace(b"ConsoleLogin", b"Console\xff\xfeLogin"),
    "half a surrogate": log(root(1), packed=False).replace(b"ConsoleLogin", b"Console\\ud800Login"),
    "half a surrogate behind a backslash": log(root(1), packed=False).replace(b"ConsoleLogin", b"\\\\\\udc00Login"),
    "control characters": log(root(1), packed=False).replace(b"ConsoleLogin", b"Console\x01\tLogin"),
    "a number past every range": log(root(1), packed=False).replace(b'"readOnly":true', b'"readOnly":1e9999'),
    "a number of 1,000 digits": log(root(1), packed=False).replace(b'"readOnly":true', b'"readOnly":' + b"9" * 1000),
    "not a number": log(root(1), packed=False).replace(b'"readOnly":true', b'"readOnly":NaN'),
    "the same key twice": log(root(1), packed=False).replace(b'"type":"Root"', b'"type":"Role","type":"Root"'),
    "lists 5,000 deep beside it": log(root(1), packed=False).replace(
        b'{"Records":[', b'{"Records":[{"a":' + b"[" * 5000 + b"]" * 5000 + b"},"
    ),
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD.keys())
def test_odd_spellings_hide_nothing(data: bytes) -> None:
    for limits in (Limits(), SMALL):
        assert ids(data, limits) == ["01"]


def test_fields_of_another_kind_are_counted() -> None:
    found = scan_file(log(root(1, readOnly="false", eventTime=12, awsRegion=["x"])), WANTED)
    assert found.counts.irregular == {"awsRegion": 1, "eventTime": 1}
    assert found.events[0].read_only is False


def test_a_record_that_is_no_json_is_counted_and_its_file_named() -> None:
    data = log(root(1), root(2), packed=False).replace(b'"eventName":"ConsoleLogin"', b'"eventName":Console', 1)
    found = scan_file(data, WANTED)
    assert [event.id[-2:] for event in found.events] == ["02"]
    assert found.counts.unreadable == 1
    assert [each.reason for each in found.problems] == ["1 of its records cannot be read"]


@pytest.mark.parametrize(
    "limits", [Limits(inflated=1_000_000), Limits(ratio=20, ratio_from=1_000_000)], ids=["size", "ratio"]
)
def test_a_bomb_is_refused_by_name_and_what_came_before_is_used(limits: Limits) -> None:
    bomb = gzip.compress(log(root(1), packed=False)[:-2] + b" " * 50_000_000 + b"]}")
    found = scan_file(bomb, WANTED, limits=limits)
    assert "it inflates to more than" in found.problems[0].reason
    assert found.counts.inflated < 2_000_000
    assert [event.id[-2:] for event in found.events] == ["01"]


def test_a_record_without_end_is_given_up() -> None:
    data = log(root(1), packed=False)[:-2] + b',{"a":"' + b"x" * 1_000_000 + b'"}]}'
    found = scan_file(data, WANTED, limits=SMALL)
    assert [each.reason for each in found.problems] == ["no end of a record was found"]
    assert [event.id[-2:] for event in found.events] == ["01"]


@pytest.mark.parametrize("number", range(1, 12))
def test_records_inside_a_record_are_told_or_the_file_is_named(number: int) -> None:
    """A request with a list of what looks like records, in windows that may end between those."""
    nested = root(50, requestParameters={"events": [ordinary(each) for each in range(number)]})
    found = scan_file(log(*NOISE[:5], nested, *NOISE, packed=False), WANTED, limits=SMALL)
    assert [event.id[-2:] for event in found.events] == ["50"] or "holds others" in found.problems[0].reason


def test_a_stream_is_read_once() -> None:
    scan = Scan(io.BytesIO(log(*FILE)), WANTED, name="-")
    assert [event.id[-2:] for event in scan.events()] == ["01", "02"]


def test_what_is_no_file_is_a_problem(tmp_path: Path) -> None:
    found = scan_file(tmp_path, WANTED)
    assert found.problems[0].file == str(tmp_path)
    assert "it is not a regular file" in found.problems[0].reason or "directory" in found.problems[0].reason


def test_the_end_of_a_piece_hides_nothing() -> None:
    """A wanted record at every place relative to the ends of pieces."""
    draw = random.Random(3)
    for _ in range(40):
        length = 256 * 1024 - draw.randrange(900)
        filler = ordinary(9, requestParameters={"x": "y" * (length - 600)})
        data = log(filler, root(1), ordinary(8, eventName="DetachPolicy", eventSource="organizations.amazonaws.com"))
        assert ids(data) == ["01", "08"]
        assert ACCOUNT
