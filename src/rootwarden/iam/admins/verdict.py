"""The verdict on every principal: its class, its way up with the statements that grant it, what stands in the way.

Classes (reference of this room: `docs/iam-admins.md`): *direct*, an administrator as it is; *escalation*, a way up that
every fact proves; *conditional*, one that depends on what the facts do not settle; *lateral*, it can become another
principal, none of whom gets up; *none*.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.admin import granting_everything, is_administrator
from rootwarden.iam.admins.attempt import End
from rootwarden.iam.admins.cuts import cuts
from rootwarden.iam.admins.search import Search
from rootwarden.iam.admins.trust import ASSUME, trusting
from rootwarden.iam.layer import Unreadable
from rootwarden.iam.statement import compiled_document, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.iam.admins.attempt import Asked
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import Book, Place
    from rootwarden.iam.admins.walk import Walk
    from rootwarden.iam.admins.way import Way
    from rootwarden.iam.escalation.path import EscalationPath

ITSELF: Final = "direct"
_MOST_BLOCKING: Final = 12


class Class(StrEnum):
    """How near a principal is to root."""

    DIRECT = "direct"
    ESCALATION = "escalation"
    CONDITIONAL = "conditional"
    LATERAL = "lateral"
    NONE = "none"


class StatementPlace(msgspec.Struct, frozen=True):
    """A statement that grants a step: its policy by name and its position from 0; `trust` for a trust policy."""

    policy: str
    index: int
    layer: str = "identity"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a way up.

    Attributes:
        id: Of the path in the catalogue; `direct` for who is an administrator under a condition.
        title: What it is, in words.
        by: ARN of who takes it.
        actions: The actions it needs.
        target: ARN or account it is taken on; empty for none in particular.
        leads_to: ARN of who one is then, `administrator` or `root`.
        statements: What grants it.
        requires: What has to be so and is not known.
        assumes: What is taken to be so.
    """

    id: str
    title: str
    by: str
    actions: tuple[str, ...]
    target: str
    leads_to: str
    statements: tuple[StatementPlace, ...]
    requires: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()


class Blocking(msgspec.Struct, frozen=True):
    """What stands in the way: the layer, the policy, the position of a deny, or -1 for a policy that does not allow."""

    layer: str
    policy: str
    index: int


class PrincipalVerdict(msgspec.Struct, frozen=True, kw_only=True, rename={"kind": "class"}):
    """One principal.

    Attributes:
        arn: Who.
        account: Twelve digits.
        kind: The class.
        path: The shortest way up; empty for who is up already, and for none.
        blocked_by: What stands in the way of somebody whose allows alone would be enough.
        granted_by: The statements that make an administrator.
    """

    arn: str
    account: str
    kind: Class
    path: tuple[Step, ...] = ()
    blocked_by: tuple[Blocking, ...] = ()
    granted_by: tuple[StatementPlace, ...] = ()


class OpenRole(msgspec.Struct, frozen=True, kw_only=True, rename={"kind": "class"}):
    """A role that lets in others than those that are looked at.

    Attributes:
        arn: The role.
        kind: Its class.
        lets_in: Accounts, principals or `*`.
    """

    arn: str
    kind: Class
    lets_in: tuple[str, ...]


def judge(
    land: Landscape, book: Book, paths: Iterable[EscalationPath], notes: dict[str, None] | None = None
) -> tuple[PrincipalVerdict, ...]:
    """The verdict on everybody, in the order they were met.

    Args:
        land: Who there is.
        book: Made with the actions of `paths`.
        paths: The catalogue.
        notes: Takes in words what was not looked at to the end, since there was too much of it.
    """
    search = Search(land, book, paths)
    ways = search.run()
    verdicts = tuple(_verdict(holder, ways.get(holder.arn), search) for holder in land.holders)
    if notes is not None:
        proven = {one.arn for one in verdicts if one.kind in {Class.DIRECT, Class.ESCALATION}}
        unproven = (holder for holder in land.holders if holder.arn not in proven)
        notes.update(dict.fromkeys((*search.notes(), *cuts(land, unproven, book.bits))))
    return verdicts


def open_roles(land: Landscape, verdicts: Iterable[PrincipalVerdict]) -> tuple[OpenRole, ...]:
    """The roles that are up, or nearly, and let in somebody who is not looked at."""
    kinds = {one.arn: one.kind for one in verdicts}
    worth = {Class.DIRECT, Class.ESCALATION, Class.CONDITIONAL}
    found = ((holder, _outsiders(holder, land)) for holder in land.holders if kinds.get(holder.arn) in worth)
    return tuple(
        OpenRole(arn=holder.arn, kind=kinds[holder.arn], lets_in=outside) for holder, outside in found if outside
    )


def _outsiders(holder: Holder, land: Landscape) -> tuple[str, ...]:
    if isinstance(holder.trust, Unreadable):
        return ()
    named = trusting(holder.trust)
    accounts = {account for account in named.accounts if account not in land.accounts}
    arns = {arn for arn in named.arns if arn.startswith("arn:") and arn.split(":")[4] not in land.accounts}
    return (*(("*",) if named.everybody else ()), *sorted(accounts), *sorted(arns))


def _verdict(holder: Holder, way: Way | None, search: Search) -> PrincipalVerdict:
    if way is None:
        lateral = search.lateral(holder)
        return PrincipalVerdict(
            arn=holder.arn,
            account=holder.account.id,
            kind=Class.LATERAL if lateral is not None else Class.NONE,
            path=(_step(lateral),) if lateral is not None else (),
            blocked_by=_blocked(holder, search),
        )
    top = way.end
    path = tuple(map(_step, way.steps())) + ((_itself(top, holder, way),) if top.requires else ())
    kind = class_of(way)
    granted = granting_everything(holder.powers, holder.context) if way.walk is None else ()
    return PrincipalVerdict(
        arn=holder.arn,
        account=holder.account.id,
        kind=kind,
        path=path,
        blocked_by=_blocked(holder, search) if kind is Class.CONDITIONAL else (),
        granted_by=tuple(_place(one) for one in granted),
    )


def class_of(way: Way) -> Class:
    """The class of somebody who has a way."""
    if not way.sure:
        return Class.CONDITIONAL
    return Class.ESCALATION if way.walk is not None else Class.DIRECT


def _itself(top: Way, holder: Holder, way: Way) -> Step:
    """The last step of who ends at an administrator under a condition."""
    steps = tuple(way.steps())
    result = steps[-1].result if steps else End.ADMINISTRATOR
    who = holder if isinstance(result, End) else result.holder
    granted = granting_everything(who.powers, who.context)
    return Step(
        id=ITSELF,
        title="Use permissions that are an administrator's while a condition holds",
        by=who.arn,
        actions=("*",),
        target=who.arn,
        leads_to=End.ADMINISTRATOR.value,
        statements=tuple(_place(one) for one in granted),
        requires=top.requires,
    )


def _step(walk: Walk) -> Step:
    result = walk.result
    leads_to = result.value if isinstance(result, End) else result.holder.arn
    statements = tuple(dict.fromkeys(place for one in walk.asked for place in _granted(walk, one)))
    return Step(
        id=walk.path.id,
        title=walk.path.another.title if walk.whose is not None and walk.path.another else walk.path.title,
        by=walk.node.holder.arn,
        actions=walk.path.actions,
        target=walk.target,
        leads_to=leads_to,
        statements=statements,
        requires=walk.requires,
        assumes=walk.assumes,
    )


def _granted(walk: Walk, asked: Asked) -> Iterator[StatementPlace]:
    """The first identity statement that grants a request; and of a role's trust policy, where one does."""
    action = asked.action.lower()
    first = next(walk.node.powers.granting(action, asked.resource, asked.context), None)
    if first is not None:
        yield _place(first)
    if action == ASSUME and not isinstance(walk.result, End):
        yield from _trusted(walk, walk.result.holder)


def _trusted(walk: Walk, role: Holder) -> Iterator[StatementPlace]:
    if role.trust is None or isinstance(role.trust, Unreadable):
        return
    for index, statement in enumerate(compiled_document(role.trust)):
        named, _ = names(statement.written, walk.node.holder.principal, bounded=False)
        if named and not statement.denies:
            yield StatementPlace(f"trust policy of {role.name}", index, "trust")
            return


def _place(place: Place) -> StatementPlace:
    return StatementPlace(place.policy, place.index, place.layer)


def _blocked(holder: Holder, search: Search) -> tuple[Blocking, ...]:
    """What stands between the allows of somebody and a way up."""
    powers = holder.powers
    if powers.granted is powers:
        return ()
    if is_administrator(powers.granted, holder.context) is not False:
        places = powers.blocking("iam:attachrolepolicy", "*", holder.context)
        found = [*places, *_denies(holder)]
    else:
        near = search.near(holder)
        asked = near.asked if near is not None else ()
        found = [place for one in asked for place in powers.blocking(one.action.lower(), one.resource, one.context)]
    unique = dict.fromkeys(Blocking(one.layer, one.policy, one.index) for one in found)
    return tuple(unique)[:_MOST_BLOCKING]


def _denies(holder: Holder) -> Iterator[Place]:
    """Every deny in the identity policies and the boundary."""
    for level in holder.powers.levels:
        if level.name != "scp":
            for sheet in level.sheets:
                yield from (sheet.place(level.name, one) for one in sheet.statements if one.denies)
