"""Moments: times no condition tells apart, by one look-up.

The instants that conditions compare with part all time; of two times between the same ones, or of two at the same one,
every comparison comes to the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rootwarden.facts.instant import sensible

if TYPE_CHECKING:
    from collections.abc import Iterable

# As CloudTrail spells times (CloudTrail guide, *Record contents*).
_SPELLED: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Moments:
    """Numbers times.

    Args:
        instants: That times are compared with.
    """

    __slots__ = ("_instants",)

    def __init__(self, instants: Iterable[datetime]) -> None:
        self._instants = sorted(set(instants))

    def of(self, text: str) -> int | str:
        """The number of a time; a text that is spelled otherwise stays as it is."""
        if _SPELLED.fullmatch(text) is None:
            return text
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        if not sensible(moment):
            return text
        return bisect_left(self._instants, moment) + bisect_right(self._instants, moment)
