"""Minimal policies, as JSON or Terraform, with what nobody can tell about them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.usage.result import WORDS
from rootwarden.report.encoding import to_json
from rootwarden.report.words import several, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rootwarden.iam.usage.minimal import Minimal, PolicyText
    from rootwarden.report.encoding import JsonObject

SCHEMA: Final = "rootwarden.minimal-policies/1"
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_NAME: Final = 100


def render(policies: Sequence[Minimal]) -> str:
    """One JSON document: every principal with its policies, and what was checked."""
    document = {"schema": SCHEMA, "principals": [_principal(one) for one in policies]}
    return to_json(document, indent=2) + "\n"


def terraform(policies: Sequence[Minimal]) -> str:
    """Resources of the AWS provider, a managed policy each; what nobody can tell stands in comments."""
    blocks: list[str] = []
    taken: set[str] = set()
    for one in policies:
        blocks.append("\n".join(f"# {line}" for line in _remarks(one)))
        for name, document in _named(one, taken):
            blocks.append(_resource(name, document))
    return "\n\n".join(blocks) + "\n"


def _principal(one: Minimal) -> JsonObject:
    return {
        "arn": one.arn,
        "policies": [msgspec.to_builtins(document) for document in one.documents],
        "checked": {"allows": one.allows, "refuses": one.refuses},
        "cannot_be_judged": {doubt.why.value: list(doubt.actions) for doubt in one.left_out},
        "never_succeeded": list(one.failed),
        "unmapped_events": one.unmapped,
    }


def _remarks(one: Minimal) -> Iterator[str]:
    yield visible(one.arn)
    yield f"checked: {several(one.allows, 'use')} allowed, {several(one.refuses, 'other action')} not"
    for doubt in one.left_out:
        yield f"left out, {WORDS[doubt.why]}: {several(len(doubt.actions), 'granted action')}"
    if one.unmapped:
        yield f"{several(one.unmapped, 'event')} may need actions that nobody knows"
    if one.failed:
        yield f"left out, they never succeeded: {', '.join(one.failed)}"
    if not one.documents:
        yield "nothing was used: there is no policy to write"


def _named(one: Minimal, taken: set[str]) -> Iterator[tuple[str, PolicyText]]:
    base = _NO_NAME.sub("-", one.arn.rpartition("/")[2]).strip("-")[:_LONGEST_NAME] or "principal"
    for number, document in enumerate(one.documents, 1):
        name = f"{base}-used" if len(one.documents) == 1 else f"{base}-used-{number}"
        while name.lower() in taken:
            name += "-x"
        taken.add(name.lower())
        yield name, document


def _resource(name: str, document: PolicyText) -> str:
    label = re.sub(r"[^A-Za-z0-9_]", "_", name)
    label = label if label[:1].isalpha() else f"p_{label}"
    body = _hcl(to_json(document, indent=2))
    indented = body.replace("\n", "\n  ")
    return f'resource "aws_iam_policy" "{label}" {{\n  name   = "{name}"\n  policy = jsonencode({indented})\n}}'


def _hcl(document: str) -> str:
    """JSON as an expression of Terraform: the same, but that `${` and `%{` begin a template there."""
    return document.replace("${", "$${").replace("%{", "%%{")
