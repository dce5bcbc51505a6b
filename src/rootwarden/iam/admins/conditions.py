"""Does what a path wants of actor, target and policy hold? One function a word of `Where`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from rootwarden.iam.admins.assuming import may_assume_choosing
from rootwarden.iam.admins.holders import Attachment, Group, Holder
from rootwarden.iam.admins.trust import trusting
from rootwarden.iam.escalation.path import Where
from rootwarden.iam.layer import Unreadable
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Who walks a path, on what.

    Attributes:
        actor: Who walks it.
        target: The role or user, where the target is one.
        group: The group, where it is one.
        policy: The policy, where the path is about one.
        also: The second role, where the path takes one.
        account: The account, where the target is one: twelve digits.
        ours: Accounts that are looked at.
    """

    actor: Holder
    target: Holder | None = None
    group: Group | None = None
    policy: Attachment | None = None
    also: Holder | None = None
    account: str = ""
    ours: frozenset[str] = frozenset()


# True, false, or in words what is not known.
Holds: TypeAlias = bool | tuple[str, ...]
# Words that are taken to hold when nobody knows: most users have fewer than two keys, and whether they have a password
# decides only by which call it is set (docs/decisions/0029).
TAKEN: Final = frozenset({Where.FEWER_THAN_TWO_KEYS, Where.HAS_PASSWORD, Where.NO_PASSWORD})
_FULL_SET: Final = 2


def holds_of(word: Where, other: Holder, scene: Scene) -> Holds:
    """Whether one condition of a path holds of its second principal."""
    if word is Where.MAY_ASSUME_TARGET:
        return holds(word, msgspec.structs.replace(scene, also=other))
    return holds(word, msgspec.structs.replace(scene, target=other))


def holds(word: Where, scene: Scene) -> Holds:
    """Whether one condition of a path holds."""
    return _WORDS[word](scene)


def _known(value: bool | None, word: Where) -> Holds:
    return (word.value,) if value is None else value


def _keys(scene: Scene, word: Where) -> Holds:
    if scene.target is None or scene.target.kind is not Kind.USER:
        return False
    full = None if scene.target.keys is None else scene.target.keys >= _FULL_SET
    return _known(full if full is None else full is (word is Where.TWO_KEYS), word)


def _password(scene: Scene, word: Where) -> Holds:
    if scene.target is None or scene.target.kind is not Kind.USER:
        return False
    has = scene.target.password
    return _known(has if has is None else has is (word is Where.HAS_PASSWORD), word)


def _attached(attachment: Attachment | None, holder: Holder | None, *, groups: bool, own: bool) -> bool:
    if attachment is None or holder is None:
        return False
    return any(
        one.policy is attachment.policy and one.arn == attachment.arn and (groups if one.group else own)
        for one in holder.attachments
    )


def _denies(scene: Scene) -> bool:
    document = scene.policy.policy.document if scene.policy is not None else None
    if document is None:
        return False
    return isinstance(document, Unreadable) or any(one.effect == "Deny" for one in document.statements)


def _trusts_actor(scene: Scene) -> Holds:
    if scene.target is None:
        return False
    return may_assume_choosing(scene.actor, scene.actor.powers, scene.target, scene.actor.context)[0]


def _also_may_assume(scene: Scene) -> Holds:
    if scene.target is None or scene.also is None:
        return False
    return may_assume_choosing(scene.also, scene.also.powers, scene.target, scene.also.context)[0]


def _trusts_provider(scene: Scene, marker: str) -> bool:
    return scene.target is not None and any(marker in one for one in trusting(scene.target.trust).federated)


def _trusts_others(scene: Scene) -> bool:
    if scene.target is None:
        return False
    named = trusting(scene.target.trust)
    others = {arn.split(":")[4] for arn in named.arns if arn.count(":") >= 5} | named.accounts  # noqa: PLR2004 - an ARN
    return bool(others - scene.ours - {"", "aws"})


def _manages_root(scene: Scene) -> Holds:
    return _known(scene.actor.account.manages_root_access, Where.ACTOR_MANAGES_ROOT_ACCESS)


def _member(scene: Scene) -> Holds:
    management = scene.actor.account.management_account
    return scene.account != management if management else (Where.MEMBER_ACCOUNT.value,)


def _assignable(scene: Scene) -> Holds:
    """Identity Center assigns in the management account from there only (user guide, *Delegated administration*)."""
    seat = scene.actor.account
    if seat.management or scene.account == seat.id:
        return True
    return scene.account != seat.management_account if seat.management_account else (Where.ASSIGNABLE_BY_ACTOR.value,)


def _in_member(scene: Scene) -> Holds:
    management = scene.actor.account.management
    return _known(None if management is None else not management, Where.ACTOR_IN_MEMBER_ACCOUNT)


def _outside_group(scene: Scene) -> Holds:
    return scene.group is not None and scene.group.name not in scene.actor.groups


_WORDS: Final[dict[Where, Callable[[Scene], Holds]]] = {
    Where.ACTOR_HAS_BOUNDARY: lambda scene: bool(scene.actor.boundary),
    Where.ACTOR_IN_MANAGEMENT_ACCOUNT: lambda scene: _known(
        scene.actor.account.management, Where.ACTOR_IN_MANAGEMENT_ACCOUNT
    ),
    Where.ACTOR_IN_MEMBER_ACCOUNT: _in_member,
    Where.ACTOR_MANAGES_ROOT_ACCESS: _manages_root,
    Where.ASSIGNABLE_BY_ACTOR: _assignable,
    Where.ATTACHED_TO_ACTOR: lambda scene: _attached(scene.policy, scene.actor, groups=False, own=True),
    Where.ATTACHED_TO_ACTOR_GROUP: lambda scene: _attached(scene.policy, scene.actor, groups=True, own=False),
    Where.ATTACHED_TO_TARGET: lambda scene: _attached(scene.policy, scene.target, groups=True, own=True),
    Where.CUSTOMER_MANAGED: lambda scene: scene.policy is not None and scene.policy.customer_managed,
    Where.DENIES_ACTOR: _denies,
    Where.DENIES_TARGET: _denies,
    Where.FEWER_THAN_TWO_KEYS: lambda scene: _keys(scene, Where.FEWER_THAN_TWO_KEYS),
    Where.GROUP_OF_ACTOR: lambda scene: scene.group is not None and scene.group.name in scene.actor.groups,
    Where.GROUP_WITH_MORE_PERMISSIONS: _outside_group,
    Where.GROUP_WITHOUT_ACTOR: _outside_group,
    Where.HAS_BOUNDARY: lambda scene: scene.target is not None and bool(scene.target.boundary),
    Where.HAS_OLDER_VERSION: lambda scene: scene.policy is not None and bool(scene.policy.older),
    Where.HAS_PASSWORD: lambda scene: _password(scene, Where.HAS_PASSWORD),
    Where.IN_FORCE_FOR_ACTOR: lambda scene: _attached(scene.policy, scene.actor, groups=True, own=True),
    Where.IN_INSTANCE_PROFILE: lambda scene: scene.target is not None and bool(scene.target.profiles),
    Where.INLINE: lambda scene: scene.policy is not None and not scene.policy.arn,
    Where.IS_BOUNDARY_OF_ACTOR: lambda scene: scene.policy is not None and scene.policy.arn == scene.actor.boundary,
    Where.MANAGED: lambda scene: scene.policy is not None and bool(scene.policy.arn),
    Where.MAY_ASSUME_TARGET: _also_may_assume,
    Where.MEMBER_ACCOUNT: _member,
    Where.NO_PASSWORD: lambda scene: _password(scene, Where.NO_PASSWORD),
    Where.NOT_ACTOR: lambda scene: scene.target is not None and scene.target.arn != scene.actor.arn,
    Where.NOT_RESERVED: lambda scene: scene.target is not None and not scene.target.reserved,
    Where.PERMISSION_SET_OF_ACTOR: lambda scene: scene.actor.path.startswith("/aws-reserved/sso.amazonaws.com/"),
    Where.TRUSTS_ACTOR: _trusts_actor,
    Where.TRUSTS_ANOTHER_ACCOUNT: _trusts_others,
    Where.TRUSTS_ANYONE: lambda scene: scene.target is not None and trusting(scene.target.trust).everybody,
    Where.TRUSTS_OIDC_PROVIDER: lambda scene: _trusts_provider(scene, ":oidc-provider/"),
    Where.TRUSTS_SAML_PROVIDER: lambda scene: _trusts_provider(scene, ":saml-provider/"),
    Where.TWO_KEYS: lambda scene: _keys(scene, Where.TWO_KEYS),
}
