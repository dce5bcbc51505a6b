"""Which calls are still needed to decide whether a root event reaches somebody.

The search of `detect.alarm_chain` runs on what was answered so far and says what it waits for. In an ordinary account
that is at most: DescribeTrails and ListRules; status, selectors and metric filters of a trail; DescribeAlarms; the
subscriptions of a topic; the targets of an event rule: eight to ten calls. Beyond three trails, four topics and four
rules nothing is asked, and the answer stays unknown with that reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.aws.calls import Call
from rootwarden.collect.answers import file_name
from rootwarden.collect.monitoring import monitoring_facts
from rootwarden.detect.alarm_chain import survey
from rootwarden.detect.limits import within_limits
from rootwarden.detect.trails import log_account
from rootwarden.detect.way import NeedKind
from rootwarden.facts.fact import Known
from rootwarden.packs.samples import root_samples

if TYPE_CHECKING:
    from rootwarden.aws.calls import Json
    from rootwarden.collect.answers import Answers
    from rootwarden.detect.way import Need
    from rootwarden.facts.monitoring import Monitoring


def next_calls(answers: Answers, home_region: str) -> tuple[Call, ...]:
    """The calls to make next; call again with their answers until nothing is returned.

    An answer that failed must come back as unknown with another reason than `NOT_COLLECTED`, else it is asked again.

    Args:
        answers: What was answered so far.
        home_region: Where the partition records sign-ins and IAM calls (`us-east-1`).

    Returns:
        At most two dozen calls over all rounds; none once the question is decided or nothing more can be asked. An
        account that owns an organization trail, or the log group of one, is asked about that trail even when it is
        decided itself: its members rest on the answer.
    """
    facts = monitoring_facts(answers, home_region)
    needs = set(survey(facts, None, root_samples()).needs())
    if _serves_organization(facts):
        needs |= set(survey(facts, None, root_samples(), organization_only=True).needs())
    return tuple(_call(need) for need in within_limits(facts, sorted(needs)))


def _serves_organization(facts: Monitoring) -> bool:
    return any(
        trail.organization == Known(True) and facts.account in {trail.account, log_account(trail)}
        for region in facts.regions
        if isinstance(region.trails, Known)
        for trail in region.trails.value
    )


def _call(need: Need) -> Call:
    service, _, operation = need.kind.value.partition(":")
    return Call(
        service=service,
        operation=operation,
        parameters=_parameters(need),
        region=need.region,
        file=f"regions/{need.region}/{_FILES[need.kind].format(file_name(need.name))}",
    )


def _parameters(need: Need) -> dict[str, Json]:
    known: dict[NeedKind, dict[str, Json]] = {
        NeedKind.STATUS: {"Name": need.arn},
        NeedKind.SELECTORS: {"TrailName": need.arn},
        NeedKind.ALARMS: {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]},
        NeedKind.SUBSCRIPTIONS: {"TopicArn": need.arn},
        NeedKind.TARGETS: {"Rule": need.name},
    }
    return known.get(need.kind, {})


_FILES = {
    NeedKind.TRAILS: "describe-trails.json",
    NeedKind.STATUS: "trail-status/{}.json",
    NeedKind.SELECTORS: "event-selectors/{}.json",
    NeedKind.FILTERS: "metric-filters.json",
    NeedKind.ALARMS: "metric-alarms.json",
    NeedKind.SUBSCRIPTIONS: "sns-subscriptions/{}.json",
    NeedKind.RULES: "event-rules.json",
    NeedKind.TARGETS: "event-targets/{}.json",
}
