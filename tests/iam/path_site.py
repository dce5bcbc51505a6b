"""The accounts in which one escalation path can be walked, built from what its file says, and one thing wrong if asked.

Three accounts: the management account, the member `HOME` the actor is in (unless the path starts in the management
account), and a second member. Everything is put there with the records of the simulator.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from rootwarden.iam.escalation.path import Actor, Gain, TargetKind, Where
from rootwarden.iam.escalation.template import filled
from rootwarden.simulator import parts
from rootwarden.simulator.account import Account
from rootwarden.simulator.policy_text import (
    SAML_PROVIDER,
    Statement,
    allow,
    allow_all_but,
    condition,
    deny,
    deny_all_but,
    document,
    trust,
    workforce_trust,
)
from rootwarden.simulator.population import ADMINISTRATOR, Population
from rootwarden.simulator.world import Policy

if TYPE_CHECKING:
    from rootwarden.iam.escalation.path import EscalationPath, Permission, Target

MANAGEMENT, HOME, SECOND = (parts.member_id(number) for number in (0, 4, 5))
OUTSIDER: Final = "999900001111"
READER: Final = "ReadOnlyAccess"
_IN_MANAGEMENT: Final = {Where.ACTOR_IN_MANAGEMENT_ACCOUNT, Where.ACTOR_MANAGES_ROOT_ACCESS}
_OIDC: Final = "oidc-provider/token.actions.githubusercontent.com"
# Services whose principal is not the prefix of the type with `.amazonaws.com`.
_PRINCIPALS: Final = {"ecs": "ecs-tasks", "apprunner": "tasks.apprunner", "batch": "ecs-tasks"}
# What the templates range over that is no principal: one value that stands for all.
_ANY: Final = {"new": "*", "generated": "*"}


class By(StrEnum):
    """Who takes a path."""

    ITSELF = "itself"
    HANDS = "hands"
    WRITING = "writing"


WRITING: Final = "iam:PutRolePolicy"


class Site:
    """The accounts of one path.

    Args:
        path: The path.
        broken: What is wrong, one of `breaks_of(path)`, or empty.
        denied: An action the actor is denied, or empty.
        bounded: An action that the actor's boundary leaves out, or empty.
        fenced: An action that no SCP of the account allows, or empty.
        by: Who takes the path: the actor itself; a role `hands` that the actor may assume, which changes the actor; or
            the actor, on a target that is worth nothing until it has a policy written into it.
    """

    def __init__(
        self,
        path: EscalationPath,
        *,
        broken: str = "",
        denied: str = "",
        bounded: str = "",
        fenced: str = "",
        by: By = By.ITSELF,
    ) -> None:
        self.path = path
        self.broken = broken
        self.by = by
        self.wheres = {*path.target.where, *path.policies, *(path.also.where if path.also else ())}
        in_management = bool(_IN_MANAGEMENT & self.wheres) or path.target.kind is TargetKind.PERMISSION_SET
        self.home = MANAGEMENT if in_management else HOME
        if broken == Where.ACTOR_IN_MANAGEMENT_ACCOUNT:
            self.home = SECOND
        self.accounts = {number: _account(number) for number in (MANAGEMENT, HOME, SECOND)}
        self.here = Population(self.accounts[self.home])
        self.organization = parts.organization([MANAGEMENT, HOME, SECOND])
        self.organization.features = {"RootCredentialsManagement", "RootSessions"}
        self.inventory: dict[str, list[dict[str, str]]] = {}
        self.is_role = path.actor is Actor.ROLE
        self.actor = self.here.arn(self._actor_resource())
        self._denied = [deny(denied)] if denied else []
        self._extra: list[Statement] = [] if by is By.HANDS else self._denied
        # What a fence around the actor has to leave.
        self._left = ("sts:AssumeRole",) if by is By.HANDS else path.actions
        self._bounds = ""
        self._attached: list[str] = []
        self._groups: list[str] = []
        self._boundary = ""
        self._values = dict(_ANY) | {
            "partition": "aws",
            "account": self.home,
            "management": MANAGEMENT,
            "organization": self.organization.organization_id,
            "actor": self.actor,
        }
        self._fill(bounded, fenced)

    def _fill(self, bounded: str, fenced: str) -> None:
        path = self.path
        if path.also is not None:
            self._values["also"] = self._principal("second", path.also, Gain.TARGET, role_behind=False)
        self._target()
        if path.also is not None and path.also.kind is TargetKind.ROLE:
            self._join_also(path.also)
        if path.existing is not None:
            self._existing(path.existing.type, path.existing.resource)
        self._unblocking()
        if bounded:
            self.here.policy("bounds", [allow_all_but(bounded)])
            self._bounds = "bounds"
            if self.by is not By.HANDS:
                self._boundary = "bounds"
        if fenced:
            policy = Policy(policy_id="p-fakeallbut", name="AllBut", document=document(allow_all_but(fenced)))
            self.organization.policies[policy.policy_id] = policy
            attached = self.organization.attachments[self.home]
            attached[attached.index("p-FullAWSAccess")] = policy.policy_id
        self._put_actor()

    def _actor_resource(self) -> str:
        if self.path.target.kind is TargetKind.PERMISSION_SET and self.broken != Where.PERMISSION_SET_OF_ACTOR:
            return "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Operators_fake000000000000"
        return "role/actor" if self.is_role else "user/actor"

    def _put_actor(self) -> None:
        kind, _, rest = self.actor.split(":")[5].partition("/")
        path, _, name = f"/{rest}".rpartition("/")
        does = [self._statement(each) for each in self.path.permissions]
        if self.by is By.HANDS:
            does = self._hands(does)
        elif self.by is By.WRITING:
            does.append(allow(WRITING, on=self._values["target"]))
        does += self._extra
        add = self.here.role if kind == "role" else self.here.user
        having: dict[str, Any] = {
            "does": does,
            "policies": tuple(self._attached),
            "boundary": self._boundary,
            "path": f"{path}/",
        }
        if kind == "user":
            self.here.user(name, **having, groups=tuple(self._groups))
        else:
            add(name, **having)

    def _hands(self, does: list[Statement]) -> list[Statement]:
        """Give what the path needs to a role, and the actor only that role."""
        trusted = trust("backup.amazonaws.com") if self.broken == "hands" else trust(self.here.arn("root"))
        role = self.here.role("hands", trust=trusted, does=[*does, *self._denied], boundary=self._bounds)
        return [allow("sts:AssumeRole", on=role)]

    def resource(self, permission: Permission) -> str:
        """The resource of a permission; `*` for what may be any."""
        return filled(permission.resource, self._values)

    def _statement(self, permission: Permission) -> Statement:
        resource = self.resource(permission)
        if self.broken == "elsewhere" and resource != "*":
            # Another for each action: a name that all of them leave would do for something new.
            resource = f"{resource}-of-another-{permission.action}"
        when = None
        for each in permission.context:
            if each.key == "iam:PassedToService":
                other = ["backup.amazonaws.com"] if self.broken == "passed-to-service" else list(each.values)
                when = condition("StringEquals", {each.key: other})
            if self.broken == "boundary-demanded" and each.key == "iam:PermissionsBoundary":
                when = condition("StringEquals", {each.key: self.here.arn("policy/demanded")})
        return allow(permission.action, on=resource, when=when)

    def _target(self) -> None:
        target = self.path.target
        match target.kind:
            case TargetKind.ROLE | TargetKind.USER | TargetKind.GROUP:
                self._values["target"] = self._principal("target", target, self.path.gain, role_behind=True)
            case TargetKind.POLICY:
                self._values["target"] = self._policy_of_actor()
            case TargetKind.PERMISSION_SET:
                self._values["target"] = "arn:aws:sso:::permissionSet/ssoins-fake000000000000/ps-fake000000000000"
            case TargetKind.ACCOUNT:
                self._values["target"] = HOME
                self._member()

    def _member(self) -> None:
        """What the path meets in the member account: a guarded root user, and a way in for the management account."""
        guard = parts.deny_root_policy("p-fakeguard", "DenyRoot", action="*", exempt_assumed_root=True)
        parts.attach(self.organization, HOME, guard)
        for permission in self.path.permissions:
            role = permission.resource.partition(":role/")[2]
            if role and self.broken != "access-role":
                member = Population(self.accounts[HOME])
                member.role(role, trust=trust(f"arn:aws:iam::{MANAGEMENT}:root"), policies=(ADMINISTRATOR,))

    def _principal(self, name: str, target: Target, gain: Gain, *, role_behind: bool) -> str:
        """A role, user or group that the path is used on."""
        strong = gain in {Gain.TARGET, Gain.UNBLOCKS_TARGET} and role_behind and self.by is not By.WRITING
        policies = (ADMINISTRATOR,) if strong and self.broken != "nothing-behind" else ()
        if target.kind is TargetKind.ROLE:
            return self._role(name, target, policies or (READER,))
        if target.kind is TargetKind.GROUP:
            if self.broken == Where.GROUP_WITH_MORE_PERMISSIONS:
                policies = ()
            member = Where.GROUP_OF_ACTOR in target.where and self.broken != Where.GROUP_OF_ACTOR
            self._groups += [name] if member else []
            return self.here.group(name, policies=policies)
        keys = {Where.FEWER_THAN_TWO_KEYS: 1, Where.TWO_KEYS: 2}
        held = next((number for where, number in keys.items() if where in target.where), 0)
        password = Where.HAS_PASSWORD in target.where
        if self.broken == Where.FEWER_THAN_TWO_KEYS:
            held = 2
        if self.broken in {Where.HAS_PASSWORD, Where.NO_PASSWORD}:
            password = not password
        if role_behind:
            policies = (*policies, *self._policies_of_target())
        return self.here.user(name, policies=policies, keys=held, password=password)

    def _role(self, name: str, target: Target, policies: tuple[str, ...]) -> str:
        wheres = set(target.where) - ({Where(self.broken)} if self.broken in set(Where) else set())
        profile = f"{name}-profile" if Where.IN_INSTANCE_PROFILE in wheres else ""
        self._values["profile"] = self.here.arn(f"instance-profile/{profile}")
        boundary = self._limited_target(name, policies) if Where.HAS_BOUNDARY in wheres else ""
        reserved = self.broken == Where.NOT_RESERVED and name == "target"
        arn = self.here.role(
            name,
            trust=self._trusted(target, wheres),
            policies=(*policies, *self._policies_of_target()),
            boundary=boundary,
            instance_profile=profile,
            path="/aws-reserved/sso.amazonaws.com/" if reserved else "/",
        )
        if Where.INLINE in self.path.policies:
            self.here.account.roles[-1].inline["fence"] = document(deny_all_but("s3:ListBucket"))
        return arn

    def _trusted(self, target: Target, wheres: set[Where]) -> str:
        """The trust policy of a role the path is used on."""
        if target.trusts:
            services = target.trusts if self.broken != "trusts" else ("backup.amazonaws.com",)
            return _web_identity(services[0]) if "cognito-identity.amazonaws.com" in services else trust(*services)
        provider = self._provider(set(target.where))
        trusted = {
            Where.TRUSTS_ACTOR: trust(self.here.arn("root")),
            Where.TRUSTS_ANOTHER_ACCOUNT: trust(f"arn:aws:iam::{OUTSIDER}:root"),
            Where.TRUSTS_ANYONE: trust("*"),
            Where.TRUSTS_OIDC_PROVIDER: _web_identity(provider),
        }
        for where, text in trusted.items():
            if where in wheres:
                return text
        if self.path.existing is not None:
            prefix = self.path.existing.type.partition(":")[0]
            return trust(f"{_PRINCIPALS.get(prefix, prefix)}.amazonaws.com")
        return workforce_trust(self.home)

    def _provider(self, wheres: set[Where]) -> str:
        """The identity provider the path speaks of; another one where the role is not to trust it."""
        if not wheres & {Where.TRUSTS_OIDC_PROVIDER, Where.TRUSTS_SAML_PROVIDER}:
            return ""
        name = _OIDC if Where.TRUSTS_OIDC_PROVIDER in wheres else SAML_PROVIDER
        if self.broken in {Where.TRUSTS_OIDC_PROVIDER, Where.TRUSTS_SAML_PROVIDER}:
            name = "saml-provider/nobody-trusts-it"
        self._values["provider"] = self.here.arn(name)
        return self._values["provider"]

    def _limited_target(self, name: str, policies: tuple[str, ...]) -> str:
        """A boundary that leaves an administrator nothing but data."""
        self.here.policy(f"{name}-bounds", [allow("s3:*")])
        return f"{name}-bounds"

    def _policies_of_target(self) -> tuple[str, ...]:
        """The policy of the target that the path changes or takes away."""
        wheres = self.path.policies
        if Where.DENIES_TARGET in wheres and Where.MANAGED in wheres:
            self._values["policy"] = self.here.policy("target-fence", [deny_all_but("s3:ListBucket")])
            return ("target-fence",)
        if Where.CUSTOMER_MANAGED in wheres:
            if self.broken == Where.CUSTOMER_MANAGED:
                self._values["policy"] = f"arn:aws:iam::aws:policy/{READER}"
                return ()
            self._values["policy"] = self.here.policy("target-rights", [allow("s3:ListBucket")])
            return () if self.broken == Where.ATTACHED_TO_TARGET else ("target-rights",)
        return ()

    def _join_also(self, also: Target) -> None:
        """Let the second role assume the target, where it has to."""
        if Where.MAY_ASSUME_TARGET not in also.where:
            return
        second, target = self._values["also"], self._values["target"]
        for role in self.here.account.roles:
            if role.name == "target":
                role.trust = trust(second)
            elif role.name == "second" and self.broken != Where.MAY_ASSUME_TARGET:
                role.inline["own"] = document(allow("sts:AssumeRole", on=target))
            elif role.name == "second":
                role.inline["own"] = document(deny("sts:AssumeRole"))

    def _policy_of_actor(self) -> str:
        """The policy of the actor, or of its group, that the path changes or takes away."""
        wheres = self.path.target.where
        if Where.DENIES_ACTOR in wheres:
            return self._fence_of_actor()
        if Where.IS_BOUNDARY_OF_ACTOR in wheres:
            return self.here.arn("policy/actor-bounds")
        if self.broken == Where.CUSTOMER_MANAGED:
            self._attached.append(READER)
            return f"arn:aws:iam::aws:policy/{READER}"
        versions = [[allow("s3:ListBucket")]]
        if Where.HAS_OLDER_VERSION in wheres:
            older = allow("s3:GetObject") if self.broken == Where.HAS_OLDER_VERSION else allow("*")
            versions.insert(0, [older])
        self._attached += ["actor-rights"] if self.broken != Where.IN_FORCE_FOR_ACTOR else []
        return self.here.policy("actor-rights", *versions)

    def _fence_of_actor(self) -> str:
        """A policy that denies the actor all but what takes the policy away."""
        wheres, fence = self.path.target.where, [deny_all_but(*self._left)]
        if Where.ATTACHED_TO_ACTOR_GROUP in wheres:
            self._groups.append("fenced")
            managed = Where.MANAGED in wheres
            self._values["group"] = self.here.group(
                "fenced", does=[] if managed else fence, policies=("actor-fence",) if managed else ()
            )
            return self.here.policy("actor-fence", fence) if managed else self._values["group"]
        if Where.MANAGED in wheres:
            self._attached.append("actor-fence")
            return self.here.policy("actor-fence", fence)
        self._extra += fence
        return self.actor

    @property
    def _entered(self) -> tuple[str, ...]:
        return (self.here.arn("role/hands"),) if self.by is By.HANDS else ()

    def _unblocking(self) -> None:
        """Give an actor that is to be unblocked everything, and what blocks it, unless a policy does."""
        if self.path.gain is not Gain.UNBLOCKS_SELF:
            return
        if self.broken != "nothing-behind":
            self._attached.append(ADMINISTRATOR)
        own = self._left
        if Where.IS_BOUNDARY_OF_ACTOR in self.wheres or Where.ACTOR_HAS_BOUNDARY in self.wheres:
            changed = [self._values["target"]] if self.path.target.kind is TargetKind.POLICY else []
            self.here.policy(
                "actor-bounds", [allow("s3:ListBucket"), allow(*own, on=(*changed, self.actor, *self._entered))]
            )
            self._boundary = "actor-bounds"
            if self.broken == Where.IS_BOUNDARY_OF_ACTOR:
                self.here.policy("other-bounds", [allow("s3:ListBucket"), allow(*own, on=(*changed, self.actor))])
                self._boundary = "other-bounds"
        elif Where.ACTOR_IN_MEMBER_ACCOUNT in self.wheres:
            policy = Policy(
                policy_id="p-fakefence", name="Fence", document=document(deny_all_but(*own, *self.path.actions))
            )
            parts.attach(self.organization, self.home, policy)
            # The fence is around everybody; the actor may not take it down itself.
            self._extra += [deny(*self.path.actions)] if self.by is By.HANDS else []

    def _existing(self, kind: str, resource: str) -> None:
        """Something of the type that has the target's role, or where that is broken a role that reads."""
        self._values["existing"] = filled(resource, self._values)
        arn = self._values["existing"].replace("*", "fake", 1).replace("*", "fake")
        role = self._values["target"]
        if self.broken == "existing":
            role = self.here.role("reader", trust=trust("ec2.amazonaws.com"), policies=(READER,))
        self.inventory = {kind: [{"arn": arn, "role": role}]}


def _account(account_id: str) -> Account:
    name = f"path-{account_id[-1]}"
    account = Account(
        account_id=account_id, name=name, email=f"aws+{name}@example.com", create_date=parts.days_ago(900)
    )
    account.root.password = False
    account.joined = account.create_date
    return account


def _web_identity(provider: str) -> str:
    """Trust of somebody a provider of tokens vouches for; Cognito's is no ARN."""
    audience = condition("StringEquals", {"sts:RoleSessionName": "fake"}) if provider.startswith("arn:") else None
    made = Statement(
        effect="Allow",
        principal={"Federated": [provider]},
        action=["sts:AssumeRoleWithWebIdentity"],
        condition=audience or {},
    )
    return document(made)
