"""Policies as short as they go, and as JSON, Terraform and CloudFormation that read back as the same policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from tests.guardrails.hcl import HclError, Reference, read_hcl

from rootwarden import packs
from rootwarden.audit.guardrail_proof import Wanted, policy_of
from rootwarden.errors import UsageError
from rootwarden.facts.iam_document import Condition, IamDocument, Principals, Statement
from rootwarden.guardrails.content.guardrail import GuardrailKind
from rootwarden.guardrails.content.minimal import minimal
from rootwarden.guardrails.content.rendering import Form, render
from rootwarden.guardrails.content.values import examples
from rootwarden.guardrails.content.writing import as_json, as_object
from rootwarden.iam.context import Context, held
from rootwarden.iam.decision import Question, decide
from rootwarden.iam.document import read_document
from rootwarden.iam.layer import Policy
from rootwarden.iam.principal import Kind, Principal
from rootwarden.iam.statement import Request

if TYPE_CHECKING:
    from rootwarden.guardrails.content.guardrail import Guardrail

GUARDRAILS = packs.guardrails()
CONTROLS = [one for one in GUARDRAILS if one.kind is not GuardrailKind.SIGN_IN]
ACTIONS = st.sampled_from(
    ["s3:Get*", "s3:GetObject", "S3:getobject", "s3:*", "iam:CreateAccessKey", "*", "s3:**", "s3:?*"]
)
CONDITIONS = st.sampled_from(
    [
        (),
        (Condition("ArnLike", "aws:PrincipalArn", ("arn:*:iam::*:root",)),),
        (Condition("StringEquals", "aws:RequestedRegion", ("eu-central-1", "eu-central-1")),),
    ]
)
STATEMENTS = st.builds(
    Statement,
    sid=st.sampled_from(["One", "Two", ""]),
    effect=st.sampled_from(["Deny", "Allow"]),
    actions=st.lists(ACTIONS, min_size=1, max_size=4).map(tuple),
    resources=st.sampled_from([("*",), ("arn:aws:s3:::a/*", "*", "*")]),
    conditions=CONDITIONS,
)
DOCUMENTS = st.lists(STATEMENTS, min_size=1, max_size=5).map(lambda found: IamDocument("2012-10-17", tuple(found)))


def policy(guardrail: Guardrail) -> IamDocument:
    return policy_of(Wanted(guardrail, examples(guardrail)))


@pytest.mark.parametrize("guardrail", GUARDRAILS, ids=lambda one: one.id)
def test_json_reads_back_as_the_policy_and_has_no_needless_blank(guardrail: Guardrail) -> None:
    made = policy(guardrail)
    text = render(guardrail, made, Form.JSON)
    assert read_document(text) == made
    assert text == json.dumps(json.loads(text), separators=(",", ":"))


@pytest.mark.parametrize("guardrail", CONTROLS, ids=lambda one: one.id)
def test_terraform_reads_back_as_the_policy(guardrail: Guardrail) -> None:
    made = policy(guardrail)
    blocks = read_hcl(render(guardrail, made, Form.TERRAFORM, ("r-0000", "ou-0000-work")))
    name = guardrail.id.replace("-", "_")
    resource = blocks["resource", "aws_organizations_policy", name]
    assert read_document(resource["content"]) == made
    assert resource["name"] == guardrail.id
    assert resource["type"] == {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}[guardrail.kind]
    assert blocks["resource", "aws_organizations_policy_attachment", name] == {
        "for_each": {"r-0000", "ou-0000-work"},
        "policy_id": Reference(("aws_organizations_policy", name, "id")),
        "target_id": Reference(("each", "value")),
    }
    assert len(read_hcl(render(guardrail, made, Form.TERRAFORM))) == 1


@pytest.mark.parametrize("guardrail", CONTROLS, ids=lambda one: one.id)
def test_cloudformation_reads_back_as_the_policy(guardrail: Guardrail) -> None:
    made = policy(guardrail)
    template = json.loads(render(guardrail, made, Form.CLOUDFORMATION, ("r-0000",)))
    ((name, resource),) = template["Resources"].items()
    assert name.isalnum()
    assert resource["Type"] == "AWS::Organizations::Policy"
    assert read_document(resource["Properties"]["Content"]) == made
    assert resource["Properties"]["TargetIds"] == ["r-0000"]
    assert "TargetIds" not in render(guardrail, made, Form.CLOUDFORMATION)


def test_a_sign_in_policy_is_json_only() -> None:
    (one,) = [each for each in GUARDRAILS if each.kind is GuardrailKind.SIGN_IN]
    for form in (Form.TERRAFORM, Form.CLOUDFORMATION):
        with pytest.raises(UsageError, match="no form"):
            render(one, policy(one), form)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20))
def test_whatever_stands_in_a_policy_is_no_template_of_terraform(text: str) -> None:
    resource = f"arn:aws:s3:::${{aws:username}}/%{{x}}{text}"
    one = Statement(sid="A", effect="Deny", actions=("s3:*",), resources=(resource,))
    made = IamDocument("2012-10-17", (one,))
    (block,) = read_hcl(render(CONTROLS[0], made, Form.TERRAFORM)).values()
    assert read_document(block["content"]) == made


def test_our_reader_of_hcl_is_strict() -> None:
    for wrong in ('a "b" {', 'a { b = "${c}" }', "a { b = [1] }", 'a { b = "c" b = "d" }', 'a { b = ["c" "d"] }'):
        with pytest.raises(HclError):
            read_hcl(wrong)


def said_to(document: IamDocument, action: str, kind: Kind, region: str) -> str:
    arn = "arn:aws:iam::111111111111:" + ("root" if kind is Kind.ROOT else "user/u")
    who = Principal(kind=kind, arn=arn, account="111111111111")
    context = Context(who.keys() | {"aws:RequestedRegion": held(region)})
    everything = Policy(
        "all",
        read_document(
            as_json(IamDocument("2012-10-17", (Statement(effect="Allow", actions=("*",), resources=("*",)),)))
        ),
    )
    asked = Question(
        who=who,
        request=Request(action, "arn:aws:s3:::a/b", context),
        identity=(everything,),
        scp=((Policy("x", document),),),
    )
    return decide(asked).response


@given(DOCUMENTS)
def test_the_shortest_policy_says_the_same_to_everybody(document: IamDocument) -> None:
    short = minimal(document)
    for action in ("s3:getobject", "s3:putobject", "iam:createaccesskey", "ec2:runinstances"):
        for kind in (Kind.ROOT, Kind.USER):
            for region in ("eu-central-1", "us-east-1"):
                assert said_to(short, action, kind, region) == said_to(document, action, kind, region)
    assert len(as_json(short)) <= len(as_json(document))
    assert minimal(short) == short


def statement(*actions: str, **more: Any) -> Statement:
    return Statement(effect="Deny", actions=actions, resources=("*",), **more)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((statement("s3:A", sid="One"), statement("s3:B", sid="Two")), (statement("s3:A", "s3:B", sid="One"),)),
        ((statement("s3:A", "s3:*", "S3:a"),), (statement("s3:*"),)),
        ((statement("s3:a*", "s3:a**"),), (statement("s3:a*"),)),
        ((statement("s3:A"), structs.replace(statement("s3:B"), effect="Allow")), None),
        ((statement("s3:A"), structs.replace(statement("s3:B"), resources=("arn:aws:s3:::a",))), None),
        ((statement("s3:A"), structs.replace(statement(), actions=None, not_actions=("s3:B",))), None),
        ((statement("s3:A"), statement("s3:B", conditions=(Condition("Null", "aws:AssumedRoot", ("true",)),))), None),
    ],
)
def test_what_is_merged(before: tuple[Statement, ...], after: tuple[Statement, ...] | None) -> None:
    document = IamDocument("2012-10-17", before)
    assert minimal(document).statements == (before if after is None else after)


def test_one_value_is_no_list_and_everybody_is_a_star() -> None:
    one = statement(
        "s3:A",
        sid="X",
        principals=Principals(aws=("*",)),
        conditions=(Condition("StringEquals", "a:b", ("c",)), Condition("StringEquals", "a:d", ("e", "f"))),
    )
    assert as_object(IamDocument("2012-10-17", (one,))) == {
        "Version": "2012-10-17",
        "Statement": {
            "Sid": "X",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:A",
            "Resource": "*",
            "Condition": {"StringEquals": {"a:b": "c", "a:d": ["e", "f"]}},
        },
    }
