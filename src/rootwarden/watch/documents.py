"""Records as they are kept: JSON bytes that always can be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from rootwarden.report.encoding import to_json

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Event as Document


def record_of(document: Document) -> bytes:
    """A record as bytes; a lone surrogate, which UTF-8 cannot carry, in letters."""
    return to_json(document).encode()


def document_of(record: bytes) -> Document:
    """A kept record."""
    return cast("Document", msgspec.json.decode(record))
