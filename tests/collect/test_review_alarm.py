"""Organization-wide answers in an evidence folder that are easy to take for something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.collect import looks

from rootwarden.audit.assess import exit_code
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.offline import collect_folder
from rootwarden.facts.fact import Known

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collect.conftest import Saved

    from rootwarden.facts.organization import Organization

TAGS: Final = {"tags": {"Owner": {"tag_key": {"@@assign": "Owner"}}}}
EVERYTHING: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"}],
}


def attach(evidence: Path, kind: str | None, content: Any) -> None:
    """Attach one more policy to the organization root."""
    summary = {"Id": "p-extra", "Name": "extra"} | ({"Type": kind} if kind else {})
    policy = {"Policy": {"PolicySummary": summary, "Content": json.dumps(content)}}
    (evidence / "policies" / "p-extra.json").write_text(json.dumps(policy))
    targets = json.loads((evidence / "targets.json").read_text())
    targets["attachments"].setdefault(targets["roots"][0]["id"], []).append("p-extra")
    (evidence / "targets.json").write_text(json.dumps(targets))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("TAG_POLICY", TAGS),
        ("RESOURCE_CONTROL_POLICY", EVERYTHING),
        ("BACKUP_POLICY", {"plans": {}}),
        ("DECLARATIVE_POLICY_EC2", ["no policy document"]),
    ],
)
def test_a_policy_of_another_type_is_no_scp(saved: Saved, evidence: Path, kind: str, content: Any) -> None:
    attach(evidence, kind, content)
    result = looks.audit_folder(evidence)
    assert looks.differences(saved.verdicts, looks.verdicts(result)) == {}
    collected = collect_folder(EvidenceFolder(evidence))
    assert collected.unreadable == saved.collected.unreadable
    unreadable = bool(collected.unreadable)
    assert exit_code(result, unreadable=unreadable) == exit_code(looks.judged(saved.collected), unreadable=unreadable)


def test_a_policy_without_a_type_counts_as_an_scp(evidence: Path) -> None:
    attach(evidence, None, EVERYTHING)
    verdicts = looks.verdicts(looks.audit_folder(evidence))
    assert {verdict for (_, rule), verdict in verdicts.items() if rule == "root-deny-guardrail"} == {
        "pass",
        "not_applicable",
    }


def organization_of(folder: Path) -> Organization:
    return collect_folder(EvidenceFolder(folder)).organization


def test_only_an_attached_scp_proves_that_scps_are_on(evidence: Path) -> None:
    targets = json.loads((evidence / "targets.json").read_text())
    targets["attachments"] = {}
    for root in targets["roots"]:
        root.pop("policy_types", None)
    (evidence / "targets.json").write_text(json.dumps(targets))
    attach(evidence, "TAG_POLICY", TAGS)
    assert not isinstance(organization_of(evidence).service_control_policies_enabled, Known)
    attach(evidence, "SERVICE_CONTROL_POLICY", EVERYTHING)
    assert organization_of(evidence).service_control_policies_enabled == Known(
        True, organization_of(evidence).attachments.sources
    )
