"""The evidence folder, file by file: what is missing is unknown, what was refused says so, and nothing is made up."""

from __future__ import annotations

import base64
import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.collect import looks, oracle

from rootwarden.audit.assess import exit_code
from rootwarden.aws.door import Door
from rootwarden.collect.folder import EvidenceFolder, as_of_of
from rootwarden.collect.live import LiveCollection, Scope
from rootwarden.collect.offline import collect_credential_report, collect_folder
from rootwarden.collect.plan import plan_for
from rootwarden.collect.save import EvidenceWriter
from rootwarden.errors import InputError, UsageError
from rootwarden.facts.fact import Known, Unknown, Why
from rootwarden.facts.inventory import Part
from rootwarden.simulator import running
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.parts import member_id
from rootwarden.simulator.world import MANAGEMENT_ID
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.collect.conftest import Saved

    from rootwarden.audit.result import AuditResult, Finding
    from rootwarden.facts.account import Account

MEMBER: Final = member_id(3)
Document = dict[str, Any]


def change(path: Path, edit: Callable[[Document], object]) -> None:
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))


def facts_of(folder: Path, account: str, as_of: datetime | None = None) -> Account:
    collected = collect_folder(EvidenceFolder(folder), as_of=as_of)
    return next(each.facts for each in collected.accounts if each.facts.id == account)


def finding(result: AuditResult, account: str, rule: str) -> Finding:
    return next(each for each in result.findings if (each.account, each.rule) == (account, rule))


def test_a_saved_run_replays_to_the_same_verdicts(saved: Saved) -> None:
    assert looks.differences(saved.verdicts, looks.verdicts(looks.audit_folder(saved.folder))) == {}


HOME: Final = "regions/us-east-1"
ACCOUNT_FILES: Final = {
    "account-summary.json": "iam:GetAccountSummary",
    "credential-report.json": "iam:GetCredentialReport",
    "virtual-mfa-devices.json": "iam:ListVirtualMFADevices",
    "contact-information.json": "account:GetContactInformation",
    "alternate-contact-security.json": "account:GetAlternateContact",
}
MANAGEMENT_FILES: Final = {
    f"{HOME}/describe-trails.json": "cloudtrail:DescribeTrails",
    f"{HOME}/trail-status/*.json": "cloudtrail:GetTrailStatus",
    f"{HOME}/event-selectors/*.json": "cloudtrail:GetEventSelectors",
    f"{HOME}/metric-filters.json": "logs:DescribeMetricFilters",
    f"{HOME}/metric-alarms.json": "cloudwatch:DescribeAlarms",
    f"{HOME}/sns-subscriptions/*.json": "sns:ListSubscriptionsByTopic",
    f"{HOME}/event-rules.json": "events:ListRules",
}
ORGANIZATION_FILES: Final = {
    "organizations-features.json": "iam:ListOrganizationsFeatures",
    "organization.json": "organizations:DescribeOrganization",
    "targets.json": "organizations:ListTargetsForPolicy",
    "policies/*.json": "organizations:DescribePolicy",
}


def remove(base: Path, pattern: str) -> None:
    found = list(base.glob(pattern))
    assert found, pattern
    for each in found:
        each.unlink()


def check_lost(
    saved: Saved, evidence: Path, action: str, lost: Callable[[str], tuple[str, ...]], *, named: bool = True
) -> None:
    result = looks.audit_folder(evidence)
    assert looks.differences(oracle.expected(saved.collected, lost), looks.verdicts(result)) == {}
    for each in result.findings:
        if str(each.verdict) != saved.verdicts[each.account, each.rule] and named:
            said = [f"{missing.reason} {missing.permission}" for missing in each.missing]
            assert any(action in one for one in said), (each.account, each.rule, said)


@pytest.mark.parametrize("number", [0, 3, 5, 6, 7])
@pytest.mark.parametrize("file", ACCOUNT_FILES)
def test_a_missing_file_of_an_account(saved: Saved, evidence: Path, file: str, number: int) -> None:
    account, action = member_id(number), ACCOUNT_FILES[file]
    remove(evidence / "accounts" / account, file)

    def lost(of: str) -> tuple[str, ...]:
        return oracle.lost_without(saved.world, "metric alarm only", action, of) if of == account else ()

    check_lost(saved, evidence, action, lost)


@pytest.mark.parametrize("file", MANAGEMENT_FILES)
def test_a_missing_link_of_the_organizations_alarm(saved: Saved, evidence: Path, file: str) -> None:
    action = MANAGEMENT_FILES[file]
    remove(evidence / "accounts" / MANAGEMENT_ID, file)
    check_lost(saved, evidence, action, lambda of: oracle.lost_without(saved.world, "metric alarm only", action, of))


@pytest.mark.parametrize("file", ORGANIZATION_FILES)
def test_a_missing_file_of_the_organization(saved: Saved, evidence: Path, file: str) -> None:
    action = ORGANIZATION_FILES[file]
    remove(evidence, file)
    check_lost(
        saved,
        evidence,
        action,
        lambda of: oracle.lost_without(saved.world, "metric alarm only", action, of),
        named=file != "organization.json",
    )


def test_a_missing_list_of_accounts(saved: Saved, evidence: Path) -> None:
    (evidence / "accounts.json").unlink()
    check_lost(saved, evidence, "organizations:ListAccounts", lambda _of: ("Email", "AccountName"))


@pytest.mark.parametrize("kind", ["billing", "operations"])
def test_a_missing_other_contact(saved: Saved, evidence: Path, kind: str) -> None:
    remove(evidence / "accounts" / MEMBER, f"alternate-contact-{kind}.json")
    check_lost(saved, evidence, "account:GetAlternateContact", lambda of: ("Contacts.Count",) if of == MEMBER else ())


def test_an_account_without_a_folder_is_shown_as_unknown(saved: Saved, evidence: Path) -> None:
    shutil.rmtree(evidence / "accounts" / MEMBER)
    result = looks.audit_folder(evidence)
    seen = looks.verdicts(result)
    assert {account for account, _ in looks.differences(saved.verdicts, seen)} == {MEMBER}
    assert seen[MEMBER, "root-mfa"] == seen[MEMBER, "root-access-key"] == "unknown"
    shown = next(each for each in result.accounts if each.id == MEMBER)
    assert shown.reach == "none"
    assert any(MEMBER in warning for warning in result.warnings)


# errors.json

KEYS: Final = ["GetAccountSummary", "iam:GetAccountSummary", "account-summary.json", "account-summary"]


@pytest.mark.parametrize("key", KEYS)
def test_errors_json_says_why(evidence: Path, key: str) -> None:
    base = evidence / "accounts" / MEMBER
    (base / "account-summary.json").unlink()
    (base / "errors.json").write_text(json.dumps({key: "AccessDenied"}))
    present = facts_of(evidence, MEMBER).root.access_keys_present
    assert isinstance(present, Unknown)
    shown = next(each for each in looks.audit_folder(evidence).accounts if each.id == MEMBER)
    assert [(each.call, each.kind, each.permission) for each in shown.refusals] == [
        ("iam:GetAccountSummary", "denied", "iam:GetAccountSummary")
    ]
    assert shown.reach == "partial"


CODES: Final = {
    "AccessDenied": Why.DENIED,
    "AccessDeniedException": Why.DENIED,
    "AuthorizationError": Why.DENIED,
    "ExpiredToken": Why.FAILED,
    "Throttling": Why.THROTTLED,
    "Timeout": Why.TIMED_OUT,
    "InternalFailure": Why.FAILED,
    "SomethingNobodyKnows": Why.FAILED,
    "": Why.FAILED,
}


@pytest.mark.parametrize("code", CODES)
def test_no_error_code_but_the_known_ones_means_there_is_none(evidence: Path, code: str) -> None:
    base = evidence / "accounts" / MEMBER
    (base / "alternate-contact-security.json").unlink()
    (base / "errors.json").write_text(json.dumps({"alternate-contact-security.json": code}))
    security = facts_of(evidence, MEMBER).contacts.security
    assert isinstance(security, Unknown)
    assert security.why is CODES[code]
    assert security.permission == ("account:GetAlternateContact" if CODES[code] is Why.DENIED else "")


NONE: Final = [
    ("alternate-contact-security.json", "alternate-contact-security", "ResourceNotFoundException", "fail"),
    ("contact-information.json", "GetContactInformation", "ResourceNotFoundException", "fail"),
    ("account-summary.json", "GetAccountSummary", "NoSuchEntity", "unknown"),
    ("credential-report.json", "GetCredentialReport", "ReportNotPresent", "unknown"),
    ("credential-report.json", "GetCredentialReport", "ReportInProgress", "unknown"),
    ("virtual-mfa-devices.json", "ListVirtualMFADevices", "NoSuchEntity", "unknown"),
]
DECIDES: Final = {
    "alternate-contact-security.json": "root-contact-security",
    "contact-information.json": "root-contact-primary",
    "account-summary.json": "root-access-key",
    "credential-report.json": "root-usage",
    "virtual-mfa-devices.json": "root-hardware-mfa",
}


@pytest.mark.parametrize(("file", "key", "code", "verdict"), NONE)
def test_looked_and_there_is_none(evidence: Path, file: str, key: str, code: str, verdict: str) -> None:
    base = evidence / "accounts" / MEMBER
    (base / file).unlink()
    (base / "errors.json").write_text(json.dumps({key: code}))
    assert looks.verdicts(looks.audit_folder(evidence))[MEMBER, DECIDES[file]] == verdict


def test_errors_of_the_three_alternate_contacts_are_told_apart(evidence: Path) -> None:
    base = evidence / "accounts" / MEMBER
    for kind in ("billing", "security"):
        (base / f"alternate-contact-{kind}.json").unlink()
    codes = {"alternate-contact-billing.json": "AccessDenied", "alternate-contact-security.json": "NoSuchEntity"}
    (base / "errors.json").write_text(json.dumps(codes))
    contacts = facts_of(evidence, MEMBER).contacts
    assert isinstance(contacts.billing, Unknown)
    assert looks.verdicts(looks.audit_folder(evidence))[MEMBER, "root-contact-security"] == "fail"


# accounts.json

STATES: Final = [
    ({"State": "SUSPENDED"}, "SUSPENDED"),
    ({"State": "PENDING_CLOSURE"}, "PENDING_CLOSURE"),
    ({"Status": "SUSPENDED"}, "SUSPENDED"),
    ({"State": "SUSPENDED", "Status": "ACTIVE"}, "SUSPENDED"),
    ({"State": "ACTIVE", "Status": "SUSPENDED"}, None),
    ({"State": "A_STATE_OF_THE_FUTURE"}, "A_STATE_OF_THE_FUTURE"),
    ({"State": "ACTIVE"}, None),
    ({"Status": "ACTIVE"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("said", "skipped"), STATES, ids=[json.dumps(case[0]) for case in STATES])
def test_an_account_that_is_not_active_is_skipped_and_named(
    saved: Saved, evidence: Path, said: dict[str, str], skipped: str | None
) -> None:
    def edit(document: Document) -> None:
        listed = next(each for each in document["Accounts"] if each["Id"] == MEMBER)
        for name in ("State", "Status"):
            listed.pop(name, None)
        listed.update(said)

    change(evidence / "accounts.json", edit)
    result = looks.audit_folder(evidence)
    assert [(each.id, each.state) for each in result.skipped] == ([(MEMBER, skipped)] if skipped else [])
    changed = looks.differences(saved.verdicts, looks.verdicts(result))
    assert {key: after for key, (_, after) in changed.items()} == (
        {key: "none" for key in saved.verdicts if key[0] == MEMBER} if skipped else {}
    )


# the instant


def test_as_of_of_a_collection_and_of_its_newest_report(evidence: Path) -> None:
    assert as_of_of(EvidenceFolder(evidence), None) == NOW
    given = datetime(2026, 5, 1, tzinfo=UTC)
    assert as_of_of(EvidenceFolder(evidence), given) == given
    change(evidence / "collection.json", lambda document: document.update(as_of="2026-04-01T00:00:00Z"))
    assert as_of_of(EvidenceFolder(evidence), None) == datetime(2026, 4, 1, tzinfo=UTC)
    (evidence / "collection.json").unlink()
    newest = evidence / "accounts" / MEMBER / "credential-report.json"
    change(newest, lambda document: document.update(GeneratedTime="2026-03-30T00:00:00+00:00"))
    assert as_of_of(EvidenceFolder(evidence), None) == datetime(2026, 3, 30, tzinfo=UTC)


def test_the_wall_clock_is_never_used(evidence: Path, tmp_path: Path) -> None:
    (evidence / "collection.json").unlink()
    for report in evidence.glob("accounts/*/credential-report.json"):
        change(report, lambda document: document.pop("GeneratedTime"))
    with pytest.raises(UsageError, match="does not tell when") as refused:
        as_of_of(EvidenceFolder(evidence), None)
    assert "--as-of" in refused.value.hint
    assert looks.command("audit", "--evidence", evidence, cwd=tmp_path).complained(2, "--as-of")


def decoded(report: Path) -> bytes:
    return base64.b64decode(json.loads(report.read_text())["Content"])


def test_a_decoded_report_stands_for_the_answer(saved: Saved, evidence: Path) -> None:
    base = evidence / "accounts" / MEMBER
    (base / "credential-report.csv").write_bytes(decoded(base / "credential-report.json"))
    (base / "credential-report.json").unlink()
    assert looks.differences(saved.verdicts, looks.verdicts(looks.audit_folder(evidence))) == {}


def test_a_lone_report(saved: Saved, evidence: Path, tmp_path: Path) -> None:
    whole = evidence / "accounts" / MEMBER / "credential-report.json"
    bare = tmp_path / "report.csv"
    bare.write_bytes(decoded(whole))
    with pytest.raises(UsageError, match="does not tell when"):
        collect_credential_report(bare, as_of=None)
    of_bare = looks.judged(collect_credential_report(bare, as_of=NOW))
    of_whole = looks.judged(collect_credential_report(whole, as_of=None))
    assert looks.verdicts(of_bare) == looks.verdicts(of_whole)
    for (account, rule), verdict in looks.verdicts(of_bare).items():
        assert verdict in ("unknown", saved.verdicts[account, rule])
    assert looks.verdicts(of_bare)[MEMBER, "root-mfa"] == "pass"
    assert looks.verdicts(of_bare)[MEMBER, "root-hardware-mfa"] == "unknown"


# what belongs to root, and to this account


def test_a_users_device_named_like_roots_is_not_roots(evidence: Path) -> None:
    owner = {"Arn": f"arn:aws:iam::{MEMBER}:user/alice", "UserName": "alice"}
    serial = f"arn:aws:iam::{MEMBER}:mfa/root-account-mfa-device"
    devices = {"VirtualMFADevices": [{"SerialNumber": serial, "User": owner}]}
    (evidence / "accounts" / MEMBER / "virtual-mfa-devices.json").write_text(json.dumps(devices))
    assert facts_of(evidence, MEMBER).root.virtual_mfa_devices == Known(
        (), facts_of(evidence, MEMBER).root.virtual_mfa_devices.sources
    )
    assert looks.verdicts(looks.audit_folder(evidence))[MEMBER, "root-hardware-mfa"] == "pass"


OWNERS: Final = [
    ({"Arn": f"arn:aws:iam::{MEMBER}:root"}, True),
    ({"Arn": f"arn:aws:iam::{MEMBER}:ROOT"}, False),
    ({"Arn": f"arn:aws:iam::{MEMBER}:user/x:root"}, False),
    ({"Arn": "arn:aws:iam::444455556666:root"}, None),  # the list of another account
    ({}, None),
    (None, False),
    ("root", None),
]


@pytest.mark.parametrize(("owner", "is_roots"), OWNERS, ids=[json.dumps(case[0]) for case in OWNERS])
def test_the_owner_is_compared_exactly(evidence: Path, owner: object, *, is_roots: bool | None) -> None:
    device = {"SerialNumber": f"arn:aws:iam::{MEMBER}:mfa/phone", "User": owner}
    file = evidence / "accounts" / MEMBER / "virtual-mfa-devices.json"
    file.write_text(json.dumps({"VirtualMFADevices": [device]}))
    devices = facts_of(evidence, MEMBER).root.virtual_mfa_devices
    assert (bool(devices.value) if isinstance(devices, Known) else None) is is_roots


@pytest.mark.parametrize("owner", [{}, {"Arn": None}, "root"], ids=json.dumps)
def test_a_device_whose_owner_cannot_be_read_is_nobodys_for_certain(evidence: Path, owner: object) -> None:
    device = {"SerialNumber": f"arn:aws:iam::{MEMBER}:mfa/phone", "User": owner}
    file = evidence / "accounts" / MEMBER / "virtual-mfa-devices.json"
    file.write_text(json.dumps({"VirtualMFADevices": [device]}))
    collected = collect_folder(EvidenceFolder(evidence), parts=frozenset({Part.USERS}))
    account = next(each.facts for each in collected.accounts if each.facts.id == MEMBER)
    assert isinstance(account.inventory.virtual_devices, Unknown)


def test_an_owner_that_is_root_of_another_partition_is_a_contradiction(evidence: Path) -> None:
    device = {"SerialNumber": f"arn:aws:iam::{MEMBER}:mfa/phone", "User": {"Arn": f"arn:aws-cn:iam::{MEMBER}:root"}}
    file = evidence / "accounts" / MEMBER / "virtual-mfa-devices.json"
    file.write_text(json.dumps({"VirtualMFADevices": [device]}))
    assert looks.verdicts(looks.audit_folder(evidence))[MEMBER, "root-hardware-mfa"] == "unknown"


def test_without_a_list_the_report_tells_the_partition(tmp_path: Path) -> None:
    base = tmp_path / "accounts" / MEMBER
    base.mkdir(parents=True)
    arn = f"arn:aws-us-gov:iam::{MEMBER}:root"
    (base / "credential-report.csv").write_text(f"user,arn,mfa_active\n<root_account>,{arn},true\n")
    device = {"SerialNumber": f"arn:aws-us-gov:iam::{MEMBER}:mfa/phone", "User": {"Arn": arn}}
    (base / "virtual-mfa-devices.json").write_text(json.dumps({"VirtualMFADevices": [device]}))
    result = looks.audit_folder(tmp_path, as_of=NOW)
    assert result.accounts[0].partition == "aws-us-gov"
    assert looks.verdicts(result)[MEMBER, "root-hardware-mfa"] == "fail"


PAGES: Final[list[tuple[str, Document, str]]] = [
    (f"accounts/{MEMBER}/virtual-mfa-devices.json", {"VirtualMFADevices": []}, "root-hardware-mfa"),
    ("accounts.json", {}, "root-email"),
]


@pytest.mark.parametrize("more", [{"IsTruncated": True, "Marker": "x"}, {"NextToken": "x"}], ids=["marker", "token"])
@pytest.mark.parametrize("of", PAGES, ids=[case[0] for case in PAGES])
def test_one_page_of_several_is_no_answer(
    saved: Saved, evidence: Path, of: tuple[str, Document, str], more: Document
) -> None:
    file, page, rule = of
    change(evidence / file, lambda document: document.update({**page, **more}))
    collected = collect_folder(EvidenceFolder(evidence))
    changed = looks.differences(saved.verdicts, looks.verdicts(looks.judged(collected)))
    assert {changed_rule for _, changed_rule in changed} == {rule}
    assert {after for _, after in changed.values()} == {"unknown"}
    assert any("further pages are missing" in each.reason for each in collected.unreadable)


def test_the_report_of_another_account_is_refused(evidence: Path) -> None:
    other = evidence / "accounts" / member_id(4) / "credential-report.json"
    shutil.copy(other, evidence / "accounts" / MEMBER / "credential-report.json")
    result = looks.audit_folder(evidence)
    used = finding(result, MEMBER, "root-usage")
    assert used.verdict == "unknown"
    assert member_id(4) in used.reason
    shown = next(each for each in result.accounts if each.id == MEMBER)
    assert shown.reach == "partial"
    assert [each.kind for each in shown.refusals] == ["conflicting"]


# two sources that disagree


def disagree(evidence: Path, *, mfa_by_flag: int, report_is_from: str) -> Finding:
    base = evidence / "accounts" / MEMBER
    change(base / "account-summary.json", lambda said: said["SummaryMap"].update(AccountMFAEnabled=mfa_by_flag))
    columns = b"not_supported,not_supported,"
    said, instead = (b"true", b"false") if mfa_by_flag else (b"true", b"true")
    content = decoded(base / "credential-report.json").replace(columns + said, columns + instead, 1)
    encoded = base64.b64encode(content).decode()
    change(base / "credential-report.json", lambda said: said.update(Content=encoded, GeneratedTime=report_is_from))
    return finding(looks.audit_folder(evidence), MEMBER, "root-mfa")


@pytest.mark.parametrize(
    ("flag", "report_is_from", "verdict"),
    [
        (1, "2026-03-02T09:00:00+00:00", "pass"),
        (0, "2026-03-02T09:00:00+00:00", "fail"),
        (1, "2026-03-02T12:30:00+00:00", "fail"),
        (0, "2026-03-02T12:30:00+00:00", "pass"),
    ],
)
def test_the_fresher_source_wins_and_the_finding_says_so(
    evidence: Path, flag: int, report_is_from: str, verdict: str
) -> None:
    judged = disagree(evidence, mfa_by_flag=flag, report_is_from=report_is_from)
    assert judged.verdict == verdict
    (note,) = [each for each in judged.notes if "fresher" in each]
    assert "iam:GetAccountSummary says" in note
    assert "iam:GetCredentialReport says" in note
    assert {each.call for each in judged.evidence} >= {"iam:GetAccountSummary", "iam:GetCredentialReport"}


def test_without_instants_the_flags_are_the_fresher(evidence: Path) -> None:
    (evidence / "collection.json").unlink()
    judged = disagree(evidence, mfa_by_flag=0, report_is_from="2026-03-02T12:30:00+00:00")
    assert judged.verdict == "fail"


# what an AssumeRoot audit session brings

SERIAL: Final = f"arn:aws:iam::{MEMBER}:mfa/phone"
FIDO: Final = f"arn:aws:iam::{MEMBER}:u2f/root/key-A1"
SESSION: Final[dict[str, Document]] = {
    "root-user.json": {
        "User": {
            "Arn": f"arn:aws:iam::{MEMBER}:root",
            "CreateDate": "2020-01-01T00:00:00+00:00",
            "PasswordLastUsed": "2026-02-01T00:00:00+00:00",
        }
    },
    "root-mfa-devices.json": {"MFADevices": [{"SerialNumber": FIDO, "EnableDate": "2024-01-01T00:00:00+00:00"}]},
    "root-access-keys.json": {"AccessKeyMetadata": [{"AccessKeyId": "AKIAFAKEROOTKEY00001", "Status": "Inactive"}]},
    "root-access-key-last-used/AKIAFAKEROOTKEY00001.json": {
        "AccessKeyLastUsed": {"Region": "N/A", "ServiceName": "N/A"}
    },
    "root-login-profile.json": {"LoginProfile": {"CreateDate": "2020-01-01T00:00:00+00:00"}},
    "root-signing-certificates.json": {"Certificates": [{"Status": "Inactive"}]},
}


@pytest.fixture
def session(evidence: Path) -> Path:
    """Only what the session read, in place of everything else the account's folder holds."""
    base = evidence / "accounts" / MEMBER
    shutil.rmtree(base)
    for file, document in SESSION.items():
        (base / file).parent.mkdir(parents=True, exist_ok=True)
        (base / file).write_text(json.dumps(document))
    return evidence


def test_a_session_alone_tells_what_root_has(session: Path) -> None:
    root = facts_of(session, MEMBER).root
    assert isinstance(root.mfa_active, Known)
    assert root.mfa_active.value
    assert isinstance(root.mfa_device_count, Known)
    assert root.mfa_device_count.value == 1
    assert isinstance(root.last_used, Known)
    assert root.last_used.value == datetime(2026, 2, 1, tzinfo=UTC)
    assert isinstance(root.password.present, Known)
    assert root.password.present.value
    seen = looks.verdicts(looks.audit_folder(session))
    expected = {
        "root-mfa": "pass",
        "root-hardware-mfa": "pass",
        "root-mfa-backup": "fail",
        "root-access-key": "fail",
        "root-signing-certificate": "pass",
        "root-usage": "pass",
        "root-credentials-present": "fail",
    }
    assert {rule: seen[MEMBER, rule] for rule in expected} == expected


def test_no_login_profile_is_no_password(session: Path) -> None:
    base = session / "accounts" / MEMBER
    (base / "root-login-profile.json").unlink()
    (base / "errors.json").write_text(json.dumps({"GetLoginProfile": "NoSuchEntity"}))
    password = facts_of(session, MEMBER).root.password.present
    assert isinstance(password, Known)
    assert not password.value


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("root-user.json", "root-usage"),
        ("root-mfa-devices.json", "root-mfa"),
        ("root-access-keys.json", "root-access-key"),
        ("root-access-key-last-used/AKIAFAKEROOTKEY00001.json", "root-usage"),
        ("root-signing-certificates.json", "root-signing-certificate"),
    ],
)
def test_what_a_session_did_not_read_stays_unknown(session: Path, file: str, rule: str) -> None:
    (session / "accounts" / MEMBER / file).unlink()
    assert looks.verdicts(looks.audit_folder(session))[MEMBER, rule] == "unknown"


def test_a_session_serial_of_a_virtual_device(session: Path) -> None:
    devices = {"MFADevices": [{"SerialNumber": SERIAL}, {"SerialNumber": FIDO}]}
    (session / "accounts" / MEMBER / "root-mfa-devices.json").write_text(json.dumps(devices))
    seen = looks.verdicts(looks.audit_folder(session))
    assert seen[MEMBER, "root-hardware-mfa"] == "fail"
    assert seen[MEMBER, "root-mfa-backup"] == "pass"


# nothing usable


def test_a_folder_without_accounts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no account"):
        EvidenceFolder(tmp_path)
    with pytest.raises(InputError, match="is not a folder"):
        EvidenceFolder(tmp_path / "nowhere")


def test_a_clean_folder_could_be_read(evidence: Path) -> None:
    collected = collect_folder(EvidenceFolder(evidence))
    assert collected.unreadable == ()
    assert exit_code(looks.judged(collected), unreadable=False) == 1


# what a narrower run did not ask


def test_attachments_nobody_asked_for_are_unknown_when_the_evidence_is_read_again(tmp_path: Path) -> None:
    narrow = looks.book("root-mfa")
    with running(make_world("greenfield", 4)) as simulator, looks.pointed_at(simulator):
        LiveCollection(
            door=Door(connections=4),
            plan=plan_for(narrow.needs, tree=True),
            scope=Scope(organization=True, role_name=looks.ROLE),
            workers=2,
            clock=simulator.state.clock,
            writer=EvidenceWriter(tmp_path / "e"),
        ).run()
    said = looks.verdicts(looks.judged(collect_folder(EvidenceFolder(tmp_path / "e")), "root-deny-guardrail"))
    assert said[MEMBER, "root-deny-guardrail"] == "unknown"


def test_a_report_with_a_user_of_another_account_is_refused(evidence: Path) -> None:
    report = evidence / "accounts" / MEMBER / "credential-report.json"
    lines = decoded(report).decode().splitlines()
    stranger = lines[1].replace("<root_account>", "eve").replace(f"{MEMBER}:root", "444455556666:user/eve")
    content = base64.b64encode("\n".join([*lines, stranger]).encode()).decode()
    change(report, lambda document: document.update(Content=content))
    used = finding(looks.audit_folder(evidence), MEMBER, "root-usage")
    assert used.verdict == "unknown"
    assert "444455556666" in used.reason


# names in answers, which others wrote

ELSEWHERE: Final = "../../444455556666/regions/us-east-1"


@pytest.mark.parametrize("region", [ELSEWHERE, "us\0east", "/etc", "us-east-1\n", "Us-East"], ids=repr)
@pytest.mark.parametrize("place", ["home", "trail", "log group", "topic"])
def test_a_region_that_is_none_leads_nowhere(tmp_path: Path, region: str, place: str) -> None:
    named = dict.fromkeys(["home", "trail", "log group", "topic"], "us-east-1") | {place: region}
    trail = {
        "Name": "t",
        "TrailARN": f"arn:aws:cloudtrail:{named['trail']}:{MEMBER}:trail/t",
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": False,
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{named['log group']}:{MEMBER}:log-group:g:*",
    } | ({} if place == "trail" else {"HomeRegion": named["home"]})
    topic = f"arn:aws:sns:{named['topic']}:{MEMBER}:top"
    accounts = tmp_path / "accounts"
    own, other = accounts / MEMBER / "regions" / "us-east-1", accounts / "444455556666" / "regions" / "us-east-1"
    for folder in (own, other / "trail-status", other / "sns-subscriptions"):
        folder.mkdir(parents=True)
    (own / "describe-trails.json").write_text(json.dumps({"trailList": [trail]}))
    (own / "metric-alarms.json").write_text(json.dumps({"MetricAlarms": [{"AlarmName": "a", "AlarmActions": [topic]}]}))
    (other / "trail-status" / "t.json").write_text('{"IsLogging": true}')
    subscription = {"SubscriptionArn": f"{topic}:1", "Protocol": "email", "TopicArn": topic}
    (other / "sns-subscriptions" / "top.json").write_text(json.dumps({"Subscriptions": [subscription]}))
    collected = collect_folder(EvidenceFolder(tmp_path), as_of=NOW, parts=frozenset({Part.MONITORING}))
    account = next(each.facts for each in collected.accounts if each.facts.id == MEMBER)
    assert isinstance(account.inventory.monitoring, Known)
    home = account.inventory.monitoring.value.region("us-east-1")
    trails = home.trails.value if isinstance(home.trails, Known) else ()
    assert all(isinstance(each.status, Unknown) for each in trails)
    assert all(isinstance(each.subscriptions, Unknown) for each in home.topics)


@pytest.mark.parametrize("file", ["../outside.json", "accounts/../../outside.json", "us\0east.json"], ids=repr)
def test_nothing_outside_of_the_folder_is_read(evidence: Path, file: str) -> None:
    (evidence.parent / "outside.json").write_text("{}")
    fact = EvidenceFolder(evidence).answer(file)
    assert isinstance(fact, Unknown)
    assert fact.why is Why.MALFORMED


def test_a_slash_in_the_name_of_a_unit_puts_nobody_below_another(evidence: Path) -> None:
    def rename(targets: Document) -> None:
        root = targets["roots"][0]
        root["children"] = [{"id": "ou-fake-slash", "name": "Prod/Exempt", "accounts": [MEMBER], "children": []}]
        root["accounts"] = []

    change(evidence / "targets.json", rename)
    unit = facts_of(evidence, MEMBER).unit_path
    assert isinstance(unit, Known)
    assert unit.value == "/Root/Prod%2FExempt"
