"""A policy that says the same in fewer letters.

Statements that differ in nothing but their actions become one, actions another pattern of the list covers go. Both
change nothing by the rules of IAM; whoever calls this proves it on requests all the same (`guardrails.proving`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from rootwarden.iam.wildcards import covers

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import IamDocument, Statement


def minimal(document: IamDocument) -> IamDocument:
    """The same policy with as few statements and actions as it takes.

    Args:
        document: Any policy; statements keep their order, and a merged one the name of the first.
    """
    made: list[Statement] = []
    for one in document.statements:
        at = next((index for index, other in enumerate(made) if _together(one, other)), None)
        if at is None:
            made.append(_lean(one))
        else:
            made[at] = _lean(structs.replace(made[at], actions=(*(made[at].actions or ()), *(one.actions or ()))))
    return structs.replace(document, statements=tuple(made))


def _together(one: Statement, other: Statement) -> bool:
    """Whether two statements differ in name and actions only."""
    if one.actions is None or other.actions is None:
        return False
    return structs.replace(_lean(one), sid="", actions=()) == structs.replace(other, sid="", actions=())


def _lean(one: Statement) -> Statement:
    return structs.replace(
        one,
        actions=_uncovered(one.actions),
        not_actions=_uncovered(one.not_actions),
        resources=None if one.resources is None else tuple(dict.fromkeys(one.resources)),
        conditions=tuple(
            structs.replace(each, values=tuple(dict.fromkeys(each.values))) for each in dict.fromkeys(one.conditions)
        ),
    )


def _uncovered(actions: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Each action no other one of the list covers, letter case aside, in their order."""
    if actions is None:
        return None
    different = tuple({one.lower(): one for one in reversed(actions)}.values())[::-1]
    return tuple(one for place, one in enumerate(different) if not _covered(place, one.lower(), different))


def _covered(place: int, action: str, actions: tuple[str, ...]) -> bool:
    """Whether another pattern covers this one; of two that cover each other the first stays."""
    others = ((index, one.lower()) for index, one in enumerate(actions) if index != place)
    return any(covers(one, action) and (index < place or not covers(action, one)) for index, one in others)
