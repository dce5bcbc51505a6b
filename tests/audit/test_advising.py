"""How advice stands in an organization: what could not be looked at is never done."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from tests.audit.advised import REFUSED, account, advised, organization, standing

from rootwarden import packs
from rootwarden.advice.advice import State
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.facts.guardrail import ResourceControls, ScpDocument
from rootwarden.facts.organization import Organization, OrganizationalUnit, Position
from rootwarden.facts.root_user import Password
from rootwarden.iam.document import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.audit.advising import Advised
    from rootwarden.facts.account import Account
    from rootwarden.facts.fact import Fact

CREDENTIALS = "member-root-credentials-removed"
NOT_TOLD = Unknown("nobody told")


@pytest.mark.parametrize(
    ("present", "state"),
    [
        ((True, False), State.NOT_DONE),
        ((True, None), State.NOT_DONE),
        ((False, None), State.UNKNOWN),
        ((None, None), State.UNKNOWN),
        ((False, False), State.DONE),
    ],
    ids=str,
)
def test_credentials_of_members(present: tuple[bool | None, ...], state: State) -> None:
    facts = [REFUSED if one is None else Known(one) for one in present]
    found = standing(advised(account(1, credentials=facts[0]), account(2, credentials=facts[1])), CREDENTIALS)
    assert found.state is state
    assert (found.done, found.not_done, found.unknown) == tuple(map(present.count, (False, True, None)))
    assert found.accounts == tuple(f"{number:012d}" for number, one in enumerate(present, 1) if one)


def test_what_has_no_member_does_not_apply() -> None:
    found = standing(advised(), CREDENTIALS)
    assert (found.state, found.said) == (State.NOT_APPLICABLE, "there is no member account")


@pytest.mark.parametrize("told", list(product((True, False, None), repeat=3)), ids=str)
def test_learning_never_flips_what_was_decided(told: tuple[bool | None, ...]) -> None:
    def features(values: tuple[bool | None, ...]) -> Organization:
        facts: list[Fact[bool]] = [NOT_TOLD if one is None else Known(one) for one in values]
        return organization(trusted_access=facts[0], root_credentials_management=facts[1], root_sessions=facts[2])

    names = ("iam-trusted-access", "central-root-management", "root-sessions")
    before = advised(whole=features(told))
    for one, name in zip(told, names, strict=True):
        expected = State.UNKNOWN if one is None else State.DONE if one else State.NOT_DONE
        assert before.state(name) is expected
    for learnt in product((True, False), repeat=told.count(None)):
        answers = iter(learnt)
        after = advised(whole=features(tuple(next(answers) if one is None else one for one in told)))
        for name in names:
            assert before.state(name) in (State.UNKNOWN, after.state(name))
        for old, new in zip(before.today, after.today, strict=True):
            assert set(new.native) <= set(old.native)
            assert set(new.both) <= set(old.both)


def test_a_service_nobody_asked_is_unknown_and_the_advice_says_how_to_see() -> None:
    found = advised()
    looks = {one.id: one.decided.look for one in packs.advice() if one.decided.look}
    assert len(looks) > 4  # every advice a service decides has one
    for name, look in looks.items():
        assert found.state(name) is State.UNKNOWN
        assert look in standing(found, name).said


@pytest.mark.parametrize(("types", "state"), [(("SERVICE_CONTROL_POLICY",), State.DONE), ((), State.NOT_DONE)])
def test_policy_types(types: tuple[str, ...], state: State) -> None:
    root = OrganizationalUnit(
        id="r-0000", path="/Root", targets=("r-0000",), accounts=(), name="Root", policy_types=Known(types)
    )
    found = advised(whole=organization(units=Known((root,)), feature_set=Known("ALL")))
    assert found.state("scp-policy-type") is state
    assert found.state("rcp-policy-type") is State.NOT_DONE
    assert found.state("all-features") is State.DONE


def test_an_account_in_no_organization_needs_nothing_of_one() -> None:
    alone = replace(account(1), position=Known(Position.STANDALONE))
    found = advised(alone, whole=Organization(id=Absent(), accounts=Absent()), management=False)
    idle = {one.advice for one in found.standings if one.state is State.NOT_APPLICABLE}
    # The rest is asked of any account.
    assert {one.id for one in packs.advice()} - idle == {
        "access-analyzer",
        "alternate-contacts",
        "cost-anomaly-detection",
        "guardduty",
        "root-keys-deleted",
        "root-mfa",
        "root-second-device",
        "root-usage-alarm",
        "sign-in-policy",
        "trail-everywhere",
        "trail-validation",
    }
    assert all(one.said for one in found.standings)


def test_what_has_nothing_to_judge_waits_for_what_it_comes_after() -> None:
    found = advised(account(1))
    waiting = standing(found, "trail-validation")
    assert found.state("trail-everywhere") is waiting.state is State.UNKNOWN


def test_a_lone_account_is_told_of_what_can_happen_to_it() -> None:
    alone = replace(account(1), position=Known(Position.STANDALONE))
    found = advised(alone, whole=Organization(id=Absent(), accounts=Absent()), management=False)
    assert found.alone
    told = {one.scenario for one in found.today}
    of_organizations = {one.id for one in packs.scenarios() if one.only == "organization"}
    assert of_organizations
    assert told == {one.id for one in packs.scenarios()} - of_organizations
    assert {one.scenario for one in advised().today} == {one.id for one in packs.scenarios()}


def test_at_best_all_that_is_advised_and_applies_is_done() -> None:
    alone = replace(account(1), position=Known(Position.STANDALONE))
    lone = advised(alone, whole=Organization(id=Absent(), accounts=Absent()), management=False)
    outcomes = {one.scenario: one.native_at_best.outcome for one in lone.today}
    assert outcomes["mailbox-gone"] == "not-seen"  # what replaces an address is the organization's
    assert {one.scenario: one.native_at_best.outcome for one in advised().today}["mailbox-gone"] == "prevented"


def keyed(number: int, *, key: Fact[bool], mfa: Fact[bool], position: Position = Position.MEMBER) -> Account:
    made = account(number, credentials=Known(True), position=position)
    password = Password(present=Known(True))
    return replace(made, root=replace(made.root, access_keys_present=key, mfa_active=mfa, password=password))


def urgent(found: Advised) -> dict[str, int]:
    return {one.advice: place for place, one in enumerate(found.placed) if one.urgent}


def test_a_key_that_is_there_comes_first_and_one_that_may_be_does_not() -> None:
    assert urgent(advised(keyed(1, key=Known(True), mfa=Known(True)))) == {"root-keys-deleted": 0}
    assert urgent(advised(keyed(1, key=REFUSED, mfa=Known(True)))) == {}


def test_mfa_is_urgent_where_nothing_else_takes_the_password_away() -> None:
    member = keyed(1, key=Known(False), mfa=Known(False))
    manager = keyed(0, key=Known(False), mfa=Known(False), position=Position.MANAGEMENT)
    assert advised(member).state("root-mfa") is State.NOT_DONE
    assert urgent(advised(member)) == {}
    assert urgent(advised(member, manager, management=False)) == {"root-mfa": 0}


def with_policy(*statements: Mapping[str, object]) -> Organization:
    full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [full, *statements]}
    policy = ScpDocument(id="p-x", name="x", document=Known({}), statements=Known(read_document(document)))
    whole = organization(service_control_policies_enabled=Known(True), policies={"p-x": policy})
    targets = ("r-0000", "000000000000", "000000000001", "000000000002")
    return replace(whole, attachments=Known(dict.fromkeys(targets, ("p-x",))))


def test_a_policy_is_proven_and_not_recognised() -> None:
    leave = {"Effect": "Deny", "Action": "organizations:Leave*", "Resource": "*"}
    found = advised(whole=with_policy(leave))
    assert found.state("stay-in-organization-scp") is State.DONE
    assert found.state("root-deny-scp") is State.NOT_DONE
    account_leaves = next(one for one in found.today if one.scenario == "account-leaves")
    assert [cell.outcome for cell in account_leaves.native] == ["prevented"]


def test_a_policy_that_bars_your_own_repairs_is_not_done() -> None:
    root = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}
    found = standing(
        advised(whole=with_policy({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": root})),
        "root-deny-scp",
    )
    assert (found.state, found.said) == (State.NOT_DONE, "bars too much in 2 accounts")


def test_attachments_nobody_told_leave_it_unknown() -> None:
    assert advised().state("root-deny-scp") is State.UNKNOWN


EVERYWHERE = ("r-0000", "000000000000", "000000000001", "000000000002")
TOKENS = ["signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token"]
OFFICE = {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}
ROOT_SIGNS_IN = {"ArnLike": {"signin:PrincipalArn": "arn:*:iam::*:root"}}
ROOT_CALLS = {"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:root"}}


def denying(action: object, *conditions: Mapping[str, object]) -> dict[str, object]:
    made: dict[str, object] = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}
    together = {operator: keys for one in conditions for operator, keys in one.items()}
    return made | ({"Condition": together} if together else {})


def fenced(*statements: Mapping[str, object], targets: tuple[str, ...] = ("r-0000",), on: bool = True) -> State:
    full = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    policies = {
        name: ScpDocument(id=name, name=name, document=Known({}), statements=Known(read_document(document)))
        for name, document in (
            ("p-full", {"Version": "2012-10-17", "Statement": [full]}),
            ("p-fence", {"Version": "2012-10-17", "Statement": list(statements) or [full]}),
        )
    }
    attached = {each: ("p-full", *(("p-fence",) if each in targets else ())) for each in EVERYWHERE}
    controls = ResourceControls(enabled=Known(on), attachments=Known(attached), policies=policies)
    return advised(controls=controls).state("member-sign-in-fence")


SHIPPED = (denying("signin:Authenticate", OFFICE, ROOT_SIGNS_IN), denying(TOKENS, OFFICE, ROOT_CALLS))
EVERYBODY = denying(["signin:Authenticate", *TOKENS], OFFICE)


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        pytest.param(SHIPPED, State.DONE, id="as it ships, with a network of one's own"),
        pytest.param((EVERYBODY,), State.DONE, id="everybody, not only root"),
        pytest.param((denying("signin:*"),), State.DONE, id="from everywhere"),
        pytest.param((), State.NOT_DONE, id="nothing"),
        pytest.param(SHIPPED[:1], State.NOT_DONE, id="the page only, not the command line"),
        pytest.param(SHIPPED[1:], State.NOT_DONE, id="the command line only, not the page"),
        pytest.param(
            (denying(["signin:*"], {"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/0"]}}),), State.NOT_DONE, id="the world"
        ),
        pytest.param(
            (denying("signin:*", {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}),),
            State.NOT_DONE,
            id="one network barred, and the rest of the world not",
        ),
        pytest.param(
            (denying("signin:*", OFFICE, {"StringEquals": {"aws:PrincipalOrgPaths": "o/r/ou"}}),),
            State.UNKNOWN,
            id="a condition nobody can decide",
        ),
    ],
)
def test_a_fence_of_members_is_decided_by_what_it_denies(
    statements: tuple[Mapping[str, object], ...], state: State
) -> None:
    assert fenced(*statements) is state


def test_a_fence_counts_where_it_binds() -> None:
    assert fenced(*SHIPPED, targets=("000000000001", "000000000002")) is State.DONE
    assert fenced(*SHIPPED, targets=("000000000001",)) is State.NOT_DONE
    assert fenced(*SHIPPED, targets=("000000000000",)) is State.NOT_DONE
    assert fenced(*SHIPPED, on=False) is State.NOT_DONE


def test_resource_control_policies_nobody_collected_leave_the_fence_unknown() -> None:
    found = standing(advised(), "member-sign-in-fence")
    assert found.state is State.UNKNOWN
    assert found.said


def test_done_is_not_placed_and_everything_else_that_applies_is() -> None:
    found = advised(account(1, credentials=Known(False)))
    placed = [one.advice for one in found.placed]
    open_ = [one.advice for one in found.standings if one.state in (State.NOT_DONE, State.UNKNOWN)]
    assert sorted(placed) == open_
    assert CREDENTIALS not in placed
