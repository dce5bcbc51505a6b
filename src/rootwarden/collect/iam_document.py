"""IAM policy documents in answers: known, or unknown with what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from rootwarden.facts.fact import Known, Unknown, Why
from rootwarden.iam.document import LARGEST, DocumentError, read_document

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact, Source
    from rootwarden.facts.iam_document import IamDocument


def document_fact(raw: object, what: str, sources: tuple[Source, ...] = ()) -> Fact[IamDocument]:
    """Read a document as an answer holds it.

    Args:
        raw: The decoded object, or text: JSON, URL-encoded as IAM sends it, or plain.
        what: Whose document it is, for the reason.
        sources: Where it was seen.

    Returns:
        Known, or unknown with what is wrong.
    """
    try:
        return Known(read_document(_plain(raw) if isinstance(raw, str) else raw), sources)
    except DocumentError as error:
        return Unknown(f"the document of {what} cannot be read: {error.message}", Why.MALFORMED, "", sources)


def _plain(text: str) -> str:
    """Text without URL encoding; a JSON document begins with a brace, which that never leaves as it is."""
    if text.lstrip().startswith("{") or len(text) > LARGEST:
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise DocumentError("it is not whole JSON") from None
