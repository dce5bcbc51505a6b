"""An answer kept as several pages, one JSON object after the other in one file.

`aws … >>file` for each page leaves that behind. Every page but the last says that more follows; the lists of all of
them together are the answer. What does not end with a last page is no whole answer.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.fact import Known, Unknown, Why

if TYPE_CHECKING:
    from rootwarden.aws.calls import Json, JsonObject
    from rootwarden.facts.fact import Fact, Source

# AWS pages hold at least a hundred entries of at most a few ten thousand.
MOST_PAGES: Final = 1_000
_TOKENS: Final = ("IsTruncated", "Marker", "NextToken")
_BLANK: Final = re.compile(r"\s*")


def joined_pages(raw: bytes, file: str, source: Source) -> Fact[JsonObject] | None:
    """The pages in a file as one answer.

    Args:
        raw: Content of a file that is not one JSON document.
        file: Its name, for the reason.
        source: The call it answers.

    Returns:
        The answer; unknown when pages are missing or contradict each other; `None` when the file holds no pages.
    """
    pages = _pages(raw)
    if len(pages) < 2:  # noqa: PLR2004 - one page alone is an ordinary answer
        return None
    whole: JsonObject = {}
    for number, page in enumerate(pages, 1):
        if bool(page.get("IsTruncated") or page.get("NextToken")) is not (number < len(pages)):
            told = "is the last one, yet more follow" if number < len(pages) else "is not the last one"
            return Unknown(
                f"`{file}` is cut or put together wrongly: page {number} {told}", Why.MALFORMED, "", (source,)
            )
        _merge(whole, page)
    return Known(whole, (source,))


def _pages(raw: bytes) -> list[JsonObject]:
    """The objects in the text; empty when anything else is in it."""
    decoder = json.JSONDecoder()
    pages: list[JsonObject] = []
    try:
        text = raw.decode().strip()
        at = 0
        while at < len(text) and len(pages) <= MOST_PAGES:
            _, end = decoder.raw_decode(text, at)
            # Read once more by the decoder every other file goes through: the same limits hold for both.
            page: Json = msgspec.json.decode(text[at:end])
            if not isinstance(page, dict):
                return []
            pages.append(page)
            blank = _BLANK.match(text, end)
            at = blank.end() if blank else end
    except (ValueError, RecursionError):
        return []
    return pages if len(pages) <= MOST_PAGES else []


def _merge(whole: JsonObject, page: JsonObject) -> None:
    for name, value in page.items():
        if name in _TOKENS:
            continue
        kept = whole.get(name)
        if isinstance(kept, list) and isinstance(value, list):
            kept.extend(value)
        else:
            whole[name] = value
