"""Policies by what they say: the SHA-256 of a document in one spelling, and of everything that is attached."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from rootwarden.guardrails.content.writing import as_json
from rootwarden.iam.layer import Unreadable

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.guardrails.standing import Attached, Landscape

UNREAD = "-"


@lru_cache(maxsize=16_384)
def policy_digest(document: IamDocument) -> str:
    """SHA-256, in hexadecimal, of the document as `guardrails render` prints it (docs/guardrails-replay.md)."""
    return hashlib.sha256(as_json(document).encode("utf-8", "surrogatepass")).hexdigest()


def digest_of(policy: Attached) -> str:
    """The digest of an attached policy, or `-` where it cannot be read."""
    return UNREAD if isinstance(policy.document, Unreadable) else policy_digest(policy.document)


def landscape_digest(landscape: Landscape) -> str:
    """SHA-256, in hexadecimal, of every policy with its target, whatever order they are listed in."""
    lines = sorted(
        f"{kind} {level.target} {digest_of(policy)}\n"
        for kind, levels in landscape.attached.items()
        for level in levels
        for policy in level.policies
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()
