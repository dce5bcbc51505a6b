"""Keys whose value whoever calls chooses, and which of several doubts is the easiest to settle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# IAM user guide, *AWS global condition context keys*, and of AWS STS.
_CHOSEN: Final = frozenset(
    {
        "aws:requestedregion",
        "aws:tagkeys",
        "aws:securetransport",
        "aws:useragent",
        "aws:referer",
        "sts:externalid",
        "sts:rolesessionname",
        "sts:sourceidentity",
        "sts:transitivetagkeys",
        "sts:durationseconds",
    }
)
_CHOSEN_FAMILIES: Final = ("aws:requesttag/",)


def is_chosen(key: str) -> bool:
    """Whether a key holds what the caller likes."""
    name = key.lower()
    return name in _CHOSEN or name.startswith(_CHOSEN_FAMILIES)


def easiest_doubts(doubts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Of several sets of doubts, each of which would do, the one that is the easiest to settle.

    Args:
        doubts: What each of several statements or ways depends on; one at least.

    Returns:
        The one with the fewest keys that are nobody's choice, then the fewest in all; of equals always the same one,
        whatever order they come in.
    """
    return min(doubts, key=lambda keys: (sum(not is_chosen(key) for key in keys), len(keys), sorted(keys)))
