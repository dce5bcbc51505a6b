"""What attached policies are compared with beside requests: condition keys there are, and the dated limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.iam.layer import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.guardrails.standing import Landscape
    from rootwarden.iam.layer import Document
    from rootwarden.iam.lint.knowledge import Knowledge, Limit


def keys_there_are_not(documents: Iterable[Document], knowledge: Knowledge) -> frozenset[str]:
    """Condition keys that policies name and no request has, in lower case; those of identity providers are theirs."""
    named = {
        condition.key
        for document in documents
        if not isinstance(document, Unreadable)
        for statement in document.statements
        for condition in statement.conditions
    }
    return frozenset(key.lower() for key in named if not _is_key(key, knowledge))


def _is_key(key: str, knowledge: Knowledge) -> bool:
    prefix = key.partition(":")[0]
    if "." in prefix or (prefix.lower() != "aws" and knowledge.catalogue.service(knowledge.home(key)) is None):
        return True  # of a provider, or of a service the catalogue does not have: nobody can tell
    found = knowledge.global_key(key)
    return not found.instead if found is not None else knowledge.service_key(key) is not None


def room_for(landscape: Landscape, kind: str, target: str, limits: Iterable[Limit]) -> Iterator[tuple[bool, str]]:
    """What the limits say to as many policies as a target would have.

    Args:
        landscape: With what is planned.
        kind: `scp` or `rcp`.
        target: Where something is to be attached.
        limits: The dated limits of all kinds.

    Yields:
        Whether it is too many by the newest limit, and that in words; also where only an older one says so.
    """
    level = next((one for one in landscape.attached.get(kind, ()) if one.target == target), None)
    count = len(level.policies) if level is not None else 0
    for limit in limits:
        if limit.kind != kind or limit.counts != "attached":
            continue
        since = f" since {limit.newest.since}" if limit.newest.since else ""
        if count > limit.newest.value:
            yield (
                True,
                f"{count} would be attached to `{target}`; at most {limit.newest.value} are{since} ({limit.basis})",
            )
        elif len(limit.values) > 1 and count > limit.values[-2].value:
            older = limit.values[-2].value
            yield False, f"{count} would be attached to `{target}`; until {limit.newest.since} at most {older} were"
