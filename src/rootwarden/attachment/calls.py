"""A step as the call it is: its parameters, what takes it back, and what whoever makes it must be allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.attachment.plan import TYPES, Verb, steps_of
from rootwarden.attachment.present import READS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.attachment.plan import Plan, PlannedPolicy, Step
    from rootwarden.aws.calls import Json, JsonObject

# Asked directly before a wave, beside what a look asks.
_BEFORE_A_WAVE: Final = "organizations:ListPoliciesForTarget"
_WHO: Final = "sts:GetCallerIdentity"
# To prove a Sign-In policy, of the caller's own account.
_SIGN_IN: Final = ("signin:GetConsoleAuthorizationConfiguration", "signin:GetResourcePolicy")


def parameters(step: Step, plan: Plan, ids: Mapping[str, str]) -> dict[str, Json]:
    """The parameters of a step's call.

    Args:
        step: Which.
        plan: Of which plan.
        ids: Of policies by name, where they are known; others are named by what will make them.
    """
    if step.call is Verb.ENABLE:
        return {"RootId": plan.root, "PolicyType": TYPES[step.policy]}
    policy = plan.policy(step.policy)
    if step.call is Verb.CREATE:
        return {
            "Name": policy.name,
            "Description": policy.description,
            "Type": TYPES[policy.kind],
            "Content": policy.document,
        }
    identity = ids.get(policy.name) or policy.id or f"(id of {policy.name})"
    if step.call is Verb.UPDATE:
        return {"PolicyId": identity, "Content": policy.document}
    return {"PolicyId": identity, "TargetId": step.target}


def undoing(step: Step, plan: Plan, ids: Mapping[str, str]) -> tuple[Verb, dict[str, Json]] | None:
    """The call that takes a step back; none for what changes nothing for anybody.

    A policy that was made stays, attached to nothing; a type of policies stays switched on.
    """
    made = parameters(step, plan, ids)
    if step.call is Verb.ATTACH:
        return Verb.DETACH, made
    if step.call is Verb.DETACH:
        return Verb.ATTACH, made
    if step.call is Verb.UPDATE:
        return Verb.UPDATE, made | {"Content": plan.policy(step.policy).before}
    return None


def permissions_of(plan: Plan) -> tuple[str, ...]:
    """The actions of whoever applies the plan: its calls, what takes them back, and what looks."""
    calls = {step.call for step in steps_of(plan)}
    back = {Verb.DETACH if one is Verb.ATTACH else Verb.ATTACH for one in calls & {Verb.ATTACH, Verb.DETACH}}
    return tuple(sorted({*(one.value for one in calls | back), _WHO, *READS, _BEFORE_A_WAVE}))


def permissions_policy(plan: Plan) -> JsonObject:
    """The least policy of whoever applies the plan: changes on its policies and targets alone."""
    reads = (_WHO, *sorted((*READS, _BEFORE_A_WAVE)))
    changes = [one for one in plan.permissions if one not in reads]
    statements = [_looking(reads)]
    if Verb.CREATE.value in changes:
        types: list[Json] = [*sorted({TYPES[one.kind] for one in plan.policies})]
        # A policy that is not made yet has no ARN (service authorization reference, AWS Organizations).
        statements.append(
            {
                "Sid": "MakePolicies",
                "Effect": "Allow",
                "Action": Verb.CREATE.value,
                "Resource": "*",
                "Condition": {"StringEquals": {"organizations:PolicyType": types}},
            }
        )
    others: list[Json] = [one for one in changes if one != Verb.CREATE.value]
    if others:
        arns: list[Json] = [*_arns(plan)]
        statements.append({"Sid": "CarryOutThePlan", "Effect": "Allow", "Action": others, "Resource": arns})
    return {"Version": "2012-10-17", "Statement": statements}


def looking_policy() -> JsonObject:
    """The least policy of whoever proves, plans and verifies, in the management account; it changes nothing."""
    return {"Version": "2012-10-17", "Statement": [_looking((_WHO, *READS, *_SIGN_IN))]}


def _looking(actions: Iterable[str]) -> Json:
    return {"Sid": "LookAtTheOrganization", "Effect": "Allow", "Action": [*actions], "Resource": "*"}


def _arns(plan: Plan) -> tuple[str, ...]:
    start = f"arn:{plan.partition}:organizations::{plan.management}"
    found = {f"{start}:policy/{plan.organization}/{_folder(one)}/{one.id or '*'}" for one in plan.policies}
    for step in steps_of(plan):
        if step.call is Verb.ENABLE:
            found.add(f"{start}:root/{plan.organization}/{plan.root}")
        elif step.target:
            found.add(f"{start}:{_kind_of(step.target)}/{plan.organization}/{step.target}")
    return tuple(sorted(found))


def _folder(policy: PlannedPolicy) -> str:
    return TYPES[policy.kind].lower()


def _kind_of(target: str) -> str:
    if target.isdigit():
        return "account"
    return "root" if target.startswith("r-") else "ou"
