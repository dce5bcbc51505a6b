"""Account dumps of shapes that tempt a search to try everything on everybody."""

from __future__ import annotations

from typing import Any, Final

ACCOUNT: Final = "111111111111"
Dump = dict[str, Any]


def allow(*actions: str, on: str | list[str] = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


def deny(*actions: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*"}


def arn(kind: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(name: str, principal: Any, *statements: dict[str, Any]) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    own = [{"PolicyName": "own", "PolicyDocument": _document(*statements)}] if statements else []
    return {
        "RoleName": name,
        "RoleId": f"AROA{name}",
        "Arn": arn("role", name),
        "Path": "/",
        "CreateDate": "2026-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": _document(trust),
        "InstanceProfileList": [],
        "RolePolicyList": own,
        "AttachedManagedPolicies": [],
    }


def user(name: str, *statements: dict[str, Any], groups: tuple[str, ...] = ()) -> dict[str, Any]:
    own = [{"PolicyName": "own", "PolicyDocument": _document(*statements)}] if statements else []
    return {
        "UserName": name,
        "UserId": f"AIDA{name}",
        "Arn": arn("user", name),
        "Path": "/",
        "CreateDate": "2026-01-01T00:00:00Z",
        "UserPolicyList": own,
        "GroupList": list(groups),
        "AttachedManagedPolicies": [],
    }


def group(name: str, *statements: dict[str, Any]) -> dict[str, Any]:
    own = [{"PolicyName": "own", "PolicyDocument": _document(*statements)}] if statements else []
    return {
        "GroupName": name,
        "GroupId": f"AGPA{name}",
        "Arn": arn("group", name),
        "Path": "/",
        "CreateDate": "2026-01-01T00:00:00Z",
        "GroupPolicyList": own,
        "AttachedManagedPolicies": [],
    }


def dump(*, users: Any = (), roles: Any = (), groups: Any = (), policies: Any = ()) -> Dump:
    return {
        "UserDetailList": list(users),
        "GroupDetailList": list(groups),
        "RoleDetailList": list(roles),
        "Policies": list(policies),
    }


THE_ACCOUNT: Final = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def everybody_assumes_everybody(number: int) -> Dump:
    """By trust in the account; none is up."""
    return dump(roles=[role(f"r{one}", THE_ACCOUNT, allow("sts:AssumeRole")) for one in range(number)])


def everybody_assumes_one_administrator(number: int) -> Dump:
    made = everybody_assumes_everybody(number)
    made["RoleDetailList"].append(role("top", THE_ACCOUNT, allow("*")))
    return made


def passed_to_functions(number: int) -> Dump:
    """Every role can be passed to a function, by everybody, and none is worth it."""
    does = allow("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", "s3:GetObject")
    return dump(roles=[role(f"r{one}", {"Service": "lambda.amazonaws.com"}, does) for one in range(number)])


def chain(number: int) -> Dump:
    """Each role assumes the next one, the last is an administrator."""
    roles = [role("r0", {"AWS": "222222222222"}, allow("sts:AssumeRole"))]
    roles += [role(f"r{one}", {"AWS": arn("role", f"r{one - 1}")}, allow("sts:AssumeRole")) for one in range(1, number)]
    roles[-1] = role(f"r{number - 1}", {"AWS": arn("role", f"r{number - 2}")}, allow("*"))
    return dump(roles=roles)


def cycles(number: int) -> Dump:
    """Rings of three that trust each other, and everybody itself."""
    roles = []
    for one in range(number):
        following = one - 2 if one % 3 == 2 else one + 1
        roles.append(role(f"r{one}", {"AWS": [arn("role", f"r{following}"), arn("role", f"r{one}")]}))
    return dump(roles=roles)


def groups_to_join(number: int) -> Dump:
    """Everybody may join any of a hundred groups, of which the last is the administrators'."""
    groups = [group(f"g{one:03}", allow("s3:GetObject", on=f"arn:aws:s3:::b{one}/*")) for one in range(100)]
    groups[-1] = group("g099", allow("*"))
    return dump(users=[user(f"u{one}", allow("iam:AddUserToGroup")) for one in range(number)], groups=groups)


def all_but_one(number: int) -> Dump:
    """Administrators but for one action."""
    return dump(users=[user(f"u{one}", allow("*"), deny("s3:DeleteBucket")) for one in range(number)])


def all_but_identities(number: int) -> Dump:
    """Everything but power over identities: near a hundred ways, and on none."""
    does = (allow("*"), deny("iam:*", "sts:AssumeRole", "organizations:*", "account:*", "sso:*"))
    return dump(roles=[role(f"r{one}", THE_ACCOUNT, *does) for one in range(number)])


def under_a_condition(number: int) -> Dump:
    """Everything on everybody, with MFA."""
    does = allow("iam:*", "sts:*", "lambda:*") | {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    roles = [role(f"r{one}", THE_ACCOUNT, does) for one in range(number)]
    return dump(roles=roles, users=[user(f"u{one}", does) for one in range(number // 2)])


def keys_for_everybody(number: int) -> Dump:
    """Everybody may make keys for everybody and put everybody into groups that give nothing."""
    does = allow("iam:CreateAccessKey", "iam:AddUserToGroup", "iam:CreateLoginProfile")
    groups = [group(f"g{one}", allow("s3:GetObject", on=f"arn:aws:s3:::b{one}/*")) for one in range(30)]
    return dump(users=[user(f"u{one}", does) for one in range(number)], groups=groups)


def many_denies(number: int) -> Dump:
    """Fences that everybody may take away, one after the other."""
    fences = [deny(f"s3:Get{letter}*") for letter in "ABCDEFGHIJ"]
    does = allow("iam:DetachUserPolicy", "iam:DeleteUserPolicy", "iam:PutUserPolicy", on=arn("user", "nobody"))
    return dump(users=[user(f"u{one}", does, *fences) for one in range(number)])


def hands_for_everybody(number: int) -> Dump:
    """Every user may assume a role that may change every user."""
    users = [user(f"u{one}", allow("sts:AssumeRole")) for one in range(number)]
    return dump(users=users, roles=[role("hands", THE_ACCOUNT, allow("iam:PutUserPolicy"))])


def hands_for_nobody(number: int) -> Dump:
    """Everybody may become everybody, and roles may change whoever has a tag that nobody has."""
    tagged = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "nobody"}}}
    changing = allow("iam:PutUserPolicy", "iam:PutRolePolicy", "iam:CreatePolicyVersion") | tagged
    roles = [role(f"hands{one}", THE_ACCOUNT, changing, allow("sts:AssumeRole")) for one in range(number // 20)]
    roles += [role(f"r{one}", THE_ACCOUNT, allow("sts:AssumeRole")) for one in range(number)]
    return dump(users=[user(f"u{one}", allow("sts:AssumeRole")) for one in range(number // 2)], roles=roles)


def everybody_changes_the_next(number: int) -> Dump:
    """Everybody may become everybody and take the boundary of one off, which gives that one nothing."""
    roles = []
    for one in range(number):
        lifting = allow("iam:DeleteRolePermissionsBoundary", on=arn("role", f"r{(one + 1) % number}"))
        roles.append(role(f"r{one}", THE_ACCOUNT, lifting, allow("sts:AssumeRole")))
    return dump(roles=roles)


SHAPES: Final = (
    everybody_assumes_everybody,
    everybody_assumes_one_administrator,
    passed_to_functions,
    cycles,
    groups_to_join,
    all_but_one,
    all_but_identities,
    under_a_condition,
    keys_for_everybody,
    many_denies,
    hands_for_everybody,
    hands_for_nobody,
    everybody_changes_the_next,
)
