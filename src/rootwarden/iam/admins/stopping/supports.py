"""What does a way up stand on: which statements, and which actions of whom?

Without any one of them the way is gone; there may be others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.iam.admins.admin import making_administrator, names_all
from rootwarden.iam.admins.stopping.change import Part, PartKind
from rootwarden.iam.admins.trust import ASSUME
from rootwarden.iam.layer import Unreadable
from rootwarden.iam.principal import Named
from rootwarden.iam.statement import compiled_document, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.iam.admins.attempt import Asked
    from rootwarden.iam.admins.holders import Attachment, Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import Sheet
    from rootwarden.iam.admins.walk import Walk
    from rootwarden.iam.admins.way import Way


def parts_under(way: Way, subject: Holder, land: Landscape) -> dict[Part, list[Asked]]:
    """The statements a way stands on that can be taken away, with the requests each of them allows.

    Args:
        way: A way of the subject.
        subject: Who.
        land: Who there is, with the change under which the way was found.
    """
    found: dict[Part, list[Asked]] = {}
    for walk in way.steps():
        for asked in walk.asked:
            for part in _under(walk, asked, land):
                found.setdefault(part, []).append(asked)
    if way.walk is None:
        found |= {part: [] for part in _making(subject, land)}
    return found


def actions_under(way: Way, held: Callable[[Walk], bool]) -> dict[str, int]:
    """The actions whose denial ends a way, with the place the path gives each: what costs least is first.

    Args:
        way: A way.
        held: Whether a deny would reach who takes a step.
    """
    found: dict[str, int] = {}
    for walk in way.steps():
        if held(walk):
            asked = {one.action for one in walk.asked}
            for rank, action in enumerate(one for one in walk.path.stops if one in asked):
                found[action] = min(rank, found.get(action, rank))
    return found


def _under(walk: Walk, asked: Asked, land: Landscape) -> Iterator[Part]:
    action = asked.action.lower()
    if action == ASSUME and asked.resource in land.by_arn:
        named, trust = _trusting(walk, land.by_arn[asked.resource])
        if trust is not None:
            yield trust
        if named in {Named.DIRECTLY, Named.ROLE} and walk.node.holder.account.id == asked.resource.split(":")[4]:
            return
    granting = list(_granting(walk, asked))
    # What allows it for sure has to go. What may allow it has to go only where nothing else does: alone it may not.
    needed = [place for place in granting if place[2]] or granting
    parts = [_part(walk.node.holder, sheet, index, land) for sheet, index, _ in needed]
    if parts and parts[0] is not None and None not in parts:
        yield parts[0]


def _granting(walk: Walk, asked: Asked) -> Iterator[tuple[Sheet, int, bool]]:
    """The statements of whoever takes a step that allow a request, or may: where they stand, and whether for sure."""
    for sheet in walk.node.powers.levels[0].sheets:
        truths = [(one, one.truth(asked.resource, asked.context)) for one in sheet.about(asked.action.lower())[0]]
        allowing = [(sheet, sheet.place("", one).index, truth is True) for one, truth in truths if truth is not False]
        yield from allowing or ([(sheet, -1, False)] if sheet.unreadable else [])


def _making(subject: Holder, land: Landscape) -> Iterator[Part]:
    """What makes an administrator: one statement that names all, or several between them."""
    making = list(making_administrator(subject.powers, subject.context))
    alone = [one for one in making if names_all(one[1])]
    for sheet, statement in alone[:1] or making:
        part = _part(subject, sheet, sheet.place("", statement).index, land)
        if part is not None:
            yield part


def _part(holder: Holder, sheet: Sheet, index: int, land: Landscape) -> Part | None:
    """Where a statement somebody has stands, if it can be edited there."""
    found = _attachment(holder, sheet, land)
    if found is None or (holder.reserved and not found[0].customer_managed):
        return None
    attachment, owner = found
    account = holder.account.id
    if attachment.arn and (index < 0 or not attachment.customer_managed):
        return Part(PartKind.ATTACHMENT, account, owner, attachment.arn, -1)
    if index < 0:
        return None
    return Part(PartKind.STATEMENT, account, attachment.arn or owner, attachment.policy.name, index)


def _attachment(holder: Holder, sheet: Sheet, land: Landscape) -> tuple[Attachment, str] | None:
    """Through what somebody has a policy, and whose that is; nothing for a policy they would have made up."""
    groups = land.households[holder.account.id].groups
    for one in holder.attachments:
        if one.policy is sheet.policy:
            return one, groups[one.group].arn if one.group in groups else holder.arn
    joined = ((one, group) for group in groups.values() for one in group.attachments)
    return next(((one, group.arn) for one, group in joined if one.policy is sheet.policy), None)


def _trusting(walk: Walk, role: Holder) -> tuple[Named, Part | None]:
    """How a role's trust policy lets in whoever takes a step, and the statement, if it can be edited."""
    if role.trust is None or isinstance(role.trust, Unreadable):
        return Named.NOBODY, None
    best, at = Named.NOBODY, -1
    for index, statement in enumerate(compiled_document(role.trust)):
        named, _ = names(statement.written, walk.node.holder.principal, bounded=False)
        if named > best and not statement.denies:
            best, at = named, index
    if at < 0 or role.reserved:
        return best, None
    return best, Part(PartKind.TRUST, role.account.id, role.arn, f"trust policy of {role.name}", at)
