"""What a rule says about one resource, and on what it rests."""

from __future__ import annotations

import msgspec

from rootwarden.facts.fact import Source
from rootwarden.rules.verdict import Verdict


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that decided a verdict: `AccessKey[0].Active` was `true`.

    Attributes:
        attribute: Path in the rule language with the element's index.
        value: As text: `true`, `2026-03-01T00:00:00Z`, `absent`.
        sources: Where it was seen.
    """

    attribute: str
    value: str
    sources: tuple[Source, ...] = ()


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A fact an unknown verdict waits for.

    Attributes:
        attribute: Path in the rule language.
        reason: Why it is unknown.
        permission: The IAM action that would settle it, or empty.
    """

    attribute: str
    reason: str
    permission: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of one rule for one resource.

    Attributes:
        verdict: Pass, fail, not applicable or unknown.
        witness: The facts that decided it; empty when unknown.
        missing: For unknown: the facts that would decide it.
        notes: The notes of every fact the verdict stands on, and of dates that lie in the future.
        evidence: Every source the verdict stands on (for unknown: where we tried), each once.
    """

    verdict: Verdict
    witness: tuple[Witness, ...] = ()
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    evidence: tuple[Source, ...] = ()
