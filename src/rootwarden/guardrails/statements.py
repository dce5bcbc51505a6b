"""What one Deny statement of a service control policy does to a root user.

Decided exactly: which actions and resources it names, and conditions on `aws:PrincipalArn` alone (IAM user guide,
*Condition operators*). Everything else is undecided; a statement that cannot touch the question is false.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from rootwarden.errors import InputError

if TYPE_CHECKING:
    from rootwarden.facts.guardrail import PolicyDocument, PolicyValue

KEY_CREATION = "iam:createaccesskey"
PRINCIPAL_ARN = "aws:principalarn"
_ARN_PARTS = 6


class PolicyError(InputError):
    """A policy document is not shaped as a policy."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as written, lists made of single values.

    Attributes:
        sid: As written, or its position (`#2`).
        conditions: (operator, key, values), operator and key in lower case.
    """

    sid: str
    effect: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


class Effect(msgspec.Struct, frozen=True):
    """What a statement does to the root user: denies every action, denies key creation; `None` is undecided."""

    every_action: bool | None
    key_creation: bool | None
    note: str = ""


def read_statements(document: PolicyDocument) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises:
        PolicyError: It is not shaped as a policy.
    """
    listed = document.get("Statement")
    statements = listed if isinstance(listed, list) else [listed]
    if not statements:
        raise PolicyError("the policy has no statement")
    return tuple(_statement(one, number) for number, one in enumerate(statements, 1))


def effect_on_root(statement: Statement, root_arn: str) -> Effect:
    """What the statement does to the root user with that ARN. An Allow statement denies nothing."""
    if statement.effect == "Allow":
        return Effect(False, False)
    applies, note = _applies(statement, root_arn)
    if applies is False:
        return Effect(False, False, note)
    return Effect(_both(applies, _every_action(statement)), _both(applies, _key_creation(statement)), note)


def fits(pattern: str, text: str) -> bool:
    """True when `text` fits `pattern`, where `*` is any run of characters and `?` any one; letter case counts."""
    at = star = mark = 0
    starred = False
    position = 0
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            starred, star, mark = True, at, position
            at += 1
        elif at < len(pattern) and pattern[at] in {"?", text[position]}:
            at, position = at + 1, position + 1
        elif starred:
            at, mark = star + 1, mark + 1
            position = mark
        else:
            return False
    return set(pattern[at:]) <= {"*"}


def _every_action(statement: Statement) -> bool | None:
    """Every action on every resource: `Action` with `*` on `*`. Nearly everything stays undecided."""
    if statement.not_actions:
        about_root = any(key == PRINCIPAL_ARN for _, key, _ in statement.conditions)
        # A region or organization fence with exceptions is no deny of everything; one about root may leave one task.
        return None if about_root or not statement.conditions else False
    if not any(_is_everything(action) for action in statement.actions):
        return False
    return _resources(statement)


def _key_creation(statement: Statement) -> bool | None:
    if statement.not_actions:
        return False if any(_names_key_creation(action) for action in statement.not_actions) else None
    if any(_names_key_creation(action) for action in statement.actions):
        return _resources(statement)
    return None if any(_odd(action) for action in statement.actions) else False


def _resources(statement: Statement) -> bool | None:
    """True for `*`; false when only resources of other services are named; else undecided."""
    if statement.not_resources:
        return None
    if any(set(resource) == {"*"} for resource in statement.resources):
        return True
    services = [one.split(":")[2] if one.count(":") >= _ARN_PARTS - 1 else "*" for one in statement.resources]
    return None if any(fits(service, "iam") for service in services) else False


def _names_key_creation(action: str) -> bool:
    return _is_everything(action) or (not _odd(action) and fits(action.lower(), KEY_CREATION))


def _is_everything(action: str) -> bool:
    return set(action) == {"*"} or [set(part) for part in action.split(":")] == [{"*"}, {"*"}]


def _odd(action: str) -> bool:
    """A wildcard in the service's name, of which AWS does not say what it matches."""
    service, colon, _ = action.partition(":")
    if _is_everything(action) or not {"*", "?"} & set(service):
        return False
    return not colon or fits(service.lower(), "iam")


def _applies(statement: Statement, root_arn: str) -> tuple[bool | None, str]:
    """Whether the conditions hold for root: all of them must; a note tells of a condition that never matches."""
    answers: list[bool | None] = []
    notes: list[str] = []
    for operator, key, values in statement.conditions:
        if key != PRINCIPAL_ARN:
            answers.append(None)
            continue
        answers.append(matches_principal(operator, values, root_arn))
        if operator == "stringequals" and {"*", "?"} & set("".join(values)):
            notes.append(f"`StringEquals` takes `{values[0]}` for a text: its wildcard never matches")
    decided = False if False in answers else None if None in answers else True
    return decided, "; ".join(notes)


def matches_principal(operator: str, values: tuple[str, ...], root_arn: str) -> bool | None:
    """Whether a condition on `aws:PrincipalArn` holds for root; `operator` in lower case, `None` is undecided."""
    operator = operator.removesuffix("ifexists")  # the key is in every request
    negated = {
        "stringnotequals": "stringequals",
        "stringnotlike": "stringlike",
        "arnnotequals": "arnequals",
        "arnnotlike": "arnlike",
    }
    if not values:
        return None  # AWS does not say what a list of no values compares with
    answers = [_one_principal(negated.get(operator, operator), value, root_arn) for value in values]
    matched = True if True in answers else None if None in answers else False
    return None if matched is None else matched is not (operator in negated)


def _one_principal(operator: str, value: str, root_arn: str) -> bool | None:
    if "${" in value:
        return None
    if operator == "stringequals":
        return value == root_arn
    if operator == "stringlike":
        return fits(value, root_arn)
    if operator in {"arnlike", "arnequals"}:
        parts = value.split(":", _ARN_PARTS - 1)
        if len(parts) != _ARN_PARTS:
            return None
        return all(fits(part, own) for part, own in zip(parts, root_arn.split(":", _ARN_PARTS - 1), strict=True))
    return None


def _both(one: bool | None, other: bool | None) -> bool | None:
    return False if False in (one, other) else None if None in (one, other) else True


def _statement(value: PolicyValue, number: int) -> Statement:
    if not isinstance(value, Mapping):
        raise PolicyError("a statement of the policy is no object")
    effect = value.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError("a statement of the policy has neither the effect `Allow` nor `Deny`")
    sid = value.get("Sid")
    statement = Statement(
        sid=sid if isinstance(sid, str) and sid else f"#{number}",
        effect=str(effect),
        actions=_texts(value, "Action"),
        not_actions=_texts(value, "NotAction"),
        resources=_texts(value, "Resource"),
        not_resources=_texts(value, "NotResource"),
        conditions=_conditions(value.get("Condition", {})),
    )
    if bool(statement.actions) == bool(statement.not_actions):
        raise PolicyError("a statement of the policy needs one of `Action` and `NotAction`")
    if bool(statement.resources) == bool(statement.not_resources):
        raise PolicyError("a statement of the policy needs one of `Resource` and `NotResource`")
    return statement


def _texts(statement: Mapping[str, PolicyValue], name: str) -> tuple[str, ...]:
    value = statement.get(name, [])
    return _values([value] if isinstance(value, str) else value, name)


def _values(values: PolicyValue, name: str) -> tuple[str, ...]:
    texts = tuple(one for one in values if isinstance(one, str)) if isinstance(values, list) else ()
    if not isinstance(values, list) or len(texts) != len(values):
        raise PolicyError(f"`{name}` of the policy is neither a text nor a list of texts")
    return texts


def _conditions(block: PolicyValue) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    if not isinstance(block, Mapping):
        raise PolicyError("`Condition` of the policy is no object")
    conditions: list[tuple[str, str, tuple[str, ...]]] = []
    for operator, keys in block.items():
        if not isinstance(keys, Mapping):
            raise PolicyError(f"`{operator}` of the policy's condition is no object")
        for key, value in keys.items():
            listed = value if isinstance(value, list) else [value]
            texts = tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in listed)
            conditions.append((operator.lower(), key.lower(), texts))
    return tuple(conditions)
