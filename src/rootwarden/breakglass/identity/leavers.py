"""Who has left? Lists of leavers from a file or a directory, matched with the people of the log.

Pure: it says who is to be suspended, and which custodians are among them; to suspend somebody takes an entry in the
log. Somebody the directory does not speak of is not somebody who has left: only a listing that was read to its end
shows that a person is gone, and one that knows none of our people is the listing of something else.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.facts.instant import Instant, parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

LONGEST: Final = 8 * 1024 * 1024
MOST: Final = 100_000
_HINT: Final = "each line names a person or alias and, if known, when they left"


class Leaver(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody a list says has left, or will.

    Attributes:
        person: Id or alias.
        left_at: When; `None` where the list does not say, which counts as now.
    """

    person: str
    left_at: Instant | None = None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the log, as far as it matters here.

    Attributes:
        id: As in the log.
        aliases: What else they are called, in directories above all.
        custodian_of: Custody groups they hold a key of.
        suspended: Whether they are suspended already.
    """

    id: str
    aliases: frozenset[str] = frozenset()
    custodian_of: tuple[str, ...] = ()
    suspended: bool = False


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A user of a directory.

    Attributes:
        names: What the directory calls them.
        active: Whether they may still sign in there; `None` where it does not say.
    """

    names: frozenset[str]
    active: bool | None = None


class Departures(msgspec.Struct, frozen=True, kw_only=True):
    """What follows.

    Attributes:
        suspend: Ids of people to suspend.
        custodians: Those who left and hold a key, suspended before or not, with the groups: each needs a new epoch.
        unknown: Names of the list that are nobody's here.
        ambiguous: Names of the list that are several people's here; nobody is suspended for them.
    """

    suspend: tuple[str, ...]
    custodians: tuple[tuple[str, tuple[str, ...]], ...]
    unknown: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()


def read_leavers(content: bytes) -> tuple[Leaver, ...]:
    """Read a list: CSV with the columns `person` and `left_at`, or JSON lines with these names.

    Raises:
        InputError: It is too long, or neither; the line is named.
    """
    if len(content) > LONGEST:
        raise InputError("the list of leavers is too long")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("the list of leavers is not UTF-8") from error
    leavers = _from_json_lines(text) if text.lstrip().startswith("{") else _from_csv(text)
    if len(leavers) > MOST:
        raise InputError(f"the list of leavers names more than {MOST} people")
    return leavers


def departures(leavers: Iterable[Leaver], people: Sequence[Known], *, at: datetime) -> Departures:
    """Who is to be suspended, of those a list names.

    Args:
        leavers: The list; who leaves later is left alone until then.
        people: Everybody in the log.
        at: Now.
    """
    gone: set[str] = set()
    unknown: set[str] = set()
    ambiguous: set[str] = set()
    by_name = _by_name(people)
    for leaver in leavers:
        if leaver.left_at is not None and leaver.left_at > at:
            continue
        match by_name.get(leaver.person.casefold(), ()):
            case ():
                unknown.add(leaver.person)
            case (person,):
                gone.add(person)
            case _:
                ambiguous.add(leaver.person)
    return _departures(gone, people, unknown, ambiguous)


def departures_from_directory(listing: Sequence[Listed], people: Sequence[Known]) -> Departures:
    """Who is to be suspended, of those a directory says are inactive or does not list any more.

    Args:
        listing: All its users, read to the end.
        people: Those in the log who belong in this directory.

    Raises:
        InputError: It lists none of them, so it is not the directory they are in.
    """
    by_name = _by_name(people)
    active: set[str] = set()
    inactive: set[str] = set()
    for user in listing:
        persons = {person for name in user.names for person in by_name.get(name.casefold(), ())}
        # A second, forgotten account that is active does not keep somebody who was shut out of the first.
        (inactive if user.active is False else active).update(persons)
    if people and not active | inactive:
        raise InputError(
            "the directory lists nobody of the people here",
            hint="is it the right one, and are their aliases in the log?",
        )
    gone = {person.id for person in people} - active
    return _departures(gone | inactive, people, set(), set())


def _departures(gone: set[str], people: Sequence[Known], unknown: set[str], ambiguous: set[str]) -> Departures:
    ordered = sorted(people, key=lambda person: person.id)
    return Departures(
        suspend=tuple(person.id for person in ordered if person.id in gone and not person.suspended),
        custodians=tuple(
            (person.id, person.custodian_of) for person in ordered if person.id in gone and person.custodian_of
        ),
        unknown=tuple(sorted(unknown)),
        ambiguous=tuple(sorted(ambiguous)),
    )


def _by_name(people: Sequence[Known]) -> dict[str, tuple[str, ...]]:
    """Ids of people by each of their names; directories do not tell upper from lower case."""
    found: dict[str, tuple[str, ...]] = {}
    for person in people:
        for name in {each.casefold() for each in (person.id, *person.aliases)}:
            found[name] = (*found.get(name, ()), person.id)
    return found


def _from_json_lines(text: str) -> tuple[Leaver, ...]:
    leavers = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                leavers.append(msgspec.json.decode(line, type=Leaver))
            except (msgspec.DecodeError, RecursionError) as error:
                raise InputError(f"line {number} of the list of leavers cannot be read: {error}", hint=_HINT) from error
    return tuple(leavers)


def _from_csv(text: str) -> tuple[Leaver, ...]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        if "person" not in (reader.fieldnames or ()):
            raise InputError("the list of leavers has no column `person`", hint=_HINT)
        return tuple(_from_row(row, reader.line_num) for row in reader)
    except csv.Error as error:
        raise InputError(f"the list of leavers is no CSV after line {reader.line_num}: {error}", hint=_HINT) from error


def _from_row(row: dict[str, str | None], number: int) -> Leaver:
    person, left = (row.get("person") or "").strip(), (row.get("left_at") or "").strip()
    left_at = parse_instant(left) if left else None
    if not person or (left and left_at is None):
        raise InputError(f"line {number} of the list of leavers cannot be read", hint=_HINT)
    return Leaver(person=person, left_at=left_at)
