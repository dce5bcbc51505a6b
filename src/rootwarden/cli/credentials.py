"""`rootwarden credentials …`: root credentials of members are planned away, removed, looked for again, and followed."""

from __future__ import annotations

import typer

from rootwarden.cli import credentials_apply, credentials_plan, credentials_progress

app = typer.Typer(
    name="credentials",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("plan")(credentials_plan.plan)
app.command("apply")(credentials_apply.apply)
app.command("verify")(credentials_apply.verify)
app.command("progress")(credentials_progress.progress)
