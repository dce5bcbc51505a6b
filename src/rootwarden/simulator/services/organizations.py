"""Organizations: the organization, its accounts, its tree and its policies.

Any member may describe the organization; everything else needs the management account or a delegated administrator.
Page sizes are AWS's own: twenty accounts at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rootwarden.simulator.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.call import Call, Handler
    from rootwarden.simulator.world import Organization, OrganizationalUnit, Policy

_OLD_STATUS = {"PENDING_ACTIVATION": "ACTIVE", "CLOSED": "SUSPENDED"}


def present_organization(call: Call) -> Organization:
    """The organization the call is made in."""
    if call.world.organization is None:
        raise Refusal("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    return call.world.organization


def _privileged(call: Call) -> Organization:
    organization = present_organization(call)
    admins = {call.world.management_id, *(delegated.account_id for delegated in organization.delegated)}
    if call.caller.account_id not in admins:
        raise Refusal("AccessDeniedException", "You don't have permissions to access this resource.")
    return organization


def _arn(call: Call, resource: str) -> str:
    return call.world.arn("organizations", "", call.world.management_id, resource)


def account_arn(call: Call, account_id: str) -> str:
    """The ARN of an account in its organization."""
    return _arn(call, f"account/{present_organization(call).organization_id}/{account_id}")


def _page(call: Call, key: str, items: list[dict[str, Any]], *, maximum: int = 20) -> dict[str, Any]:
    size = call.number("MaxResults", default=maximum, low=1, high=maximum)
    page, token = call.page(items, cursor="NextToken", size=size)
    return {key: page, "NextToken": token}


def _describe_account(call: Call, account: Account) -> dict[str, Any]:
    organization = present_organization(call)
    return {
        "Id": account.account_id,
        "Arn": account_arn(call, account.account_id),
        "Email": account.email,
        "Name": account.name,
        "Status": _OLD_STATUS.get(account.state, account.state),
        "State": account.state,
        "Paths": [f"{organization.organization_id}/{_nodes(organization, account.account_id)}/{account.account_id}/"],
        "JoinedMethod": account.joined_method,
        "JoinedTimestamp": account.joined,
    }


def _nodes(organization: Organization, account_id: str) -> str:
    return "/".join(unit.unit_id for unit in organization.path_to(account_id))


def _listed_accounts(call: Call, account_ids: Iterable[str]) -> list[Account]:
    return [call.world.account(account_id) for account_id in account_ids if call.state.is_listed(account_id)]


def describe_organization(call: Call) -> dict[str, Any]:
    """The organization, as any of its accounts may see it."""
    organization = present_organization(call)
    management = call.world.management
    return {
        "Organization": {
            "Id": organization.organization_id,
            "Arn": _arn(call, f"organization/{organization.organization_id}"),
            "FeatureSet": organization.feature_set,
            "MasterAccountArn": account_arn(call, management.account_id),
            "MasterAccountId": management.account_id,
            "MasterAccountEmail": management.email,
            "AvailablePolicyTypes": [{"Type": kind, "Status": "ENABLED"} for kind in organization.policy_types],
        }
    }


def list_accounts(call: Call) -> dict[str, Any]:
    """Every account that has joined, closed ones too."""
    _privileged(call)
    listed = [account_id for account_id in call.world.account_ids if call.state.is_listed(account_id)]
    size = call.number("MaxResults", default=20, low=1, high=20)
    page, token = call.page(listed, cursor="NextToken", size=size)
    accounts = [_describe_account(call, account) for account in _listed_accounts(call, page)]
    return {"Accounts": accounts, "NextToken": token}


def describe_account(call: Call) -> dict[str, Any]:
    """One account."""
    _privileged(call)
    account_id = call.required("AccountId")
    if account_id not in call.world or not call.state.is_listed(account_id):
        raise Refusal("AccountNotFoundException", "You specified an account that doesn't exist.")
    return {"Account": _describe_account(call, call.world.account(account_id))}


def list_roots(call: Call) -> dict[str, Any]:
    """The one root, with the policy types that are on."""
    organization = _privileged(call)
    root = {
        "Id": organization.root.unit_id,
        "Arn": _arn(call, f"root/{organization.organization_id}/{organization.root.unit_id}"),
        "Name": organization.root.name,
        "PolicyTypes": [{"Type": kind, "Status": "ENABLED"} for kind in organization.policy_types],
    }
    return _page(call, "Roots", [root])


def _parent(call: Call) -> OrganizationalUnit:
    unit = _privileged(call).unit(call.required("ParentId"))
    if unit is None:
        raise Refusal("ParentNotFoundException", "You specified parent that doesn't exist.")
    return unit


def _unit_arn(call: Call, unit: OrganizationalUnit) -> str:
    return _arn(call, f"ou/{present_organization(call).organization_id}/{unit.unit_id}")


def list_organizational_units_for_parent(call: Call) -> dict[str, Any]:
    """The organizational units directly below a node."""
    units = [{"Id": u.unit_id, "Arn": _unit_arn(call, u), "Name": u.name} for u in _parent(call).units]
    return _page(call, "OrganizationalUnits", units)


def list_accounts_for_parent(call: Call) -> dict[str, Any]:
    """The accounts directly below a node."""
    accounts = _listed_accounts(call, _parent(call).account_ids)
    return _page(call, "Accounts", [_describe_account(call, account) for account in accounts])


def list_children(call: Call) -> dict[str, Any]:
    """Accounts or organizational units directly below a node."""
    unit = _parent(call)
    kind = call.required("ChildType")
    if kind == "ACCOUNT":
        ids = [account_id for account_id in unit.account_ids if call.state.is_listed(account_id)]
    elif kind == "ORGANIZATIONAL_UNIT":
        ids = [child.unit_id for child in unit.units]
    else:
        raise call.invalid("value at 'childType' failed to satisfy constraint")
    return _page(call, "Children", [{"Id": child, "Type": kind} for child in ids])


def list_parents(call: Call) -> dict[str, Any]:
    """The node directly above an account or organizational unit."""
    parent = _privileged(call).parent_of(call.required("ChildId"))
    if parent is None:
        raise Refusal("ChildNotFoundException", "You specified child that doesn't exist.")
    kind = "ROOT" if parent.unit_id.startswith("r-") else "ORGANIZATIONAL_UNIT"
    return _page(call, "Parents", [{"Id": parent.unit_id, "Type": kind}])


def policy_summary(call: Call, policy: Policy) -> dict[str, Any]:
    """What lists tell of a policy."""
    if policy.aws_managed:
        arn = f"arn:{call.world.partition}:organizations::aws:policy/{policy.kind.lower()}/{policy.policy_id}"
    else:
        organization_id = present_organization(call).organization_id
        arn = _arn(call, f"policy/{organization_id}/{policy.kind.lower()}/{policy.policy_id}")
    return {
        "Id": policy.policy_id,
        "Arn": arn,
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.kind,
        "AwsManaged": policy.aws_managed,
    }


def list_policies(call: Call) -> dict[str, Any]:
    """Every policy of one type."""
    organization = _privileged(call)
    kind = call.required("Filter")
    found = [policy_summary(call, policy) for policy in organization.policies.values() if policy.kind == kind]
    return _page(call, "Policies", found)


def present_policy(call: Call) -> Policy:
    """The policy the call names."""
    policy = _privileged(call).policies.get(call.required("PolicyId"))
    if policy is None:
        raise Refusal("PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.")
    return policy


def describe_policy(call: Call) -> dict[str, Any]:
    """One policy with its document as text."""
    policy = present_policy(call)
    return {"Policy": {"PolicySummary": policy_summary(call, policy), "Content": policy.document}}


def list_targets_for_policy(call: Call) -> dict[str, Any]:
    """The roots, organizational units and accounts a policy is attached to."""
    policy = present_policy(call)
    attachments = present_organization(call).attachments
    found = [_target(call, target) for target, policies in attachments.items() if policy.policy_id in policies]
    return _page(call, "Targets", found)


def _target(call: Call, target: str) -> dict[str, Any]:
    if target.isdigit():
        account = call.world.account(target)
        return {"TargetId": target, "Arn": account_arn(call, target), "Name": account.name, "Type": "ACCOUNT"}
    organization = present_organization(call)
    if target == organization.root.unit_id:
        arn = _arn(call, f"root/{organization.organization_id}/{target}")
        return {"TargetId": target, "Arn": arn, "Name": organization.root.name, "Type": "ROOT"}
    unit = organization.unit(target)
    name = unit.name if unit is not None else target
    arn = _arn(call, f"ou/{organization.organization_id}/{target}")
    return {"TargetId": target, "Arn": arn, "Name": name, "Type": "ORGANIZATIONAL_UNIT"}


def list_policies_for_target(call: Call) -> dict[str, Any]:
    """The policies of one type attached directly to a node or account."""
    organization = _privileged(call)
    target = call.required("TargetId")
    kind = call.required("Filter")
    if organization.unit(target) is None and target not in call.world:
        raise Refusal("TargetNotFoundException", "We can't find a root, OU, or account with the TargetId.")
    policies = [organization.policies[policy_id] for policy_id in organization.attachments.get(target, [])]
    return _page(call, "Policies", [policy_summary(call, policy) for policy in policies if policy.kind == kind])


def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """The tags of an account; other resources have none."""
    organization = _privileged(call)
    resource = call.required("ResourceId")
    if resource in call.world:
        tags = call.world.account(resource).tags
    elif organization.unit(resource) is not None or resource in organization.policies:
        tags = {}
    else:
        raise Refusal("TargetNotFoundException", "We can't find a resource with the ResourceId.")
    page, token = call.page([{"Key": k, "Value": v} for k, v in tags.items()], cursor="NextToken", size=50)
    return {"Tags": page, "NextToken": token}


def list_delegated_administrators(call: Call) -> dict[str, Any]:
    """Members that administer a service, or any service."""
    organization = _privileged(call)
    service = call.text("ServicePrincipal")
    found = {}
    for delegated in organization.delegated:
        if service in {"", delegated.service_principal}:
            described = _describe_account(call, call.world.account(delegated.account_id))
            del described["Paths"]
            found[delegated.account_id] = described | {"DelegationEnabledDate": delegated.since}
    return _page(call, "DelegatedAdministrators", list(found.values()))


def list_aws_service_access_for_organization(call: Call) -> dict[str, Any]:
    """The services with trusted access."""
    organization = _privileged(call)
    enabled = [
        {"ServicePrincipal": service, "DateEnabled": call.world.management.joined}
        for service in organization.trusted_services
    ]
    return _page(call, "EnabledServicePrincipals", enabled)


OPERATIONS: dict[str, Handler] = {
    "DescribeOrganization": describe_organization,
    "ListAccounts": list_accounts,
    "DescribeAccount": describe_account,
    "ListRoots": list_roots,
    "ListOrganizationalUnitsForParent": list_organizational_units_for_parent,
    "ListAccountsForParent": list_accounts_for_parent,
    "ListChildren": list_children,
    "ListParents": list_parents,
    "ListPolicies": list_policies,
    "DescribePolicy": describe_policy,
    "ListTargetsForPolicy": list_targets_for_policy,
    "ListPoliciesForTarget": list_policies_for_target,
    "ListTagsForResource": list_tags_for_resource,
    "ListDelegatedAdministrators": list_delegated_administrators,
    "ListAWSServiceAccessForOrganization": list_aws_service_access_for_organization,
}
