"""Findings as columns can hold them, and back; whatever text a record brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.alert.content.encoding import to_json, well_formed
from rootwarden.alert.delivery.keys import digest_of
from rootwarden.alert.store.tables import LONGEST_NAME
from rootwarden.detect.visits.incident import Concern, Incident

if TYPE_CHECKING:
    from rootwarden.alert.reading import Finding
    from rootwarden.alert.store.tables import FindingRow

VISIT: Final = "visit"
LONGEST_WORD: Final = 40


def short(name: str, *, longest: int = LONGEST_NAME) -> str:
    """`name` as a column can hold it: without what PostgreSQL refuses, and with its digest at the end if it is long."""
    clean = well_formed(name).replace("\x00", "\\u0000")
    return clean if len(clean) <= longest else f"{clean[: longest - 65]}-{digest_of((clean,))}"


def word(text: str) -> str:
    """`text` for a column of forty letters; what is longer is no account, region or kind, and is cut."""
    return short(text)[:LONGEST_WORD]


def document_of(finding: Finding) -> str:
    """A finding as JSON; a lone surrogate, which UTF-8 cannot carry, in letters."""
    return to_json(finding).decode()


def finding_of(row: FindingRow) -> Finding:
    """The finding of a row."""
    if row.kind == VISIT:
        return msgspec.json.decode(row.document, type=Incident)
    return msgspec.json.decode(row.document, type=Concern)
