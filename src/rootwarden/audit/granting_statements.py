"""The statements that grant a step, as they are written: from where a verdict names them back to their policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.facts.iam_document import IamDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.facts.iam_document import Statement
    from rootwarden.iam.admins.holders import Attachment, Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.verdict import Blocking, StatementPlace
    from rootwarden.iam.layer import Document, Policy

TRUST = "trust"
SCP = "scp"
BOUNDARY = "boundary"


def written(land: Landscape, place: StatementPlace | Blocking, by: str, towards: str = "") -> tuple[Statement, ...]:
    """What a statement says.

    Args:
        land: Who was judged.
        place: The statement.
        by: ARN of whose policies it is among.
        towards: ARN of the role whose trust policy is meant, where one is.

    Returns:
        The statement; several, where policies of one name differ and nothing tells which is meant; none, where it is no
        statement of anybody's, as after a policy was rewritten on the way.
    """
    holder = land.by_arn.get(towards if place.layer == TRUST else by)
    if holder is None or place.index < 0:
        return ()
    named = _trust(holder) if place.layer == TRUST else _documents(land, holder, place)
    found = (_at(document, place.index) for document in named)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _trust(role: Holder) -> tuple[Document, ...]:
    return (role.trust,) if role.trust is not None else ()


def _documents(land: Landscape, holder: Holder, place: StatementPlace | Blocking) -> list[Document]:
    """The documents of a name: of what somebody has; else of what they can get."""
    own = _layer(land, holder, place.layer)
    found = [one.document for one in own if one.name == place.policy]
    return found or [one.document for one in _within_reach(land, holder) if one.name == place.policy]


def _layer(land: Landscape, holder: Holder, layer: str) -> list[Policy]:
    if layer == SCP:
        return [one for level in holder.account.scp for one in level]
    if layer == BOUNDARY:
        boundary = land.households[holder.account.id].policies.get(holder.boundary)
        return [boundary.policy] if boundary is not None else []
    return [one.policy for one in holder.attachments]


def _within_reach(land: Landscape, holder: Holder) -> Iterator[Policy]:
    """Policies of the account that a step may have given somebody: older versions, those of groups, managed ones."""
    household = land.households[holder.account.id]
    for one in holder.attachments:
        yield from one.older
    for group in household.groups.values():
        yield from _all_of(group.attachments)
    yield from _all_of(household.policies.values())


def _all_of(attachments: Iterable[Attachment]) -> Iterator[Policy]:
    for one in attachments:
        yield one.policy
        yield from one.older


def _at(document: Document, index: int) -> Statement | None:
    if isinstance(document, IamDocument) and index < len(document.statements):
        return document.statements[index]
    return None
