"""`rootwarden archive …`: list, show, check, import and prune what an archive keeps."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rootwarden.cli import groups, options
from rootwarden.cli.archiving import opened
from rootwarden.cli.whole_sentences import WholeSentences
from rootwarden.errors import RootwardenError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.archive.archive import Archive
    from rootwarden.archive.importing import Outcome
    from rootwarden.archive.listed import Broken

app = typer.Typer(
    cls=WholeSentences,
    name="archive",
    help=groups.ARCHIVE,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_SPANS = {"d": 1, "w": 7, "y": 365}
_PAIR = re.compile(r"(?P<id>o-[a-z0-9]{10,32})=(?P<name>.+)")
Where: TypeAlias = Annotated[
    str, typer.Option("--archive", metavar="A", help="A folder, or s3://BUCKET/PREFIX.", show_default=False)
]


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


AsText: TypeAlias = Annotated[Format, typer.Option("--format", help="How to print the result.")]


@app.command("list")
def list_(
    archive: Where,
    *,
    organization: Annotated[
        list[str] | None, typer.Option("--organization", metavar="ID", help="Only this organization. Repeat.")
    ] = None,
    format_: AsText = Format.TEXT,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """List the runs of an archive, by organization and instant. Exit code 3: a file could not be read."""
    with opened(archive, profile=profile, region=region) as place:
        from rootwarden.archive.telling import listing_json, listing_text

        found = place.listing()
    kept = [each for each in found.kept if not organization or each.snapshot.organization_id in organization]
    _print(listing_json(kept, found.broken) if format_ is Format.JSON else listing_text(kept))
    _warn(found.broken)
    return 3 if found.broken else 0


@app.command("show")
def show(
    run: Annotated[str, typer.Argument(help="A run, as `list` names it, or the beginning of its checksum.")],
    archive: Where,
    *,
    account: Annotated[
        str, typer.Option("--account", metavar="ID", help="The full facts of this account, as JSON.")
    ] = "",
    format_: AsText = Format.TEXT,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Show a run: what it saw of each account, or everything it knows of one."""
    with opened(archive, profile=profile, region=region) as place:
        from rootwarden.archive.telling import facts_json, run_json, run_text

        kept = place.find(run)
        if account:
            facts = place.account(kept, account)
            if facts is None:
                raise UsageError(f"there is no account `{account}` in the run", hint="leave --account out to see all")
            _print(facts_json(facts))
        else:
            tell = run_json if format_ is Format.JSON else run_text
            _print(tell(kept, place.rows(kept)))
    return 0


@app.command("verify")
def verify(
    archive: Where,
    *,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Read every snapshot to its end and compare it with its checksum. Exit code 1: a file is not what it says."""
    with opened(archive, profile=profile, region=region) as place:
        good, broken = _verified(place)
        unfinished = place.unfinished()
    _warn(broken)
    for name in unfinished:
        _say(f"note: `{name}` was left behind by a run that was killed; it is no part of the archive")
    _print(f"whole: {good}, not whole: {len(broken)}\n")
    return 1 if broken else 0


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(help="<organization-id>/<instant>/ and <account>/<instant>.csv below it.")],
    archive: Where,
    *,
    organization_name: Annotated[
        list[str] | None, typer.Option("--organization-name", metavar="ID=NAME", help="What it is called. Repeat.")
    ] = None,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Add evidence folders and reports that somebody kept, each once. Exit code 3: part of them could not be read."""
    names = _names(organization_name or ())
    with opened(archive, profile=profile, region=region, create=True) as place:
        place.check()
        from rootwarden.archive.importing import import_folder

        outcomes = []
        for outcome in import_folder(folder, place, names=names):
            outcomes.append(outcome)
            _tell(outcome)
        if any(each.added for each in outcomes):
            _bundle(place)
    added = sum(each.added for each in outcomes)
    wrong = [each for each in outcomes if each.problem]
    there = len(outcomes) - added - len(wrong)
    _print(f"added: {added}, there already: {there}, passed over: {len(wrong)}\n")
    if not added and not there:
        return 2
    return 3 if wrong or any(each.warnings for each in outcomes) else 0


@app.command("prune")
def prune(
    archive: Where,
    *,
    keep: Annotated[
        str, typer.Option("--keep", metavar="SPAN", help="How far back to keep: 90d, 104w, 5y.", show_default=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Remove them; without it they are only named.")] = False,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Remove snapshots older than the newest of their organization by more than a span; never the newest."""
    span = _span(keep)
    with opened(archive, profile=profile, region=region) as place:
        outdated = place.outdated(span)
        for each in outdated:
            if yes:
                place.remove(each)
            _print(f"{'removed' if yes else 'would remove'} {each.snapshot.run_id}\n")
        if yes and outdated:
            _bundle(place)
    if outdated and not yes:
        _say("nothing was removed; add --yes to do it")
    return 0


@app.command("bundle")
def bundle(
    archive: Where,
    *,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Copy the tables of many small runs into one file, so that a study opens fewer. `import` and `prune` do it too."""
    with opened(archive, profile=profile, region=region) as place:
        _print(f"bundled: {place.bundle()}\n")
    return 0


def _bundle(place: Archive) -> None:
    """Bundle what came or stayed; an archive without is only slower to read."""
    try:
        place.bundle()
    except RootwardenError as error:
        _say(f"note: runs were not bundled, a study opens each: {error.message}")


def _verified(place: Archive) -> tuple[int, list[Broken]]:
    from rootwarden.archive.listed import Broken

    good, broken = 0, []
    for each in place.verify():
        if isinstance(each, Broken):
            broken.append(each)
        else:
            good += 1
    return good, broken


def _tell(outcome: Outcome) -> None:
    if outcome.problem:
        _say(f"warning: `{outcome.source}` was passed over: {outcome.problem}")
    elif not outcome.added:
        _say(f"`{outcome.source}` is in the archive already, as {outcome.run_id}")
    for warning in outcome.warnings:
        _say(f"warning: `{outcome.source}`: {warning}")


def _names(pairs: Iterable[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        match = _PAIR.fullmatch(pair)
        if match is None:
            raise UsageError(f"`{pair}` names no organization", hint="--organization-name o-example0000=Name")
        found[match["id"]] = match["name"]
    return found


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,5})([dwy])", text)
    if match is None:
        raise UsageError(f"`{text}` is no span of time", hint="write 90d, 104w or 5y")
    return timedelta(days=int(match[1]) * _SPANS[match[2]])


def _warn(broken: Iterable[Broken]) -> None:
    for each in broken:
        _say(f"warning: `{each.name}` cannot be used: {each.reason}")


def _print(text: str) -> None:
    sys.stdout.write(text)


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line
