from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.report import samples

from rootwarden.report import junit

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.audit.result import AuditResult


def parsed(result: AuditResult) -> ET.Element:
    return ET.fromstring(junit.render(result).encode())  # noqa: S314 - our own text, made a line above


def tree(name: str = "rich") -> ET.Element:
    return parsed(getattr(samples, name)())


def case(account: str, rule: str) -> ET.Element:
    (found,) = tree().findall(f".//testcase[@classname='{account}'][@name='{rule}']")
    return found


@pytest.mark.parametrize("name", ["rich", "empty", "interrupted", "hostile"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"junit-{name}.xml", junit.render(getattr(samples, name)()))


@pytest.mark.parametrize(
    ("rule", "account", "outcome"),
    [
        ("root-mfa", "222233334444", ["failure"]),
        ("root-access-key", "222233334444", ["skipped"]),
        ("root-mfa", "444455556666", ["error"]),
        ("root-mfa", samples.MANAGEMENT, []),
        ("root-mfa", "333344445555", ["skipped"]),
    ],
    ids=["fail", "suppressed", "unknown", "pass", "not applicable"],
)
def test_outcomes(rule: str, account: str, outcome: list[str]) -> None:
    assert [each.tag for each in case(account, rule)] == outcome


def test_an_exception_is_named_in_the_skip() -> None:
    message = case("222233334444", "root-access-key")[0].get("message", "")
    assert "excepted until 2026-06-30 (SEC-42, payments@example.com)" in message


def test_counts_are_those_of_the_cases() -> None:
    root = tree()
    for each in [root, *root.findall("testsuite")]:
        counted = [len(each.findall(f".//{tag}")) for tag in ("testcase", "failure", "error", "skipped")]
        assert counted == [int(each.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped")]
    assert [root.get("failures"), root.get("errors")] == ["3", "3"]


def test_management_account_is_the_first_suite() -> None:
    assert tree()[0].get("name") == "111122223333 example-management"


def test_hostile_text_is_well_formed_and_still_told() -> None:
    root = tree("hostile")
    assert root.findall(".//failure")[0].get("message") == "<script>alert(1)</script>"
    assert "]]> &amp; \\u0000\\u0007\\u001b[31mred" in (root.findall(".//failure")[4].get("message") or "")


@pytest.mark.parametrize("name", ["empty", "interrupted"])
def test_a_run_that_saw_too_little_is_not_green(name: str) -> None:
    assert int(tree(name).get("errors", "0")) == 1


def test_an_account_without_verdicts_is_an_error() -> None:
    whole = samples.rich()
    silent = msgspec.structs.replace(whole, findings=whole.findings[:4])
    errors = parsed(silent).findall(".//error[@message='no rule gave a verdict on this account']")
    assert len(errors) == 3


def test_accounts_that_were_not_asked_are_skipped_by_name() -> None:
    suite = tree().find("testsuite[@name='accounts not asked']")
    assert suite is not None
    assert suite[0].get("name") == "555566667777 old-sandbox"
    assert suite[0][0].get("message") == "state is SUSPENDED"
