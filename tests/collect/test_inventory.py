"""What accounts hold beside their root user: live and from a folder the same, unknown where nobody could look."""

from __future__ import annotations

import gc
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.collect import looks

from rootwarden.audit.assess import assess
from rootwarden.audit.entities.view import View
from rootwarden.audit.judge import Judge
from rootwarden.audit.rulebook import rulebook
from rootwarden.audit.terms import Terms
from rootwarden.aws.door import Door
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.live import LiveCollection, Scope
from rootwarden.collect.offline import collect_folder
from rootwarden.collect.plan import MEMBER_ACTIONS, plan_for
from rootwarden.collect.save import EvidenceWriter
from rootwarden.packs import every_rule, schema
from rootwarden.report import find
from rootwarden.rules.rule_file import load_rule_file
from rootwarden.rules.verdict import Verdict
from rootwarden.simulator import parts, running
from rootwarden.simulator.identities import Group, IAMUser, ManagedPolicy, Role
from rootwarden.simulator.knobs import Deny, ReportPolls, Throttle
from rootwarden.simulator.parts import member_id
from rootwarden.simulator.worlds import WORLDS, make_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.audit.result import AuditResult, Finding
    from rootwarden.audit.rulebook import Rulebook
    from rootwarden.simulator.world import World

pytestmark = pytest.mark.timeout(60)
MEMBER: Final = member_id(1)
RULES: Final = {
    "users": 'IAMUser should not have Policies . Managed with [ Name eq "AdministratorAccess" ]',
    "through-groups": "IAMUser should not have Groups with [ GroupPolicy . ManagedPolicies with "
    '[ Permissions . Statements with [ Effect eq "Allow" and Action with [ value eq "*" ] ] ] ]',
    "inline": "IAMUser should not have Policies . Inline with "
    '[ PolicyDocument . Statements with [ Action with [ value eq "*" ] ] ]',
    "devices": "IAMUser where RootUser eq false should have MFADevices . Virtual len ( ) gte 0",
    "groups": "IAMGroup should have Users len ( ) gt 0",
    "roles": "IAMRole should not have AssumeRolePolicy . CrossAccountArn",
    "policies": "IAMPolicy should have AttachedEntities . Users len ( ) eq 0",
    "passwords": "IAMPasswordPolicy should have MinimumPasswordLength gte 14",
    "account": 'Account should have Status eq "ACTIVE" and RootUser . MFAActive',
    "summary": "AccountSummary should have Users lt 3",
    "contacts": 'AlternateContact where Type eq "security" should have Present',
    "trail": 'CloudTrail should have LoggingEnabled and LogFileValidationEnabled and LogGroup . Name like "trail"',
    "chain": "AWS should have atleast one CloudTrails with [ LogGroup . MetricFilters with [ Transformations with "
    "[ MetricAlarms with [ AlarmActions with [ SNSTopic . Subscriptions with [ Confirmed ] ] ] ] ] ]",
    "retention": "CloudWatchLogGroup should have Retention gte 365",
    "alarms": "MetricAlarm should have ActionsEnabled",
    "topics": "SNSTopic should have Subscriptions with [ Confirmed ]",
    "organization": 'Organization should have FeatureSet eq "ALL" and OrganizationalUnits len ( ) gt 0',
    "units": "OrganizationalUnit should have ServiceControlPolicies len ( ) gt 0",
    "controls": "ServiceControlPolicy should have Targets len ( ) gt 0",
    "central": "CentralRootAccess should have RootSessions",
    "fleet-users": "Fleet should have every IAMUsers with [ MFAActive or not Password . Enabled ]",
    "fleet-accounts": "Fleet should have atleast 50% Accounts with [ RootUser . MFAActive ]",
    "nobody-feeds": 'AWS should have atleast one AccessAnalyzers with [ Status eq "ACTIVE" ]',
}
DETAILED: Final = {"users", "through-groups", "inline", "groups", "roles", "policies"}


def book(*names: str) -> Rulebook:
    return rulebook([load_rule_file(RULES[name], file=f"{name}.rule") for name in names or RULES], schema())


def live(
    world: World, rules: Rulebook, *knobs: Any, folder: Path | None = None
) -> tuple[AuditResult, dict[tuple[str, str], int]]:
    """One live run, judged as it goes, and its calls."""
    world.initial_knobs = (ReportPolls(polls=0), *knobs)
    judge = Judge(Terms(rulebook=rules))
    with running(world) as simulator, looks.pointed_at(simulator):
        collected = LiveCollection(
            door=Door(connections=8),
            plan=plan_for(rules.needs, watched=rules.watched),
            scope=Scope(organization=world.organization is not None, role_name=looks.ROLE),
            clock=simulator.state.clock,
            parts=rules.parts,
            writer=EvidenceWriter(folder) if folder else None,
            digest=judge.digest,
        ).run()
        return assess(collected, Terms(rulebook=rules), judge), simulator.calls.snapshot()


def replayed(folder: Path, rules: Rulebook) -> AuditResult:
    judge = Judge(Terms(rulebook=rules))
    collected = collect_folder(EvidenceFolder(folder), parts=rules.parts, digest=judge.digest)
    return assess(collected, Terms(rulebook=rules), judge)


def verdicts(result: AuditResult) -> str:
    document: dict[str, Any] = json.loads(find("json").render(result))
    return json.dumps(document["verdicts"])


def said(result: AuditResult, rule: str, account: str = MEMBER) -> list[Finding]:
    return [each for each in result.findings if (each.rule, each.account) == (rule, account)]


def crowded(users: int, *, roles: int = 2) -> World:
    world = make_world("greenfield", 3)
    for account in map(world.account, world.account_ids):
        created = parts.days_ago(100)
        account.groups = [Group(name="staff", create_date=created, policies=("ReadOnlyAccess",))]
        account.policies = [ManagedPolicy(name="own", documents={"v1": parts.ADMINISTRATOR_DOCUMENT})]
        account.users = [IAMUser(name=f"u{number}", create_date=created, groups=("staff",)) for number in range(users)]
        account.roles += [Role(name=f"r{number}", create_date=created) for number in range(roles)]
    return world


@pytest.mark.parametrize("name", WORLDS)
def test_replaying_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    world = make_world(name) if name == "standalone" else make_world(name, 6)
    knobs = world.initial_knobs
    seen, _ = live(world, book(), *knobs, folder=tmp_path / "e")
    assert {each.rule for each in seen.findings} == set(RULES)
    assert verdicts(seen) == verdicts(replayed(tmp_path / "e", book()))


@pytest.mark.parametrize("name", ["greenfield", "breached"])
def test_replaying_every_pack_at_once(tmp_path: Path, name: str) -> None:
    rules = rulebook(every_rule(), schema())
    seen, _ = live(make_world(name, 4), rules, folder=tmp_path / "e")
    assert verdicts(seen) == verdicts(replayed(tmp_path / "e", rules))


def test_what_a_healthy_organization_gives() -> None:
    seen, _ = live(make_world("forgotten_mailbox", 4), book())
    users = {each.resource.rpartition("/")[2]: each.verdict for each in said(seen, "through-groups")}
    assert users["admin"] is Verdict.FAIL
    assert users["founder"] is Verdict.PASS
    inline = {each.resource.rpartition("/")[2]: each.verdict for each in said(seen, "inline")}
    assert (inline["admin"], inline["founder"]) == (Verdict.PASS, Verdict.FAIL)
    assert [each.verdict for each in said(seen, "passwords")] == [Verdict.FAIL]
    assert "`MinimumPasswordLength` is 6" in said(seen, "passwords")[0].reason
    assert "`MinimumPasswordLength` is absent" in said(seen, "passwords", looks.MANAGEMENT)[0].reason
    (none,) = said(seen, "trail")
    assert (none.verdict, none.reason) == (Verdict.NOT_APPLICABLE, "there is no CloudTrail here")
    assert [each.verdict for each in said(seen, "chain")] == [Verdict.FAIL]
    assert [each.verdict for each in said(seen, "nobody-feeds")] == [Verdict.UNKNOWN]
    assert {(each.account, each.resource) for each in seen.findings if each.rule.startswith("fleet")} == {("", "fleet")}


def test_an_organization_trail_counts_in_every_member() -> None:
    seen, _ = live(make_world("greenfield", 4), book("trail", "chain", "retention"))
    assert {each.verdict for each in seen.findings} == {Verdict.PASS}
    assert {each.account for each in seen.findings} == set(map(member_id, range(4)))
    assert all(each.evidence for each in seen.findings)


def test_every_finding_can_be_traced() -> None:
    seen, _ = live(make_world("greenfield", 3), book())
    untraced = {each.rule for each in seen.findings if not each.evidence}
    # Of the type of a contact, and of what nobody collects, nobody was asked.
    assert untraced <= {"contacts", "nobody-feeds"}


@pytest.mark.parametrize(
    ("action", "undecided"),
    [
        ("iam:GetAccountAuthorizationDetails", DETAILED),
        ("iam:GetAccountPasswordPolicy", {"passwords"}),
        ("iam:GetAccountSummary", {"summary"}),
        ("logs:DescribeLogGroups", {"retention"}),
        # A trail that was not seen may send to a topic too.
        ("cloudtrail:DescribeTrails", {"trail", "chain", "retention", "topics"}),
        ("cloudtrail:GetTrailStatus", {"trail"}),
        ("logs:DescribeMetricFilters", {"chain"}),
        ("cloudwatch:DescribeAlarms", {"chain", "alarms", "topics"}),
        ("sns:ListSubscriptionsByTopic", {"chain", "topics"}),
        ("account:GetAlternateContact", {"contacts"}),
    ],
)
@pytest.mark.parametrize("knob", [Deny, Throttle], ids=["denied", "throttled"])
def test_a_call_without_an_answer_costs_exactly_what_depends_on_it(
    tmp_path: Path, knob: Callable[..., Any], action: str, undecided: set[str]
) -> None:
    world = make_world("standalone")
    parts.add_administrators(world.management)
    always: dict[str, Any] = {} if knob is Deny else {"every": 1}
    names = [name for name in RULES if not name.startswith("fleet") and name != "nobody-feeds"]
    seen, _ = live(world, book(*names), knob(call=action, **always), folder=tmp_path / "e")
    clean, _ = live(make_world("standalone"), book(*names))
    before = {each.rule for each in clean.findings if each.verdict is Verdict.UNKNOWN}
    unknown = {each.rule for each in seen.findings if each.verdict is Verdict.UNKNOWN}
    assert unknown - before == undecided
    for each in seen.findings:
        if each.rule in undecided and each.verdict is Verdict.UNKNOWN:
            assert action.partition(":")[2] in each.reason, each
    assert verdicts(seen) == verdicts(replayed(tmp_path / "e", book(*names)))


def test_calls_do_not_grow_with_users_groups_or_roles() -> None:
    few, many = live(crowded(2), book())[1], live(crowded(300, roles=200), book())[1]
    assert few == many


def test_a_thousand_principals_are_one_more_page() -> None:
    few, many = live(crowded(2), book("users"))[1], live(crowded(1500), book("users"))[1]
    grown = {key: many[key] - few[key] for key in many if many[key] != few[key]}
    details = {(account, "iam:GetAccountAuthorizationDetails"): 1 for account in map(member_id, range(3))}
    assert grown == details


@pytest.mark.parametrize(
    ("rule", "calls"),
    [
        ("passwords", {"iam:GetAccountPasswordPolicy"}),
        ("groups", {"iam:GetAccountAuthorizationDetails"}),
        ("roles", {"iam:GetAccountAuthorizationDetails"}),
        ("summary", {"iam:GetAccountSummary"}),
        ("alarms", {"cloudwatch:DescribeAlarms"}),
        ("retention", {"cloudtrail:DescribeTrails", "logs:DescribeLogGroups"}),
        ("organization", set()),
        ("central", set()),
    ],
)
def test_a_rule_asks_for_nothing_else(rule: str, calls: set[str]) -> None:
    _, made = live(make_world("standalone"), book(rule))
    inside = {call for _, call in made if not call.startswith(("sts:", "organizations:"))}
    assert inside - {"iam:ListOrganizationsFeatures"} == calls


def test_every_call_has_a_permission() -> None:
    _, made = live(make_world("patchwork", 8), book())
    assert {call for account, call in made if account != looks.MANAGEMENT} <= set(MEMBER_ACTIONS)


def whole(tmp_path: Path) -> Path:
    """An evidence folder of one standalone account with administrators, and its authorization details."""
    world = make_world("standalone")
    parts.add_administrators(world.management)
    live(world, book(), folder=tmp_path / "e")
    return tmp_path / "e" / "accounts" / looks.MANAGEMENT / "authorization-details.json"


def paged(details: dict[str, Any], *, truncated: tuple[bool, ...] = (True, True, False)) -> list[dict[str, Any]]:
    """The details as three pages: users, groups and roles, policies."""
    lists = ("UserDetailList",), ("GroupDetailList", "RoleDetailList"), ("Policies",)
    every: dict[str, Any] = {name: [] for names in lists for name in names}
    return [
        {**every, **{name: details[name] for name in names}, "IsTruncated": cut, **({"Marker": "x"} if cut else {})}
        for names, cut in zip(lists, truncated, strict=True)
    ]


def test_pages_one_after_the_other_are_the_whole_answer(tmp_path: Path) -> None:
    file = whole(tmp_path)
    expected = verdicts(replayed(tmp_path / "e", book()))
    pages = paged(json.loads(file.read_text()))
    for between in ("", "\n", "\n\n  "):
        file.write_text(between.join(json.dumps(page, indent=2) for page in pages))
        assert verdicts(replayed(tmp_path / "e", book())) == expected


def without(details: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in details.items() if key != name}


def joined(pages: list[dict[str, Any]], between: str = "") -> str:
    return between.join(map(json.dumps, pages))


# From the details as they were kept to what is in the file instead.
SPOILT: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "cut in half": lambda details: json.dumps(details)[: len(json.dumps(details)) // 2],
    "not JSON": lambda _details: "An error occurred (AccessDenied)",
    "empty": lambda _details: "",
    "a page of several": lambda details: joined(paged(details)[:1]),
    "the last page is missing": lambda details: joined(paged(details)[:2]),
    "pages of two answers": lambda details: joined(paged(details, truncated=(False, True, False))),
    "a page twice": lambda details: joined([paged(details)[0], *paged(details)]),
    "a page cut": lambda details: joined(paged(details))[:-20],
    "something between pages": lambda details: joined(paged(details), ", "),
    "a list left out": lambda details: json.dumps(without(details, "RoleDetailList")),
    "another account": lambda details: json.dumps(details).replace(looks.MANAGEMENT, "111122223333"),
    "users that are no users": lambda details: json.dumps({**details, "UserDetailList": ["alice"]}),
    "a user without an ARN": lambda details: json.dumps(
        {**details, "UserDetailList": [without(each, "Arn") for each in details["UserDetailList"]]}
    ),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_details_that_cannot_be_used_are_unknown_with_the_reason(tmp_path: Path, kind: str) -> None:
    file = whole(tmp_path)
    file.write_text(SPOILT[kind](json.loads(file.read_text())))
    rules = book(*DETAILED)
    collected = collect_folder(EvidenceFolder(tmp_path / "e"), parts=rules.parts)
    result = assess(collected, Terms(rulebook=rules))
    for each in result.findings:
        # Root has no policies whatever the details say; of everybody else nothing is known.
        assert each.verdict is (Verdict.PASS if each.resource.endswith(":root") else Verdict.UNKNOWN), each
    assert {each.rule for each in result.findings} == DETAILED
    assert collected.unreadable
    assert {part for each in collected.unreadable for part in (each.subject, each.reason)}


def test_a_document_that_cannot_be_read_spoils_no_other(tmp_path: Path) -> None:
    file = whole(tmp_path)
    details: dict[str, Any] = json.loads(file.read_text())
    founder = next(each for each in details["UserDetailList"] if each["UserName"] == "founder")
    founder["UserPolicyList"][0]["PolicyDocument"] = "%7B%22Statement%22"
    file.write_text(json.dumps(details))
    found = {each.resource.rpartition("/")[2]: each for each in replayed(tmp_path / "e", book("inline")).findings}
    assert found["founder"].verdict is Verdict.UNKNOWN
    assert "inline policy `everything` cannot be read: it is not whole JSON" in found["founder"].reason
    assert found["admin"].verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("content", "verdict", "said_"),
    [
        ('{"PasswordPolicy": {"MinimumPasswordLength": 14}}', Verdict.PASS, ""),
        ('{"PasswordPolicy": {"MinimumPasswordLength": 6}}', Verdict.FAIL, ""),
        ('{"PasswordPolicy": {}}', Verdict.UNKNOWN, "without a usable `MinimumPasswordLength`"),
        ('{"PasswordPolicy": {"MinimumPasswordLength": "14"}}', Verdict.UNKNOWN, "cannot be read"),
        ("{}", Verdict.UNKNOWN, "without a usable `PasswordPolicy`"),
        ('{"PasswordPolicy": {"Minim', Verdict.UNKNOWN, "not whole JSON"),
        ("[]", Verdict.UNKNOWN, "no JSON object"),
        (None, Verdict.UNKNOWN, "was not collected"),
    ],
)
def test_password_policies_of_every_shape(tmp_path: Path, content: str | None, verdict: Verdict, said_: str) -> None:
    file = whole(tmp_path).with_name("password-policy.json")
    file.unlink()
    if content is not None:
        file.write_text(content)
    (found,) = replayed(tmp_path / "e", book("passwords")).findings
    assert found.verdict is verdict
    assert said_ in found.reason


def test_no_password_policy_is_a_fact_and_a_refusal_is_not(tmp_path: Path) -> None:
    file = whole(tmp_path).with_name("password-policy.json")
    file.unlink()
    errors = file.with_name("errors.json")
    kept = json.loads(errors.read_text()) if errors.exists() else {}
    (tmp_path / "e" / "collection.json").unlink()
    seen = {}
    for code in ("NoSuchEntity", "AccessDenied"):
        errors.write_text(json.dumps({**kept, "GetAccountPasswordPolicy": code}))
        (seen[code],) = replayed(tmp_path / "e", book("passwords")).findings
    assert seen["NoSuchEntity"].verdict is Verdict.FAIL
    assert seen["AccessDenied"].verdict is Verdict.UNKNOWN
    assert seen["AccessDenied"].missing[0].permission == "iam:GetAccountPasswordPolicy"


def test_what_was_judged_is_not_kept() -> None:
    rules = book("users")
    judge = Judge(Terms(rulebook=rules))
    world = crowded(20)
    with running(world) as simulator, looks.pointed_at(simulator):
        collected = LiveCollection(
            door=Door(connections=8),
            plan=plan_for(rules.needs, watched=rules.watched),
            scope=Scope(organization=True, role_name=looks.ROLE),
            clock=simulator.state.clock,
            parts=rules.parts,
            digest=judge.digest,
        ).run()
    for each in collected.accounts:
        assert each.facts.inventory == type(each.facts.inventory)()
        assert len(judge.of_account(each.facts.id)) == 21
        assert all(one.record is None for one in judge.of_account(each.facts.id))
    gc.collect()
    ids = set(world.account_ids)
    assert not [one for one in gc.get_objects() if isinstance(one, View) and one.account.id in ids]
