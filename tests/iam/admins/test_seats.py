"""What an account's place in its organization does to who is as good as root there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from tests.iam.admins.drawn_account import ACCOUNT, OTHER, arn
from tests.iam.admins.judged import by_arn
from tests.iam.admins.test_stopping import DEV, FULL, LAMBDA, READ, dump_of

from rootwarden.audit.root_equivalents import of_details
from rootwarden.cli.iam_reading import organization_in
from rootwarden.collect.principals import details_in

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.audit.root_equivalents import RootEquivalents

FULL_ACCESS: Final = {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}
ROOT: Final = "r-fake"


def organization(folder: Path, attachments: dict[str, list[str]], policies: dict[str, Any]) -> None:
    """Two accounts, the other one the management account."""
    listed = [{"Id": one, "Name": one, "Email": f"{one}@fake.example", "State": "ACTIVE"} for one in (ACCOUNT, OTHER)]
    tree = {"id": ROOT, "name": "Root", "children": [], "accounts": [ACCOUNT, OTHER]}
    described = {"Id": "o-fakefake00", "Arn": f"arn:aws:organizations::{OTHER}:organization/o-fakefake00"}
    described |= {"MasterAccountId": OTHER, "FeatureSet": "ALL"}
    written: dict[str, Any] = {
        "organization.json": {"Organization": described},
        "accounts.json": {"Accounts": listed},
        "targets.json": {"roots": [tree], "attachments": attachments},
    }
    for name, statements in policies.items():
        content = msgspec.json.encode({"Version": "2012-10-17", "Statement": statements}).decode()
        summary = FULL_ACCESS | {"Id": name, "Name": name}
        written[f"policies/{name}.json"] = {"Policy": {"PolicySummary": summary, "Content": content}}
    for file, answer in written.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(msgspec.json.encode(answer))


def judged(folder: Path, dump: dict[str, Any]) -> RootEquivalents:
    found = details_in(msgspec.json.encode(dump), "dump.json")
    return of_details({found.account: found.details}, organization_in(folder), None)


EVERYWHERE: Final = {ROOT: ["p-full"], ACCOUNT: ["p-full"]}


@pytest.mark.parametrize(
    ("attachments", "expected"),
    [
        pytest.param(EVERYWHERE, "direct", id="everything is allowed"),
        pytest.param(EVERYWHERE | {ACCOUNT: ["p-full", "p-not-there"]}, "conditional", id="one was not collected"),
        pytest.param(EVERYWHERE | {ROOT: ["p-not-there"]}, "conditional", id="none of a level was collected"),
        pytest.param(EVERYWHERE | {ACCOUNT: ["p-full", "p-bar"]}, "none", id="one bars everything"),
        pytest.param(EVERYWHERE | {ACCOUNT: []}, "direct", id="AWS keeps one attached"),
        pytest.param({ROOT: ["p-full"]}, "direct", id="a level of which nothing is told"),
    ],
)
def test_an_administrator_under_what_was_collected(
    tmp_path: Path, attachments: dict[str, list[str]], expected: str
) -> None:
    bar = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    organization(tmp_path, attachments, {"p-full": [FULL], "p-bar": [bar]})
    found = judged(tmp_path, dump_of([], ("admin", LAMBDA, [FULL])))
    verdict = by_arn(found)[arn("role", "admin")]
    assert verdict.kind.value == expected
    if expected == "conditional":
        assert [step.requires for step in verdict.path] == [("policy `p-not-there`",)]
    if not attachments.get(ACCOUNT):
        assert any("taken to allow everything" in note for note in found.notes)


@pytest.mark.parametrize(
    ("home", "target", "expected"),
    [
        pytest.param(ACCOUNT, OTHER, "none", id="from a member, in the management account"),
        pytest.param(ACCOUNT, ACCOUNT, "conditional", id="from a member, in it"),
        pytest.param(OTHER, OTHER, "conditional", id="from the management account, in it"),
        pytest.param(OTHER, ACCOUNT, "conditional", id="from the management account, in a member"),
    ],
)
def test_where_identity_center_can_assign(tmp_path: Path, home: str, target: str, expected: str) -> None:
    organization(tmp_path, EVERYWHERE, {"p-full": [FULL]})
    scope = [f"arn:aws:sso:::{one}" for one in ("instance/*", "permissionSet/*", f"account/{target}")]
    who = DEV.replace(ACCOUNT, home)
    dump = dump_of([{"Effect": "Allow", "Action": "sso:*", "Resource": scope}])
    dump["UserDetailList"][0]["Arn"] = who
    assert by_arn(judged(tmp_path, dump))[who].kind.value == expected


def test_nobody_else_is_touched(tmp_path: Path) -> None:
    organization(tmp_path, EVERYWHERE, {"p-full": [FULL]})
    assert by_arn(judged(tmp_path, dump_of(READ)))[DEV].kind.value == "none"
