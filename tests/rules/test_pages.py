"""Every code has a page, and what the page shows is true."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import rootwarden.rules
from rootwarden.rules.diagnostic import Code
from rootwarden.rules.findings import Depth, examine
from rootwarden.rules.pages import page_text, read_pages
from rootwarden.rules.rule import compile_rule

if TYPE_CHECKING:
    from rootwarden.rules.pages import Page
    from rootwarden.rules.schema import Schema

TEXT = (Path(rootwarden.rules.__file__).parent / "pages.toml").read_text(encoding="utf-8")
PAGES = read_pages(TEXT)
DOCUMENTATION = (Path(__file__).parents[2] / "docs" / "rule-language.md").read_text(encoding="utf-8")


def codes(text: str, schema: Schema) -> set[Code]:
    return {one.diagnostic.code for one in examine(text, schema, depth=Depth.DOUBTS)}


@pytest.mark.parametrize(("code", "page"), PAGES.items())
def test_the_wrong_example_is_wrong_and_the_right_one_right(code: Code, page: Page, schema: Schema) -> None:
    # What no example is about, though many give it.
    beside = {Code.NOTHING_TO_JUDGE, Code.NOT_COLLECTED} - {code}
    assert codes(page.example, schema) - beside == {code}
    assert codes(page.right, schema) <= beside
    assert compile_rule(page.right, schema).entity


@pytest.mark.parametrize(("code", "page"), PAGES.items())
def test_a_page_for_the_terminal(code: Code, page: Page) -> None:
    text = page_text(code, page)

    assert text.startswith(f"{code.value}: {page.title}\n")
    assert page.right in text
    assert max(len(line) for line in text.splitlines()) < 180


def test_every_code_is_on_the_page_of_the_language() -> None:
    assert [code for code in Code if f"`{code}`" not in DOCUMENTATION] == []


def test_a_missing_page_is_noticed() -> None:
    with pytest.raises(ValueError, match="R1010"):
        read_pages(TEXT.partition("\n[R1010]")[0])
