"""`rootwarden conformance`: does real AWS answer as the simulator does?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli import options
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.conformance.steps import Step


def conformance(
    profile: options.Profile = "",
    region: options.Region = "",
    format_: Annotated[str, typer.Option("--format", metavar="NAME", help="table or json.")] = "table",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Also write the redacted result there, to send in."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print the calls that would be made, and make none.")] = False,
) -> int:
    """Compare real AWS with the simulator call by call: shapes and kinds, never values. For a sandbox account.

    Only reads, from the caller's own account, apart from having a credential report made. Exit code 0: all that
    could be compared agrees. 1: something differs. 2: wrong usage. 3: nothing differs, but calls were refused.
    """
    if format_ not in {"table", "json"}:
        raise UsageError(f"there is no format `{format_}`", hint="choose table or json")
    from rootwarden.conformance.steps import STEPS

    if list_:
        typer.echo(_listed(STEPS), nl=False)
        return 0
    from rootwarden.aws.door import Door
    from rootwarden.conformance.result import as_json, as_table
    from rootwarden.conformance.run import compare_with_simulator

    door = Door(profile=profile, region=region)
    _announce(len(STEPS))
    result = compare_with_simulator(door, real_aws=door.asks_aws("iam"), profile=profile, on_step=_show)
    _show(None)
    typer.echo(as_table(result) if format_ == "table" else as_json(result), nl=False)
    if output is not None:
        from rootwarden.report.write import write

        write(output, as_json(result))
        _say(f"written to {output}: look at it before you send it in")
    return result.exit_code


def _listed(steps: tuple[Step, ...]) -> str:
    from rootwarden.conformance.steps import ANNOUNCED

    width = max(len(step.key) for step in steps)
    lines = []
    for step in steps:
        told = [step.condition] if step.condition else []
        told += ["has AWS make a credential report"] if step.call == ANNOUNCED else []
        lines.append(f"{step.key:{width}}  {'; '.join(told)}".rstrip())
    return "\n".join(lines) + "\n"


def _announce(count: int) -> None:
    _say(
        f"about to make up to {count + 2} calls, in the caller's own account only; all of them read\n"
        "one has an effect: iam:GenerateCredentialReport has AWS make a credential report if there is no recent one\n"
        "nothing is sent anywhere else; `--list` prints the calls"
    )


def _show(step: Step | None) -> None:
    if sys.stderr.isatty():
        told = f"asking {step.key}" if step is not None else ""
        print(f"\r\033[K{told}", end="", file=sys.stderr, flush=True)  # noqa: T201 - progress


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line
