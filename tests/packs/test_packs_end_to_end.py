"""Every pack on a whole organization: live and from saved evidence alike, and never a pass where nobody could look."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest
from tests.collect import looks

from rootwarden.audit.assess import assess
from rootwarden.audit.terms import Terms
from rootwarden.cli.rule_choice import chosen_rules
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.offline import collect_folder
from rootwarden.collect.plan import plan_for
from rootwarden.collect.save import EvidenceWriter
from rootwarden.packs import EVERY_PACK, names, pack
from rootwarden.rules.verdict import Verdict
from rootwarden.simulator import running
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.audit.result import AuditResult

BOOK: Final = chosen_rules(packs=[EVERY_PACK])
PLAN: Final = plan_for(BOOK.needs, watched=BOOK.watched)


def replayed(folder: Path) -> AuditResult:
    collected = collect_folder(EvidenceFolder(folder), parts=BOOK.parts, inside=PLAN.inside)
    return assess(collected, Terms(rulebook=BOOK))


def told(result: AuditResult) -> Counter[tuple[str, str, str, str, str]]:
    return Counter((each.account, each.rule, each.resource, str(each.verdict), each.reason) for each in result.findings)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditResult, Path]:
    """What a live run says of eight accounts, and the evidence it left."""
    folder = tmp_path_factory.mktemp("packs") / "evidence"
    with running(make_world("patchwork", 8)) as simulator:
        collected = looks.live(simulator, by=BOOK, parts=BOOK.parts, writer=EvidenceWriter(folder))
    return assess(collected, Terms(rulebook=BOOK)), folder


def test_evidence_says_what_the_live_run_said(seen: tuple[AuditResult, Path]) -> None:
    result, folder = seen

    assert told(replayed(folder)) == told(result)


@pytest.mark.parametrize("name", names())
def test_every_pack_decides_something(seen: tuple[AuditResult, Path], name: str) -> None:
    result, _ = seen
    rules = {rule.id for rule in pack(name)}
    found = Counter(each.verdict for each in result.findings if each.rule in rules)

    assert found[Verdict.PASS]
    assert found[Verdict.FAIL]
    # Each rule is told of each account at least once: silence is never success.
    accounts = {each.id for each in result.accounts}
    spoken = {(each.account, each.rule) for each in result.findings if each.rule in rules}
    assert spoken == {(account, rule) for account in accounts for rule in rules}


@pytest.mark.parametrize(
    ("file", "rules"),
    [
        ("authorization-details.json", {"iam-policy-full-admin", "iam-role-unused", "iam-support-role"}),
        ("password-policy.json", {rule.id for rule in pack("password-policy")}),
        ("credential-report.json", {"iam-user-mfa", "iam-user-unused-key", "iam-user-unused-password"}),
        ("regions", {rule.id for rule in pack("logging")}),
    ],
)
def test_what_was_not_read_is_unknown_and_nothing_else_changes(
    seen: tuple[AuditResult, Path], tmp_path: Path, file: str, rules: set[str]
) -> None:
    import shutil

    result, folder = seen
    shutil.copytree(folder, tmp_path / "evidence")
    account = result.accounts[2].id
    gone = tmp_path / "evidence" / "accounts" / account / file
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    after = replayed(tmp_path / "evidence")

    of_these = [each for each in after.findings if each.account == account and each.rule in rules]
    assert {each.rule for each in of_these} == rules
    assert {each.verdict for each in of_these} <= {Verdict.UNKNOWN, Verdict.NOT_APPLICABLE}
    assert any(each.verdict is Verdict.UNKNOWN for each in of_these)
    others = {key: count for key, count in told(result).items() if key[0] != account}
    assert {key: count for key, count in told(after).items() if key[0] != account} == others
