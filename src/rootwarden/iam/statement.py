"""One statement, compiled: does it match a request, and why (not)?"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.iam_document import Statement
from rootwarden.iam.condition import CompiledCondition, Outcome, compiled
from rootwarden.iam.context import Context, NotKnown
from rootwarden.iam.pattern import Pattern, action_pattern, resource_pattern
from rootwarden.iam.principal import Named, named_by, undecided

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import IamDocument, Principals
    from rootwarden.iam.principal import Principal

ANY_RESOURCE: Final = "*"
# The resource of a request of which nobody said which one it is on.
UNTOLD_RESOURCE: Final = ""


class Request(msgspec.Struct, frozen=True):
    """What is asked: an action, in lower case, on one resource, or on `*` where it has none in particular.

    `UNTOLD_RESOURCE` is one that nobody knows: what names less than all resources may name it.
    """

    action: str
    resource: str
    context: Context


class CompiledStatement(msgspec.Struct, frozen=True):
    """A statement, ready to be matched.

    Attributes:
        written: As the policy has it.
        actions: Patterns of `Action` or `NotAction`.
        resources: Patterns of `Resource` or `NotResource`; `None` where it has neither.
        conditions: All of them must hold.
        defect: What is wrong with it so that nobody knows what it does, or empty.
    """

    written: Statement
    actions: tuple[Pattern, ...]
    resources: tuple[Pattern, ...] | None
    conditions: tuple[CompiledCondition, ...]
    defect: str = ""

    @property
    def denies(self) -> bool:
        """Whether it is a Deny."""
        return self.written.effect == "Deny"

    def names_action(self, action: str) -> bool:
        """Whether the statement is about an action, given in lower case."""
        named = any(one.matches(action) is True for one in self.actions)
        return named is (self.written.not_actions is None)

    def names_resource(self, resource: str, context: Context) -> bool | NotKnown:
        """Whether the statement is about a resource."""
        if self.resources is None:
            return True
        if resource in {ANY_RESOURCE, UNTOLD_RESOURCE}:
            named: bool | NotKnown = any(one.text == ANY_RESOURCE or set(one.text) == {"*"} for one in self.resources)
            if not named and resource == UNTOLD_RESOURCE and self.resources:
                named = NotKnown("the resource")
        else:
            named = _named(self.resources, resource, context)
        return named if isinstance(named, NotKnown) else named is (self.written.not_resources is None)

    def truth(self, resource: str, context: Context) -> bool | tuple[str, ...]:
        """Whether resource and conditions fit, the action being named: true, false, or the keys it depends on."""
        if self.defect:
            return (self.defect,)
        named = self.names_resource(resource, context)
        if named is False:
            return False
        unsure: tuple[str, ...] = (named.reason,) if isinstance(named, NotKnown) else ()
        for condition in self.conditions:
            outcome = condition.test(context)
            if outcome.truth is False:
                return False
            if outcome.truth is None:
                unsure += outcome.keys
        return unsure or True

    def match(self, request: Request) -> Outcome:
        """Whether action, resource and conditions of the statement fit a request."""
        if self.defect:
            return Outcome(None, self.defect, (self.defect,))
        if not self.names_action(request.action):
            return Outcome(False, f"the action `{request.action}` is not named")
        named = self.names_resource(request.resource, request.context)
        if named is False:
            return Outcome(False, f"the resource `{request.resource}` is not named")
        unsure: dict[str, None] = {}
        whys: list[str] = []
        if isinstance(named, NotKnown):
            unsure[named.reason] = None
            whys.append(f"the resource depends on `{named.reason}`")
        for condition in self.conditions:
            outcome = condition.test(request.context)
            if outcome.truth is False:
                return outcome
            if outcome.truth is None:
                unsure.update(dict.fromkeys(outcome.keys))
            whys.append(outcome.why)
        why = "; ".join(whys) or "action and resource are named, and there is no condition"
        return Outcome(None, why, tuple(unsure)) if unsure else Outcome(True, why)


def names(statement: Statement, who: Principal, *, bounded: bool) -> tuple[Named, str]:
    """How a statement of a resource policy names somebody, and what nobody can tell about it.

    Args:
        statement: With `Principal` or `NotPrincipal`; with neither it names nobody.
        who: Who asks.
        bounded: Whether they have a permissions boundary: a deny with `NotPrincipal` reaches them even when named.
    """
    if statement.principals is not None:
        named = named_by(statement.principals, who)
        return named, undecided(statement.principals, who) if named is Named.NOBODY else ""
    if statement.not_principals is None:
        return Named.NOBODY, ""
    return _not_named(statement.not_principals, who, denied_anyway=bounded and statement.effect == "Deny")


def _not_named(element: Principals, who: Principal, *, denied_anyway: bool) -> tuple[Named, str]:
    named = named_by(element, who)
    # The whole account names its root user; others of the account have to be named themselves.
    spared = named > Named.ACCOUNT or (named is Named.ACCOUNT and who.arn.endswith(":root"))
    if spared and not denied_anyway:
        return Named.NOBODY, ""
    return Named.DIRECTLY, undecided(element, who)


@lru_cache(maxsize=65_536)
def compiled_statement(statement: Statement, version: str) -> CompiledStatement:
    """Make a statement of a document of that version ready."""
    actions = statement.actions if statement.actions is not None else statement.not_actions
    resources = statement.resources if statement.resources is not None else statement.not_resources
    patterns = (action_pattern(one) for one in actions or ())
    return CompiledStatement(
        statement,
        tuple(one for one in patterns if one is not None),
        None if resources is None else tuple(resource_pattern(one, version) for one in resources),
        tuple(compiled(one, version) for one in statement.conditions),
        "" if actions is not None else "it has neither `Action` nor `NotAction`",
    )


@lru_cache(maxsize=16_384)
def compiled_document(document: IamDocument) -> tuple[CompiledStatement, ...]:
    """Make every statement of a document ready."""
    return tuple(compiled_statement(one, document.version) for one in document.statements)


def _named(patterns: tuple[Pattern, ...], resource: str, context: Context) -> bool | NotKnown:
    unsure: bool | NotKnown = False
    for one in patterns:
        answer = one.matches(resource, context)
        if answer is True:
            return True
        if isinstance(answer, NotKnown):
            unsure = answer
    return unsure
