"""The burn-down in every format: golden files, the published schema, what is not known told as such."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import jsonschema
from tests.fleet.removals import burn_down, followed, member, with_waves

from rootwarden.report.fleet import removal_machine, removal_page, removal_plot, removal_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = Path(__file__).parents[3] / "docs" / "reports" / "credentials-progress-1.schema.json"


def test_golden(golden: Callable[[str, str], None]) -> None:
    golden("removal.txt", removal_terminal.render(burn_down(), "archive"))
    golden("removal.json", removal_machine.render(burn_down(), "archive"))
    golden("removal-with-waves.txt", removal_terminal.render(with_waves(), "archive, one.jsonl, two.jsonl"))
    golden("removal-with-waves.json", removal_machine.render(with_waves(), "archive, one.jsonl, two.jsonl"))


def test_the_published_schema_is_the_one_the_records_give(matches: Callable[[Path, str], None]) -> None:
    matches(SCHEMA, removal_machine.json_schema())
    schema = json.loads(SCHEMA.read_text("utf-8"))
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    assert list(checker.iter_errors(json.loads(removal_machine.render(burn_down(), "archive")))) == []


def test_waves_are_marked_named_and_told_without_the_picture() -> None:
    removal = with_waves()
    plot = removal_plot.plot(removal)
    assert "Dotted upright lines are the ends of waves: nothing is left in 4 of their 8 accounts." in plot.says
    assert [row[-1] for row in plot.rows] == [point.by or "a run" for point in removal.points]
    svg = plot.svg()
    assert ">wave 2<" in svg
    assert svg.count(">wave 1<") == 2
    page = removal_page.render(removal, "archive")
    assert '<th scope="row">2, /Root/Workloads</th>' in page
    assert "2 passwords, 1 key, 2 devices" in page
    assert "left alone by the plan" in page


def test_every_point_of_the_picture_is_in_its_table() -> None:
    removal = burn_down()
    plot = removal_plot.plot(removal)
    assert [row[1:4] for row in plot.rows] == [(one.members, one.have, one.unknown) for one in removal.points]
    assert "From 11 of 12 (1 not known) to 0 of 12 (2 not known)" in plot.says
    page = removal_page.render(removal, "archive")
    assert "2026-03-23T12:00:00Z" in page
    assert "not in the last one" in page


def test_the_picture_is_whole_and_has_no_script() -> None:
    for removal in (burn_down(), followed((member(1, password=True),)), followed((member(1, readable=False),))):
        svg = removal_plot.plot(removal).svg()
        assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - ours
        assert "<script" not in svg


def test_one_account_among_thousands_has_a_letter_of_the_bar() -> None:
    rows = [member(number, password=number == 1) for number in range(1, 2001)]
    told = removal_terminal.render(followed(tuple(rows)), "archive")
    assert "█·" in told
    assert "1 of 2,000 members still have root credentials" in told


def test_nobody_left_is_said_and_nothing_else() -> None:
    told = removal_page.render(followed((member(1),)), "archive")
    assert "Nobody: every member was looked at, and none has a root credential." in told
    unsure = removal_page.render(followed((member(1, readable=False),)), "archive")
    assert "Nobody:" not in unsure


def test_hostile_names_are_made_harmless() -> None:
    harm = "\x1b[31m<script>alert(1)</script>"
    for text in (removal_page.render(burn_down(), harm), removal_terminal.render(burn_down(), harm)):
        assert "\x1b" not in text
    assert "<script>" not in removal_page.render(burn_down(), harm)
