"""Organizations: policies made, changed, attached and detached, and their types switched on, with AWS's refusals.

Only the management account may. Limits are the organization's own (`Organization.limits`); at least one policy of a
type that is on stays attached to every target (Organizations user guide, *Quotas*).
"""

from __future__ import annotations

import json
import threading
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from rootwarden.simulator.refusal import Refusal
from rootwarden.simulator.services.organizations import policy_summary, present_organization, present_policy
from rootwarden.simulator.world import Policy

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler
    from rootwarden.simulator.world import Organization

_KINDS: Final = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
_FULL_ACCESS: Final = {"SERVICE_CONTROL_POLICY": "p-FullAWSAccess", "RESOURCE_CONTROL_POLICY": "p-RCPFullAWSAccess"}
_EVERYTHING: Final = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_NEW_ID: Final = "p-made{:08d}"
# Changes of one organization are made one after the other, as AWS does (it refuses the second; we let it wait).
_ONE_AT_A_TIME: Final = threading.Lock()


def _managed(call: Call) -> Organization:
    organization = present_organization(call)
    if call.caller.account_id != call.world.management_id:
        raise Refusal("AccessDeniedException", "You don't have permissions to access this resource.")
    return organization


def _own(call: Call) -> Policy:
    policy = present_policy(call)
    if policy.aws_managed:
        raise Refusal("PolicyNotFoundException", "AWS managed policies cannot be changed.")
    return policy


def _kind(call: Call, name: str) -> str:
    kind = call.required(name)
    if kind not in _KINDS:
        raise call.invalid(f"value at '{name}' failed to satisfy constraint")
    return kind


def _constraint(reason: str, message: str) -> Refusal:
    return Refusal("ConstraintViolationException", f"{reason}: {message}")


def _content(call: Call, organization: Organization, kind: str) -> str:
    content = call.required("Content")
    if len(content) > organization.limits[kind].characters:
        raise _constraint("POLICY_CONTENT_LIMIT_EXCEEDED", "the policy document is too long")
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "Statement" not in document:
        raise Refusal(
            "MalformedPolicyDocumentException", "The provided policy document does not meet the requirements."
        )
    return content


def _unique(organization: Organization, name: str, but: str = "") -> None:
    if any(policy.name == name for policy in organization.policies.values() if policy.policy_id != but):
        raise Refusal("DuplicatePolicyException", "A policy with the same name already exists.")


def create_policy(call: Call) -> dict[str, Any]:
    """A policy attached to nothing."""
    organization = _managed(call)
    name, kind = call.required("Name"), _kind(call, "Type")
    with _ONE_AT_A_TIME:
        _unique(organization, name)
        content = _content(call, organization, kind)
        made = Policy(
            policy_id=next(each for each in map(_NEW_ID.format, count(1)) if each not in organization.policies),
            name=name,
            document=content,
            description=call.text("Description"),
            kind="SERVICE_CONTROL_POLICY" if kind == _KINDS[0] else "RESOURCE_CONTROL_POLICY",
        )
        organization.policies[made.policy_id] = made
    return {"Policy": {"PolicySummary": policy_summary(call, made), "Content": made.document}}


def update_policy(call: Call) -> dict[str, Any]:
    """Another name, description or document, at once wherever it is attached."""
    organization, policy = _managed(call), _own(call)
    with _ONE_AT_A_TIME:
        name = call.text("Name") or policy.name
        _unique(organization, name, but=policy.policy_id)
        if call.text("Content"):
            policy.document = _content(call, organization, policy.kind)
        policy.name, policy.description = name, call.text("Description") or policy.description
    return {"Policy": {"PolicySummary": policy_summary(call, policy), "Content": policy.document}}


def delete_policy(call: Call) -> dict[str, Any]:
    """A policy that is attached nowhere, for good."""
    organization, policy = _managed(call), _own(call)
    with _ONE_AT_A_TIME:
        if any(policy.policy_id in attached for attached in organization.attachments.values()):
            raise Refusal("PolicyInUseException", "The policy is attached to one or more entities.")
        del organization.policies[policy.policy_id]
    return {}


def _target(call: Call, organization: Organization) -> str:
    target = call.required("TargetId")
    if organization.unit(target) is None and not (target in call.world and call.state.is_listed(target)):
        raise Refusal("TargetNotFoundException", "We can't find a root, OU, or account with the TargetId.")
    return target


def _of_kind(organization: Organization, target: str, kind: str) -> list[str]:
    attached = organization.attachments.get(target, [])
    return [each for each in attached if organization.policies[each].kind == kind]


def attach_policy(call: Call) -> dict[str, Any]:
    """Attach a policy to a root, a unit or an account."""
    organization = _managed(call)
    policy, target = present_policy(call), _target(call, organization)
    with _ONE_AT_A_TIME:
        if policy.kind not in organization.policy_types:
            raise Refusal("PolicyTypeNotEnabledException", "The specified policy type isn't currently enabled.")
        if policy.policy_id in organization.attachments.get(target, []):
            raise Refusal("DuplicatePolicyAttachmentException", "The selected policy is already attached.")
        if len(_of_kind(organization, target, policy.kind)) >= organization.limits[policy.kind].attached:
            raise _constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "too many policies of this type here")
        organization.attachments[target] = [*organization.attachments.get(target, []), policy.policy_id]
    return {}


def detach_policy(call: Call) -> dict[str, Any]:
    """Detach a policy; never the last of its type, and never what AWS attaches to resources by itself."""
    organization = _managed(call)
    policy, target = present_policy(call), _target(call, organization)
    with _ONE_AT_A_TIME:
        if policy.policy_id not in organization.attachments.get(target, []):
            raise Refusal("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
        if policy.policy_id == _FULL_ACCESS["RESOURCE_CONTROL_POLICY"]:
            raise _constraint("CANNOT_DETACH_RCP_FULL_ACCESS", "RCPFullAWSAccess cannot be detached")
        if len(_of_kind(organization, target, policy.kind)) == 1:
            raise _constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "the last policy of its type stays attached")
        organization.attachments[target] = [
            each for each in organization.attachments[target] if each != policy.policy_id
        ]
    return {}


def enable_policy_type(call: Call) -> dict[str, Any]:
    """Switch a type on; AWS attaches its policy that allows everything to every target."""
    organization = _managed(call)
    root, kind = call.required("RootId"), _kind(call, "PolicyType")
    if root != organization.root.unit_id:
        raise Refusal("RootNotFoundException", "We can't find a root with the RootId that you specified.")
    with _ONE_AT_A_TIME:
        if kind in organization.policy_types:
            raise Refusal("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled.")
        organization.policy_types = (*organization.policy_types, kind)
        _attach_everywhere(organization, kind, [*call.world.account_ids])
    types = [{"Type": each, "Status": "ENABLED"} for each in organization.policy_types]
    return {"Root": {"Id": root, "Name": organization.root.name, "PolicyTypes": types}}


def _attach_everywhere(organization: Organization, kind: str, accounts: list[str]) -> None:
    full = _FULL_ACCESS[kind]
    document = json.dumps({"Version": "2012-10-17", "Statement": [_EVERYTHING]})
    made = Policy(
        policy_id=full,
        name=full.removeprefix("p-"),
        document=document,
        kind="SERVICE_CONTROL_POLICY" if kind == _KINDS[0] else "RESOURCE_CONTROL_POLICY",
        aws_managed=True,
    )
    organization.policies.setdefault(full, made)
    for target in (*(unit.unit_id for unit in organization.root.walk()), *accounts):
        if not _of_kind(organization, target, kind):
            organization.attachments[target] = [*organization.attachments.get(target, []), full]


OPERATIONS: dict[str, Handler] = {
    "CreatePolicy": create_policy,
    "UpdatePolicy": update_policy,
    "DeletePolicy": delete_policy,
    "AttachPolicy": attach_policy,
    "DetachPolicy": detach_policy,
    "EnablePolicyType": enable_policy_type,
}
