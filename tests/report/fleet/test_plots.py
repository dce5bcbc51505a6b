"""Plots as pictures and numbers, and the pages that hold them."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from tests.report.fleet import fleets

from rootwarden.fleet.kpi import key_figures
from rootwarden.fleet.pictures import How
from rootwarden.fleet.recorded import Records
from rootwarden.report.fleet import kpi_page, study_page
from rootwarden.report.fleet.plot_files import write_plots

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.report.fleet.plot import Plot

SVG = "{http://www.w3.org/2000/svg}"
FLEETS = {"small": fleets.small, "unused": fleets.unused, "hostile": fleets.hostile, "published": fleets.as_published}


def plots(name: str) -> dict[str, Plot]:
    return {plot.name: plot for plot in FLEETS[name]().plotted.plots()}


def page(name: str) -> str:
    fleet = FLEETS[name]()
    return study_page.render(fleet.plotted, fleets.ASKED, fleet.beside_published)


def test_which_plots_there_are() -> None:
    every = {"weekly-accounts", "weekly-organizations", "accounts-by-week", "concentration", "sizes"}
    every |= {"key-ages", "mfa", "mfa-by-week", "key-figures"}
    assert set(plots("published")) == set(plots("small")) == every
    assert set(plots("unused")) == {"weekly-accounts", "weekly-organizations", "key-figures"}


def test_the_numbers_of_the_plots_are_the_figures() -> None:
    fleet, drawn = fleets.as_published(), plots("published")
    period = fleet.study.period
    assert sum(int(row[1] or 0) for row in drawn["weekly-accounts"].rows) == period.uses == 517
    assert sum(int(row[2] or 0) for row in drawn["sizes"].rows) == period.sizes.medium == 150
    assert sum(int(row[1] or 0) for row in drawn["key-ages"].rows) == period.keys.accounts == 54
    assert drawn["key-ages"].rows[0] == ("to 90 days", 2)
    assert sum(int(row[1] or 0) for row in drawn["mfa-by-week"].rows) == period.mfa.without_mfa == 283
    assert sum(int(row[2] or 0) for row in drawn["mfa-by-week"].rows) == 464 - 283
    shares = [float(row[2] or 0) for row in drawn["concentration"].rows]
    assert shares[16] >= 50 > shares[15]
    assert len(drawn["accounts-by-week"].rows) == 143
    assert sum(len(str(row[2]).split(", ")) for row in drawn["accounts-by-week"].rows) == 517


def test_the_map_tells_console_key_both_and_unknown() -> None:
    cells = {(cell.account, cell.week.isoformat()): cell.how for cell in fleets.small().plotted.pictures.cells}
    assert cells["111100000001", "2026-03-02"] is How.CONSOLE
    assert cells["111100000002", "2026-03-02"] is How.BOTH
    assert cells["111100000002", "2026-03-16"] is How.KEY
    assert set(cells.values()) == {How.CONSOLE, How.BOTH, How.KEY, How.UNKNOWN}


@pytest.mark.parametrize("name", FLEETS)
def test_a_picture_is_whole_titled_and_harmless(name: str) -> None:
    for plot in plots(name).values():
        drawn = ET.fromstring(plot.svg())  # noqa: S314 - our own
        assert drawn.findtext(f"{SVG}title") == plot.title
        assert "\x1b" not in (drawn.findtext(f"{SVG}desc") or "")
        inside = list(drawn.iter())
        assert not [each for each in inside if each.tag in {f"{SVG}script", f"{SVG}style", f"{SVG}image", f"{SVG}a"}]
        assert not [
            key for each in inside for key in each.attrib if key == "style" or key.startswith("on") or "href" in key
        ]
        assert len(list(drawn.iter(f"{SVG}path"))) > 3
        assert plot.rows


def test_the_same_fleet_gives_the_same_bytes() -> None:
    assert page("small") == page("small")


@pytest.mark.parametrize("name", FLEETS)
def test_a_page_asks_for_nothing_and_runs_nothing(name: str) -> None:
    text = page(name)
    assert "default-src 'none'" in text
    assert not re.search(r"<script|<link|<img|@import|url\(|\sstyle=|\bon[a-z]+=|javascript:", text)
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert text.count("<svg ") == text.count('role="img"') == len(plots(name))
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)


def test_what_others_named_is_escaped() -> None:
    text = page("hostile")
    assert "alert(1)" in text
    assert "<script" not in text
    assert "\x1b" not in text


def without_pictures(text: str) -> str:
    """The page without what altair and vl-convert draw: another version of them draws other bytes."""
    return re.sub(r"<svg .*?</svg>", "<svg/>", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", ["small", "unused"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"study-{name}.html", without_pictures(page(name)))


def test_golden_key_figures(golden: Callable[[str, str], None]) -> None:
    golden("kpi-small.html", without_pictures(kpi_page.render(fleets.figures(fleets.small()), fleets.ASKED)))


def test_a_page_without_use_does_not_say_all_is_well_while_something_is_unknown() -> None:
    assert "No use of root was seen.</p>" in page("unused")
    fleet = fleets.unknown_only()
    text = study_page.render(fleet.plotted, fleets.ASKED)
    assert "No use of root was seen. That is not the same as there being none." in text
    assert "account-weeks are unknown" in text


def test_one_week_has_no_trend() -> None:
    fleet = fleets.one_week()
    assert "key-figures" not in {plot.name for plot in fleet.plotted.plots()}
    told = key_figures(fleet.weeks, Records(), fleet.study.last_as_of)
    assert "<svg" not in kpi_page.render(told, fleets.ASKED)


def test_files(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "plots"
    drawn = tuple(plots("small").values())
    write_plots(folder, drawn)
    assert {path.name for path in folder.iterdir()} == {
        f"{plot.name}{suffix}" for plot in drawn for suffix in (".svg", ".png", ".csv", ".json")
    }
    for plot in drawn:
        assert (folder / f"{plot.name}.png").read_bytes().startswith(b"\x89PNG\r\n")
        with (folder / f"{plot.name}.csv").open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        assert tuple(header) == plot.columns
        assert len(rows) == len(plot.rows)
        told = json.loads((folder / f"{plot.name}.json").read_text("utf-8"))
        assert [tuple(row.values()) for row in told["rows"]] == list(plot.rows)
