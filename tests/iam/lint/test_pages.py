"""Every code has a page, and what the page shows is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rootwarden.iam.lint.codes import Code, Level
from rootwarden.iam.lint.finding import MOST
from rootwarden.iam.lint.lint import lint_text
from rootwarden.iam.lint.pages import page_text, read_pages
from rootwarden.packs.content import texts
from rootwarden.packs.policies import lint_pages, policy_knowledge

if TYPE_CHECKING:
    from rootwarden.iam.lint.pages import Page

KNOWLEDGE = policy_knowledge()
PAGES = lint_pages()


@pytest.mark.parametrize(("code", "page"), PAGES.items())
def test_the_bad_example_is_bad_and_the_good_one_good(code: Code, page: Page) -> None:
    found = lint_text(page.example, page.kind, KNOWLEDGE)
    assert {one.code for one in found} == {code, *page.beside}
    assert all(one.hint or one.message for one in found)
    assert lint_text(page.good, page.kind, KNOWLEDGE) == ()


@pytest.mark.parametrize(("code", "page"), PAGES.items())
def test_a_page_for_the_terminal(code: Code, page: Page) -> None:
    text = page_text(code, page)
    assert text.startswith(f"{code.value} ({code.level}): {page.title}\n")
    assert page.good.strip().splitlines()[0] in text
    assert max(len(line) for line in text.splitlines()) < 480
    assert page.basis in {"documented", "tested by others", "reported", "believed", "none"}


@pytest.mark.parametrize("code", Code)
def test_messages_have_the_voice_of_the_tool(code: Code) -> None:
    page = PAGES[code]
    for one in lint_text(page.example, page.kind, KNOWLEDGE):
        for said in (one.message, one.hint):
            assert not said.endswith("."), said
            assert said[:1] == said[:1].lower(), said
            assert len(said) < 300


def test_the_first_digit_is_the_level() -> None:
    assert [Code(code).level for code in ("P0001", "P1001", "P2001", "P3001", "P4001")] == [
        Level.ERROR,
        Level.ERROR,
        Level.WARNING,
        Level.WARNING,
        Level.NOTE,
    ]
    assert [code.value for code in Code] == sorted({code.value for code in Code})


def test_missing_and_doubled_pages_are_noticed() -> None:
    contents = [text for _, text in texts("policy-lint")]
    with pytest.raises(ValueError, match="no page about P4005"):
        read_pages([*contents[:-1], contents[-1].partition("\n[P4005]")[0]])
    with pytest.raises(ValueError, match="two pages about P0001"):
        read_pages([*contents, contents[0]])


def test_only_so_many_findings_are_shown() -> None:
    page = PAGES[Code.MORE_FINDINGS]
    found = lint_text(page.example, page.kind, KNOWLEDGE)
    assert len(found) == MOST + 1
    assert found[-1].code is Code.MORE_FINDINGS
