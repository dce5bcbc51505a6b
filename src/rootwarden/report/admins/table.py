"""One row for each principal, as CSV for spreadsheets; written as `report.table` is, formulas in it are inert."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from rootwarden.report.admins import phrases
from rootwarden.report.table import inert
from rootwarden.report.words import visible

if TYPE_CHECKING:
    from rootwarden.iam.admins.standing import Standing
    from rootwarden.iam.admins.verdict import PrincipalVerdict
    from rootwarden.report.admins.told import Told

COLUMNS: Final = (
    "arn", "account", "account_name", "kind", "class", "steps", "path", "way", "leads_to", "granted_by", "requires",
    "assumes", "remedies", "blocked_by", "lets_in", "administrator_through", "account_has_administrator",
)  # fmt: skip
SEPARATOR: Final = "; "


def render(told: Told) -> str:
    """A header line, then those nearest to root first; lines end in CRLF."""
    paper = io.StringIO(newline="")
    writer = csv.writer(paper, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    doors = {by.arn: f"{by.through.value}: {by.who}" for one in told.found.administrators for by in one.by}
    accounts = {one.account: one for one in told.found.administrators}
    outsiders = {one.arn: one.lets_in for one in told.found.open_roles}
    for one in told.principals:
        row = _row(one) | {
            "account_name": told.accounts.get(one.account, ""),
            "lets_in": SEPARATOR.join(outsiders.get(one.arn, ())),
            "administrator_through": doors.get(one.arn, ""),
            "account_has_administrator": _has_administrator(accounts.get(one.account)),
        }
        writer.writerow([inert(visible(row[column])) for column in COLUMNS])
    return paper.getvalue()


def _has_administrator(standing: Standing | None) -> str:
    """Whether the account can be administered without its root user, and why not, or why nobody can tell."""
    if standing is None:
        return ""
    return "yes" if standing.has_administrator else phrases.standing(standing)


def _whereabouts(one: PrincipalVerdict, number: int) -> str:
    """On what, and by whom where that does not follow from the step before."""
    step, by = one.path[number - 1], phrases.taken_by(one, number)
    return (f" on {step.target}" if step.target else "") + (f" by {by}" if by else "")


def _row(one: PrincipalVerdict) -> dict[str, str]:
    steps = one.path
    granted = [*one.granted_by, *(place for step in steps for place in step.statements)]
    return {
        "arn": one.arn,
        "account": one.account,
        "kind": phrases.short(one.arn).partition("/")[0],
        "class": one.kind.value,
        "steps": str(len(steps)),
        "path": SEPARATOR.join(step.id for step in steps),
        "way": SEPARATOR.join(
            f"{number}. {step.title} ({', '.join(step.actions)})" + _whereabouts(one, number)
            for number, step in enumerate(steps, 1)
        ),
        "leads_to": steps[-1].leads_to if steps else "",
        "granted_by": SEPARATOR.join(dict.fromkeys(map(phrases.place, granted))),
        "requires": SEPARATOR.join(dict.fromkeys(phrases.required(word) for step in steps for word in step.requires)),
        "assumes": SEPARATOR.join(dict.fromkeys(phrases.required(word) for step in steps for word in step.assumes)),
        "remedies": SEPARATOR.join(dict.fromkeys(found for step in steps if (found := phrases.remedy(step)))),
        "blocked_by": SEPARATOR.join(map(phrases.blocking, one.blocked_by)),
    }
