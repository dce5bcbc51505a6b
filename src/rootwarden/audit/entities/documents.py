"""Policy documents as records: statements, and under each name a list of records with one field `value`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.audit.entities.record import LazyRecord, text
from rootwarden.facts.fact import Absent, Known, Unknown, Why, transform

if TYPE_CHECKING:
    from rootwarden.audit.entities.record import Record, Table
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.iam_document import Condition, IamDocument, Statement


def version(document: Fact[IamDocument]) -> Fact[object]:
    """The version of a document."""
    return transform(document, lambda known: known.version)


def statements(document: Fact[IamDocument]) -> Fact[object]:
    """The statements of an identity policy or service control policy."""
    return transform(document, lambda known: tuple(LazyRecord(each, STATEMENT) for each in known.statements))


def trust_statements(document: Fact[IamDocument]) -> Fact[object]:
    """The statements of a trust policy."""
    return transform(document, lambda known: tuple(LazyRecord(each, TRUST_STATEMENT) for each in known.statements))


def inline(document: Fact[IamDocument], name: str) -> Fact[object]:
    """The document of an inline policy, with its statements under `name`."""
    record: Record = {"Version": version(document), name: statements(document)}
    return Known(record, document.sources)


def crosses_accounts(document: Fact[IamDocument], account: str) -> Fact[object]:
    """Whether a statement of a trust policy allows a principal of another account, or anybody."""
    return transform(document, lambda known: any(not _is_own(one, account) for one in _trusted_accounts(known)))


def trusted(document: Fact[IamDocument]) -> Fact[object]:
    """Every principal a trust policy allows, as written, each once; all but some are everybody, `*`."""

    def allowed(known: IamDocument) -> tuple[str, ...]:
        named = [_named(each) for each in known.statements if each.effect == "Allow"]
        return tuple(dict.fromkeys(one for each in named for one in each))

    return transform(document, allowed)


def _trusted_accounts(document: IamDocument) -> list[str]:
    allowing = [each for each in document.statements if each.effect == "Allow"]
    named = [one for each in allowing if each.principals is not None for one in each.principals.aws]
    # Everybody but those it names: nearly all of them are in other accounts.
    return named + ["*" for each in allowing if each.not_principals is not None]


def _named(statement: Statement) -> tuple[str, ...]:
    """The principals of a statement."""
    if statement.not_principals is not None:
        return ("*",)
    return statement.principals.all() if statement.principals is not None else ()


def _is_own(principal: str, account: str) -> bool:
    """Whether a principal as written is one of the account: its id, or an ARN with it."""
    parts = principal.split(":")
    # What is no ARN is an account's id, or the unique id of a deleted user or role of this one.
    return principal == account or (len(parts) > 5 and parts[4] == account)  # noqa: PLR2004 - parts of an ARN


def _values(values: tuple[str, ...] | None) -> Fact[object]:
    """An element of a statement, absent where the statement has none."""
    if values is None:
        return Absent()
    return Known(tuple({"value": Known(each)} for each in values))


def _condition(condition: Condition) -> Record:
    return {
        "Condition": Known(condition.operator),
        "Name": Known(condition.key),
        "Value": Known(condition.values),
    }


def _conditions(statement: Statement) -> Fact[object]:
    return Known(tuple(_condition(each) for each in statement.conditions))


def _action(statement: Statement) -> Fact[object]:
    """The actions of a trust statement as the one text the schema has: several have a comma between."""
    if statement.not_actions is not None:
        return _opposite("NotAction")
    return Absent() if statement.actions is None else Known(", ".join(statement.actions))


def _principal(statement: Statement) -> Fact[object]:
    principals = statement.principals
    if statement.not_principals is not None:
        return _opposite("NotPrincipal")
    if principals is None:
        return Absent()
    record: Record = {
        "Service": _plain(principals.service),
        "AWS": _plain(principals.aws),
        "Federated": _plain(principals.federated),
    }
    return Known(record)


def _opposite(element: str) -> Unknown:
    """What an element names that the schema has no name for: all but what it lists, which is never nothing."""
    return Unknown(f"the statement has `{element}`, which names all but what it lists", Why.NOT_SUPPORTED)


def _plain(values: tuple[str, ...]) -> Fact[object]:
    return Known(values) if values else Absent()


STATEMENT: Table[Statement] = {
    "Effect": lambda each: Known(each.effect),
    "Action": lambda each: _values(each.actions),
    "Resource": lambda each: _values(each.resources),
    "NotAction": lambda each: _values(each.not_actions),
    "NotResource": lambda each: _values(each.not_resources),
    "Conditions": _conditions,
}
TRUST_STATEMENT: Table[Statement] = {
    "Action": _action,
    "Principal": _principal,
    "Effect": lambda each: Known(each.effect),
    "SID": lambda each: text(each.sid),
    "Conditions": _conditions,
}
