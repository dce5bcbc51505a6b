"""Service control policies on an account's path → what they deny its root user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.facts.fact import Absent, Known, Unknown

if TYPE_CHECKING:
    from rootwarden.collect.account import Surroundings
    from rootwarden.collect.answers import Answers
    from rootwarden.facts.account import Guardrail
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import ServiceControlPolicy


def policies_on_path(account: str, around: Surroundings) -> Fact[tuple[Fact[ServiceControlPolicy], ...]]:
    """The SCPs attached anywhere from the organization root down to the account, each known or not.

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
    ids = [each for target in (*unit.targets, account) for each in attachments.value.get(target, ())]
    missing = Unknown("the policy was not collected", permission="organizations:DescribePolicy")
    found = tuple(organization.policies.get(each, missing) for each in dict.fromkeys(ids))
    return Known(found, attachments.sources)


def guardrail(answers: Answers, around: Surroundings) -> Guardrail:
    """What the SCPs on the path deny the account's root user."""
    raise NotImplementedError
