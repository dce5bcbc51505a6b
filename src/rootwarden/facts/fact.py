"""A fact is known, absent or unknown: Law 1 as three types.

*Known* carries a value. *Absent* means somebody looked and there is none. *Unknown* means nobody could look, and
says why and which permission would settle it. There is no fourth state and no default: code that wants a value
must say what happens in the other two cases. Written as JSON, each of the three says which it is (`type`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


class Source(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Where a fact was seen.

    Attributes:
        call: The AWS call as IAM spells it (`iam:GetAccountSummary`), a declaration (`declared by NAME`), or
            a deduction (`deduced`).
        account: The account that was asked, twelve digits; empty when that is the account the fact is about.
        region: The region that was asked; empty for global services.
        observed_at: The instant AWS answered (for the credential report: when AWS generated it), aware UTC,
            or `None` when the evidence does not tell.
    """

    call: str
    account: str = ""
    region: str = ""
    observed_at: datetime | None = None


class Why(StrEnum):
    """Why a fact is unknown."""

    NOT_COLLECTED = "not_collected"
    DENIED = "denied"
    NOT_SUPPORTED = "not_supported"
    FAILED = "failed"
    THROTTLED = "throttled"
    TIMED_OUT = "timed_out"
    MALFORMED = "malformed"
    CONFLICTING = "conflicting"


class Known(msgspec.Struct, Generic[T_co], frozen=True, tag="known"):
    """A value somebody saw.

    Attributes:
        value: The value.
        sources: Where it was seen, the deciding source first.
        note: What the reader must know beside the value (a disagreement, a deduction), or empty.
    """

    value: T_co
    sources: tuple[Source, ...] = ()
    note: str = ""


class Absent(msgspec.Struct, frozen=True, tag="absent"):
    """Somebody looked, and there is none."""

    sources: tuple[Source, ...] = ()
    note: str = ""


class Unknown(msgspec.Struct, frozen=True, tag="unknown"):
    """Nobody could look.

    Attributes:
        reason: One clause a reader understands: lower case, no full stop.
        why: The kind of reason, for machines.
        permission: The IAM action that would settle it (`iam:GetAccountSummary`), or empty if none would.
        sources: Where we tried.
    """

    reason: str
    why: Why = Why.NOT_COLLECTED
    permission: str = ""
    sources: tuple[Source, ...] = ()
    note: str = ""


class Unlisted(Unknown, frozen=True):
    """Stands in a list for elements nobody could read, any number of them: none, one or many."""


def unlisted(fact: Unknown) -> Unlisted:
    """A list that could not be read, as part of a longer one."""
    return Unlisted(fact.reason, fact.why, fact.permission, fact.sources, fact.note)


Fact: TypeAlias = Known[T_co] | Absent | Unknown


def transform(fact: Fact[T], change: Callable[[T], U]) -> Fact[U]:
    """Apply `change` to a known value; absent and unknown stay what they are, with their sources."""
    if isinstance(fact, Known):
        return Known(change(fact.value), fact.sources, fact.note)
    return fact


def value_or_none(fact: Fact[T]) -> T | None:
    """The value when known, else `None`: for *display* only, never to decide something."""
    return fact.value if isinstance(fact, Known) else None
