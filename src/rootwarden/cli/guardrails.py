"""`rootwarden guardrails …`: what should be barred to root, as policies, and whether it is."""

from __future__ import annotations

import typer

from rootwarden.cli import (
    groups,
    guardrails_apply,
    guardrails_plan,
    guardrails_prove,
    guardrails_replay,
    guardrails_show,
    guardrails_verify,
)
from rootwarden.cli.whole_sentences import WholeSentences

app = typer.Typer(
    cls=WholeSentences,
    name="guardrails",
    help=groups.GUARDRAILS,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options() -> None:
    """What should be barred to root, and whether it is."""


app.command("list")(guardrails_show.list_guardrails)
app.command("show")(guardrails_show.show)
app.command("render")(guardrails_show.render)
app.command("prove")(guardrails_prove.prove)
app.command("replay")(guardrails_replay.replay)
app.command("plan")(guardrails_plan.plan)
app.command("apply")(guardrails_apply.apply)
app.command("detach")(guardrails_plan.detach)
app.command("verify")(guardrails_verify.verify)
