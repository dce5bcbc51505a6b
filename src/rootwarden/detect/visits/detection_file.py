"""Reads one detection from its file (docs/adding-a-detection.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.errors import PatternError
from rootwarden.detect.visits.case_file import CaseError, CaseTable, read_cases
from rootwarden.detect.visits.declared import spellings
from rootwarden.detect.visits.detection import Detection, Setting, Topic, Who
from rootwarden.detect.visits.incident import Severity
from rootwarden.detect.visits.pattern_table import named, read_pattern
from rootwarden.strict_toml import FileKind, in_backticks, is_id, read_toml, refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.detect.filter_pattern import Event as Document


class _DetectionTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file, key by key; what they mean is said at `Detection`."""

    id: str
    title: str
    topic: Topic
    who: Who
    severity: Severity
    reason: str
    failed: bool = False
    pattern: dict[str, object] | str
    attack: tuple[str, ...] = ()
    false_positives: str
    misses: str
    doubtful: str = ""
    playbook: str
    references: tuple[str, ...] = ()
    settings: dict[str, Setting] = {}
    case: tuple[CaseTable, ...]


_KIND: Final = FileKind("detection", "docs/adding-a-detection.md", (CaseTable, Setting))


def read_detection(
    text: str,
    *,
    file: str = "",
    callers: Mapping[str, Document] | None = None,
    declared: Mapping[str, Iterable[str]] | None = None,
    example: bool = False,
) -> Detection:
    """Read one detection.

    Args:
        text: The file: TOML.
        file: Its name, for messages.
        callers: Ways of calling that cases may name.
        declared: What the user declared for settings, by name; others are left aside.
        example: Take the settings' own examples, as the cases do.

    Raises:
        InputError: The file is not a detection.
    """
    table = read_toml(text, _DetectionTable, _KIND, file=file)
    given = {name: tuple((declared or {}).get(name, ())) for name in table.settings}
    values = {
        name: [one for value in (setting.example if example else given[name]) for one in spellings(value)]
        for name, setting in table.settings.items()
    }
    try:
        pattern = read_pattern(table.pattern, values)
        cases = read_cases(table.case, callers or {})
    except (PatternError, CaseError) as error:
        raise refused(str(error), _KIND, file) from None
    _complain(table, file)
    undeclared = () if example else tuple(sorted(name for name, one in given.items() if not one))
    return Detection(
        id=table.id,
        title=table.title,
        topic=table.topic,
        who=table.who,
        severity=table.severity,
        reason=_line(table.reason),
        failed=table.failed,
        pattern=pattern,
        names=() if undeclared else named(pattern.fields, "eventName") or (),
        sources=named(pattern.fields, "eventSource") or (),
        attack=table.attack,
        false_positives=_line(table.false_positives),
        misses=_line(table.misses),
        doubtful=_line(table.doubtful),
        playbook=table.playbook,
        references=table.references,
        settings=table.settings,
        undeclared=undeclared,
        cases=cases,
    )


def _complain(table: _DetectionTable, file: str) -> None:
    """What the types of the keys cannot say."""
    if not is_id(table.id):
        raise refused(f"the id {in_backticks(table.id)} is not lower-case words joined by `-`", _KIND, file)
    for name in ("title", "reason", "false_positives", "misses", "playbook"):
        if not getattr(table, name).strip():
            raise refused(f"`{name}` is empty", _KIND, file)
    for name, setting in table.settings.items():
        if not setting.example:
            raise refused(f"the setting `{name}` has no example for the cases", _KIND, file)


def _line(text: str) -> str:
    return " ".join(text.split())
