"""Small policies drawn at random, from pieces of which few fit and many collide."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

Json = dict[str, Any]

ACTIONS: Final = (
    *("*", "*:*", "**", "iam:*", "iam:Create*", "iam:CreateUser", "IAM:createuser", "iam:CreateRole", "iam:GetUser"),
    *(
        "s3:GetObject",
        "s3:Get*",
        "s3:?etObject",
        "s3:ListAllMyBuckets",
        "*:Get*",
        " iam:GetUser",
        "iam:",
        "iam:Get,User",
    ),
    *("iam:NoSuch", "nothing:At", "iam"),
)
RESOURCES: Final = (
    *("*", "**", "arn:aws:iam::000000000000:user/alice", "arn:aws:iam::000000000000:user/*", "arn:aws:iam::*:user/*"),
    *(
        "arn:aws:s3:::bucket/*",
        "arn:aws:s3:::bucket",
        "arn:*:s3:::*",
        "arn:aws:iam::*",
        "arn:aws:iam::000000000000:user/?????",
    ),
    *("arn:aws:iam::000000000000:user/${aws:username}", "arn:aws:*", "bucket"),
)
CONDITIONS: Final[tuple[Json, ...]] = (
    {},
    {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}},
    {"StringEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-north-1"]}},
    {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}},
    {"StringEquals": {"aws:RequestedRegion": "eu-north-1"}, "StringLike": {"aws:username": "a*"}},
    {
        "StringEquals": {"aws:RequestedRegion": "eu-central-1"},
        "StringNotEquals": {"aws:RequestedRegion": "eu-central-1"},
    },
    {"Null": {"aws:RequestedRegion": "true"}, "StringEquals": {"AWS:requestedregion": "eu-central-1"}},
    {"Null": {"aws:RequestedRegion": ["true", "false"]}, "StringEquals": {"aws:RequestedRegion": "eu-central-1"}},
    {"Null": {"aws:RequestedRegion": "true"}, "StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}},
    {"StringEqualsIfExists": {"aws:RequestedRegion": "eu-central-1"}, "Null": {"aws:RequestedRegion": "true"}},
)
CONTEXTS: Final[tuple[Json, ...]] = (
    {},
    {"aws:RequestedRegion": "eu-central-1"},
    {"aws:RequestedRegion": "eu-north-1"},
    {"aws:RequestedRegion": "eu-central-1", "aws:username": "alice"},
)
ASKED: Final = (
    ("iam:CreateUser", "arn:aws:iam::000000000000:user/alice"),
    ("iam:CreateUser", "arn:aws:iam::000000000000:user/bob"),
    ("iam:CreateRole", "arn:aws:iam::000000000000:role/one"),
    ("iam:GetUser", "arn:aws:iam::000000000000:user/alice"),
    ("s3:GetObject", "arn:aws:s3:::bucket/key"),
    ("s3:ListAllMyBuckets", "*"),
)


def _some(values: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3)


@st.composite
def statements(draw: st.DrawFn) -> Json:
    """A statement that has the form of one."""
    made: Json = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(_some(ACTIONS))
    made[draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))] = draw(_some(RESOURCES))
    condition = draw(st.sampled_from(CONDITIONS))
    return made | ({"Condition": condition} if condition else {})


def documents(*, most: int = 3) -> st.SearchStrategy[Json]:
    """A policy that has the form of one."""
    listed = st.lists(statements(), min_size=1, max_size=most)
    return listed.map(lambda made: {"Version": "2012-10-17", "Statement": made})


def case(document: Json, action: str, resource: str, context: Json) -> Json:
    """A request of a user who has this policy and nothing else."""
    return {
        "request": {"action": action, "resource": resource, "context": context},
        "principal": {"arn": "arn:aws:iam::000000000000:user/alice", "type": "User", "account": "000000000000"},
        "resource_account": "000000000000",
        "identity": [{"name": "policy", "document": document}],
    }
