"""Findings as columns can hold them, and back; whatever text a record brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

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
    clean = _well_formed(name).replace("\x00", "\\u0000")
    return clean if len(clean) <= longest else f"{clean[: longest - 65]}-{digest_of((clean,))}"


def word(text: str) -> str:
    """`text` for a column of forty letters; what is longer is no account, region or kind, and is cut."""
    return short(text)[:LONGEST_WORD]


def document_of(finding: Finding) -> str:
    """A finding as JSON; a lone surrogate, which UTF-8 cannot carry, in letters."""
    try:
        return msgspec.json.encode(finding).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_all_well_formed(msgspec.to_builtins(finding))).decode()


def finding_of(row: FindingRow) -> Finding:
    """The finding of a row."""
    if row.kind == VISIT:
        return msgspec.json.decode(row.document, type=Incident)
    return msgspec.json.decode(row.document, type=Concern)


def _well_formed(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _all_well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return _well_formed(value)
    if isinstance(value, dict):
        return {_well_formed(str(name)): _all_well_formed(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_all_well_formed(each) for each in value]
    return value
