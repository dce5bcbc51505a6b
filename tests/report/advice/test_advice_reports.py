"""Advice in every format: golden files, the published schema, nothing hostile let through, no unknown told done."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import jsonschema
import pytest
from tests.audit.advised import account, advised
from tests.docs.pages import DOCS
from tests.report.advice import answers

from rootwarden import packs
from rootwarden.advice.advice import Certainty, State
from rootwarden.advice.scenario import outcome
from rootwarden.errors import UsageError
from rootwarden.facts.fact import Known
from rootwarden.report.advice import FORMATS, find, machine, markdown, phrases, terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.audit.advising import Advised

SCHEMA = DOCS / "reports" / "advice-1.schema.json"
SUFFIX = {"terminal": "txt", "json": "json", "html": "html", "markdown": "md"}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_as_they_stand(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"advice-small.{SUFFIX[name]}", find(name)(answers.small()))


def test_the_schema_is_the_published_one(matches: Callable[[Path, str], None]) -> None:
    matches(SCHEMA, machine.json_schema())


@pytest.mark.parametrize("answer", [answers.small, answers.hostile, advised], ids=["small", "hostile", "whole"])
def test_valid_by_the_published_schema(answer: Callable[[], Advised]) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    assert list(checker.iter_errors(json.loads(machine.render(answer())))) == []


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_text_is_made_harmless(name: str) -> None:
    told = find(name)(answers.hostile())
    assert "\x1b" not in told
    assert name == "json" or "\u202e" not in told
    assert name not in {"html", "markdown"} or "<script>" not in told
    if name == "markdown":
        rows = [line for line in told.splitlines() if line.startswith("|")]
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {4, 6}


@pytest.mark.parametrize("name", FORMATS)
def test_every_advice_and_every_scenario_is_told(name: str) -> None:
    told = find(name)(advised(account(1, credentials=Known(False))))
    plain = " ".join(re.sub(r"[\n│]", " ", told).split())
    for one in packs.advice():
        assert one.title in plain or one.id in plain
    for scenario in packs.scenarios():
        assert scenario.id in told or scenario.title.split()[-1] in told


def test_the_order_of_the_document_is_the_order_to_do_it() -> None:
    found = advised(account(1, credentials=Known(False)))
    entries = machine.document(found).advice
    todo = [one.id for one in entries if one.position]
    assert todo == [one.advice for one in found.placed]
    assert [one.position for one in entries if one.position] == list(range(1, len(todo) + 1))
    assert {one.state for one in entries if not one.position} <= {State.DONE, State.NOT_APPLICABLE}
    assert len(entries) == len(packs.advice())


def test_an_outcome_that_is_not_known_is_told_whole() -> None:
    found = answers.small()
    taken = next(one for one in found.today if one.scenario == "mailbox-taken-over")
    assert phrases.outcome_words(taken.native) == "detected or not seen"
    assert phrases.tally([taken.native])["not known"] == 1
    assert "detected or not seen" in terminal.render(found)


@pytest.mark.parametrize("name", FORMATS)
def test_what_aws_alone_never_sees_is_said_in_every_format(name: str) -> None:
    everything = {one.id for one in packs.advice()}
    blind = {one.id: one for one in packs.scenarios() if outcome(one.native, everything).outcome == "not-seen"}
    assert "management-support-talked-round" in blind
    told = find(name)(advised(account(1)))
    if name == "json":
        entries = json.loads(told)["scenarios"]
        assert {one["id"] for one in entries if one["native_at_best"]["outcome"] == "not-seen"} == blind.keys()
        return
    rest = told.partition("AWS alone does not see even")[2]
    for one in packs.scenarios():
        named = f"\n  {one.id}: " if name == "terminal" else f"#s-{one.id}" if name == "html" else one.title
        assert (named in rest) is (one.id in blind)


def test_accounts_are_named_where_it_is_open_in_some_of_them() -> None:
    found = advised(*(account(number, credentials=Known(number < 10)) for number in range(1, 13)))
    one = next(each for each in found.standings if each.advice == "member-root-credentials-removed")
    assert phrases.extent(one) == "not done in 9 of 12 accounts"
    assert phrases.where(one) == ", ".join(f"{number:012d}" for number in range(1, 9)) + " and 1 more"
    everywhere = advised(account(1, credentials=Known(True)))
    assert phrases.where(everywhere.standings[0]) == ""


def test_what_nobody_checked_says_so() -> None:
    told = " ".join(terminal.render(advised()).split())
    for one in packs.advice():
        assert f"costs: {one.cost.says} (about; not checked, {one.cost.as_of})" in told
    assert told.count("what this says of AWS: about; not checked") == sum(
        one.certainty is Certainty.KNOWN for one in packs.advice()
    )


def test_no_colour_without_being_asked() -> None:
    assert "\x1b[" in terminal.render(answers.small(), color=True)
    assert "\x1b[" not in terminal.render(answers.small())


def test_the_page_of_all_scenarios_has_every_cell_with_its_source() -> None:
    page = markdown.scenarios(packs.scenarios())
    for one in packs.scenarios():
        assert f"### {one.id}\n" in page
        for cell in (*one.native, *one.both):
            assert cell.because in page
            assert cell.source in page
    for row in re.findall(r"^\| .*\|$", page, re.MULTILINE):
        assert len(row.split(" | ")) in {4, 5}


def test_a_format_there_is_not() -> None:
    with pytest.raises(UsageError, match="no report format `csv`"):
        find("csv")
