"""Three truth values: true, false, and `None` for "cannot be said" (Kleene's strong logic)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Truth: TypeAlias = bool | None


def all_of(truths: Iterable[Truth]) -> Truth:
    """False if one is false, else undecided if one is, else true."""
    seen = set(truths)
    return False if False in seen else None if None in seen else True


def any_of(truths: Iterable[Truth]) -> Truth:
    """True if one is true, else undecided if one is, else false."""
    seen = set(truths)
    return True if True in seen else None if None in seen else False


def negate(truth: Truth) -> Truth:
    """The opposite; undecided stays undecided."""
    return None if truth is None else not truth
