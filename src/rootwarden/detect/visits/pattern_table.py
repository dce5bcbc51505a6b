"""Event patterns as content files hold them: TOML tables, or JSON text, of an EventBridge pattern over the record.

Wherever a list of alternatives stands, `{ setting = "NAME" }` stands for values the user declares. Every pattern must
name its events: readers look for exactly these names in files they do not decode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.errors import PatternError
from rootwarden.detect.event_pattern import DEEPEST_NESTING, EventPattern, Exact, Field, Fields, read_event_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.detect.filter_pattern import Value

_SETTING: Final = "setting"
# Fits no record: of a task whose events nobody knows.
NOTHING: Final = EventPattern(Fields((("eventName", Field(())),)))


def read_pattern(written: dict[str, object] | str, settings: Mapping[str, Iterable[str]] | None = None) -> EventPattern:
    """Read the pattern of a content file.

    Args:
        written: The table, or a JSON text.
        settings: Values by name of the setting; a setting without values fits nothing.

    Raises:
        PatternError: It is no event pattern, names a setting that is not declared in the file, or has no exact names.
    """
    pattern = read_event_pattern(_as_json(written, settings or {}))
    for field in ("eventSource", "eventName"):
        if named(pattern.fields, field) is None:
            raise PatternError(
                f"the pattern does not say every `{field}` it means as exact text",
                hint="list the names; readers look for them in files they do not decode, so no prefix and no wildcard",
            )
    return pattern


def named(pattern: Fields, field: str) -> tuple[str, ...] | None:
    """Every value of a field of the record that the pattern can mean, sorted; `None` where it leaves it open."""
    for name, part in pattern.fields:
        if name == field:
            return _exact(part)
    if not pattern.branches:
        return None
    found: set[str] = set()
    for branch in pattern.branches:
        values = named(branch, field)
        if values is None:
            return None
        found.update(values)
    return tuple(sorted(found))


def calls(pattern: Fields, sources: tuple[str, ...] = (), names: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every event source with every name the pattern can mean together with it."""
    fields = dict(pattern.fields)
    sources = _exact(fields["eventSource"]) or () if "eventSource" in fields else sources
    names = _exact(fields["eventName"]) or () if "eventName" in fields else names
    if pattern.branches and not (sources and names):
        for branch in pattern.branches:
            yield from calls(branch, sources, names)
    else:
        yield from ((source, name) for source in sources for name in names)


def _exact(part: Field | Fields) -> tuple[str, ...] | None:
    if not isinstance(part, Field) or not part.alternatives:
        return None
    values = [one.value for one in part.alternatives if isinstance(one, Exact) and isinstance(one.value, str)]
    return tuple(sorted(set(values))) if len(values) == len(part.alternatives) else None


def _as_json(written: dict[str, object] | str, settings: Mapping[str, Iterable[str]]) -> str:
    if isinstance(written, str):
        try:
            table = msgspec.json.decode(written, type=dict[str, object])
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
            raise PatternError(f"the pattern is no JSON object: {error}") from error
        return msgspec.json.encode(_filled(table, settings, 0)).decode()
    return msgspec.json.encode(_filled(written, settings, 0)).decode()


def _filled(value: object, settings: Mapping[str, Iterable[str]], depth: int) -> Value:
    """The value with every setting replaced by what was declared for it."""
    if depth > 2 * DEEPEST_NESTING:
        raise PatternError(f"the pattern nests more than {DEEPEST_NESTING} deep")
    if isinstance(value, dict):
        return {str(name): _filled(part, settings, depth + 1) for name, part in value.items()}
    if isinstance(value, list):
        filled: list[Value] = []
        for one in value:
            if isinstance(one, dict) and list(one) == [_SETTING]:
                filled += _declared(one[_SETTING], settings)
            else:
                filled.append(_filled(one, settings, depth + 1))
        return filled
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise PatternError(f"the pattern holds a {type(value).__name__}, which no record can have")


def _declared(name: object, settings: Mapping[str, Iterable[str]]) -> list[Value]:
    if not isinstance(name, str) or name not in settings:
        raise PatternError(f"the pattern asks for the setting `{name}`, which the file does not describe")
    return list(settings[name])
