"""Does an account have an administrator beside its root user: a role that people get into with a second factor?

Through Identity Center or a SAML provider, which ask for it themselves, from a role people get into that way, or by
`sts:AssumeRole` under a condition on `aws:MultiFactorAuthPresent` (AWS Well-Architected, SEC02-BP01 and SEC02-BP04). A
user with a key or password of its own is no such identity, nor is a role for a service.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.admin import is_administrator
from rootwarden.iam.admins.assuming import may_assume_choosing
from rootwarden.iam.admins.trust import trusted, trusting
from rootwarden.iam.admins.verdict import Class
from rootwarden.iam.context import MISSING, Context, Values
from rootwarden.iam.layer import Unreadable
from rootwarden.iam.principal import Kind, Principal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.iam.admins.building import Household
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import May
    from rootwarden.iam.admins.verdict import PrincipalVerdict
    from rootwarden.iam.context import Held

_IDENTITY_CENTER: Final = "/aws-reserved/sso.amazonaws.com/"
_WITH_SAML: Final = "sts:assumerolewithsaml"
_WITH_MFA: Final[dict[str, Held]] = {
    "aws:MultiFactorAuthPresent": Values(("true",)),
    "aws:MultiFactorAuthAge": Values(("60",)),
}
_WITHOUT_MFA: Final[dict[str, Held]] = {"aws:MultiFactorAuthPresent": MISSING, "aws:MultiFactorAuthAge": MISSING}


class Door(StrEnum):
    """How people get in."""

    IDENTITY_CENTER = "identity-center"
    SAML_PROVIDER = "saml-provider"
    FEDERATED_ROLE = "federated-role"
    MFA = "mfa"


class Administrator(msgspec.Struct, frozen=True, kw_only=True):
    """A role that is an administrator, and people get into.

    Attributes:
        arn: The role.
        through: How.
        who: The provider, or one of those who may assume it with a second factor.
    """

    arn: str
    through: Door
    who: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an account can be administered without its root user.

    Attributes:
        account: Twelve digits.
        has_administrator: `None` where that is not known.
        by: The roles.
        reason: Why not, or why nobody can tell; empty where there is one.
    """

    account: str
    has_administrator: bool | None
    by: tuple[Administrator, ...] = ()
    reason: str = ""


def standings(land: Landscape, verdicts: Iterable[PrincipalVerdict]) -> tuple[Standing, ...]:
    """Of every account that is looked at.

    Args:
        land: Everybody.
        verdicts: On everybody.
    """
    kinds = {one.arn: one.kind for one in verdicts}
    return tuple(_standing(one, land, kinds) for one in land.households.values())


def _standing(household: Household, land: Landscape, kinds: Mapping[str, Class]) -> Standing:
    roles = [one for one in household.holders if one.kind is Kind.ROLE and not one.principal.service_linked]
    direct = [one for one in roles if kinds.get(one.arn) is Class.DIRECT]
    found = tuple(door for one in direct for door in _doors(one, land))
    account = household.seat.id
    if found:
        return Standing(account=account, has_administrator=True, by=found)
    doubts = [*_doubts(direct, land), *_conditional(roles, land)]
    if doubts:
        return Standing(account=account, has_administrator=None, reason="; ".join(dict.fromkeys(doubts)))
    why = "no role is an administrator" if not direct else "nobody gets into a role that is one with a second factor"
    return Standing(account=account, has_administrator=False, reason=why)


def _doors(role: Holder, land: Landscape) -> Iterator[Administrator]:
    """How people get into a role, one of each sort."""
    federated = _federated(role)
    if federated is not None:
        yield federated
    asking = list(_asking(role, land))
    for one in asking:
        if one.kind is Kind.ROLE and _federated(one) is not None and _may(one, role, one.context) is True:
            yield Administrator(arn=role.arn, through=Door.FEDERATED_ROLE, who=one.arn)
            break
    for one in asking:
        if one.kind is Kind.USER and _with_second_factor(one, role):
            yield Administrator(arn=role.arn, through=Door.MFA, who=one.arn)
            break


def _federated(role: Holder) -> Administrator | None:
    """The way in through Identity Center or a SAML provider."""
    if role.path.startswith(_IDENTITY_CENTER):
        return Administrator(arn=role.arn, through=Door.IDENTITY_CENTER, who="Identity Center")
    for provider in sorted(trusting(role.trust).federated) if not isinstance(role.trust, Unreadable) else ():
        who = Principal(kind=Kind.FEDERATED, arn=provider, account=role.account.id)
        if ":saml-provider/" in provider and trusted(role.trust, who, Context(complete=False), _WITH_SAML):
            return Administrator(arn=role.arn, through=Door.SAML_PROVIDER, who=provider)
    return None


def _asking(role: Holder, land: Landscape) -> Iterator[Holder]:
    """Users and roles that the trust policy of a role may let in; a session of a role carries no second factor."""
    if role.trust is None or isinstance(role.trust, Unreadable):
        return
    named = trusting(role.trust)
    found = land.holders if named.everybody else land.called(named.arns | named.accounts)
    yield from (one for one in found if one is not role)


def _with_second_factor(actor: Holder, role: Holder) -> bool:
    """Whether somebody may assume a role with a second factor, and not without."""
    without = _may(actor, role, actor.context.carrying(_WITHOUT_MFA))
    return without is False and _may(actor, role, actor.context.carrying(_WITH_MFA)) is True


def _doubts(direct: Iterable[Holder], land: Landscape) -> Iterator[str]:
    """Why nobody can tell who gets into administrators."""
    for role in direct:
        if isinstance(role.trust, Unreadable):
            yield f"the trust policy of `{role.arn}` cannot be read"
            continue
        named = trusting(role.trust)
        arns = {one.split(":")[4] for one in named.arns if one.startswith("arn:")}
        outside = sorted((named.accounts | arns) - set(land.households))
        if outside:
            yield f"`{role.arn}` lets in {', '.join(outside)}, where nobody looked who has a second factor"
        elif any(one.kind is Kind.USER and _depends(one, role) for one in _asking(role, land)):
            yield f"who may assume `{role.arn}` depends on what is not known"


def _may(actor: Holder, role: Holder, context: Context) -> May:
    return may_assume_choosing(actor, actor.powers, role, context)[0]


def _depends(actor: Holder, role: Holder) -> bool:
    found = _may(actor, role, actor.context.carrying(_WITH_MFA))
    return isinstance(found, tuple) and _may(actor, role, actor.context.carrying(_WITHOUT_MFA)) is False


def _conditional(roles: Iterable[Holder], land: Landscape) -> Iterator[str]:
    """Roles that are administrators under a condition, and people get into; what they could become does not count."""
    for role in roles:
        found = is_administrator(role.powers, role.context)
        if isinstance(found, tuple) and next(_doors(role, land), None) is not None:
            yield f"whether `{role.arn}` is an administrator depends on what is not known"
