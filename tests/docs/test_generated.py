"""Pages made from the program are what the program makes."""

from __future__ import annotations

from tests.docs.generated import generated, stale
from tests.docs.pages import label, text


def test_generated_pages_are_up_to_date() -> None:
    for page, content in generated().items():
        assert page.exists(), f"{label(page)}: python -m tests.docs.regenerate"
        assert text(page) == content, f"{label(page)}: python -m tests.docs.regenerate"


def test_no_page_of_a_rule_that_is_gone() -> None:
    assert stale() == []
