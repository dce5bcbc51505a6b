"""Classes of roles: those of one account whose ARNs no policy tells apart.

All that policies see of a role, beside the calls, follows from its account and its ARN. Of the ARN counts what the
patterns fit that `aws:PrincipalArn` is compared with, and whether the role belongs to a service. So roles that were
never met before are known by one search in their ARNs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.guardrails.replaying.likeness import SIGN_IN_KEY, spelled_keys
from rootwarden.iam.context import Context, Values, held
from rootwarden.iam.pattern import Pattern, any_of
from rootwarden.iam.principal import SERVICE_LINKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.iam.condition import CompiledCondition
    from rootwarden.iam.context import Held
    from rootwarden.iam.statement import CompiledStatement

_ARN: Final = "aws:principalarn"
_LINKED: Final = f":role{SERVICE_LINKED}"
_ROLE: Final = ":role/"
_STARS: Final = {"*"}


class RoleClasses:
    """Puts ARNs of roles of one account into classes.

    Args:
        conditions: All that ask for `aws:PrincipalArn`; their variables are among the keys.
        keys: The condition keys of one role; all but its ARN are the same for every role of the account.
        absent: Beginnings of keys that none of them has.
    """

    __slots__ = ("_absent", "_alike", "_fit", "_keys", "_literals", "_patterns", "_tested")

    def __init__(
        self, conditions: Iterable[CompiledCondition], keys: Mapping[str, Held], absent: tuple[str, ...]
    ) -> None:
        known = Context({name: held for name, held in keys.items() if name != _ARN}, complete=False, absent=absent)
        arn = keys[_ARN]
        beginning = "".join(arn.texts[0].partition(_ROLE)[:2]) if isinstance(arn, Values) else ""
        patterns: dict[Pattern, None] = {}
        literals: set[str] = set()
        tested: list[CompiledCondition] = []
        for one in conditions:
            if one.operator is None:
                continue
            settled = [pattern.settled(known) for pattern in one.patterns if set(pattern.text) != _STARS]
            if settled and not one.operator.wildcards:
                tested.append(one)
                continue
            literals |= one.literals
            patterns.update((each, None) for each in settled if isinstance(each, Pattern) and each.may_begin(beginning))
        self._literals = frozenset(one for one in literals if one.startswith(beginning))
        self._patterns = tuple(patterns)
        self._fit = any_of(self._patterns).fullmatch if patterns else None
        self._tested = tuple(tested)
        self._alike = not self._literals and not patterns and not tested
        self._keys = keys
        self._absent = absent

    def of(self, arn: str) -> object:
        """What policies tell of a role by its ARN, which has six parts: of roles of one class, the same.

        Args:
            arn: Of a role of the account.
        """
        linked = _LINKED in arn
        if self._alike:
            return linked
        literal = arn if arn in self._literals else ""
        fitting: tuple[bool, ...] = ()
        if self._fit is not None and self._fit(arn) is not None:
            fitting = tuple([one.matches(arn) is True for one in self._patterns])
        if not self._tested:
            return linked, literal, fitting
        context = Context({**self._keys, _ARN: held(arn)}, complete=False, absent=self._absent)
        return linked, literal, fitting, tuple([one.test(context).truth for one in self._tested])


def role_classes(
    statements: Iterable[CompiledStatement], keys: Mapping[str, Held], absent: tuple[str, ...]
) -> RoleClasses | None:
    """Classes of the roles of an account; `None` where the text of an ARN matters, and not only what fits it.

    Args:
        statements: Of every policy that may reach calls of these roles.
        keys: The condition keys that follow from who a role is, in lower case; all but its ARN are the same for each.
        absent: Beginnings of keys that none of them has.
    """
    asking: dict[CompiledCondition, None] = {}
    for statement in statements:
        if {_ARN, SIGN_IN_KEY} & set(spelled_keys(statement, keys)):
            return None
        for condition in statement.conditions:
            key = condition.written.key.lower()
            if key == SIGN_IN_KEY:
                return None
            if key == _ARN:
                asking[condition] = None
    return RoleClasses(asking, keys, absent)
