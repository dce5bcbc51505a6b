"""Every page in a real browser: no request but the file, nothing out of its place, on any screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.fleet.removals import burn_down
from tests.guardrails.test_coverage import large, planned
from tests.report import samples
from tests.report.admins import principals
from tests.report.advice import answers
from tests.report.colours import brightness
from tests.report.fleet import fleets
from tests.report.incidents import visits

from rootwarden.report import page as audit_page
from rootwarden.report.admins import page as admins_page
from rootwarden.report.advice import page as advice_page
from rootwarden.report.fleet import kpi_page, removal_page, study_page
from rootwarden.report.guardrail_map import page as map_page
from rootwarden.report.incidents import page as incidents_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Literal, TypeAlias

    from playwright.sync_api import Browser

    Scheme: TypeAlias = Literal["light", "dark"]

pytestmark = pytest.mark.browser
PAGES: dict[str, Callable[[], str]] = {
    "audit": lambda: audit_page.render(samples.rich()),
    "audit-hostile": lambda: audit_page.render(samples.hostile()),
    "admins-hostile": lambda: admins_page.render(principals.EVERYTHING),
    "admins-nothing": lambda: admins_page.render(principals.NOTHING),
    "incidents-hostile": lambda: incidents_page.render(visits.EVERYTHING),
    "incidents-nothing": lambda: incidents_page.render(visits.NOTHING),
    "study-hostile": lambda: study_page.render(fleets.hostile().plotted, fleets.ASKED),
    "kpi": lambda: kpi_page.render(fleets.figures(fleets.small()), fleets.ASKED),
    "advice": lambda: advice_page.render(answers.small()),
    "advice-hostile": lambda: advice_page.render(answers.hostile()),
    "map": lambda: map_page.render(*planned()),
    "map-large": lambda: map_page.render(*large()),
    "removal": lambda: removal_page.render(burn_down(), "archive"),
}
# Names that leave the drawing, or run into the numbers at its right.
COLLIDING = """[...document.querySelectorAll('.map')].flatMap(map => {
    const texts = [...map.querySelectorAll('text')].map(text => text.getBBox());
    return texts.filter((box, index) => box.x < 0 || box.x + box.width > 361 ||
        (index % 2 === 1 && texts[index - 1].x + texts[index - 1].width > box.x)) }).length"""
NAMED = """[...document.querySelectorAll('svg[role=img]')].every(svg =>
    svg.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id).textContent))"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("rollouts")
    for name, render in PAGES.items():
        (made / f"{name}.html").write_text(render(), "utf-8")
    return made


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_a_page_stands_alone_on_any_screen(
    browser: Browser,
    folder: Path,
    name: str,
    width: int,
    scheme: Scheme,
) -> None:
    context = browser.new_context(offline=True, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("request", lambda request: asked.append(request.url))
    path = folder / f"{name}.html"
    opened.goto(path.as_uri())
    opened.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert (said, asked) == ([], [path.as_uri()])
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.evaluate(COLLIDING) == 0
    assert opened.evaluate(NAMED)
    ids = opened.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_of_a_map_stand_out(browser: Browser, folder: Path, scheme: Scheme) -> None:
    context = browser.new_context(offline=True, color_scheme=scheme)
    opened = context.new_page()
    opened.goto((folder / "map.html").as_uri())
    ink = opened.evaluate("getComputedStyle(document.querySelector('.map text')).fill")
    paper = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert abs(brightness(ink) - brightness(paper)) > 120
    context.close()


def test_verdicts_are_told_apart_without_colour(browser: Browser, folder: Path) -> None:
    context = browser.new_context(offline=True)
    opened = context.new_page()
    opened.goto((folder / "map.html").as_uri())
    patterns = opened.evaluate(
        "[...document.querySelectorAll('.verdict-key .over')].map(each => each.getAttribute('fill'))"
    )
    assert len(patterns) == len(set(patterns)) == 4
    context.close()


def test_on_paper_the_reasons_are_there(browser: Browser, folder: Path) -> None:
    context = browser.new_context(offline=True, viewport={"width": 800, "height": 1000})
    opened = context.new_page()
    opened.goto((folder / "map.html").as_uri())
    opened.emulate_media(media="print")
    assert opened.evaluate("[...document.querySelectorAll('details .inside')].every(each => each.offsetHeight > 0)")
    context.close()
