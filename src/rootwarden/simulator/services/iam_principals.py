"""IAM users and roles: lists, and the authorization details of everything at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rootwarden.simulator.authorization_details import KINDS, AuthorizationDetails

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler
    from rootwarden.simulator.identities import IAMUser


def user_description(call: Call, user: IAMUser) -> dict[str, Any]:
    """An IAM user as `User` in answers."""
    return _details(call).user(user)


def list_users(call: Call) -> dict[str, Any]:
    """IAM users, a hundred to a page unless asked otherwise."""
    size = call.number("MaxItems", default=100, low=1, high=1000)
    prefix = call.text("PathPrefix")
    users = [user for user in call.account.users if user.path.startswith(prefix)]
    page, marker = call.page(users, cursor="Marker", size=size)
    details = _details(call)
    described = [details.user(user) for user in page]
    return {"Users": described, "IsTruncated": marker is not None, "Marker": marker}


def list_roles(call: Call) -> dict[str, Any]:
    """IAM roles, a hundred to a page unless asked otherwise."""
    size = call.number("MaxItems", default=100, low=1, high=1000)
    prefix = call.text("PathPrefix")
    roles = [role for role in call.account.roles if role.path.startswith(prefix)]
    page, marker = call.page(roles, cursor="Marker", size=size)
    details = _details(call)
    described = [details.role(role) | {"MaxSessionDuration": 3600} for role in page]
    return {"Roles": described, "IsTruncated": marker is not None, "Marker": marker}


def get_account_authorization_details(call: Call) -> dict[str, Any]:
    """Users, groups, roles and the managed policies they have, in this order, in one sequence of pages."""
    size = call.number("MaxItems", default=100, low=1, high=1000)
    details = _details(call)
    entries = details.entries(call.texts("Filter") or KINDS)
    page, marker = call.page(entries, cursor="Marker", size=size)
    return {**details.told(page), "IsTruncated": marker is not None, "Marker": marker}


def _details(call: Call) -> AuthorizationDetails:
    return AuthorizationDetails(call.account, call.world.partition)


OPERATIONS: dict[str, Handler] = {
    "ListUsers": list_users,
    "ListRoles": list_roles,
    "GetAccountAuthorizationDetails": get_account_authorization_details,
}
