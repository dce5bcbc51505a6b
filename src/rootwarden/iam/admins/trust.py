"""Who may assume a role: its trust policy and the policies of whoever asks, together.

IAM user guide, *Policy evaluation logic*: in one account a trust policy that names the user or everybody is enough; one
that names the role is limited by the boundary; one that names the account needs an allow of the asking side. Across
accounts both sides are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.layer import Unreadable
from rootwarden.iam.principal import Kind, Named, Principal, account_named
from rootwarden.iam.statement import compiled_document, names

if TYPE_CHECKING:
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.powers import May
    from rootwarden.iam.context import Context
    from rootwarden.iam.layer import Document

ASSUME: Final = "sts:assumerole"
_UNTOLD: Final = "the trust policy"
_LIMITS: Final = {
    Named.DIRECTLY: frozenset({"scp"}),
    Named.ROLE: frozenset({"scp", "boundary"}),
}


class Trusted(msgspec.Struct, frozen=True):
    """What a trust policy says of somebody.

    Attributes:
        named: How it names them at most.
        unsure: What that depends on; empty when it is sure.
    """

    named: Named
    unsure: tuple[str, ...] = ()


class Trusting(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a trust policy mentions, to find who may assume the role without asking everybody.

    Attributes:
        arns: Users, roles and sessions by ARN.
        accounts: Accounts as a whole.
        everybody: Whether it lets everybody in, or cannot be read.
        services: Service principals.
        federated: Identity providers.
    """

    arns: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    everybody: bool = False
    services: frozenset[str] = frozenset()
    federated: frozenset[str] = frozenset()


def trusting(document: Document | None) -> Trusting:
    """Whom the allow statements of a trust policy mention."""
    if document is None:
        return Trusting()
    if isinstance(document, Unreadable):
        return Trusting(everybody=True)
    allowing = [one for one in document.statements if one.effect == "Allow"]
    named = [one.principals for one in allowing if one.principals is not None]
    aws = {name for one in named for name in one.aws}
    accounts = {account_named(name) for name in aws} - {""}
    return Trusting(
        arns=frozenset(name for name in aws if name != "*" and not account_named(name)),
        accounts=frozenset(accounts),
        everybody="*" in aws or any(one.not_principals is not None for one in allowing),
        services=frozenset(name for one in named for name in one.service),
        federated=frozenset(name for one in named for name in one.federated),
    )


def trusted(document: Document | None, who: Principal, context: Context, action: str = ASSUME) -> Trusted:
    """How a trust policy lets somebody in.

    Args:
        document: The trust policy.
        who: Who asks: a principal, a service or an identity provider.
        context: The keys of the request.
        action: `sts:AssumeRole` or one of its kin, in lower case.
    """
    if document is None:
        return Trusted(Named.NOBODY)
    if isinstance(document, Unreadable):
        return Trusted(Named.DIRECTLY, (_UNTOLD,))
    surely, maybe = Named.NOBODY, Named.NOBODY
    unsure: tuple[str, ...] = ()
    for statement in compiled_document(document):
        if not statement.names_action(action):
            continue
        named, doubt = names(statement.written, who, bounded=False)
        truth = statement.truth("*", context) if named or doubt else False
        if truth is False:
            continue
        if doubt:
            truth = (doubt,)
        if statement.denies:
            if truth is True:
                return Trusted(Named.NOBODY)
            unsure += truth
        elif truth is True:
            surely = max(surely, named)
        else:
            maybe = max(maybe, named or Named.DIRECTLY)
            unsure += truth
    if surely and not any(one for one in unsure) and surely >= maybe:
        return Trusted(surely)
    return Trusted(surely or maybe, tuple(dict.fromkeys(unsure)))


def may_assume(actor: Holder, role: Holder, context: Context) -> May:
    """Whether somebody may assume a role: true, false, or what it depends on.

    Args:
        actor: Who asks.
        role: A role of any account.
        context: The keys of the actor's request.
    """
    said = trusted(role.trust, actor.principal, context)
    if said.named is Named.NOBODY or role.principal.service_linked:
        return False
    if actor.account.id == role.account.id and said.named in _LIMITS:
        denied = actor.powers.denied(ASSUME, role.arn, context)
        if denied is True:
            return False
        own = actor.powers.allowed(_LIMITS[said.named], ASSUME, role.arn, context)
        if own is False:
            return False
        return _together(said.unsure, denied or (), () if own is True else own)
    allowed = actor.powers.may(ASSUME, role.arn, context)
    return False if allowed is False else _together(said.unsure, () if allowed is True else allowed)


def lets_service(role: Holder, services: tuple[str, ...], context: Context) -> May:
    """Whether one of some services may assume a role; the last word on conditions is the service's, so they are named."""
    unsure: May = False
    for service in services:
        who = Principal(kind=Kind.SERVICE, arn=service)
        said = trusted(role.trust, who, context)
        if said.named is Named.DIRECTLY and not said.unsure:
            return True
        unsure = said.unsure or unsure
    return unsure


def _together(*unsure: tuple[str, ...]) -> May:
    return tuple(dict.fromkeys(one for each in unsure for one in each)) or True
