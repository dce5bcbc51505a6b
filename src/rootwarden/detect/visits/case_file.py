"""Cases of content files: an event, and what must be said of it.

A case holds a whole record, or names a way of calling (`caller`, a record with a made-up identity) and gives only what
differs; `each` makes one case for every value of one field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from rootwarden.detect.visits.detection import Case
from rootwarden.strict_toml import in_backticks, meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.detect.filter_pattern import Event as Document
    from rootwarden.detect.filter_pattern import Value

MOST_CASES: Final = 1000
DEEPEST_RECORD: Final = 32


class CaseError(ValueError):
    """A case is not what it should be; who reads the file says which file it is."""


class CaseTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[case]]`.

    Attributes:
        name: What it is, for a sentence.
        fits: What must be said of it: true, false, or `undecided`.
        caller: A way of calling that `record` is laid over.
        record: The record, or what differs, as a table or as JSON text.
        each: One field of the record, dotted, with several values: a case for each.
    """

    name: str
    fits: bool | Literal["undecided"]
    caller: str = ""
    record: Record
    each: dict[str, list[str]] = {}


Record: TypeAlias = dict[str, object] | str


def read_cases(tables: Iterable[CaseTable], callers: Mapping[str, Document]) -> tuple[Case, ...]:
    """Make the cases of a file.

    Args:
        tables: As the file has them.
        callers: Ways of calling, by name.

    Raises:
        CaseError: A record is none, a way of calling is not known, or two cases have one name.
    """
    cases = [case for table in tables for case in _cases(table, callers)]
    if len(cases) > MOST_CASES:
        raise CaseError(f"it has more than {MOST_CASES} cases")
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise CaseError(f"two cases are called {in_backticks(name)}")
    return tuple(cases)


def _cases(table: CaseTable, callers: Mapping[str, Document]) -> Iterator[Case]:
    record = _record(table, callers)
    fits = table.fits if isinstance(table.fits, bool) else None
    if not table.each:
        yield Case(name=table.name, fits=fits, record=record)
        return
    if len(table.each) > 1:
        raise CaseError(f"the case {in_backticks(table.name)} varies more than one field")
    ((path, values),) = table.each.items()
    if len(values) > MOST_CASES:
        raise CaseError(f"it has more than {MOST_CASES} cases")
    for value in values:
        varied = _with(record, path.split("."), value)
        yield Case(name=f"{table.name}: {value}", fits=fits, record=varied)


def _record(table: CaseTable, callers: Mapping[str, Document]) -> Document:
    if isinstance(table.record, str):
        try:
            written = msgspec.json.decode(table.record, type=dict[str, object])
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
            raise CaseError(f"the record of the case {in_backticks(table.name)} is no JSON object: {error}") from None
    else:
        written = table.record
    base: Document = {}
    if table.caller:
        if table.caller not in callers:
            known = meant(table.caller, callers)
            raise CaseError(f"there is no way of calling {in_backticks(table.caller)}{known}")
        base = callers[table.caller]
    return _over(base, {name: _value(one, table.name, 0) for name, one in written.items()})


def _value(value: object, case: str, depth: int) -> Value:
    if depth > DEEPEST_RECORD:
        raise CaseError(f"the record of the case {in_backticks(case)} nests more than {DEEPEST_RECORD} deep")
    if isinstance(value, dict):
        return {str(name): _value(one, case, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [_value(one, case, depth + 1) for one in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise CaseError(f"the record of the case {in_backticks(case)} holds a {type(value).__name__}; write it as text")


def _over(base: Document, top: Document) -> Document:
    """The base with what differs laid over it, tables inside tables too."""
    laid = dict(base)
    for name, value in top.items():
        below = laid.get(name)
        laid[name] = _over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return laid


def _with(record: Document, path: list[str], value: str) -> Document:
    """The record with another value at a path; a number in it is a place in a list of tables."""
    first, *rest = path
    below = record.get(first)
    if not rest:
        return {**record, first: value}
    if isinstance(below, list) and rest[0].isdecimal() and len(rest) > 1:
        at = int(rest[0])
        changed = [
            _with(one, rest[1:], value) if i == at and isinstance(one, dict) else one for i, one in enumerate(below)
        ]
        return {**record, first: changed}
    return {**record, first: _with(below if isinstance(below, dict) else {}, rest, value)}
