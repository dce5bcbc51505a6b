"""The pages in a real browser with a virtual authenticator: request, two approvals, code, check-in; founding; forks."""

from __future__ import annotations

import base64
import json
import os
import random
import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pyotp
import pytest
from playwright.sync_api import sync_playwright
from tests.web.evidence import look
from tests.web.served import ARGUMENTS, clock, hold_only, holder, plug_in, served, sign_in, someone, system_chromium

from rootwarden.breakglass.checkin.brought import Brought
from rootwarden.breakglass.core.duty import Shown
from rootwarden.breakglass.identity.bootstrap import Bootstrap
from rootwarden.breakglass.rehearsal.play import ACCOUNT
from rootwarden.transparency.growing import GrowingTree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from tests.web.theatre import Theatre

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
HOME = re.compile(r":\d+/$")
SEED = "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = system_chromium()
    if chromium is None and "CI" in os.environ:
        pytest.fail("a build server has a Chromium: .ci/run installs it")
    if chromium is None:
        pytest.skip("no Chromium on this system")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    with served() as theatre:
        yield theatre


class Visitor:
    """Somebody at a phone, signed in with their passkey; what the browser complains of is kept."""

    def __init__(self, browser: Browser, theatre: Theatre, name: str) -> None:
        self.context, self.page, self.authenticator = holder(browser, theatre, name, **PHONE)
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        sign_in(self.page)
        self.page.wait_for_url(HOME)

    def press(self, name: str, onward: str) -> None:
        self.page.get_by_role("button", name=re.compile(name)).first.click()
        self.page.wait_for_url(re.compile(onward))

    def sign(self, onward: str) -> None:
        self.press("with a passkey", onward)

    def close(self) -> None:
        assert self.complaints == []
        self.context.close()


def test_request_two_approvals_code_check_in(browser: Browser, theatre: Theatre, tmp_path: Path) -> None:
    rita = Visitor(browser, theatre, "rita")
    request, phrase = _filed(rita)
    for name in ("anna", "omar"):
        approver = Visitor(browser, theatre, name)
        approver.page.goto(request)
        approver.page.get_by_label("The phrase you were read").fill(phrase)
        approver.press("Go on to the signature", "/drafts/")
        approver.sign(re.escape(request))
        approver.close()
    rita.page.goto(request)
    rita.press("Begin the window", "/leases/")
    lease = rita.page.url
    opening = rita.page.get_by_role("link", name="The opening").get_attribute("href")
    assert opening
    for name in ("carl", "cleo"):
        _gives(Visitor(browser, theatre, name), opening, tmp_path)
    rita.page.goto(lease)
    rita.press("Get a code", "/drafts/")
    rita.sign("/code$")
    _code_is_right(rita.page)
    rita.press("I am done", "/leases/lease-[0-9a-f]+$")
    rita.close()
    name = lease.rpartition("/")[2]
    before = look(theatre.broker.state().leases[name].opened)
    after = msgspec.structs.replace(before, at=clock())
    evidence = Brought(account=ACCOUNT, evidence="ab" * 32, before=before, after=after, since=before.at)
    _checked_in(Visitor(browser, theatre, "dan"), lease, evidence, tmp_path)
    findings = theatre.broker.state().leases[name].findings
    unknown = {duty.value for duty, finding in findings.items() if finding.shown is not Shown.MET}
    assert unknown == {"no-login-refresh"}, "CloudTrail tells of this only later"


def _filed(rita: Visitor) -> tuple[str, str]:
    page = rita.page
    page.get_by_role("link", name="Ask for root access").click()
    page.get_by_label("Account", exact=True).select_option(ACCOUNT)
    page.get_by_label(re.compile("Switch MFA Delete")).check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Ticket").fill("OPS-1")
    page.get_by_label("Reason").fill("the bucket keeps what must go")
    page.get_by_label(re.compile("Go before the open duties")).check()
    rita.press("Go on to the signature", "/drafts/")
    phrase = page.locator(".big").inner_text()
    rita.sign("/requests/request-")
    assert page.locator(".big").inner_text() == phrase
    return "/requests/" + page.url.rpartition("/")[2], phrase


def _gives(custodian: Visitor, opening: str, folder: Path) -> None:
    page = custodian.page
    page.goto(opening)
    with page.expect_download() as download:
        page.get_by_role("link", name="Take what is to be peeled").click()
    work = json.loads(download.value.path().read_bytes())
    shown = page.locator("dd .digest").inner_text().replace(" ", "")
    assert work["fingerprint"] == shown
    peeled = folder / "peeled.json"
    parts = [base64.b64encode(b"peeled").decode() for _ in work["layers"]]
    peeled.write_text(json.dumps({"opening": work["opening"], "fingerprint": shown, "peeled": parts}), "utf-8")
    page.get_by_label("File with the peeled layers").set_input_files(peeled)
    page.get_by_label(re.compile("I compared the fingerprint")).check()
    custodian.press("Go on to the signature", "/drafts/")
    custodian.sign("/openings/")
    custodian.close()


def _code_is_right(page: Page) -> None:
    # Near its end the next code is asked for, and the page waits for it by itself.
    page.wait_for_selector(".digits", timeout=40_000)
    step = re.search(r"step (\d+)", page.locator("main").inner_text())
    assert step
    digits = page.locator(".digits").inner_text().replace("\xa0", "").replace(" ", "")
    assert digits == pyotp.TOTP(SEED).at(int(step[1]) * 30)
    left = re.search(r"Good for (\d+) s", page.locator("[data-words]").inner_text())
    assert left
    ends = (int(step[1]) + 1) * 30
    assert abs(ends - clock().timestamp() - int(left[1])) < 3, "the countdown goes by the step"
    assert page.locator("[data-said]").get_attribute("aria-live") == "polite"


def _checked_in(auditor: Visitor, lease: str, evidence: Brought, folder: Path) -> None:
    """First by somebody's word, which leaves open what they did not look at; then by a file, which is judged."""
    page = auditor.page
    page.goto(f"{lease}/check-in")
    page.get_by_text("There is no such file").click()
    page.get_by_label("SHA-256 of the evidence").fill("ab" * 32)
    page.get_by_role("group", name="no access keys of root").get_by_label("met", exact=True).check()
    page.get_by_label("Evidence was collected").fill(evidence.after.at.isoformat())
    page.get_by_role("button", name="Go on to the signature", exact=True).click()
    page.wait_for_url(re.compile("/drafts/"))
    auditor.sign("/leases/")
    assert page.locator("main").get_by_text("unknown").count() > 3
    file = folder / "evidence.json"
    file.write_bytes(msgspec.json.encode(evidence))
    page.goto(f"{lease}/check-in")
    page.get_by_label("File with the evidence").set_input_files(file)
    page.get_by_label("Report: what was done").fill("switched MFA Delete off")
    auditor.press("Judge it", "/drafts/")
    assert "MFA devices: as before" in page.locator("main").inner_text()
    auditor.sign("/leases/")
    assert "✓ met" in page.locator("main").inner_text()
    auditor.close()


def test_founders_register_their_passkeys_and_found_the_log(browser: Browser) -> None:
    bootstrap = Bootstrap(at=clock())
    with served(empty=True, bootstrap=bootstrap) as theatre:
        context = browser.new_context(base_url=theatre.house.party.origins[0], **PHONE)
        page = context.new_page()
        session = context.new_cdp_session(page)
        keys: list[str] = []
        page.goto("/")
        page.get_by_label("The token from the console").fill(bootstrap.reveal())
        page.get_by_role("button", name="Begin").click()
        for name, roles in (("ada", ()), ("ben", ("approver",)), ("anna", ("approver",)), ("omar", ("approver",))):
            keys.append(plug_in(session))
            hold_only(session, keys, keys[-1])
            _enter(page, name, roles)
        page.get_by_label("Name of the log").fill("first-log")
        page.get_by_role("button", name="Go on to the signatures").click()
        for wanting, key in zip((4, 3, 2, 1), keys, strict=True):
            hold_only(session, keys, key)
            page.get_by_text(f"{wanting} signature").wait_for()
            page.get_by_role("button", name="Sign with a passkey").click()
        page.wait_for_url(re.compile("/sign-in$"))
        state = theatre.broker.state()
        assert (state.log, state.size, sorted(state.people)) == ("first-log", 1, ["ada", "anna", "ben", "omar"])
        assert all(held.key.device_bound for one in state.people.values() for held in one.keys.values())
        page.goto("/found")
        assert "the log was founded already" in page.locator("main").inner_text()
        context.close()


def _enter(page: Page, name: str, roles: tuple[str, ...]) -> None:
    page.locator("details", has_text="Enter a founder").evaluate("details => { details.open = true; }")
    page.get_by_label("Id, a lower-case name").fill(name)
    page.get_by_label("Name", exact=True).fill(name.capitalize())
    for role in roles:
        page.get_by_label(role, exact=True).check()
    if name not in {"ada", "ben"}:
        page.get_by_label("administrator", exact=True).uncheck()
    page.get_by_role("button", name="Go on to the passkey").click()
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url(re.compile("/found$"))
    assert f"{name.capitalize()} {name}" in page.locator("main").inner_text()


def test_a_new_passkey_is_offered_and_proves_itself(browser: Browser, theatre: Theatre) -> None:
    sven = Visitor(browser, theatre, "sven")
    sven.page.goto("/me")
    sven.page.get_by_role("button", name="Make a passkey").click()
    sven.page.get_by_text("has a passkey for this service already").wait_for()
    session = sven.context.new_cdp_session(sven.page)
    plug_in(session)
    hold_only(session, [sven.authenticator], None)
    sven.page.goto("/me")
    sven.press("Make a passkey", "/drafts/")
    sven.sign("/me$")
    assert "offered, two administrators admit it" in sven.page.locator("main").inner_text()
    assert len(theatre.broker.state().offered) == 1
    sven.close()


def test_bg5_a_browser_refuses_a_log_that_does_not_continue_the_one_it_saw(browser: Browser, theatre: Theatre) -> None:
    anna = Visitor(browser, theatre, "anna")
    expect_state(anna.page, "It continues the log this browser saw before.")
    kept = anna.page.evaluate("localStorage.getItem('rootwarden-head:rehearsal')")
    before = json.loads(kept)
    for forged in ({**before, "root": "00" * 32}, {**before, "size": before["size"] + 50}, {**before, "size": 5}):
        anna.page.evaluate("head => localStorage.setItem('rootwarden-head:rehearsal', JSON.stringify(head))", forged)
        anna.page.goto("/me")
        expect_state(anna.page, "It does not continue the log this browser saw before.")
        assert anna.page.get_by_role("alert").get_by_text("This is not the log you saw before").is_visible()
        anna.page.get_by_role("button", name="Make a passkey").click()
        assert "Nothing is signed here" in anna.page.locator(".said").inner_text()
        assert json.loads(anna.page.evaluate("localStorage.getItem('rootwarden-head:rehearsal')")) == forged
    assert all("404" in text or "409" in text for text in anna.complaints)
    anna.context.close()


def expect_state(page: Page, text: str) -> None:
    page.get_by_text(text).wait_for(state="visible", timeout=20_000)


def test_the_browser_and_the_tree_agree_on_what_is_consistent(browser: Browser, theatre: Theatre) -> None:
    context, page = someone(browser, theatre, None)
    page.goto("/sign-in")
    drawn = random.Random(7)
    tree = GrowingTree(str(number).encode() for number in range(40))
    cases = [(first, second) for second in range(1, 41) for first in range(1, second + 1) if drawn.random() < 0.2]
    proofs = [_proof(tree, first, second) for first, second in cases]
    changed = [_changed(proof, drawn) for proof in proofs]
    script = """async (proofs) => {
        const { isConsistent } = await import("/static/merkle.js");
        return Promise.all(proofs.map((proof) => isConsistent(proof)));
    }"""
    assert page.evaluate(script, proofs) == [True] * len(proofs)
    assert page.evaluate(script, changed) == [False] * len(changed)
    context.close()


def _proof(tree: GrowingTree, first: int, second: int) -> dict[str, Any]:
    roots = [(tree.root_at(size) or b"").hex() for size in (first, second)]
    path = [one.hex() for one in tree.consistency(first, second)] if first < second else []
    return {"first": first, "firstRoot": roots[0], "second": second, "secondRoot": roots[1], "path": path}


def _changed(proof: dict[str, Any], drawn: random.Random) -> dict[str, Any]:
    """The proof with one thing in it changed."""
    which = drawn.choice(["firstRoot", "secondRoot", "path", "more"])
    if which == "more":
        return {**proof, "path": [*proof["path"], "ab" * 32]}
    if which == "path" and proof["path"]:
        place = drawn.randrange(len(proof["path"]))
        return {**proof, "path": ["cd" * 32 if at == place else one for at, one in enumerate(proof["path"])]}
    return {**proof, "secondRoot" if which == "path" else which: "ef" * 32}


def test_every_page_fits_can_be_read_and_hit(browser: Browser, theatre: Theatre) -> None:
    """No sideways scrolling, contrast of 4.5 to 1 (WCAG 2.2, 1.4.3), targets of 24 px (2.5.8)."""
    context, page = someone(browser, theatre, "ben")
    sign_in(page)
    for path in ("/", "/requests", "/leases", "/openings", "/duties", "/people", "/drills", "/audit", "/me"):
        page.goto(path)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.evaluate(SMALL) == [], path
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(CONTRAST) == [], (path, scheme)
    context.close()


def test_keys_alone_reach_everything(browser: Browser, theatre: Theatre) -> None:
    context, page = someone(browser, theatre, None, **PHONE)
    page.goto("/sign-in")
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 30)"))
        if reached[-1]:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", reached
    assert reached[:2] == ["Skip to the page", "Sign in with a passkey"]
    context.close()


CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (part) => { const s = part / 255; return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = parse(getComputedStyle(at).backgroundColor);
      if (alpha > 0.99) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest(".skip, .quiet")) continue;
    const [one, two] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < 4.5) bad.push([element.className, element.textContent.trim().slice(0, 30), ratio.toFixed(2)]);
  }
  return bad;
}"""
SMALL = """() => [...document.querySelectorAll("main :is(a, button, input, select, summary), nav a, header button")]
  .filter((one) => one.checkVisibility() && !one.closest("p, main li, dd, .quiet") && one.type !== "hidden")
  .map((one) => [one, one.closest("label") ?? one])
  .filter(([, hit]) => { const box = hit.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
  .map(([one]) => `${one.tagName} ${one.textContent.trim().slice(0, 30)}`)"""
