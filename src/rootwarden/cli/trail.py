"""`rootwarden trail …`: read CloudTrail for what root did."""

from __future__ import annotations

import typer

from rootwarden.cli import trail_scan

app = typer.Typer(
    name="trail",
    help="Read CloudTrail: every use of root in files, folders and S3.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("scan")(trail_scan.scan)


@app.callback()
def _options() -> None:
    """Commands about CloudTrail."""
