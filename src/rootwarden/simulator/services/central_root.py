"""Switching central root access on: trusted access for IAM, its two features, its delegated administrator.

Documented order: trusted access (`organizations:EnableAWSServiceAccess`) first, then the features, from the management
account or the delegated administrator. That switching a feature on deletes nothing is documented too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from rootwarden.simulator.refusal import Refusal
from rootwarden.simulator.services.sts import IAM_PRINCIPAL, may_manage_root
from rootwarden.simulator.world import DelegatedAdministrator

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler
    from rootwarden.simulator.world import Organization


def enable_root_credentials_management(call: Call) -> dict[str, Any]:
    """Switch central management of root credentials on."""
    return _enable(call, "RootCredentialsManagement")


def enable_root_sessions(call: Call) -> dict[str, Any]:
    """Switch sessions of AssumeRoot on."""
    return _enable(call, "RootSessions")


def enable_aws_service_access(call: Call) -> dict[str, Any]:
    """Let a service act in the organization; only the management account may."""
    organization, service = _managed(call), call.required("ServicePrincipal")
    if service not in organization.trusted_services:
        organization.trusted_services = (*organization.trusted_services, service)
    return {}


def register_delegated_administrator(call: Call) -> dict[str, Any]:
    """Let a member administer a service; only the management account may."""
    organization = _managed(call)
    account, service = call.required("AccountId"), call.required("ServicePrincipal")
    if account not in call.world or account == call.world.management_id:
        raise Refusal("AccountNotFoundException", "You specified an account that doesn't exist.")
    if any(each.account_id == account and each.service_principal == service for each in organization.delegated):
        raise Refusal("AccountAlreadyRegisteredException", "The account is already a delegated administrator.")
    organization.delegated.append(DelegatedAdministrator(account_id=account, service_principal=service))
    return {}


def _enable(call: Call, feature: Literal["RootCredentialsManagement", "RootSessions"]) -> dict[str, Any]:
    organization = call.world.organization
    if organization is None:
        raise Refusal("OrganizationNotFoundException", "The account is not part of an organization")
    if not may_manage_root(call):
        raise Refusal("CallerIsNotManagementAccountException", "The account is not the management account")
    if organization.feature_set != "ALL":
        raise Refusal("OrganizationNotInAllFeaturesModeException", "The organization does not have all features")
    if IAM_PRINCIPAL not in organization.trusted_services:
        raise Refusal("ServiceAccessNotEnabledException", "Trusted access for IAM is not enabled")
    organization.features.add(feature)
    return {"OrganizationId": organization.organization_id, "EnabledFeatures": sorted(organization.features)}


def _managed(call: Call) -> Organization:
    organization = call.world.organization
    if organization is None:
        raise Refusal("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    if call.caller.account_id != call.world.management_id:
        raise Refusal("AccessDeniedException", "You don't have permissions to access this resource.")
    return organization


IAM_OPERATIONS: dict[str, Handler] = {
    "EnableOrganizationsRootCredentialsManagement": enable_root_credentials_management,
    "EnableOrganizationsRootSessions": enable_root_sessions,
}
ORGANIZATIONS_OPERATIONS: dict[str, Handler] = {
    "EnableAWSServiceAccess": enable_aws_service_access,
    "RegisterDelegatedAdministrator": register_delegated_administrator,
}
