"""Facts made from facts, each in one place.

Every function here keeps Law 1: what is decided stays decided whatever an unknown input turns out to be, and what is
not decided stays unknown with the reason of the input it waits for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from rootwarden.facts.fact import Absent, Known, Source, Unknown, Why
from rootwarden.facts.instant import format_instant

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact

T = TypeVar("T")

# Root credentials of member accounts can be deleted centrally since 2024-11-15 (IAM document history, "Centralized
# root access for member accounts"). Before that every root user of the partition `aws` had a password.
CENTRAL_REMOVAL_EXISTS_SINCE = datetime(2024, 11, 15, tzinfo=UTC)


def fresher(first: Fact[T], second: Fact[T], *, what: str) -> Fact[T]:
    """Join two sources of one fact; where they disagree the fresher wins and the note says so.

    Args:
        first: The primary source. Without an instant of its own it counts as the fresher: account summaries are not
            cached, credential reports are kept for four hours.
        second: The other source.
        what: The fact's name for the note.
    """
    if isinstance(first, Unknown):
        return nobody_told(first, second) if isinstance(second, Unknown) else second
    if isinstance(second, Unknown):
        return first
    if _content(first) == _content(second):
        notes = "; ".join(dict.fromkeys(each.note for each in (first, second) if each.note))
        return _with_sources(first, first.sources + second.sources, notes)
    at_first = _instant(first) or datetime.max.replace(tzinfo=UTC)
    at_second = _instant(second) or datetime.min.replace(tzinfo=UTC)
    earlier, later = (second, first) if at_second <= at_first else (first, second)
    said = f"{what}: {_says(later)}, but {_says(earlier)}; the fresher is used"
    note = "; ".join(dict.fromkeys(each for each in (said, first.note, second.note) if each))
    return _with_sources(later, later.sources + earlier.sources, note)


def exact_or(exact: Fact[T], other: Fact[T], *, what: str) -> Fact[T]:
    """Join a source few may read with the usual ones; where nobody tried it, its absence is not worth a word."""
    untried = isinstance(exact, Unknown) and exact.why is Why.NOT_COLLECTED
    return other if untried else fresher(exact, other, what=what)


def nobody_told(first: Unknown, *others: Unknown) -> Unknown:
    """A fact that none of its sources told, with what each of them ran into.

    A source that was asked says more than one that was not, which is named only where none was asked. Calls that were
    named already stand behind a second doubt, too: they are not told twice.

    Args:
        first: The primary source; of sources nobody asked it is the one that is named.
        others: The others, in the order they are named in.

    Returns:
        Unknown for every reason; of the kind of the first, with the first permission one of them waits for.
    """
    asked = [each for each in (first, *others) if each.why is not Why.NOT_COLLECTED] or [first]
    named = [asked[0]]
    for each in asked[1:]:
        calls = {source for one in named for source in one.sources}
        if each.reason not in {one.reason for one in named} and not (each.sources and calls.issuperset(each.sources)):
            named.append(each)
    if len(named) == 1:
        return named[0]
    return Unknown(
        "; ".join(each.reason for each in named),
        named[0].why,
        next((each.permission for each in named if each.permission), ""),
        tuple(dict.fromkeys(source for each in named for source in each.sources)),
        "; ".join(dict.fromkeys(each.note for each in named if each.note)),
    )


def not_shown(missing: Unknown, but: str, sources: tuple[Source, ...], *, permission: str = "") -> Unknown:
    """A fact only one source can tell, which did not, while another one answered and cannot show it.

    Args:
        missing: The source that would have told. If it was asked, what it ran into is the reason.
        but: What the other one shows, and why that is not enough.
        sources: Where the other one was seen.
        permission: What settles it where the source that would have told was never asked.
    """
    if missing.why is Why.NOT_COLLECTED:
        return Unknown(but, missing.why, permission, sources)
    everywhere = tuple(dict.fromkeys(missing.sources + sources))
    return Unknown(f"{missing.reason}, and {but}", missing.why, missing.permission, everywhere, missing.note)


def explained(fact: Fact[T], *others: Fact[Any]) -> Fact[T]:
    """A fact as it is; an unknown one also says what other sources that would have told it ran into."""
    return (
        nobody_told(fact, *(each for each in others if isinstance(each, Unknown)))
        if isinstance(fact, Unknown)
        else fact
    )


def any_true(*facts: Fact[bool]) -> Fact[bool]:
    """Kleene `or`: one true decides; otherwise an unknown spreads; absent counts as false."""
    return _kleene(facts, deciding=True)


def all_true(*facts: Fact[bool]) -> Fact[bool]:
    """Kleene `and`: one false decides; otherwise an unknown spreads; absent counts as false."""
    return _kleene(facts, deciding=False)


def latest(*facts: Fact[datetime]) -> Fact[datetime]:
    """The latest of several instants; absent when none is set, unknown while any is unknown."""
    unknown = [fact for fact in facts if isinstance(fact, Unknown)]
    if unknown:
        return nobody_told(*unknown)
    known = [fact for fact in facts if isinstance(fact, Known)]
    if not known:
        sources = tuple(source for fact in facts for source in fact.sources)
        return Absent(tuple(dict.fromkeys(sources)), next((fact.note for fact in facts if fact.note), ""))
    return max(known, key=lambda fact: fact.value)


def not_empty(fact: Fact[tuple[T, ...]]) -> Fact[bool]:
    """Whether a list has an element."""
    if isinstance(fact, Unknown):
        return fact
    if isinstance(fact, Absent):
        return Known(False, fact.sources, fact.note)
    return Known(bool(fact.value), fact.sources, fact.note)


def password_present(reported: Fact[bool], *, partition: str, as_of: datetime) -> Fact[bool]:
    """Whether root has a password, from flag and report, and from what AWS documents about the partition.

    In GovCloud root has no console and so no password to sign in with. In evidence from before the central removal of
    root credentials existed, `not_supported` can only mean that there is one.
    """
    deduced = (Source(call="deduced"),)
    if partition == "aws-us-gov":
        return Known(False, deduced, "root has no console sign-in in GovCloud")
    if isinstance(reported, Unknown) and partition == "aws" and as_of < CENTRAL_REMOVAL_EXISTS_SINCE:
        return Known(True, deduced + reported.sources, "before 2024-11-15 every root user had a password")
    return reported


def rotation_due(changed: Fact[datetime], days: Fact[int]) -> Fact[datetime]:
    """When the password is due for rotation: last change plus the declared schedule."""
    if isinstance(changed, Known) and isinstance(days, Known):
        try:
            due = changed.value + timedelta(days=days.value)
        except OverflowError:
            return Unknown(f"the declared rotation schedule of {days.value} days is out of range")
        return Known(due, changed.sources + days.sources)
    if isinstance(days, Absent | Unknown):
        return days
    return changed if isinstance(changed, Unknown) else Unknown("the last change of the password is not declared")


def _kleene(facts: tuple[Fact[bool], ...], *, deciding: bool) -> Fact[bool]:
    unknown: list[Unknown] = []
    sources: list[Source] = []
    notes: list[str] = []
    for fact in facts:
        if isinstance(fact, Unknown):
            unknown.append(fact)
            continue
        value = isinstance(fact, Known) and fact.value
        if value is deciding:
            return Known(deciding, fact.sources, fact.note)
        sources.extend(fact.sources)
        notes.extend([fact.note] if fact.note else [])
    if unknown:
        return nobody_told(*unknown)
    return Known(not deciding, tuple(dict.fromkeys(sources)), "; ".join(dict.fromkeys(notes)))


def _content(fact: Known[T] | Absent) -> object:
    return fact.value if isinstance(fact, Known) else None


def _with_sources(fact: Known[T] | Absent, sources: tuple[Source, ...], note: str = "") -> Fact[T]:
    unique = tuple(dict.fromkeys(sources))
    if isinstance(fact, Known):
        return Known(fact.value, unique, note or fact.note)
    return Absent(unique, note or fact.note)


def _instant(fact: Known[T] | Absent) -> datetime | None:
    instants = [source.observed_at for source in fact.sources if source.observed_at is not None]
    return max(instants, default=None)


def _says(fact: Known[T] | Absent) -> str:
    source = fact.sources[0] if fact.sources else Source(call="an unnamed source")
    at = f" at {format_instant(source.observed_at)}" if source.observed_at else ""
    value = _words(fact.value) if isinstance(fact, Known) else "none"
    return f"{source.call} says {value}{at}"


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format_instant(value) if isinstance(value, datetime) else str(value)
