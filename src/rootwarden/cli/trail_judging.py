"""From the arguments of `trail incidents` to what was found."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.cli import trail_engine, trail_reading
from rootwarden.cli.trail_reading import Asked
from rootwarden.detect.visits.findings import Findings
from rootwarden.errors import InputError, UsageError
from rootwarden.report.incidents.told import Told
from rootwarden.trail.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.detect.visits.checkout import Checkout
    from rootwarden.detect.visits.checkout_file import Checkouts
    from rootwarden.detect.visits.detection import Detection
    from rootwarden.detect.visits.detector import Detector
    from rootwarden.detect.visits.incident import Severity
    from rootwarden.detect.visits.interest import Interest
    from rootwarden.detect.visits.settings import Settings
    from rootwarden.detect.visits.sighting import Sighting
    from rootwarden.trail.run import Elsewhere

_LARGEST: Final = 256 * 1024**2
_STDIN: Final = "-"
_MOST_LEASES: Final = 5


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was given."""

    asked: Asked
    checkouts: Path | None = None
    checkouts_key: Path | None = None
    settings: Path | None = None
    guardduty: tuple[Path, ...] = ()
    as_of: datetime | None = None
    where: trail_engine.Where = trail_engine.Where()


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and how much could be read.

    Attributes:
        findings: Incidents and concerns.
        told: The same, for reports.
        done: What the reading came to.
        whole: Whether everything beside the logs could be read, too.
    """

    findings: Findings
    told: Told
    done: Run
    whole: bool

    def exit_code(self, fail_on: Severity) -> int:
        """The exit code of docs/exit-codes.md."""
        found = any(one.severity.rank >= fail_on.rank for one in self.findings.every())
        code = trail_reading.exit_code(self.done, clean=1 if found else 0)
        return code or (0 if self.whole else 3)


def judge_trail(given: Given) -> Judged:
    """Read everything, find the visits, and say on stderr what was read.

    Raises:
        RootwardenError: When something is not there, or is not what it should be.
    """
    from rootwarden.detect.visits.settings import Settings, parse_settings

    settings = Settings()
    if given.settings is not None:
        settings = parse_settings(_text(given.settings), name=str(given.settings))
    checkouts = _checkouts(given)
    sightings = [one for path in given.guardduty for one in _sightings(path)]
    detections = _detections(settings)
    detector = _detector(detections, settings, checkouts.checkouts if checkouts else (), sightings)
    with trail_engine.opened(given.where, workers=given.asked.workers) as elsewhere:
        with trail_reading.read(given.asked, _interest(detections, settings), elsewhere) as (done, spool):
            for event in spool.events():
                detector.take(event)
        unheard = _second_reading(given.asked, detector, elsewhere)
    trouble = [*(checkouts.unreadable if checkouts else ()), *unheard]
    findings = detector.findings(as_of=given.as_of)
    _say_found(findings, done, trouble)
    if checkouts is None:
        sys.stderr.write("note: without --checkouts no code that was given out and not used was looked for\n")
    return Judged(
        findings=findings,
        told=_told(given, findings, done, _actions(findings, detections, settings), trouble),
        done=done,
        whole=not trouble,
    )


def _actions(findings: Findings, detections: Iterable[Detection], settings: Settings) -> dict[str, tuple[str, ...]]:
    """What to do next about each finding that asks for something, by its id."""
    from rootwarden import packs
    from rootwarden.detect.visits.next_actions import Playbooks

    playbooks = Playbooks(packs.playbooks(), detections)
    of = ((one.id, playbooks.actions(one, settings.place_of(one.account))) for one in findings.every())
    return {name: steps for name, steps in of if steps}


def _detections(settings: Settings) -> tuple[Detection, ...]:
    from rootwarden import packs
    from rootwarden.detect.visits.password_store import SETTING

    return packs.detections({SETTING: [one.arn for one in settings.password_store]})


def _detector(
    detections: Iterable[Detection],
    settings: Settings,
    checkouts: Iterable[Checkout],
    sightings: Iterable[Sighting],
) -> Detector:
    from rootwarden import packs
    from rootwarden.detect.visits.catalogue import Catalogue
    from rootwarden.detect.visits.detector import Detector

    catalogue = Catalogue(detections, packs.root_tasks(), packs.task_policies())
    return Detector(catalogue, settings=settings, checkouts=checkouts, sightings=sightings)


def _interest(detections: Iterable[Detection], settings: Settings) -> Interest:
    """What to read: reads of a password store are looked for by the secret, since every program reads some secret."""
    from rootwarden.detect.visits.declared import spellings
    from rootwarden.detect.visits.interest import interest_of

    secrets = {spelling for secret in settings.password_store for spelling in spellings(secret.arn)}
    return interest_of(detections, mentions=sorted(secrets))


def _second_reading(asked: Asked, detector: Detector, elsewhere: Elsewhere | None) -> list[str]:
    """Read again for what identities root has made did; what cannot be read twice is said."""
    from datetime import UTC, datetime

    from rootwarden.detect.visits.interest import Interest

    suspects = detector.suspects()
    if not suspects:
        return []
    paths = tuple(path for path in asked.paths if path != _STDIN)
    if paths:
        again = msgspec.structs.replace(
            asked,
            paths=paths,
            state=None,
            start=datetime.fromtimestamp(min(one.since for one in suspects), tz=UTC).isoformat(),
            end=datetime.fromtimestamp(max(one.until for one in suspects) + 1, tz=UTC).isoformat(),
        )
        names = frozenset(one.name for one in suspects)
        wanted = Interest(calls=frozenset(), mentions=names)
        with trail_reading.read(again, wanted, elsewhere) as (done, spool):
            detector.take_of_suspects(spool.events())
        if done.interrupted:
            raise KeyboardInterrupt
    if _STDIN in asked.paths:
        return ["standard input cannot be read twice: what identities made by root did was not looked for in it"]
    return []


def _checkouts(given: Given) -> Checkouts | None:
    from rootwarden.detect.visits.checkout_file import read_checkouts, read_public_keys

    if given.checkouts is None:
        if given.checkouts_key is not None:
            raise UsageError("--checkouts-key needs --checkouts", hint="name the file the key verifies")
        return None
    key = given.checkouts_key
    keys = read_public_keys(_bytes(key), file=str(key)) if key is not None else ()
    return read_checkouts(_bytes(given.checkouts), keys, file=str(given.checkouts))


def _sightings(path: Path) -> list[Sighting]:
    """Findings about root, from a JSON document or JSON Lines."""
    from rootwarden.detect.visits.sighting import read_sightings

    content = _bytes(path)
    try:
        try:
            documents = [msgspec.json.decode(content)]
        except msgspec.DecodeError:
            documents = [msgspec.json.decode(line) for line in content.split(b"\n") if line.strip()]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"`{path}` is no JSON: {error}", hint="give what `aws guardduty get-findings` prints"
        ) from error
    return [one for document in documents for one in read_sightings(document)]


def _told(given: Given, findings: Findings, done: Run, actions: dict[str, tuple[str, ...]], trouble: list[str]) -> Told:
    from rootwarden import packs
    from rootwarden.report.incidents.told import Read, Told

    unread = [f"{problem.file}: {problem.reason}" for problem in done.problems]
    return Told(
        source=", ".join(given.asked.paths),
        as_of=findings.as_of,
        incidents=findings.incidents,
        concerns=findings.concerns,
        read=Read(
            files=done.counts.files,
            events=done.counts.about,
            root_events=findings.counts.root_events,
            trouble=(*unread, *trouble),
        ),
        tasks={task.id: task.title for task in packs.root_tasks()},
        actions=actions,
    )


def _say_found(findings: Findings, done: Run, trouble: Iterable[str]) -> None:
    from rootwarden.report.words import several, visible

    visits = several(len(findings.incidents), "incident")
    trail_reading.tell(done, f"{visits}, {several(len(findings.concerns), 'concern')}")
    for line in _doubts(findings.doubted):
        _say(f"warning: {line}")
    if findings.asleep:
        _say(f"note: not looked for until --settings declare it: {', '.join(findings.asleep)}")
    for one in trouble:
        _say(f"warning: {visible(one)}")


def _doubts(doubted: Iterable[Checkout]) -> list[str]:
    """One line for each cause why check-outs are not believed, with the first of them."""
    from rootwarden.report.words import several, shorten

    leases: dict[str, list[str]] = {}
    for one in doubted:
        leases.setdefault(one.doubt, []).append(one.lease)
    return [
        f"{several(len(found), 'check-out')} not believed: {doubt}: "
        + ", ".join(f"`{shorten(lease, 60)}`" for lease in found[:_MOST_LEASES])
        + (f" and {len(found) - _MOST_LEASES:,} more" if len(found) > _MOST_LEASES else "")
        for doubt, found in sorted(leases.items())
    ]


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode()
    except UnicodeDecodeError as error:
        raise InputError(f"`{path}` is no UTF-8") from error


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise UsageError(f"`{path}` cannot be read: {reason}", hint="is it the right file?") from error
    if len(content) > _LARGEST:
        raise InputError(f"`{path}` is larger than {_LARGEST:,} bytes", hint="is it the right file?")
    return content


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line
