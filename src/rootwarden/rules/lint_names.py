"""The root user looked for by a name: no call gives it one that a rule can rely on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rootwarden.rules.diagnostic import Code, Diagnostic, Edit, Level
from rootwarden.rules.syntax import Comparison, Literal, Operator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.syntax import Membership

# `<root_account>` is what the credential report calls it; the others are guesses seen in published rules.
_NAMES: Final = frozenset({"root", "root_account", "<root_account>", "root-account", "rootuser", "root user"})
_ANCHORED: Final = re.compile(r"(?:\(\?i\))?\^.*\$", re.DOTALL)
_POSITIVE: Final = frozenset({Operator.EQUAL, Operator.IN, Operator.LIKE})
_NEGATIVE: Final = frozenset({Operator.NOT_EQUAL, Operator.NOT_IN, Operator.NOT_LIKE})


def root_by_name(condition: Comparison | Membership) -> Iterator[Diagnostic]:
    """`Name eq "root"` asked of an `IAMUser`.

    Args:
        condition: A test of an attribute directly below the entity.
    """
    subject, operator = condition.subject, condition.operator
    operands = (condition.operand,) if isinstance(condition, Comparison) else condition.operands
    if subject.path.parts != ("Name",) or subject.call or operator not in _POSITIVE | _NEGATIVE:
        return
    values = [str(one.value) for one in operands if isinstance(one, Literal)]
    if operator in {Operator.LIKE, Operator.NOT_LIKE}:
        # An unanchored pattern finds users whose name merely holds the word, which may be meant.
        values = [value.removeprefix("(?i)")[1:-1] for value in values if _ANCHORED.fullmatch(value)]
    if not operands or len(values) < len(operands) or not all(_is_root(value) for value in values):
        return
    instead = f"RootUser eq {'true' if operator in _POSITIVE else 'false'}"
    yield Diagnostic(
        code=Code.ROOT_BY_NAME,
        level=Level.WARNING,
        message="a name does not tell the root user from others",
        span=condition.span,
        help=f"the root user is selected with `RootUser`: write `{instead}`",
        edits=(Edit(condition.span, instead),),
    )


def _is_root(text: str) -> bool:
    return text.lower() in _NAMES
