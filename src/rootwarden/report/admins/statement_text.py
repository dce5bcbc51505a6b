"""A statement as JSON to read: everything that was written, with a list of one told as the one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.iam.written import statement_text
from rootwarden.report.encoding import to_json

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import Statement


def as_json(statement: Statement) -> str:
    """The statement as indented JSON, without a newline at the end."""
    return to_json(_plain(msgspec.to_builtins(statement_text(statement))), indent=2)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return value[0] if len(value) == 1 else list(value)
    return value
