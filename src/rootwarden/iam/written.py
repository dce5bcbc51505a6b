"""A policy document as AWS takes it: what was read, or made up here, written out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import Condition, IamDocument, Principals, Statement

_NAMES: Final = {
    "sid": "Sid",
    "effect": "Effect",
    "principals": "Principal",
    "not_principals": "NotPrincipal",
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
    "conditions": "Condition",
}


class StatementText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=_NAMES):
    """One statement under the names AWS has for its elements; those it does not have are left out."""

    sid: str = ""
    effect: str
    principals: str | dict[str, tuple[str, ...]] | None = None
    not_principals: str | dict[str, tuple[str, ...]] | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    conditions: dict[str, dict[str, tuple[str, ...]]] | None = None


class DocumentText(msgspec.Struct, frozen=True, rename={"version": "Version", "statements": "Statement"}):
    """A whole document, likewise."""

    version: str
    statements: tuple[StatementText, ...]

    @property
    def characters(self) -> int:
        """How long it is for AWS, which does not count blanks."""
        return len(msgspec.json.encode(self).decode())


def document_text(document: IamDocument) -> DocumentText:
    """Write out a document."""
    return DocumentText(document.version, tuple(map(statement_text, document.statements)))


def statement_text(statement: Statement) -> StatementText:
    """Write out one statement."""
    return StatementText(
        sid=statement.sid,
        effect=statement.effect,
        principals=_principals(statement.principals),
        not_principals=_principals(statement.not_principals),
        actions=statement.actions,
        not_actions=statement.not_actions,
        resources=statement.resources,
        not_resources=statement.not_resources,
        conditions=_conditions(statement.conditions),
    )


def _principals(found: Principals | None) -> str | dict[str, tuple[str, ...]] | None:
    if found is None:
        return None
    if found.aws == found.all() == ("*",):
        return "*"
    kinds = {
        "AWS": found.aws,
        "Service": found.service,
        "Federated": found.federated,
        "CanonicalUser": found.canonical,
    }
    return {kind: names for kind, names in kinds.items() if names}


def _conditions(conditions: tuple[Condition, ...]) -> dict[str, dict[str, tuple[str, ...]]] | None:
    written: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in conditions:
        written.setdefault(one.operator, {})[one.key] = one.values
    return written or None
