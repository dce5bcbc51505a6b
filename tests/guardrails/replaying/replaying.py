"""Replays of made-up changes on files, through the same calls as the command."""

from __future__ import annotations

import gzip
import json
import zlib
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.cli.guardrails_replaying import Given, replay_of, replayed
from rootwarden.cli.trail_engine import Where
from rootwarden.cli.trail_reading import Asked
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.guardrail_landscape import read_landscape
from rootwarden.guardrails.replaying.change import PolicyKind, attach, detach
from rootwarden.guardrails.replaying.ruling import Issued, SignedIn, Touched
from rootwarden.guardrails.replaying.tally import judged_calls
from rootwarden.guardrails.standing import Attached
from rootwarden.iam.document import read_document
from rootwarden.simulator.trail.month import Month
from rootwarden.simulator.trail.write import write_month
from rootwarden.trail.place_names import Restriction
from rootwarden.trail.replayed import Replayed
from rootwarden.trail.replayer import Replayer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rootwarden.cli.guardrails_replaying import Found
    from rootwarden.guardrails.replaying.change import Step
    from rootwarden.guardrails.replaying.tally import Judged
    from rootwarden.guardrails.standing import Landscape


_SPOOLED: Final[msgspec.json.Decoder[Touched | Issued | SignedIn]] = msgspec.json.Decoder(Touched | Issued | SignedIn)


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What there is, and what is done: documents by name by target, and ids by target."""

    present: dict[str, dict[str, Any]] = {}
    attach: dict[str, dict[str, Any]] = {}
    detach: dict[str, list[str]] = {}
    kind: PolicyKind = PolicyKind.SCP


def steps_of(changed: Changed, landscape: Landscape) -> tuple[Step, ...]:
    taken = [detach(landscape, target, one) for target, names in changed.detach.items() for one in names]
    brought = [
        attach(
            landscape, changed.kind, target, Attached(f"planned {name}", name, read_document(document), planned=True)
        )
        for target, documents in changed.attach.items()
        for name, document in documents.items()
    ]
    return (*taken, *brought)


@contextmanager
def replay_files(changed: Changed, folder: Path, evidence: Path, *, workers: int = 1, **asked: Any) -> Iterator[Found]:
    """A replay of the files of a folder, in this process unless told otherwise."""
    landscape, _ = read_landscape(EvidenceFolder(evidence))
    given = Given(
        asked=Asked(paths=(str(folder),), workers=workers, **asked),
        where=Where(),
        landscape=landscape,
        listed=True,
        steps=steps_of(changed, landscape),
    )
    with replayed(given) as found:
        yield found


class Jury:
    """Decides one record after the other under one change, as a process that reads files does."""

    def __init__(self, changed: Changed, evidence: Path, *, listed: bool = True) -> None:
        landscape, _ = read_landscape(EvidenceFolder(evidence))
        self._replayer = Replayer(replay_of(landscape, steps_of(changed, landscape), listed=listed), Restriction())

    def judged(self, *records: dict[str, Any]) -> Judged | None:
        """What is said of the last of some records, those before it having been read, too."""
        self._replayer.take([msgspec.json.decode(json.dumps(one), type=Replayed) for one in records])
        found = [_SPOOLED.decode(row.document) for row in self._replayer.taken()]
        last = records[-1]["eventID"]
        calls = judged_calls(sorted(found, key=lambda one: isinstance(one, Touched)))
        return next((one for one in calls if one.call.event == last), None)


def month_records(*, accounts: int, days: int, events: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Every record of a simulated trail that can be read and has an id, copies included."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "trail"
        write_month(Month(seed=seed, accounts=accounts, days=days, events=events), folder, aside=Path(name) / "aside")
        for path in sorted(folder.rglob("*CloudTrail_*")):
            yield from _records(path)


def _records(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    try:
        found: Mapping[str, Any] = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    except (ValueError, OSError, EOFError, zlib.error):
        return []
    return [
        one for one in found.get("Records", []) if isinstance(one, dict) and {"userIdentity", "eventID"} <= one.keys()
    ]
