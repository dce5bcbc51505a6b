"""What sessions of AssumeRoot change, and what switches central root access on, through real botocore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from rootwarden.simulator import running
from rootwarden.simulator.clients import client
from rootwarden.simulator.knobs import AllowTask, Leave, UseRootKey
from rootwarden.simulator.parts import certificate, days_ago, fido_device, root_key, virtual_device
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.simulator import Simulator
    from rootwarden.simulator.identities import RootUser

MANAGEMENT, SECURITY, MEMBER = "000011110000", "000011110001", "000011110003"
KEY = f"AKIAROOT{MEMBER}"
TASK = "arn:aws:iam::aws:policy/root-task/"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    world = make_world("central_root", 4)
    root = world.account(MEMBER).root
    root.password = True
    root.keys = [root_key(MEMBER, created=days_ago(900), used=days_ago(400))]
    root.certificates = [certificate()]
    root.devices = [virtual_device(MEMBER), fido_device(MEMBER, "safe")]
    with running(world) as started:
        yield started


def session(simulator: Simulator, task: str = "IAMDeleteRootUserCredentials") -> Any:
    sts = client(simulator, "sts")
    issued = sts.assume_root(TargetPrincipal=MEMBER, TaskPolicyArn={"arn": TASK + task})["Credentials"]
    return client(simulator, "iam", credentials=issued)


def root_of(simulator: Simulator) -> RootUser:
    return simulator.world.account(MEMBER).root


def code(asked: Any, operation: str, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        getattr(asked, operation)(**parameters)
    return str(refused.value.response["Error"]["Code"])


def test_everything_can_be_deleted_once(simulator: Simulator) -> None:
    asking, root = session(simulator), root_of(simulator)
    held, serial = root.certificates[0].certificate_id, root.devices[0].serial_number
    assert code(asking, "delete_virtual_mfa_device", SerialNumber=serial) == "DeleteConflict"
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("delete_access_key", {"AccessKeyId": KEY}),
        ("delete_signing_certificate", {"CertificateId": held}),
        ("delete_login_profile", {}),
        ("deactivate_mfa_device", {"SerialNumber": serial}),
        ("deactivate_mfa_device", {"SerialNumber": root.devices[1].serial_number}),
        ("delete_virtual_mfa_device", {"SerialNumber": serial}),
    )
    for operation, parameters in steps:
        getattr(asking, operation)(**parameters)
        assert code(asking, operation, **parameters) == "NoSuchEntity"
    assert (root.password, root.keys, root.certificates, root.devices) == (False, [], [], [])
    assert simulator.world.account(MEMBER).unassigned_devices == []


def test_a_deactivated_virtual_device_has_no_owner(simulator: Simulator) -> None:
    session(simulator).deactivate_mfa_device(SerialNumber=root_of(simulator).devices[0].serial_number)
    asking = client(simulator, "iam", account=MEMBER)
    assert "User" not in asking.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"][0]
    assert asking.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"] == []


def test_the_task_policies_do_not_let_a_key_be_deactivated(simulator: Simulator) -> None:
    asking = session(simulator)
    assert code(asking, "update_access_key", AccessKeyId=KEY, Status="Inactive") == "AccessDenied"
    simulator.knobs.add(AllowTask(call="iam:UpdateAccessKey"))
    asking.update_access_key(AccessKeyId=KEY, Status="Inactive")
    assert not root_of(simulator).keys[0].active


def test_password_recovery_is_allowed_again_by_its_own_task(simulator: Simulator) -> None:
    session(simulator).delete_login_profile()
    assert code(session(simulator), "create_login_profile") == "AccessDenied"
    asking = session(simulator, "IAMCreateRootUserPassword")
    assert code(asking, "create_login_profile", UserName="root") == "ValidationError"
    assert asking.create_login_profile()["LoginProfile"]["CreateDate"]
    assert code(asking, "create_login_profile") == "EntityAlreadyExists"


def test_a_principal_of_the_account_deletes_nothing_of_root(simulator: Simulator) -> None:
    assert code(client(simulator, "iam", account=MEMBER), "delete_access_key", AccessKeyId=KEY) == "AccessDenied"


def test_central_access_is_switched_on_in_order() -> None:
    with running(make_world("forgotten_mailbox", 4)) as simulator:
        iam, organizations = client(simulator, "iam"), client(simulator, "organizations")
        enable = "enable_organizations_root_sessions"
        assert code(iam, enable) == "ServiceAccessNotEnabledException"
        organizations.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
        iam.enable_organizations_root_credentials_management()
        assert getattr(iam, enable)()["EnabledFeatures"] == ["RootCredentialsManagement", "RootSessions"]
        delegate = {"AccountId": SECURITY, "ServicePrincipal": "iam.amazonaws.com"}
        organizations.register_delegated_administrator(**delegate)
        again = code(organizations, "register_delegated_administrator", **delegate)
        assert again == "AccountAlreadyRegisteredException"
        assert code(client(simulator, "iam", account=MEMBER), enable) == "CallerIsNotManagementAccountException"


def test_an_account_leaves(simulator: Simulator) -> None:
    organizations = client(simulator, "organizations")
    simulator.knobs.add(Leave(account=MEMBER, call="organizations:DescribeAccount", after=1))
    assert organizations.describe_account(AccountId=MEMBER)["Account"]["State"] == "ACTIVE"
    assert code(organizations, "describe_account", AccountId=MEMBER) == "AccountNotFoundException"


def test_a_root_key_is_used_meanwhile(simulator: Simulator) -> None:
    simulator.knobs.add(UseRootKey(account=MEMBER, call="iam:GetAccessKeyLastUsed", after=1))
    seen = [session(simulator).get_access_key_last_used(AccessKeyId=KEY)["AccessKeyLastUsed"] for _ in range(2)]
    assert seen[0]["LastUsedDate"] < seen[1]["LastUsedDate"] == simulator.state.clock()
