"""Puts together what would end the ways up of a principal: statements, a boundary, a service control policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.iam.admins.stopping.change import Part, PartKind
from rootwarden.iam.admins.stopping.checking import checked
from rootwarden.iam.admins.stopping.kinds import Bar, Boundary, Statements, barred_by, bounded_by, edited_by
from rootwarden.iam.admins.stopping.narrowed import narrowed, statement_at
from rootwarden.iam.admins.stopping.outcome import (
    EditedPolicy,
    Helped,
    How,
    NotFound,
    Remedy,
    RemedyKind,
    StatementChange,
    Stopping,
)
from rootwarden.iam.admins.stopping.seeking import Seeker
from rootwarden.iam.admins.stopping.trials import Trials
from rootwarden.iam.admins.verdict import Class, class_of
from rootwarden.iam.layer import Unreadable
from rootwarden.iam.written import document_text, statement_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import Book
    from rootwarden.iam.admins.stopping.narrowed import Narrowed
    from rootwarden.iam.admins.stopping.seeking import Ended, Found
    from rootwarden.iam.escalation.path import EscalationPath
    from rootwarden.iam.layer import Document, Policy


def stopping(
    land: Landscape, book: Book, paths: Iterable[EscalationPath], arn: str, *, spared: Collection[str] = ()
) -> Stopping:
    """What would end every way up of one principal; each change proven by searching again with it.

    Args:
        land: Everybody.
        book: Where policies are compiled, with the actions of `paths`.
        paths: The catalogue.
        arn: Of one of the principals of `land`.
        spared: ARNs a service control policy leaves alone; if none are given, the other administrators of the account.
    """
    return _Stopping(Trials(land, book, paths, arn), tuple(paths), spared).outcome()


class _Stopping:
    def __init__(self, trials: Trials, paths: tuple[EscalationPath, ...], spared: Collection[str]) -> None:
        self._trials = trials
        self._subject = trials.subject
        self._paths = paths
        self._spared = tuple(spared) or self._administrators()

    def outcome(self) -> Stopping:
        """The whole answer."""
        trials, subject = self._trials, self._subject
        way = trials.before.get(subject.arn)
        whole = Stopping(arn=subject.arn, account=subject.account.id, standing=Class.NONE)
        if way is None:
            lateral = trials.search.lateral(subject)
            return msgspec.structs.replace(whole, standing=Class.LATERAL if lateral else Class.NONE)
        tried = [self._statements(), self._boundary(), self._bar()]
        return msgspec.structs.replace(
            whole,
            standing=class_of(way),
            way=tuple(walk.path.id for walk in way.steps()),
            remedies=tuple(one for one in tried if isinstance(one, Remedy)),
            not_found=tuple(one for one in tried if isinstance(one, NotFound)),
        )

    def _administrators(self) -> tuple[str, ...]:
        """The administrators of the account beside the principal."""
        account, before = self._subject.account.id, self._trials.before
        return tuple(
            one.arn
            for one in self._trials.land.households[account].holders
            if one.arn != self._subject.arn and one.arn in before and class_of(before[one.arn]) is Class.DIRECT
        )

    def _statements(self) -> Remedy | NotFound:
        found = Seeker(self._trials, Statements(self._subject)).seek()
        if isinstance(found, str):
            return NotFound(RemedyKind.STATEMENTS, edited_by(self._subject) or found)
        parts = tuple(one for one in sorted(found.chosen, key=str) if isinstance(one, Part))
        less = narrowed(self._trials, parts, found.ended)
        return self._remedy(
            RemedyKind.STATEMENTS,
            less.ended,
            smallest=found.smallest,
            statements=tuple(_statement_change(self._trials.land, part, less) for part in parts),
            policies=tuple(_edited(less.ended.land, parts)),
        )

    def _boundary(self) -> Remedy | NotFound:
        kind = RemedyKind.BOUNDARY
        impossible = bounded_by(self._subject)
        boundary = Boundary(self._subject, self._paths)
        found = impossible or Seeker(self._trials, boundary).seek()
        if isinstance(found, str):
            return NotFound(kind, found)
        denies = _texts(found)
        policy = boundary.policy(denies)
        checked(self._subject, denies, boundary=policy)
        written = _policy("boundary", self._subject.arn, policy)
        return self._remedy(
            kind, found.ended, smallest=found.smallest, denies=tuple(sorted(denies)), policies=(written,)
        )

    def _bar(self) -> Remedy | NotFound:
        kind = RemedyKind.SCP
        impossible = barred_by(self._subject)
        bar = Bar(self._subject, self._spared)
        found = impossible or Seeker(self._trials, bar).seek()
        if isinstance(found, str):
            return NotFound(kind, found)
        denies = _texts(found)
        policy = bar.policy(denies)
        land = self._trials.land
        spared = tuple(land.by_arn[one] for one in bar.spared if one in land.by_arn)
        checked(self._subject, denies, bar=policy, spared=spared)
        return self._remedy(
            kind,
            found.ended,
            smallest=found.smallest,
            denies=tuple(sorted(denies)),
            spares=bar.spared,
            policies=(_policy("scp", self._subject.account.id, policy),),
        )

    def _remedy(
        self,
        kind: RemedyKind,
        ended: Ended,
        *,
        smallest: bool,
        statements: tuple[StatementChange, ...] = (),
        policies: tuple[EditedPolicy, ...] = (),
        denies: tuple[str, ...] = (),
        spares: tuple[str, ...] = (),
    ) -> Remedy:
        return Remedy(
            kind=kind,
            statements=statements,
            policies=policies,
            denies=denies,
            spares=spares,
            smallest=smallest,
            leaves=_below(ended, self._subject.arn),
            helped=tuple(self._helped(ended)),
            reaches=tuple(self._reached(ended, denies, spares)),
        )

    def _helped(self, ended: Ended) -> Iterator[Helped]:
        """Others whose class is another."""
        for arn, way in self._trials.before.items():
            if arn == self._subject.arn:
                continue
            left = ended.ways.get(arn)
            before, after = class_of(way), class_of(left) if left is not None else _below(ended, arn)
            if before is not after:
                yield Helped(arn=arn, before=before, after=after)

    def _reached(self, ended: Ended, denies: tuple[str, ...], spares: tuple[str, ...]) -> Iterator[str]:
        """Others that lose a permission: whose policies are edited, or who may have one of the denied actions."""
        for arn, before in self._trials.land.by_arn.items():
            if arn == self._subject.arn or arn in spares or ended.land.by_arn[arn].powers is before.powers:
                continue
            if not denies or any(before.powers.could(one) for one in denies):
                yield arn


def _below(ended: Ended, arn: str) -> Class:
    """The class of somebody who has no way up any more."""
    return Class.LATERAL if ended.search.lateral(ended.land.by_arn[arn]) is not None else Class.NONE


def _texts(found: Found) -> frozenset[str]:
    return frozenset(one for one in found.chosen if isinstance(one, str))


def _statement_change(land: Landscape, part: Part, less: Narrowed) -> StatementChange:
    _, before = statement_at(land, part)
    after = less.statements.get(part)
    how = How.NARROW if after is not None else How.DETACH if part.kind is PartKind.ATTACHMENT else How.REMOVE
    return StatementChange(
        layer="trust" if part.kind is PartKind.TRUST else "identity",
        owner=part.owner,
        policy=part.policy,
        index=part.index,
        how=how,
        leaves=after.words if after is not None else "",
        before=statement_text(before) if before is not None else None,
        after=tuple(map(statement_text, after.statements)) if after is not None else (),
    )


def _edited(after: Landscape, parts: tuple[Part, ...]) -> Iterator[EditedPolicy]:
    """Every policy in which a statement is removed or narrowed, whole."""
    seen = set()
    for part in parts:
        document, _ = statement_at(after, part)
        if part.kind is PartKind.ATTACHMENT or (part.owner, part.policy) in seen or document is None:
            continue
        seen.add((part.owner, part.policy))
        layer = "trust" if part.kind is PartKind.TRUST else "identity"
        yield _written(layer, part.owner, part.policy, document)


def _policy(layer: str, owner: str, policy: Policy) -> EditedPolicy:
    return _written(layer, owner, policy.name, policy.document)


def _written(layer: str, owner: str, name: str, document: Document) -> EditedPolicy:
    if isinstance(document, Unreadable):
        raise TypeError(name)
    text = document_text(document)
    return EditedPolicy(layer=layer, owner=owner, name=name, document=text, characters=text.characters)
