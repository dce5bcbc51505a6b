"""`rootwarden iam admins`: who is as good as root, and by which way up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec
import typer

from rootwarden.cli import options
from rootwarden.cli.iam_reading import details_in_files, organization_in
from rootwarden.cli.looking import NO_INSTANT, Look, look, refuse_live_options
from rootwarden.cli.showing import screen, show
from rootwarden.errors import InputError, UsageError
from rootwarden.report.admins import FORMATS, find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.iam.admins.landscape import Inventory
    from rootwarden.iam.admins.verdict import Class
    from rootwarden.report.admins.told import Told

_CLASSES: Final = "direct, escalation, conditional, lateral, none"

Resources: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--resources", metavar="FILE", help='Resources with roles: {"lambda:function": [{"arn", "role"}], …}.'
    ),
]
Classes: TypeAlias = Annotated[
    str, typer.Option("--class", metavar="NAME,NAME,…", help=f"Only these classes: {_CLASSES}.")
]
OnePrincipal: TypeAlias = Annotated[
    str, typer.Option("--principal", metavar="ARN", help="Only this one, with everything there is to say of it.")
]
FormatName: TypeAlias = Annotated[str, typer.Option("--format", metavar="NAME", help=f"One of {', '.join(FORMATS)}.")]
Stop: TypeAlias = Annotated[
    bool, typer.Option("--stop", help="With --principal: tell what would end its ways up; each change is tried.")
]
Spare: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--spare",
        metavar="ARN",
        help="With --stop: whom a service control policy leaves alone; may be repeated. "
        "If not given, the other administrators of the account.",
    ),
]
All: TypeAlias = Annotated[bool, typer.Option("--all", help="Cut no list on the terminal.")]


def admins(
    authorization_details: options.AuthorizationDetails = None,
    evidence: options.Evidence = None,
    organization: options.OrganizationFolder = None,
    accounts: options.Accounts = "",
    org: options.Org = False,
    role_name: options.RoleName = "",
    external_id: options.ExternalId = "",
    profile: options.Profile = "",
    region: options.Region = "",
    save_evidence: options.SaveEvidence = None,
    workers: options.Workers = 24,
    account_timeout: options.AccountTimeout = 60,
    resources: Resources = None,
    class_: Classes = "",
    principal: OnePrincipal = "",
    stop: Stop = False,
    spare: Spare = None,
    all_: All = False,
    format_: FormatName = "terminal",
    output: options.ReportFile = None,
) -> int:
    """Tell for every user and role whether it is as good as root, by which way up, and what stands in its way.

    Of the caller's account, a list, a whole organization, exported files or an evidence folder.
    Exit code 0: everybody was judged. 2: wrong usage, or nothing could be read. 3: part of it could not be read. 130:
    interrupted, whoever was read is judged.
    """
    form, classes = find(format_), _classes(class_)
    if stop or spare:
        _check_stop(principal, form.name, stop=stop)
    inventory = _inventory(resources) if resources is not None else None
    asked = Look(
        evidence=evidence,
        accounts=accounts,
        org=org,
        role_name=role_name,
        external_id=external_id,
        profile=profile,
        region=region,
        workers=workers,
        account_timeout=account_timeout,
        save_evidence=save_evidence,
    )
    if authorization_details:
        _refuse_other_places(asked)
        told, code = _of_files(authorization_details, organization, inventory), 0
    else:
        _refuse_a_second_organization(organization)
        told, code = _of_a_look(asked, inventory)
    from rootwarden.report.admins.told import check_principal

    check_principal(told.found, principal)
    told = msgspec.structs.replace(told, classes=classes, principal=principal)
    text = _stops(told, form.name, spare or ()) if stop else _text(told, form.name, output, uncut=all_)
    show(text, output)
    return code or (3 if told.found.unread else 0)


def _check_stop(principal: str, format_: str, *, stop: bool) -> None:
    if not stop:
        raise UsageError("--spare is about a policy that ends ways up", hint="give --stop as well")
    if not principal:
        raise UsageError("--stop is about one principal", hint="give --principal ARN")
    if format_ not in {"terminal", "json"}:
        raise UsageError(f"--stop has no format `{format_}`", hint="it has terminal and json")


def _stops(told: Told, format_: str, spared: Sequence[str]) -> str:
    from rootwarden.audit.root_stops import stops_of
    from rootwarden.report.stopping import stops_json, stops_text

    stops = stops_of(told.found, told.principal, spared=tuple(spared))
    return stops_json(stops, told) if format_ == "json" else stops_text(stops, told)


def _of_files(files: list[Path], organization: Path | None, inventory: Inventory | None) -> Told:
    from rootwarden.audit.root_equivalents import of_details
    from rootwarden.report.admins.told import Told

    unread: list[tuple[str, str]] = []
    details = details_in_files(files, unread)
    found = of_details(details, organization_in(organization) if organization else None, inventory)
    found = msgspec.structs.replace(found, unread=(*found.unread, *unread))
    return Told(found=found, source=f"authorization details of {', '.join(details)}")


def _of_a_look(asked: Look, inventory: Inventory | None) -> tuple[Told, int]:
    """The verdicts on whom a look met, and 130 when it was interrupted."""
    from rootwarden.audit.census import Census, asking
    from rootwarden.facts.fact import value_or_none
    from rootwarden.report.admins.told import Told

    census = Census()
    collected = look(asked, asking(), tags=False, tree=True, digest=census.digest, dated=False)
    if not collected.accounts and not collected.interrupted:
        raise UsageError("there is no account to look at", hint="give a folder or accounts that are active")
    found = census.judged(collected, inventory)
    if found.as_of == NO_INSTANT:
        found = msgspec.structs.replace(found, as_of=None)
    names = {one.facts.id: value_or_none(one.facts.name) or "" for one in collected.accounts}
    told = Told(found=found, source=collected.described, accounts=names)
    return told, 130 if collected.interrupted else 0


def _refuse_a_second_organization(organization: Path | None) -> None:
    if organization is not None:
        raise UsageError(
            "--organization goes with --authorization-details",
            hint="an evidence folder or a live run has the organization's policies of its own",
        )


def _refuse_other_places(asked: Look) -> None:
    if asked.evidence is not None or asked.accounts or asked.org:
        raise UsageError(
            "more than one thing to look at was given",
            hint="choose one of --authorization-details, --evidence, --accounts and --org",
        )
    refuse_live_options(asked)


def _classes(text: str) -> frozenset[Class]:
    from rootwarden.iam.admins.verdict import Class

    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in set(Class):
            raise UsageError(f"there is no class `{name}`", hint=f"there are {_CLASSES}")
    return frozenset(map(Class, names))


def _inventory(file: Path) -> Inventory:
    from rootwarden.cli.rule_input import read_text
    from rootwarden.iam.admins.landscape import ExistingResource

    try:
        found = msgspec.json.decode(read_text(file), type=dict[str, tuple[ExistingResource, ...]])
    except (msgspec.MsgspecError, RecursionError) as error:
        hint = '{"lambda:function": [{"arn": "arn:aws:lambda:…", "role": "arn:aws:iam::…:role/…"}]}'
        raise InputError(f"`{file}` is no inventory: {error}", hint=hint) from None
    return found


def _text(told: Told, format_: str, output: Path | None, *, uncut: bool) -> str:
    if format_ != "terminal":
        return find(format_).render(told)
    from rootwarden.report.admins.terminal import render

    width, color = screen(output)
    return render(told, width=width, color=color, uncut=uncut)
