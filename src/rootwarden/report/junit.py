"""The result as JUnit XML for build servers: a suite for each account, a case for each rule.

A fail is a `failure`, an unknown an `error`, so that a build that could not look never looks green; not applicable
and a fail under an exception are `skipped` with their reason. An account without a single verdict is an `error` too.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Final

from rootwarden.report.digest import findings_by_account
from rootwarden.report.words import Standing, instant, shorten, standing, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.audit.result import AuditedAccount, AuditResult, Finding

LONGEST: Final = 4000
_COUNTED: Final = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def render(result: AuditResult) -> str:
    """Well-formed XML in UTF-8, suites in the order of the accounts, then what was not asked."""
    root = ET.Element("testsuites", name="rootwarden audit")
    moment = instant(result.as_of).removesuffix("Z")
    accounts = {account.id: account for account in result.accounts}
    for account_id, findings in findings_by_account(result).items():
        root.append(_suite(account_id, accounts.get(account_id), findings, moment))
    if result.skipped:
        root.append(_skipped(result, moment))
    if result.interrupted:
        root.append(_run(moment, "interrupted", "the run was interrupted: accounts may be missing here"))
    elif not result.accounts:
        root.append(_run(moment, "unknown", "no account was audited"))
    for name, tag in (("tests", "testcase"), *_COUNTED.items()):
        root.set(name, str(len(root.findall(f".//{tag}"))))
    ET.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ET.tostring(root, encoding='unicode')}\n"


def _new_suite(name: str, moment: str) -> ET.Element:
    return ET.Element("testsuite", name=shorten(name, LONGEST), timestamp=moment, time="0")


def _counted(suite: ET.Element) -> ET.Element:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, tag in _COUNTED.items():
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    return suite


def _case(suite: ET.Element, owner: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=visible(owner), name=shorten(name, LONGEST), time="0")


def _suite(account_id: str, account: AuditedAccount | None, findings: Sequence[Finding], moment: str) -> ET.Element:
    suite = _new_suite(f"{account_id} {account.name}".strip() if account else account_id, moment)
    for finding in findings:
        _outcome(_case(suite, account_id, f"{finding.rule} {finding.user}".rstrip()), finding)
    if not findings:
        message = "no rule gave a verdict on this account"
        ET.SubElement(_case(suite, account_id, "any verdict at all"), "error", type="unknown", message=message)
    return _counted(suite)


def _outcome(case: ET.Element, finding: Finding) -> None:
    message = shorten(finding.reason, LONGEST) or "no reason given"
    match standing(finding):
        case Standing.FAIL:
            outcome = ET.SubElement(case, "failure", type=finding.severity.value, message=message)
            outcome.text = _details(finding)
        case Standing.UNKNOWN:
            outcome = ET.SubElement(case, "error", type="unknown", message=message)
            outcome.text = _details(finding)
        case Standing.SUPPRESSED if finding.suppressed_by is not None:
            exception = finding.suppressed_by
            told = f"fails, excepted until {exception.until} ({exception.ticket}, {exception.owner}): "
            ET.SubElement(case, "skipped", message=shorten(told + exception.reason, LONGEST) + f"; {message}")
        case Standing.NOT_APPLICABLE:
            ET.SubElement(case, "skipped", message=f"not applicable: {message}")


def _details(finding: Finding) -> str:
    lines = [f"{each.attribute} = {each.value}" for each in finding.witness]
    lines += [f"missing {each.attribute}: {each.reason} {each.permission}".rstrip() for each in finding.missing]
    lines += [f"note: {each}" for each in finding.notes]
    lines += [f"seen in {each.call} at {instant(each.observed_at)}" for each in finding.evidence]
    lines += [f"owner: {finding.owner}"] if finding.owner else []
    return "\n".join(shorten(line, LONGEST) for line in lines)


def _skipped(result: AuditResult, moment: str) -> ET.Element:
    suite = _new_suite("accounts not asked", moment)
    for each in result.skipped:
        state = shorten(each.state, LONGEST) or "not known"
        ET.SubElement(_case(suite, each.id, f"{each.id} {each.name}".strip()), "skipped", message=f"state is {state}")
    return _counted(suite)


def _run(moment: str, kind: str, message: str) -> ET.Element:
    """What is wrong with the run itself, so that a report with nothing in it is not a green one."""
    suite = _new_suite("the run itself", moment)
    ET.SubElement(_case(suite, "rootwarden", "audited everything"), "error", type=kind, message=message)
    return _counted(suite)
