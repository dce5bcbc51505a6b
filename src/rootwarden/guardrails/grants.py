"""Do the statements of one policy, by themselves, allow or deny an action on a resource?

Exact for what the statements name: of every action and resource that the question stands for it is decided whether some
statement names it, wildcards, `NotAction` and `NotResource` included, several statements together too. What depends on
a condition, on who asks or on something nobody could read is undecided, unless the rest decides.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.facts.fact import Unknown, Why
from rootwarden.guardrails.clauses import AN_ACTION, Clause, Doubt, asked_action, asked_resource
from rootwarden.guardrails.globs import EVERYTHING, SOMETHING, Budget, TooIntricateError, matches_together
from rootwarden.guardrails.root_conditions import (
    PARTITIONS,
    Condition,
    RootTest,
    mistakes,
    named_partitions,
    root_arns,
    root_test,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Truth: TypeAlias = bool | None
# The position of what is doubtful in no single statement.
TOGETHER = -1
_INTRICATE = Unknown("the wildcards of the statements are too intricate to be told apart", Why.NOT_SUPPORTED)


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """One statement.

    Attributes:
        effect: `Allow` or `Deny`; empty when it may be either.
        actions: What it names of actions.
        resources: What it names of resources.
        conditions: All of them must hold.
        doubts: Why it may not count at all, or not be what it seems; empty when it counts.
    """

    effect: str
    actions: Clause
    resources: Clause
    conditions: tuple[Condition, ...] = ()
    doubts: tuple[Doubt, ...] = ()


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: every action the pattern stands for, on every resource the pattern stands for.

    Attributes:
        denies: Whether it is denied; else whether it is allowed.
        action: `s3:*`, `iam:CreateAccessKey`, `*`.
        resource: An ARN or a pattern of one, `*`.
        for_root: By the root user of any account, in a session of its own.
    """

    denies: bool
    action: str
    resource: str = "*"
    for_root: bool = False


class Answer(msgspec.Struct, frozen=True):
    """What the statements come to.

    Attributes:
        truth: True, false, or undecided.
        because: The statements that decide it, by position; empty when it is false because none names it all.
        doubts: Why it is undecided: position of the statement (or `TOGETHER`) and what is doubtful in it.
        note: What the reader must know besides, or empty.
    """

    truth: Truth
    because: tuple[int, ...] = ()
    doubts: tuple[tuple[int, Doubt], ...] = ()
    note: str = ""


@lru_cache(maxsize=4096)
def decide(grants: tuple[Grant, ...], question: Question) -> Answer:
    """Answer a question about the statements of one policy."""
    judge = _Judge(grants, question)
    note = "; ".join(dict.fromkeys(filter(None, map(mistakes, judge.asked_of_root))))
    try:
        answer = judge.anywhere() if judge.principal_patterns else judge.decide(frozenset({0}))
    except TooIntricateError:
        return Answer(None, doubts=((TOGETHER, Doubt("", _INTRICATE)),))
    return msgspec.structs.replace(answer, note="; ".join(filter(None, (answer.note, note))))


class _Part(msgspec.Struct, frozen=True):
    """What one statement comes to for one action (and root user): whether it surely and whether it may count."""

    at: int
    surely: bool
    doubts: tuple[Doubt, ...]


class _Judge:
    """One question to the statements of one policy."""

    def __init__(self, grants: Sequence[Grant], question: Question) -> None:
        self._grants = grants
        self._question = question
        self._budget = Budget()
        self._answered: dict[tuple[_Part, ...], Answer] = {}
        self._action = asked_action(question.action)
        resource = asked_resource(question.resource)
        self._resource = SOMETHING if resource == EVERYTHING else resource
        tested = [tuple((one, self._test(one)) for one in grant.conditions) for grant in grants]
        self._tests: list[tuple[tuple[Condition, RootTest], ...]] = tested
        self.asked_of_root = [one for tests in tested for one, _ in tests] if question.for_root else []
        self.principal_patterns = [pattern for tests in tested for _, test in tests for pattern in test.patterns]

    def _test(self, condition: Condition) -> RootTest:
        return root_test(condition) if self._question.for_root else RootTest()

    def anywhere(self) -> Answer:
        """The answer for root users of any account in the partitions that the conditions name.

        A policy lives in one partition, which it does not say; the one it names is taken for it, and that is said.
        """
        named = named_partitions(self.asked_of_root)
        answers = {}
        for partition in dict.fromkeys((*named, *PARTITIONS)):
            roots = matches_together(root_arns(partition), self.principal_patterns, self._budget)
            answers[partition] = self.decide(frozenset(roots))
        true = [partition for partition in named if answers[partition].truth is True]
        if true:
            everywhere = all(answer.truth is True for answer in answers.values())
            note = "" if everywhere else f"this holds in the partition `{'`, `'.join(true)}`"
            return msgspec.structs.replace(answers[true[0]], note=note)
        undecided = (answers[partition] for partition in named if answers[partition].truth is None)
        return next(undecided, answers[named[0]])

    def decide(self, principals: frozenset[int]) -> Answer:
        """The answer for these root users, given as which patterns match their ARNs."""
        because: dict[int, None] = {}
        doubts: dict[tuple[int, Doubt], None] = {}
        for parts in self._kinds(principals):
            answer = self._answer(parts)
            if answer.truth is False:
                return answer
            because.update(dict.fromkeys(answer.because))
            doubts.update(dict.fromkeys(answer.doubts))
        return Answer(None, doubts=tuple(doubts)) if doubts else Answer(True, tuple(sorted(because)))

    def _kinds(self, principals: frozenset[int]) -> Iterator[tuple[_Part, ...]]:
        """The actions asked about, one of each kind: which statements may count for it and a root user."""
        patterns = [AN_ACTION, *(pattern for grant in self._grants for pattern in grant.actions.patterns)]
        for matched in matches_together(self._action, patterns, self._budget):
            if matched & 1:
                for principal in sorted(principals):
                    yield tuple(self._parts(matched >> 1, principal))

    def _parts(self, matched: int, principal: int) -> Iterator[_Part]:
        """The statements that may count for an action (which patterns match it) and a root user."""
        for at, (grant, tests) in enumerate(zip(self._grants, self._tests, strict=True)):
            width = len(grant.actions.patterns)
            named, maybe = grant.actions.names(matched & ((1 << width) - 1))
            matched >>= width
            doubts = grant.doubts if named else grant.doubts + grant.actions.doubts
            for condition, test in tests:
                own = len(test.patterns)
                holds = test.holds(principal & ((1 << own) - 1))
                principal >>= own
                maybe = maybe and holds is not False
                doubts += () if holds is not None else condition.doubts
            if maybe:
                yield _Part(at, named and not doubts, doubts)

    def _answer(self, parts: tuple[_Part, ...]) -> Answer:
        """The answer for one action; of actions that are named alike it is the same."""
        if parts not in self._answered:
            self._answered[parts] = self._on_resources(parts)
        return self._answered[parts]

    def _on_resources(self, parts: tuple[_Part, ...]) -> Answer:
        """The answer for one action on all resources asked about."""
        everywhere = [part for part in parts if part.surely and self._grants[part.at].resources.is_everything]
        shortcut = self._cell(everywhere, everywhere)
        if shortcut.truth is True and (self._question.denies or not self._of(parts, "Deny")):
            return shortcut
        because: dict[int, None] = {}
        doubts: dict[tuple[int, Doubt], None] = {}
        patterns = [pattern for part in parts for pattern in self._grants[part.at].resources.patterns]
        for matched in matches_together(self._resource, patterns, self._budget):
            answer = self._cell(*self._naming(parts, matched))
            if answer.truth is False:
                return answer
            because.update(dict.fromkeys(answer.because))
            doubts.update(dict.fromkeys(answer.doubts))
        return Answer(None, doubts=tuple(doubts)) if doubts else Answer(True, tuple(because))

    def _naming(self, parts: Iterable[_Part], matched: int) -> tuple[list[_Part], list[_Part]]:
        """The parts that surely, and that may, name a resource (which patterns match it)."""
        sure, maybe = [], []
        for part in parts:
            clause = self._grants[part.at].resources
            width = len(clause.patterns)
            surely, may = clause.names(matched & ((1 << width) - 1))
            matched >>= width
            if surely and part.surely:
                sure.append(part)
            if may:
                maybe.append(part if surely else msgspec.structs.replace(part, doubts=part.doubts + clause.doubts))
        return sure, maybe

    def _cell(self, sure: Sequence[_Part], maybe: Sequence[_Part]) -> Answer:
        """One action on one resource by one root user: which statements surely count, and which may."""
        denied, denying = self._of(sure, "Deny", certain=True), self._of(maybe, "Deny")
        if self._question.denies:
            return _weighed(denied, denying)
        allowed, allowing = self._of(sure, "Allow", certain=True), self._of(maybe, "Allow")
        if denied and allowing:
            return Answer(False, (denied[0].at,))
        if not denying or not allowing:
            return _weighed(allowed, allowing)
        return Answer(None, doubts=_doubts((*denying, *(() if allowed else allowing))))

    def _of(self, parts: Iterable[_Part], effect: str, *, certain: bool = False) -> list[_Part]:
        """Those with the effect; a statement that may be either counts where it need not be certain."""
        wanted = {effect} if certain else {effect, ""}
        return [part for part in parts if self._grants[part.at].effect in wanted]


def _weighed(sure: Sequence[_Part], maybe: Sequence[_Part]) -> Answer:
    if sure:
        return Answer(True, (sure[0].at,))
    return Answer(None, doubts=_doubts(maybe)) if maybe else Answer(False)


def _doubts(parts: Iterable[_Part]) -> tuple[tuple[int, Doubt], ...]:
    return tuple((part.at, doubt) for part in parts for doubt in part.doubts)
