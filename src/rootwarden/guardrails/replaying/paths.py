"""The policies above an account before and after a change, and the statements the change brings or takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from rootwarden.facts.fact import Known, Unknown
from rootwarden.facts.iam_document import IamDocument
from rootwarden.guardrails.asking import Around
from rootwarden.guardrails.replaying.change import Step
from rootwarden.guardrails.replaying.ruling import Place
from rootwarden.guardrails.standing import Attached, Landscape, Level
from rootwarden.iam.layer import Policy, Unreadable
from rootwarden.iam.service_rules import FULL_ACCESS
from rootwarden.iam.statement import CompiledStatement, compiled_document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.facts.fact import Fact
    from rootwarden.guardrails.standing import Levels

Layers: TypeAlias = tuple[tuple[Policy, ...], ...]
# Parts the name of a policy from the target it is attached to; neither has one.
AT: Final = "\n"
_UNMANAGED: Final = "which account manages the organization"
# An account more than any organization has is made up by whoever writes the log.
_MOST_SIDES: Final = 100_000


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What is replayed.

    Attributes:
        before: The policies of now.
        after: Those after the change.
        steps: The change.
        around: What is the same for every account.
        listed: Whether the evidence lists every account of the organization.
    """

    before: Landscape
    after: Landscape
    steps: tuple[Step, ...]
    around: Around
    listed: bool = True

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of policies that change: the others are left out, before and after."""
        return frozenset(step.kind for step in self.steps)


class Side(msgspec.Struct, frozen=True, eq=False):
    """The policies of one kind above one account.

    Attributes:
        before: Level by level from the root of the organization; `None` where nothing binds.
        after: After the change.
        statements: Every statement of both.
        changed: Those the change brings or takes.
        unread: Whether a policy that cannot be read is brought or taken.
        unplaced: Why it is not known whether the change is above the account; empty where it is.
    """

    before: Layers | None
    after: Layers | None
    statements: tuple[CompiledStatement, ...] = ()
    changed: tuple[CompiledStatement, ...] = ()
    unread: bool = False
    unplaced: str = ""

    @property
    def shape(self) -> object:
        """The same for accounts whose policies say the same, whatever targets they are attached to."""
        levels = (self.before, self.after)
        said = tuple(
            tuple(tuple(sorted(one.name.partition(AT)[0] for one in level)) for level in layers or ())
            for layers in levels
        )
        return said, self.unplaced

    @property
    def idle(self) -> bool:
        """Whether the change is not above the account."""
        return not self.changed and not self.unread


NOTHING: Final = Side(None, None)


class Paths:
    """The policies above every account, each path made once.

    Args:
        brief: What is replayed.
    """

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        self._before = {one.account: one for one in brief.before.standings}
        self._after = {one.account: one for one in brief.after.standings}
        self._skipped = frozenset(account for account, _ in brief.before.skipped)
        self._made: dict[tuple[str, str], Side] = {}
        self._numbers: dict[object, str] = {}
        self._sayings: dict[tuple[str, int], int] = {}
        self._statements: dict[object, int] = {}
        self._named: dict[str, tuple[Attached, str]] = {}

    def side(self, kind: str, account: str) -> Side:
        """The policies of one kind above one account."""
        found = self._made.get((kind, account))
        if found is None:
            if len(self._made) >= _MOST_SIDES:
                self._made.clear()
            found = self._side(kind, account) if kind in self._brief.kinds else NOTHING
            self._made[kind, account] = found
        return found

    def knows(self, account: str) -> bool:
        """Whether the evidence has the account."""
        return account in self._before or account in self._skipped

    def place(self, name: str, index: int) -> Place | None:
        """A statement by the name `side` gave its policy; none where that is one of ours."""
        found = self._named.get(name)
        if found is None:
            return None
        policy, target = found
        if isinstance(policy.document, Unreadable) or not 0 <= index < len(policy.document.statements):
            return Place(policy.name, "", target)
        return Place(policy.name, policy.document.statements[index].sid or f"#{index + 1}", target)

    def said(self, name: str, index: int) -> int:
        """A number for what a statement says: the same in whichever policy, at whichever target, under whichever name.

        A policy that cannot be read says something of its own.
        """
        found = self._sayings.get((name, index))
        if found is None:
            what: object = (name.partition(AT)[0], index)
            document = self._named[name][0].document if name in self._named else None
            if isinstance(document, IamDocument) and 0 <= index < len(document.statements):
                what = (document.version, msgspec.structs.replace(document.statements[index], sid=""))
            found = self._sayings[name, index] = self._statements.setdefault(what, len(self._statements))
        return found

    def denies(self, name: str, index: int) -> bool:
        """Whether a statement is a Deny; a policy that cannot be read may be one."""
        found = self._named.get(name)
        if found is None or isinstance(found[0].document, Unreadable):
            return True
        statements = found[0].document.statements
        return index >= len(statements) or statements[index].effect == "Deny"

    def words(self, dependency: str) -> str:
        """What an answer depends on, for people: of a policy that cannot be read its own name and why."""
        name = dependency.removeprefix("policy `").removesuffix("`")
        found = self._named.get(name)
        if found is None:
            return dependency
        policy, target = found
        why = policy.document.why if isinstance(policy.document, Unreadable) else ""
        return f"policy `{policy.name}` at {target}: {why}" if why else f"policy `{policy.name}` at {target}"

    def _side(self, kind: str, account: str) -> Side:
        if not account:
            return self._nowhere(kind, "the record does not tell the account")
        if account not in self._before:
            return NOTHING if self._brief.listed or account in self._skipped else self._nowhere(kind)
        before: Fact[Levels] = getattr(self._before[account], kind)
        after: Fact[Levels] = getattr(self._after[account], kind)
        if not isinstance(before, Known) or not isinstance(after, Known):
            why = before.reason if isinstance(before, Unknown) else "nobody asked what is attached above the account"
            return self._nowhere(kind, why)
        if not before.value and not after.value:
            return NOTHING
        managed = self._brief.around.management or self._before[account].alone
        return self._compared(before.value, after.value, "" if managed else _UNMANAGED)

    def _nowhere(self, kind: str, why: str = "the account is not in the evidence") -> Side:
        """Of an account nobody knows the place of: the change may be above it, and whatever else."""
        unknown = Attached("", "policies above the account", Unreadable(why))
        full = Attached(FULL_ACCESS.name, FULL_ACCESS.name, FULL_ACCESS.document)
        mine = [step for step in self._brief.steps if step.kind == kind]
        taken = tuple(step.policy for step in mine if step.operation == "detach")
        brought = tuple(step.policy for step in mine if step.operation == "attach")
        # What goes may be what allows something at the level.
        allowing = any(
            isinstance(one.document, Unreadable) or any(each.effect == "Allow" for each in one.document.statements)
            for one in taken
        )
        before = Level("", "", (full, unknown, *taken))
        after = Level("", "", (*(() if allowing else (full,)), unknown, *brought))
        return self._compared((before,), (after,), why)

    def _compared(self, before: Levels, after: Levels, unplaced: str) -> Side:
        own = {self._name(policy, level) for level in before for policy in level.policies}
        others = {self._name(policy, level) for level in after for policy in level.policies}
        changed = [self._named[name][0] for name in sorted(own ^ others)]
        every = [self._named[name][0] for name in sorted(own | others)]
        return Side(
            self._layers(before),
            self._layers(after),
            tuple(_statements(every)),
            tuple(_statements(changed)),
            any(isinstance(one.document, Unreadable) for one in changed),
            unplaced,
        )

    def _layers(self, levels: Levels) -> Layers:
        return tuple(tuple(Policy(self._name(one, level), one.document) for one in level.policies) for level in levels)

    def _name(self, policy: Attached, level: Level) -> str:
        """A name that tells what a policy says and where it is, and nothing else."""
        said = (policy.document, policy.id) if isinstance(policy.document, Unreadable) else policy.document
        number = self._numbers.setdefault(said, str(len(self._numbers)))
        name = f"{number}{AT}{level.target}"
        self._named.setdefault(name, (policy, level.target))
        return name


def _statements(policies: Iterable[Attached]) -> Iterable[CompiledStatement]:
    for policy in policies:
        if not isinstance(policy.document, Unreadable):
            yield from compiled_document(policy.document)
