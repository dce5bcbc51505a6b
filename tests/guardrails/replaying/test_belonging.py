"""Accounts that an organization does not list are of another one, or of none: what conditions make of that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.guardrails.replaying.made_up import ROOT, write_evidence
from tests.guardrails.replaying.replaying import Changed, Jury
from tests.guardrails.replaying.strange import HERE, OUTSIDE, bucket_of, call, role
from tests.guardrails.replaying.test_hostile import DENIED, DEPENDS, NOTHING, said
from tests.guardrails.replaying.test_replay import ACCOUNTS, OURS, RCP, deny, fence

if TYPE_CHECKING:
    from pathlib import Path

THING: Final = {"bucketName": "fake-ledger", "key": "2026/march"}
FROM_OUTSIDE: Final = call(
    900, "s3", "GetObject", role("Builder", OUTSIDE), requestParameters=THING, resources=bucket_of(HERE)
)
TO_OUTSIDE: Final = call(901, "s3", "GetObject", role("Builder"), requestParameters=THING, resources=bucket_of(OUTSIDE))
# Condition of a deny; what is said of somebody else's call.
CONDITIONS: Final[dict[str, tuple[dict[str, Any], object]]] = {
    "another organization": ({"StringNotEquals": {"{whose}OrgID": OURS}}, DENIED),
    "another organization, if any": ({"StringNotEqualsIfExists": {"{whose}OrgID": OURS}}, DENIED),
    "like another organization": ({"StringNotLike": {"{whose}OrgID": OURS}}, DENIED),
    "every path is another": ({"ForAllValues:StringNotLike": {"{whose}OrgPaths": f"{OURS}/*"}}, DENIED),
    "some path is another": ({"ForAnyValue:StringNotLike": {"{whose}OrgPaths": f"{OURS}/*"}}, DEPENDS),
    "ours": ({"StringEquals": {"{whose}OrgID": OURS}}, NOTHING),
    "a path of ours": ({"ForAnyValue:StringLike": {"{whose}OrgPaths": f"{OURS}/{ROOT}/*"}}, NOTHING),
    "ours, or none": ({"StringEqualsIfExists": {"{whose}OrgID": OURS}}, DEPENDS),
    "none": ({"Null": {"{whose}OrgID": "true"}}, DEPENDS),
    "neither ours nor a partner's": ({"StringNotEquals": {"{whose}OrgID": [OURS, "o-partner000"]}}, DEPENDS),
    "not a partner's": ({"StringNotEquals": {"{whose}OrgID": "o-partner000"}}, DEPENDS),
    "an organization that begins as ours": ({"StringNotLike": {"{whose}OrgID": f"{OURS}*"}}, DEPENDS),
}


def filled(condition: dict[str, Any], whose: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(condition).replace("{whose}", f"aws:{whose}"))
    return made


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_caller_of_another_organization(name: str, tmp_path: Path) -> None:
    condition, expected = CONDITIONS[name]
    changed = Changed(kind=RCP, attach={ROOT: {"new": fence("s3:*", "*", **filled(condition, "Principal"))}})
    assert said(Jury(changed, write_evidence(tmp_path / "evidence", ACCOUNTS)).judged(FROM_OUTSIDE)) == expected


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_resource_of_another_organization(name: str, tmp_path: Path) -> None:
    condition, expected = CONDITIONS[name]
    changed = Changed(attach={ROOT: {"new": deny("s3:*", "*", **filled(condition, "Resource"))}})
    assert said(Jury(changed, write_evidence(tmp_path / "evidence", ACCOUNTS)).judged(TO_OUTSIDE)) == expected


PERIMETER: Final = Changed(
    kind=RCP, attach={ROOT: {"new": fence("s3:*", StringNotEquals={"aws:PrincipalOrgID": OURS})}}
)


def test_where_not_every_account_is_listed_any_may_be_ours(tmp_path: Path) -> None:
    evidence = write_evidence(tmp_path / "evidence", ACCOUNTS)
    assert said(Jury(PERIMETER, evidence, listed=False).judged(FROM_OUTSIDE)) == DEPENDS


def test_an_account_that_is_suspended_is_still_ours(tmp_path: Path) -> None:
    evidence = write_evidence(tmp_path / "evidence", ACCOUNTS)
    listed = json.loads((evidence / "accounts.json").read_text())
    listed["Accounts"].append(listed["Accounts"][-1] | {"Id": OUTSIDE, "State": "SUSPENDED"})
    (evidence / "accounts.json").write_text(json.dumps(listed))
    assert said(Jury(PERIMETER, evidence).judged(FROM_OUTSIDE)) == DEPENDS


def test_who_has_no_account_may_be_of_any_organization(tmp_path: Path) -> None:
    web = {"type": "WebIdentityUser", "principalId": "token.example.com:repo", "userName": "repo"}
    record = call(902, "s3", "GetObject", web, requestParameters=THING, resources=bucket_of(HERE))
    assert said(Jury(PERIMETER, write_evidence(tmp_path / "evidence", ACCOUNTS)).judged(record)) == DEPENDS
