"""Random small cases in which everything collides: few accounts, actions, resources and keys, all features.

What the reference leaves open (`"unsettled"` in the cases) is not drawn: on it two honest evaluators may differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from random import Random

MANAGER: Final = "000000000000"
OURS: Final = "111111111111"
OTHER: Final = "222222222222"

# What is asked: action, resource, and the account that owns it where the ARN does not say so.
ASKED: Final = (
    ("s3:GetObject", "arn:aws:s3:::box/ann/one", True),
    ("s3:GetObject", "arn:aws:s3:::box/Ann", True),
    ("s3:ListBucket", "arn:aws:s3:::box", True),
    ("s3:PutBucketPolicy", "arn:aws:s3:::box", True),
    ("kms:Decrypt", "arn:aws:kms:eu-west-1:{account}:key/k1", False),
    ("kms:CreateKey", "*", True),
    ("sts:AssumeRole", "arn:aws:iam::{account}:role/app", False),
    ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:{account}:line", False),
    ("ec2:RunInstances", "*", True),
    ("iam:CreateUser", "arn:aws:iam::{account}:user/ann", False),
    ("iam:SetDefaultPolicyVersion", "arn:aws:iam::aws:policy/ReadOnlyAccess", True),
    ("iam:PutRolePolicy", "arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/app", False),
    ("iam:GetRole", "arn:aws:iam::{account}:role/aws-service-role/x.amazonaws.com/app", False),
    ("sts:GetCallerIdentity", "*", True),
)
CALLERS: Final = (
    ("arn:aws:iam::{account}:user/ann", "User"),
    ("arn:aws:iam::{account}:user/team/ann", "User"),
    ("arn:aws:sts::{account}:assumed-role/app/one", "AssumedRole"),
    ("arn:aws:iam::{account}:role/app", "Role"),
    ("arn:aws:iam::{account}:root", "Root"),
    ("arn:aws:sts::{account}:federated-user/ann", "FederatedUser"),
    ("arn:aws:iam::{account}:role/aws-service-role/x.amazonaws.com/app", "Role"),
)
NAMES: Final = (
    "arn:aws:iam::{account}:user/ann",
    "arn:aws:iam::{account}:role/app",
    "arn:aws:sts::{account}:assumed-role/app/one",
    "arn:aws:sts::{account}:assumed-role/app/two",
    "arn:aws:sts::{account}:federated-user/ann",
    "arn:aws:iam::{account}:root",
    "{account}",
    "AIDAEXAMPLEEXAMPLE000",
)
ACTIONS: Final = (
    "*", "*:*", "s3:*", "S3:getobject", "s3:Get*", "s3:*Object", "s3:?etObject", "s3:*Bucket*", "kms:*", "sts:*",
    "sts:AssumeRole", "iam:*", "iam:Put*", "ec2:*", "sqs:SendMessage", "*:GetObject", "s?:GetObject", "s3",
    " s3:GetObject", "s3:GetObject ", "s3:", "s3:GetObject,s3:ListBucket",
)  # fmt: skip
RESOURCES: Final = (
    "*", "**", "arn:aws:s3:::*", "arn:aws:s3:::box", "arn:aws:s3:::box/*", "arn:aws:s3:::box/ann/*",
    "arn:aws:s3:::BOX/*", "arn:aws:s3:::b?x*", "arn:*:s3:::box/Ann", "arn:aws:*", "arn:aws:s3:*:*:box*",
    "arn:aws:s3:::box/${aws:username}/*", "arn:aws:s3:::box/${aws:username, 'ann'}*", "arn:aws:s3:::box/${x:team}*",
    "arn:aws:s3:::box/${*}", "arn:aws:kms:*:*:key/*", "arn:aws:kms:eu-west-1:111111111111:*", "arn:aws:iam::*:role/*",
    "arn:aws:iam::*:user/ann", "arn:aws:iam::aws:policy/*", "arn:aws:sqs:*:*:line", "arn:aws:*:box",
)  # fmt: skip

# Keys with the operators that suit them, what policies write about them, and what requests have.
TEXTS: Final = ("ann", "Ann", "a*", "?nn", "*n", "bob", "${aws:username}", "${x:team, 'ann'}")
TEXT_OPERATORS: Final = ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringLike", "StringNotLike")
ARNS: Final = ("arn:aws:iam::*:root", "arn:aws:iam::111111111111:user/*", "arn:*:iam::*:role/app", "arn:aws:sts::*:*")
KEYS: Final[dict[str, tuple[tuple[str, ...], tuple[Any, ...], tuple[Any, ...]]]] = {
    "x:team": ((*TEXT_OPERATORS, "StringNotEqualsIgnoreCase"), TEXTS, ("ann", "Ann", "bob", "*", "")),
    "aws:username": (TEXT_OPERATORS, TEXTS, ("ann", "bob", "a*")),
    "x:Count": (
        ("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals", "NumericGreaterThan"),
        (3, "3", "3.0", "4", "-1"),
        (2, 3, "3.0", 3.5, "4"),
    ),
    "x:When": (
        ("DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan"),
        ("2026-01-01T00:00:00Z", "1767225600", "2025-12-31T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "1767225599"),
    ),
    "aws:MultiFactorAuthPresent": (("Bool",), ("true", "false", True), ("true", "false", True, "True")),
    "aws:SourceIp": (
        ("IpAddress", "NotIpAddress"),
        ("192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "0.0.0.0/0"),
        ("192.0.2.7", "198.51.100.1", "2001:db8::1"),
    ),
    "aws:PrincipalArn": (
        ("ArnEquals", "ArnLike", "ArnNotLike", "StringLike", "StringEquals", "ArnNotEquals"),
        ARNS,
        ("arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:user/ann", "arn:aws:iam::222222222222:role/app"),
    ),
    "x:Hash": (("BinaryEquals",), ("QUJD", "QUJE"), ("QUJD", "QUJE")),
    "aws:AssumedRoot": (("Bool", "Null"), ("true", "false"), ("true",)),
}  # fmt: skip
TAGS: Final = "aws:TagKeys"
TAG_OPERATORS: Final = ("StringEquals", "StringLike", "StringNotEquals", "StringNotLike")
UNREADABLE: Final[tuple[Any, ...]] = (
    {"Effect": "Maybe", "Action": "*", "Resource": "*"},
    {"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"},
    {"Effect": "Deny", "Action": 7, "Resource": "*"},
    {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringResembles": {"x:team": "ann"}}},
    "Allow",
)


class Cases:
    """Cases drawn from one source of chance; `unknowns` sets how often something is left open."""

    def __init__(self, random: Random, *, unknowns: float = 0.4, unreadable: bool = True) -> None:
        self.random = random
        self.unknowns = unknowns
        self.asked = ("s3:GetObject", "*")
        # A plain case has few layers and wide statements, so that each condition and resource can decide.
        self.plain = False
        self.unreadable = self.unknowns * 0.03 if unreadable else 0.0

    def chance(self, of_one: float) -> bool:
        return self.random.random() < of_one

    def one_or_more(self, among: tuple[Any, ...], most: int = 2) -> Any:
        drawn = [self.random.choice(among) for _ in range(self.random.randint(1, most))]
        return drawn[0] if len(drawn) == 1 and self.chance(0.5) else drawn

    def case(self) -> dict[str, Any]:
        action, resource, needs_owner = self.random.choice(ASKED)
        self.plain = self.chance(0.4)
        ours = self.random.choice((OURS, OURS, OURS, MANAGER))
        owner = ours if self.chance(0.7) else OTHER
        arn, kind = self.caller()
        self.asked = (action, resource.format(account=owner))
        made: dict[str, Any] = {
            "request": {"action": self.spelled(action), "resource": self.asked[1]},
            "principal": {"arn": arn.format(account=ours)} | ({"type": kind} if self.chance(0.5) else {}),
        }
        if needs_owner or self.chance(0.3):
            made["resource_account"] = owner
        if self.chance(0.3):
            made["management_account"] = MANAGER
        self.add_layers(made, root=kind == "Root", federated=kind == "FederatedUser")
        self.add_context(made["request"], kind)
        return made

    def caller(self) -> tuple[str, str]:
        return self.random.choice(CALLERS[:5] if self.chance(0.8) else CALLERS)

    def spelled(self, action: str) -> str:
        return action.lower() if self.chance(0.1) else action

    def add_layers(self, made: dict[str, Any], *, root: bool, federated: bool) -> None:
        less = 0.3 if self.plain else 1.0
        if not root:
            most = 1 if self.plain else 2
            made["identity"] = [self.policy(self.statement) for _ in range(self.random.randint(most - 1, most))]
            if self.chance(0.35 * less):
                made["boundary"] = [self.policy(self.statement)]
        action = made["request"]["action"].lower()
        if self.chance(0.6 * less) or action.startswith(("kms:d", "sts:a")) or made.get("identity") == []:
            made["resource"] = self.policy(self.resource_statement)
        if federated or self.chance(0.25 * less):
            made["session"] = self.policy(self.statement)
        if self.chance(0.4 * less) or (root and self.plain):
            made["scp"] = [self.level(self.statement) for _ in range(self.random.randint(1, 3))]
        if self.chance(0.25 * less):
            made["rcp"] = [self.level(self.rcp_statement) for _ in range(self.random.randint(1, 2))]

    def level(self, statement: Any) -> list[Any]:
        if self.chance(0.05):
            return []
        full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        level = [{"name": "Full", "document": {"Version": "2012-10-17", "Statement": [full]}}]
        return [*(level if self.chance(0.7) else []), *([self.policy(statement)] if self.chance(0.6) else [])]

    def policy(self, statement: Any) -> dict[str, Any]:
        statements = [statement() for _ in range(self.random.randint(1, 2 if self.plain else 3))]
        if self.chance(self.unreadable):
            statements = [self.random.choice(UNREADABLE)]
        document: dict[str, Any] = {"Statement": statements[0] if len(statements) == 1 else statements}
        version = self.random.choices(("2012-10-17", "2008-10-17", None), (8, 1, 1))[0]
        return {
            "name": f"p{self.random.randint(0, 9)}",
            "document": document | ({"Version": version} if version else {}),
        }

    def statement(self) -> dict[str, Any]:
        made: dict[str, Any] = {"Effect": "Allow" if self.chance(0.78) else "Deny"}
        actions = "*" if self.chance(0.7 if self.plain else 0.25) else self.one_or_more(self.near_actions())
        made["NotAction" if self.chance(0.1) else "Action"] = actions
        resources = "*" if self.chance(0.5) else self.one_or_more((*RESOURCES, *[self.asked[1]] * 8))
        made["NotResource" if self.chance(0.1) else "Resource"] = resources
        if self.chance(0.8 if self.plain else 0.45):
            made["Condition"] = self.condition()
        return made

    def near_actions(self) -> tuple[str, ...]:
        """Patterns, more than half of them about what is asked."""
        action = self.asked[0]
        service, _, name = action.partition(":")
        about = (action, f"{service}:*", f"{service}:{name[:2]}*", f"{service}:*{name[2:]}", f"{service}:?{name[1:]}")
        return (*ACTIONS, *about * 6)

    def resource_statement(self) -> dict[str, Any]:
        made = self.statement()
        if self.chance(0.04):
            return made
        if made["Effect"] == "Deny" and self.chance(0.35):
            return made | {"NotPrincipal": self.principals()}
        return made | {"Principal": "*" if self.chance(0.2) else self.principals()}

    def rcp_statement(self) -> dict[str, Any]:
        return self.statement() | {"Principal": "*", "Effect": "Allow" if self.chance(0.15) else "Deny"}

    def principals(self) -> dict[str, Any]:
        names = tuple(name.format(account=account) for name in NAMES for account in (OURS, OURS, OTHER))
        drawn = self.one_or_more(("*", *names), 3)
        return {"AWS": drawn} | ({"Service": "x.amazonaws.com"} if self.chance(0.1) else {})

    def condition(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for _ in range(self.random.choices((1, 2, 3), (6, 3, 1))[0]):
            operator, key, values = self.comparison()
            if all(key.lower() != each.lower() for each in made.setdefault(operator, {})):
                made[operator][key] = values
        return made

    def comparison(self) -> tuple[str, str, Any]:
        if self.chance(0.2):
            operator = self.random.choice(("ForAllValues:", "ForAnyValue:")) + self.random.choice(TAG_OPERATORS)
            return operator, TAGS, self.one_or_more(("a", "b", "*", "A", "b*"))
        key = self.random.choice(tuple(KEYS))
        operators, values, _ = KEYS[key]
        if self.chance(0.12):
            return "Null", self.cased(key), self.random.choice(("true", "false"))
        operator = self.random.choice(operators)
        # A key compared with itself tells nothing, and not of which value either.
        written = self.one_or_more(tuple(each for each in values if key not in str(each)))
        suffix = "IfExists" if operator != "Null" and self.chance(0.2) else ""
        return operator + suffix, self.cased(key), written

    def cased(self, key: str) -> str:
        return key.upper() if self.chance(0.1) else key

    def add_context(self, request: dict[str, Any], kind: str) -> None:
        if self.chance(self.unknowns * 0.25):
            return
        context: dict[str, Any] = {}
        for key, (_, _, values) in KEYS.items():
            if key == "aws:AssumedRoot" and kind != "Root":
                continue
            if self.chance(0.5 - 0.1 * self.unknowns):
                context[self.cased(key)] = self.random.choice(values)
            elif self.chance(self.unknowns * 0.3):
                context[self.cased(key)] = {"$unknown": "not logged"}
            elif self.chance(0.1):
                context[key] = None
        if self.chance(0.6):
            context[TAGS] = self.random.choice((["a"], ["a", "b"], ["b", "A"], [], ["c"]))
        elif self.chance(self.unknowns * 0.25):
            context[TAGS] = {"$unknown": "not logged"}
        request["context"] = context
