"""Is somebody an administrator as they are: every action on every resource, with nothing denied?

Denies and missing allows of service control policies take the class away only when they leave nothing of the power over
identities: an organization that bars one Region, or IAM users, still has administrators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.facts.iam_document import IamDocument, Statement
from rootwarden.iam.admins.asking import REGION, sole_region
from rootwarden.iam.admins.chosen import easiest_doubts
from rootwarden.iam.context import Values
from rootwarden.iam.layer import Policy, Unreadable
from rootwarden.iam.pattern import VARIABLES_SINCE
from rootwarden.iam.statement import compiled_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.iam.admins.powers import Level, May, Place, Powers, Sheet
    from rootwarden.iam.context import Context
    from rootwarden.iam.layer import Document
    from rootwarden.iam.statement import CompiledStatement

EVERYTHING: Final = Policy(
    "a policy that allows everything",
    IamDocument(VARIABLES_SINCE, (Statement(effect="Allow", actions=("*",), resources=("*",)),)),
)
# Any one of these is enough to have any other permission (docs/escalation-paths.md).
POWER_OVER_IDENTITIES: Final = (
    "iam:AttachRolePolicy",
    "iam:PutRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:AttachUserPolicy",
    "iam:PutUserPolicy",
)
_POWER_OVER_IDENTITIES: Final = tuple(one.lower() for one in POWER_OVER_IDENTITIES)


def is_administrator(powers: Powers, context: Context) -> May:
    """Whether powers come to every action on every resource.

    Args:
        powers: Of the principal.
        context: The keys of a request of theirs.

    Returns:
        True or false, or the keys that a condition makes it depend on.
    """
    unsure: tuple[str, ...] = ()
    for level in powers.levels:
        found = _within_scp(level, context) if level.name == "scp" else _everything(level, context)
        if found is False:
            return False
        unsure += () if found is True else found
    return tuple(dict.fromkeys(unsure)) or True


def granting_everything(powers: Powers, context: Context) -> tuple[Place, ...]:
    """The identity statements that make somebody an administrator, or part of one."""
    return tuple(sheet.place("identity", statement) for sheet, statement in making_administrator(powers, context))


def making_administrator(powers: Powers, context: Context) -> Iterator[tuple[Sheet, CompiledStatement]]:
    """The same statements, each with its policy."""
    for sheet in powers.levels[0].sheets:
        for statement in sheet.statements:
            if (
                not statement.denies
                and of_all_resources(statement)
                and conditions_hold(statement, context) is not False
                and (names_all(statement) or statement.written.not_actions is not None)
            ):
                yield sheet, statement


def _everything(level: Level, context: Context) -> May:
    """Whether one layer allows everything and denies nothing."""
    unsure = level.unreadable
    allows: list[CompiledStatement] = []
    doubtful: list[tuple[CompiledStatement, tuple[str, ...]]] = []
    for sheet in level.sheets:
        for statement in sheet.statements:
            truth = conditions_hold(statement, context)
            if statement.denies and truth is not False:
                if truth is True:
                    return False
                unsure += truth
            elif not statement.denies and of_all_resources(statement):
                if truth is True:
                    allows.append(statement)
                elif truth is not False:
                    doubtful.append((statement, truth))
    if not _cover(allows):
        if not _cover([*allows, *(one for one, _ in doubtful)]):
            return unsure if level.unreadable else False
        unsure += easiest_doubts(keys for _, keys in doubtful)
    return tuple(dict.fromkeys(unsure)) or True


def _within_scp(level: Level, context: Context) -> May:
    context = context.carrying({REGION: Values((sole_region("iam:*", _partition(context)),))})
    best: May = False
    for action in _POWER_OVER_IDENTITIES:
        found = _level_lets(level, action, context)
        if found is True:
            return True
        best = best or found
    return best


def _partition(context: Context) -> str:
    who = context.held("aws:PrincipalArn")
    return who.texts[0].split(":")[1] if isinstance(who, Values) and who.texts[0].startswith("arn:") else "aws"


def _level_lets(level: Level, action: str, context: Context) -> May:
    # What nobody could read may deny it, whatever the others allow.
    unsure = level.unreadable
    for sheet in level.sheets:
        for deny in sheet.about(action)[1]:
            truth = conditions_hold(deny, context) if of_all_resources(deny) else False
            if truth is True:
                return False
            unsure += truth or ()
    allowed = level.allows(action, "*", context)
    if allowed is False:
        # An allow of some resources leaves power over those.
        allowed = any(conditions_hold(one, context) is True for sheet in level.sheets for one in sheet.about(action)[0])
    if allowed is False:
        return False
    return tuple(dict.fromkeys(unsure + (() if allowed is True else allowed))) or True


def conditions_hold(statement: CompiledStatement, context: Context) -> May:
    """Whether its conditions hold, whatever the resource."""
    if statement.defect:
        return (statement.defect,)
    unsure: tuple[str, ...] = ()
    for condition in statement.conditions:
        outcome = condition.test(context)
        if outcome.truth is False:
            return False
        if outcome.truth is None:
            unsure += outcome.keys
    return unsure or True


def of_all_resources(statement: CompiledStatement) -> bool:
    """Whether a statement names every resource."""
    resources = statement.written.resources
    return resources is not None and any(set(one) == {"*"} for one in resources)


def names_all(statement: CompiledStatement) -> bool:
    """Whether it names every action there is."""
    return statement.written.not_actions is None and any(one.text == "*" for one in statement.actions)


def allows_everything(document: Document) -> bool:
    """Whether a policy allows every action on every resource, whatever the context, and denies nothing."""
    if isinstance(document, Unreadable):
        return False
    statements = compiled_document(document)
    full = (
        one for one in statements if names_all(one) and of_all_resources(one) and not (one.conditions or one.defect)
    )
    return not any(one.denies for one in statements) and next(full, None) is not None


def _cover(allows: list[CompiledStatement]) -> bool:
    """Whether statements of all resources name every action between them.

    One names all, or one names all but some, and others name those: a pattern is inside another when that one matches
    it read as a text.
    """
    if any(names_all(one) for one in allows):
        return True
    named = [pattern for one in allows if one.written.not_actions is None for pattern in one.actions]
    return any(
        all(any(other.matches(left_out.text) is True for other in named) for left_out in one.actions)
        for one in allows
        if one.written.not_actions is not None
    )
