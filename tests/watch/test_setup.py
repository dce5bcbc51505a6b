"""The printed set-up: complete in itself, no wider than needed, and its rules send what the watcher must hear."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from tests.watch import records as made
from tests.watch.world import findings

from rootwarden.detect.event_pattern import read_event_pattern
from rootwarden.detect.visits.settings import Settings
from rootwarden.errors import UsageError
from rootwarden.watch.assembly import assembled
from rootwarden.watch.interests import looking_for, names_of
from rootwarden.watch.log_files import buckets
from rootwarden.watch.messages import read_message
from rootwarden.watch.queue import SqsQueue
from rootwarden.watch.setup import cloudformation, parts, terraform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.alert.store.database import Store
    from rootwarden.aws.door import Door

NAMES = ["AssumeRoot", "StartPrimaryEmailUpdate", *(f"AnEventOfAVeryLongName{number:03}" for number in range(150))]
TEMPLATE = json.loads(cloudformation.render(NAMES))
CONFIGURATION = json.loads(terraform.render(NAMES))
PSEUDO = {"AWS::AccountId", "AWS::Partition", "AWS::Region"}


def every(value: Any, key: str) -> Iterator[Any]:
    """What stands under a key, at any depth."""
    if isinstance(value, dict):
        for name, child in value.items():
            if name == key:
                yield child
            yield from every(child, key)
    elif isinstance(value, list):
        for child in value:
            yield from every(child, key)


def patterns_of_template() -> list[str]:
    """As CloudFormation would send them: a parameter in one of them takes a value."""
    return [json.dumps(each).replace('{"Ref": "TrailBucket"}', '"trail"') for each in every(TEMPLATE, "EventPattern")]


def test_everything_the_template_names_is_in_it() -> None:
    known = set(TEMPLATE["Resources"]) | set(TEMPLATE["Parameters"]) | PSEUDO
    named = set(every(TEMPLATE, "Ref")) | {each[0] for each in every(TEMPLATE, "Fn::GetAtt")}
    for value in every(TEMPLATE, "Fn::Sub"):
        text, given = (value, {}) if isinstance(value, str) else value
        named |= set(re.findall(r"\$\{([^}]+)\}", text)) - set(given)
    assert named <= known
    conditions = {each for each in every(TEMPLATE["Resources"], "Condition") if isinstance(each, str)}
    assert conditions <= set(TEMPLATE["Conditions"])


def test_everything_the_configuration_names_is_in_it() -> None:
    text = json.dumps(CONFIGURATION)
    for kind, name in re.findall(r"\$\{(aws_\w+)\.(\w+)", text):
        assert name in CONFIGURATION["resource"][kind]
    for name in re.findall(r"\bvar\.(\w+)", text):
        assert name in CONFIGURATION["variable"]


def test_what_only_the_home_region_has_is_named_only_there() -> None:
    home = {name for name, each in TEMPLATE["Resources"].items() if each.get("Condition") == "IsHome"}
    for name, each in TEMPLATE["Resources"].items():
        if name in home:
            continue
        for target in every(each, "Targets"):
            assert target[0]["Fn::If"][0] == "IsHome"
        assert not {ref for ref in every(each, "Ref") if ref in home}


@pytest.mark.parametrize("pattern", patterns_of_template())
def test_every_pattern_fits_its_rule_and_can_be_read(pattern: str) -> None:
    assert len(pattern) <= parts.LONGEST_PATTERN + 300  # blanks that the template has and the service does not count
    assert len(json.dumps(json.loads(pattern), separators=(",", ":"))) <= parts.LONGEST_PATTERN
    read_event_pattern(pattern)


@pytest.mark.parametrize(
    "detail",
    [
        {"userIdentity": {"type": "Root"}, "eventName": "ConsoleLogin"},
        {"userIdentity": {"type": "FederatedUser", "sessionContext": {"sessionIssuer": {"type": "Root"}}}},
        {"userIdentity": {"type": "AssumedRole"}, "eventName": "AssumeRoot"},
        {"userIdentity": {"type": "AssumedRole"}, "eventName": "AnEventOfAVeryLongName149"},
        {
            "userIdentity": {"sessionContext": {"sessionIssuer": {"userName": "rootwarden-canary", "type": "Role"}}},
            "eventName": "PutParameter",
        },
    ],
    ids=["root", "federated-by-root", "assume-root", "last-name", "canary"],
)
@pytest.mark.parametrize("kind", ["AWS Console Sign In via CloudTrail", "AWS Console Signin via CloudTrail"])
def test_the_rules_send_what_the_watcher_must_hear(kind: str, detail: dict[str, Any]) -> None:
    envelope: dict[str, Any] = {"source": "aws.anything", "detail-type": kind, "detail": detail}
    assert any(read_event_pattern(text).matches(envelope) for text in patterns_of_template())
    assert read_message(json.dumps(envelope)).records == (detail,)


def test_the_rules_send_nothing_else() -> None:
    detail = {"userIdentity": {"type": "AssumedRole"}, "eventName": "DescribeInstances"}
    envelope: dict[str, Any] = {"source": "aws.ec2", "detail-type": "AWS API Call via CloudTrail", "detail": detail}
    assert not any(read_event_pattern(text).matches(envelope) for text in patterns_of_template())


def test_rules_see_read_only_calls_too() -> None:
    states = [
        each["Properties"]["State"] for name, each in TEMPLATE["Resources"].items() if name.startswith("EventRule")
    ]
    assert set(states) == {"ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}


def test_nobody_gets_a_wildcard_but_the_refusal_without_tls() -> None:
    documents = [*every(TEMPLATE, "PolicyDocument"), *every(TEMPLATE, "AssumeRolePolicyDocument")]
    statements = [each for document in documents for each in every(document, "Statement")]
    allowing = [each for group in statements for each in group if each["Effect"] == "Allow"]
    assert allowing
    for statement in allowing:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not any("*" in action for action in actions)
        assert statement.get("Resource") != "*"
        assert statement.get("Principal") != "*"


def test_both_set_ups_have_the_same_patterns() -> None:
    rules = CONFIGURATION["resource"]["aws_cloudwatch_event_rule"]
    ours = {json.dumps(json.loads(each["event_pattern"])) for name, each in rules.items() if name != "trail"}
    theirs = {
        json.dumps(each["Properties"]["EventPattern"])
        for name, each in TEMPLATE["Resources"].items()
        if name.startswith("EventRule")
    }
    assert ours == theirs


def test_a_name_that_fits_no_pattern_is_refused() -> None:
    with pytest.raises(UsageError):
        parts.root_patterns(["A" * 3_000])


def test_only_an_organization_may_send_to_the_home_bus() -> None:
    policy = TEMPLATE["Resources"]["HomeBusPolicy"]
    assert policy["Condition"] == "TakesFromOthers"
    statement = policy["Properties"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": {"Ref": "OrganizationId"}}}
    assert statement["Action"] == "events:PutEvents"


def test_the_template_is_valid(tmp_path: Path) -> None:
    """By cfn-lint, which knows the schemas of every resource in every region."""
    file = tmp_path / "template.json"
    file.write_text(cloudformation.render(names_of(looking_for(Settings()).always)))
    program = [sys.executable, "-c", "from cfnlint.runner import main; main()", str(file)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
def test_what_it_makes_brings_a_sign_in_to_the_watcher(aws: str, sqs: Any, door: Door, store: Store) -> None:
    """moto makes the stack, its event bus matches the rules, and the queue gives what the watcher reads."""
    session = botocore.session.Session()
    client: Any = session.create_client("cloudformation", endpoint_url=aws, region_name="eu-west-1")
    given = {"HomeRegion": "eu-west-1", "TrailBucket": "fake-trail"}
    client.create_stack(
        StackName="rootwarden",
        TemplateBody=cloudformation.render(NAMES),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    bus: Any = session.create_client("events", endpoint_url=aws, region_name="eu-west-1")
    for kind in ("AWS Console Sign In via CloudTrail", "AWS Console Signin via CloudTrail"):
        detail = json.dumps(made.sign_in(600 if "Signin" in kind else 0))
        bus.put_events(Entries=[{"Source": "aws.signin", "DetailType": kind, "Detail": detail}])
    other = {"userIdentity": {"type": "AssumedRole"}, "eventName": "DescribeInstances"}
    call = "AWS API Call via CloudTrail"
    bus.put_events(Entries=[{"Source": "aws.ec2", "DetailType": call, "Detail": json.dumps(other)}])
    (url,) = [each for each in sqs.list_queues()["QueueUrls"] if "DeadLetters" not in each]
    watcher = assembled(store, SqsQueue(door, url), buckets(door))
    assert watcher.rounds.once(0) == 2
    assert len(findings(store)) == 2
