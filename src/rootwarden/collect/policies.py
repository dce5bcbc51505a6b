"""Service control policies on an account's path → what they deny its root user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.facts.account import Guardrail
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.facts.guardrail import ScpDocument
from rootwarden.guardrails.root_deny import root_deny

if TYPE_CHECKING:
    from rootwarden.collect.answers import Answers
    from rootwarden.collect.surroundings import Surroundings
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import Organization


def policies_on_path(account: str, around: Surroundings) -> Fact[tuple[tuple[ScpDocument, ...], ...]]:
    """The SCPs attached to each level from the organization root down to the account.

    Returns:
        Unknown when the tree or the attachments are; no policies when the policy type is off.
    """
    organization = around.organization
    enabled = organization.service_control_policies_enabled
    if isinstance(organization.id, Absent):
        return Known((), organization.id.sources, "the account is in no organization")
    if isinstance(enabled, Known) and not enabled.value:
        return Known((), enabled.sources, "service control policies are switched off in the organization")
    attachments = organization.attachments
    if not isinstance(attachments, Known):
        return attachments
    if not isinstance(organization.units, Known):
        return organization.units
    unit = around.units.get(account)
    if unit is None:
        return Unknown("the account is in no organizational unit we saw")
    levels = (attachments.value.get(target, ()) for target in (*unit.targets, account))
    return Known(tuple(tuple(_named(each, organization) for each in level) for level in levels), attachments.sources)


def guardrail(answers: Answers, around: Surroundings) -> Guardrail:
    """What the SCPs on the path deny the account's root user."""
    denied = root_deny(
        policies_on_path(answers.account, around),
        account=answers.account,
        partition=answers.partition,
        around=around.guardrails,
    )
    return Guardrail(denies_root_actions=denied.denies_all, denies_root_key_creation=denied.denies_key_creation)


def _named(policy_id: str, organization: Organization) -> ScpDocument:
    """A policy that is attached but was not collected is unknown, not missing."""
    missing = Unknown("it was not collected", permission="organizations:DescribePolicy")
    found = organization.policies.get(policy_id)
    return found or ScpDocument(id=policy_id, name=policy_id, document=missing, statements=missing)
