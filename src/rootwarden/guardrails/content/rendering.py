"""A guardrail's policy for those who put it in place: the document alone, Terraform, CloudFormation."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError
from rootwarden.guardrails.content.guardrail import GuardrailKind
from rootwarden.guardrails.content.writing import as_json, as_object

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.guardrails.content.guardrail import Guardrail

_TYPES: Final = {GuardrailKind.SCP: "SERVICE_CONTROL_POLICY", GuardrailKind.RCP: "RESOURCE_CONTROL_POLICY"}
_BARE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# In characters: Organizations API reference, CreatePolicy.
_LONGEST_DESCRIPTION: Final = 512


class Form(StrEnum):
    """How a guardrail is rendered."""

    JSON = "json"
    TERRAFORM = "terraform"
    CLOUDFORMATION = "cloudformation"


def render(guardrail: Guardrail, document: IamDocument, form: Form, targets: tuple[str, ...] = ()) -> str:
    """Render a guardrail.

    Args:
        guardrail: For name and description.
        document: Its policy.
        form: As what.
        targets: Ids of roots, units and accounts it is attached to.

    Returns:
        The text of one file.

    Raises:
        UsageError: It is a Sign-In policy, for which neither Terraform nor CloudFormation has a resource we know of.
    """
    if form is Form.JSON:
        return as_json(document)
    if guardrail.kind not in _TYPES:
        hint = f"render it with --format {Form.JSON}"
        raise UsageError(f"a Sign-In policy has no form `{form}` that we know of", hint=hint)
    if form is Form.TERRAFORM:
        return _terraform(guardrail, document, targets)
    return _cloudformation(guardrail, document, targets)


def _description(guardrail: Guardrail) -> str:
    return guardrail.title[:_LONGEST_DESCRIPTION]


def _terraform(guardrail: Guardrail, document: IamDocument, targets: tuple[str, ...]) -> str:
    name = guardrail.id.replace("-", "_")
    lines = [
        f'resource "aws_organizations_policy" "{name}" {{',
        f"  name        = {_hcl_text(guardrail.id)}",
        f"  description = {_hcl_text(_description(guardrail))}",
        f"  type        = {_hcl_text(_TYPES[guardrail.kind])}",
        f"  content     = jsonencode({_hcl(as_object(document), 1)})",
        "}",
    ]
    if targets:
        lines += [
            "",
            f'resource "aws_organizations_policy_attachment" "{name}" {{',
            f"  for_each  = toset({_hcl(list(targets), 1)})",
            f"  policy_id = aws_organizations_policy.{name}.id",
            "  target_id = each.value",
            "}",
        ]
    return "\n".join(lines)


def _hcl(value: object, depth: int) -> str:
    """A value as an HCL expression (HCL native syntax specification, *Expressions*)."""
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, Mapping):
        members = "".join(f"{inner}{_hcl_name(name)} = {_hcl(each, depth + 1)}\n" for name, each in value.items())
        return f"{{\n{members}{outer}}}"
    if isinstance(value, list):
        elements = "".join(f"{inner}{_hcl(each, depth + 1)},\n" for each in value)
        return f"[\n{elements}{outer}]"
    return _hcl_text(str(value))


def _hcl_name(name: str) -> str:
    return name if _BARE.fullmatch(name) else _hcl_text(name)


def _hcl_text(text: str) -> str:
    """A quoted text; `${` and `%{` would begin a template."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _cloudformation(guardrail: Guardrail, document: IamDocument, targets: tuple[str, ...]) -> str:
    """A template with one `AWS::Organizations::Policy`; its content is an object, which AWS saves without blanks."""
    properties: dict[str, object] = {
        "Name": guardrail.id,
        "Description": _description(guardrail),
        "Type": _TYPES[guardrail.kind],
        "Content": as_object(document),
    }
    if targets:
        properties["TargetIds"] = list(targets)
    resource = {"Type": "AWS::Organizations::Policy", "Properties": properties}
    name = "".join(word.capitalize() for word in guardrail.id.split("-"))
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": guardrail.title,
        "Resources": {name: resource},
    }
    return json.dumps(template, indent=2, ensure_ascii=False)
