"""From what a root user holds to the calls that take it away, in order.

Keys first: they need no second factor. Then certificates, then the password, then the devices: in the other order a
run killed half way would leave a password without a second factor. Source of what a session may do: the task policies
in `packs/task-policies/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.credentials.plan import CREATE_PASSWORD, DELETE, Phase, Step
from rootwarden.facts.fact import Known
from rootwarden.facts.root_user import MfaKind, mfa_kind
from rootwarden.packs import task_policies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.credentials.holdings import Holdings
    from rootwarden.facts.organization import Organization

DEACTIVATE: Final = "deactivate"
IAM: Final = "iam.amazonaws.com"


def removal(account: str, holdings: Holdings, *, hold: str) -> tuple[Step, ...]:
    """The steps for one member.

    Args:
        account: Twelve digits.
        holdings: What its root user holds, all of it known.
        hold: How active keys are put to sleep first: a policy id, `deactivate`, or empty for not at all.
    """
    active = [key for key in holdings.held_keys() if isinstance(key.active, Known) and key.active.value]
    steps = [*_sleep(account, [key.id for key in active], hold)]
    steps += [_delete_key(key.id) for key in holdings.held_keys()]
    if isinstance(holdings.certificates, Known):
        steps += [_delete_certificate(each) for each in holdings.certificates.value]
    if isinstance(holdings.password, Known) and holdings.password.value:
        steps.append(_delete_password())
    if isinstance(holdings.devices, Known):
        steps += [step for each in holdings.devices.value for step in _delete_device(each)]
    if active and hold not in {"", DEACTIVATE}:
        steps.append(_detach(account, hold))
    return tuple(steps)


def preparation(organization: Organization, *, delegate: str) -> tuple[Step, ...]:
    """What the organization lacks of central root access, in the order AWS wants it.

    Args:
        organization: Its facts; a feature nobody could ask about is not switched on blindly.
        delegate: A member to make delegated administrator of IAM, or empty.
    """
    trusted, steps = organization.trusted_access, []
    if isinstance(trusted, Known) and not trusted.value:
        steps.append(_prepare("allow IAM in the organization", "organizations:EnableAWSServiceAccess", IAM))
    off = trusted if isinstance(trusted, Known) and not trusted.value else None
    for name, fact in (
        ("RootCredentialsManagement", organization.root_credentials_management),
        ("RootSessions", organization.root_sessions),
    ):
        if off is not None or (isinstance(fact, Known) and not fact.value):
            steps.append(_prepare(f"switch {name} on", f"iam:EnableOrganizations{name}"))
    if delegate:
        step = _prepare("register the delegated administrator", "organizations:RegisterDelegatedAdministrator", IAM)
        step.parameters["AccountId"] = delegate
        steps.append(step)
    return tuple(steps)


def not_in_task_policies(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps that the task policy of their session does not allow, as far as its text is known."""
    allowed = {f"{policy.id} iam:{name}" for policy in task_policies() for name in policy.names}
    return tuple(step for step in steps if step.through and f"{step.through} {step.call}" not in allowed)


def _sleep(account: str, active: list[str], hold: str) -> Iterator[Step]:
    if hold == DEACTIVATE:
        yield from map(_deactivate_key, active)
    elif hold and active:
        yield Step(
            id=f"attach {hold}",
            phase=Phase.HOLD,
            call="organizations:AttachPolicy",
            parameters={"PolicyId": hold, "TargetId": account},
            takes=f"policy:{hold}",
            undo="organizations:DetachPolicy",
            undo_parameters={"PolicyId": hold, "TargetId": account},
        )


def _detach(account: str, hold: str) -> Step:
    return Step(
        id=f"detach {hold}",
        phase=Phase.RELEASE,
        call="organizations:DetachPolicy",
        parameters={"PolicyId": hold, "TargetId": account},
        takes=f"policy:{hold}",
    )


def _deactivate_key(key: str) -> Step:
    return Step(
        id=f"deactivate key {key}",
        phase=Phase.HOLD,
        call="iam:UpdateAccessKey",
        parameters={"AccessKeyId": key, "Status": "Inactive"},
        through=DELETE,
        takes=f"key:{key}",
        undo="iam:UpdateAccessKey",
        undo_parameters={"AccessKeyId": key, "Status": "Active"},
        undo_through=DELETE,
    )


def _delete_key(key: str) -> Step:
    return Step(
        id=f"delete key {key}",
        phase=Phase.REMOVE,
        call="iam:DeleteAccessKey",
        parameters={"AccessKeyId": key},
        through=DELETE,
        takes=f"key:{key}",
    )


def _delete_certificate(certificate: str) -> Step:
    return Step(
        id=f"delete certificate {certificate}",
        phase=Phase.REMOVE,
        call="iam:DeleteSigningCertificate",
        parameters={"CertificateId": certificate},
        through=DELETE,
        takes=f"certificate:{certificate}",
    )


def _delete_password() -> Step:
    return Step(
        id="delete password",
        phase=Phase.REMOVE,
        call="iam:DeleteLoginProfile",
        through=DELETE,
        takes="password",
        undo="iam:CreateLoginProfile",
        undo_through=CREATE_PASSWORD,
    )


def _delete_device(serial: str) -> Iterator[Step]:
    yield Step(
        id=f"deactivate device {serial}",
        phase=Phase.REMOVE,
        call="iam:DeactivateMFADevice",
        parameters={"SerialNumber": serial},
        through=DELETE,
        takes=f"device:{serial}",
    )
    if mfa_kind(serial) is MfaKind.VIRTUAL:
        yield Step(
            id=f"delete device {serial}",
            phase=Phase.REMOVE,
            call="iam:DeleteVirtualMFADevice",
            parameters={"SerialNumber": serial},
            through=DELETE,
        )


def _prepare(name: str, call: str, service: str = "") -> Step:
    return Step(id=name, phase=Phase.PREPARE, call=call, parameters={"ServicePrincipal": service} if service else {})
