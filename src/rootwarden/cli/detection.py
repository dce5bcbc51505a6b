"""`rootwarden detection …`: list, show, test and export what root events are told apart by, and what to do then."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli import groups
from rootwarden.cli.whole_sentences import WholeSentences
from rootwarden.detect.export.loss import Language
from rootwarden.detect.visits.detection import Accounts, Topic
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.detect.visits.detection import Detection, Task, TaskPolicy

app = typer.Typer(
    cls=WholeSentences,
    name="detection",
    help=groups.DETECTION,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


AsText = Annotated[Format, typer.Option("--format", help="How to print the result.")]
Declared = Annotated[
    list[str] | None,
    typer.Option(
        "--declare", metavar="NAME=VALUE", help="A value a detection asks for, such as a secret's ARN. Repeat."
    ),
]


@app.command("list")
def list_detections(
    *,
    topic: Annotated[list[Topic] | None, typer.Option("--topic", help="Only what is about this. Repeat.")] = None,
    declare: Declared = None,
    output_format: AsText = Format.TEXT,
) -> None:
    """List the shipped detections; one that waits for a declaration says so."""
    from rootwarden.cli.detection_output import list_as_json, list_as_text
    from rootwarden.packs import detections

    wanted = [one for one in detections(_declared(declare)) if not topic or one.topic in topic]
    typer.echo(list_as_json(wanted) if output_format is Format.JSON else list_as_text(wanted))


@app.command()
def show(
    identifier: Annotated[
        str, typer.Argument(metavar="ID|FILE", help="Id of a shipped detection, or a detection file.")
    ],
    *,
    declare: Declared = None,
    output_format: AsText = Format.TEXT,
) -> None:
    """Show one detection: why, which events, when it is harmless, what it misses, what to do."""
    from rootwarden.cli.detection_output import detection_as_json, detection_as_text

    one = _one(identifier, declare)
    typer.echo(detection_as_json(one) if output_format is Format.JSON else detection_as_text(one))


@app.command("test")
def run_tests(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Detection files; the shipped detections, tasks and task policies if none."),
    ] = None,
    *,
    mutate: Annotated[bool, typer.Option("--mutate", help="Also name changes to a detection no case notices.")] = False,
) -> None:
    """Run the cases. Exit code 1 when one gets another answer than it says, or a change goes unnoticed."""
    from rootwarden.cli.detection_output import mutants_as_lines, runs_as_lines
    from rootwarden.detect.visits.case_runs import run_cases
    from rootwarden.detect.visits.detection import Detection
    from rootwarden.detect.visits.pattern_mutants import mutants

    content = _content(files or [])
    runs = [run for one in content for run in run_cases(one)]
    if not runs:
        raise InputError("there are no cases to run", hint="docs/adding-a-detection.md shows how to write one")
    lines, complete = runs_as_lines(runs), all(run.right for run in runs)
    if mutate and complete:
        tried = [(one.id, tuple(mutants(one))) for one in content if isinstance(one, Detection)]
        complete = not any(mutant.survives for _, found in tried for mutant in found)
        lines += mutants_as_lines(tried)
    typer.echo("\n".join(lines))
    raise typer.Exit(0 if complete else 1)


@app.command("export")
def export_detections(
    identifiers: Annotated[
        list[str] | None, typer.Argument(metavar="ID|FILE", help="Which detections; all that are awake if none.")
    ] = None,
    *,
    language: Annotated[Language, typer.Option("--format", help="The language to say it in.")] = Language.SIGMA,
    declare: Declared = None,
) -> None:
    """Print detections in another language, with what is lost of their meaning.

    `sigma` prints YAML documents, what is lost in comments; `eventbridge` and `metric-filter` one JSON document
    with the patterns of each detection.
    """
    from rootwarden.cli.detection_output import exports_as_json, exports_as_yaml
    from rootwarden.detect.export.languages import exported
    from rootwarden.packs import detections

    wanted: Iterable[Detection] = [_one(each, declare) for each in identifiers or []]
    if not wanted:
        every = detections(_declared(declare))
        wanted = [one for one in every if not one.undeclared]
        for one in every:
            if one.undeclared:
                names = ", ".join(f"`{name}`" for name in one.undeclared)
                typer.echo(f"note: `{one.id}` is left out: {names} is not declared", err=True)
    found = [exported(one, language) for one in wanted]
    typer.echo(exports_as_yaml(found) if language is Language.SIGMA else exports_as_json(found, language))


@app.command()
def playbook(
    identifier: Annotated[str, typer.Argument(metavar="[ID]", help="Which one; the list of them if none.")] = "",
    *,
    account: Annotated[
        Accounts, typer.Option("--account", help="The kind of account; `any` prints the steps of every kind.")
    ] = Accounts.ANY,
) -> None:
    """Print a playbook: what to do, who does it, with which command, and how to see that it worked."""
    from rootwarden.cli.playbook_output import playbook_as_text, playbooks_as_text
    from rootwarden.packs import playbooks
    from rootwarden.strict_toml import meant

    there = {one.id: one for one in playbooks()}
    if not identifier:
        typer.echo(playbooks_as_text(list(there.values())))
        return
    if identifier not in there:
        hint = meant(identifier, there).removeprefix("; ") or "`rootwarden detection playbook` lists them"
        raise UsageError(f"there is no playbook `{identifier}`", hint=hint)
    typer.echo(playbook_as_text(there[identifier], account))


def _one(identifier: str, declare: list[str] | None) -> Detection:
    from rootwarden.cli.rule_input import read_text
    from rootwarden.detect.visits.detection_file import read_detection
    from rootwarden.packs import detections
    from rootwarden.packs.content import callers
    from rootwarden.strict_toml import meant

    declared = _declared(declare)
    if Path(identifier).is_file():
        text = read_text(Path(identifier))
        return read_detection(text, file=identifier, callers=callers(), declared=declared)
    there = {one.id: one for one in detections(declared)}
    if identifier not in there:
        hint = meant(identifier, there).removeprefix("; ") or "`rootwarden detection list` shows them all"
        raise UsageError(f"there is no detection `{identifier}`", hint=hint)
    return there[identifier]


def _content(files: list[Path]) -> list[Detection | Task | TaskPolicy]:
    from rootwarden.cli.rule_input import read_text
    from rootwarden.detect.visits.detection_file import read_detection
    from rootwarden.packs import root_tasks, task_policies
    from rootwarden.packs.content import callers, detections_with_examples

    if not files:
        return [*detections_with_examples(), *root_tasks(), *task_policies()]
    own = [read_detection(read_text(file), file=str(file), callers=callers(), example=True) for file in files]
    for file, one in zip(files, own, strict=True):
        _note_what_is_not_found(file, one)
    return list(own)


def _note_what_is_not_found(file: Path, one: Detection) -> None:
    """What would stop a user's file, or whoever follows it, once it is shipped."""
    from rootwarden.packs import playbooks
    from rootwarden.strict_toml import meant

    if file.stem != one.id:
        typer.echo(f"note: `{file}` holds `{one.id}`: a shipped detection is named after its id", err=True)
    known = {each.id for each in playbooks()}
    if one.playbook not in known:
        near = meant(one.playbook, known)
        typer.echo(f"note: `{one.id}` leads to the playbook `{one.playbook}`, which is not there{near}", err=True)


def _declared(values: list[str] | None) -> dict[str, list[str]]:
    """Values by name of the setting.

    Raises:
        UsageError: One is no `NAME=VALUE`, or nothing asks for the name.
    """
    from rootwarden.packs import detections
    from rootwarden.strict_toml import meant

    found: dict[str, list[str]] = {}
    known = {name for one in detections() for name in one.settings}
    for each in values or []:
        name, equals, value = each.partition("=")
        if not equals or not value:
            raise UsageError(f"`{each}` is not NAME=VALUE", hint=f"for example `--declare {min(known)}=ARN`")
        if name not in known:
            hint = meant(name, known).removeprefix("; ") or f"there is {', '.join(sorted(known))}"
            raise UsageError(f"no detection asks for `{name}`", hint=hint)
        found.setdefault(name, []).append(value)
    return found
