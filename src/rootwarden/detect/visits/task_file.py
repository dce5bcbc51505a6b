"""Reads a root-only task, or a task policy of AssumeRoot, from its file (docs/root-tasks.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.errors import PatternError
from rootwarden.detect.visits.case_file import CaseError, CaseTable, read_cases
from rootwarden.detect.visits.detection import Accounts, Avoidable, Task, TaskPolicy
from rootwarden.detect.visits.pattern_table import NOTHING, named, read_pattern
from rootwarden.strict_toml import FileKind, in_backticks, is_id, read_toml, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.detect.event_pattern import EventPattern
    from rootwarden.detect.filter_pattern import Event as Document
    from rootwarden.detect.visits.detection import Case

# AWS publishes these five (*AssumeRoot*, API reference); a name of another is a spelling mistake.
TASK_POLICIES: Final = (
    "IAMAuditRootUserCredentials",
    "IAMCreateRootUserPassword",
    "IAMDeleteRootUserCredentials",
    "S3UnlockBucketPolicy",
    "SQSUnlockQueuePolicy",
)


class _TaskTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    writes: dict[str, object] | str | None = None
    avoidable: Avoidable = Avoidable.NO
    task_policy: str = ""
    accounts: tuple[Accounts, ...] = (Accounts.ANY,)
    source: str
    doubtful: str = ""
    case: tuple[CaseTable, ...]


class _PolicyTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    allows: dict[str, object] | str
    source: str
    doubtful: str = ""
    case: tuple[CaseTable, ...]


_TASK: Final = FileKind("root-only task", "docs/root-tasks.md", (CaseTable,))
_POLICY: Final = FileKind("task policy", "docs/root-tasks.md", (CaseTable,))


def read_task(text: str, *, file: str = "", callers: Mapping[str, Document] | None = None) -> Task:
    """Read one root-only task.

    Raises:
        InputError: The file is not a task.
    """
    table = read_toml(text, _TaskTable, _TASK, file=file)
    pattern, cases = _parts(table.writes, table.case, callers or {}, _TASK, file)
    if not is_id(table.id):
        raise refused(f"the id {in_backticks(table.id)} is not lower-case words joined by `-`", _TASK, file)
    if (table.avoidable is Avoidable.ASSUME_ROOT) != bool(table.task_policy):
        raise refused('`avoidable = "assume-root"` and `task_policy` belong together', _TASK, file)
    if table.task_policy and table.task_policy not in TASK_POLICIES:
        raise refused(f"there is no task policy {in_backticks(table.task_policy)}", _TASK, file)
    return Task(
        id=table.id,
        title=table.title,
        writes=pattern,
        names=named(pattern.fields, "eventName") or (),
        avoidable=table.avoidable,
        task_policy=table.task_policy,
        accounts=table.accounts,
        source=table.source,
        doubtful=" ".join(table.doubtful.split()),
        cases=cases,
    )


def read_task_policy(text: str, *, file: str = "", callers: Mapping[str, Document] | None = None) -> TaskPolicy:
    """Read one task policy of AssumeRoot.

    Raises:
        InputError: The file is not a task policy.
    """
    table = read_toml(text, _PolicyTable, _POLICY, file=file)
    pattern, cases = _parts(table.allows, table.case, callers or {}, _POLICY, file)
    if table.id not in TASK_POLICIES:
        raise refused(f"there is no task policy {in_backticks(table.id)}", _POLICY, file)
    return TaskPolicy(
        id=table.id,
        title=table.title,
        allows=pattern,
        names=named(pattern.fields, "eventName") or (),
        source=table.source,
        doubtful=" ".join(table.doubtful.split()),
        cases=cases,
    )


def _parts(
    written: dict[str, object] | str | None,
    cases: tuple[CaseTable, ...],
    callers: Mapping[str, Document],
    kind: FileKind,
    file: str,
) -> tuple[EventPattern, tuple[Case, ...]]:
    try:
        return NOTHING if written is None else read_pattern(written), read_cases(cases, callers)
    except (PatternError, CaseError) as error:
        raise refused(str(error), kind, file) from None
