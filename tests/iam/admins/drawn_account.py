"""Small random accounts in which everything collides: few principals, the actions of the catalogue, tangled trust."""

from __future__ import annotations

import copy
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from rootwarden.packs import escalation_paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

ACCOUNT: Final = "111111111111"
OTHER: Final = "222222222222"
ACTIONS: Final = tuple(dict.fromkeys(action for path in escalation_paths() for action in path.actions))
OF_IAM: Final = tuple(action for action in ACTIONS if action.startswith(("iam:", "sts:")))
SERVICES: Final = ("lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "glue.amazonaws.com")
CONDITIONS: Final[tuple[dict[str, Any], ...]] = (
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
    {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}},
)
Dump = dict[str, Any]


def arn(kind: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


class Drawn:
    """One account out of a source of chance."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._roles = [f"r{number}" for number in range(random.randint(2, 5))]
        self._users = [f"u{number}" for number in range(random.randint(1, 4))]
        self._groups = [f"g{number}" for number in range(random.randint(0, 2))]
        self._policies = [f"p{number}" for number in range(random.randint(2, 5))]

    def dump(self) -> Dump:
        """Its authorization details."""
        return {
            "UserDetailList": [self._user(name) for name in self._users],
            "GroupDetailList": [self._group(name) for name in self._groups],
            "RoleDetailList": [self._role(name) for name in self._roles],
            "Policies": [self._policy(name) for name in self._policies],
        }

    def statement(self, effect: str = "") -> dict[str, Any]:
        """A statement of an identity policy."""
        random = self._random
        made: dict[str, Any] = {"Effect": effect or random.choices(("Allow", "Deny"), (7, 1))[0]}
        actions = random.sample(OF_IAM if random.random() < 0.6 else ACTIONS, random.randint(1, 4))
        drawn = random.random()
        made["Action"] = "*" if drawn < 0.08 else ["iam:*", "sts:*"] if drawn < 0.16 else actions
        if drawn > 0.93:
            made["NotAction"] = made.pop("Action")
        made["Resource"] = "*" if random.random() < 0.5 else random.choice(self._resources())
        if random.random() < 0.2:
            made["Condition"] = random.choice(CONDITIONS)
        return made

    def _resources(self) -> tuple[str, ...]:
        everything = (
            *(arn("role", name) for name in self._roles),
            *(arn("user", name) for name in self._users),
            *(arn("group", name) for name in self._groups),
            *(arn("policy", name) for name in self._policies),
        )
        return (*everything, arn("role", "*"), arn("user", "*"), "arn:aws:lambda:*:*:*")

    def document(self) -> dict[str, Any]:
        """An identity policy."""
        return {"Version": "2012-10-17", "Statement": [self.statement() for _ in range(self._random.randint(1, 3))]}

    def _trust(self) -> dict[str, Any]:
        random = self._random
        named: list[dict[str, Any]] = [
            {"Service": random.choice(SERVICES)},
            {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            {"AWS": OTHER},
            {"AWS": arn("role", random.choice(self._roles))},
            {"AWS": arn("user", random.choice(self._users))},
        ]
        made: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": random.choice(named)}
        if random.random() < 0.15:
            made["Condition"] = CONDITIONS[0]
        denied = {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": random.choice(named[1:])}
        return {"Version": "2012-10-17", "Statement": [made, *([denied] if random.random() < 0.1 else [])]}

    def _holding(self, inline: str, name: str) -> dict[str, Any]:
        random = self._random
        attached = random.sample(self._policies, random.randint(0, 2))
        own = [{"PolicyName": "own", "PolicyDocument": self.document()}] if random.random() < 0.6 else []
        return {
            inline: own,
            "AttachedManagedPolicies": [{"PolicyName": one, "PolicyArn": arn("policy", one)} for one in attached],
            "Path": "/",
            "CreateDate": "2026-01-01T00:00:00Z",
            "Name": name,
        }

    def _bounds(self) -> dict[str, Any]:
        if self._random.random() >= 0.2:
            return {}
        return {"PermissionsBoundary": boundary(self._random.choice(self._policies))}

    def _user(self, name: str) -> dict[str, Any]:
        groups = [one for one in self._groups if self._random.random() < 0.3]
        made = self._holding("UserPolicyList", name) | self._bounds()
        made.pop("Name")
        return made | {"UserName": name, "UserId": f"AIDAFAKE{name}", "Arn": arn("user", name), "GroupList": groups}

    def _group(self, name: str) -> dict[str, Any]:
        made = self._holding("GroupPolicyList", name)
        made.pop("Name")
        return made | {"GroupName": name, "GroupId": f"AGPAFAKE{name}", "Arn": arn("group", name)}

    def _role(self, name: str) -> dict[str, Any]:
        made = self._holding("RolePolicyList", name) | self._bounds()
        made.pop("Name")
        profile = {"Path": "/", "InstanceProfileName": name, "InstanceProfileId": f"AIPAFAKE{name}", "Roles": []}
        profiles = [profile | {"Arn": arn("instance-profile", name)}] if self._random.random() < 0.3 else []
        return made | {
            "RoleName": name,
            "RoleId": f"AROAFAKE{name}",
            "Arn": arn("role", name),
            "AssumeRolePolicyDocument": self._trust(),
            "InstanceProfileList": profiles,
        }

    def _policy(self, name: str) -> dict[str, Any]:
        versions = [{"VersionId": "v2", "IsDefaultVersion": True, "Document": self.document()}]
        if self._random.random() < 0.3:
            versions.append({"VersionId": "v1", "IsDefaultVersion": False, "Document": self.document()})
        return {
            "PolicyName": name,
            "PolicyId": f"ANPAFAKE{name}",
            "Arn": arn("policy", name),
            "Path": "/",
            "DefaultVersionId": "v2",
            "AttachmentCount": 1,
            "PolicyVersionList": versions,
        }


def boundary(name: str) -> dict[str, Any]:
    """A managed policy as a permissions boundary."""
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn("policy", name)}


def identity_documents(dump: Dump) -> Iterator[dict[str, Any]]:
    """Every document of a dump but trust policies, those in force and older ones; they may be changed in place."""
    for one in dump["Policies"]:
        yield from (version["Document"] for version in one["PolicyVersionList"])
    lists = {
        "UserDetailList": "UserPolicyList",
        "GroupDetailList": "GroupPolicyList",
        "RoleDetailList": "RolePolicyList",
    }
    for list_name, inline in lists.items():
        for one in dump[list_name]:
            yield from (policy["PolicyDocument"] for policy in one[inline])


def documents(dump: Dump) -> list[dict[str, Any]]:
    """Every document of a dump, trust policies too."""
    trusts = (one["AssumeRolePolicyDocument"] for one in dump["RoleDetailList"])
    return list(chain(identity_documents(dump), trusts))


def copied(dump: Dump) -> Dump:
    """A copy to change."""
    return copy.deepcopy(dump)
