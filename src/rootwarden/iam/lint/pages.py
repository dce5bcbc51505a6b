"""A page for every code: what it means, a document that has it, and what was meant.

The texts are content, in `packs/policy-lint/`; this module makes sense of them.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.finding import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARK: Final = "<repeated>"
_SHOWN: Final = 400


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What there is to say about a code.

    Attributes:
        title: What is wrong, as a clause.
        text: Why it is wrong and what to do.
        basis: How the behaviour of AWS is known: `documented`, `tested by others`, `believed`, or `none` needed.
        kind: Of which kind of policy the examples are.
        bad: A document that has it; `<repeated>` in it stands for `repeated`, `times` times.
        good: The document that was meant; it has no finding at all.
        beside: Other codes the bad example has too, because one brings the other along.
        repeated: What is repeated.
        times: How often.
    """

    title: str
    text: str
    basis: str
    kind: Kind = Kind.IDENTITY
    bad: str
    good: str
    beside: tuple[Code, ...] = ()
    repeated: str = ""
    times: int = 0

    @property
    def example(self) -> str:
        """The whole bad document."""
        return self.bad.replace(_MARK, self.repeated * self.times)

    @property
    def shown(self) -> str:
        """The bad document as people want to see it."""
        return self.bad.replace(_MARK, f"{self.repeated}…").strip()


def read_pages(texts: Iterable[str]) -> dict[Code, Page]:
    """The pages by code, in order.

    Args:
        texts: The contents of the TOML files, a table for each code.

    Raises:
        ValueError: A page is missing, stands twice, or is about no code.
    """
    pages: dict[Code, Page] = {}
    for text in texts:
        found = msgspec.convert(tomllib.loads(text), dict[Code, Page])
        twice = sorted(set(pages) & set(found))
        if twice:
            raise ValueError(f"there are two pages about {', '.join(twice)}")
        pages |= found
    missing = [code.value for code in Code if code not in pages]
    if missing:
        raise ValueError(f"there is no page about {', '.join(missing)}")
    return {code: pages[code] for code in Code}


def page_text(code: Code, page: Page) -> str:
    """A page for the terminal."""
    return "\n".join(
        (
            f"{code} ({code.level}): {page.title}",
            "",
            page.text.strip(),
            "",
            f"Wrong, as a policy of kind {page.kind}",
            *(f"  {line}" for line in _cut(page.shown).splitlines()),
            "",
            "Right",
            *(f"  {line}" for line in page.good.strip().splitlines()),
        )
    )


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"
