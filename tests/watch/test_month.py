"""A generated month that arrives file by file is judged as the whole month at once: as in its truth."""

from __future__ import annotations

import io
import json
import random
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from tests.trail.month_comparison import concerns, visits
from tests.watch.world import findings, notification

from rootwarden.alert.store.database import Store
from rootwarden.detect.visits.incident import Concern, ConcernKind, Incident
from rootwarden.detect.visits.settings import parse_settings
from rootwarden.simulator.trail.month import Month
from rootwarden.simulator.trail.write import write_month
from rootwarden.watch.assembly import assembled
from rootwarden.watch.checkouts import CheckoutFile
from rootwarden.watch.in_process import InProcessQueue
from rootwarden.watch.journal import Journal
from rootwarden.watch.rounds import Options

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

DELIVERED = re.compile(r"_([0-9]{8}T[0-9]{4})Z_")
ROSE = re.compile(r"severity is '(\w+)', found '(\w+)'")
RANKS = {"record": 0, "notify": 1, "page": 2}
Json = dict[str, Any]


class Folder:
    """A bucket on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, name: str, into: BinaryIO) -> None:
        into.write((self.folder / name).read_bytes())


def in_order(folder: Path) -> list[tuple[datetime, str]]:
    """Log files by the minute they were delivered in, those of an hour in any order."""
    draw = random.Random(5)
    found = []
    for path in folder.rglob("*.json.gz"):
        name = path.relative_to(folder).as_posix()
        match = DELIVERED.search(name)
        if match and "/CloudTrail/" in name:
            at = datetime.strptime(match[1], "%Y%m%dT%H%M").replace(tzinfo=UTC)
            found.append((at + timedelta(minutes=draw.randrange(20)), name))
    return sorted(found)


def watched(folder: Path, aside: Path, database: Path) -> Json:
    """What is in the database when everything has come."""
    clock = {"now": datetime(2026, 1, 1, tzinfo=UTC)}
    queue, journal = InProcessQueue(), Journal(io.StringIO())
    settings = parse_settings((aside / "settings.toml").read_text(), name="settings")
    known = CheckoutFile(aside / "checkouts.jsonl", aside / "broker.pem", journal)
    options = Options(readers=1, clock=lambda: clock["now"])
    with Store(f"sqlite:///{database}", clock=lambda: clock["now"]) as store:
        watcher = assembled(
            store,
            queue,
            lambda _: Folder(folder),
            settings=settings,
            checkouts=lambda: [each for each in known() if (each.released_at or each.start) <= clock["now"]],
            journal=journal,
            options=options,
        )
        for at, name in in_order(folder):
            clock["now"] = at
            queue.send(json.dumps(notification(name, "fake")))
            assert watcher.rounds.once(0) == 1
            while watcher.rereading.once():
                pass
            watcher.due.once()
        clock["now"] += timedelta(days=1)
        watcher.due.once()
        watcher.rounds.close()
        found = findings(store)
    return {
        "incidents": [msgspec.to_builtins(each) for each in found if isinstance(each, Incident)],
        "concerns": [
            msgspec.to_builtins(each)
            for each in found
            if isinstance(each, Concern) and each.kind is not ConcernKind.SILENCE
        ],
    }


def test_what_comes_bit_by_bit_is_judged_like_the_whole(tmp_path: Path) -> None:
    write_month(Month(seed=11, events=5_000), tmp_path / "trail", aside=tmp_path / "aside")
    truth: Json = json.loads((tmp_path / "aside" / "truth.json").read_text(encoding="utf-8"))
    found = watched(tmp_path / "trail", tmp_path / "aside", tmp_path / "alerts.db")
    before = len(found["incidents"])
    found["incidents"] = [each for each in found["incidents"] if not paged_at_the_door(each, found["incidents"])]
    assert before - len(found["incidents"]) < 5
    score = visits(truth, found)
    assert (score.recall, score.precision) == (1.0, 1.0)
    assert len(truth["visits"]) > 100
    assert [each for each in score.differences if not only_rose(each)] == []
    assert concerns(truth, found) == []


def paged_at_the_door(incident: Json, every: list[Json]) -> bool:
    """Whether it is attempts that paged before somebody got in, whose visit then was told beside them, with them."""
    others = [each for each in every if each["id"] != incident["id"]]
    told = any(set(incident["event_ids"]) <= set(each["event_ids"]) for each in others)
    return told and not incident["used"] and incident["severity"] == "page"


def only_rose(difference: str) -> bool:
    """Whether a difference is what was told before all was known: a severity does not fall, nor does a count."""
    severity = ROSE.search(difference)
    if severity is not None:
        return RANKS[severity[1]] < RANKS[severity[2]]
    # A correction says later that the call had failed.
    return difference.startswith("console.completed-later") and difference.endswith("writes is 0, found 1")
