"""Policies by what they say: SHA-256 of a document in one spelling, and of all that is attached (the replay's)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from rootwarden.guardrails.content.writing import as_json
from rootwarden.iam.layer import Unreadable

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.guardrails.standing import Landscape


def policy_digest(document: IamDocument) -> str:
    """SHA-256, in hexadecimal, of the document as `guardrails render` prints it (docs/guardrails-replay.md)."""
    return hashlib.sha256(as_json(document).encode("utf-8", "surrogatepass")).hexdigest()


def landscape_digest(landscape: Landscape) -> str:
    """SHA-256, in hexadecimal, of every policy with its target, whatever order they are listed in."""
    lines = sorted(
        f"{kind} {level.target} {'-' if isinstance(one.document, Unreadable) else policy_digest(one.document)}\n"
        for kind, levels in landscape.attached.items()
        for level in levels
        for one in level.policies
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()
