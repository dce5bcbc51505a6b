"""`rootwarden iam evaluate`: decide one request from its policies, with the reasons."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from rootwarden.errors import InputError

if TYPE_CHECKING:
    from rootwarden.iam.decision import Answer

SCHEMA: Final = "rootwarden.decision/1"
_MATCHED: Final = {True: "matches", False: "no match", None: "depends"}


class Shown(StrEnum):
    """How the answer is printed."""

    JSON = "json"
    TEXT = "text"


def evaluate(
    case: Annotated[
        Path, typer.Argument(metavar="CASE", help="A JSON file: the request and every policy; `-` is standard input.")
    ],
    *,
    output_format: Annotated[Shown, typer.Option("--format", help="How to print the answer.")] = Shown.JSON,
) -> None:
    """Decide one request from the policies that bear on it, and tell which statement of which layer decides.

    A case: {"request": {"action", "resource", "context"}, "principal": {"arn", "type", "account"}, "resource_account",
    "identity": [P], "resource": P, "boundary": [P], "session": P, "scp": [[P], …], "rcp": [[P], …]}, where P is
    {"name", "document"} and levels go from the organization's root down.
    """
    from rootwarden.iam.case import evaluate_case
    from rootwarden.packs.actions import rcp_services

    answer = evaluate_case(_decoded(case), rcp_services())
    typer.echo(_as_text(answer) if output_format is Shown.TEXT else _as_json(answer))


def _decoded(file: Path) -> Any:
    from rootwarden.cli.rule_input import MAXIMUM_BYTES, read_text

    text = sys.stdin.read(MAXIMUM_BYTES) if str(file) == "-" else read_text(file)
    try:
        return json.loads(text, object_pairs_hook=_each_name_once)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"`{file}` is not whole JSON{where}", hint="see `rootwarden iam evaluate --help`") from None


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different: of two values for one name neither can be trusted."""
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = next(name for index, (name, _) in enumerate(pairs) if name in dict(pairs[:index]))
        raise InputError(f"`{twice[:40]}` stands twice in one object of the case", hint="keep one of them")
    return made


def _as_json(answer: Answer) -> str:
    from msgspec import to_builtins

    return json.dumps({"schema": SCHEMA, **to_builtins(answer)}, indent=2, ensure_ascii=False)


def _as_text(answer: Answer) -> str:
    lines = [answer.response + (f", decided by {answer.decided_by}" if answer.decided_by else "")]
    if answer.depends_on:
        lines.append(f"depends on {', '.join(answer.depends_on)}: from {answer.at_least} to {answer.at_most}")
    for one in answer.because:
        place = f"{one.layer} {one.policy}".strip() + (f" statement {one.index}" if one.index >= 0 else "")
        lines.append(f"  {_MATCHED[one.matched]:<9} {place}: {one.why}")
    return "\n".join(lines)
