"""Answers → facts for every account of a run, with what the management account answers once for all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rootwarden.collect.account import read_account
from rootwarden.collect.collected import CollectedAccount, refusals_of, spoiled
from rootwarden.collect.monitoring import monitoring_facts
from rootwarden.collect.native_services import read_services
from rootwarden.collect.policies import guardrail
from rootwarden.collect.root_user import summary_flags
from rootwarden.detect.alarm_chain import root_usage_alarm
from rootwarden.detect.trails import log_accounts
from rootwarden.facts.account import UsageAlarm
from rootwarden.facts.fact import Known, Unknown, Why
from rootwarden.facts.inventory import Part
from rootwarden.facts.native_services import AccountServices
from rootwarden.packs.samples import root_samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.collect.answers import Answers, CountedAnswers
    from rootwarden.collect.surroundings import Surroundings
    from rootwarden.detect.alarm_chain import RootUsageAlarm
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.monitoring import Monitoring, RegionMonitoring
    from rootwarden.facts.organization import Organization


_ACCOUNT = re.compile(r"[0-9]{12}")
_UNASKED = Unknown("no selected rule asks whether root use reaches a person")
NOT_ASKED = UsageAlarm(works=_UNASKED, chain=_UNASKED)


class AccountReader:
    """Reads accounts one after the other, the management account first.

    Args:
        around: What is the same for every account.
        home: Home region of the partition.
        alarms: Follow the chains from trail to subscriber; not worth the time when no rule asks.
    """

    def __init__(self, around: Surroundings, home: str, *, alarms: bool = True) -> None:
        self._around = around
        self._home = home
        self._alarms = alarms
        self._owner: Monitoring | None = None
        self._covered: dict[str, RootUsageAlarm] = {}
        self._alike: RootUsageAlarm | None = None  # the answer for every member, when no pattern tells them apart
        self._finished: dict[str, Answers] = {}
        self._places: dict[str, Monitoring | None] = {}
        self._waiting: dict[str, frozenset[str]] = {}
        self.alarm_in_words = ""

    @property
    def management_account(self) -> str:
        """Id of the management account, or an empty text."""
        manager = self._around.organization.management_account
        return manager.value if isinstance(manager, Known) else ""

    @property
    def organization(self) -> Organization:
        """What is known of the organization."""
        return self._around.organization

    @property
    def in_organization(self) -> bool:
        """Whether the accounts are known to belong to an organization."""
        return isinstance(self._around.organization.management_account, Known)

    def covered(self, answers: CountedAnswers) -> bool:
        """Whether the organization's own chain already answers for an account, so that it need not be asked."""
        if self._owner is None or answers.account == self.management_account:
            return False
        alarm = self._alike or self._decide(monitoring_facts(answers, self._home), self._owner)
        if not (isinstance(alarm.works, Known) and alarm.works.value):
            return False
        self._covered[answers.account] = alarm
        if self._alike is None and not self._tells_accounts_apart():
            self._alike = alarm
        return True

    def waits(self, account: str) -> bool:
        """Whether an account that was read may have to be read once more."""
        return bool(self._waiting.get(account))

    def log_accounts(self) -> frozenset[str]:
        """Accounts to read right after the management account: its trails deliver to log groups there."""
        return log_accounts(self._owner) if self._owner is not None else frozenset()

    def unsettled(self) -> tuple[str, ...]:
        """Accounts to read once more: they were read before another one that one of their trails delivers to."""
        return tuple(
            sorted(each for each, wanted in self._waiting.items() if any(one in self._finished for one in wanted))
        )

    def read(self, answers: CountedAnswers) -> CollectedAccount:
        """The facts of one account, and what was refused. Reading it again takes in what was read since."""
        self._finished[answers.account] = answers
        manages = answers.account == self.management_account
        alarm, wrong = self._alarm(answers, manages=manages) if self._alarms else (NOT_ASKED, ())
        watching, elsewhere = self._watching(answers, manages=manages)
        facts = read_account(
            answers,
            self._around,
            usage_alarm=alarm,
            guardrail=guardrail(answers, self._around),
            watching=watching,
            elsewhere=elsewhere,
        )
        services = read_services(answers) if self._around.services else AccountServices()
        # A source that another one stood in for was spoiled all the same: it is named.
        spoilt = (*spoiled(facts), *spoiled(services), *spoiled(summary_flags(answers)), *wrong)
        refused = refusals_of([*answers.refusals(), *spoilt])
        return CollectedAccount(facts=facts, refusals=refused, answered=answers.answered_any(), services=services)

    def _alarm(self, answers: CountedAnswers, *, manages: bool) -> tuple[UsageAlarm, tuple[Unknown, ...]]:
        """Whether root use reaches a person, and what of the answers about it could not be used."""
        seen = self._covered.pop(answers.account, None)
        # A rule that reads trails themselves had the account asked after all: then it is decided by what that told.
        if seen is not None and Part.MONITORING not in self._around.parts:
            return UsageAlarm(works=seen.works, chain=seen.chain), ()
        monitoring = monitoring_facts(answers, self._home)
        seen = self._decide(monitoring, None if manages else self._owner)
        if manages:
            self._remember(monitoring, seen)
        return UsageAlarm(works=seen.works, chain=seen.chain), tuple(spoiled(monitoring))

    def _decide(self, monitoring: Monitoring, owner: Monitoring | None) -> RootUsageAlarm:
        """Follow the chains, through the log groups of other accounts as well where those were read."""
        wanted = log_accounts(monitoring) | (log_accounts(owner) if owner is not None else frozenset())
        wanted -= {monitoring.account, owner.account if owner is not None else ""}
        finished = [each for each in sorted(wanted) if each in self._finished]
        self._waiting[monitoring.account] = wanted.difference(finished)
        places = [self._place(each) for each in finished]
        elsewhere = tuple(place for place in places if place is not None)
        return root_usage_alarm(monitoring, owner, root_samples(), elsewhere=elsewhere)

    def _watching(self, answers: CountedAnswers, *, manages: bool) -> tuple[Fact[Monitoring], tuple[Monitoring, ...]]:
        """What watches the account, and what watches those whose trails and log groups serve it."""
        if Part.MONITORING not in self._around.parts:
            return Unknown("no selected rule reads it"), ()
        monitoring = monitoring_facts(answers, self._home)
        if manages and self._owner is None:
            self._owner = monitoring
        owner = self._owner if self._owner is not None and not manages else None
        wanted = log_accounts(monitoring) | (log_accounts(owner) if owner is not None else frozenset())
        wanted -= {monitoring.account, owner.account if owner is not None else ""}
        self._waiting[monitoring.account] = wanted.difference(self._finished)
        places = (owner, *(self._place(each) for each in sorted(wanted) if each in self._finished))
        return Known(monitoring), tuple(place for place in places if place is not None)

    def _tells_accounts_apart(self) -> bool:
        """Whether anything in the organization's chain names an account, and so may treat members differently."""
        places = [self._owner, *self._places.values()]
        regions = [region for place in places if place is not None for region in place.regions]
        return any(_ACCOUNT.search(text) for region in regions for text in _conditions(region))

    def _place(self, account: str) -> Monitoring | None:
        """What watches an account that was read; `None` when nothing was asked about that."""
        if account not in self._places:
            place = monitoring_facts(self._finished[account], self._home)
            self._places[account] = place if any(map(_asked, place.regions)) else None
        return self._places[account]

    def _remember(self, monitoring: Monitoring, alarm: RootUsageAlarm) -> None:
        """Keep the management account's chain: an organization trail's answers hold for every member."""
        self._owner = monitoring
        rings = isinstance(alarm.works, Known) and alarm.works.value and isinstance(alarm.chain, Known)
        self.alarm_in_words = alarm.chain.value if rings and isinstance(alarm.chain, Known) else ""


def _conditions(region: RegionMonitoring) -> Iterator[str]:
    """Every text in a region that an event is compared with."""
    if isinstance(region.metric_filters, Known):
        yield from (each.pattern for each in region.metric_filters.value)
    if isinstance(region.event_rules, Known):
        yield from (each.pattern for each in region.event_rules.value)
    if isinstance(region.trails, Known):
        yield from (str(each.selectors) for each in region.trails.value)


def _asked(region: RegionMonitoring) -> bool:
    facts = (region.trails, region.metric_filters, region.alarms, region.event_rules)
    return any(not (isinstance(fact, Unknown) and fact.why is Why.NOT_COLLECTED) for fact in facts)
