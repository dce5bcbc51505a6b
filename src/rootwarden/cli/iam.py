"""`rootwarden iam …`: who could do what, and who is as good as root."""

from __future__ import annotations

import typer

from rootwarden.cli import groups, iam_actions, iam_admins, iam_evaluate, iam_lint, iam_usage
from rootwarden.cli.whole_sentences import WholeSentences

app = typer.Typer(
    cls=WholeSentences,
    name="iam",
    help=groups.IAM,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options() -> None:
    """Who could do what, and who is as good as root."""


app.command("admins")(iam_admins.admins)
app.command("evaluate")(iam_evaluate.evaluate)
app.command("actions")(iam_actions.list_actions)
app.command("lint")(iam_lint.lint)
iam_usage.register(app)
