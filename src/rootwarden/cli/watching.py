"""From the options of `trail watch` to a watcher that runs until it is told to stop."""

from __future__ import annotations

import re
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.cli.alerting import EXTRA, deliverer, need
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.alert.deliver import Deliverer, Passed
    from rootwarden.alert.settings import Settings as AlertSettings
    from rootwarden.alert.store.database import Store
    from rootwarden.detect.visits.checkout import Checkout
    from rootwarden.detect.visits.settings import Settings
    from rootwarden.errors import StoreError
    from rootwarden.watch.assembly import Watcher
    from rootwarden.watch.dead_man import DeadMan
    from rootwarden.watch.journal import Journal
    from rootwarden.watch.service import Manners
    from rootwarden.watch.silence import Source

_PLACE: Final = re.compile(r"(?P<account>[0-9]{12})/(?P<region>[a-z]{2,8}(-[a-z0-9]{1,16}){1,4})")
_LARGEST_SETTINGS: Final = 1_000_000
# The long poll of the queue lasts up to twenty seconds, and an answer takes its time.
_READ_TIMEOUT: Final = 40
_PAUSE: Final = 0.2


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was given."""

    queue: str
    alerts: Path | None
    database: str
    deliver: bool
    settings: Path | None
    checkouts: Path | None
    checkouts_key: Path | None
    canaries: tuple[str, ...]
    digests: tuple[str, ...]
    quiet_minutes: int
    dead_man_env: str
    health: tuple[str, int]
    once: bool
    poll: int
    ping: float
    profile: str
    region: str


def watch(given: Given) -> int:
    """Watch until stopped.

    Raises:
        RootwardenError: When something it needs is not there.
    """
    known = _alert_settings(given)
    stop = threading.Event()
    with _opened(given, known) as store, ExitStack() as stack:
        from rootwarden.watch.figures import Count
        from rootwarden.watch.journal import Journal, Level

        journal = Journal()
        watcher = _watcher(given, store, journal)
        delivering = deliverer(known, store) if given.deliver and known is not None else None
        if given.deliver and delivering is None:
            journal.say(Level.WARNING, "no channels: alerts are kept and not sent; --alerts names them")
        listening = _listening(given, watcher, stack)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        journal.say(Level.INFO, "watching", queue=given.queue, database=store.name, health=listening)
        _run(watcher, delivering, stop, journal, once=given.once)
        totals = {each.value: watcher.figures.total(each) for each in (Count.RECEIVED, Count.DELETED, Count.FINDINGS)}
        journal.say(Level.INFO, "stopped", **totals)
        return _exit_code(watcher) if given.once else 0


def list_parked(given: Given) -> int:
    """Print what is parked, one message a line; exit code 1 when there is something.

    Raises:
        RootwardenError: When there is no database, or it cannot be read.
    """
    known = _alert_settings(given)
    from rootwarden.database.connection import is_there

    address = _address(given, known)
    if not is_there(address, what="alerts"):
        hint = "name the watcher's with --alerts or --database; it makes one when it starts"
        raise UsageError(f"there is no database `{address}`", hint=hint)
    with _opened(given, known) as store:
        from rootwarden.facts.instant import format_instant
        from rootwarden.report.words import visible
        from rootwarden.watch import parking

        found = store.read(parking.listed)
        for each in found:
            due = format_instant(each.due_at) if each.due_at is not None else "never"
            said = f"{each.id}  {each.kind.value}  since {format_instant(each.parked_at)}  next try {due}"
            sys.stdout.write(f"{visible(said)}  {visible(each.reason)}\n")
    return 1 if found else 0


def _run(
    watcher: Watcher, delivering: Deliverer | None, stop: threading.Event, journal: Journal, *, once: bool
) -> None:
    """The watcher here, the deliverer beside it; a single run delivers what it found at its end."""
    if delivering is None or once:
        watcher.service.forever(stop)
        if delivering is not None:
            _telling(journal)(delivering.once())
        return
    sent = threading.Event()
    thread = threading.Thread(target=delivering.forever, args=(sent, _telling(journal)), kwargs={"pause": _PAUSE})
    thread.start()
    try:
        watcher.service.forever(stop)
    finally:
        sent.set()
        thread.join()


def _telling(journal: Journal) -> Callable[[Passed | StoreError], None]:
    from rootwarden.alert.deliver import Passed
    from rootwarden.watch.journal import Level

    def tell(what: Passed | StoreError) -> None:
        if not isinstance(what, Passed):
            journal.say(Level.ERROR, "deliveries wait", why=what.message)
            return
        if what.sent or what.escalated or what.answered:
            counts = {"sent": what.sent, "escalated": what.escalated, "acknowledged": what.answered}
            journal.say(Level.INFO, "delivered", **counts)
        for each in what.failed:
            journal.say(Level.WARNING, "delivery put off", why=each)
        for each in what.dead:
            journal.say(Level.ERROR, "delivery given up", why=each)

    return tell


def _exit_code(watcher: Watcher) -> int:
    from rootwarden.watch.figures import Count

    lost = sum(watcher.figures.total(count) for count in (Count.UNREADABLE, Count.PARKED, Count.FAILURES))
    return 3 if lost else 0


def _watcher(given: Given, store: Store, journal: Journal) -> Watcher:
    from rootwarden.aws.door import Door
    from rootwarden.watch.assembly import assembled
    from rootwarden.watch.log_files import buckets
    from rootwarden.watch.queue import SqsQueue, region_of

    region = region_of(given.queue) or given.region
    door = Door(profile=given.profile, region=region, connections=20, read_timeout=_READ_TIMEOUT)
    return assembled(
        store,
        SqsQueue(door, given.queue),
        buckets(door),
        settings=_settings(given.settings),
        checkouts=_checkouts(given, journal),
        journal=journal,
        manners=_manners(given, door.region),
        dead_man=_dead_man(given),
    )


def _manners(given: Given, region: str) -> Manners:
    from rootwarden.watch.service import Manners, Schedule
    from rootwarden.watch.silence import Patience, Sign, Source

    declared = [_source(Sign.CANARY, each) for each in given.canaries]
    declared += [_source(Sign.DIGEST, each) for each in given.digests]
    patience = Patience()
    if given.quiet_minutes:
        declared.append(Source(Sign.ANYTHING))
        patience = msgspec.structs.replace(patience, anything=timedelta(minutes=given.quiet_minutes))
    return Manners(
        wait=given.poll,
        region=region,
        queue=given.queue,
        declared=tuple(declared),
        patience=patience,
        schedule=Schedule(ping=given.ping),
        until_empty=given.once,
    )


def _source(sign: str, text: str) -> Source:
    from rootwarden.watch.silence import Sign, Source

    found = _PLACE.fullmatch(text)
    if found is None:
        raise UsageError(f"`{text}` is no account and region", hint="write it as 111122223333/eu-west-1")
    return Source(Sign(sign), found["account"], found["region"])


def _listening(given: Given, watcher: Watcher, stack: ExitStack) -> str:
    from rootwarden.watch.health import Health

    host, port = given.health
    service = watcher.service
    health = Health(watcher.figures, alive=service.alive, ready=service.ready, host=host, port=port)
    return stack.enter_context(health).address


def _dead_man(given: Given) -> DeadMan | None:
    if not given.dead_man_env:
        return None
    from rootwarden.alert.secret import SecretSource
    from rootwarden.watch.dead_man import DeadMan

    return DeadMan(SecretSource(env=given.dead_man_env).read("dead man's address"))


def _settings(path: Path | None) -> Settings:
    from rootwarden.detect.visits.settings import Settings, parse_settings

    if path is None:
        return Settings()
    try:
        with path.open(encoding="utf-8") as opened:
            return parse_settings(opened.read(_LARGEST_SETTINGS), name=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"`{path}` cannot be read", hint="docs/incidents.md shows what is in it") from error


def _checkouts(given: Given, journal: Journal) -> Callable[[], tuple[Checkout, ...]]:
    from rootwarden.watch.checkouts import CheckoutFile

    if given.checkouts is None:
        if given.checkouts_key is not None:
            raise UsageError("--checkouts-key needs --checkouts", hint="name the file the key verifies")
        return tuple
    return CheckoutFile(given.checkouts, given.checkouts_key, journal)


def _alert_settings(given: Given) -> AlertSettings | None:
    need(EXTRA)
    if given.alerts is None:
        return None
    from rootwarden.alert.settings import read_settings

    return read_settings(given.alerts)


def _address(given: Given, known: AlertSettings | None) -> str:
    return given.database or (known.address() if known is not None else "sqlite:///alerts.db")


@contextmanager
def _opened(given: Given, known: AlertSettings | None) -> Iterator[Store]:
    address = _address(given, known)
    if address.startswith("postgresql"):
        need(("psycopg",))
    from rootwarden.alert.store.database import Store

    with Store(address) as store:
        yield store
