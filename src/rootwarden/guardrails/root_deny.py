"""Rule `root-deny-guardrail`: do the service control policies on the path deny root, and what?

Decides unconditional denies and denies whose only condition is `aws:PrincipalArn`; whatever else may touch root leaves
the question unknown with the policy and statement named, unless another statement decides it. SCPs do not bind the
management account: the caller does not ask about it. They do not stop the sign-in itself, only what follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.facts.fact import Fact, Known, Source, Unknown, Why
from rootwarden.guardrails.statements import PolicyError, effect_on_root, read_statements

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.facts.guardrail import ScpDocument


class RootDeny(msgspec.Struct, frozen=True):
    """What is denied to root: every action; `iam:CreateAccessKey`. Notes name the deciding policy and statement."""

    denies_all: Fact[bool]
    denies_key_creation: Fact[bool]


class _Said(msgspec.Struct, frozen=True):
    """What one statement, or a policy that could not be read, contributes."""

    every_action: bool | None
    key_creation: bool | None
    where: str
    doubt: Unknown | None = None
    note: str = ""
    sources: tuple[Source, ...] = ()


def root_deny(path: Fact[tuple[tuple[ScpDocument, ...], ...]], *, account: str, partition: str) -> RootDeny:
    """Decide for one member account.

    Args:
        path: The policies attached to the organization root, each organizational unit down to the account, and the
            account. A deny at any level counts, so the order does not matter.
        account: Twelve digits.
        partition: `aws`, `aws-us-gov`, …

    Returns:
        Two facts; absent or unknown with the path itself when that is.
    """
    if not isinstance(path, Known):
        return RootDeny(path, path)
    root_arn = f"arn:{partition}:iam::{account}:root"
    # One policy may be attached at several levels; it says the same each time.
    policies = {policy.id: policy for level in path.value for policy in level}
    said = [one for policy in policies.values() for one in _policy(policy, root_arn)]
    return RootDeny(
        _decide([(one.every_action, one) for one in said], path.sources),
        _decide([(one.key_creation, one) for one in said], path.sources),
    )


def _policy(policy: ScpDocument, root_arn: str) -> Iterable[_Said]:
    named = f"policy `{policy.name}` ({policy.id})"
    if not isinstance(policy.document, Known):
        doubt = Unknown(f"{named} was not read", Why.NOT_COLLECTED, "organizations:DescribePolicy")
        if isinstance(policy.document, Unknown):
            doubt = msgspec.structs.replace(policy.document, reason=f"{named}: {policy.document.reason}")
        yield _Said(None, None, named, doubt)
        return
    sources = policy.document.sources
    try:
        statements = read_statements(policy.document.value)
    except PolicyError as error:
        yield _Said(None, None, named, Unknown(f"{named}: {error.message}", Why.MALFORMED, "", sources))
        return
    for statement in statements:
        effect = effect_on_root(statement, root_arn)
        where = f"{named}, statement `{statement.sid}`"
        reason = f"{where} may deny it to root, and how far is not evaluated"
        doubt = Unknown(reason, Why.NOT_SUPPORTED, "", sources)
        note = f"{where}: {effect.note}" if effect.note else ""
        yield _Said(effect.every_action, effect.key_creation, where, doubt, note, sources)


def _decide(answers: list[tuple[bool | None, _Said]], seen: tuple[Source, ...]) -> Fact[bool]:
    for truth, said in answers:
        if truth is True:
            return Known(True, (*said.sources, *seen), f"denied by {said.where}")
    for truth, said in answers:
        if truth is None and said.doubt is not None:
            return said.doubt
    sources = tuple(dict.fromkeys(source for _, said in answers for source in said.sources))
    return Known(False, (*seen, *sources), "; ".join(said.note for _, said in answers if said.note))
