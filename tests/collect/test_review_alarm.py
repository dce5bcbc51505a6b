"""Organization-wide answers in an evidence folder that are easy to take for something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.collect import looks, oracle

from rootwarden.audit.assess import exit_code
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.live import Scope
from rootwarden.collect.offline import collect_folder
from rootwarden.collect.save import EvidenceWriter
from rootwarden.facts.fact import Known
from rootwarden.simulator import parts, running
from rootwarden.simulator.world import MANAGEMENT_ID

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collect.conftest import Saved

    from rootwarden.audit.result import AuditResult
    from rootwarden.collect.collected import Collected
    from rootwarden.facts.organization import Organization
    from rootwarden.simulator.world import World

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


@pytest.mark.parametrize(("principal", "verdict"), [({}, "pass"), ({"Principal": "*"}, "unknown")])
def test_a_policy_without_a_type_counts_as_an_scp(evidence: Path, principal: dict[str, str], verdict: str) -> None:
    """With an element that service control policies do not have, nobody knows what it is."""
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*"} | principal
    attach(evidence, None, {"Version": "2012-10-17", "Statement": [statement]})
    verdicts = looks.verdicts(looks.audit_folder(evidence))
    found = {verdict for (_, rule), verdict in verdicts.items() if rule == "root-deny-guardrail"}
    assert verdict in found
    assert found - {"pass"} == {"not_applicable", verdict} - {"pass"}


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


LOGS: Final = parts.member_id(5)
ALARM: Final = "root-usage-alarm"


def central_logging() -> World:
    """The organization trail of the management account delivers to a log account, and the alarm stands there."""
    world = oracle.world_with("metric alarm only")
    here, there = (world.account(each) for each in (MANAGEMENT_ID, LOGS))
    home, away = here.region(parts.HOME_REGION), there.region(parts.HOME_REGION)
    for name in ("log_groups", "metric_filters", "alarms", "topics"):
        setattr(away, name, getattr(home, name))
        setattr(home, name, [])
    for alarm in away.alarms:
        alarm.actions = tuple(action.replace(MANAGEMENT_ID, LOGS) for action in alarm.actions)
    for trail in here.trails:
        trail.log_group = trail.log_group.replace(MANAGEMENT_ID, LOGS)
    return world


def alarms(result: AuditResult) -> dict[str, tuple[str, str]]:
    return {each.account: (str(each.verdict), each.reason) for each in result.findings if each.rule == ALARM}


def test_the_log_group_of_an_organization_trail_is_followed_into_a_collected_account(tmp_path: Path) -> None:
    with running(central_logging()) as simulator:
        collected = looks.live(simulator, rules=[ALARM], writer=EvidenceWriter(tmp_path / "evidence"))
        asked = len(list((tmp_path / "evidence").rglob("describe-trails.json")))
    live = looks.judged(collected, ALARM)
    before = alarms(looks.judged(looks_of_metric_alarm(), ALARM))
    assert {account: verdict for account, (verdict, _) in alarms(live).items()} == {
        account: verdict for account, (verdict, _) in before.items()
    }
    assert alarms(live)[MANAGEMENT_ID][0] == alarms(live)[LOGS][0] == "pass"
    # Only the management account and the log account are asked; the others stand on what those said.
    assert asked == 2
    replayed = looks.judged(collect_folder(EvidenceFolder(tmp_path / "evidence")), ALARM)
    assert alarms(replayed) == alarms(live)


def looks_of_metric_alarm() -> Collected:
    with running(oracle.world_with("metric alarm only")) as simulator:
        return looks.live(simulator, rules=[ALARM])


def test_a_log_account_that_is_not_among_the_targets_leaves_it_unknown() -> None:
    with running(central_logging()) as simulator:
        scope = Scope(accounts=(MANAGEMENT_ID,), role_name=looks.ROLE)
        said = alarms(looks.judged(looks.live(simulator, rules=[ALARM], scope=scope), ALARM))
    assert said[MANAGEMENT_ID][0] == "unknown"
    assert f"the log group is in account {LOGS}, which was not collected" in said[MANAGEMENT_ID][1]


def test_a_log_account_that_was_collected_and_refused_is_not_called_uncollected(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    with running(central_logging()) as simulator:
        looks.live(simulator, rules=[ALARM], writer=EvidenceWriter(folder))
    there = folder / "accounts" / LOGS
    (there / "regions" / parts.HOME_REGION / "metric-filters.json").unlink()
    (there / "errors.json").write_text('{"logs:DescribeMetricFilters": "AccessDenied"}')
    verdict, reason = alarms(looks.judged(collect_folder(EvidenceFolder(folder)), ALARM))[MANAGEMENT_ID]
    assert verdict == "unknown"
    assert "not collected" not in reason
    assert "logs:DescribeMetricFilters" in reason


def test_a_trail_of_a_member_is_followed_into_an_account_that_is_read_later(tmp_path: Path) -> None:
    world = central_logging()
    trail = next(iter(world.account(MANAGEMENT_ID).trails))
    world.account(MANAGEMENT_ID).trails.remove(trail)
    trail.organization = False
    early = parts.member_id(3)
    world.account(early).trails.append(trail)
    later = world.account(LOGS)
    assert early < LOGS
    parts.add_root_alarm(later, organization=False)
    with running(world) as simulator:
        collected = looks.live(simulator, rules=[ALARM], workers=1, writer=EvidenceWriter(tmp_path / "evidence"))
    live = alarms(looks.judged(collected, ALARM))
    assert live[early][0] == "pass"
    assert alarms(looks.judged(collect_folder(EvidenceFolder(tmp_path / "evidence")), ALARM)) == live
