"""`rootwarden breakglass …`: open a root user, safely; nothing but the assembly of its commands."""

from __future__ import annotations

import typer

from rootwarden.cli import (
    breakglass_audit,
    breakglass_checkin,
    breakglass_custody,
    breakglass_enrol,
    breakglass_evidence,
    breakglass_leases,
    breakglass_people,
    breakglass_requests,
    breakglass_running,
    serve,
)

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
app.command("status")(breakglass_requests.status)
app.command("request")(breakglass_requests.request)
app.command("requests")(breakglass_requests.requests)
app.command("approve")(breakglass_requests.approve)
app.command("deny")(breakglass_requests.deny)
app.command("report")(breakglass_requests.report)
app.command("withdraw")(breakglass_requests.withdraw)
app.command("open")(breakglass_requests.open_)
app.command("leases")(breakglass_leases.leases)
app.command("code")(breakglass_leases.code)
app.command("password")(breakglass_leases.password)
app.command("session")(breakglass_leases.session)
app.command("return")(breakglass_leases.return_)
app.command("revoke")(breakglass_leases.revoke)
app.command("evidence")(breakglass_evidence.evidence)
app.command("check-in")(breakglass_checkin.check_in)
app.command("accept-duty")(breakglass_checkin.accept_duty)
app.command("export")(breakglass_leases.export)
app.command("checkouts")(breakglass_leases.checkouts)
app.command("openings")(breakglass_custody.openings)
app.command("ask-again")(breakglass_custody.ask_again)
app.command("share")(breakglass_custody.share)
app.command("people")(breakglass_people.people)
app.command("suspend")(breakglass_people.suspend)
app.command("leavers")(breakglass_people.leavers)
app.command("sign")(breakglass_people.sign)
app.command("heads")(breakglass_audit.heads)
app.command("found")(breakglass_running.found)
app.command("serve")(serve.serve)
app.add_typer(breakglass_audit.app, name="audit")
app.add_typer(breakglass_people.change, name="change")
app.add_typer(breakglass_people.clock, name="clock")
app.add_typer(breakglass_custody.app, name="custody")
app.add_typer(breakglass_enrol.app, name="enrol")
app.add_typer(breakglass_people.epoch, name="epoch")
app.add_typer(breakglass_people.key, name="key")
app.add_typer(breakglass_running.placement, name="placement")
app.add_typer(breakglass_running.vault, name="vault")
app.add_typer(breakglass_running.witness, name="witness")
