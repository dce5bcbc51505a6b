"""A page for every kind of finding: what it means, an example that has it, and the same without it.

The texts are `pages.toml` in this folder; this module makes sense of them.
"""

from __future__ import annotations

import tomllib

import msgspec

from rootwarden.rules.diagnostic import Code

_SHOWN = 160


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What there is to say about a code.

    Attributes:
        title: What is wrong, as a clause.
        text: Why it is wrong and what to do.
        wrong: A sentence that has it.
        right: What was meant.
        repeat: How often what stands in braces in `wrong` is repeated, for limits; 0 for not at all.
    """

    title: str
    text: str
    wrong: str
    right: str
    repeat: int = 0

    @property
    def example(self) -> str:
        """The whole wrong sentence."""
        before, brace, rest = self.wrong.partition("{")
        if not self.repeat or not brace:
            return self.wrong
        again, _, after = rest.partition("}")
        return before + again * self.repeat + after


def read_pages(text: str) -> dict[Code, Page]:
    """The pages by code.

    Args:
        text: The content of `pages.toml`.

    Raises:
        ValueError: A page is missing, or is about no code.
    """
    pages = msgspec.convert(tomllib.loads(text), dict[Code, Page])
    missing = [code.value for code in Code if code not in pages]
    if missing:
        raise ValueError(f"there is no page about {', '.join(missing)}")
    return pages


def page_text(code: Code, page: Page) -> str:
    """A page for the terminal."""
    return "\n".join(
        (
            f"{code}: {page.title}",
            "",
            page.text.strip(),
            "",
            "Wrong",
            *(f"  {line}" for line in _short(page.example).splitlines() or ["(nothing)"]),
            "",
            "Right",
            *(f"  {line}" for line in page.right.splitlines()),
        )
    )


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + " …"
