"""`rootwarden iam admins`: who is as good as root, and by which way up."""

from __future__ import annotations

import json
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from rootwarden.cli import options
from rootwarden.cli.iam_reading import collected_in, details_in_files, organization_in
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from rootwarden.audit.root_equivalents import RootEquivalents
    from rootwarden.iam.admins.landscape import Inventory
    from rootwarden.iam.admins.standing import Standing
    from rootwarden.iam.admins.verdict import PrincipalVerdict

SCHEMA: Final = "rootwarden.admins/1"
_ORDER: Final = ("direct", "escalation", "conditional", "lateral", "none")


class Shown(StrEnum):
    """How the verdicts are printed."""

    TERMINAL = "terminal"
    JSON = "json"


def admins(
    authorization_details: Annotated[
        list[Path] | None,
        typer.Option(
            "--authorization-details",
            metavar="FILE",
            help="Output of `aws iam get-account-authorization-details`; once for each account.",
        ),
    ] = None,
    evidence: options.Evidence = None,
    organization: Annotated[
        Path | None,
        typer.Option(
            "--organization", metavar="FOLDER", help="An evidence folder with the organization's tree and policies."
        ),
    ] = None,
    resources: Annotated[
        Path | None,
        typer.Option(
            "--resources", metavar="FILE", help='Resources with roles: {"lambda:function": [{"arn", "role"}], …}.'
        ),
    ] = None,
    stop: Annotated[
        str,
        typer.Option(
            "--stop",
            metavar="ARN",
            help="Tell what would end the ways up of this user or role; each change is tried.",
            show_default=False,
        ),
    ] = "",
    spare: Annotated[
        list[str] | None,
        typer.Option(
            "--spare",
            metavar="ARN",
            help="With --stop: whom a service control policy leaves alone; may be repeated. "
            "If not given, the other administrators of the account.",
        ),
    ] = None,
    format_: Annotated[Shown, typer.Option("--format", help="How to print the verdicts.")] = Shown.TERMINAL,
) -> int:
    """Tell for every user and role whether it is as good as root, by which way up, and what stands in its way.

    Exit code 0: everybody was judged. 2: wrong usage, or nothing could be read. 3: an account could not be judged.
    """
    from rootwarden.audit.root_equivalents import of_collected, of_details

    if bool(authorization_details) is (evidence is not None):
        raise UsageError(
            "say whom to judge: authorization details, or an evidence folder",
            hint="give --authorization-details FILE or --evidence FOLDER",
        )
    inventory = _inventory(resources) if resources is not None else None
    if spare and not stop:
        raise UsageError("--spare is about a policy that ends ways up", hint="give --stop ARN")
    if stop:
        given = authorization_details or []
        return _print_stops(given, evidence, organization, inventory, stop, tuple(spare or ()), format_)
    if evidence is not None:
        found = of_collected(collected_in(evidence), inventory)
    else:
        found = of_details(
            details_in_files(authorization_details or []),
            organization_in(organization) if organization else None,
            inventory,
        )
    typer.echo(_as_json(found) if format_ is Shown.JSON else _as_text(found))
    return 3 if found.unread else 0


def _print_stops(
    files: list[Path],
    evidence: Path | None,
    organization: Path | None,
    inventory: Inventory | None,
    arn: str,
    spared: tuple[str, ...],
    shown: Shown,
) -> int:
    from rootwarden.audit.root_stops import stops_in_collected, stops_in_details
    from rootwarden.report.stopping import stops_json, stops_text

    if evidence is not None:
        found = stops_in_collected(collected_in(evidence), inventory, arn, spared=spared)
    else:
        surrounding = organization_in(organization) if organization else None
        found = stops_in_details(details_in_files(files), surrounding, inventory, arn, spared=spared)
    typer.echo(stops_json(found) if shown is Shown.JSON else stops_text(found))
    return 3 if found.unread else 0


def _inventory(file: Path) -> Inventory:
    from rootwarden.cli.rule_input import read_text
    from rootwarden.iam.admins.landscape import ExistingResource

    try:
        found = msgspec.json.decode(read_text(file), type=dict[str, tuple[ExistingResource, ...]])
    except (msgspec.MsgspecError, RecursionError) as error:
        hint = '{"lambda:function": [{"arn": "arn:aws:lambda:…", "role": "arn:aws:iam::…:role/…"}]}'
        raise InputError(f"`{file}` is no inventory: {error}", hint=hint) from None
    return found


def _as_json(found: RootEquivalents) -> str:
    document = {
        "schema": SCHEMA,
        "as_of": found.as_of.isoformat() if found.as_of is not None and found.as_of.timestamp() > 0 else None,
        "counts": _counts(found),
        "principals": msgspec.to_builtins(found.principals),
        "open_roles": msgspec.to_builtins(found.open_roles),
        "administrators": msgspec.to_builtins(found.administrators),
        "unread": [{"subject": subject, "reason": reason} for subject, reason in found.unread],
        "notes": list(found.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _counts(found: RootEquivalents) -> dict[str, int]:
    counted = Counter(one.kind.value for one in found.principals)
    return {name: counted.get(name, 0) for name in _ORDER}


def _as_text(found: RootEquivalents) -> str:
    lines = [", ".join(f"{count} {name}" for name, count in _counts(found).items())]
    ranked = sorted(found.principals, key=lambda one: (_ORDER.index(one.kind.value), one.arn))
    for one in ranked:
        if one.kind.value != "none" or one.blocked_by:
            lines += _principal(one)
    lines += [_standing(one) for one in found.administrators]
    lines += [f"not judged: {subject}: {reason}" for subject, reason in found.unread]
    lines += [f"note: {note}" for note in found.notes]
    return "\n".join(lines)


def _standing(one: Standing) -> str:
    """Whether an account can be administered without its root user."""
    if one.has_administrator:
        first = one.by[0]
        others = f" and {len(one.by) - 1} more" if len(one.by) > 1 else ""
        return f"account {one.account} has an administrator beside root: {first.arn} ({first.through.value}){others}"
    if one.has_administrator is None:
        return f"account {one.account}: whether it has an administrator beside root is not known: {one.reason}"
    return f"account {one.account} has no administrator beside root: {one.reason}"


def _principal(one: PrincipalVerdict) -> list[str]:
    lines = [f"\n{one.kind.value:<12} {one.arn}"]
    for number, step in enumerate(one.path, 1):
        lines.append(f"  {number}. {step.title} [{step.id}]" + (f" → {step.leads_to}" if step.leads_to else ""))
        if step.target:
            lines.append(f"     on {step.target}")
        granted = ", ".join(f"{place.policy} statement {place.index}" for place in step.statements)
        lines += [f"     granted by {granted}"] if granted else []
        lines += [f"     requires {', '.join(step.requires)}"] if step.requires else []
    if one.granted_by and not one.path:
        lines.append("  granted by " + ", ".join(f"{place.policy} statement {place.index}" for place in one.granted_by))
    if one.blocked_by:
        blocked = (
            f"{place.layer} {place.policy}" + (f" statement {place.index}" if place.index >= 0 else "")
            for place in one.blocked_by
        )
        lines.append("  stopped by " + ", ".join(blocked))
    return lines
