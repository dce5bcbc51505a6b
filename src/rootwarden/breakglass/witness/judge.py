"""Whether a head is the log that was seen before, only longer: what a witness decides; pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from rootwarden.breakglass.witness.messages import from_text
from rootwarden.transparency.merkle import is_consistent

if TYPE_CHECKING:
    from rootwarden.breakglass.witness.messages import Offer
    from rootwarden.transparency.head import Head


class Judgement(Enum):
    """What an offered head is to the head that was seen last."""

    SAME = "the same"
    GROWN = "it grew"
    OLDER = "a longer one was seen"
    PROOF_WANTED = "the proof begins elsewhere"
    FORK = "one size, two roots"
    UNPROVEN = "the proof does not lead there"


def judge(seen: Head | None, offer: Offer) -> Judgement:
    """Compare an offered head, whose signature was checked, with the one seen last.

    Args:
        seen: The newest head so far; none before the first, which is taken on trust.
        offer: The head and its proof.
    """
    head = offer.head
    if seen is None:
        return Judgement.GROWN if offer.first == 0 and not offer.proof else Judgement.PROOF_WANTED
    if head.size == seen.size:
        return Judgement.SAME if head.root == seen.root else Judgement.FORK
    if head.size < seen.size:
        return Judgement.OLDER
    if offer.first != seen.size:
        return Judgement.PROOF_WANTED
    grew = is_consistent(
        first=seen.size,
        first_root=from_text(seen.root),
        second=head.size,
        second_root=from_text(head.root),
        path=[from_text(each) for each in offer.proof],
    )
    return Judgement.GROWN if grew else Judgement.UNPROVEN
