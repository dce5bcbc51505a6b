"""Users out of two sources: everybody in either is judged once, and what one of them cannot tell is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.audit.test_entities import EVERYTHING, ID

from rootwarden.audit.entities.catalog import view_of
from rootwarden.audit.entities.record import Resource
from rootwarden.facts.credential_report import CredentialReportRow
from rootwarden.facts.fact import Known, Source, Unknown, unlisted
from rootwarden.facts.inventory import Inventory, OwnedDevice
from rootwarden.facts.organization import Organization
from rootwarden.facts.principals import AuthorizationDetails, GroupDetail, UserDetail
from rootwarden.facts.root_user import MfaDevice, MfaKind

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact

REPORT: Final = Source(call="iam:GetCredentialReport")
DETAILS: Final = Source(call="iam:GetAccountAuthorizationDetails")
REFUSED: Final = Unknown("refused")
ROOT: Final = f"arn:aws:iam::{ID}:root"
names = st.frozensets(st.text("abcdefgh", min_size=1, max_size=2), max_size=6)


def arn(name: str) -> str:
    return f"arn:aws:iam::{ID}:user/{name}"


def row(name: str, user_arn: str = "") -> CredentialReportRow:
    return CredentialReportRow({"user": name, "arn": user_arn or arn(name), "mfa_active": "true"}, REPORT)


def report_of(users: frozenset[str]) -> Fact[tuple[CredentialReportRow, ...]]:
    return Known((row("<root_account>", ROOT), *(row(name) for name in sorted(users))), (REPORT,))


def details_of(users: frozenset[str], groups: frozenset[str] = frozenset()) -> Fact[AuthorizationDetails]:
    listed = tuple(UserDetail(name=name, arn=arn(name), id=f"AIDA{name}", groups=("staff",)) for name in sorted(users))
    return Known(
        AuthorizationDetails(
            users=listed,
            groups=tuple(GroupDetail(name=name, arn=f"arn:aws:iam::{ID}:group/{name}", id=name) for name in groups),
        ),
        (DETAILS,),
    )


def listing(
    report: Fact[tuple[CredentialReportRow, ...]],
    details: Fact[AuthorizationDetails],
    devices: tuple[OwnedDevice, ...] = (),
) -> Fact[tuple[Resource | Unknown, ...]]:
    inventory = Inventory(report=report, details=details, virtual_devices=Known(devices))
    return view_of(msgspec.structs.replace(EVERYTHING, inventory=inventory), Organization()).listing("IAMUser")


def by_name(listed: Fact[tuple[Resource | Unknown, ...]]) -> dict[str, Resource]:
    assert isinstance(listed, Known)
    found = [each for each in listed.value if isinstance(each, Resource)]
    named = {each.name: each for each in found}
    assert len(named) == len(found)
    return named


@given(names, names)
def test_everybody_in_either_source_is_judged_once(reported: frozenset[str], detailed: frozenset[str]) -> None:
    found = by_name(listing(report_of(reported), details_of(detailed)))
    assert set(found) == {ROOT} | {arn(name) for name in reported | detailed}
    for name in reported | detailed:
        user = found[arn(name)]
        assert isinstance(user["MFAActive"], Known) is (name in reported)
        assert isinstance(user["Policies"], Known) is (name in detailed)
        assert user["RootUser"] == Known(False, user["RootUser"].sources)
        assert isinstance(user["Name"], Known)
    assert isinstance(found[ROOT]["Policies"], Known)


@given(names)
def test_without_the_report_somebody_may_be_missing(detailed: frozenset[str]) -> None:
    listed = listing(REFUSED, details_of(detailed))
    assert isinstance(listed, Known)
    assert [each for each in listed.value if isinstance(each, Unknown)] == [unlisted(REFUSED)]
    assert set(by_name(listed)) == {arn(name) for name in detailed}


@given(names)
def test_without_the_details_policies_are_unknown_and_nobody_is_missing(reported: frozenset[str]) -> None:
    found = by_name(listing(report_of(reported), REFUSED))
    assert set(found) == {ROOT} | {arn(name) for name in reported}
    assert {found[arn(name)]["Groups"] for name in reported} <= {REFUSED}


def test_without_both_nothing_is_known_and_nothing_is_empty() -> None:
    assert listing(REFUSED, Unknown("refused too")) == REFUSED


@given(names, names)
def test_learning_the_details_changes_nothing_that_was_known(
    reported: frozenset[str], detailed: frozenset[str]
) -> None:
    before = by_name(listing(report_of(reported), REFUSED))
    after = by_name(listing(report_of(reported), details_of(detailed)))
    for name, user in before.items():
        for attribute, fact in user.items():
            if isinstance(fact, Known) and not isinstance(fact.value, dict | tuple):
                assert after[name][attribute] == fact


def test_a_group_nobody_told_of_is_unknown_not_missing() -> None:
    for groups, known in ((frozenset({"staff"}), True), (frozenset[str](), False)):
        user = by_name(listing(report_of(frozenset("a")), details_of(frozenset("a"), groups)))[arn("a")]
        found = user["Groups"]
        assert isinstance(found, Known)
        assert isinstance(found.value, tuple)
        assert [isinstance(each, Resource) for each in found.value] == [known]


def test_devices_are_those_of_the_user_and_of_nobody_else() -> None:
    device = MfaDevice(serial_number="v", kind=MfaKind.VIRTUAL)
    found = by_name(listing(report_of(frozenset("ab")), REFUSED, (OwnedDevice(arn("a"), device),)))
    for name, count in (("a", 1), ("b", 0)):
        devices = found[arn(name)]["MFADevices"]
        assert isinstance(devices, Known)
        assert isinstance(devices.value, dict)
        assert len(devices.value["Virtual"].value) == count
        assert isinstance(devices.value["Physical"], Unknown)
