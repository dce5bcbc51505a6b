from __future__ import annotations

import base64
import hashlib
import itertools
import re
import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.report import samples

from rootwarden.report import page, sheet, view
from rootwarden.report.words import Standing
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.audit.result import AuditResult

VOID = frozenset({"meta", "input", "br", "rect", "link", "img"})
OPTIONAL_END = frozenset({"li", "td"})


class Outline(HTMLParser):
    """What a browser would find in the page: elements with attributes, and text by the element it is in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.wrongly_closed: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID | OPTIONAL_END:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID | OPTIONAL_END:
            return
        if not self.open or self.open.pop() != tag:
            self.wrongly_closed.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def outline(result: AuditResult) -> Outline:
    return Outline(page.render(result))


@pytest.mark.parametrize("name", ["rich", "empty", "interrupted"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"html-{name}.html", page.render(getattr(samples, name)()))


@pytest.mark.parametrize("name", ["rich", "empty", "interrupted", "hostile"])
def test_every_element_is_closed_and_every_id_is_one(name: str) -> None:
    found = outline(getattr(samples, name)())
    assert found.wrongly_closed == []
    assert found.open == []
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["rich", "empty", "hostile"])
def test_every_link_within_the_page_has_an_end(name: str) -> None:
    found = outline(getattr(samples, name)())
    ids = {attributes["id"] for _, attributes in found.elements if "id" in attributes}
    wanted = {each["href"][1:] for each in found.all("a") if each["href"].startswith("#")}
    assert wanted
    assert wanted <= ids


@pytest.mark.parametrize("name", ["rich", "hostile"])
def test_nothing_is_fetched_and_nothing_runs(name: str) -> None:
    found = outline(getattr(samples, name)())
    tags = {tag for tag, _ in found.elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base", "form", "use", "image"})
    attributes = {attribute for _, attributes in found.elements for attribute in attributes}
    assert not {each for each in attributes if each.startswith("on")} | (attributes & {"style", "src", "srcset"})
    outside = {each["href"] for each in found.all("a") if not each["href"].startswith("#")}
    assert outside
    assert all(each.startswith("https://docs.aws.amazon.com/") for each in outside)


def test_the_policy_allows_the_style_sheet_in_the_page_and_nothing_else() -> None:
    text = page.render(samples.rich())
    (style,) = re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style
    assert "@import" not in style


def test_hostile_text_is_shown_as_text() -> None:
    found = outline(samples.hostile())
    assert "<script>alert(1)</script>" in found.text
    assert "{{ 7 * 7 }} {% raw %}" in found.text
    assert "right\\u202eto\\u200fleft" in found.text
    assert "\u202e" not in found.text


def test_a_reference_that_is_no_https_address_is_not_a_link() -> None:
    card = msgspec.structs.replace(samples.RULES[0], references=("javascript:alert(1)", "http://example.invalid/"))
    found = outline(msgspec.structs.replace(samples.rich(), rules=(card,)))
    assert {each["href"][0] for each in found.all("a")} == {"#"}
    assert "javascript:alert(1)" in found.text


def test_landmarks_headings_and_tables_are_marked_up() -> None:
    found = outline(samples.rich())
    for tag in ("header", "nav", "main", "footer", "h1"):
        assert len(found.all(tag)) == 1
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert len(found.all("caption")) == len(found.all("table")) == 5
    assert all(each.get("scope") in {"row", "col"} for each in found.all("th"))
    assert found.all("a")[0] == {"class": "skip", "href": "#main"}
    assert found.all("html") == [{"lang": "en"}]


def test_each_verdict_is_a_word_in_the_matrix() -> None:
    text = page.render(samples.rich())
    matrix = text[text.index('<table class="matrix">') : text.index("Account by account")]
    words = re.findall(r"<td class=\w><i>([^<]*)</i>", matrix)
    assert sorted(words) == sorted(
        ["fail"] * 3 + ["unknown"] * 3 + ["fail, excepted"] + ["pass"] * 4 + ["not applicable"] * 5
    )


def test_a_rule_without_a_verdict_is_not_shown_as_a_pass() -> None:
    whole = samples.rich()
    text = page.render(msgspec.structs.replace(whole, findings=whole.findings[:1]))
    assert text.count("<td class=x><i>not judged</i>") == 15


def test_evidence_is_listed_once_an_account_and_referred_to() -> None:
    account = view.account_views(samples.rich())[0]
    assert [each.text for each in account.evidence] == [
        "iam:GetAccountSummary",
        "iam:GetCredentialReport",
        "iam:ListVirtualMFADevices",
    ]
    assert account.open[0].seen == "1, 2, 3"
    assert account.evidence[1].at == "2026-03-02T07:55:00Z"


def test_remedies_keep_their_order_deactivate_before_delete() -> None:
    text = page.render(samples.fleet(40))
    section = text[text.index('id="r-root-access-key"') :]
    assert section.index("--status Inactive") < section.index("aws iam delete-access-key")
    assert section.index("update-access-key") < section.index("Access keys \u203a Actions \u203a Delete")


def test_everything_that_must_be_said_is_said() -> None:
    text = outline(samples.rich()).text
    for part in (
        "Does this account need root credentials at all?",
        "An unknown is neither a pass nor a fail",
        "excepted until 2026-06-30 by payments@example.com, SEC-42",
        "matches nothing",
        "newly unknown",
        "555566667777",
        "unknown: iam:ListOrganizationsFeatures denied",
        "allow iam:GetAccountSummary",
        "the summary and the report disagree",
    ):
        assert part in " ".join(text.split()), part


@pytest.mark.parametrize(("name", "said"), [("interrupted", "Interrupted."), ("empty", "Nothing was judged.")])
def test_too_little_is_said_to_be_too_little(name: str, said: str) -> None:
    assert said in outline(getattr(samples, name)()).text


def test_next_steps_lead_to_their_rules() -> None:
    text = page.render(samples.rich())
    steps = text.partition('id="next"')[2].partition("</section>")[0]
    assert '<li><a href="#r-root-mfa">root-mfa</a> (critical): 1 account fails (222233334444); see <code>' in steps
    targets = re.findall(r'href="#([^"]+)"', steps)
    assert targets == ["r-root-mfa", "r-root-hardware-mfa"]
    assert all(f'id="{target}"' in text for target in targets)


def test_a_step_that_begins_with_no_rule_is_text() -> None:
    assert page.linked("allow iam:X & `y`", frozenset({"root-mfa"})) == "allow iam:X &amp; <code>y</code>"
    assert page.linked("a<b (low)", frozenset({"a<b"})) == '<a href="#r-a&lt;b">a&lt;b</a> (low)'


def test_the_key_of_the_matrix_stands_outside_what_scrolls() -> None:
    section = page.render(samples.rich()).partition('id="matrix"')[2].partition("</section>")[0]
    before, _, inside = section.partition('<div class="scroll tall"')
    for word in ("fail under an exception", "not applicable", "not judged"):
        assert word in before
        assert word not in inside.partition("<tbody>")[0]


def test_a_thousand_accounts_are_one_file_of_sensible_size_made_quickly() -> None:
    result = samples.fleet(1000)
    page.render(samples.empty())
    before = time.process_time()
    text = page.render(result)
    assert time.process_time() - before < 5
    assert len(text.encode()) < 8_000_000
    assert text.count('<details class="account') == 1000


@pytest.mark.parametrize(
    ("value", "share"),
    [
        ("37 of 40 (92.5 %)", 92.5),
        ("0 of 4", 0),
        ("4 of 4", 100),
        ("unknown", None),
        ("3", None),
        ("5 of 4", None),
        ("0 of 0", None),
    ],
)
def test_a_bar_is_drawn_only_for_a_part_of_a_whole(value: str, share: float | None) -> None:
    assert view.share(value) == share


def test_portions_fill_the_bar_and_leave_out_nothing() -> None:
    parts = view.portions({Standing.FAIL: 1, Standing.UNKNOWN: 1, Standing.PASS: 1, Standing.SUPPRESSED: 0})
    assert [(each.word, each.start, each.width) for each in parts] == [
        ("fail", 0, 33.33),
        ("unknown", 33.33, 33.33),
        ("pass", 66.67, 33.33),
    ]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("run `rootwarden permissions` now", "run <code>rootwarden permissions</code> now"),
        ("one ` alone", "one ` alone"),
        ("`<b>`", "<code>&lt;b&gt;</code>"),
        ("plain <b>", "plain &lt;b&gt;"),
    ],
)
def test_backticks_become_code_and_nothing_else_does(text: str, html: str) -> None:
    assert sheet.ticks(text) == html


def test_verdicts_are_all_in_the_page_for_every_account() -> None:
    result = samples.fleet(20)
    for account, shown in zip(result.accounts, view.account_views(result), strict=True):
        told = len(shown.open) + sum(len(group.findings) for group in shown.quiet)
        assert told == sum(finding.account == account.id for finding in result.findings)
        assert {cell.word for cell in shown.cells} <= {"fail", "unknown", "pass", "not applicable"}
    assert {finding.verdict for finding in result.findings} == set(Verdict)
