"""Sample sets: the events an alarm is there for, made from data.

A set is a folder of `packs/samples/`: `set.toml` says what must be caught, lists calls, and names the fields by which
its events may be told from others; JSON files beside it hold events that are no ordinary calls (sign-ins). Every call
of the list becomes an event for each way of calling in `packs/samples/callers/` and for two regions, where AWS records
it in more than one. All are our own synthetic CloudTrail records.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, TypeVar

import msgspec

from rootwarden.detect.errors import PatternError
from rootwarden.detect.narrowing import ROOT_USAGE, Narrowing
from rootwarden.detect.samples import Sample, Use, read_samples, with_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.detect.filter_pattern import Event, Value

T = TypeVar("T")
# Fields that have the same value in every event of a kind, or every value they take in the samples.
_ALWAYS_LEFT_ALONE = (
    ("eventCategory",),
    ("eventType",),
    ("eventVersion",),
    ("managementEvent",),
    ("readOnly",),
    ("recipientAccountId",),
    ("userIdentity", "accountId"),
    ("userIdentity", "type"),
)
_REGIONS = (("", "HOME_REGION"), (" in another region", "OTHER_REGION"))


class SampleSet(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Events of one meaning. Two sets are the same only when they are one object.

    Attributes:
        name: As rules name it: `iam-policy-changes`.
        title: What the events are, in a few words.
        caught: What a filter pattern must catch, in a sentence or two.
        pattern: One of ours that does, on one line.
        samples: The events, `required` ones first to be caught; see `samples.Use` for the others.
        narrowing: By which fields a pattern may tell them from others.
    """

    name: str
    title: str
    caught: str
    pattern: str
    samples: tuple[Sample, ...]
    narrowing: Narrowing


class Caller(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way of calling: a CloudTrail record with words for what is called, and a clause that says who calls."""

    title: str
    event: msgspec.Raw


class _Calls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Calls of one service that are used alike."""

    use: Use
    source: str
    names: tuple[str, ...]
    error: str = ""
    home_only: bool = False
    read_only: bool = False


class _Exempt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    field: str
    value: str


class _Narrowing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    events: str
    left_alone: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    exempt: tuple[_Exempt, ...] = ()


class _SetFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str
    caught: str
    pattern: str
    calls: tuple[_Calls, ...] = ()
    narrowing: _Narrowing | None = None


def read_sample_set(
    name: str, text: str, *, events: Iterable[str | bytes] = (), callers: Mapping[str, str | bytes]
) -> SampleSet:
    """Make a set from the texts of its files.

    Args:
        name: The folder's name.
        text: `set.toml`.
        events: The JSON files beside it.
        callers: The ways of calling by name, as JSON texts.

    Raises:
        PatternError: A text is not what it should be, or no event must be caught.
    """
    try:
        file = msgspec.convert(tomllib.loads(text), _SetFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise PatternError(f"the sample set `{name}` cannot be read: {error}") from error
    ways = {way: _decoded(caller, Caller, way) for way, caller in callers.items()}
    made = (sample for calls in file.calls for sample in _samples(calls, ways))
    samples = (*made, *read_samples(events))
    if not any(sample.use is Use.REQUIRED for sample in samples):
        raise PatternError(f"the sample set `{name}` has no event that must be caught")
    return SampleSet(
        name=name,
        title=file.title,
        caught=file.caught.strip(),
        pattern=" ".join(line.strip() for line in file.pattern.splitlines()),
        samples=samples,
        narrowing=_narrowing(file.narrowing),
    )


def _samples(calls: _Calls, callers: Mapping[str, Caller]) -> Iterator[Sample]:
    """One event for each name, region and way of calling, the ways in order of name."""
    for name in calls.names:
        for where, region in _REGIONS[:1] if calls.home_only else _REGIONS:
            for way in sorted(callers):
                words = {"EVENT_SOURCE": calls.source, "EVENT_NAME": name, "EVENT_REGION": region}
                yield Sample(
                    id=f"{calls.source} {name} {way} {region} {calls.error}".rstrip(),
                    title=f"{name} {callers[way].title}{where}",
                    shape=way,
                    use=calls.use,
                    event=_event(callers[way], words, calls),
                )


def _event(caller: Caller, words: dict[str, str], calls: _Calls) -> Event:
    event: Value = _decoded(caller.event, dict, caller.title)
    filled = with_words(event, words)
    if not isinstance(filled, dict):
        raise PatternError(f"the event of a call {caller.title} is no object")
    filled["readOnly"] = calls.read_only
    if calls.error:
        filled["errorCode"] = calls.error
        filled["errorMessage"] = f"{calls.source.partition('.')[0]} refuses {words['EVENT_NAME']}"
    return filled


def _decoded(text: str | bytes | msgspec.Raw, kind: type[T], name: str) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise PatternError(f"the way of calling `{name}` cannot be read: {error}") from error


def _narrowing(file: _Narrowing | None) -> Narrowing:
    """As the file says; a set that says nothing is about root."""
    if file is None:
        return ROOT_USAGE
    return Narrowing(
        events=file.events,
        left_alone=(*_ALWAYS_LEFT_ALONE, *(_path(field) for field in file.left_alone)),
        noted=tuple(_path(field) for field in file.noted),
        exempt=tuple((_path(one.field), one.value) for one in file.exempt),
    )


def _path(dotted: str) -> tuple[str, ...]:
    return tuple(dotted.split("."))
