"""One way up: permissions that together give more than they say (docs/adding-an-escalation-path.md)."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Category(StrEnum):
    """How a path goes up."""

    NEW_PASSROLE = "new-passrole"
    EXISTING_PASSROLE = "existing-passrole"
    PRINCIPAL = "principal"
    SELF = "self"
    ROOT = "root"


class Actor(StrEnum):
    """Who can walk a path; an outsider is a principal of no account we look at."""

    ANY = "any"
    USER = "user"
    ROLE = "role"
    OUTSIDER = "outsider"


class Gain(StrEnum):
    """What the actor has at the end.

    `target`: it is the target principal, a member of the target group, or has the permissions of what it passed on.
    `rewrites-self`: its own policies say what it wants.
    `rewrites-target`: the target's policies say what it wants, and it is the target; of an account: an administrator.
    `unblocks-self`, `unblocks-target`: a boundary or a deny is gone; what is left has to be evaluated again.
    `new-principal`: it is a principal of its own making, with any policies and without its own boundary.
    `root`: it is the root user of the target account.
    """

    TARGET = "target"
    REWRITES_SELF = "rewrites-self"
    REWRITES_TARGET = "rewrites-target"
    UNBLOCKS_SELF = "unblocks-self"
    UNBLOCKS_TARGET = "unblocks-target"
    NEW_PRINCIPAL = "new-principal"
    ROOT = "root"


class TargetKind(StrEnum):
    """What `{target}` ranges over."""

    ROLE = "role"
    USER = "user"
    GROUP = "group"
    POLICY = "policy"
    PERMISSION_SET = "permission-set"
    ACCOUNT = "account"
    NONE = "none"


class Where(StrEnum):
    """What has to hold before a path can be walked; `packs/escalation/shared/words.toml` says what each means."""

    ACTOR_HAS_BOUNDARY = "actor-has-boundary"
    ACTOR_IN_MANAGEMENT_ACCOUNT = "actor-in-management-account"
    ACTOR_IN_MEMBER_ACCOUNT = "actor-in-member-account"
    ACTOR_MANAGES_ROOT_ACCESS = "actor-manages-root-access"
    ASSIGNABLE_BY_ACTOR = "assignable-by-actor"
    ATTACHED_TO_ACTOR = "attached-to-actor"
    ATTACHED_TO_ACTOR_GROUP = "attached-to-actor-group"
    ATTACHED_TO_TARGET = "attached-to-target"
    CUSTOMER_MANAGED = "customer-managed"
    DENIES_ACTOR = "denies-actor"
    DENIES_TARGET = "denies-target"
    FEWER_THAN_TWO_KEYS = "fewer-than-two-keys"
    GROUP_OF_ACTOR = "group-of-actor"
    GROUP_WITH_MORE_PERMISSIONS = "group-with-more-permissions"
    GROUP_WITHOUT_ACTOR = "group-without-actor"
    HAS_BOUNDARY = "has-boundary"
    HAS_OLDER_VERSION = "has-older-version"
    HAS_PASSWORD = "has-password"  # noqa: S105 - what a user has
    IN_FORCE_FOR_ACTOR = "in-force-for-actor"
    IN_INSTANCE_PROFILE = "in-instance-profile"
    INLINE = "inline"
    IS_BOUNDARY_OF_ACTOR = "is-boundary-of-actor"
    MANAGED = "managed"
    MAY_ASSUME_TARGET = "may-assume-target"
    MEMBER_ACCOUNT = "member-account"
    NO_PASSWORD = "no-password"  # noqa: S105 - what a user lacks
    NOT_ACTOR = "not-actor"
    NOT_RESERVED = "not-reserved"
    PERMISSION_SET_OF_ACTOR = "permission-set-of-actor"
    TRUSTS_ACTOR = "trusts-actor"
    TRUSTS_ANOTHER_ACCOUNT = "trusts-another-account"
    TRUSTS_ANYONE = "trusts-anyone"
    TRUSTS_OIDC_PROVIDER = "trusts-oidc-provider"
    TRUSTS_SAML_PROVIDER = "trusts-saml-provider"
    TWO_KEYS = "two-keys"


class PublicList(StrEnum):
    """Public catalogues that name a technique beside the ids of pathfinding.cloud."""

    CLOUDMAPPER = "cloudmapper"
    CLOUDSPLAINING = "cloudsplaining"
    HACKING_THE_CLOUD = "hacking-the-cloud"
    IAM_VULNERABLE = "iam-vulnerable"
    PATHFINDING_LABS = "pathfinding-labs"
    PMAPPER = "pmapper"
    PROWLER = "prowler"
    PROWLER_GRAPH = "prowler-graph"
    RHINO = "rhino"


class Context(msgspec.Struct, frozen=True):
    """One key the request carries.

    Attributes:
        key: `iam:PassedToService`.
        values: Templates the actor chooses one of; none: the key is absent from the request.
    """

    key: str
    values: tuple[str, ...]


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """One request the actor has to be allowed.

    Attributes:
        action: `lambda:CreateFunction`.
        resource: A template (`template.py`), or `*` for an action that has no resources.
        context: What the request carries; a key that is not here is unknown.
    """

    action: str
    resource: str
    context: tuple[Context, ...] = ()


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What a path is used on.

    Attributes:
        kind: What it is.
        trusts: Services (of Cognito: the federated principal), one of which a role's trust policy lets assume it.
        where: What else has to hold; all of it.
    """

    kind: TargetKind
    trusts: tuple[str, ...] = ()
    where: tuple[Where, ...] = ()


class Existing(msgspec.Struct, frozen=True, kw_only=True):
    """What must be there already.

    Attributes:
        type: Key of the inventory: `lambda:function`. The role the inventory names for it is the target.
        resource: Template of its ARN, to ask about some resource of the type where there is no inventory.
    """

    type: str
    resource: str


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Where else the technique is listed.

    Attributes:
        pathfinding: Ids of pathfinding.cloud, which are not stable: one technique may have had several.
        lists: Other public catalogues that have it, by the set of its actions.
    """

    pathfinding: tuple[str, ...] = ()
    lists: tuple[PublicList, ...] = ()


class Another(msgspec.Struct, frozen=True, kw_only=True):
    """How a path of somebody on itself reads where another takes it, and whoever walks has both in hand.

    Attributes:
        title: What is done.
        remedy: What to change in policies.
    """

    title: str
    remedy: str


class EscalationPath(msgspec.Struct, frozen=True, kw_only=True):
    """One way up.

    Attributes:
        id: Lower-case words, the file's name.
        permissions: All of them are needed.
        policies: What has to hold of the policy `{policy}`, where the path changes one that is not the target.
        also: A second principal the path needs, `{also}`.
        another: Set where somebody else may take it on the actor too, whoever walks having both in hand.
        requires: Words for what no policy shows and stands in the way until it is known; each is a word of
            `shared/words.toml`.
        assumes: Words for what is taken to be there, since it nearly always is; shown, and nothing more.
        stops: Actions whose denial ends the path, the one that costs least first; any one is enough.
        ended: Day the service went away, or an empty text; a path with a day cannot be walked any more.
        doubtful: What is not sure about it, or an empty text.
    """

    id: str
    title: str
    category: Category
    actor: Actor
    gain: Gain
    target: Target
    permissions: tuple[Permission, ...]
    policies: tuple[Where, ...] = ()
    also: Target | None = None
    existing: Existing | None = None
    another: Another | None = None
    catalogue: Catalogue = Catalogue()
    remedy: str
    requires: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    stops: tuple[str, ...]
    notes: str = ""
    ended: str = ""
    doubtful: str = ""

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions it needs, each once, in order."""
        return tuple(dict.fromkeys(one.action for one in self.permissions))
