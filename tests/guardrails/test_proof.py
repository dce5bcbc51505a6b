"""Guardrails proven on small organizations: every published form, levels, what is not known."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from tests.guardrails.standings import FULL, GONE, MANAGEMENT, MEMBER, ROOT, SANDBOX, organization

from rootwarden import packs
from rootwarden.audit.guardrail_proof import Planned, Wanted, around_of, policy_of, prove_all
from rootwarden.errors import UsageError
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.facts.guardrail import ResourceControls
from rootwarden.facts.organization import Organization
from rootwarden.guardrails.content.guardrail_file import read_guardrail
from rootwarden.guardrails.content.values import examples, values_for
from rootwarden.guardrails.content.writing import as_json
from rootwarden.guardrails.proof import Verdict
from rootwarden.guardrails.standing import SignInPolicy, landscape
from rootwarden.iam.document import read_document
from rootwarden.iam.layer import Unreadable

if TYPE_CHECKING:
    from rootwarden.audit.guardrail_proof import Proof
    from rootwarden.guardrails.proof import Group
    from rootwarden.guardrails.standing import Landscape

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "published.toml").read_text(encoding="utf-8"))[
    "case"
]
ROOT_ARN = {"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:root"}}
DENY_ROOT = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": ROOT_ARN}
EXEMPT = {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {**ROOT_ARN, "Null": {"aws:AssumedRoot": "true"}},
}


# Published, and shipped by nobody here: what root and a role must not do, and a role may.
BLOCK = """
id = "public-access-block"
title = "Nobody opens the account's buckets to everybody"
kind = "scp"
why = "The block of the account is above those of its buckets"
attach = "the organization's root"
misses = "The management account"
sources = ["S3 user guide, Blocking public access"]
[[statement]]
sid = "ProtectBlock"
action = ["s3:PutAccountPublicAccessBlock"]
[[denies]]
name = "root changes the block of the account"
who = "root"
action = "s3:PutAccountPublicAccessBlock"
[[denies]]
name = "a role changes the block of the account"
who = "role"
principal = "Developer"
action = "s3:PutAccountPublicAccessBlock"
[[permits]]
name = "a role reads the block of the account"
who = "role"
principal = "Developer"
action = "s3:GetAccountPublicAccessBlock"
"""


def wanted(name: str, **given: str) -> Wanted:
    own = read_guardrail(BLOCK, file="public-access-block.toml")
    guardrail = next(one for one in (*packs.guardrails(), own) if one.id == name)
    return Wanted(guardrail, values_for(guardrail, given))


def proven(name: str, there: Landscape, **given: str) -> Proof:
    return prove_all(there, [wanted(name, **given)])


def group_of(proof: Proof, account: str) -> Group:
    (found,) = [group for group in proof.guardrails[0].groups if account in group.accounts]
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_published_form(case: dict[str, Any]) -> None:
    there = organization(
        {case.get("at", ROOT): {"case": json.loads(case["statements"])}}, partition=case.get("partition", "aws")
    )
    proof = proven(case["proves"], there, **case.get("parameters", {}))
    group = group_of(proof, case.get("of", MEMBER))
    assert group.verdict == case["verdict"]
    assert case.get("note", "") in group.note
    assert sorted({flaw.kind.value for flaw in proof.flaws}) == sorted(case.get("flaws", []))
    if "says" in case:
        assert any(case["says"] in said for one in group.rulings for said in one.nearly)
    if group.verdict is Verdict.HOLDS:
        assert all(one.by[0].policy == "case" for one in group.rulings if one.expected)


def test_the_statement_and_the_level_that_deny_are_named() -> None:
    there = organization({"ou-work": {"NoRoot": [{**EXEMPT, "Sid": "Nothing"}]}})
    place = group_of(proven("deny-root-actions", there), MEMBER).rulings[0].by[0]
    assert (place.policy, place.policy_id, place.statement, place.level) == (
        "NoRoot",
        "p-NoRoot",
        "Nothing",
        "/Root/Work",
    )


def test_the_management_account_is_not_bound_and_closed_accounts_are_named() -> None:
    proof = proven("deny-root-actions", organization({ROOT: {"NoRoot": EXEMPT}}))
    assert group_of(proof, MANAGEMENT).verdict is Verdict.NOT_BOUND
    assert group_of(proof, SANDBOX).verdict is Verdict.HOLDS
    assert proof.skipped == ((GONE, "SUSPENDED"),)
    assert proof.exit_code == 0


@pytest.mark.parametrize("kind", ["scp", "rcp"])
def test_where_nobody_knows_who_manages_the_organization_nothing_is_proven_to_hold(kind: str) -> None:
    """Any account may be the one that no policy binds; what no policy denies is open all the same."""
    name = "deny-root-actions" if kind == "scp" else "restrict-assume-root-of-members"
    given = {} if kind == "scp" else {"roles": "RootAudit", "organization": "o-0000000000"}
    statements = json.loads(as_json(policy_of(wanted(name, **given))))["Statement"]
    there = organization({"ou-work": {"Bars": statements}}, kind=kind)
    assert group_of(proven(name, there, **given), MEMBER).verdict is Verdict.HOLDS
    unknown = structs.replace(
        there, management="", standings=tuple(structs.replace(one, management=False) for one in there.standings)
    )
    proof = proven(name, unknown, **given)
    group = group_of(proof, MEMBER)
    assert group.verdict is Verdict.UNKNOWN
    assert any("which account manages the organization" in one for one in group.rulings[0].depends_on)
    assert {group_of(proof, one).verdict for one in (MANAGEMENT, SANDBOX)} == {Verdict.OPEN}


def test_service_linked_roles_are_exempt() -> None:
    there = organization({ROOT: {"Stop": {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}})
    rulings = {one.ask: one.denied for one in group_of(proven("deny-root-actions", there), MEMBER).rulings}
    assert rulings["a role of a service works"] is False
    assert rulings["a role reads its own policies"] is True


def test_a_policy_nobody_can_read_leaves_it_unknown_unless_another_denies() -> None:
    unread = {"Broken": "{"}
    alone = proven("deny-root-key-creation", organization({"ou-work": unread}))
    group = group_of(alone, MEMBER)
    assert group.verdict is Verdict.UNKNOWN
    assert "policy `Broken` at /Root/Work: it is not whole JSON" in group.rulings[0].depends_on
    assert group_of(alone, SANDBOX).verdict is Verdict.OPEN
    beside = proven("deny-root-key-creation", organization({ROOT: {"NoRoot": EXEMPT}, "ou-work": unread}))
    assert [one.denied for one in group_of(beside, MEMBER).rulings if one.expected] == [True]


def test_no_tree_no_answer() -> None:
    proof = proven("deny-root-actions", organization({ROOT: {"NoRoot": EXEMPT}}, tree=False))
    assert group_of(proof, MEMBER).verdict is Verdict.UNKNOWN
    assert "tree" in group_of(proof, MEMBER).note
    assert proof.exit_code == 3


def test_a_level_without_policies_is_evidence_that_lacks_something() -> None:
    group = group_of(proven("deny-leaving-organization", organization(full=False)), MEMBER)
    assert group.verdict is Verdict.UNKNOWN
    assert any("AWS keeps one attached" in said for said in group.rulings[0].depends_on)


def test_an_allow_list_that_omits_a_level_is_found() -> None:
    only_denies = {"Sid": "Rest", "Effect": "Deny", "Action": "ec2:*", "Resource": "*"}
    every = {target: {"Everything": FULL} for target in (ROOT, "ou-sand", MANAGEMENT, MEMBER, SANDBOX)}
    proof = proven("deny-leaving-organization", organization({**every, "ou-work": {"Rest": only_denies}}, full=False))
    (flaw,) = [one for one in proof.flaws if one.kind.value == "allows-nothing"]
    assert (flaw.levels, flaw.accounts) == (("/Root/Work",), 1)
    group = group_of(proof, MEMBER)
    assert group.verdict is Verdict.BARS
    assert {one.omitted for one in group.rulings} == {"/Root/Work"}


def test_nobody_known_is_not_decided() -> None:
    nothing = landscape(Organization(), ResourceControls(), {})
    assert proven("deny-root-actions", nothing).exit_code == 3


def test_a_standalone_account_is_not_bound_by_any_policy_of_an_organization() -> None:
    alone = landscape(Organization(id=Absent()), ResourceControls(), {}, {MEMBER: "aws"})
    proof = proven("deny-root-actions", alone)
    assert group_of(proof, MEMBER).verdict is Verdict.NOT_BOUND
    assert proof.exit_code == 1


def test_policies_of_another_kind_do_not_count() -> None:
    there = organization({ROOT: {"NoRoot": [{**DENY_ROOT, "Principal": "*"}]}}, kind="rcp")
    assert group_of(proven("deny-root-actions", there), MEMBER).verdict is Verdict.OPEN


class TestResourceControls:
    FENCE = json.loads(
        '[{"Effect": "Deny", "Principal": "*", "Action": ["signin:Authenticate", "signin:AuthorizeOAuth2Access",'
        ' "signin:CreateOAuth2Token"], "Resource": "*",'
        ' "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}}]'
    )

    def test_a_fence_of_everybody_bars_more_than_root(self) -> None:
        there = organization({ROOT: {"Fence": self.FENCE}}, kind="rcp")
        given = {"networks": "203.0.113.0/24"}
        assert group_of(proven("fence-root-sign-in", there, **given), MEMBER).verdict is Verdict.BARS
        everybody = proven("fence-root-sign-in", there, **given, root_only="off")
        assert group_of(everybody, MEMBER).verdict is Verdict.HOLDS
        assert group_of(everybody, MANAGEMENT).verdict is Verdict.NOT_BOUND

    def test_of_other_networks(self) -> None:
        there = organization({ROOT: {"Fence": self.FENCE}}, kind="rcp")
        found = proven("fence-root-sign-in", there, networks="192.0.2.0/24", root_only="off")
        assert group_of(found, MEMBER).verdict is Verdict.BARS


class TestSignIn:
    FENCE = read_document(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "signin:*",'
        ' "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}]}'
    )

    def verdict(self, policy: Any) -> Verdict:
        there = organization(sign_in={MANAGEMENT: policy})
        given = {"networks": "203.0.113.0/24", "root_only": "off"}
        return group_of(proven("fence-root-sign-in-of-account", there, **given), MANAGEMENT).verdict

    def test_it_reaches_the_management_account(self) -> None:
        assert self.verdict(Known(SignInPolicy(self.FENCE, Known(True)))) is Verdict.HOLDS

    def test_it_does_nothing_until_it_is_switched_on(self) -> None:
        assert self.verdict(Known(SignInPolicy(self.FENCE, Known(False)))) is Verdict.OPEN
        assert self.verdict(Known(SignInPolicy(self.FENCE, Absent()))) is Verdict.OPEN
        assert self.verdict(Known(SignInPolicy(self.FENCE, Unknown("refused")))) is Verdict.UNKNOWN

    def test_none_and_not_asked_and_not_readable(self) -> None:
        assert self.verdict(Absent()) is Verdict.OPEN
        assert self.verdict(Unknown("nobody asked")) is Verdict.UNKNOWN
        assert self.verdict(Known(SignInPolicy(Unreadable("half a file"), Known(True)))) is Verdict.UNKNOWN


class TestPlanned:
    @pytest.mark.parametrize("guardrail", packs.guardrails(), ids=lambda one: one.id)
    def test_every_shipped_guardrail_holds_wherever_it_would_bind(self, guardrail: Any) -> None:
        one = Wanted(guardrail, examples(guardrail))
        there = organization(sign_in=dict.fromkeys((MANAGEMENT, MEMBER, SANDBOX), Absent()))
        assert prove_all(there, [one]).exit_code == 1
        planned = prove_all(there, [one], [Planned(one)])
        assert planned.exit_code == 0
        assert {group.verdict for group in planned.guardrails[0].groups} <= {Verdict.HOLDS, Verdict.NOT_BOUND}

    def test_at_a_unit_it_holds_below_it_only(self) -> None:
        one = wanted("deny-root-actions")
        proof = prove_all(organization(), [one], [Planned(one, "ou-work")])
        assert group_of(proof, MEMBER).verdict is Verdict.HOLDS
        assert group_of(proof, SANDBOX).verdict is Verdict.OPEN
        assert proof.planned == (("deny-root-actions", "ou-work"),)

    def test_where_nothing_is(self) -> None:
        one = wanted("deny-root-actions")
        with pytest.raises(UsageError, match="no target `ou-none`"):
            prove_all(organization(), [one], [Planned(one, "ou-none")])

    def test_attachments_are_counted_against_the_dated_limits(self) -> None:
        one = wanted("deny-root-actions")
        few = {ROOT: {f"p{number}": FULL for number in range(4)}}
        noted = prove_all(organization(few), [one], [Planned(one)])
        assert (noted.over_limits, noted.exit_code) == ((), 0)
        assert noted.notes == ("6 would be attached to `r-0000`; until 2026-05-15 at most 5 were",)
        many = {ROOT: {f"p{number}": FULL for number in range(9)}}
        full = prove_all(organization(many), [one], [Planned(one)])
        assert full.over_limits == ("11 would be attached to `r-0000`; at most 10 are since 2026-05-15 (reported)",)
        assert full.exit_code == 1

    def test_a_sign_in_policy_nobody_read_stays_unknown(self) -> None:
        one = wanted("fence-root-sign-in-of-account", networks="203.0.113.0/24")
        proof = prove_all(organization(), [one], [Planned(one)])
        assert proof.exit_code == 3


_TARGETS = st.sampled_from([ROOT, "ou-work", "ou-sand", MEMBER, SANDBOX])
_STATEMENTS = st.sampled_from([json.loads(case["statements"]) for case in CASES])
_ATTACHED = st.dictionaries(_TARGETS, _STATEMENTS.map(lambda found: {"drawn": found}), max_size=3).map(
    lambda found: {target: {f"drawn-{target}": named["drawn"]} for target, named in found.items()}
)
_GUARDRAILS = st.sampled_from([one for one in packs.guardrails() if one.kind.value == "scp"])


@given(_ATTACHED, _TARGETS, _GUARDRAILS)
def test_attaching_an_allow_of_everything_changes_nothing(attached: Any, target: str, guardrail: Any) -> None:
    one = Wanted(guardrail, examples(guardrail))
    before = prove_all(organization(attached), [one]).guardrails
    more = {**attached, target: {**attached.get(target, {}), "more": FULL}}
    assert prove_all(organization(more), [one]).guardrails == before


@given(_ATTACHED, _GUARDRAILS, st.booleans())
def test_a_deny_higher_up_denies_everything_below(attached: Any, guardrail: Any, at_root: bool) -> None:
    one = Wanted(guardrail, examples(guardrail))
    target, below = (ROOT, (MEMBER, SANDBOX)) if at_root else ("ou-work", (MEMBER,))
    proof = prove_all(organization(attached), [one], [Planned(one, target)])
    for account in below:
        assert all(ruling.denied for ruling in group_of(proof, account).rulings if ruling.expected)


@given(_ATTACHED, _GUARDRAILS, _TARGETS)
def test_what_can_be_read_later_never_turns_a_decided_ruling(attached: Any, guardrail: Any, target: str) -> None:
    one = Wanted(guardrail, examples(guardrail))
    hidden = {**attached, target: {f"drawn-{target}": "{"}}
    shown = {**attached, target: {f"drawn-{target}": json.loads(CASES[0]["statements"])}}
    unread, read = (prove_all(organization(there), [one]) for there in (hidden, shown))
    for account in (MEMBER, SANDBOX):
        pairs = zip(group_of(unread, account).rulings, group_of(read, account).rulings, strict=True)
        assert all(before.denied in {None, after.denied} for before, after in pairs)


def test_keys_there_are_not_are_told_from_keys_of_services_nobody_knows() -> None:
    statements = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "aws:PrincipalIsRoot": "true",
                "aws:PrincipalArn": "x",
                "nosuchservice:Key": "x",
                "iam:NoSuchKey": "x",
            }
        },
    }
    there = organization({ROOT: {"case": statements}})
    assert around_of(there).no_keys == {"aws:principalisroot", "iam:nosuchkey"}


def test_the_policy_that_is_planned_is_the_one_that_is_rendered() -> None:
    assert [one.sid for one in policy_of(wanted("deny-root-actions")).statements] == ["DenyRootActions"]
