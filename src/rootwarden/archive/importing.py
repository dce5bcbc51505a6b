"""Evidence and credential reports that somebody kept, into an archive: one run a folder or report, each once.

`FOLDER/<organization-id>/<instant>/` is an evidence folder, `FOLDER/<account>/<instant>.csv` a lone report.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.archive.recorder import Recorder
from rootwarden.collect import files
from rootwarden.collect.collected import in_words
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.offline import collect_credential_report, collect_folder
from rootwarden.errors import InputError, RootwardenError, UsageError
from rootwarden.facts.fact import Absent, Known, Source, Unknown
from rootwarden.facts.instant import format_instant, parse_instant
from rootwarden.facts.inventory import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rootwarden.archive.archive import Archive
    from rootwarden.collect.collected import Collected
    from rootwarden.facts.fact import Fact

ORGANIZATION: Final = re.compile(r"o-[a-z0-9]{10,32}")  # Organizations API reference, OrganizationId
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
# As file systems without colons need it: 2026-03-02T12-00-00Z.
_PLAIN: Final = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2})[-:]?(\d{2})[-:]?(\d{2})(Z?)")
_REPORTS: Final = (".csv", ".json")
_MARKER: Final = ".collecting"
EVERYTHING: Final = frozenset(Part)
# A name that tells another instant than what is inside by more than this is said.
MOST_SKEW: Final = timedelta(hours=1)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one folder or report.

    Attributes:
        source: Its path below the folder that was given.
        run_id: The run it became; empty when it became none.
        accounts: How many accounts are in it.
        added: It is new; false when the archive had the same already, or when nothing could be read.
        problem: Why it became no run.
        warnings: What could not be read in it, and what is odd about it.
    """

    source: str
    run_id: str = ""
    accounts: int = 0
    added: bool = False
    problem: str = ""
    warnings: tuple[str, ...] = ()


class _Found(msgspec.Struct, frozen=True):
    """Something that may be imported: where, in the folder of which organization or account, of which instant."""

    path: Path
    scope: str
    instant: datetime | None


def import_folder(folder: Path, archive: Archive, *, names: Mapping[str, str] | None = None) -> Iterator[Outcome]:
    """Add everything below a folder to an archive, in order of name.

    Args:
        folder: Evidence folders and reports as above; or one evidence folder.
        archive: Where to.
        names: What organizations are called, by id.

    Yields:
        What became of each folder or report, and of each file that is neither.

    Raises:
        InputError: When the folder holds nothing of the kind.
        RootwardenError: When the archive cannot be written.
    """
    if not folder.is_dir():
        raise InputError(f"`{folder}` is not a folder", hint="give the folder that holds <organization-id>/<instant>/")
    found = list(_look(folder))
    if not any(each.instant or each.path == folder for each in found):
        raise InputError(
            f"`{folder}` holds neither <organization-id>/<instant>/ nor <account>/<instant>.csv",
            hint="an instant is written as 2026-03-02T12:00:00Z or 2026-03-02",
        )
    for each in found:
        source = each.path.relative_to(folder).as_posix()
        if each.instant is None and each.path != folder:
            yield Outcome(source=source, problem="it is neither evidence nor a report of some instant")
            continue
        recorder = Recorder(
            organization_name=(names or {}).get(each.scope, ""), organization_id=_organization(each.scope)
        )
        try:
            collected, odd = _collect(each, recorder)
        except RootwardenError as error:
            yield Outcome(source=source, problem=error.message)
            continue
        run = recorder.finish(collected)
        yield Outcome(
            source=source,
            run_id=run.snapshot.run_id,
            accounts=run.snapshot.accounts,
            added=archive.add(run),
            warnings=(*odd, *in_words(collected.unreadable)),
        )


def instant_of(name: str) -> datetime | None:
    """The instant a folder or report is named after; a date is its midnight, UTC."""
    plain = _PLAIN.fullmatch(name)
    if plain:
        return parse_instant(f"{plain[1]}:{plain[2]}:{plain[3]}{plain[4]}")
    try:
        return parse_instant(name) or datetime.strptime(name, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _look(folder: Path) -> Iterator[_Found]:
    if (folder / files.ACCOUNTS).exists() or (folder / "accounts").is_dir():
        yield _Found(folder, "", None)
        return
    for scope in sorted(folder.iterdir()):
        if not scope.is_dir():
            yield _Found(scope, "", None)
            continue
        for each in sorted(scope.iterdir()):
            report = not each.is_dir()
            fits = each.suffix in _REPORTS and _ACCOUNT.fullmatch(scope.name) is not None
            instant = instant_of(each.stem if report else each.name) if fits or not report else None
            yield _Found(each, scope.name, instant)


def _collect(found: _Found, recorder: Recorder) -> tuple[Collected, list[str]]:
    if not found.path.is_dir():
        return _report(found)
    if (found.path / _MARKER).exists():
        raise UsageError("its collection has not ended, or was killed")
    folder = EvidenceFolder(found.path)
    collected = collect_folder(folder, as_of=folder.as_of or found.instant, parts=EVERYTHING, digest=recorder.digest)
    odd = []
    if found.instant and abs(collected.as_of - found.instant) > MOST_SKEW:
        odd.append(f"its name says {format_instant(found.instant)}, its evidence {format_instant(collected.as_of)}")
    said = collected.organization.id
    if isinstance(said, Known) and ORGANIZATION.fullmatch(found.scope) and said.value != found.scope:
        odd.append(f"it lies in `{found.scope}`, but its evidence is of `{said.value}`, and is kept as that")
    return collected, odd


def _report(found: _Found) -> tuple[Collected, list[str]]:
    collected = collect_credential_report(found.path, as_of=found.instant, parts=EVERYTHING)
    (account,) = collected.accounts
    if account.facts.id != found.scope:
        raise InputError(f"it is the report of account {account.facts.id}")
    return collected, []


def _organization(scope: str) -> Fact[str]:
    """The organization a folder is named after, for evidence that does not tell."""
    if ORGANIZATION.fullmatch(scope):
        return Known(scope, (Source(call="named by the folder"),))
    return Absent() if scope == "standalone" else Unknown("nothing tells the organization")
