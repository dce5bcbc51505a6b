"""Judge accounts one after the other, as they are read, and keep what was found and not what it was found in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.audit.entities.account import account_arn
from rootwarden.audit.entities.catalog import OF_THE_ORGANIZATION, fleet, listing_of, speaker, view_of
from rootwarden.audit.entities.record import Record, Resource
from rootwarden.audit.entities.view import Run
from rootwarden.audit.result import Finding
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.facts.inventory import Inventory
from rootwarden.rules.outcome import Missing
from rootwarden.rules.schema import ACCOUNT, FLEET
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rootwarden.audit.entities.record import Listing
    from rootwarden.audit.entities.view import View
    from rootwarden.audit.result import ParameterOverride
    from rootwarden.audit.terms import Terms
    from rootwarden.collect.collected import CollectedAccount
    from rootwarden.facts.organization import Organization
    from rootwarden.rules.posture import PreparedRule

MANY: Final = 64  # findings of one account from which equal parts are worth looking for
_OVER_ALL: Final = OF_THE_ORGANIZATION | {FLEET}


class Judged(msgspec.Struct, frozen=True):
    """A finding, and the record it was judged on where an exception may still ask something of that."""

    finding: Finding
    record: Record | None = None


class Judge:
    """Judges by the rules of one run.

    Args:
        terms: How to judge.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._run = Run()
        self._by_account: dict[str, tuple[Judged, ...]] = {}
        # Exceptions with a condition are asked of the records of fails, at the end and in the order of the accounts.
        self._conditional = frozenset(rule for each in terms.exceptions for rule in each.conditions)

    def digest(self, account: CollectedAccount, organization: Organization, as_of: datetime) -> CollectedAccount:
        """Judge an account that was just read; give it back without what only its judgement needed.

        Reading an account again, and digesting it again, replaces what was found the first time.
        """
        view = view_of(account.facts, organization, self._run)
        owner = self._terms.settings.owner.of(account.facts)
        found = tuple(self._account(view, as_of, owner))
        if len(found) > MANY:
            kept = _Sharing()
            found = tuple(kept.small(each) for each in found)
        self._by_account[account.facts.id] = found
        view.forget()
        if self._terms.rulebook.whole:
            return account
        return msgspec.structs.replace(account, facts=msgspec.structs.replace(account.facts, inventory=Inventory()))

    def __contains__(self, account: str) -> bool:
        return account in self._by_account

    def of_account(self, account: str) -> tuple[Judged, ...]:
        """What was found in an account, in the order of the rules."""
        return self._by_account.get(account, ())

    def over_all(
        self, accounts: tuple[CollectedAccount, ...], organization: Organization, as_of: datetime
    ) -> Iterator[Judged]:
        """What rules about the organization and the fleet say, each once a run.

        It is told of the management account where that took part, of the only account of a run of one, and else of no
        account.
        """
        rules = [rule for rule in self._terms.rulebook.rules if rule.compiled.entity in _OVER_ALL]
        if not rules or not accounts:
            return
        self._run.views.update({each.facts.id: view_of(each.facts, organization, self._run) for each in accounts})
        holder = speaker(self._run, organization)
        view = self._run.views[holder or accounts[0].facts.id]
        for rule in rules:
            if rule.compiled.entity == FLEET:
                yield self._resource(view, rule, fleet(self._run), as_of, account="", owner="")
            else:
                owner = self._terms.settings.owner.of(view.account) if holder else ""
                yield from self._listed(view, rule, as_of, account=holder, owner=owner)

    def _account(self, view: View, as_of: datetime, owner: str) -> Iterator[Judged]:
        for rule in self._terms.rulebook.rules:
            if rule.compiled.entity not in _OVER_ALL:
                yield from self._listed(view, rule, as_of, account=view.account.id, owner=owner)

    def _listed(self, view: View, rule: PreparedRule, as_of: datetime, *, account: str, owner: str) -> Iterator[Judged]:
        """A rule on every resource of its entity; nothing to judge is said, and so is what could not be read."""
        listing = listing_of(view, rule.compiled.entity)
        elements = listing.value if isinstance(listing, Known) else (listing,) if isinstance(listing, Unknown) else ()
        for each in elements:
            if isinstance(each, Resource):
                yield self._resource(view, rule, each, as_of, account=account, owner=owner)
            else:
                yield Judged(_unread(view, rule, each, account=account, owner=owner))
        if not elements:
            yield Judged(_nothing(view, rule, listing, account=account, owner=owner))

    def _resource(
        self, view: View, rule: PreparedRule, record: Resource, as_of: datetime, *, account: str, owner: str
    ) -> Judged:
        overrides: tuple[ParameterOverride, ...] = ()
        if self._terms.overrides is None or not account:
            judged = rule.judge(record, as_of=as_of)
        else:
            judged, overrides = self._terms.overrides.judge(rule, record, view.account, as_of=as_of)
        outcome = judged.outcome
        finding = Finding(
            rule=rule.rule.id,
            account=account,
            resource=record.name,
            verdict=outcome.verdict,
            severity=rule.rule.severity,
            reason=judged.reason,
            witness=outcome.witness,
            missing=outcome.missing,
            notes=(*outcome.notes, *(each.in_words for each in overrides)),
            controls=rule.rule.controls,
            evidence=outcome.evidence,
            owner=owner,
            overrides=overrides,
        )
        asked_again = outcome.verdict is Verdict.FAIL and rule.rule.id in self._conditional
        return Judged(finding, record if asked_again else None)


class _Sharing:
    """Equal parts of the findings of one account, kept once: most of thousands of passes say one and the same."""

    def __init__(self) -> None:
        self._parts: dict[object, object] = {}

    def small(self, judged: Judged) -> Judged:
        """The same, made of what was there before as far as it is equal."""
        finding = judged.finding
        if finding.verdict is Verdict.FAIL:
            return judged
        share = self._parts.setdefault
        return Judged(
            msgspec.structs.replace(
                finding,
                reason=share(finding.reason, finding.reason),
                witness=share(finding.witness, finding.witness),
                missing=share(finding.missing, finding.missing),
                notes=share(finding.notes, finding.notes),
                evidence=share(finding.evidence, finding.evidence),
            ),
            judged.record,
        )


def _unread(view: View, rule: PreparedRule, why: Unknown, *, account: str, owner: str) -> Finding:
    """Resources that could not be read: every one of them may fail."""
    return Finding(
        rule=rule.rule.id,
        account=account,
        resource=_all_of(view, rule.compiled.entity),
        verdict=Verdict.UNKNOWN,
        severity=rule.rule.severity,
        reason=why.reason,
        missing=(Missing(attribute=rule.compiled.entity, reason=why.reason, permission=why.permission),),
        controls=rule.rule.controls,
        evidence=why.sources,
        owner=owner,
    )


def _nothing(view: View, rule: PreparedRule, listing: Listing, *, account: str, owner: str) -> Finding:
    """Somebody looked, and there is nothing to judge: said, so that silence is never taken for a pass."""
    note = listing.note if isinstance(listing, Known | Absent) else ""
    return Finding(
        rule=rule.rule.id,
        account=account,
        resource=_all_of(view, rule.compiled.entity),
        verdict=Verdict.NOT_APPLICABLE,
        severity=rule.rule.severity,
        reason=f"there is no {rule.compiled.entity} here",
        notes=(note,) if note else (),
        controls=rule.rule.controls,
        evidence=listing.sources,
        owner=owner,
    )


def _all_of(view: View, entity: str) -> str:
    """What stands for all resources of an entity in an account, where they could not be told apart."""
    if entity in (ACCOUNT, "Account"):
        return account_arn(view)
    kind = "user" if entity == "IAMUser" else entity
    return f"arn:{view.account.partition}:iam::{view.account.id}:{kind}/*"
