"""The pages of this repository, their code blocks and their links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
AT_THE_TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")

_BLOCK = re.compile(r"^```(?P<language>\w*)[ ]?(?P<name>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """One fenced block: the language and the file name of its first line, and what is inside."""

    language: str
    name: str
    text: str


def pages() -> list[Path]:
    """Every Markdown page, the ones at the top first."""
    return [ROOT / name for name in AT_THE_TOP] + sorted(DOCS.rglob("*.md"))


def label(page: Path) -> str:
    """A page's path below the repository, for messages and test names."""
    return page.relative_to(ROOT).as_posix()


def text(page: Path) -> str:
    """The page as it is on disk."""
    return page.read_text(encoding="utf-8")


def everything() -> str:
    """All pages in one text."""
    return "\n".join(text(page) for page in pages())


def blocks(page: Path, *languages: str) -> list[Block]:
    """Fenced blocks in these languages, in order."""
    found = (Block(*match.group("language", "name", "text")) for match in _BLOCK.finditer(text(page)))
    return [block for block in found if block.language in languages]


def without_blocks(page: Path) -> str:
    """The page's prose."""
    return _BLOCK.sub("", text(page))


def links(page: Path) -> Iterator[str]:
    """Targets of links and pictures in the page's prose."""
    for match in _LINK.finditer(without_blocks(page)):
        yield match[1] or match[2]


def anchors(page: Path) -> set[str]:
    """What `page.md#…` may point to, by GitHub's rule for headings."""
    return {slug(heading) for heading in _HEADING.findall(without_blocks(page))}


def slug(heading: str) -> str:
    """A heading as GitHub names it in a link."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
