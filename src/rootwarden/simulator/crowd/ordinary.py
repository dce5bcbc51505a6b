"""Everybody else: users and roles with harmless permissions, and the policies of the account they have them from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.simulator.aws_managed import HARMLESS
from rootwarden.simulator.policy_text import allow, deny, deny_all_but, trust

if TYPE_CHECKING:
    from random import Random

    from rootwarden.simulator.crowd.setting import Setting
    from rootwarden.simulator.policy_text import Statement

# Data and telemetry: nothing here leads to another principal, alone or together.
_ACTIONS: Final = {
    "s3": ("GetObject", "PutObject", "ListBucket", "DeleteObject", "Get*"),
    "dynamodb": ("GetItem", "PutItem", "Query", "BatchWriteItem", "*"),
    "sqs": ("SendMessage", "ReceiveMessage", "DeleteMessage", "*"),
    "sns": ("Publish", "Subscribe", "List*"),
    "logs": ("CreateLogStream", "PutLogEvents", "Describe*"),
    "cloudwatch": ("PutMetricData", "GetMetricData", "Describe*"),
    "kinesis": ("PutRecord", "GetRecords", "Describe*"),
    "kms": ("Decrypt", "Encrypt", "GenerateDataKey*"),
    "secretsmanager": ("GetSecretValue", "DescribeSecret"),
    "ssm": ("GetParameter", "GetParameters"),
    "ecr": ("BatchGetImage", "GetAuthorizationToken"),
    "ec2": ("DescribeInstances", "DescribeSubnets", "DescribeTags"),
    "events": ("PutEvents",),
    "xray": ("PutTraceSegments",),
}
_RESOURCES: Final = {
    "s3": "arn:aws:s3:::{name}/*",
    "dynamodb": "arn:aws:dynamodb:*:*:table/{name}",
    "sqs": "arn:aws:sqs:*:*:{name}-*",
    "sns": "arn:aws:sns:*:*:{name}",
    "secretsmanager": "arn:aws:secretsmanager:*:*:secret:{name}-*",
    "ssm": "arn:aws:ssm:*:*:parameter/{name}/*",
}
_SERVICES: Final = (
    "ec2.amazonaws.com",
    "lambda.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "codebuild.amazonaws.com",
    "glue.amazonaws.com",
    "states.amazonaws.com",
    "events.amazonaws.com",
    "apigateway.amazonaws.com",
    "rds.amazonaws.com",
    "cloudformation.amazonaws.com",
)
_TEAMS: Final = ("shop", "search", "billing", "data", "web", "mobile", "infra", "ml")
_OUTSIDE: Final = "999900001111"  # an account of somebody else
_BOUNDED, _INLINE, _GROUPED = 0.05, 0.35, 0.4
_NAMES: Final = tuple(HARMLESS)


def harmless(random: Random) -> list[Statement]:
    """A few statements about data; some with a condition, now and then a deny."""
    made = []
    for service in random.sample(sorted(_ACTIONS), random.randint(1, 3)):
        verbs = random.sample(_ACTIONS[service], random.randint(1, min(3, len(_ACTIONS[service]))))
        pattern = _RESOURCES.get(service, "*")
        resource = pattern.format(name=f"{random.choice(_TEAMS)}-{random.randint(1, 40)}")
        tls = {"Bool": {"aws:SecureTransport": "true"}} if random.random() < 0.1 else None  # noqa: PLR2004 - one in ten
        made.append(allow(*(f"{service}:{verb}" for verb in verbs), on=resource, when=tls))
    fate = random.random()
    if fate < 0.05:  # noqa: PLR2004 - one in twenty
        made.append(deny("s3:DeleteBucket", "dynamodb:DeleteTable"))
    elif fate < 0.07:  # noqa: PLR2004 - one in fifty
        made.append(deny_all_but("s3:*", "logs:*", "sqs:*"))
    return made


class Ordinary:
    """Adds ordinary users and roles to an account.

    Args:
        setting: The account.
        policies: Names of its own policies that they may have.
        random: What they are drawn from.
        others: Other accounts of the organization.
    """

    def __init__(self, setting: Setting, policies: list[str], random: Random, others: list[str]) -> None:
        self._setting = setting
        self._policies = policies
        self._random = random
        self._others = others
        self._groups: list[str] = []

    def groups(self, number: int) -> None:
        """Add groups that users are put into."""
        for each in range(number):
            name = f"{_TEAMS[each % len(_TEAMS)]}-{each}"
            self._setting.population.group(name, policies=self._managed(1))
            self._groups.append(name)

    def user(self, name: str) -> None:
        """Add a user."""
        random = self._random
        grouped = bool(self._groups) and random.random() < _GROUPED
        self._setting.population.user(
            name,
            does=self._inline(),
            policies=self._managed(random.randint(0, 1) if grouped else random.randint(1, 2)),
            groups=(random.choice(self._groups),) if grouped else (),
            boundary=self._boundary(),
            keys=random.choice((0, 1, 1, 2)),
            password=random.random() < 0.3,  # noqa: PLR2004 - three in ten
            tags={"team": random.choice(_TEAMS)},
        )

    def role(self, name: str) -> None:
        """Add a role."""
        random = self._random
        service = random.choice(_SERVICES)
        trusted, profile = self._trust(service), ""
        if trusted and "ec2.amazonaws.com" in trusted:
            profile = name
        self._setting.population.role(
            name,
            trust=trusted,
            does=self._inline(),
            policies=self._managed(random.randint(1, 3)),
            boundary=self._boundary(),
            instance_profile=profile,
            tags={"team": random.choice(_TEAMS)},
            path="/" if random.random() < 0.8 else "/service/",  # noqa: PLR2004 - one in five
        )

    def _trust(self, service: str) -> str:
        """Whom a role trusts; an empty text is the workforce directory."""
        fate = self._random.random()
        if fate < 0.65:  # noqa: PLR2004 - most are for services
            return trust(service)
        if fate < 0.8:  # noqa: PLR2004 - three in twenty are for the account's own
            return trust(self._setting.arn("root"))
        if fate < 0.85:  # noqa: PLR2004 - one in twenty for an outsider
            outsider = {"StringEquals": {"sts:ExternalId": "example"}}
            return trust(f"arn:aws:iam::{_OUTSIDE}:root", when=outsider)
        if fate < 0.9 and self._others:  # noqa: PLR2004 - and one for another account of ours
            return trust(f"arn:aws:iam::{self._random.choice(self._others)}:root")
        return ""

    def _inline(self) -> list[Statement]:
        return harmless(self._random) if self._random.random() < _INLINE else []

    def _boundary(self) -> str:
        return self._setting.fence() if self._random.random() < _BOUNDED else ""

    def _managed(self, number: int) -> tuple[str, ...]:
        own = self._random.sample(self._policies, min(number, len(self._policies)))
        mixed = [self._random.choice((name, self._random.choice(_NAMES))) for name in own]
        mixed += [self._random.choice(_NAMES) for _ in range(number - len(own))]
        return tuple(dict.fromkeys(mixed))
