"""STS: who am I, and sessions of roles and of members' root users.

Documented for `AssumeRoot`: from the management account or the delegated administrator of IAM only, with root sessions
enabled, into members only, through a regional endpoint, 900 seconds at most. Which code AWS gives for the global
endpoint is simulator only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rootwarden.simulator.refusal import Refusal
from rootwarden.simulator.sessions import CallerKind
from rootwarden.simulator.task_policies import TASK_POLICIES

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler
    from rootwarden.simulator.sessions import Issued

_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::(\d{12}):role/([\w+=,.@/-]{1,512})")
_TASK_ARN = re.compile(r"arn:[a-z-]+:iam::aws:policy/root-task/(\w{1,64})")
_PRINCIPAL = re.compile(r"(?:arn:[a-z-]+:iam::)?(\d{12})(?::root)?")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")
IAM_PRINCIPAL = "iam.amazonaws.com"


def get_caller_identity(call: Call) -> dict[str, Any]:
    """Never denied, as in AWS."""
    return {"UserId": call.caller.user_id, "Account": call.caller.account_id, "Arn": call.caller.arn}


def assume_role(call: Call) -> dict[str, Any]:
    """A session of a role that exists, trusts the caller's account and is given its external id."""
    arn = call.required("RoleArn")
    session = call.required("RoleSessionName")
    match = _ROLE_ARN.fullmatch(arn)
    if match is None:
        raise call.invalid(f"{arn[:80]} is invalid")
    if not _SESSION_NAME.fullmatch(session):
        raise call.invalid("value at 'roleSessionName' failed to satisfy constraint")
    seconds = call.number("DurationSeconds", default=3600, low=900, high=43200)
    account_id, name = match.group(1), match.group(2).rpartition("/")[2]
    refusal = call.denied("sts:AssumeRole", arn)
    if account_id not in call.world or call.world.account(account_id).state != "ACTIVE":
        raise refusal
    role = call.world.account(account_id).role(name)
    if role is None or call.caller.account_id not in role.trusted_accounts:
        raise refusal
    if role.external_id and call.text("ExternalId") != role.external_id:
        raise refusal
    session_arn = call.world.arn("sts", "", account_id, f"assumed-role/{name}/{session}")
    issued = call.state.sessions.issue(
        account_id=account_id, arn=session_arn, kind=CallerKind.ROLE, name=session, seconds=seconds
    )
    user = {"AssumedRoleId": issued.caller.user_id, "Arn": session_arn}
    return {"Credentials": _credentials(issued), "AssumedRoleUser": user}


def assume_root(call: Call) -> dict[str, Any]:
    """A session of a member's root user, bound to one task policy."""
    if call.region == "aws-global":
        raise Refusal("AccessDenied", "AssumeRoot is not supported on the global endpoint; use a regional one", 403)
    target = _PRINCIPAL.fullmatch(call.required("TargetPrincipal"))
    if target is None:
        raise call.invalid("value at 'targetPrincipal' failed to satisfy constraint")
    task = _task(call)
    seconds = call.number("DurationSeconds", default=900, low=0, high=900)
    account_id = target.group(1)
    if not _may_assume_root(call, account_id):
        raise call.denied("sts:AssumeRoot", call.world.root_arn(account_id))
    issued = call.state.sessions.issue(
        account_id=account_id,
        arn=call.world.root_arn(account_id),
        kind=CallerKind.ROOT_TASK,
        name="root",
        seconds=seconds,
        task=task,
    )
    return {"Credentials": _credentials(issued)}


def _task(call: Call) -> str:
    given = call.parameters.get("TaskPolicyArn")
    arn = given.get("arn", "") if isinstance(given, dict) else ""
    match = _TASK_ARN.fullmatch(arn)
    if match is None or match.group(1) not in TASK_POLICIES:
        raise call.invalid("value at 'taskPolicyArn' is not a root task policy")
    return match.group(1)


def _may_assume_root(call: Call, account_id: str) -> bool:
    organization = call.world.organization
    if organization is None or "RootSessions" not in organization.features:
        return False
    if not may_manage_root(call) or call.caller.kind is CallerKind.ROOT_TASK:
        return False
    if account_id == call.world.management_id or account_id not in call.world:
        return False
    return call.world.account(account_id).state == "ACTIVE" and call.state.is_listed(account_id)


def may_manage_root(call: Call) -> bool:
    """Whether the caller sits in the management account or the delegated administrator of IAM."""
    organization = call.world.organization
    if organization is None:
        return False
    delegated = {d.account_id for d in organization.delegated if d.service_principal == IAM_PRINCIPAL}
    return call.caller.account_id in {call.world.management_id, *delegated}


def _credentials(issued: Issued) -> dict[str, Any]:
    return {
        "AccessKeyId": issued.caller.access_key_id,
        "SecretAccessKey": issued.secret_access_key,
        "SessionToken": issued.caller.session_token,
        "Expiration": issued.expiration,
    }


OPERATIONS: dict[str, Handler] = {
    "GetCallerIdentity": get_caller_identity,
    "AssumeRole": assume_role,
    "AssumeRoot": assume_root,
}
