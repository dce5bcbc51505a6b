"""How long anything in the log may be, and of which letters: every input is hostile, and an entry is kept for ever.

A bound that is broken is refused as `G3`, by whoever checks the entry: the same for the broker as for an auditor.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Final, TypeAlias

import msgspec

_LETTERS: Final = r"[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,127}"
# Under this many steps of 30 s after 1970 the calendar has a date for each (`facts.instant.LAST_YEAR`).
_LAST_STEP: Final = 7_000_000_000

# What names something: a request, a lease, a device, a group.
Name: TypeAlias = Annotated[str, msgspec.Meta(pattern=rf"^{_LETTERS}\Z")]
NameOrNone: TypeAlias = Annotated[str, msgspec.Meta(pattern=rf"^({_LETTERS})?\Z")]
# Lower-case ASCII: no two people whose names look alike.
PersonName: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}\Z")]
PersonOrNone: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9][a-z0-9._-]{0,63})?\Z")]
# A digest in hexadecimal, a key, a reference: one line of text.
Line: TypeAlias = Annotated[str, msgspec.Meta(max_length=512)]
# What people write.
Words: TypeAlias = Annotated[str, msgspec.Meta(max_length=4000)]
Nonce: TypeAlias = Annotated[str, msgspec.Meta(max_length=128)]
Pem: TypeAlias = Annotated[str, msgspec.Meta(max_length=1024)]

Place: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
TimeStep: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_LAST_STEP)]


def folded(name: str) -> str:
    """A name as it is compared: two that people take for one are one (Unicode NFKC, letter case, blanks)."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def is_one_line(text: str) -> bool:
    """Whether a text is seen as it is: no control or direction marks, and in the form Unicode calls NFKC."""
    return text.isprintable() and unicodedata.is_normalized("NFKC", text) and text == text.strip()
