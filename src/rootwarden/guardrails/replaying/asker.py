"""Who made a call, as policies see them: the principal with the condition keys that follow from it.

IAM user guide, *AWS global condition context keys* (`aws:PrincipalArn` of each kind of session) and *Comparing the IAM
identities of sessions*; CloudTrail guide, *userIdentity element*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.context import MISSING, NOT_KNOWN, Held, held
from rootwarden.iam.principal import Kind, Principal
from rootwarden.iam.usage.caller import Kind as CallerKind
from rootwarden.iam.usage.caller import account_in, caller_of

if TYPE_CHECKING:
    from rootwarden.iam.usage.caller import Caller, Identity

_KINDS: Final = {
    CallerKind.ROOT: Kind.ROOT,
    CallerKind.USER: Kind.USER,
    CallerKind.ROLE: Kind.ROLE,
    CallerKind.SERVICE: Kind.SERVICE,
    CallerKind.FEDERATED: Kind.FEDERATED,
    CallerKind.OTHER: Kind.ANONYMOUS,
}
# What records of S3 have for the account of who did not sign in.
_NOBODY: Final = frozenset({"ANONYMOUS_PRINCIPAL", "anonymous"})
_FEDERATED: Final = ":federated-user/"
_LINKED: Final = "whether it is a role that belongs to a service"
# The name of every such role begins so (IAM user guide, *Service-linked roles*).
_LINKED_NAME: Final = "AWSServiceRoleFor"
# Of root nobody can say otherwise: it has no tags, and nobody federated it.
_NOT_OF_ROOT: Final = ("aws:principaltag/", "aws:federatedprovider", "aws:ec2instancesource")
# In requests a service makes of its own accord only (IAM user guide, *Cross-service confused deputy prevention*).
# Where people of a directory act, whom older records call `Unknown` and newer ones `IdentityCenterUser` (IAM Identity
# Center user guide, *CloudTrail use cases*): no policy of an organization binds them.
_DIRECTORY_SOURCES: Final = frozenset({"identitystore", "sso", "sso-directory", "sso-oauth", "sso-oidc"})
_OF_SERVICES: Final = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")


class Asker(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Who made a call.

    Attributes:
        who: The principal.
        kind: `root`, `user`, `role`, `federated`, `service`, `other`.
        name: What people call it: its ARN where there is one.
        keys: The condition keys that follow from who it is, in lower case.
        absent: Beginnings of keys that it never has.
        assumed: For root, whether it was assumed; `None` where nobody tells.
        doubt: What is not known of it that may leave every policy of an organization without a say.
    """

    who: Principal
    kind: str
    name: str
    keys: Mapping[str, Held]
    absent: tuple[str, ...] = ()
    assumed: bool | None = False
    doubt: str = ""


def asker_of(identity: Identity, source: str = "", *, assumed: bool | None = False) -> Asker:
    """Who made a call.

    Args:
        identity: What the record says.
        source: Service as the record has it, without its domain.
        assumed: For root, whether `sts:AssumeRoot` opened the session; `None` where nobody tells.
    """
    caller = caller_of(identity)
    if identity.kind == "FederatedUser" or _FEDERATED in identity.arn:
        return _federated_user(identity, caller)
    kind = _KINDS[caller.kind]
    if kind is Kind.ANONYMOUS and caller.account in _NOBODY:
        return _anonymous()
    if kind is Kind.ANONYMOUS and source in _DIRECTORY_SOURCES:
        kind = Kind.FEDERATED
    session = identity.arn if kind is Kind.ROLE and identity.arn != caller.arn else ""
    who = Principal(kind=kind, arn=caller.arn, account=caller.account, session=session, id=caller.id)
    keys = dict(who.keys())
    if kind in {Kind.USER, Kind.ROLE} and (not caller.arn or _pathless(identity, caller)):
        keys["aws:PrincipalArn"] = NOT_KNOWN
        keys["aws:username"] = NOT_KNOWN if kind is Kind.USER else MISSING
    keys["aws:AssumedRoot"] = _assumed(assumed) if kind is Kind.ROOT else MISSING
    if kind is Kind.SERVICE:
        keys |= _of_no_organization()
        if "." not in caller.arn:
            keys["aws:PrincipalServiceName"] = NOT_KNOWN
    if kind is Kind.ANONYMOUS:
        # An identity of a kind nobody knows: what it is, is not known either.
        keys = {"aws:PrincipalAccount": held(caller.account)} if caller.account else {}
        who = Principal(kind=Kind.ROLE, account=caller.account)
    return Asker(
        who=who,
        kind=caller.kind.value,
        name=caller.arn or f"{caller.account} {caller.id}".strip(),
        keys=_lowered(keys),
        absent=_absent(kind),
        assumed=assumed if kind is Kind.ROOT else False,
        doubt=_LINKED if _may_be_linked(kind, identity, caller) else "",
    )


def _may_be_linked(kind: Kind, identity: Identity, caller: Caller) -> bool:
    """Whether it may be a role that belongs to a service: of some records only a unique id or a session is known."""
    if kind is Kind.ANONYMOUS or (kind is Kind.ROLE and not caller.arn):
        return True
    return _pathless(identity, caller) and caller.name.startswith(_LINKED_NAME)


def _anonymous() -> Asker:
    """Who did not sign the request (IAM user guide, *Principal key values*, and each key's availability)."""
    who = Principal(kind=Kind.ANONYMOUS)
    keys = dict(who.keys()) | _of_no_organization()
    keys |= {"aws:PrincipalAccount": held("anonymous"), "aws:userid": held("anonymous")}
    keys |= dict.fromkeys(("aws:PrincipalArn", "aws:AssumedRoot", "aws:SourceIdentity"), MISSING)
    keys["aws:PrincipalIsAWSService"] = held("false")
    absent = ("aws:principaltag/", "aws:multifactorauth", "aws:tokenissuetime", *_OF_SERVICES)
    return Asker(who=who, kind="other", name="anonymous", keys=_lowered(keys), absent=absent)


def _of_no_organization() -> dict[str, Held]:
    return {"aws:PrincipalOrgID": MISSING, "aws:PrincipalOrgPaths": MISSING}


def _federated_user(identity: Identity, caller: Caller) -> Asker:
    """A session of `sts:GetFederationToken`, whoever asked for it, is a principal of its own."""
    account = caller.account or account_in(identity.arn)
    who = Principal(kind=Kind.FEDERATED_USER, arn=identity.arn, account=account, session=identity.arn)
    keys = dict(who.keys()) | {"aws:AssumedRoot": MISSING}
    if not identity.arn:
        keys["aws:PrincipalArn"] = NOT_KNOWN
    name = identity.arn or f"{account} {identity.principal}".strip()
    return Asker(who=who, kind="federated", name=name, keys=_lowered(keys), absent=_OF_SERVICES)


def _pathless(identity: Identity, caller: Caller) -> bool:
    """Whether a role is known by its session only, which lacks the role's path."""
    return caller.kind is CallerKind.ROLE and not identity.issuer_arn


def _assumed(assumed: bool | None) -> Held:
    if assumed is None:
        return NOT_KNOWN
    return held("true") if assumed else MISSING


def _absent(kind: Kind) -> tuple[str, ...]:
    if kind is Kind.SERVICE:
        return ("aws:principaltag/",)
    return (*_NOT_OF_ROOT, *_OF_SERVICES) if kind is Kind.ROOT else _OF_SERVICES


def _lowered(keys: Mapping[str, Held]) -> dict[str, Held]:
    return {name.lower(): value for name, value in keys.items()}
