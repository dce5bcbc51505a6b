"""An answer → its shape: which members are there, how they nest, and of what kinds their values are.

A shape is flat: from a path (`MetricAlarms[].AlarmArn`) to the kinds seen there. `[]` is every item of a list, `{}`
every value of a map, `{Users}` the value of a key that AWS itself names. What a model knows and the answer lacks is a
kind too, so that shapes of many answers can be added together.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from typing import TYPE_CHECKING, TypeAlias

from rootwarden.conformance.words import INSTANT, LISTED, TEXT, UNLISTED, kind_of_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from botocore.model import Shape as Model

    from rootwarden.aws.calls import Json

Shape: TypeAlias = "Mapping[str, frozenset[str]]"

STRUCTURE, MAP, LIST, NUMBER, BOOLEAN, NULL, CSV = "structure", "map", "list", "number", "boolean", "null", "CSV"
MISSING, MISSING_REQUIRED = "missing", "missing although required"
ABSENCES = frozenset({MISSING, MISSING_REQUIRED})
# How a list is paged says nothing about what it lists, and `aws.door` reads all pages into one.
_PAGING = frozenset({"Marker", "IsTruncated", "NextToken", "nextToken", "ContinuationToken"})
_DEEPEST = 24
_KEY_OF_AWS = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_ROOT = "<root_account>"
_OBJECTS = frozenset({STRUCTURE, MAP})
_OWN_TYPES = frozenset({LIST, NUMBER, BOOLEAN, NULL, MISSING, MISSING_REQUIRED})


def shape_of(document: Json, model: Model | None) -> Shape:
    """The shape of one answer.

    Args:
        document: The answer as the AWS CLI prints it.
        model: botocore's model of it; `None` when the operation answers nothing.
    """
    found: dict[str, set[str]] = {}
    _walk(document, model, "", found, 0)
    return {path: frozenset(kinds) for path, kinds in found.items()}


def added(shapes: Iterable[Shape]) -> Shape:
    """The shapes of several answers to the same call as one: every kind seen at every path."""
    whole: dict[str, frozenset[str]] = {}
    for shape in shapes:
        for path, kinds in shape.items():
            whole[path] = whole.get(path, frozenset()) | kinds
    return whole


def json_type(kind: str) -> str:
    """The JSON type of a kind: `object`, `list`, `string`, `number`, `boolean`, `null`, or the absence itself."""
    if kind in _OBJECTS:
        return "object"
    return kind if kind in _OWN_TYPES else "string"


def parent(path: str) -> str:
    """The path one step up.

    >>> parent("MetricAlarms[].AlarmArn"), parent("SummaryMap{Users}"), parent("User")
    ('MetricAlarms[]', 'SummaryMap', '')
    """
    return re.sub(r"(\.?[^.\[\]{}]+|\[\]|\{[^}]*\})$", "", path)


def root_row_shape(content: str) -> Shape:
    """The columns of a credential report, and of what kind root's cell in each is.

    Args:
        content: The CSV, base64 as the AWS CLI prints it.
    """
    try:
        text = base64.b64decode(content, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return {"Content": frozenset({kind_of_text(content)})}
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in next(rows, [])]
        root = next(
            (row for row in rows if row[:1] == [_ROOT] or any(cell.endswith(":root") for cell in row[1:2])), None
        )
    except csv.Error:
        return {"Content": frozenset({TEXT})}
    if root is None:
        return {"Content": frozenset({CSV}), "Content.root": frozenset({MISSING_REQUIRED})}
    cells = {
        f"Content.root{{{_key(name)}}}": frozenset({kind_of_text(cell)})
        for name, cell in zip(header, root, strict=False)
    }
    return {"Content": frozenset({CSV}), "Content.root": frozenset({STRUCTURE}), **cells}


def _walk(value: Json, model: Model | None, path: str, found: dict[str, set[str]], depth: int) -> None:
    kinds = found.setdefault(path, set())
    if isinstance(value, dict):
        structured = model is not None and model.type_name == "structure"
        kinds.add(STRUCTURE if structured else MAP)
        if depth < _DEEPEST and model is not None:
            (_walk_members if structured else _walk_map)(value, model, path, found, depth)
    elif isinstance(value, list):
        kinds.add(LIST)
        member = getattr(model, "member", None)
        for item in value if depth < _DEEPEST else ():
            _walk(item, member, f"{path}[]", found, depth + 1)
    else:
        kinds.add(_leaf(value, model))


def _walk_members(value: dict[str, Json], model: Model, path: str, found: dict[str, set[str]], depth: int) -> None:
    required = set(getattr(model, "required_members", ()))
    for name, member in getattr(model, "members", {}).items():
        if depth == 0 and name in _PAGING:
            continue
        below = f"{path}.{name}" if path else str(name)
        if name in value:
            _walk(value[name], member, below, found, depth + 1)
        else:
            found.setdefault(below, set()).add(MISSING_REQUIRED if name in required else MISSING)


def _walk_map(value: dict[str, Json], model: Model, path: str, found: dict[str, set[str]], depth: int) -> None:
    """Keys are told only where the model lists them; any other key may be somebody's own word."""
    named = bool(getattr(getattr(model, "key", None), "enum", ()))
    for key, item in value.items():
        below = f"{path}{{{_key(key) if named else ''}}}"
        _walk(item, getattr(model, "value", None), below, found, depth + 1)


def _leaf(value: Json, model: Model | None) -> str:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOLEAN
    if not isinstance(value, str):
        return NUMBER
    allowed = getattr(model, "enum", ())
    if allowed:
        return LISTED if value in allowed else UNLISTED
    kind = kind_of_text(value)
    is_instant = model is not None and model.type_name == "timestamp" and kind.startswith(INSTANT)
    return INSTANT if is_instant else kind


def _key(name: str) -> str:
    return name if _KEY_OF_AWS.fullmatch(name) else "…"
