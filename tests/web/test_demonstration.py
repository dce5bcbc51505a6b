"""`demo breakglass`, as a newcomer plays it in a browser: request, two approvals, a code, check-in, the audit page."""

from __future__ import annotations

import re
import shutil
import socket
import threading
from typing import TYPE_CHECKING

import pyotp
import pytest

from rootwarden.breakglass.rehearsal.stage import stage
from rootwarden.breakglass.rehearsal.troupe import SEED
from rootwarden.breakglass.service.settings import Web
from rootwarden.cli.demo_breakglass import AGO, prepare
from rootwarden.web.demonstration import Demonstration
from rootwarden.web.serving import application_of, server_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

SHOWN = re.compile(r"[0-9]{3}\s+[0-9]{3}\s+Good for")
CHROMIUM = shutil.which("chromium")


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    origin = f"http://localhost:{port}"
    with stage(tmp_path, ahead=-AGO, origin=origin, web=Web(origin=origin, port=port)) as on:
        prepare(on)
        application = application_of(on.house, before=Demonstration(on.troupe).routes())
        server = server_of(application, on.house)
        thread, stop = threading.Thread(target=server.run), threading.Event()
        chores = threading.Thread(target=on.house.run_chores, args=(stop,), kwargs={"every": 0.2})
        thread.start()
        chores.start()
        try:
            yield origin
        finally:
            server.should_exit = True
            stop.set()
            thread.join()
            chores.join()


class Newcomer:
    """Somebody at the demonstration's page."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context, self.origin, self.guide = context, origin, context.new_page()
        self.come_back()

    def come_back(self) -> None:
        self.guide.goto(f"{self.origin}/demo")

    def be(self, step: int) -> Page:
        """Press the button of a step that signs in as somebody."""
        self.come_back()
        with self.context.expect_page() as opened:
            self.guide.click(f"ol > li:nth-child({step}) button")
        page: Page = opened.value
        page.click("[data-passkey]")
        page.wait_for_selector("nav.places")
        return page

    def let_them(self, step: int) -> None:
        self.come_back()
        self.guide.click(f"ol > li:nth-child({step}) button")

    def stands_at(self) -> str:
        self.come_back()
        return self.guide.inner_text("[aria-current=step] h2")


def found(pattern: str, page: Page) -> re.Match[str]:
    match = re.search(pattern, page.inner_text("main"))
    assert match, page.inner_text("main")
    return match


def sign(page: Page) -> None:
    """Use the passkey on the page of a draft, and go where that leads."""
    page.wait_for_url("**/drafts/**")
    page.click("[data-passkey]")
    page.wait_for_url(lambda url: "/drafts/" not in url)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_a_newcomer_is_led_through_a_visit(origin: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        newcomer = Newcomer(browser.new_context(), origin)
        page = newcomer.be(1)
        page.select_option("select[name=account]", "000011112222")
        page.check("input[value=s3-mfa-delete]")
        page.click("main button.go")
        page.fill("[name=ticket]", "OPS-1")
        page.fill("[name=reason]", "the bucket keeps what must go")
        page.click("main button.go")
        phrase = found(r"\b([a-z]{5}-[a-z]{5})\b", page)[1]
        sign(page)
        for step in (2, 3):
            page = newcomer.be(step)
            page.click("main a[href^='/requests/request-']")
            page.fill("[name=phrase]", phrase)
            page.click("main form:has([name=phrase]) button")
            sign(page)
        page = newcomer.be(4)
        page.click("main a[href^='/requests/request-']")
        page.click("main button:has-text('Begin the window')")
        page.wait_for_url("**/leases/**")
        newcomer.let_them(5)
        page = newcomer.be(6)
        page.click("main a[href^='/leases/lease-']")
        page.click("main button:has-text('Get a code')")
        sign(page)
        # The code begins with its step; the page counts down to it by itself.
        page.locator("main", has_text=SHOWN).wait_for(timeout=60_000)
        step = int(found(r"step (\d+)", page)[1])
        code = found(r"(?m)^(\d{3}) (\d{3})$", page)
        assert pyotp.TOTP(SEED).at(step * 30) == code[1] + code[2]
        assert "other-mount" in page.inner_text("main")
        newcomer.come_back()
        page = newcomer.be(7)
        page.click("main a[href^='/leases/lease-']")
        page.click("main button:has-text('give it back')")
        page.wait_for_load_state()
        newcomer.let_them(8)
        page = newcomer.be(9)
        assert page.url.endswith("/audit")
        assert "checked-in" in page.inner_text("main")
        assert newcomer.stands_at() == "9. The log now"
        browser.close()
