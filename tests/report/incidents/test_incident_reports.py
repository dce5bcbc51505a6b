"""The reports on incidents: golden files of each format, nothing left out, nothing hostile let through."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.report.incidents import visits

from rootwarden.detect.visits.incident import Severity, Shape
from rootwarden.report.incidents import ocsf, page, table, terminal
from rootwarden.report.incidents.timeline import MOST_ROWS, NARROWEST, WIDTH, timeline
from rootwarden.report.incidents.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.detect.visits.incident import Incident

RENDERED = {
    "terminal.txt": terminal.render,
    "page.html": page.render,
    "table.csv": table.render,
    "ocsf.json": ocsf.render,
}


@pytest.mark.parametrize("told", [visits.EVERYTHING, visits.NOTHING], ids=["everything", "nothing"])
@pytest.mark.parametrize("name", RENDERED)
def test_formats_as_they_stand(
    name: str, told: Told, golden: Callable[[str, str], None], request: pytest.FixtureRequest
) -> None:
    case = "everything" if told is visits.EVERYTHING else "nothing"
    golden(f"incidents-{case}-{name}", RENDERED[name](told))


@pytest.mark.parametrize("name", RENDERED)
def test_every_incident_and_concern_is_in_every_format(name: str) -> None:
    text = RENDERED[name](visits.EVERYTHING)
    for each in visits.EVERYTHING.by_severity():
        assert each.id in text


@pytest.mark.parametrize("name", ["terminal.txt", "page.html", "table.csv"])
def test_hostile_text_is_made_harmless(name: str) -> None:
    text = RENDERED[name](visits.EVERYTHING)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert name != "page.html" or "<script>" not in text


def test_no_cell_of_the_table_is_a_formula() -> None:
    told = Told(source="", accounts={"000011112222": visits.HOSTILE}, incidents=(visits.TAKEOVER,))
    (row,) = csv.DictReader(io.StringIO(table.render(told)))
    assert row["account_name"].startswith("'=cmd()")
    assert (row["severity"], row["verdict"], row["mfa"]) == ("page", "unexplained", "yes")


def test_the_most_severe_stands_first_in_every_order() -> None:
    turned = replace(visits.EVERYTHING, incidents=visits.EVERYTHING.incidents[::-1])
    assert turned.by_severity() == visits.EVERYTHING.by_severity()
    ranks = [each.severity.rank for each in turned.by_severity()]
    assert ranks == sorted(ranks, reverse=True)


def test_unknown_mfa_is_not_told_as_none() -> None:
    (row,) = csv.DictReader(io.StringIO(table.render(Told(source="", incidents=(visits.AUDIT,)))))
    assert row["mfa"] == "unknown"
    assert "MFA not known" in terminal.render(Told(source="", incidents=(visits.AUDIT,)))


def test_a_session_of_assume_root_is_not_blamed_for_having_no_mfa() -> None:
    text = terminal.render(Told(source="", incidents=(replace(visits.AUDIT, mfa=False),)))
    assert "no MFA of its own" in text
    assert "without MFA" not in text


def test_a_key_is_named_where_it_can_be_switched_off() -> None:
    used = replace(visits.TAKEOVER, shape=Shape.ACCESS_KEY, access_keys=("AKIAXXXXXXXXXXXXXXX1",))
    told = Told(source="", incidents=(used,))
    assert "key AKIAXXXXXXXXXXXXXXX1" in terminal.render(told)
    (row,) = csv.DictReader(io.StringIO(table.render(told)))
    assert (row["access_keys"], row["agents"]) == ("AKIAXXXXXXXXXXXXXXX1", "Mozilla/5.0 (a browser)")


def test_refused_calls_show_in_the_number_of_events() -> None:
    refused = replace(visits.TAKEOVER, events=7, writes=0, reads=2, failed_sign_ins=0, actions={})
    assert "7 events: 0 changes, 2 reads; " in terminal.render(Told(source="", incidents=(refused,)))


def test_trouble_in_reading_is_said_beside_a_clean_result() -> None:
    told = replace(visits.NOTHING, read=replace(visits.NOTHING.read, trouble=("cut.json.gz: ends in the middle",)))
    assert "root may have been there unseen" in terminal.render(told)
    assert "Root may have been there unseen" in page.render(told)


def test_findings_name_the_account_and_its_reasons() -> None:
    findings = json.loads(ocsf.render(visits.EVERYTHING))
    first = next(each for each in findings if each["finding_info"]["uid"] == visits.TAKEOVER.id)
    assert first["class_uid"] == 2004
    assert first["type_uid"] == 200401
    assert first["cloud"]["account"] == {
        "uid": "000011112222", "type": "AWS Account", "type_id": 10, "name": "payments-prod",
    }  # fmt: skip
    assert [each["code"] for each in first["unmapped"]["reasons"]] == ["no-check-out", "root-mfa-changed"]
    assert all("time" in each for each in findings)


_SHARES = st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 5_000), st.integers(0, 60)), min_size=1)


@given(_SHARES)
def test_marks_stay_inside_the_picture(shares: list[tuple[int, int, int]]) -> None:
    incidents = tuple(_visit(number, *share) for number, share in enumerate(shares))
    drawn = timeline(Told(source="", incidents=incidents))
    assert drawn is not None
    assert len(drawn.rows) + drawn.left_out == len({each.account for each in incidents})
    assert len(drawn.rows) <= MOST_ROWS
    for mark in (mark for row in drawn.rows for mark in row.marks):
        assert mark.left >= 0
        assert mark.width >= NARROWEST
        assert mark.left + mark.width <= WIDTH
    assert all(0 <= tick.left <= WIDTH for tick in drawn.ticks)


def _visit(number: int, minute: int, length: int, account: int) -> Incident:
    from datetime import timedelta

    started = visits.at(1, 0) + timedelta(minutes=minute)
    return replace(
        visits.TAKEOVER,
        id=str(number),
        account=f"{account:012}",
        started=started,
        ended=started + timedelta(minutes=length),
        severity=list(Severity)[number % 3],
    )


def test_severities_of_the_timeline_differ_in_shape() -> None:
    drawing = page.render(visits.EVERYTHING).partition("<svg")[2].partition("</svg>")[0]
    symbols = re.findall(r'class="symbol (\w+)"[^>]*>(.)</text>', drawing)
    assert len(symbols) == drawing.count('class="mark ') > 2
    shapes = dict(symbols)
    assert len(set(shapes.values())) == len(shapes) > 1
