"""Which failed calls were refused for want of permission: by CloudTrail's `errorCode`, or by what the message says.

Services do not agree on codes, and new ones come. So a call counts when its code is known, when its code is spelled
like a refusal and nobody knows that it is none, or when its message says that somebody is not authorized.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.usage.names import NamesFile


class Refusals(msgspec.Struct, frozen=True, kw_only=True):
    """How refusals are spelled, all files of `packs/event-names` together.

    Attributes:
        codes: Known codes.
        others: Codes that are spelled like a refusal and are none.
        parts: What codes of refusals hold, in lower case.
        phrases: What messages of refusals hold, in lower case.
    """

    codes: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()

    def refused(self, code: str, message: str = "") -> bool:
        """Whether a call was refused, or may have been.

        Args:
            code: `errorCode`; empty if there is none.
            message: `errorMessage`.
        """
        return self.spelled(code) or self.said(message)

    def spelled(self, code: str) -> bool:
        """Whether a code is one of a refusal, or looks like one that nobody here knows."""
        if code in self.codes:
            return True
        if not code or code in self.others:
            return False
        lowered = code.lower()
        return any(part in lowered for part in self.parts)

    def said(self, message: str) -> bool:
        """Whether a message says that somebody is not authorized, whatever the code."""
        if not message:
            return False
        lowered = message.lower()
        return any(phrase in lowered for phrase in self.phrases)


def refusals_of(files: Iterable[NamesFile]) -> Refusals:
    """What the files tell of refusals."""
    found = tuple(files)
    return Refusals(
        codes=frozenset(code for file in found for one in file.refused for code in one.codes),
        others=frozenset(code for file in found for one in file.not_refused for code in one.codes),
        parts=tuple(part for file in found for part in file.refusal_parts),
        phrases=tuple(phrase for file in found for phrase in file.refusal_phrases),
    )
