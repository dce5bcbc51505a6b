"""How every `alert` command opens its settings and database, and says what is missing in one line."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from rootwarden.cli import extras
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.alert.deliver import Deliverer, Passed
    from rootwarden.alert.drill import Drill
    from rootwarden.alert.settings import Settings as AlertSettings
    from rootwarden.alert.store.database import Store

EXTRA: Final = ("sqlalchemy", "alembic")

Settings: TypeAlias = Annotated[
    Path, typer.Option("--settings", metavar="FILE", help="Channels, people, database: see docs/alerts.md.")
]
USUAL_SETTINGS: Final = Path("alerts.toml")


def need(names: tuple[str, ...]) -> None:
    """Make sure a part of the extra `alert` is installed.

    Raises:
        UsageError: When it is not.
    """
    extras.need(names, "alerts need", extra="alert")


@contextmanager
def opened(path: Path) -> Iterator[tuple[AlertSettings, Store]]:
    """The settings, and the database they name.

    Raises:
        RootwardenError: When one of them cannot be opened.
    """
    need(EXTRA)
    from rootwarden.alert.settings import read_settings

    settings = read_settings(path)
    address = settings.address()
    if address.startswith("postgresql"):
        need(("psycopg",))
    from rootwarden.alert.store.database import Store

    with Store(address) as store:
        yield settings, store


def deliverer(settings: AlertSettings, store: Store) -> Deliverer:
    """What delivers by these settings.

    Raises:
        UsageError: When a channel cannot be made, or nothing would ever be paged.
    """
    if not settings.page.stages:
        raise UsageError("the settings page nobody", hint='name channels: [page] stages = [["pager"]]')
    if any(type(each).__name__ == "AppriseChannel" for each in settings.channel):
        need(("apprise",))
    from rootwarden.alert.around import Surroundings
    from rootwarden.alert.channels.made import channels_of
    from rootwarden.alert.deliver import Deliverer

    return Deliverer(store, channels_of(settings), settings.routes(), Surroundings(settings).of)


def drill_queue(url: str, profile: str, *, asked: bool) -> Callable[[Drill], None] | None:
    """What puts a drill into a watcher's queue; `None` when it was not asked for.

    Raises:
        UsageError: When the queue is missing, named without need, or no queue.
    """
    if asked != bool(url):
        raise UsageError("--through queue and --queue belong together", hint="give both, or none of them")
    if not asked:
        return None
    from rootwarden.aws.door import Door
    from rootwarden.watch.drilling import send
    from rootwarden.watch.queue import SqsQueue, region_of

    queue = SqsQueue(Door(profile=profile, region=region_of(url)), url)
    return lambda drill: send(queue, drill)


def told(passed: Passed) -> str:
    """What a pass did, in a line."""
    counts = {
        "planned": passed.planned,
        "escalated": passed.escalated,
        "acknowledged in a pager": passed.answered,
        "sent": passed.sent,
        "put off": len(passed.failed),
        "dead": len(passed.dead),
    }
    return ", ".join(f"{name}: {count}" for name, count in counts.items() if count) or "there was nothing to do"


def troubles(passed: Passed) -> list[str]:
    """What went wrong, a line each."""
    return [f"warning: {each}; it will be tried again" for each in passed.failed] + [
        f"warning: {each}; it was given up, `rootwarden alert dead` shows it" for each in passed.dead
    ]


def say(text: str) -> None:
    """To stderr, the voice of the command line."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the voice of the command line
