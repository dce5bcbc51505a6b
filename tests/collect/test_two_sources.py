"""A fact several calls can tell says of every one that was asked and failed how it failed, and not only of one."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.collect import looks
from tests.collect.test_evidence_folder import MEMBER, SESSION, change, facts_of

from rootwarden.facts.fact import Unknown, Why
from rootwarden.report.digest import next_steps
from rootwarden.simulator.moment import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.facts.fact import Fact
    from rootwarden.facts.root_user import RootUser

# How a call fails, as evidence has it, and how a reason says so.
FAILURES: Final = {
    "denied": ("AccessDenied", "was refused (AccessDenied)", Why.DENIED),
    "throttled": ("Throttling", "was throttled until we gave up (Throttling)", Why.THROTTLED),
    "timed out": ("Timeout: no answer in time", "was not answered in time", Why.TIMED_OUT),
    "expired": ("ExpiredToken", "was not answered: the credentials are no longer valid", Why.FAILED),
    "broken": ("MalformedAnswer: the answer was cut", "failed (MalformedAnswer)", Why.FAILED),
}
SUMMARY, REPORT = "iam:GetAccountSummary", "iam:GetCredentialReport"
USER, LOGIN, KEYS = "iam:GetUser", "iam:GetLoginProfile", "iam:ListAccessKeys"
CERTIFICATES, DEVICES, VIRTUAL = "iam:ListSigningCertificates", "iam:ListMFADevices", "iam:ListVirtualMFADevices"
FILES: Final = {
    SUMMARY: "account-summary.json",
    REPORT: "credential-report.json",
    USER: "root-user.json",
    LOGIN: "root-login-profile.json",
    KEYS: "root-access-keys.json",
    CERTIFICATES: "root-signing-certificates.json",
    DEVICES: "root-mfa-devices.json",
    VIRTUAL: "virtual-mfa-devices.json",
}
# Every fact of root that more than one call can tell, and which.
FACTS: Final = {
    "created": (REPORT, USER),
    "mfa_active": (SUMMARY, REPORT, DEVICES),
    "virtual_mfa_devices": (DEVICES, VIRTUAL),
    "password.present": (SUMMARY, REPORT, LOGIN),
    "password.last_used": (REPORT, USER),
    "access_keys": (REPORT, KEYS),
    "access_keys_present": (SUMMARY, REPORT, KEYS),
    "signing_certificates_present": (SUMMARY, REPORT, CERTIFICATES),
    "active_signing_certificates_present": (SUMMARY, REPORT, CERTIFICATES),
    "last_used": (REPORT, USER, KEYS),
    "used_since_report": (REPORT, USER),
    "credentials_present": (SUMMARY, REPORT, LOGIN, KEYS, CERTIFICATES, DEVICES, VIRTUAL),
}


def fact(root: RootUser, name: str) -> Fact[object]:
    found: Any = root
    for part in name.split("."):
        found = getattr(found, part)
    made: Fact[object] = found
    return made


def fail(evidence: Path, codes: dict[str, str]) -> None:
    """Take away what these calls answered, and write down how they failed."""
    base = evidence / "accounts" / MEMBER
    change(evidence / "collection.json", lambda all_: all_.update(calls=[]))
    for call in codes:
        (base / FILES[call]).unlink(missing_ok=True)
    (base / "errors.json").write_text(json.dumps(codes))


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", FACTS)
def test_all_of_them_fail(evidence: Path, name: str, failure: str) -> None:
    code, said, why = FAILURES[failure]
    fail(evidence, dict.fromkeys(FACTS[name], code))
    found = fact(facts_of(evidence, MEMBER).root, name)
    assert isinstance(found, Unknown)
    assert found.why is why
    assert [call for call in FACTS[name] if f"{call} {said}" not in found.reason] == []
    assert {source.call for source in found.sources} >= set(FACTS[name])


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", FACTS)
def test_only_one_was_asked(evidence: Path, name: str, failure: str) -> None:
    """What nobody asked is no reason where somebody asked another source; whichever that was."""
    code, said, why = FAILURES[failure]
    whole = evidence / "accounts" / MEMBER
    kept = shutil.copytree(whole, evidence / "kept")
    for asked in FACTS[name]:
        shutil.rmtree(whole)
        shutil.copytree(kept, whole)
        fail(evidence, dict.fromkeys(FACTS[name], code))
        (whole / "errors.json").write_text(json.dumps({asked: code}))
        found = fact(facts_of(evidence, MEMBER).root, name)
        assert isinstance(found, Unknown)
        assert found.why is why, asked
        assert f"{asked} {said}" in found.reason
        assert "was not collected" not in found.reason


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("access_keys_present", "shows no active key of root"),
        ("signing_certificates_present", "shows no active signing certificate of root"),
    ],
)
def test_what_the_report_cannot_show_names_the_summary_that_would(
    evidence: Path, name: str, told: str, failure: str
) -> None:
    code, said, why = FAILURES[failure]
    fail(evidence, {SUMMARY: code})
    found = fact(facts_of(evidence, MEMBER).root, name)
    assert isinstance(found, Unknown)
    assert found.reason.startswith(f"{SUMMARY} {said}")
    assert told in found.reason
    assert found.why is why
    assert found.permission == (SUMMARY if failure == "denied" else "")
    assert {source.call for source in found.sources} == {SUMMARY, REPORT}


@pytest.mark.parametrize("failure", FAILURES)
def test_the_number_of_devices_names_the_list_that_would_tell(evidence: Path, failure: str) -> None:
    fail(evidence, {DEVICES: FAILURES[failure][0]})
    change(evidence / "accounts" / MEMBER / FILES[SUMMARY], lambda all_: all_["SummaryMap"].update(AccountMFAEnabled=1))
    found = facts_of(evidence, MEMBER).root.mfa_device_count
    assert isinstance(found, Unknown)
    assert f"{DEVICES} {FAILURES[failure][1]}" in found.reason
    assert "declare it" in found.reason


@pytest.mark.parametrize("failure", FAILURES)
def test_one_source_that_answers_decides_whatever_became_of_the_other(evidence: Path, failure: str) -> None:
    code = FAILURES[failure][0]
    fail(evidence, {SUMMARY: code})
    assert not isinstance(facts_of(evidence, MEMBER).root.mfa_active, Unknown)
    base = evidence / "accounts" / MEMBER
    (base / FILES[USER]).write_text(json.dumps(SESSION["root-user.json"]))
    (base / FILES[REPORT]).unlink()
    (base / "errors.json").write_text(json.dumps({REPORT: code}))
    root = facts_of(evidence, MEMBER).root
    assert not isinstance(root.created, Unknown)
    assert not isinstance(root.password.last_used, Unknown)


# A report that is too old

OLD: Final = "2026-02-20T12:00:00+00:00"
TOLD: Final = "the credential report cannot show what happened after it was made"


def aged(evidence: Path) -> Path:
    """The report is of ten days ago, all else of now; the folder of the account."""
    base = evidence / "accounts" / MEMBER
    change(base / FILES[REPORT], lambda all_: all_.update(GeneratedTime=OLD))
    return base


def check_usage(evidence: Path, reason: str, permission: str, *steps: str) -> None:
    """The reason and permission of the finding that waits for a newer report, and what is advised."""
    result = looks.audit_folder(evidence)
    judged = next(each for each in result.findings if (each.account, each.rule) == (MEMBER, "root-usage"))
    waiting = [each for each in judged.missing if TOLD in each.reason]
    assert [(each.reason, each.permission) for each in waiting] == [(reason, permission)]
    advised = [step for step in next_steps(result) if "credential report" in step or "GenerateCredential" in step]
    assert [step.partition(" in 1 account")[0].rstrip(",") for step in advised] == list(steps)


def test_a_report_that_stays_old_though_a_new_one_was_asked_for(evidence: Path) -> None:
    aged(evidence)
    reason = (
        f"{TOLD}, and AWS gave no newer one though asked to make it: look again in four hours, when AWS makes another"
    )
    check_usage(evidence, reason, "", "look again in four hours: AWS makes a credential report no oftener")


@pytest.mark.parametrize("failure", FAILURES)
def test_an_old_report_and_a_new_one_that_was_not_made(evidence: Path, failure: str) -> None:
    code, said, _why = FAILURES[failure]
    base = aged(evidence)
    made = "iam:GenerateCredentialReport"
    (base / "generate-credential-report.json").unlink()
    edit = [line for line in json.loads((evidence / "collection.json").read_text())["calls"] if line["call"] != made]
    change(evidence / "collection.json", lambda all_: all_.update(calls=edit))
    (base / "errors.json").write_text(json.dumps({"GenerateCredentialReport": code}))
    seen = facts_of(evidence, MEMBER).root.used_since_report
    assert isinstance(seen, Unknown)
    assert seen.reason.startswith(f"{made} {said}")
    allowed = failure == "denied"
    check_usage(evidence, seen.reason, made if allowed else "", *([f"allow {made}"] if allowed else []))


def test_an_old_report_in_a_folder_nobody_asked_for_a_new_one(evidence: Path) -> None:
    base = aged(evidence)
    (base / "generate-credential-report.json").unlink()
    check_usage(
        evidence,
        f"{TOLD}: export a newer one",
        "",
        "export the credential report again (docs/evidence-folder.md)",
    )


def test_old_evidence_is_old_though_a_report_was_made_then(evidence: Path) -> None:
    later = NOW.replace(day=20)
    seen = facts_of(evidence, MEMBER, as_of=later).root.used_since_report
    assert isinstance(seen, Unknown)
    assert (seen.reason, seen.permission) == (f"{TOLD}: export a newer one", "")
