"""`rootwarden iam actions`: which actions there are, what they do, what they take."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rootwarden.cli.iam_lint import Over, catalogue_with
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.actions import Action, ActionCatalogue


_SHOWN: Final = 3


class Form(StrEnum):
    """How actions are printed."""

    LIST = "list"
    TABLE = "table"
    JSON = "json"


def list_actions(
    pattern: Annotated[
        str,
        typer.Argument(
            help="A pattern as in policies (`iam:*AccessKey*`), a service (`iam`), or a name in all (`*AccessKey`).",
            show_default=False,
        ),
    ],
    *,
    access: Annotated[
        list[str] | None,
        typer.Option(
            "--access", metavar="LEVEL", help="Only actions of this level: list, read, write, tagging, permissions."
        ),
    ] = None,
    actions: Over = None,
    output_format: Annotated[Form, typer.Option("--format", help="How to print them.")] = Form.LIST,
) -> None:
    """List the actions a pattern means, by the Service Authorization Reference as of a day. Exit code 2: none."""
    catalogue = catalogue_with(actions or [])
    found = [one for one in catalogue.search(pattern) if not access or _levels(access) & _names(one)]
    if not found:
        raise UsageError(f"no action fits `{pattern}`", hint=_meant(pattern, catalogue))
    typer.echo(_printed(found, catalogue, output_format))
    if output_format is not Form.JSON:
        typer.echo(
            f"{len(found):,} {'action' if len(found) == 1 else 'actions'}; catalogue {catalogue.edition}", err=True
        )


def _levels(access: Iterable[str]) -> set[str]:
    from rootwarden.iam.actions import Access

    known = {level.name.lower() for level in Access}
    wanted = {one.lower() for one in access}
    if wrong := sorted(wanted - known):
        raise UsageError(f"there is no access level `{wrong[0]}`", hint=f"there are {', '.join(sorted(known))}")
    return wanted


def _names(action: Action) -> set[str]:
    return {level.name.lower() for level in action.access}


def _meant(pattern: str, catalogue: ActionCatalogue) -> str:
    """What was probably meant, or how old the catalogue is."""
    near = catalogue.nearest(pattern) if ":" in pattern else catalogue.nearest_service(pattern)
    return f"did you mean `{near}`?" if near else f"the catalogue is {catalogue.edition}"


def _printed(found: list[Action], catalogue: ActionCatalogue, form: Form) -> str:
    if form is Form.LIST:
        return "\n".join(one.full for one in found)
    if form is Form.TABLE:
        return _table(found)
    from rootwarden.iam.action_file import record
    from rootwarden.report.encoding import to_json

    return to_json(record(catalogue, found), indent=2)


def _shortened(names: tuple[str, ...]) -> str:
    """The first of them; JSON has all."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more or "-"


def _table(found: list[Action]) -> str:
    rows = [("action", "access", "resources", "condition keys")]
    rows += [(one.full, ", ".join(one.access), _shortened(one.resources), _shortened(one.keys)) for one in found]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join([*(f"{text:<{width}}" for text, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    )
