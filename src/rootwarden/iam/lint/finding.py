"""A finding: its code, its place, what is wrong and what to do; and the list they are gathered in."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.lint.codes import Code
from rootwarden.iam.lint.nodes import Span

if TYPE_CHECKING:
    from rootwarden.iam.lint.codes import Level
    from rootwarden.iam.lint.nodes import Place

# Somebody reads them; a document with more than these is wrong as a whole.
MOST: Final = 1_000
_SHOWN: Final = 60


class Kind(StrEnum):
    """What a policy is to be: the same sentence may be right in one and refused in another."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    BOUNDARY = "boundary"
    SESSION = "session"
    SCP = "scp"
    RCP = "rcp"

    @property
    def names_principals(self) -> bool:
        """Whether its statements say whom they are about."""
        return self in {Kind.RESOURCE, Kind.TRUST, Kind.RCP}

    @property
    def is_guardrail(self) -> bool:
        """Whether it grants nothing by itself."""
        return self in {Kind.SCP, Kind.RCP, Kind.BOUNDARY, Kind.SESSION}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding.

    Attributes:
        code: Its kind.
        message: What is wrong: lower case, no full stop, the user's words in backticks.
        hint: The next step, or empty.
        pointer: Where, as a JSON pointer (RFC 6901); empty is the whole document.
        span: Where in the text, if the document came as text.
    """

    code: Code
    message: str
    hint: str = ""
    pointer: str = ""
    span: Span | None = None

    @property
    def level(self) -> Level:
        """How bad it is."""
        return self.code.level


class Findings:
    """The findings of one document, each once; after 1,000 only that there are more."""

    def __init__(self) -> None:
        self._found: dict[tuple[Code, str], Finding] = {}

    @property
    def full(self) -> bool:
        """Whether more would not be kept."""
        return len(self._found) >= MOST

    def add(self, code: Code, place: Place, message: str, hint: str = "") -> None:
        """Note a finding; one of this code at this place is enough."""
        if not self.full:
            pointer = place.pointer
            made = Finding(code=code, message=message, hint=hint, pointer=pointer, span=place.span)
            self._found.setdefault((code, pointer), made)

    def sorted(self) -> tuple[Finding, ...]:
        """All of them, in order of place where it is known, else as they were found."""
        found = sorted(self._found.values(), key=lambda one: one.span.start if one.span is not None else 0)
        if self.full:
            said = f"only the first {MOST:,} findings are shown"
            found.append(Finding(code=Code.MORE_FINDINGS, message=said, hint="mend these and look again"))
        return tuple(found)


def quoted(text: str) -> str:
    """The user's words in backticks: one line, printable, not too long."""
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return f"`{''.join(one if one.isprintable() else '·' for one in short)}`"
