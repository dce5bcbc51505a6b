"""Findings from a file: what `trail incidents` prints as JSON, or `incidents.jsonl`, one visit a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.alert.reading import Path, Reading
from rootwarden.detect.visits.incident import Concern, Incident
from rootwarden.errors import InputError

if TYPE_CHECKING:
    import pathlib

MOST_BYTES: Final = 512 * 1024 * 1024
_HINT: Final = "`rootwarden trail incidents --format json` writes what is read here"


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    incidents: tuple[Incident, ...]
    concerns: tuple[Concern, ...] = ()


def reading_of(path: pathlib.Path) -> Reading:
    """Read a file.

    Raises:
        InputError: When it cannot be read, or is neither.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}", hint=_HINT) from error
    if len(content) > MOST_BYTES:
        raise InputError(f"`{path}` is larger than {MOST_BYTES} bytes", hint="is it the right file?")
    try:
        return _reading(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"`{path}` holds no findings: {error}", hint=_HINT) from error


def _reading(content: bytes) -> Reading:
    try:
        document = msgspec.json.decode(content, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError):
        lines = [line for line in content.split(b"\n") if line.strip()]
        if not lines or b'"incidents"' in lines[0][:200]:
            raise
        return Reading(incidents=tuple(msgspec.json.decode(line, type=Incident) for line in lines), path=Path.FILE)
    return Reading(incidents=document.incidents, concerns=document.concerns, path=Path.FILE)
