"""One principal on a terminal: a line, a block with its way, or everything there is to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from rootwarden.iam.admins.verdict import Class
from rootwarden.report.admins import phrases
from rootwarden.report.admins.statement_text import as_json
from rootwarden.report.admins.styles import STYLE
from rootwarden.report.words import shorten

if TYPE_CHECKING:
    from rootwarden.iam.admins.verdict import Blocking, PrincipalVerdict, StatementPlace, Step
    from rootwarden.report.admins.told import Told
    from rootwarden.report.paper import Paper

_LONGEST: Final = 200
_NOT_HERE: Final = "its text is not among what was collected: an earlier step writes it, or it was not read"


def in_a_line(one: PrincipalVerdict, *, account: bool) -> Text:
    """Who, and by which policy, or what stands in the way."""
    said = one.arn if account else phrases.short(one.arn)
    by = ", ".join(dict.fromkeys(place.policy for place in one.granted_by))
    stopped = "; ".join(map(phrases.blocking, one.blocked_by))
    aside = f"by {by}" if by else f"stopped by {stopped}" if stopped else ""
    return Text.assemble((shorten(said, _LONGEST), ""), (f"  {shorten(aside, _LONGEST)}" if aside else "", "dim"))


def block(paper: Paper, one: PrincipalVerdict) -> None:
    """Who, and step by step how."""
    title = Text.assemble(
        (f"{phrases.SYMBOL[one.kind]} ", STYLE[one.kind]),
        (shorten(phrases.short(one.arn), _LONGEST), "bold"),
        (f"  {shorten(one.account, 40)}", "dim"),
    )
    paper.line(title)
    for number in range(1, len(one.path) + 1):
        _step(paper, number, one)
    if one.blocked_by:
        paper.line(f"stopped by {'; '.join(map(phrases.blocking, one.blocked_by))}", "dim", indent=4)


def _step(paper: Paper, number: int, one: PrincipalVerdict) -> None:
    step, last = one.path[number - 1], number == len(one.path)
    paper.line(f"{number}. {step.title}", indent=4)
    by = phrases.taken_by(one, number)
    if by:
        paper.line(f"by {by}", indent=7)
    paper.line(f"→ {phrases.leads_to(step, last=last, gets_up=phrases.gets_up(one))}", indent=7)
    if step.target not in {"", step.leads_to, step.by} and not step.target.isdigit():
        paper.line(f"on {phrases.short(step.target, phrases.account_of(step.by))}", indent=7)
    granted = f", granted by {', '.join(map(phrases.place, step.statements))}" if step.statements else ""
    paper.line(f"{step.id}{granted}", "dim", indent=7)
    for word in step.requires:
        paper.line(f"? if {phrases.required(word)}", "yellow", indent=7)
    for word in step.assumes:
        paper.line(f"assumed: {phrases.required(word)}", "dim", indent=7)


def everything(paper: Paper, one: PrincipalVerdict, told: Told) -> None:
    """All there is to say of one: steps, statements as they are written, remedies, what is taken for granted."""
    paper.line(Text(shorten(one.arn, 400), "bold"), indent=0)
    said = f"{phrases.SYMBOL[one.kind]} {one.kind.value}: {phrases.MEANING[one.kind]}"
    paper.line(Text(said, STYLE[one.kind]), indent=0)
    paper.line(f"account {told.name(one.account)}", "dim", indent=0)
    outside = next((role.lets_in for role in told.found.open_roles if role.arn == one.arn), ())
    if outside:
        paper.line(f"lets in {', '.join(outside)}, which was not looked at", "bold yellow", indent=0)
    for number, step in enumerate(one.path, 1):
        paper.heading(f"Step {number} of {len(one.path)}", step.id)
        _whole_step(paper, step, told, last=number == len(one.path), gets_up=phrases.gets_up(one))
    if one.granted_by and not one.path:
        paper.heading("Granted by")
        for place in one.granted_by:
            _statement(paper, place, one.arn, told)
    if one.blocked_by:
        aside = "of a way that is surer" if one.kind is Class.CONDITIONAL else "of a way up"
        paper.heading("In the way", aside)
        for blocking in one.blocked_by:
            _statement(paper, blocking, one.arn, told)


def _whole_step(paper: Paper, step: Step, told: Told, *, last: bool, gets_up: bool) -> None:
    paper.line(step.title, "bold")
    paper.line(f"by      {step.by}")
    if step.target:
        paper.line(f"on      {step.target}")
    paper.line(f"then    {phrases.leads_to(step, last=last, gets_up=gets_up)}")
    paper.line(f"actions {', '.join(step.actions)}")
    for word in step.requires:
        paper.line(f"? if {phrases.required(word)}", "yellow")
    for word in step.assumes:
        paper.line(f"assumed: {phrases.required(word)}")
    for place in step.statements:
        _statement(paper, place, step.by, told, step)
    path = phrases.in_catalogue(step)
    if path is None:
        return
    paper.line(f"remedy: {phrases.remedy(step)}", "green")
    paper.line(f"denying any one of these stops it: {', '.join(path.stops)}")
    for note in ("" if phrases.on_another(step) else path.notes, path.doubtful):
        if note:
            paper.line(" ".join(note.split()), "dim")


def _statement(paper: Paper, place: StatementPlace | Blocking, by: str, told: Told, step: Step | None = None) -> None:
    layer = phrases.LAYER.get(place.layer, f"{place.layer} ")
    if place.index < 0:
        paper.line(f"{layer}{place.policy} does not allow it")
        return
    paper.line(f"{layer}{place.policy}, statement {place.index}:")
    found = told.statements(place, by, step)
    if not found:
        paper.line(_NOT_HERE, "dim", indent=4)
    if len(found) > 1:
        paper.line("several policies have this name; one of these:", "dim", indent=4)
    for statement in found:
        for line in as_json(statement).splitlines():
            paper.line(Text(shorten(line, _LONGEST), "cyan"), indent=4)
