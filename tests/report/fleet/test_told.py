"""A study and key figures in every format that is text."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from tests.report.fleet import fleets

from rootwarden.fleet.kpi import key_figures
from rootwarden.fleet.recorded import Records
from rootwarden.packs.published import published
from rootwarden.report.fleet import (
    figures,
    kpi_machine,
    kpi_prometheus,
    kpi_terminal,
    study_machine,
    study_table,
    study_terminal,
)
from rootwarden.report.fleet.compared import counts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.report.fleet.fleets import Fleet

REPORTS = Path(__file__).parents[3] / "docs" / "reports"
FLEETS = {"small": fleets.small, "unused": fleets.unused, "published": fleets.as_published}
SCHEMAS = {"study": study_machine.json_schema, "kpi": kpi_machine.json_schema}


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((REPORTS / f"{name}-1.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def document(fleet: Fleet) -> Any:
    return json.loads(study_machine.render(fleet.study, fleet.beside_published))


def rows(fleet: Fleet) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(study_table.render(fleet.study, fleet.beside_published))))


@pytest.mark.parametrize("name", FLEETS)
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    fleet = FLEETS[name]()
    golden(f"study-{name}.txt", study_terminal.render(fleet.study, fleets.ASKED, fleet.beside_published))
    golden(f"study-{name}.json", study_machine.render(fleet.study, fleet.beside_published))
    golden(f"study-{name}.csv", study_table.render(fleet.study, fleet.beside_published))


def test_golden_key_figures(golden: Callable[[str, str], None]) -> None:
    told = fleets.figures(fleets.small())
    golden("kpi-small.txt", kpi_terminal.render(told, fleets.ASKED))
    golden("kpi-small.json", kpi_machine.render(told))
    golden("kpi-small.prom", kpi_prometheus.render(told))


def test_every_published_count_is_in_the_report() -> None:
    fleet = fleets.as_published()
    assert counts_of(fleet.study) == msgspec.structs.asdict(published().counts)
    text = study_terminal.render(fleet.study, fleets.ASKED, fleet.beside_published)
    for name, count in msgspec.structs.asdict(published().counts).items():
        assert re.search(rf"^ *{re.escape(figures.COUNTS[name])} .*\b{count:,}\b.* {count:,}$", text, re.MULTILINE), (
            name
        )


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("name", FLEETS)
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    fleet = FLEETS[name]()
    text = study_terminal.render(fleet.study, fleets.ASKED, fleet.beside_published, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert max(map(len, kpi_terminal.render(fleets.figures(fleet), fleets.ASKED, width=width).splitlines())) <= width


def test_colour_only_when_asked() -> None:
    fleet = fleets.small()
    plain = study_terminal.render(fleet.study, fleets.ASKED, fleet.beside_published)
    assert "\x1b" not in plain
    assert "\x1b[" in study_terminal.render(fleet.study, fleets.ASKED, color=True)


def test_what_others_named_cannot_speak_to_the_terminal_or_a_spreadsheet() -> None:
    fleet = fleets.hostile()
    shown = study_terminal.render(fleet.study, fleets.ASKED)
    assert "\x1b" not in shown
    cells = [cell for row in rows(fleet) for cell in row.values() if cell]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t")) or "\x1b" in cell]


def test_what_is_unknown_is_said() -> None:
    fleet = fleets.small()
    assert fleet.study.period.unknown > 0
    text = study_terminal.render(fleet.study, fleets.ASKED)
    assert f"? {fleet.study.period.unknown} account-weeks could not be decided" in text
    assert "may lie within" in text
    certain = study_terminal.render(fleets.unused().study, fleets.ASKED)
    assert "may lie within" not in certain
    assert "could not be decided" not in certain


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_the_one_the_records_give(name: str, matches: Callable[[Path, str], None]) -> None:
    matches(REPORTS / f"{name}-1.schema.json", SCHEMAS[name]())


@pytest.mark.parametrize("name", [*FLEETS, "hostile"])
def test_valid_by_the_published_schema(name: str) -> None:
    fleet = {**FLEETS, "hostile": fleets.hostile}[name]()
    assert list(validator("study").iter_errors(document(fleet))) == []
    assert list(validator("study").iter_errors(json.loads(study_machine.render(fleet.study)))) == []
    for told in (fleets.figures(fleet), key_figures(fleet.weeks, Records(), fleet.study.last_as_of)):
        assert list(validator("kpi").iter_errors(json.loads(kpi_machine.render(told)))) == []


def test_the_schema_refuses_what_is_not_the_format() -> None:
    spoiled = document(fleets.small())
    spoiled["weeks"][0]["accounts"] = "many"
    assert list(validator("study").iter_errors(spoiled))
    del (lacking := document(fleets.small()))["comparison"]
    assert list(validator("study").iter_errors(lacking))


def test_the_fields_others_rely_on() -> None:
    """What design of the format promises: docs/reports/study.md."""
    made = document(fleets.as_published())
    week = {"week", "accounts", "accounts_used", "organizations", "organizations_used", "unknown"}
    assert week <= set(made["weeks"][0])
    period = made["period"]
    assert {"accounts_used", "organizations_used", "uses", "repeat_accounts", "repeat_uses", "half_of_uses_by"} <= set(
        period
    )
    assert {"value", "low", "high"} <= set(period["uses_estimated"])
    assert {"small", "medium", "large"} <= set(period["sizes"])
    assert set(period["keys"]) == {"accounts", "organizations", "old_accounts", "uses", "old_uses"}
    assert set(period["mfa"]) == {"console_uses", "without_mfa", "organizations", "organizations_without_mfa"}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_is_documented(name: str) -> None:
    page = (REPORTS / "study.md").read_text("utf-8")
    for kind, record in json.loads(SCHEMAS[name]())["$defs"].items():
        for field in record["properties"]:
            assert f"`{kind}.{field}`" in page, f"{kind}.{field}"


def test_every_figure_has_a_name() -> None:
    assert set(figures.SHARES) == set(type(fleets.small().study.period.shares).__struct_fields__)
    assert set(figures.COUNTS) == set(type(published().counts).__struct_fields__)
    assert sorted(name for _, names in figures.GROUPS for name in names) == sorted(figures.SHARES)


def test_the_table_holds_every_figure() -> None:
    fleet = fleets.as_published()
    told = {(row["table"], row["of_what"], row["figure"]): row for row in rows(fleet)}
    for name in figures.SHARES:
        share = getattr(fleet.study.period.shares, name)
        assert told["share", "", name]["count"] == str(share.count)
        assert float(told["share", "", name]["value"]) == share.value
    for week in fleet.study.weeks:
        assert told["week", str(week.week), "accounts_used"]["count"] == str(week.accounts_used)
    assert sum(row["table"] == "account" for row in rows(fleet)) == 143


def samples(text: str) -> dict[tuple[str, str], float]:
    """Name and labels of each sample, by the grammar of the text format."""
    found: dict[tuple[str, str], float] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP [a-z_]+ [^\\]+|TYPE [a-z_]+ gauge)", line), line
            continue
        match = re.fullmatch(r'([a-z_]+)(?:\{((?:[a-z]+="[^"\\\n]*",?)+)\})? (-?[\d.e+]+)', line)
        assert match, line
        assert (match[1], match[2] or "") not in found, line
        found[match[1], match[2] or ""] = float(match[3])
    return found


def test_prometheus_reads_base_units_and_never_a_number_for_unknown() -> None:
    fleet = fleets.small()
    told = samples(kpi_prometheus.render(fleets.figures(fleet)))
    assert told["rootwarden_kpi_value", 'kpi="mean-time-to-alert",unit="seconds"'] == 300
    assert told["rootwarden_kpi_value", 'kpi="drills-overdue",unit="drills"'] == 1
    without = samples(kpi_prometheus.render(key_figures(fleet.weeks, Records(), fleet.study.last_as_of)))
    named = {labels for name, labels in without if name in {"rootwarden_kpi_value", "rootwarden_kpi_low"}}
    assert not [labels for labels in named if "drills" in labels or "alert" in labels or "outside" in labels]
    assert without["rootwarden_kpi_target_met", 'kpi="drills-overdue",state="unknown"'] == 1
    assert without["rootwarden_kpi_target_met", 'kpi="drills-overdue",state="met"'] == 0
    behind = {labels for name, labels in without if name == "rootwarden_kpi_accounts"}
    assert not [labels for labels in behind if "drills" in labels or "alert" in labels or "outside" in labels]
    assert 'kpi="root-mfa",state="failing"' not in behind
    assert 'kpi="root-mfa",state="unknown"' in behind


def test_key_figures_without_files_are_unknown_in_words() -> None:
    fleet = fleets.unused()
    text = kpi_terminal.render(key_figures(fleet.weeks, Records(), fleet.study.last_as_of), fleets.ASKED)
    assert "Drills overdue: unknown" in text
    assert "there is no file of drills" in text
