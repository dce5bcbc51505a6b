"""A statement as its checks see it: what could be read of it, each value with its place."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from rootwarden.iam.lint.finding import Kind
from rootwarden.iam.lint.nodes import Place
from rootwarden.iam.lint.operators import Operator

_VARIABLE: Final = re.compile(r"\$\{[^}]{0,256}\}")
# Characters that are written as variables because they would be wildcards or begin one.
_WRITTEN: Final = frozenset({"${*}", "${?}", "${$}"})


class Text(msgspec.Struct, frozen=True):
    """A text of the document and its place."""

    text: str
    place: Place

    @property
    def has_variable(self) -> bool:
        """Whether a request decides what it is."""
        return any(one not in _WRITTEN for one in _VARIABLE.findall(self.text))

    @property
    def variables(self) -> tuple[str, ...]:
        """The keys its variables take their values from, as written."""
        found = (one for one in _VARIABLE.findall(self.text) if one not in _WRITTEN)
        return tuple(one[2:-1].partition(",")[0].strip() for one in found)

    @property
    def pattern(self) -> str:
        """What it can be: a star for each variable."""
        return _VARIABLE.sub("*", self.text) if "${" in self.text else self.text


class Element(msgspec.Struct, frozen=True):
    """`Action` or `NotAction`, `Resource` or `NotResource`: its texts, and whether it is the one with `Not`."""

    texts: tuple[Text, ...]
    negated: bool
    place: Place


class Who(msgspec.Struct, frozen=True):
    """`Principal` or `NotPrincipal`: (kind, value) of each; everybody is `("*", "*")`."""

    named: tuple[tuple[str, Text], ...]
    negated: bool
    place: Place

    @property
    def is_everybody(self) -> bool:
        """Whether it is, or holds, everybody."""
        return not self.negated and any(kind in {"*", "AWS"} and text.text == "*" for kind, text in self.named)


class Test(msgspec.Struct, frozen=True):
    """One key of one operator with the values that satisfy it."""

    operator: Operator
    key: Text
    values: tuple[Text, ...]

    @property
    def name(self) -> str:
        """The key in lower case."""
        return self.key.text.lower()


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A statement.

    Attributes:
        kind: Of which kind of policy.
        place: Where it is.
        effect: `Allow`, `Deny` or empty when it has neither.
        actions: Its actions, if they can be read.
        resources: Its resources, if they can be read.
        who: Its principals, if they can be read.
        tests: Its condition, as far as it can be read.
        whole: Nothing of it was unreadable.
    """

    kind: Kind
    place: Place
    effect: str
    actions: Element | None = None
    resources: Element | None = None
    who: Who | None = None
    tests: tuple[Test, ...] = ()
    whole: bool = True

    @property
    def allows(self) -> bool:
        """Whether it is one that grants: an `Allow` of a policy that can grant."""
        return self.effect == "Allow" and not self.kind.is_guardrail

    @property
    def needed(self) -> frozenset[str]:
        """The keys it asks a request to have: `Null` with `false`, or an operator that needs the key."""
        return frozenset(one.name for one in self.tests if _needs_key(one))


def _needs_key(test: Test) -> bool:
    if test.operator.family.value == "Null":
        return all(value.text.lower() == "false" for value in test.values)
    return not test.operator.holds_without
