"""A guardrail's request, put to the policies of one kind above one account.

Identity and resource allow everything, so that what remains is what the guardrails deny. What nobody said of a request
is not known, and then the answer depends on it; keys there are not are not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.iam_document import IamDocument, Principals, Statement
from rootwarden.guardrails.content.filling import filled
from rootwarden.guardrails.content.guardrail import Asker, GuardrailKind
from rootwarden.iam.context import MISSING, Context, held
from rootwarden.iam.decision import Question, decide
from rootwarden.iam.layer import Policy, Unreadable, view
from rootwarden.iam.principal import Kind, Principal
from rootwarden.iam.statement import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.guardrails.content.guardrail import Ask
    from rootwarden.guardrails.standing import Attached, Level, Levels, Standing
    from rootwarden.iam.context import Held
    from rootwarden.iam.decision import Answer

_ALL: Final = ("*",)
_ALLOW: Final = Statement(effect="Allow", actions=_ALL, resources=_ALL)
_EVERYTHING: Final = Policy("everything", IamDocument("2012-10-17", (_ALLOW,)))
_EVERYBODY: Final = Statement(effect="Allow", actions=_ALL, resources=_ALL, principals=Principals(aws=_ALL))
# Of root nobody can say otherwise: it has no tags and no name, and nobody federated it.
_NOT_OF_ROOT: Final = ("aws:principaltag/", "aws:federatedprovider", "aws:sourceidentity", "aws:ec2instancesource")
_DENIED: Final = frozenset({"ExplicitlyDenied", "ImplicitlyDenied"})


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every account.

    Attributes:
        organization: `o-…`, or empty.
        management: The management account, or empty.
        resource_controlled: Services that resource control policies reach.
        no_keys: Condition keys the policies name that there are not, in lower case.
    """

    organization: str = ""
    management: str = ""
    resource_controlled: frozenset[str] = frozenset()
    no_keys: frozenset[str] = frozenset()


class Place(msgspec.Struct, frozen=True):
    """A statement of a policy at a level of the organization."""

    policy: str
    policy_id: str
    statement: str
    level: str


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What policies say to one request.

    Attributes:
        ask: The name of the request.
        expected: Whether the guardrail must deny it.
        denied: Whether they do; `None` when it depends.
        by: The statements that deny it.
        omitted: The level that allows nothing of it, if that is why.
        depends_on: Keys, or policies that could not be read, when it depends.
        nearly: Why a statement that is meant to deny it does not (filled in by `flaws`).
    """

    ask: str
    expected: bool
    denied: bool | None
    by: tuple[Place, ...] = ()
    omitted: str = ""
    depends_on: tuple[str, ...] = ()
    nearly: tuple[str, ...] = ()


def asked(ask: Ask, standing: Standing, around: Around) -> tuple[Principal, Request]:
    """Who asks for what, in one account."""
    account = standing.account
    names = {
        "account": account,
        "partition": standing.partition,
        "management": around.management or account,
        "organization_id": around.organization,
    }
    who = _principal(ask, standing)
    keys = who.keys() | _keys_of_account(standing, around) | _keys_of_root(ask.who)
    keys |= dict.fromkeys(around.no_keys, MISSING)
    for key, values in ask.context:
        texts = [filled(value, names) for value in values]
        keys[key] = held(*texts) if texts else MISSING
    absent = _NOT_OF_ROOT if ask.who.is_root else ()
    context = Context({name.lower(): value for name, value in keys.items()}, complete=False, absent=absent)
    return who, Request(ask.action.lower(), filled(ask.resource, names), context)


def ruling(kind: GuardrailKind, ask: Ask, standing: Standing, levels: Levels, around: Around) -> Ruling:
    """What the policies of some levels say to a request; those of a Sign-In policy stand at one level."""
    who, request = asked(ask, standing, around)
    named = {f"{depth}/{index}": (level, one) for depth, index, level, one in _numbered(levels)}
    layers = tuple(
        tuple(Policy(f"{depth}/{index}", one.document) for index, one in enumerate(level.policies))
        for depth, level in enumerate(levels)
    )
    scp = layers if kind is GuardrailKind.SCP and levels else None
    rcp = layers if kind is GuardrailKind.RCP and levels else None
    question = Question(
        who=who,
        request=request,
        resource_account=standing.account,
        identity=(_EVERYTHING,),
        resource=_resource(layers) if kind is GuardrailKind.SIGN_IN and levels else _allow_everybody(),
        scp=scp,
        rcp=rcp,
        management_account=around.management,
        resource_controlled=around.resource_controlled,
    )
    if kind is GuardrailKind.SIGN_IN and levels and isinstance(levels[0].policies[0].document, Unreadable):
        why = levels[0].policies[0].document.why
        return Ruling(ask=ask.name, expected=ask.denied, denied=None, depends_on=(why,))
    answer = decide(question)
    depends = answer.response == "DependsOn"
    denied = None if depends else answer.response in _DENIED
    return Ruling(
        ask=ask.name,
        expected=ask.denied,
        denied=denied,
        by=tuple(_places(answer, named)) if denied else (),
        omitted=_omitted(levels, request) if answer.response == "ImplicitlyDenied" else "",
        depends_on=_dependencies(answer, named) if depends else (),
    )


def _numbered(levels: Levels) -> Iterator[tuple[int, int, Level, Attached]]:
    for depth, level in enumerate(levels):
        yield from ((depth, index, level, one) for index, one in enumerate(level.policies))


def _allow_everybody() -> Policy:
    return Policy("everybody", IamDocument("2012-10-17", (_EVERYBODY,)))


def _resource(layers: tuple[tuple[Policy, ...], ...]) -> Policy:
    """The Sign-In policy with an allow of everything behind its statements, whose places stay what they are."""
    policy = layers[0][0]
    if isinstance(policy.document, Unreadable):
        return policy
    made = IamDocument(policy.document.version, (*policy.document.statements, _EVERYBODY))
    return Policy(policy.name, made)


def _principal(ask: Ask, standing: Standing) -> Principal:
    account, partition = standing.account, standing.partition
    start = f"arn:{partition}:iam::{account}"
    if ask.who.is_root:
        return Principal(kind=Kind.ROOT, arn=f"{start}:root", account=account)
    if ask.who is Asker.USER:
        return Principal(kind=Kind.USER, arn=f"{start}:user/{ask.principal}", account=account)
    path = "aws-service-role/" if ask.who is Asker.SERVICE_LINKED else ""
    session = f"arn:{partition}:sts::{account}:assumed-role/{ask.principal.rpartition('/')[2]}/session"
    return Principal(kind=Kind.ROLE, arn=f"{start}:role/{path}{ask.principal}", account=account, session=session)


def _keys_of_account(standing: Standing, around: Around) -> dict[str, Held]:
    keys: dict[str, Held] = {"aws:ResourceAccount": held(standing.account)}
    if around.organization:
        keys["aws:PrincipalOrgID"] = held(around.organization)
        keys["aws:ResourceOrgID"] = held(around.organization)
    elif standing.alone:
        keys["aws:PrincipalOrgID"] = MISSING
    return keys


def _keys_of_root(who: Asker) -> dict[str, Held]:
    """`aws:AssumedRoot` is in sessions of `sts:AssumeRoot` only (IAM user guide, *Global condition context keys*)."""
    return {"aws:AssumedRoot": held("true") if who is Asker.ASSUMED_ROOT else MISSING}


def _places(answer: Answer, named: dict[str, tuple[Level, Attached]]) -> Iterator[Place]:
    for reason in answer.because:
        level, policy = named.get(reason.policy, (None, None))
        if level is None or policy is None or reason.matched is not True or isinstance(policy.document, Unreadable):
            continue
        statements = policy.document.statements
        if reason.index < len(statements) and statements[reason.index].effect == "Deny":
            yield Place(policy.name, policy.id, statement_name(statements[reason.index], reason.index), level.name)


def statement_name(statement: Statement, index: int) -> str:
    """A statement by its name, or by its place from 1."""
    return statement.sid or f"#{index + 1}"


def _omitted(levels: Levels, request: Request) -> str:
    for level in levels:
        policies = (Policy(one.name, one.document) for one in level.policies)
        if not view("scp", policies, request).allows(at_most=True):
            return level.name
    return ""


def _dependencies(answer: Answer, named: dict[str, tuple[Level, Attached]]) -> tuple[str, ...]:
    """Keys as they are; of a policy that cannot be read, its name and why."""
    texts = []
    for key in answer.depends_on:
        name = key.removeprefix("policy `").removesuffix("`")
        level, policy = named.get(name, (None, None))
        if level is None or policy is None:
            texts.append(f"`{key}`" if ":" in key and " " not in key else key)
            continue
        why = policy.document.why if isinstance(policy.document, Unreadable) else ""
        texts.append(f"policy `{policy.name}` at {level.name}: {why}")
    return tuple(texts)
