"""Answers → facts for every account of a run, with what the management account answers once for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.collect.account import read_account
from rootwarden.collect.collected import CollectedAccount, refusals_of, spoiled
from rootwarden.collect.monitoring import monitoring_facts
from rootwarden.collect.policies import guardrail
from rootwarden.collect.root_user import summary_flags
from rootwarden.detect.alarm_chain import root_usage_alarm, survey
from rootwarden.facts.account import UsageAlarm
from rootwarden.facts.fact import Known
from rootwarden.packs.samples import root_samples

if TYPE_CHECKING:
    from rootwarden.collect.account import Surroundings
    from rootwarden.collect.answers import CountedAnswers
    from rootwarden.detect.alarm_chain import RootUsageAlarm
    from rootwarden.facts.monitoring import Monitoring


class AccountReader:
    """Reads accounts one after the other, the management account first.

    Args:
        around: What is the same for every account.
        home: Home region of the partition.
    """

    def __init__(self, around: Surroundings, home: str) -> None:
        self._around = around
        self._home = home
        self._owner: Monitoring | None = None
        self.alarm_in_words = ""

    @property
    def management_account(self) -> str:
        """Id of the management account, or an empty text."""
        manager = self._around.organization.management_account
        return manager.value if isinstance(manager, Known) else ""

    @property
    def in_organization(self) -> bool:
        """Whether the accounts are known to belong to an organization."""
        return isinstance(self._around.organization.management_account, Known)

    def covered(self, answers: CountedAnswers) -> bool:
        """Whether the organization's own chain already answers for an account, so that it need not be asked."""
        if self._owner is None or answers.account == self.management_account:
            return False
        return survey(monitoring_facts(answers, self._home), self._owner, root_samples()).works is True

    def read(self, answers: CountedAnswers) -> CollectedAccount:
        """The facts of one account, and what was refused."""
        monitoring = monitoring_facts(answers, self._home)
        manages = answers.account == self.management_account
        alarm = root_usage_alarm(monitoring, None if manages else self._owner, root_samples())
        facts = read_account(
            answers,
            self._around,
            usage_alarm=UsageAlarm(works=alarm.works, chain=alarm.chain),
            guardrail=guardrail(answers, self._around),
        )
        if manages:
            self._remember(monitoring, alarm)
        # A source that another one stood in for was spoiled all the same: it is named.
        spoilt = spoiled((facts, monitoring, summary_flags(answers)))
        refused = refusals_of([*answers.refusals(), *spoilt])
        return CollectedAccount(facts=facts, refusals=refused, answered=answers.answered_any())

    def _remember(self, monitoring: Monitoring, alarm: RootUsageAlarm) -> None:
        """Keep the management account's chain: an organization trail's answers hold for every member."""
        self._owner = monitoring
        rings = isinstance(alarm.works, Known) and alarm.works.value and isinstance(alarm.chain, Known)
        self.alarm_in_words = alarm.chain.value if rings and isinstance(alarm.chain, Known) else ""
