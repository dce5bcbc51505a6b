"""What the words of the catalogue mean: one table, read by the pages, the reports and the reader of paths."""

from __future__ import annotations

from typing import Final

import msgspec

from rootwarden.iam.escalation.path import Where
from rootwarden.iam.escalation.template import Placeholder
from rootwarden.strict_toml import FileKind, in_backticks, is_id, read_toml, refused

_KIND: Final = FileKind("table of words", "docs/adding-an-escalation-path.md")


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Meanings, by word.

    Attributes:
        where: What the engine evaluates; one for each `Where`.
        requires: What no policy shows: the conditions a report names.
        template: What stands in braces; one for each `Placeholder`.
    """

    where: dict[str, str]
    requires: dict[str, str]
    template: dict[str, str]


def read_words(text: str, *, file: str = "") -> Words:
    """Read the table.

    Raises:
        InputError: It is no table of words, lacks one the engine knows, or has one it does not know.
    """
    words = read_toml(text, Words, _KIND, file=file)
    for name, known, listed in (("where", Where, words.where), ("template", Placeholder, words.template)):
        odd = sorted({*listed} ^ {*known})
        if odd:
            raise refused(f"`{name}` and the engine do not agree about {in_backticks(odd[0])}", _KIND, file)
    for word in words.requires:
        if not is_id(word):
            raise refused(f"{in_backticks(word)} is not lower-case words joined by `-`", _KIND, file)
    return words
