"""From the arguments of `iam usage` to what was found."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.cli import trail_reading
from rootwarden.cli.given_file import given_bytes
from rootwarden.cli.trail_reading import Asked
from rootwarden.errors import UsageError
from rootwarden.iam.admins.building import Household
from rootwarden.iam.usage.result import PrincipalUsage
from rootwarden.report.usage.told import Told
from rootwarden.trail.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.admins.powers import Book
    from rootwarden.iam.usage.last_accessed import LastAccessed
    from rootwarden.iam.usage.minimal import Minimal
    from rootwarden.iam.usage.result import Usage
    from rootwarden.iam.usage.tally import Tally

_IN_PATH: Final = re.compile(r"AWSLogs/(?:o-[a-z0-9]{10,32}/)?([0-9]{12})/")


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was given."""

    asked: Asked
    dumps: tuple[Path, ...] = ()
    evidence: Path | None = None
    organization: Path | None = None
    last_accessed: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    data_events: tuple[str, ...] = ()


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and how much could be read.

    Attributes:
        told: For reports.
        actions: Every action of the catalogue.
        done: What the reading came to.
        whole: Whether everything beside the logs could be read, too.
    """

    told: Told
    actions: tuple[str, ...]
    done: Run
    whole: bool

    def exit_code(self) -> int:
        """The exit code of docs/exit-codes.md."""
        return trail_reading.exit_code(self.done) or (0 if self.whole else 3)

    def minimal(self, *, seen_resources: bool, with_failed: bool) -> list[Minimal]:
        """The smallest policies for every user and role that is shown; root has none."""
        from rootwarden.iam.usage.minimal import minimal

        return [
            minimal(one, self.actions, seen_resources=seen_resources, with_failed=with_failed)
            for one in self.told.usage.principals
            if one.kind != "root"
        ]


def compare(given: Given) -> Compared:
    """Read everything, compare, and say on stderr what was read.

    Raises:
        RootwardenError: When something is not there, or is not what it should be.
    """
    from rootwarden.iam.admins.powers import Book
    from rootwarden.iam.usage.judge import Asked as Bearing
    from rootwarden.iam.usage.judge import Judge
    from rootwarden.iam.usage.mapping import EventMap, EventRules
    from rootwarden.iam.usage.visibility import Visibility
    from rootwarden.packs.actions import action_catalogue
    from rootwarden.packs.event_names import event_names, operations
    from rootwarden.report.words import several, visible

    catalogue = action_catalogue()
    visibility = Visibility(catalogue, event_names(), operations())
    _check_services(given.data_events, catalogue.services)
    actions = tuple(action.full for action in visibility.actions)
    last_accessed = {one.arn: one for one in map(_last_accessed, given.last_accessed)}
    found = _households(given, Book(actions))
    done, tally = _read(given.asked)
    restriction = trail_reading.restriction_of(given.asked)
    judge = Judge(catalogue, EventMap(EventRules(event_names()), catalogue), visibility)
    usage = judge.usage(
        tally,
        [holder for household in found.households for holder in household.holders],
        [household.seat.id for household in found.households],
        Bearing(
            start=restriction.start,
            end=restriction.end,
            data_events=frozenset(given.data_events),
            unread=_unread(done),
            last_accessed=last_accessed,
            escalation=_escalation(),
        ),
    )
    shown = _only(usage, given.principals)
    trail_reading.tell(done, several(len(shown.principals), "principal"))
    for one in found.trouble:
        _say(f"warning: {visible(one)}")
    for note in found.notes:
        _say(f"note: {note}")
    return Compared(told=_told(given, shown, done, found.trouble), actions=actions, done=done, whole=not found.trouble)


class _Found(msgspec.Struct, frozen=True):
    """Users and roles, account by account, what could not be read, and what the reader must know."""

    households: list[Household] = []
    trouble: list[str] = []
    notes: tuple[str, ...] = ()


def _households(given: Given, book: Book) -> _Found:
    from rootwarden.audit.root_equivalents import Bureau, households_of_collected, households_of_details
    from rootwarden.cli.iam_reading import collected_in, details_in_files, organization_in

    if given.dumps and given.evidence is not None:
        raise UsageError("users and roles are given twice", hint="give --authorization-details or --evidence")
    if given.evidence is not None:
        collected = collected_in(given.evidence)
        bureau = Bureau(collected.organization, book)
        households, unread = households_of_collected(bureau, collected)
        return _Found(households, [f"{subject}: {reason}" for subject, reason in unread], tuple(bureau.notes))
    if not given.dumps:
        return _Found(notes=("no users and roles were given: what is granted is not known",))
    bureau = Bureau(organization_in(given.organization) if given.organization else None, book)
    households = households_of_details(bureau, details_in_files(list(given.dumps)))
    return _Found(households, notes=tuple(bureau.notes))


def _told(given: Given, usage: Usage, done: Run, trouble: Iterable[str]) -> Told:
    unread = (f"{problem.file}: {problem.reason}" for problem in done.problems)
    return Told(
        source=", ".join(given.asked.paths),
        start=given.asked.start,
        end=given.asked.end,
        files=done.counts.files,
        records=done.counts.records,
        trouble=(*unread, *trouble),
        usage=usage,
    )


def _read(asked: Asked) -> tuple[Run, Tally]:
    from rootwarden.cli.trail_progress import progress
    from rootwarden.detect.visits.interest import Interest
    from rootwarden.packs.event_names import event_names
    from rootwarden.trail.batch import Orders
    from rootwarden.trail.objects_to_read import STDIN
    from rootwarden.trail.usage_run import run_usage

    listing, restriction = trail_reading.listing_of(asked)
    orders = Orders(
        interest=Interest(calls=frozenset()),
        restriction=restriction,
        profile=asked.profile,
        region=asked.region,
        names=event_names(),
    )
    stream = sys.stdin.buffer if STDIN in asked.paths else None
    with progress() as show:
        done, tally = run_usage(listing, orders, stream=stream, workers=asked.workers, show=show)
    trail_reading.refuse_nothing(done)
    return done, tally


def _unread(done: Run) -> dict[str, int]:
    """How many files could not be read, by the account they are about; under an empty text where nobody knows."""
    found: dict[str, int] = {}
    for problem in done.problems:
        named = _IN_PATH.search(problem.file)
        account = named.group(1) if named else ""
        found[account] = found.get(account, 0) + 1
    beyond = done.unread - len(done.problems)
    if beyond or done.interrupted:
        found[""] = found.get("", 0) + max(beyond, 1)
    return found


def _last_accessed(given: str) -> LastAccessed:
    from rootwarden.iam.usage.last_accessed import read_last_accessed

    arn, equals, name = given.rpartition("=")
    if not (equals and arn.startswith("arn:")):
        arn, name = "", given
    return read_last_accessed(given_bytes(Path(name)), arn=arn, file=name)


def _check_services(given: Iterable[str], known: Iterable[str]) -> None:
    known = frozenset(known)
    for service in given:
        if service not in known:
            raise UsageError(
                f"there is no service `{service}`", hint="--data-events takes prefixes of actions: s3, lambda"
            )


def _only(usage: Usage, patterns: tuple[str, ...]) -> Usage:
    """Those principals that were asked for.

    Raises:
        UsageError: Nobody fits.
    """
    if not patterns:
        return usage
    shown = tuple(one for one in usage.principals if any(_fits(pattern, one) for pattern in patterns))
    if not shown:
        raise UsageError("no principal fits --principal", hint="give an ARN or a name, with `*` for what varies")
    return msgspec.structs.replace(usage, principals=shown)


def _fits(pattern: str, one: PrincipalUsage) -> bool:
    from rootwarden.iam.wildcards import matches

    return matches(pattern, one.arn) or matches(pattern.lower(), one.name.lower())


def _escalation() -> frozenset[str]:
    """Every action that is part of some way up."""
    from rootwarden import packs

    return frozenset(action for path in packs.escalation_paths() for action in path.actions)


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line
