"""`rootwarden alert …`: tell somebody, see who knows, practise."""

from __future__ import annotations

import signal
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rootwarden.cli import alerting, groups, options
from rootwarden.cli.alerting import USUAL_SETTINGS, opened, say, told, troubles
from rootwarden.cli.whole_sentences import WholeSentences
from rootwarden.errors import StoreError, UsageError

if TYPE_CHECKING:
    from rootwarden.alert.deliver import Passed

app = typer.Typer(
    cls=WholeSentences,
    name="alert",
    help=groups.ALERT,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_MOST_LISTED = 1000


class Through(StrEnum):
    """Where a drill enters."""

    STORE = "store"
    QUEUE = "queue"


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


AsText: TypeAlias = Annotated[Format, typer.Option("--format", help="How to print the result.")]
Finding: TypeAlias = Annotated[str, typer.Argument(help="Id of a finding, or the beginning of one.", metavar="ID")]


@app.command("record")
def record(
    file: Annotated[Path, typer.Argument(help="What `rootwarden trail incidents --format json` wrote.")],
    *,
    settings: alerting.Settings = USUAL_SETTINGS,
) -> int:
    """Record the findings of a file; again is harmless. Whoever runs `deliver` tells of them."""
    with opened(settings) as (_, store):
        from rootwarden.alert.handed_in import reading_of
        from rootwarden.alert.store.recording import record as record_reading

        done = record_reading(store, reading_of(file))
    _print(f"new: {len(done.opened)}, more severe: {len(done.risen)}, alerts: {done.alerts}\n")
    return 0


@app.command("list")
def list_(
    *,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only pages nobody has acknowledged.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All of them, not only the newest thousand.")] = False,
    settings: alerting.Settings = USUAL_SETTINGS,
    format_: AsText = Format.TEXT,
) -> int:
    """List findings, the newest first, and who took them. Exit code 0, whatever there is."""
    with opened(settings) as (_, store):
        from rootwarden.alert import telling
        from rootwarden.alert.store.listing import findings

        most = None if everything else _MOST_LISTED
        found = store.read(lambda session: findings(session, most=most, waiting=waiting))
    _print(telling.listing_json(found) if format_ is Format.JSON else telling.listing_text(found))
    return 0


@app.command("show")
def show(finding: Finding, *, settings: alerting.Settings = USUAL_SETTINGS, format_: AsText = Format.TEXT) -> int:
    """Show a finding as it is told, and where it went."""
    with opened(settings) as (known, store):
        from rootwarden.alert import telling
        from rootwarden.alert.around import Surroundings
        from rootwarden.alert.store import acknowledging
        from rootwarden.alert.store.listing import deliveries, listed

        row = store.read(lambda session: acknowledging.find(session, finding))
        found = store.read(lambda session: listed(session, row))
        sent = store.read(lambda session: deliveries(session, finding=row.id))
        around = Surroundings(known).of(found.finding)
    json = format_ is Format.JSON
    _print(telling.finding_json(found, sent) if json else telling.finding_text(found, around, sent))
    return 0


@app.command("ack")
def ack(
    finding: Finding,
    *,
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who takes it; the settings name who may.")],
    settings: alerting.Settings = USUAL_SETTINGS,
) -> int:
    """Take a finding: what was still to be escalated stays unsent. A rise of its severity asks again."""
    with opened(settings) as (known, store):
        from rootwarden.alert.acknowledge import acknowledge

        done = acknowledge(store, finding, person=by, people=known.people())
    _print(f"acknowledged: {done.finding}\n" if done.alerts else f"acknowledged already: {done.finding}\n")
    return 0


@app.command("deliver")
def deliver(
    *,
    forever: Annotated[bool, typer.Option("--forever", help="Until SIGTERM or Ctrl-C, instead of once.")] = False,
    pause: Annotated[
        float, typer.Option("--pause", min=0.05, max=60, metavar="SECONDS", help="Between two looks, with --forever.")
    ] = 0.5,
    settings: alerting.Settings = USUAL_SETTINGS,
) -> int:
    """Send what is due. Any number may run at once. Exit code 3: a channel did not take something."""
    with opened(settings) as (known, store):
        delivering = alerting.deliverer(known, store)
        if forever:
            stop = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
            say(f"delivering from {store.name}")
            delivering.forever(stop, _heard, pause=pause)
            return 0
        passed = delivering.once()
    _print(told(passed) + "\n")
    for each in troubles(passed):
        say(each)
    return 3 if passed.failed or passed.dead else 0


@app.command("dead")
def dead(*, settings: alerting.Settings = USUAL_SETTINGS, format_: AsText = Format.TEXT) -> int:
    """List dead letters: what was refused, or failed for too long. Exit code 1: there are some."""
    with opened(settings) as (_, store):
        from rootwarden.alert import telling
        from rootwarden.alert.delivery.state import State
        from rootwarden.alert.store.listing import deliveries

        found = store.read(lambda session: deliveries(session, state=State.DEAD))
    _print(telling.deliveries_json(found) if format_ is Format.JSON else telling.deliveries_text(found))
    return 1 if found else 0


@app.command("retry")
def retry(
    deliveries: Annotated[list[int] | None, typer.Argument(help="Numbers, as `dead` lists them.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
    settings: alerting.Settings = USUAL_SETTINGS,
) -> int:
    """Give dead letters another life; `deliver` sends them, with the keys they had."""
    if bool(deliveries) == everything:
        raise UsageError("which dead letters?", hint="give their numbers, or --all")
    with opened(settings) as (_, store):
        from rootwarden.alert.store import listing

        count = store.write(lambda session: listing.retry(session, deliveries or None, store.now(session)))
    _print(f"to be sent again: {count}\n")
    return 0


@app.command("drill")
def drill(
    *,
    account: Annotated[str, typer.Option("--account", metavar="ID", help="The account it plays in.")] = "0" * 12,
    due: Annotated[str, typer.Option("--due", metavar="DAY", help="The day it was due; today if not given.")] = "",
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, max=3600, help="How long the page may take to be handed over.")
    ] = 60,
    through: Annotated[
        Through, typer.Option("--through", help="Where it enters: the database here, or the queue of a watcher.")
    ] = Through.STORE,
    queue: Annotated[
        str, typer.Option("--queue", metavar="URL", help="The queue `rootwarden trail watch` reads, with --through.")
    ] = "",
    profile: options.Profile = "",
    settings: alerting.Settings = USUAL_SETTINGS,
    format_: AsText = Format.TEXT,
) -> int:
    """Send a marked, synthetic sign-in of root the whole way, measure it, and keep the result. It really pages.

    Exit code 1: no channel took it in time.
    """
    if not (len(account) == 12 and account.isascii() and account.isdigit()):  # noqa: PLR2004 - twelve digits
        raise UsageError(f"`{account}` is no account id", hint="account ids have twelve digits")
    day, enter = _day(due), alerting.drill_queue(queue, profile, asked=through is Through.QUEUE)
    with opened(settings) as (known, store):
        from rootwarden.alert import drill as drills
        from rootwarden.alert import telling

        delivering = alerting.deliverer(known, store)
        made = drills.register(store, account=account, due=day, through=through.value)
        if enter is None:
            drills.enter(store, made)
        else:
            enter(made)
        stands = drills.wait(store, made, delivering.once, seconds=seconds)
    _print(telling.drill_json(stands) if format_ is Format.JSON else telling.drill_text(stands))
    return 0 if stands.done_at is not None else 1


@app.command("times")
def times(
    *,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="Alerts of so many days.")] = 30,
    settings: alerting.Settings = USUAL_SETTINGS,
    format_: AsText = Format.TEXT,
) -> int:
    """Times from event to seen, sent and acknowledged: mean and p95 by path and region, without drills."""
    with opened(settings) as (_, store):
        from rootwarden.alert import telling
        from rootwarden.alert.delivery.latency import latencies
        from rootwarden.alert.store import listing

        since = datetime.now(UTC) - timedelta(days=days)
        found = latencies(store.read(lambda session: listing.times(session, since=since)))
    _print(telling.times_json(found) if format_ is Format.JSON else telling.times_text(found))
    return 0


@app.command("export")
def export(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the files go.")],
    *,
    settings: alerting.Settings = USUAL_SETTINGS,
) -> int:
    """Write `incidents.jsonl` and `drills.jsonl`, from which `rootwarden kpi` counts."""
    with opened(settings) as (_, store):
        from rootwarden.alert.export import export as export_files

        done = export_files(store, output)
    _print(f"incidents: {done.incidents}, drills: {done.drills}\n")
    return 0


def _heard(what: Passed | StoreError) -> None:
    if isinstance(what, StoreError):
        say(f"error: {what.message}")
        return
    say(told(what))
    for each in troubles(what):
        say(each)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"`{text}` is no day", hint="write it as 2026-03-31") from error


def _print(text: str) -> None:
    sys.stdout.write(text)
