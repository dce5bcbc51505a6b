"""The page in a real browser, from disk, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.report import samples
from tests.report.colours import brightness

from rootwarden.report import page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "audit.html"
    path.write_text(page.render(samples.rich()), "utf-8")
    return path


@pytest.fixture
def shown(browser: Browser, report: Path) -> Iterator[Page]:
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.goto(report.as_uri())
    yield opened
    context.close()


def test_the_policy_stops_a_script_that_got_in(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "audit.html"
    text = page.render(samples.rich()).replace("</main>", "<script>document.title='ran'</script></main>")
    path.write_text(text, "utf-8")
    context = browser.new_context(offline=True)
    opened = context.new_page()
    opened.goto(path.as_uri())
    assert opened.title() == "Root user audit, 2026-03-02T09:30:00Z"
    context.close()


def test_details_open_with_the_keyboard_alone(shown: Page) -> None:
    first = "document.activeElement.matches('details.account > summary')"
    for _ in range(80):
        shown.keyboard.press("Tab")
        if shown.evaluate(first):
            break
    assert shown.evaluate(first)
    assert shown.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    shown.keyboard.press("Enter")
    assert shown.locator("details.account").first.get_attribute("open") is not None


def test_the_first_tab_offers_to_skip_to_the_content(shown: Page) -> None:
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.className") == "skip"
    box = shown.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    shown.keyboard.press("Enter")
    assert shown.evaluate("document.activeElement.id") == "main"


def test_a_link_of_the_matrix_opens_its_account(shown: Page) -> None:
    shown.locator(".matrix tbody a").nth(1).click()
    shown.locator("details.account[open]").wait_for()
    assert "222233334444" in shown.locator("details.account[open] h3").inner_text()


def test_accounts_can_be_narrowed_without_script(shown: Page) -> None:
    visible = "[...document.querySelectorAll('details.account')].filter(each => each.checkVisibility()).length"
    assert shown.evaluate(visible) == 4
    shown.locator("#show-unknown").check()
    assert shown.evaluate(visible) == 1
    shown.locator("#show-fail").check()
    assert shown.evaluate(visible) == 2


def test_dark_and_light_differ_and_both_can_be_read(shown: Page) -> None:
    colors = "(s => [s.backgroundColor, s.color])(getComputedStyle(document.body))"
    shown.emulate_media(color_scheme="light")
    paper, ink = shown.evaluate(colors)
    assert brightness(paper) > 200
    assert brightness(ink) < 60
    shown.emulate_media(color_scheme="dark")
    paper, ink = shown.evaluate(colors)
    assert brightness(paper) < 60
    assert brightness(ink) > 200


def test_paper_shows_everything_that_is_folded(shown: Page) -> None:
    inside = "[...document.querySelectorAll('details .inside')].map(each => each.checkVisibility())"
    before = shown.evaluate(inside)
    assert not all(before)
    shown.locator("#show-unknown").check()
    shown.emulate_media(media="print")
    after = shown.evaluate(inside)
    assert len(after) == len(before) == 8
    assert all(after)
    heights = shown.evaluate("[...document.querySelectorAll('details .inside')].map(each => each.offsetHeight)")
    assert min(heights) > 50


@pytest.mark.parametrize("width", [320, 390, 800])
def test_a_narrow_window_needs_no_sideways_scrolling(shown: Page, width: int) -> None:
    shown.set_viewport_size({"width": width, "height": 800})
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
