from __future__ import annotations

import botocore
import pytest
from tests.iam.usage.operations import made, needed, operations
from tests.iam.usage.story import CATALOGUE, EVENTS, RULES

from rootwarden.errors import InputError
from rootwarden.iam.usage.mapping import EventMap, EventRules, filled, source_of, without_date
from rootwarden.iam.usage.names import read_names
from rootwarden.iam.usage.tally import Call, Outcome
from rootwarden.packs.event_names import event_names
from rootwarden.packs.event_names import operations as shipped

# What CloudTracker and trailscraper get wrong by their own issues is marked with the number.
SAME: dict[str, tuple[str, tuple[str, ...], set[str]]] = {
    "as it is called": ("ec2:DescribeInstances", (), {"ec2:DescribeInstances"}),
    "letter case": ("s3:GetBucketCors", (), {"s3:GetBucketCORS"}),
    "another prefix: CloudWatch": ("monitoring:PutMetricAlarm", (), {"cloudwatch:PutMetricAlarm"}),
    "another prefix: mail": ("email:VerifyEmailIdentity", (), {"ses:VerifyEmailIdentity"}),
    "another prefix: tags": ("tagging:GetResources", (), {"tag:GetResources"}),
    "another prefix: Cloud Control": ("cloudcontrolapi:CreateResource", (), {"cloudformation:CreateResource"}),
    "another prefix: brokers": ("amazonmq:CreateBroker", (), {"mq:CreateBroker"}),
    "one of two prefixes": (
        "autoscaling:RegisterScalableTarget",
        (),
        {"application-autoscaling:RegisterScalableTarget"},
    ),
    "dotted source": ("streams.dynamodb:GetRecords", (), {"dynamodb:GetRecords"}),
    "date at the end": ("lambda:UpdateFunctionCode20150331v2", (), {"lambda:UpdateFunctionCode"}),
    "date without version": ("lambda:ListTags20170331", (), {"lambda:ListTags"}),
    "date with underscores": ("cloudfront:CreateDistribution2020_05_31", (), {"cloudfront:CreateDistribution"}),
    "date and a rule": (
        "cloudfront:CreateDistributionWithTags2020_05_31",
        (),
        {"cloudfront:CreateDistribution", "cloudfront:TagResource"},
    ),
    "list of buckets (CloudTracker #21)": ("s3:ListBuckets", (), {"s3:ListAllMyBuckets"}),
    "head of a bucket": ("s3:HeadBucket", (), {"s3:ListBucket"}),
    "delete means put": ("s3:DeleteBucketEncryption", (), {"s3:PutEncryptionConfiguration"}),
    "several actions": ("s3:CopyObject", (), {"s3:GetObject", "s3:PutObject"}),
    "an action more with a parameter": ("s3:PutObject", ("x-amz-acl",), {"s3:PutObject", "s3:PutObjectAcl"}),
    "another action with a parameter": ("s3:GetObject", ("versionId",), {"s3:GetObjectVersion"}),
    "tags of instances": ("ec2:RunInstances", ("tagSpecificationSet",), {"ec2:RunInstances", "ec2:CreateTags"}),
    "tags of volumes": ("ec2:CreateVolume", ("tagSpecificationSet",), {"ec2:CreateVolume", "ec2:CreateTags"}),
    "both keys (trailscraper #27)": ("kms:ReEncrypt", (), {"kms:ReEncryptFrom", "kms:ReEncryptTo"}),
    "method (trailscraper #17)": ("apigateway:CreateRestApi", (), {"apigateway:POST"}),
    "method, longer name": ("apigateway:ReimportApi", (), {"apigateway:PUT"}),
    "not a method": ("apigateway:CreateRoutingRule", (), {"apigateway:CreateRoutingRule"}),
    "two actions for all": ("budgets:DescribeBudgets", (), {"budgets:ViewBudget"}),
    "batches (CloudTracker #62)": ("sqs:SendMessageBatch", (), {"sqs:SendMessage"}),
    "models": ("bedrock-runtime:ConverseStream", (), {"bedrock:InvokeModelWithResponseStream"}),
}


def mapped(event: str, marks: tuple[str, ...] = ()) -> set[str]:
    source, _, name = event.partition(":")
    return {one.action for one in EVENTS.of(Call(source, name, Outcome.DONE, "", marks)).needed}


@pytest.mark.parametrize("name", SAME)
def test_an_event_needs(name: str) -> None:
    event, marks, actions = SAME[name]
    assert mapped(event, marks) == actions


@pytest.mark.parametrize("event", ["signin:ConsoleLogin", "signin:SwitchRole", "sso:Federate"])
def test_some_events_need_nothing_and_say_why(event: str) -> None:
    source, _, name = event.partition(":")
    found = EVENTS.of(Call(source, name, Outcome.DONE))
    assert found.none
    assert not found.unknown


@pytest.mark.parametrize(
    "event", ["kms:RotateKey", "made-up:Call", "ec2:SharedSnapshotVolumeCreated", "s3:", "s3:20150331"]
)
def test_what_leads_nowhere_is_unknown_and_names_the_service(event: str) -> None:
    source, _, name = event.partition(":")
    found = EVENTS.of(Call(source, name, Outcome.DONE))
    assert found.unknown
    assert found.prefixes[0] == source


def test_what_may_have_been_needed_is_neither_used_nor_nothing() -> None:
    found = EVENTS.of(Call("dynamodb", "TransactWriteItems", Outcome.DONE))
    assert not found.needed
    assert not found.unknown
    assert "dynamodb:ConditionCheckItem" in found.maybe


def test_tags_that_go_along_may_need_the_permission_to_tag() -> None:
    found = EVENTS.of(Call("lambda", "CreateFunction20150331", Outcome.DONE, "", ("tags",)))
    assert [one.action for one in found.needed] == ["lambda:CreateFunction"]
    assert found.maybe == ("lambda:TagResource",)


@pytest.mark.parametrize(
    ("name", "rest"),
    {
        "CreateFunction20150331": "CreateFunction",
        "GetFunction20150331v2": "GetFunction",
        "CreateDistribution2014_11_06": "CreateDistribution",
        "GetThing2024-02-30": "GetThing",
        "GetH2020Results": "",
        "ListVersion2020": "",
        "Get20991399": "",
        "20150331": "",
    }.items(),
)
def test_only_a_whole_date_at_the_end_is_cut(name: str, rest: str) -> None:
    assert without_date(name) == rest


@pytest.mark.parametrize(
    ("host", "source"),
    {
        "EC2.amazonaws.com": "ec2",
        "ec2.amazonaws.com.cn": "ec2",
        "streams.dynamodb.amazonaws.com": "streams.dynamodb",
        "example.org": "example.org",
        "": "",
    }.items(),
)
def test_source_of_a_host(host: str, source: str) -> None:
    assert source_of(host) == source


@pytest.mark.parametrize("value", ["", "a*", "b?", "${aws:username}", "x/y", "arn:aws:s3:::b"])
def test_a_template_is_not_widened_by_a_parameter(value: str) -> None:
    assert filled("arn:{partition}:s3:::{bucketName}", {"partition": "aws", "bucketName": value}) == ""


def test_all_actions_of_the_rules_are_in_the_catalogue() -> None:
    for file in event_names():
        for rule in file.events:
            for action in (*rule.actions, *rule.maybe, *(one for more in rule.when.values() for one in more)):
                assert CATALOGUE.exists(action), action
        for verb in file.verbs:
            assert all(map(CATALOGUE.exists, verb.actions))
        for hidden in file.hidden:
            for pattern in hidden.actions:
                assert CATALOGUE.expand(pattern), pattern


def test_all_services_of_the_rules_are_in_the_catalogue() -> None:
    named = {
        prefix
        for file in event_names()
        for prefix in (*file.prefixes, *(one for to in file.renamed.values() for one in to))
    }
    assert named <= set(CATALOGUE.services)


def test_no_rule_says_what_the_name_says_anyway() -> None:
    bare = EventMap(EventRules(()), CATALOGUE)
    for file in event_names():
        for rule in file.events:
            if rule.when or rule.instead or rule.maybe or rule.none:
                continue
            for name in rule.names:
                without = {one.action for one in bare.of(Call(file.sources[0], name, Outcome.DONE)).needed}
                assert without != set(rule.actions), name


def test_methods_of_api_gateway_are_those_of_its_clients() -> None:
    import botocore.session

    session = botocore.session.get_session()
    compared = 0
    for service in ("apigateway", "apigatewayv2"):
        model = session.get_service_model(service)
        for name in model.operation_names:
            found = needed(EVENTS, ("apigateway",), name)
            if any(one.partition(":")[2].isupper() for one in found):
                assert f"apigateway:{model.operation_model(name).http['method']}" in found, name
                compared += 1
    assert compared > 180


def test_what_ships_was_made_by_the_mapping_that_ships() -> None:
    services = ("apigateway", "cloudwatch", "dynamodb", "kms", "lambda", "s3", "sqs")
    if botocore.__version__ != shipped().clients or CATALOGUE.edition.version != shipped().catalogue:
        pytest.skip("another botocore or catalogue than the file was made from")
    for _, sources, name in operations(services):
        for action in needed(EVENTS, sources, name):
            service, _, rest = action.partition(":")
            assert rest in shipped().actions[service], action


def test_most_operations_are_mapped() -> None:
    assert shipped().mapped / shipped().operations > 0.96
    assert sum(map(len, shipped().actions.values())) > 18_000


@pytest.mark.soak
def test_what_ships_is_what_would_be_made() -> None:
    found = made()
    if (found.clients, found.catalogue) != (shipped().clients, shipped().catalogue):
        pytest.skip("another botocore or catalogue than the file was made from")
    assert (found.actions, found.mapped) == (shipped().actions, shipped().mapped)


def test_parameters_are_asked_for_only_where_they_tell() -> None:
    assert RULES.parameters("ec2", "RunInstances") is None
    assert RULES.parameters("s3", "GetObject") == ("bucketName",)
    assert "tagSpecificationSet" in RULES.marks("ec2", "CreateVolume")


REFUSED = {
    "no TOML": "sources = [",
    "an unknown key": 'seen = "x"\nsorces = ["s3"]',
    "no action": 'seen = "x"\n[[event]]\nnames = ["A"]\nactions = { "GetObject" = "" }',
    "neither actions nor none": 'seen = "x"\n[[event]]\nnames = ["A"]',
    "both actions and none": 'seen = "x"\n[[event]]\nnames = ["A"]\nnone = "y"\nactions = { "s3:GetObject" = "" }',
    "a wildcard in the service": 'seen = "x"\n[[hidden]]\nactions = ["*:Get"]',
    "too large": "#" * 300_000,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="is no file of event names"):
        read_names(REFUSED[name], file="x.toml")
