"""What differs from the plan: the reason to stop, and never to go on."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from rootwarden.errors import RootwardenError


class SurpriseKind(StrEnum):
    """What happened (docs/rollout-journal.md)."""

    CHANGED = "changed"
    USED = "used"
    GONE = "gone"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    EXCEEDED = "exceeded"


# What AWS itself did, which is no doing of somebody else: the same plan goes on where that has ended.
OF_AWS: Final = frozenset({SurpriseKind.REFUSED, SurpriseKind.UNREADABLE})
AGAIN: Final = "when AWS allows and answers that, run the same command again; it looks before it goes on"
ANEW: Final = "find out who did that and why, then plan again, with a new journal; this one tells what was done"


class Surprise(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One difference between the plan and what is there.

    Attributes:
        target: The account, or what else is changed.
        kind: What happened.
        detail: One clause for people, lower case, no full stop.
    """

    target: str
    kind: SurpriseKind
    detail: str

    def __str__(self) -> str:
        return f"{self.target}: {self.kind}: {self.detail}"


class SurpriseError(RootwardenError):
    """The run stopped, because what is there is not what the plan saw.

    Args:
        surprises: Everything that differed, at least one.

    Attributes:
        surprises: The same, in order.
    """

    exit_code = 1

    def __init__(self, *surprises: Surprise) -> None:
        self.surprises = tuple(sorted(surprises))
        more = f" (and {len(surprises) - 1} more)" if len(surprises) > 1 else ""
        hint = AGAIN if all(one.kind in OF_AWS for one in surprises) else ANEW
        super().__init__(f"stopped at a surprise: {self.surprises[0]}{more}", hint=hint)
