"""Who may assume a role: its trust policy and the policies of whoever asks, together.

IAM user guide, *Policy evaluation logic*: in one account a trust policy that names the user or everybody is enough; one
that names the role is limited by the boundary; one that names the account needs an allow of the asking side. Across
accounts both sides are needed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from rootwarden.iam.admins.chosen import easiest_doubts
from rootwarden.iam.context import Context, held
from rootwarden.iam.layer import Unreadable
from rootwarden.iam.principal import Kind, Named, Principal, account_named
from rootwarden.iam.statement import compiled_document, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.powers import May, Powers
    from rootwarden.iam.layer import Document
    from rootwarden.iam.statement import CompiledStatement

ASSUME: Final = "sts:assumerole"
_REGIONAL: Final = re.compile(r"^([a-z0-9-]+)\.[a-z]{2,4}(?:-[a-z]+)+-\d\.(amazonaws\.com(?:\.cn)?)$")
_WITH_WEB_IDENTITY: Final = "sts:assumerolewithwebidentity"
_LENDING_AS_PROVIDER: Final = frozenset({"cognito-identity.amazonaws.com"})
_UNTOLD: Final = "the trust policy"
_LIMITS: Final = {
    Named.DIRECTLY: frozenset({"scp"}),
    Named.ROLE: frozenset({"scp", "boundary"}),
}


class Trusted(msgspec.Struct, frozen=True):
    """One way in which a trust policy lets somebody in.

    Attributes:
        named: How it names them.
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


def trusted(
    document: Document | None, who: Principal, context: Context, action: str = ASSUME, *, bounded: bool = False
) -> tuple[Trusted, ...]:
    """The ways in which a trust policy lets somebody in, those that are sure first.

    Args:
        document: The trust policy.
        who: Who asks: a principal, a service or an identity provider.
        context: The keys of the request.
        action: `sts:AssumeRole` or one of its kin, in lower case.
        bounded: Whether who asks has a permissions boundary, which a deny with `NotPrincipal` reaches even when named.
    """
    if document is None:
        return ()
    if isinstance(document, Unreadable):
        return (Trusted(Named.DIRECTLY, (_UNTOLD,)),)
    ways: list[Trusted] = []
    doubts: tuple[str, ...] = ()
    for statement, named, truth in _matching(document, who, context, action, bounded=bounded):
        unsure = () if truth is True else truth
        if not statement.denies:
            ways.append(Trusted(named, unsure))
        elif unsure:
            doubts += unsure
        else:
            return ()
    made = (Trusted(way.named, tuple(dict.fromkeys(way.unsure + doubts))) for way in ways)
    return tuple(sorted(made, key=lambda way: (len(way.unsure), -way.named)))


def _matching(
    document: IamDocument, who: Principal, context: Context, action: str, *, bounded: bool
) -> Iterator[tuple[CompiledStatement, Named, Literal[True] | tuple[str, ...]]]:
    """The statements of a trust policy that match somebody, or may."""
    for statement in compiled_document(document):
        named, doubt = names(statement.written, who, bounded=bounded)
        if not (named or doubt) or not statement.names_action(action):
            continue
        truth = statement.truth("*", context)
        if truth is not False:
            yield statement, named or Named.DIRECTLY, (doubt,) if doubt else truth


def may_assume_with(actor: Holder, powers: Powers, role: Holder, context: Context, action: str = ASSUME) -> May:
    """Whether somebody may assume a role: true, false, or what it depends on.

    Args:
        actor: Who asks.
        powers: What the actor can do; its own, or what it has taken meanwhile.
        role: A role of any account.
        context: The keys of the actor's request.
        action: `sts:assumerole`, or one that goes with it (`sts:tagsession`).
    """
    if role.principal.service_linked:
        return False
    doubts: list[tuple[str, ...]] = []
    for way in trusted(role.trust, actor.principal, context, action, bounded=powers.boundary is not None):
        may = _by_one_way(way, powers, role, context, action, near=actor.account.id == role.account.id)
        if may is True:
            return True
        if may is not False:
            doubts.append(may)
    return easiest_doubts(doubts) if doubts else False


def _by_one_way(way: Trusted, powers: Powers, role: Holder, context: Context, action: str, *, near: bool) -> May:
    if not near or way.named not in _LIMITS:
        allowed = powers.may(action, role.arn, context)
        return False if allowed is False else _together(way.unsure, () if allowed is True else allowed)
    denied = powers.denied(action, role.arn, context)
    own = powers.allowed(_LIMITS[way.named], action, role.arn, context)
    if denied is True or own is False:
        return False
    return _together(way.unsure, denied or (), () if own is True else own)


def general_service(name: str) -> str:
    """A service principal without the Region that some policies write into it (`states.eu-west-1.amazonaws.com`)."""
    return _REGIONAL.sub(r"\1.\2", name)


def _as_written(role: Holder, services: tuple[str, ...]) -> list[str]:
    """Of the services that a trust policy mentions, those asked for, as it writes them."""
    if role.trust is None or isinstance(role.trust, Unreadable):
        return list(services)
    named = trusting(role.trust)
    return sorted(one for one in named.services | named.federated if general_service(one) in services)


def lets_service(role: Holder, services: tuple[str, ...]) -> May:
    """Whether one of some services may assume a role for something in the role's account.

    Args:
        role: The role.
        services: Service principals; Cognito lends its roles as an identity provider.
    """
    best: May = False
    for service in _as_written(role, services):
        federated = service in _LENDING_AS_PROVIDER
        who = Principal(kind=Kind.FEDERATED if federated else Kind.SERVICE, arn=service)
        keys = {**who.keys(), "aws:SourceAccount": held(role.account.id)}
        action = _WITH_WEB_IDENTITY if federated else ASSUME
        for way in trusted(role.trust, who, Context(keys, complete=False), action):
            if not way.unsure:
                return True
            best = best or way.unsure
    return best


def _together(*unsure: tuple[str, ...]) -> May:
    return tuple(dict.fromkeys(one for each in unsure for one in each)) or True
