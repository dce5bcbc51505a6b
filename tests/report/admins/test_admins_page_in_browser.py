"""The page on who is as good as root in a real browser, from disk, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.report.admins import principals
from tests.report.colours import brightness

from rootwarden.report.admins import page
from rootwarden.report.admins.drawing import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Literal, TypeAlias

    from playwright.sync_api import Browser, Page

    from rootwarden.report.admins.told import Told

    Scheme: TypeAlias = Literal["light", "dark"]

pytestmark = pytest.mark.browser
TOO_WIDE = f"""[...document.querySelectorAll('.way-up text')].filter(text => {{
    const box = text.getBBox();
    return box.width > 0 && box.x + box.width > {WIDTH - 4} }}).map(text => text.textContent)"""
SHOWN = "[...document.querySelectorAll('.principal')].filter(card => card.offsetHeight > 0).map(card => card.className)"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, breached: Told) -> Path:
    folder = tmp_path_factory.mktemp("admins")
    (folder / "breached.html").write_text(page.render(breached), "utf-8")
    (folder / "hostile.html").write_text(page.render(principals.EVERYTHING), "utf-8")
    (folder / "nothing.html").write_text(page.render(principals.NOTHING), "utf-8")
    return folder


@pytest.fixture
def shown(browser: Browser, pages: Path) -> Iterator[Page]:
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.goto((pages / "breached.html").as_uri())
    yield opened
    context.close()


def test_classes_are_chosen_without_a_script_and_with_the_keyboard(shown: Page) -> None:
    everybody = shown.evaluate(SHOWN)
    assert {each.split()[1] for each in everybody} == {"direct", "escalation", "conditional", "lateral", "none"}
    shown.locator("#show-all").focus()
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("ArrowRight")
    assert {each.split()[1] for each in shown.evaluate(SHOWN)} == {"escalation"}
    shown.locator("#show-all").check()
    assert shown.evaluate(SHOWN) == everybody


def test_a_card_opens_with_the_keyboard(shown: Page) -> None:
    card = shown.locator("details.principal.conditional").first
    assert card.get_attribute("open") is None
    card.locator("> summary").focus()
    assert shown.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    shown.keyboard.press("Enter")
    assert card.get_attribute("open") is not None
    assert card.locator("svg").is_visible()


def test_every_drawing_is_an_image_with_a_name_and_its_words(shown: Page) -> None:
    named = """[...document.querySelectorAll('.way-up svg')].every(svg => svg.getAttribute('role') === 'img' &&
        svg.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id).textContent))"""
    assert shown.evaluate(named)
    assert shown.locator(".way-up svg").count() > 20
    ids = shown.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["breached", "hostile"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_leaves_its_place(browser: Browser, pages: Path, name: str, width: int) -> None:
    context = browser.new_context(offline=True, viewport={"width": width, "height": 800})
    opened = context.new_page()
    opened.goto((pages / f"{name}.html").as_uri())
    opened.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.evaluate(TOO_WIDE) == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_of_a_drawing_stand_out(browser: Browser, pages: Path, scheme: Scheme) -> None:
    context = browser.new_context(offline=True, color_scheme=scheme)
    opened = context.new_page()
    opened.goto((pages / "breached.html").as_uri())
    card = "document.querySelector('.principal.escalation svg')"
    ink = opened.evaluate(f"getComputedStyle({card}.querySelector('.name')).fill")
    paper = opened.evaluate(f"getComputedStyle({card}.querySelector('.who')).fill")
    assert abs(brightness(ink) - brightness(paper)) > 120
    context.close()


def test_on_paper_everything_is_there(shown: Page) -> None:
    shown.locator("#show-lateral").check()
    shown.emulate_media(media="print")
    assert len(shown.evaluate(SHOWN)) == shown.locator(".principal").count()
    assert not shown.locator(".filter").is_visible()
