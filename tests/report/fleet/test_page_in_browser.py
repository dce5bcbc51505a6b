"""The study's page in a real browser, from disk, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.report.colours import brightness
from tests.report.fleet import fleets

from rootwarden.report.fleet import kpi_page, study_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    fleet = fleets.as_published()
    (folder / "study.html").write_text(study_page.render(fleet.plotted, fleets.ASKED, fleet.beside_published), "utf-8")
    (folder / "kpi.html").write_text(kpi_page.render(fleets.figures(fleet), fleets.ASKED), "utf-8")
    hostile = fleets.hostile()
    (folder / "hostile.html").write_text(study_page.render(hostile.plotted, fleets.ASKED), "utf-8")
    return folder


@pytest.fixture
def shown(browser: Browser, pages: Path) -> Iterator[Page]:
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.goto((pages / "study.html").as_uri())
    yield opened
    context.close()


def test_plots_take_the_colours_of_the_dark(shown: Page) -> None:
    ink = "getComputedStyle(document.querySelector('.plot text[fill=\"#1c2630\"]')).fill"
    bar = "getComputedStyle(document.querySelector('.plot path[fill=\"#0072b2\"]')).fill"
    shown.emulate_media(color_scheme="light")
    assert brightness(shown.evaluate(ink)) < 60
    light = shown.evaluate(bar)
    shown.emulate_media(color_scheme="dark")
    assert brightness(shown.evaluate(ink)) > 200
    assert brightness(shown.evaluate(bar)) > brightness(light) + 20


def test_no_word_of_a_plot_is_cut_off(shown: Page) -> None:
    cut = shown.evaluate(
        """[...document.querySelectorAll('.plot svg')].flatMap(svg => { const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter(text => { const at = text.getBoundingClientRect();
        return at.width && (at.left < box.left - 1 || at.right > box.right + 1 || at.bottom > box.bottom + 1) })
        .map(text => text.textContent) })"""
    )
    assert cut == []


def test_readers_of_screens_hear_the_description_and_find_the_numbers(shown: Page) -> None:
    image = shown.get_by_role("img", name="How few accounts make most of the use")
    assert "17 of 143 accounts make half" in (image.locator("desc").text_content() or "")
    shown.locator("#p-concentration summary").click()
    assert shown.locator("#p-concentration tbody tr").count() == 143


@pytest.mark.parametrize("width", [320, 390, 800])
@pytest.mark.parametrize("name", ["study", "kpi"])
def test_a_narrow_window_needs_no_sideways_scrolling(shown: Page, pages: Path, name: str, width: int) -> None:
    shown.set_viewport_size({"width": width, "height": 800})
    shown.goto((pages / f"{name}.html").as_uri())
    assert shown.evaluate("document.documentElement.scrollWidth") <= width


def test_paper_holds_every_plot_and_its_numbers(shown: Page) -> None:
    shown.set_viewport_size({"width": 700, "height": 900})
    shown.emulate_media(media="print", color_scheme="dark")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 700
    tables = shown.evaluate("[...document.querySelectorAll('.appendix table')].map(each => each.checkVisibility())")
    assert len(tables) == 9
    assert all(tables)
    assert brightness(shown.evaluate("getComputedStyle(document.body).backgroundColor")) > 250
