"""What would end the ways up of one principal, as text and as JSON (docs/iam-stopping.md).

docs/reports/admins-stop-1.schema.json is made from the records; a test keeps the three together. Within version 1,
fields are only added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from rootwarden.audit.root_stops import LintedPolicy
from rootwarden.iam.admins.stopping.outcome import How, RemedyKind, Stopping
from rootwarden.report.admins.machine import Unread
from rootwarden.report.encoding import to_json
from rootwarden.report.fleet.study_machine import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.audit.root_stops import RootStops
    from rootwarden.iam.admins.stopping.outcome import EditedPolicy, Remedy, StatementChange
    from rootwarden.report.admins.told import Told

_HEADINGS: Final = {
    RemedyKind.STATEMENTS: "change statements",
    RemedyKind.BOUNDARY: "or put a permissions boundary on it",
    RemedyKind.SCP: "or a service control policy on its account",
}
_NAMES: Final = {
    RemedyKind.STATEMENTS: "statements",
    RemedyKind.BOUNDARY: "a permissions boundary",
    RemedyKind.SCP: "a service control policy",
}
_UP: Final = frozenset({"direct", "escalation", "conditional"})
_MOST_SHOWN: Final = 10


class StopDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: Literal["rootwarden.admins-stop/1"]
    principal: Stopping
    linted: tuple[LintedPolicy, ...]
    unread: tuple[Unread, ...]
    notes: tuple[str, ...]


def stops_json(stops: RootStops, told: Told) -> str:
    """The answer as JSON."""
    unread = tuple(Unread(subject, reason) for subject, reason in told.found.unread)
    answer = StopDocument(
        schema="rootwarden.admins-stop/1",
        principal=stops.stopping,
        linted=stops.linted,
        unread=unread,
        notes=told.found.notes,
    )
    return to_json(answer, indent=2) + "\n"


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of the format, as published in docs/reports/admins-stop-1.schema.json."""
    return schema_of(StopDocument, "admins-stop")


def stops_text(stops: RootStops, told: Told) -> str:
    """The answer in words, with every policy that is to be made or edited."""
    stopping, found = stops.stopping, told.found
    lines = [f"{stopping.standing.value:<12} {stopping.arn}"]
    if stopping.standing.value not in _UP:
        lines.append("  it has no way up: there is nothing to end")
    elif stopping.way:
        lines.append(f"  its shortest way up: {' → '.join(stopping.way)}")
    for remedy in stopping.remedies:
        lines += ["", *_remedy(remedy, stops.linted)]
    lines += [f"\n{_NAMES[one.kind]}: none found: {one.why}" for one in stopping.not_found]
    lines += [f"not looked at: {subject}: {reason}" for subject, reason in found.unread]
    lines += [f"note: {note}" for note in found.notes]
    return "\n".join(lines) + "\n"


def _remedy(remedy: Remedy, linted: tuple[LintedPolicy, ...]) -> Iterator[str]:
    yield f"{_HEADINGS[remedy.kind]}: {_extent(remedy)}"
    for change in remedy.statements:
        yield from _statement(change)
    if remedy.denies:
        yield f"  it denies {', '.join(remedy.denies)}"
    if remedy.kind is RemedyKind.SCP:
        yield f"  it spares {_listed(remedy.spares) or 'nobody'}; the root user of the account is bound by it too"
    yield f"  the principal is `{remedy.leaves.value}` then"
    if remedy.helped:
        yield f"  also {_listed([f'{one.arn} ({one.before} → {one.after})' for one in remedy.helped])}"
    if remedy.reaches:
        yield f"  takes permissions from {_listed(remedy.reaches)} too"
    for policy in remedy.policies:
        yield from _policy(policy, linted)


def _extent(remedy: Remedy) -> str:
    count = len(remedy.statements) or len(remedy.denies)
    what = "statement" if remedy.statements else "denied action"
    fewest = "no fewer do" if remedy.smallest else "fewer may do"
    return f"{count} {what}{'' if count == 1 else 's'}, {fewest}"


def _statement(change: StatementChange) -> Iterator[str]:
    if change.how is How.DETACH:
        yield f"  detach {change.policy} from {change.owner}"
        return
    place = f"statement {change.index} of `{change.policy}` ({change.owner})"
    yield f"  remove {place}" if change.how is How.REMOVE else f"  narrow {place}: {change.leaves}"
    if change.before is not None:
        yield f"    - {_compact(change.before)}"
    for one in change.after:
        yield f"    + {_compact(one)}"


def _policy(policy: EditedPolicy, linted: tuple[LintedPolicy, ...]) -> Iterator[str]:
    if not policy.document.statements:
        left = "put a deny in its place" if policy.layer == "trust" else "delete it"
        yield f"  `{policy.name}` ({policy.owner}) has no statement left: {left}"
        return
    said = next((one for one in linted if (one.owner, one.name) == (policy.owner, policy.name)), None)
    length = f", {policy.characters:,} of {said.limit:,} characters" if said is not None else ""
    yield f"  `{policy.name}` for {policy.owner} then{length}:"
    yield from (f"    lint {one}" for one in (said.findings if said is not None else ()))
    yield f'    {{"Version":"{policy.document.version}","Statement":['
    last = len(policy.document.statements) - 1
    for number, one in enumerate(policy.document.statements):
        yield f"      {_compact(one)}{'' if number == last else ','}"
    yield "    ]}"


def _compact(value: object) -> str:
    return to_json(value)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
