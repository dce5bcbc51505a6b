"""The three kinds of change: statements taken away, a permissions boundary, a service control policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.facts.iam_document import Condition, IamDocument, Statement
from rootwarden.iam.admins.admin import POWER_OVER_IDENTITIES
from rootwarden.iam.admins.stopping.change import Change, PartKind
from rootwarden.iam.admins.stopping.supports import actions_under, parts_under
from rootwarden.iam.layer import Policy, Unreadable
from rootwarden.iam.pattern import VARIABLES_SINCE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.stopping.change import Part
    from rootwarden.iam.admins.walk import Walk
    from rootwarden.iam.admins.way import Way
    from rootwarden.iam.escalation.path import EscalationPath

BOUNDARY_NAME: Final = "no-way-up"
BAR_NAME: Final = "no-way-up"
_ALLOW_ALL: Final = Statement(sid="Everything", effect="Allow", actions=("*",), resources=("*",))
_OWN, _TRUST, _OTHERS = 0, 1, 2


class Statements:
    """Statements removed, and policies of AWS detached.

    Args:
        subject: Whose ways are to end.
    """

    def __init__(self, subject: Holder) -> None:
        self._subject = subject
        self._own = {subject.arn} | {one.arn for one in subject.attachments if one.arn}

    def change(self, chosen: frozenset[Part]) -> Change:
        """Without these statements."""
        return Change(rewritten=dict.fromkeys(sorted(chosen), ()))

    def under(self, way: Way, land: Landscape) -> list[Collection[Part]]:
        """The statements a way stands on."""
        return [parts_under(way, land.by_arn[self._subject.arn], land)]

    def order(self, one: Part) -> tuple[int, str]:
        """The principal's own first, then those of trust policies, then others'."""
        near = _OWN if one.owner in self._own else _TRUST if one.kind is PartKind.TRUST else _OTHERS
        return near, f"{one.owner} {one.policy} {one.index:05}"


class _Denies:
    """What boundary and service control policy have in common: actions that are denied."""

    def __init__(self) -> None:
        self._ranks: dict[str, int] = {}

    def order(self, one: str) -> tuple[int, str]:
        """What the paths say costs least, first."""
        return self._ranks.get(one, 0), one

    def _ranked(self, actions: dict[str, int]) -> list[Collection[str]]:
        for action, rank in actions.items():
            self._ranks[action] = max(rank, self._ranks.get(action, 0))
        return [actions]


class Boundary(_Denies):
    """A permissions boundary that denies actions, in the place of the one there is.

    Args:
        subject: Who gets it.
        paths: The catalogue.
    """

    def __init__(self, subject: Holder, paths: Iterable[EscalationPath]) -> None:
        super().__init__()
        self._subject = subject
        self._paths = tuple(paths)
        self._kept = _kept(subject)

    def change(self, chosen: frozenset[str]) -> Change:
        """With a boundary that denies these actions."""
        return Change(bounded=self._subject.arn, boundary=self.policy(chosen))

    def policy(self, chosen: frozenset[str]) -> Policy:
        """The boundary: what the one there is says, and the denies."""
        version, kept = self._kept
        deny = Statement(sid="NoWayUp", effect="Deny", actions=tuple(sorted(chosen)), resources=("*",))
        return Policy(BOUNDARY_NAME, IamDocument(version, (*kept, deny) if chosen else kept))

    def under(self, way: Way, land: Landscape) -> list[Collection[str]]:
        """The actions of the principal's own steps, while it has the boundary."""
        del land
        if way.walk is None:
            return self._ranked({action: 0 for one in self._paths for action in one.stops[:1]})

        def held(walk: Walk) -> bool:
            return walk.node.holder.arn == self._subject.arn and walk.node.powers.boundary is not None

        return self._ranked(actions_under(way, held))


class Bar(_Denies):
    """A service control policy for the account that denies actions to all but some.

    Args:
        subject: Whose ways are to end.
        spared: ARNs it leaves alone.

    Attributes:
        spared: Those of them that are in the account.
    """

    def __init__(self, subject: Holder, spared: Collection[str]) -> None:
        super().__init__()
        self._subject = subject
        self._account = subject.account.id
        self.spared = tuple(sorted(one for one in spared if one.split(":")[4:5] == [self._account]))

    def change(self, chosen: frozenset[str]) -> Change:
        """With a service control policy that denies these actions."""
        return Change(barred=self._account, bar=self.policy(chosen)) if chosen else Change()

    def policy(self, chosen: frozenset[str]) -> Policy:
        """The service control policy."""
        spared = Condition("ArnNotEquals", "aws:PrincipalArn", self.spared)
        deny = Statement(
            sid="NoWayUp",
            effect="Deny",
            actions=tuple(sorted(chosen)),
            resources=("*",),
            conditions=(spared,) if self.spared else (),
        )
        return Policy(BAR_NAME, IamDocument(VARIABLES_SINCE, (deny,)))

    def under(self, way: Way, land: Landscape) -> list[Collection[str]]:
        """The actions of steps in the account, of whoever is not spared."""
        del land
        if way.walk is None:
            # Power over identities is more than one action; an administrator has one of them left until all are gone.
            return [one for action in POWER_OVER_IDENTITIES for one in self._ranked({action: 0})]

        def held(walk: Walk) -> bool:
            who = walk.node.holder
            return who.account.id == self._account and who.arn not in self.spared and not who.principal.service_linked

        return self._ranked(actions_under(way, held))


def edited_by(subject: Holder) -> str:
    """Why the policies of somebody cannot be edited where they stand, or an empty text."""
    if subject.principal.service_linked:
        return "the role belongs to a service, which alone changes it"
    return "the role belongs to Identity Center: change its permission set there" if subject.reserved else ""


def bounded_by(subject: Holder) -> str:
    """Why a boundary cannot be put on somebody, or an empty text."""
    if subject.reserved:
        return edited_by(subject)
    if subject.powers.boundary and isinstance(subject.powers.boundary[0].document, Unreadable):
        return "the boundary there is cannot be read, and another one might allow more"
    return ""


def barred_by(subject: Holder) -> str:
    """Why no service control policy binds somebody, or an empty text."""
    if subject.account.management:
        return "service control policies do not bind the management account"
    if subject.principal.service_linked:
        return "service control policies do not bind a role that is linked to a service"
    return ""


def _kept(subject: Holder) -> tuple[str, tuple[Statement, ...]]:
    """What the new boundary has beside the denies: what the one there is says, or everything."""
    limits = subject.powers.boundary
    if not limits or isinstance(limits[0].document, Unreadable):
        return VARIABLES_SINCE, (_ALLOW_ALL,)
    return limits[0].document.version, limits[0].document.statements
