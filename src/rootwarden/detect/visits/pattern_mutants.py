"""Small changes to a detection, each of which a case must notice: else nothing shows why the changed part is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.event_pattern import EventPattern, Exact, Exists, Field, Fields, Text
from rootwarden.detect.visits.declared import spellings
from rootwarden.detect.visits.detection import Detection, Who
from rootwarden.detect.visits.event import read_event

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from rootwarden.detect.event_pattern import Matcher


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """One change.

    Attributes:
        change: What was changed, in words.
        detection: The detection with the change.
    """

    change: str
    detection: Detection

    @property
    def survives(self) -> bool:
        """Whether every case is still answered as it says."""
        return all(self.detection.means(read_event(case.record)) is case.fits for case in self.detection.cases)


def mutants(detection: Detection) -> Iterator[Mutant]:
    """Every change to a detection that a case should notice: a part left out, or turned round.

    Values the user declares are no part of the file, and stay.
    """
    declared = {one for each in detection.settings.values() for value in each.example for one in spellings(value)}
    for change, fields in _changed(detection.pattern.fields, "", declared):
        yield Mutant(change=change, detection=_with(detection, pattern=EventPattern(fields)))
    if detection.who is not Who.ANYONE:
        yield Mutant(change="means anybody's events", detection=_with(detection, who=Who.ANYONE))
    counts = "no longer means failed calls" if detection.failed else "means failed calls too"
    yield Mutant(change=counts, detection=_with(detection, failed=not detection.failed))


def pattern_mutants(pattern: EventPattern) -> Iterator[tuple[str, EventPattern]]:
    """Every change to a pattern, with what was changed in words."""
    for change, fields in _changed(pattern.fields, "", ()):
        yield change, EventPattern(fields)


def _with(detection: Detection, **changes: object) -> Detection:
    return msgspec.structs.replace(detection, **changes)


def _changed(pattern: Fields, path: str, kept: Container[object]) -> Iterator[tuple[str, Fields]]:
    for at, (name, part) in enumerate(pattern.fields):
        here = f"{path}.{name}" if path else name
        before, after = pattern.fields[:at], pattern.fields[at + 1 :]
        yield f"asks nothing of `{here}`", Fields((*before, *after), pattern.branches)
        if isinstance(part, Field):
            for change, field in _changed_field(part, here, kept):
                yield change, Fields((*before, (name, field), *after), pattern.branches)
        else:
            for change, fields in _changed(part, here, kept):
                yield change, Fields((*before, (name, fields), *after), pattern.branches)
    for at, branch in enumerate(pattern.branches):
        others_before, others_after = pattern.branches[:at], pattern.branches[at + 1 :]
        where = f"branch {at + 1}"
        if len(pattern.branches) > 1:
            yield f"leaves out {where}", Fields(pattern.fields, (*others_before, *others_after))
        for change, fields in _changed(branch, path, kept):
            yield f"{where}: {change}", Fields(pattern.fields, (*others_before, fields, *others_after))


def _changed_field(field: Field, path: str, kept: Container[object]) -> Iterator[tuple[str, Field]]:
    for at, one in enumerate(field.alternatives):
        if isinstance(one, Exact) and one.value in kept:
            continue
        before, after = field.alternatives[:at], field.alternatives[at + 1 :]
        if before or after:
            yield f"leaves out {_words(one)} for `{path}`", Field((*before, *after))
        turned = _turned(one)
        if turned is not None:
            yield f"turns round {_words(one)} for `{path}`", Field((*before, turned, *after))


def _turned(one: Matcher) -> Matcher | None:
    if isinstance(one, Exists):
        return Exists(not one.wanted)
    if isinstance(one, Text) and one.ignore_case:
        return Text(one.wildcard)
    return None


def _words(one: Matcher) -> str:
    if isinstance(one, Exact):
        return f"`{one.value}`"
    if isinstance(one, Text):
        return f"`{'*'.join(one.wildcard.parts)}`{' in any letter case' if one.ignore_case else ''}"
    if isinstance(one, Exists):
        return "the field that is there" if one.wanted else "the field that is missing"
    return f"`{type(one).__name__}`"
