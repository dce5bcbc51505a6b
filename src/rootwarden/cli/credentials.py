"""`rootwarden credentials …`: root credentials of members, and how far their removal has come."""

from __future__ import annotations

import typer

from rootwarden.cli import credentials_progress

app = typer.Typer(
    name="credentials",
    help="Root credentials of members: how far their removal has come.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options() -> None:
    """Root credentials of members."""


app.command("progress")(credentials_progress.progress)
