"""`rootwarden iam lint`: what is wrong with policies before anybody attaches them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rootwarden.cli.rule_input import read_text
from rootwarden.errors import RootwardenError, UsageError
from rootwarden.iam.lint.codes import Level
from rootwarden.iam.lint.finding import Kind

if TYPE_CHECKING:
    from rootwarden.iam.actions import ActionCatalogue
    from rootwarden.report.policy_lint import Run

MOST_FILES: Final = 5_000


class Face(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


class FailOn(StrEnum):
    """From which level on exit code 1 is set."""

    NEVER = "never"
    ERROR = "error"
    WARNING = "warning"


Over = Annotated[
    list[Path] | None,
    typer.Option("--actions", metavar="FILE", help="Actions laid over the shipped catalogue; may be repeated."),
]


def lint(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Policy documents, or folders of `.json` files.", show_default=False)
    ] = None,
    *,
    kind: Annotated[Kind | None, typer.Option(help="What the policies are to be.", show_default=False)] = None,
    explain: Annotated[str, typer.Option("--explain", metavar="CODE", help="Print what a code means, and end.")] = "",
    actions: Over = None,
    output_format: Annotated[
        Face, typer.Option("--format", help="How to print: github is for its workflows.")
    ] = Face.TEXT,
    fail_on: Annotated[FailOn, typer.Option(help="Level from which exit code 1 is set.")] = FailOn.NEVER,
) -> None:
    """Find what a policy does not do, or AWS refuses. Exit code 3: a file could not be read; 2: none could."""
    if explain:
        _explain(explain)
        return
    if not files or kind is None:
        hint = f"`rootwarden iam lint policy.json --kind identity`; kinds are {', '.join(Kind)}"
        raise UsageError("files and `--kind` are needed", hint=hint)
    run = _run(files, kind, catalogue_with(actions or []))
    _say(run, output_format)
    raise typer.Exit(_exit_code(run, fail_on))


def catalogue_with(files: list[Path]) -> ActionCatalogue:
    """The shipped catalogue with files laid over it, in order.

    Raises:
        InputError: A file cannot be read, or is no file of actions.
    """
    from rootwarden.iam.action_file import laid_over, read_actions
    from rootwarden.packs.actions import action_catalogue

    catalogue = action_catalogue()
    for file in files:
        added = read_actions(read_text(file).encode("utf-8", "surrogatepass"), file=str(file))
        catalogue = laid_over(catalogue, added, file=file.name)
    return catalogue


def _explain(code: str) -> None:
    from rootwarden.iam.lint.codes import Code
    from rootwarden.iam.lint.pages import page_text
    from rootwarden.packs.policies import lint_pages

    found = next((one for one in Code if code.upper() in {one.value, one.name}), None)
    if found is None:
        raise UsageError(f"there is no code `{code}`", hint="docs/iam-lint.md lists them")
    typer.echo(page_text(found, lint_pages()[found]))


def _run(files: list[Path], kind: Kind, catalogue: ActionCatalogue) -> Run:
    from rootwarden.iam.lint.lint import lint_text
    from rootwarden.packs.policies import policy_knowledge
    from rootwarden.report.diagnostics import Unread
    from rootwarden.report.policy_lint import Linted, Run

    knowledge = policy_knowledge(catalogue)
    read: list[Linted] = []
    unread: list[Unread] = []
    for file in _documents(files):
        try:
            text = read_text(file)
        except RootwardenError as error:
            unread.append(Unread(str(file), error.message, error.hint))
            continue
        read.append(Linted(str(file), text, lint_text(text, kind, knowledge)))
    return Run(kind=kind, catalogue=catalogue.edition, files=tuple(read), unread=tuple(unread))


def _documents(paths: list[Path]) -> list[Path]:
    """The files that were named, and in the place of a folder the JSON files in it."""
    return [file for path in paths for file in (_below(path) if path.is_dir() else [path])]


def _below(folder: Path) -> list[Path]:
    found: list[Path] = []
    for file in folder.rglob("*.json"):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if file.is_file() and not hidden:
            found.append(file)
        if len(found) > MOST_FILES:
            raise UsageError(f"`{folder}` holds more than {MOST_FILES:,} files", hint="name a folder below it")
    if not found:
        raise UsageError(f"`{folder}` holds no policy", hint="policy documents end in `.json`")
    return sorted(found)


def _say(run: Run, face: Face) -> None:
    from rootwarden.report import policy_lint

    if face is Face.TEXT:
        if run.files:
            typer.echo(policy_lint.text(run))
        for one in run.unread:
            typer.echo(f"error: {one.reason}", err=True)
            typer.echo(f"hint: {one.hint}", err=True)
        return
    if face is Face.JSON:
        said = policy_lint.json(run)
    elif face is Face.SARIF:
        from rootwarden.packs.policies import lint_pages

        said = policy_lint.as_sarif(run, lint_pages())
    else:
        said = policy_lint.workflow_commands(run)
    if said:
        typer.echo(said)


def _exit_code(run: Run, fail_on: FailOn) -> int:
    """1 for a finding at or above the asked level; else 2 when no file could be read, 3 when some could not."""
    failing: dict[FailOn, set[Level]] = {
        FailOn.NEVER: set(),
        FailOn.ERROR: {Level.ERROR},
        FailOn.WARNING: {Level.ERROR, Level.WARNING},
    }
    if failing[fail_on] & set(run.levels):
        return 1
    if run.unread:
        return 3 if run.files else 2
    return 0
