"""`rootwarden trail …`: what happened, as CloudTrail's log files tell it."""

from __future__ import annotations

import typer

from rootwarden.cli import groups, trail_incidents, trail_scan, trail_verify, trail_watch
from rootwarden.cli.whole_sentences import WholeSentences

app = typer.Typer(
    cls=WholeSentences,
    name="trail",
    help=groups.TRAIL,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options() -> None:
    """What happened, as CloudTrail's log files tell it."""


app.command("incidents")(trail_incidents.incidents)
app.command("scan")(trail_scan.scan)
app.command("verify")(trail_verify.verify)
app.command("watch")(trail_watch.watch)
