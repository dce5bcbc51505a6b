from __future__ import annotations

import tomllib
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.collect.answers import file_name
from rootwarden.collect.monitoring import monitoring_facts
from rootwarden.collect.monitoring_plan import next_calls
from rootwarden.detect.alarm_chain import root_usage_alarm
from rootwarden.detect.limits import TRAILS_ASKED
from rootwarden.facts.fact import Known, Source, Unknown, Why
from rootwarden.packs.samples import root_samples

if TYPE_CHECKING:
    from rootwarden.aws.calls import JsonObject
    from rootwarden.collect.answers import Answers
    from rootwarden.detect.alarm_chain import RootUsageAlarm
    from rootwarden.facts.fact import Fact

ACCOUNT = "111122223333"
OWNER = "999900001111"
HOME = "us-east-1"
CIS = '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "cases" / "alarm-chains.toml").read_text(encoding="utf-8")
)["case"]


class Evidence:
    """Answers kept in memory; `refused` files are denied, files that are not there were not collected."""

    def __init__(self, files: dict[str, Any], account: str = ACCOUNT, refused: dict[str, str] | None = None) -> None:
        self.account = account
        self.partition = "aws"
        self.files = files
        self.refused = refused or {}

    def answer(self, file: str) -> Fact[JsonObject]:
        if file in self.refused:
            return Unknown(f"{self.refused[file]} was denied", Why.DENIED, self.refused[file])
        if file in self.files:
            return Known(self.files[file], (Source(call=file, account=self.account),))
        return Unknown(f"`{file}` was not collected", Why.NOT_COLLECTED)

    def regions(self) -> tuple[str, ...]:
        return tuple(sorted({file.split("/")[1] for file in {**self.files, **self.refused} if "/" in file}))


def trail(name: str = "org-trail", account: str = ACCOUNT) -> dict[str, Any]:
    return {
        "Name": name,
        "S3BucketName": "trail-bucket",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "HomeRegion": HOME,
        "TrailARN": f"arn:aws:cloudtrail:{HOME}:{account}:trail/{name}",
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{HOME}:{account}:log-group:trail-logs:*",
        "HasCustomEventSelectors": False,
        "IsOrganizationTrail": False,
    }


def chain(account: str = ACCOUNT) -> dict[str, Any]:
    topic = f"arn:aws:sns:{HOME}:{account}:root-alarm"
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "ExcludeManagementEventSources": []}
    alarm = {
        "AlarmName": "root-used",
        "AlarmArn": f"arn:aws:cloudwatch:{HOME}:{account}:alarm:root-used",
        "ActionsEnabled": True,
        "AlarmActions": [topic],
        "StateValue": "OK",
        "Namespace": "CIS",
        "MetricName": "RootUse",
        "Dimensions": [],
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    metric_filter = {
        "filterName": "root-use",
        "logGroupName": "trail-logs",
        "filterPattern": CIS,
        "metricTransformations": [{"metricName": "RootUse", "metricNamespace": "CIS", "metricValue": "1"}],
    }
    subscription = {
        "SubscriptionArn": f"{topic}:00000000-0000-4000-8000-000000000001",
        "Owner": account,
        "Protocol": "email",
        "Endpoint": "security@example.com",
        "TopicArn": topic,
    }
    files = {
        "describe-trails.json": {"trailList": [trail(account=account)]},
        "event-rules.json": {"Rules": []},
        "trail-status/org-trail.json": {"IsLogging": True},
        "event-selectors/org-trail.json": {"EventSelectors": [selector]},
        "metric-filters.json": {"metricFilters": [metric_filter]},
        "metric-alarms.json": {"MetricAlarms": [alarm], "CompositeAlarms": []},
        "sns-subscriptions/root-alarm.json": {"Subscriptions": [subscription]},
    }
    return {f"regions/{HOME}/{name}": document for name, document in files.items()}


def edited(files: dict[str, Any], edits: dict[str, str]) -> dict[str, Any]:
    copy = deepcopy(files)
    for where, text in edits.items():
        file, _, path = where.partition(":")
        target: Any = copy
        *steps, last = [f"regions/{HOME}/{file}", *(path.split(".") if path else [])]
        for step in steps:
            target = target[int(step) if isinstance(target, list) else step]
        value = msgspec.json.decode(text)
        if value == "<gone>":
            del target[last]
        else:
            target[int(last) if isinstance(target, list) else last] = value
    return copy


def with_rules(files: dict[str, Any], rules: list[dict[str, Any]]) -> dict[str, Any]:
    copy = deepcopy(files)
    del copy[f"regions/{HOME}/describe-trails.json"]["trailList"][0]["CloudWatchLogsLogGroupArn"]
    listed = []
    for number, rule in enumerate(rules, 1):
        name = f"rule-{number}"
        listed.append(
            {
                "Name": name,
                "State": rule.get("state", "ENABLED"),
                "EventPattern": rule["pattern"],
                "EventBusName": rule.get("bus", "default"),
            }
        )
        arns = rule.get("targets", [f"arn:aws:sns:{HOME}:{ACCOUNT}:root-alarm"])
        targets = [{"Id": str(at), "Arn": arn} for at, arn in enumerate(arns)]
        copy[f"regions/{HOME}/event-targets/{name}.json"] = {"Targets": targets}
    copy[f"regions/{HOME}/event-rules.json"] = {"Rules": listed}
    return copy


def decide(evidence: Answers, owner: Answers | None = None) -> RootUsageAlarm:
    owned = None if owner is None else monitoring_facts(owner, HOME)
    return root_usage_alarm(monitoring_facts(evidence, HOME), owned, root_samples())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    files = with_rules(chain(), case["rules"]) if "rules" in case else chain()
    refused = {f"regions/{HOME}/{file}": permission for file, permission in case.get("refused", {}).items()}
    alarm = decide(Evidence(edited(files, case.get("edits", {})), refused=refused))
    if case["works"] == "unknown":
        assert isinstance(alarm.works, Unknown)
        assert alarm.chain == alarm.works
        assert alarm.works.permission == case.get("permission", alarm.works.permission)
        assert alarm.works.reason.endswith(case.get("reason", ""))
        return
    assert isinstance(alarm.works, Known)
    assert isinstance(alarm.chain, Known)
    assert alarm.works.value is case["works"]
    assert alarm.chain.value == case.get("chain", alarm.chain.value)
    assert case.get("note", "") in alarm.works.note
    assert "silent_about" not in case or case["silent_about"] not in alarm.works.note


def member() -> dict[str, Any]:
    shadow = {**trail(account=OWNER), "IsOrganizationTrail": True}
    return {
        f"regions/{HOME}/describe-trails.json": {"trailList": [shadow]},
        f"regions/{HOME}/event-rules.json": {"Rules": []},
    }


def owner(**edits: str) -> Evidence:
    organization = {"describe-trails.json:trailList.0.IsOrganizationTrail": "true"}
    return Evidence(edited(chain(OWNER), organization | edits), OWNER)


def test_member_stands_on_the_organization_trail_of_another_account() -> None:
    alarm = decide(Evidence(member()), owner())
    assert isinstance(alarm.works, Known)
    assert alarm.works.value


def test_member_without_the_owners_answers_is_unknown_and_asks_nothing() -> None:
    alarm = decide(Evidence(member()))
    assert isinstance(alarm.works, Unknown)
    assert OWNER in alarm.works.reason
    assert next_calls(Evidence(member()), HOME) == ()


def test_member_that_cannot_list_trails_still_stands_on_the_organization_trail() -> None:
    refused = {f"regions/{HOME}/describe-trails.json": "cloudtrail:DescribeTrails"}
    evidence = Evidence({f"regions/{HOME}/event-rules.json": {"Rules": []}}, refused=refused)
    works = decide(evidence, owner()).works
    assert isinstance(works, Known)
    assert works.value
    # … and is not known to be without an alarm when that trail does not work: it may have its own.
    assert isinstance(decide(evidence, owner(**{"trail-status/org-trail.json:IsLogging": "false"})).works, Unknown)


def test_organization_filter_for_one_account_does_not_cover_another() -> None:
    one = msgspec.json.encode(f'{{ $.userIdentity.type = "Root" && $.recipientAccountId = "{OWNER}" }}').decode()
    narrowed = owner(**{"metric-filters.json:metricFilters.0.filterPattern": one})
    own = decide(narrowed).works
    assert isinstance(own, Known)
    assert own.value
    works = decide(Evidence(member()), narrowed).works
    assert isinstance(works, Known)
    assert not works.value


def test_other_regions_are_named_in_the_note_of_an_event_rule() -> None:
    rule = {"pattern": '{"detail": {"userIdentity": {"type": ["Root"]}}}'}
    files = with_rules(chain(), [rule])
    files["regions/eu-west-1/event-rules.json"] = files[f"regions/{HOME}/event-rules.json"]
    files["regions/eu-north-1/event-rules.json"] = {"Rules": []}
    works = decide(Evidence(files)).works
    assert isinstance(works, Known)
    assert works.value
    assert "a matching rule stands in eu-west-1; there is none in eu-north-1" in works.note


def test_trail_of_another_home_region_is_followed_there() -> None:
    text = msgspec.json.encode(chain()).decode()
    there: dict[str, Any] = msgspec.json.decode(text.replace(HOME, "eu-central-1"))
    here = {f"regions/{HOME}/describe-trails.json": there.pop("regions/eu-central-1/describe-trails.json")}
    here[f"regions/{HOME}/event-rules.json"] = {"Rules": []}
    alarm = decide(Evidence(there | here))
    assert alarm.works == Known(True, alarm.works.sources)
    assert {call.region for call in next_calls(Evidence(here), HOME)} == {"eu-central-1"}


def ask(evidence: Evidence, full: dict[str, Any]) -> list[str]:
    """Answer what the plan asks until it asks no more; a file that is not in `full` was refused."""
    asked: list[str] = []
    while calls := next_calls(evidence, HOME):
        assert not {call.file for call in calls} & set(asked)
        for call in calls:
            asked.append(call.file)
            if call.file in full:
                evidence.files[call.file] = full[call.file]
            else:
                evidence.refused[call.file] = call.action
    return asked


def test_plan_asks_in_few_calls_what_decides() -> None:
    evidence = Evidence({})
    asked = ask(evidence, chain())
    assert sorted(asked) == sorted(chain())
    assert decide(evidence).works == Known(True, decide(evidence).works.sources)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_plan_comes_to_the_verdict_of_the_whole_evidence_in_twelve_calls(case: dict[str, Any]) -> None:
    files = with_rules(chain(), case["rules"]) if "rules" in case else chain()
    files = edited(files, case.get("edits", {}))
    for file in case.get("refused", {}):
        files.pop(f"regions/{HOME}/{file}")
    evidence = Evidence({})
    assert len(ask(evidence, files)) <= 12
    works = decide(evidence).works
    assert (works.value if isinstance(works, Known) else "unknown") == case["works"]


def test_plan_makes_two_calls_when_there_is_nothing() -> None:
    answers: dict[str, Any] = {"describe-trails.json": {"trailList": []}, "event-rules.json": {"Rules": []}}
    full = {f"regions/{HOME}/{file}": document for file, document in answers.items()}
    evidence = Evidence({})
    assert sorted(ask(evidence, full)) == sorted(full)
    assert decide(evidence).works == Known(False, decide(evidence).works.sources)


def test_plan_stops_at_its_limit_and_says_so() -> None:
    names = [f"trail-{number}" for number in range(6)]
    full = chain()
    full[f"regions/{HOME}/describe-trails.json"] = {"trailList": [trail(name) for name in names]}
    evidence = Evidence({})
    asked = ask(evidence, full)
    assert len([file for file in asked if "trail-status" in file]) == TRAILS_ASKED
    works = decide(evidence).works
    assert isinstance(works, Unknown)


def test_owner_of_an_organization_trail_is_asked_about_it_even_when_a_rule_decides() -> None:
    pattern = '{"detail": {"userIdentity": {"type": ["Root"]}}}'
    rule = {"Name": "root", "State": "ENABLED", "EventPattern": pattern, "EventBusName": "default"}
    target = {"Id": "1", "Arn": f"arn:aws:sns:{HOME}:{OWNER}:root-alarm"}
    full = owner().files | {
        f"regions/{HOME}/event-rules.json": {"Rules": [rule]},
        f"regions/{HOME}/event-targets/root.json": {"Targets": [target]},
    }
    evidence = Evidence({}, OWNER)
    asked = ask(evidence, full)
    assert len(asked) <= 12
    works = decide(Evidence(member()), evidence).works
    assert isinstance(works, Known)
    assert works.value


@given(st.dictionaries(st.sampled_from(sorted(chain())), st.sampled_from(["gone", "refused"])))
def test_learning_a_missing_answer_never_flips_a_verdict(missing: dict[str, str]) -> None:
    files = {file: document for file, document in chain().items() if file not in missing}
    refused = {file: "x:Y" for file, kind in missing.items() if kind == "refused"}
    works = decide(Evidence(files, refused=refused)).works
    assert isinstance(works, Unknown) or works == Known(True, works.sources)


JUNK: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.just([5]), st.just([{}])
)


@given(st.sampled_from(sorted(chain())), st.data())
def test_any_document_gives_a_verdict(file: str, data: st.DataObject) -> None:
    files = deepcopy(chain())
    target: Any = files[file]
    while True:
        key = data.draw(st.sampled_from(sorted(target)) if isinstance(target, dict) else st.just(0))
        if not isinstance(target[key], (dict, list)) or not target[key] or data.draw(st.booleans()):
            break
        target = target[key]
    target[key] = data.draw(JUNK)
    alarm = decide(Evidence(files))
    assert isinstance(alarm.works, (Known, Unknown))


@given(st.text(min_size=1))
def test_file_names_are_safe_and_reversible(name: str) -> None:
    made = file_name(name)
    assert made not in {".", ".."}
    assert all(character.isascii() and (character.isalnum() or character in "._-%") for character in made)
    assert unquote(made, errors="surrogatepass") == name
