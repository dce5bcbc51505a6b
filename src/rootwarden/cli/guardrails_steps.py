"""A change of policies as a command line has it: files and ids at targets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rootwarden.errors import InputError, UsageError
from rootwarden.strict_toml import in_backticks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.guardrails.content.guardrail import Guardrail
    from rootwarden.guardrails.replaying.change import Step
    from rootwarden.guardrails.standing import Attached, Landscape


def steps_of(
    landscape: Landscape, policies: Iterable[str], with_: Iterable[str], without: Iterable[str], parameters: list[str]
) -> tuple[Step, ...]:
    """The change, what is detached first.

    Args:
        landscape: The policies of now.
        policies: Files and ids, for the organization's root.
        with_: `TARGET=FILE|ID`.
        without: `TARGET=POLICY`, by id or name.
        parameters: `NAME=VALUE` for guardrails.

    Raises:
        UsageError: There is nothing to change, no such target or policy, or a value is missing.
        InputError: A file is no policy.
    """
    from rootwarden.guardrails.replaying.change import detach

    brought = [("", name) for name in policies] + [_pair(text, "--with", "FILE|ID") for text in with_]
    taken = [_pair(text, "--without", "POLICY") for text in without]
    if not brought and not taken:
        raise UsageError("there is no change to replay", hint="name a policy, or give --with or --without")
    attached = _attached(landscape, brought, parameters)
    return (*(detach(landscape, target, name) for target, name in taken), *attached)


def _attached(landscape: Landscape, brought: list[tuple[str, str]], parameters: list[str]) -> list[Step]:
    from rootwarden.cli.guardrails_reading import check_used, guardrail_named, parameters_given
    from rootwarden.guardrails.replaying.change import PolicyKind, attach

    given = parameters_given(parameters)
    found = [(target, name, None if name.endswith(".json") else guardrail_named(name)) for target, name in brought]
    guardrails = [one for _, _, one in found if one is not None]
    check_used(given, guardrails)
    if landscape.organization and any(one.parameter("organization") for one in guardrails):
        given.setdefault("organization", landscape.organization)
    steps = []
    for number, (target, name, guardrail) in enumerate(found, 1):
        kind, title, document = _policy(name) if guardrail is None else _made(guardrail, given)
        policy = _as_attached(f"planned {number}", title, document)
        steps.append(attach(landscape, PolicyKind(kind), target, policy))
    return steps


def _as_attached(identity: str, name: str, document: IamDocument) -> Attached:
    from rootwarden.guardrails.standing import Attached

    return Attached(identity, name, document, planned=True)


def _made(guardrail: Guardrail, given: dict[str, str]) -> tuple[str, str, IamDocument]:
    from rootwarden.audit.guardrail_proof import policy_of
    from rootwarden.cli.guardrails_reading import wanted_with
    from rootwarden.guardrails.content.guardrail import GuardrailKind

    if guardrail.kind is GuardrailKind.SIGN_IN:
        hint = "logs show sign-ins, and not all they were decided by: `guardrails prove` decides its requests"
        raise UsageError(f"`{guardrail.id}` is a Sign-In policy, which is not replayed", hint=hint)
    return guardrail.kind.value, guardrail.id, policy_of(wanted_with(guardrail, given))


def _policy(name: str) -> tuple[str, str, IamDocument]:
    """A policy in a file; of the two kinds resource control policies alone have `Principal`."""
    from rootwarden.cli.rule_input import read_text
    from rootwarden.iam.document import DocumentError, read_document

    try:
        document = read_document(read_text(Path(name)))
    except DocumentError as error:
        hint = "give the policy as AWS has it: an object with `Version` and `Statement`"
        raise InputError(f"`{name}` is no policy: {error.message}", hint=hint) from error
    named = any(one.principals is not None or one.not_principals is not None for one in document.statements)
    return "rcp" if named else "scp", Path(name).stem, document


def _pair(text: str, option: str, what: str) -> tuple[str, str]:
    target, sign, name = text.partition("=")
    if not sign or not target or not name:
        raise UsageError(
            f"{in_backticks(text)} is not TARGET={what}", hint=f"{option} ou-exam-workload=deny-root-actions"
        )
    return target, name
