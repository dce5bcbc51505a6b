"""Links lead somewhere, and no page holds what belongs to one machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.docs.generated import INDEX
from tests.docs.pages import DOCS, ROOT, anchors, label, links, pages, text

if TYPE_CHECKING:
    from pathlib import Path

# Machine paths, and anything that looks like the address or the option of a package registry.
NOT_OURS = re.compile(
    r"(?<![\w.])/(?:home|root|work|Users|tmp|opt)/|\b(?:pypi|pythonhosted|npm[j]s|conda)\.|index[-]url"
)


@pytest.mark.parametrize("page", pages(), ids=label)
def test_links_resolve(page: Path) -> None:
    for link in links(page):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.is_relative_to(ROOT)
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", pages(), ids=label)
def test_nothing_of_one_machine(page: Path) -> None:
    assert NOT_OURS.findall(text(page)) == []


def test_every_page_is_in_the_index() -> None:
    named = {(INDEX.parent / link.partition("#")[0]).resolve() for link in links(INDEX)}
    assert {label(page) for page in DOCS.rglob("*.md") if page != INDEX and page not in named} == set()


def test_pages_the_code_names_exist() -> None:
    named = {
        name
        for module in (ROOT / "src").rglob("*.py")
        for name in re.findall(r"docs/[a-z/-]+\.md", module.read_text(encoding="utf-8"))
    }
    assert named
    assert {name for name in named if not (ROOT / name).exists()} == set()
