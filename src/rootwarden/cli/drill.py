"""`rootwarden drill …`: practise the ways to root, and keep how it went."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from rootwarden.cli.breakglass_reaching import out, say, signed_in

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)

DrillId: TypeAlias = Annotated[str, typer.Argument(metavar="DRILL", help="Id of a drill that was begun.")]


class Outcome(StrEnum):
    """How a drill went."""

    PASSED = "passed"
    FAILED = "failed"
    ABORTED = "aborted"


@app.command("list")
def list_(ctx: typer.Context) -> int:
    """List planned drills, overdue ones first. Exit code 1: one is overdue."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.audit_views import DrillView
        from rootwarden.breakglass.client import telling

        found = session.get("/drills", list[DrillView])
        out(telling.drills(found))
    return 1 if any(one.standing == "overdue" for one in found) else 0


@app.command("begin")
def begin(
    ctx: typer.Context,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Twelve digits.")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="full-path, mail, phone, …: docs/break-glass.md.")],
) -> int:
    """Begin a drill. Prints its id; of mail and phone also the words to send or say, which must come back.

    Send them yourself, without a link: whoever reads the mailbox, or takes the call, types them into a page where they
    are signed in, or tells you. Drills of codes and passwords are requests with `--drill KIND`.
    """
    with signed_in(ctx) as session:
        from rootwarden.breakglass.client import drilling
        from rootwarden.report.words import visible

        begun, words = drilling.begin(session, account, kind)
        out(f"{visible(begun.drill)}\n")
        if words:
            say(f"send or say: {words}   nothing else, and no link; the log has only its digest")
            say(f"when it came back: rootwarden drill finish {visible(begun.drill)} passed --evidence WORDS")
    return 0


@app.command("finish")
def finish(
    ctx: typer.Context,
    drill: DrillId,
    outcome: Annotated[Outcome, typer.Argument(metavar="OUTCOME", help="passed, failed or aborted.")],
    *,
    evidence: Annotated[str, typer.Option("--evidence", metavar="WORDS", help="How it went, and what shows it.")],
    answered: Annotated[
        bool, typer.Option("--answer", help="Ask for the words that came back, by mail or phone.")
    ] = False,
    lease: Annotated[str, typer.Option("--lease", metavar="LEASE", help="The lease that was opened for it.")] = "",
) -> int:
    """Say how a drill went. Passed takes proof: the words that came back, or a lease that released something."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.client import drilling
        from rootwarden.cli.breakglass_reaching import asked

        answer = asked("the words that came back") if answered else ""
        said = drilling.finish(session, drill, outcome=outcome.value, evidence=evidence, answer=answer, lease=lease)
        say(f"recorded, entry {said.position}")
    return 0


@app.command("export")
def export(
    ctx: typer.Context,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where drills are written.")] = Path(
        "drills.jsonl"
    ),
) -> int:
    """Write drills held and due, a line each, from which `rootwarden kpi --drills` counts."""
    with signed_in(ctx) as session:
        from rootwarden.report.write import write_bytes

        content = session.door.lines("/drills.jsonl")
        write_bytes(output, content)
        count = content.count(b"\n")
        say(f"drills: {count}, written to {output}")
    return 0
