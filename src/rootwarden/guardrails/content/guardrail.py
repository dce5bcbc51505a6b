"""A guardrail: a policy with parameters, and the requests it must deny and must not deny."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

import msgspec

from rootwarden.facts.iam_document import Condition, Principals
from rootwarden.iam.lint.finding import Kind

# Every parameter is a list of texts; a switch that is on holds one.
Values: TypeAlias = Mapping[str, tuple[str, ...]]
ON: tuple[str, ...] = ("on",)


class GuardrailKind(StrEnum):
    """What the policy of a guardrail is."""

    SCP = "scp"
    RCP = "rcp"
    SIGN_IN = "sign-in-policy"

    @property
    def linted_as(self) -> Kind:
        """What the lint of policies takes it for: a Sign-In policy is the policy of a resource."""
        return {"scp": Kind.SCP, "rcp": Kind.RCP}.get(self.value, Kind.RESOURCE)


class ParameterKind(StrEnum):
    """What the values of a parameter are."""

    SWITCH = "switch"
    ACTIONS = "actions"
    ROLES = "roles"
    TASK_POLICIES = "task-policies"
    NETWORKS = "networks"
    VPCS = "vpcs"
    ORGANIZATION = "organization"


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a guardrail.

    Attributes:
        name: As in the file.
        kind: What its values are.
        describe: One clause for people.
        default: Its values where none are given.
        needed: The guardrail makes no sense without a value of it.
        example: Values the file is tested with.
    """

    name: str
    kind: ParameterKind
    describe: str
    default: tuple[str, ...] = ()
    needed: bool = False
    example: tuple[str, ...] = ()


class Given(msgspec.Struct, frozen=True):
    """A part that is there only where a parameter has a value (`wanted`) or has none."""

    parameter: str
    wanted: bool


class StatementTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """One statement; `{name}` in a text stands for each value of a parameter.

    Attributes:
        sid: Its name.
        effect: `Deny` or `Allow`.
        actions: Which actions; none where `not_actions` are given.
        not_actions: All but these actions.
        resources: On which resources.
        principals: Whose requests it is about; none in an SCP, whose statements have no `Principal`.
        conditions: Conditions, each with the parameters it depends on.
        given: The parameters the whole statement depends on; empty: it is always there.
    """

    sid: str
    effect: str
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...]
    principals: Principals | None
    conditions: tuple[tuple[Condition, tuple[Given, ...]], ...]
    given: tuple[Given, ...] = ()


class Asker(StrEnum):
    """Who makes a request of a guardrail."""

    ROOT = "root"
    ASSUMED_ROOT = "assumed-root"
    ROLE = "role"
    USER = "user"
    SERVICE_LINKED = "service-linked-role"

    @property
    def is_root(self) -> bool:
        """Whether the principal is the account's root user, however it came about."""
        return self in {Asker.ROOT, Asker.ASSUMED_ROOT}


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A request; `{account}`, `{partition}`, `{management}`, `{organization_id}` in it stand for those of an account.

    Attributes:
        name: What it is, for people.
        denied: Whether the guardrail must deny it, or must not.
        who: Who asks.
        principal: Name of the role or user.
        action: `service:Action`.
        resource: On what.
        context: Condition keys and their values; a key without values is one the request does not carry.
    """

    name: str
    denied: bool
    who: Asker
    principal: str = ""
    action: str
    resource: str = "*"
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()


class AskTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the file has it, with the parameters it depends on; empty: it is always tried."""

    ask: Ask
    given: tuple[Given, ...] = ()


class Guardrail(msgspec.Struct, frozen=True, kw_only=True):
    """A guardrail as its file has it.

    Attributes:
        id: Its name, and that of the file.
        title: As a headline.
        kind: What its policy is.
        why: What happens without it.
        attach: Where it belongs.
        misses: What it does not stop.
        warnings: What to know before it is attached.
        sources: Where the behaviour it relies on is described.
        doubtful: What is not sure.
        parameters: What can be chosen.
        statements: The policy.
        asks: The requests.
    """

    id: str
    title: str
    kind: GuardrailKind
    why: str
    attach: str
    misses: str = ""
    warnings: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    doubtful: str = ""
    parameters: tuple[Parameter, ...] = ()
    statements: tuple[StatementTemplate, ...]
    asks: tuple[AskTemplate, ...]

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of this name."""
        return next((one for one in self.parameters if one.name == name), None)
