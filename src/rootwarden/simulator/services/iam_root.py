"""IAM, what a session of `sts:AssumeRoot` changes of root's credentials.

Which task policy allows what is decided before (`simulator/task_policies.py`). Without a user name the session means
its own root user. A deactivated virtual device stays in the account without an owner until it is deleted. Documented:
`CreateLoginProfile` for root takes neither user name nor password. The codes for what is not there are those of users;
for root they are simulator only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rootwarden.simulator.identities import DeviceKind
from rootwarden.simulator.refusal import Refusal
from rootwarden.simulator.sessions import CallerKind

if TYPE_CHECKING:
    from rootwarden.simulator.call import Call, Handler
    from rootwarden.simulator.identities import AccessKey, RootUser


def delete_access_key(call: Call) -> dict[str, Any]:
    """Delete a key, active or not."""
    root = _root(call)
    root.keys.remove(_key(call, root))
    return {}


def update_access_key(call: Call) -> dict[str, Any]:
    """Deactivate a key, or activate it again."""
    status = call.required("Status")
    if status not in {"Active", "Inactive"}:
        raise call.invalid("value at 'status' failed to satisfy constraint: Member must satisfy enum value set")
    _key(call, _root(call)).active = status == "Active"
    return {}


def delete_signing_certificate(call: Call) -> dict[str, Any]:
    """Delete a certificate."""
    root, wanted = _root(call), call.required("CertificateId")
    found = next((each for each in root.certificates if each.certificate_id == wanted), None)
    if found is None:
        raise Refusal("NoSuchEntity", f"The Certificate with id {wanted[:64]} cannot be found.", 404)
    root.certificates.remove(found)
    return {}


def deactivate_mfa_device(call: Call) -> dict[str, Any]:
    """Take a device away from root; a virtual one stays in the account."""
    root, wanted = _root(call), call.required("SerialNumber")
    found = next((each for each in root.devices if each.serial_number == wanted), None)
    if found is None:
        raise Refusal("NoSuchEntity", f"MFA Device with serial number {wanted[:128]} does not exist.", 404)
    root.devices.remove(found)
    if found.kind is DeviceKind.VIRTUAL:
        call.account.unassigned_devices.append(found)
    return {}


def delete_virtual_mfa_device(call: Call) -> dict[str, Any]:
    """Delete a virtual device that nobody has."""
    root, wanted = _root(call), call.required("SerialNumber")
    if any(each.serial_number == wanted for each in root.devices):
        raise Refusal("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.", 409)
    found = next((each for each in call.account.unassigned_devices if each.serial_number == wanted), None)
    if found is None:
        raise Refusal("NoSuchEntity", f"VirtualMFADevice with serial number {wanted[:128]} doesn't exist.", 404)
    call.account.unassigned_devices.remove(found)
    return {}


def delete_login_profile(call: Call) -> dict[str, Any]:
    """Delete root's password; from then on it cannot be recovered by mail either."""
    root = _root(call)
    if not root.password:
        raise Refusal("NoSuchEntity", "Login Profile for User <root_account> cannot be found.", 404)
    root.password = False
    return {}


def create_login_profile(call: Call) -> dict[str, Any]:
    """Allow root to recover a password; who has the mailbox sets it."""
    root = _root(call)
    if call.text("UserName") or call.text("Password"):
        raise Refusal("ValidationError", "UserName and Password must be omitted for the root user")
    if root.password:
        raise Refusal("EntityAlreadyExists", "Login Profile for User <root_account> already exists.", 409)
    root.password = True
    profile = {"UserName": "<root_account>", "CreateDate": call.state.clock(), "PasswordResetRequired": False}
    return {"LoginProfile": profile}


def _root(call: Call) -> RootUser:
    if call.caller.kind is not CallerKind.ROOT_TASK:
        raise call.denied(f"iam:{call.operation}", call.world.root_arn(call.account.account_id))
    return call.account.root


def _key(call: Call, root: RootUser) -> AccessKey:
    wanted = call.required("AccessKeyId")
    found = next((each for each in root.keys if each.access_key_id == wanted), None)
    if found is None:
        raise Refusal("NoSuchEntity", f"The Access Key with id {wanted[:64]} cannot be found.", 404)
    return found


OPERATIONS: dict[str, Handler] = {
    "CreateLoginProfile": create_login_profile,
    "DeactivateMFADevice": deactivate_mfa_device,
    "DeleteAccessKey": delete_access_key,
    "DeleteLoginProfile": delete_login_profile,
    "DeleteSigningCertificate": delete_signing_certificate,
    "DeleteVirtualMFADevice": delete_virtual_mfa_device,
    "UpdateAccessKey": update_access_key,
}
