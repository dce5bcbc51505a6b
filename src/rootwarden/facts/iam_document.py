"""IAM policy documents: statements with every element as a tuple and conditions flattened; nothing is judged here."""

from __future__ import annotations

import msgspec


class Condition(msgspec.Struct, frozen=True, gc=False):
    """One key of a condition: `StringEquals`, `aws:PrincipalArn` and the values that satisfy it, as written."""

    operator: str
    key: str
    values: tuple[str, ...]


class Principals(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a statement names; everybody (`"*"`) is the account principal `*`."""

    aws: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    federated: tuple[str, ...] = ()
    canonical: tuple[str, ...] = ()

    def all(self) -> tuple[str, ...]:
        """Every one of them."""
        return (*self.aws, *self.service, *self.federated, *self.canonical)


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement, as written; `None` where it has no such element.

    Attributes:
        sid: Its name, or an empty text.
        effect: `Allow` or `Deny`.
        conditions: Every key of every operator; all of them must hold.
    """

    sid: str = ""
    effect: str
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    principals: Principals | None = None
    not_principals: Principals | None = None
    conditions: tuple[Condition, ...] = ()


class IamDocument(msgspec.Struct, frozen=True):
    """A policy document: its version and statements."""

    version: str
    statements: tuple[Statement, ...]
