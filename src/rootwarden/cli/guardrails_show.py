"""`rootwarden guardrails list`, `show` and `render`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli import options
from rootwarden.guardrails.content.rendering import Form

if TYPE_CHECKING:
    from rootwarden.audit.guardrail_proof import Wanted

Named = Annotated[str, typer.Argument(metavar="ID", help="A shipped guardrail, or a file (`.toml`) of your own.")]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="ID", help="Attach it to this root, unit or account (not for json). Repeat."),
]


def list_guardrails() -> None:
    """Name every shipped guardrail with what it is and what it bars."""
    from rootwarden.packs import guardrails

    width = max(len(one.id) for one in guardrails())
    for one in guardrails():
        typer.echo(f"{one.id:<{width}}  {one.kind:<14}  {one.title}")


def show(guardrail: Named) -> None:
    """Tell what a guardrail bars and leaves open, its parameters, and where it belongs."""
    from rootwarden.cli.guardrails_reading import guardrail_named
    from rootwarden.report.guardrail import described

    typer.echo(described(guardrail_named(guardrail)))


def render(
    guardrail: Named,
    *,
    form: Annotated[Form, typer.Option("--format", help="The policy alone, or what puts it in place.")] = Form.JSON,
    parameter: options.Parameters = None,
    target: Targets = None,
) -> int:
    """Print the policy, as short as AWS takes it. What `iam lint` says to it goes to standard error.

    Exit code 1: AWS would refuse the policy, or it does not do what its file says; it is printed all the same.
    """
    from rootwarden.audit.guardrail_proof import own_requests, policy_of
    from rootwarden.cli.guardrails_reading import guardrail_named, parameters_given, wanted_with
    from rootwarden.guardrails.content import rendering
    from rootwarden.guardrails.content.values import values_for

    found = guardrail_named(guardrail)
    given = parameters_given(parameter or [])
    values_for(found, given)  # refuses a parameter it does not have
    wanted = wanted_with(found, given)
    typer.echo(rendering.render(found, policy_of(wanted), form, tuple(target or ())))
    wrong = [(ask, denied) for ask, denied in own_requests(wanted) if denied is not ask.denied]
    for ask, denied in wrong:
        said = "it depends" if denied is None else "it is denied" if denied else "it is not denied"
        typer.echo(f"error: {ask.name}: {said}, and the file says otherwise", err=True)
    return 1 if _refused(wanted) or wrong else 0


def _refused(wanted: Wanted) -> bool:
    """Say what the lint finds, and tell whether AWS would refuse it."""
    from rootwarden.audit.guardrail_proof import policy_of
    from rootwarden.guardrails.content.writing import as_json
    from rootwarden.iam.lint.codes import Level
    from rootwarden.iam.lint.lint import lint_text
    from rootwarden.packs.policies import policy_knowledge

    found = lint_text(as_json(policy_of(wanted)), wanted.guardrail.kind.linted_as, policy_knowledge())
    for one in found:
        typer.echo(f"{one.level}[{one.code}]: {one.message}", err=True)
    return any(one.level is Level.ERROR for one in found)
