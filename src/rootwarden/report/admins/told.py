"""What is told: the verdicts, those of them that were asked for, and the names of accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from rootwarden.audit.granting_statements import written
from rootwarden.audit.root_equivalents import RootEquivalents
from rootwarden.errors import UsageError
from rootwarden.iam.admins.verdict import Class
from rootwarden.report.admins.phrases import CLASSES, gets_up
from rootwarden.report.words import several
from rootwarden.rules.words import closest

if TYPE_CHECKING:
    from rootwarden.facts.iam_document import Statement
    from rootwarden.iam.admins.verdict import Blocking, PrincipalVerdict, StatementPlace, Step


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a report tells.

    Attributes:
        found: The verdicts.
        source: What was looked at, for people.
        accounts: Names of accounts, by id.
        classes: Only these classes are listed; none: all.
        principal: ARN of the only one that is told of, or empty.
    """

    found: RootEquivalents
    source: str
    accounts: Mapping[str, str] = {}
    classes: frozenset[Class] = frozenset()
    principal: str = ""

    @property
    def principals(self) -> tuple[PrincipalVerdict, ...]:
        """Those that are listed, nearest to root first, then the shortest ways, then by ARN."""
        chosen = (one for one in self.found.principals if self._asked(one))
        return tuple(sorted(chosen, key=lambda one: (CLASSES.index(one.kind), len(one.path), one.arn)))

    def _asked(self, one: PrincipalVerdict) -> bool:
        return (not self.classes or one.kind in self.classes) and self.principal in ("", one.arn)

    @property
    def narrowed(self) -> bool:
        """Whether not all are listed."""
        return bool(self.classes or self.principal)

    def counts(self) -> dict[Class, int]:
        """How many there are of each class, listed or not."""
        counted = Counter(one.kind for one in self.found.principals)
        return {kind: counted[kind] for kind in CLASSES}

    def by_account(self) -> dict[str, dict[Class, int]]:
        """How many of each class in each account; those with most that get up first."""
        counted: dict[str, Counter[Class]] = {}
        for one in self.found.principals:
            counted.setdefault(one.account, Counter())[one.kind] += 1
        ranked = sorted(counted.items(), key=lambda item: (*(-item[1][kind] for kind in CLASSES[:3]), item[0]))
        return {account: {kind: counts[kind] for kind in CLASSES} for account, counts in ranked}

    def name(self, account: str) -> str:
        """`000011110000 payments`, or the id alone."""
        return f"{account} {self.accounts.get(account, '')}".rstrip()

    def statements(self, place: StatementPlace | Blocking, by: str, step: Step | None = None) -> tuple[Statement, ...]:
        """What a statement says, as `granting_statements.written`."""
        land = self.found.land
        towards = "" if step is None else step.leads_to if step.leads_to.startswith("arn:") else step.target
        return () if land is None else written(land, place, by, towards)


def check_principal(found: RootEquivalents, arn: str) -> None:
    """Refuse an ARN of nobody.

    Raises:
        UsageError: Nobody of that ARN was judged.
    """
    arns = [one.arn for one in found.principals]
    if arn and arn not in arns:
        near = closest(arn, arns)
        hint = f"did you mean `{near}`?" if near else "`--format csv` lists everybody that was judged"
        raise UsageError(f"nobody is called `{arn}` in what was looked at", hint=hint)


def up(told: Told) -> int:
    """How many of all principals are as good as root, or may be."""
    return sum(gets_up(one) for one in told.found.principals)


def headline(told: Told) -> str:
    """The verdict in a line; what could not be looked at is part of it."""
    principals = several(len(told.found.principals), "principal")
    verb = "is" if up(told) == 1 else "are"
    unread = f"; {len(told.found.unread):,} could not be looked at" if told.found.unread else ""
    return f"{up(told):,} of {principals} {verb} as good as root, or perhaps so{unread}"
